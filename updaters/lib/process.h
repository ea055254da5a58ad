/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a new process does to itself before it runs anything: child.c between fork and exec, and the
 * cage after exec. No memory is asked for, no lock taken; errno says why one failed.
 */
#ifndef DEVUPD_LIB_PROCESS_H
#define DEVUPD_LIB_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "updaters/lib/scope.h"

/* For ever, without supplementary groups. */
bool process_become(uid_t uid, gid_t gid) MUST_CHECK;

/*
 * SIGKILL when the parent ends. A change of user clears it: do that first. Where the parent had
 * gone before: false, ESRCH.
 */
bool process_bind(pid_t parent) MUST_CHECK;

#endif
