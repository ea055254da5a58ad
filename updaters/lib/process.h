/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a new process does to itself before it runs anything: child.c between fork and exec, the
 * cage after exec, a program that a person starts. No memory is asked for, no lock taken; errno
 * says why one failed.
 */
#ifndef DEVUPD_LIB_PROCESS_H
#define DEVUPD_LIB_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "updaters/lib/scope.h"

/* For ever, without supplementary groups. */
bool process_become(uid_t uid, gid_t gid) MUST_CHECK;

/*
 * SIGKILL when the parent ends. A change of user clears it: do that first. Where the parent had
 * gone before: false, ESRCH.
 */
bool process_bind(pid_t parent) MUST_CHECK;

/*
 * Be no worse off than a caller's shell meant: the first three descriptors are /dev/null where they
 * were closed, so that no file of ours gets their numbers and what was printed; children can be
 * waited for; a file that may not grow is a failed write. Root's own limits of files and
 * descriptors are lifted as far as that goes: apt-get and dpkg inherit them, and would break off
 * half-way. false: there is no /dev/null.
 */
bool process_settle(void) MUST_CHECK;

/* How large a file may become that we or what we start writes; UINT64_MAX = as large as it likes.
 */
uint64_t process_file_limit(void);

/*
 * From now on no dump of this process is written, to a file or to a program that collects them, and
 * nobody but root may trace it. A limit on core files would not do: those programs are not bound by
 * it. What it starts by exec is as any other. Source: core(5), prctl(2)
 */
void process_hide(void);

#endif
