/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a path is mounted: for messages that name what has to be mounted anew. */
#ifndef DEVUPD_LIB_MOUNT_H
#define DEVUPD_LIB_MOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "updaters/lib/scope.h"

/*
 * The mount point that a path lies on: of those on the way to it the last one in the list, which
 * covers those before.
 *
 * In:    text   as /proc/self/mountinfo; is changed
 *        path   absolute, without links
 * Out:   false where none is (the list is no list)
 * Source: proc_pid_mountinfo(5)
 */
bool mount_parse(char *text, const char *path, char *out, size_t out_size) MUST_CHECK;
/* The same of this process. */
bool mount_of(const char *path, char *out, size_t out_size) MUST_CHECK;

/*
 * The device of that mount, as the kernel's own lists name it: overlays and btrfs tell programs
 * that ask for a file's device another one.
 */
bool mount_parse_device(char *text, const char *path, dev_t *out) MUST_CHECK;
bool mount_device_of(const char *path, dev_t *out) MUST_CHECK;

#endif
