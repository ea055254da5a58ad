/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cage a worker puts itself into after exec: user, no new privileges, resource limits,
 * Landlock, seccomp. The only user of libseccomp and the Landlock system calls.
 */
#ifndef DEVUPD_LIB_SANDBOX_H
#define DEVUPD_LIB_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "updaters/lib/err.h"

struct sandbox {
	bool change_user; /* to uid, gid, no supplementary groups */
	uid_t uid;
	gid_t gid;
	const char *write_folder; /* the one folder that may be written below, NULL = none */
	bool with_network;        /* false: no sockets at all */
	int report_fd; /* a trapped call's number goes here as one message, -1 = nowhere */
	uint64_t max_file_bytes; /* RLIMIT_FSIZE */
	pid_t parent;            /* die with it */
};

/*
 * Put the cage on, for ever. Landlock missing in the kernel is no failure. Fails: ERR_INTERNAL
 */
bool sandbox_enter(const struct sandbox *s, struct err *e) MUST_CHECK;

/* Name of a trapped system call of this architecture, for the parent's message. */
const char *sandbox_call_name(int number);

#endif
