/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which folders a network or a program serves: known from the list of mounts, so that one whose
 * server is gone is not even looked at, which could take for ever. For walk.c alone.
 */
#ifndef DEVUPD_LIB_WALK_MOUNT_H
#define DEVUPD_LIB_WALK_MOUNT_H

#include <stdbool.h>

#include "updaters/lib/text.h"

/* Of what is open: for what the list did not tell. */
bool walk_mount_is_remote(int fd);
/*
 * The remote mounts below a folder.
 *
 * In:    text   as /proc/self/mountinfo; is changed
 *        real   the folder's real path, "" = /
 *        root   the same as it was named
 * Out:   out    their paths, below root
 * Source: proc(5), /proc/PID/mountinfo
 */
void walk_mounts_parse(char *text, const char *real, const char *root, struct strings *out);
/* The same of this process, and the folder that fd is. None where it can't be told. */
void walk_mounts_below(int fd, const char *root, struct strings *out);

#endif
