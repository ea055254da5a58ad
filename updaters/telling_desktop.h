/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A notice into a person's session: devupd-notify is started as that person. All are started at
 * once, and within five seconds they are done or given up. Who is not there finds it when they log
 * in: `devupd-notify --login` looks into a file that root keeps for them.
 */
#ifndef DEVUPD_UPDATERS_TELLING_DESKTOP_H
#define DEVUPD_UPDATERS_TELLING_DESKTOP_H

#include "updaters/lib/person.h"
#include "updaters/telling_notice.h"

/* Has this person a session's bus of their own (/run/user/UID/bus)? */
bool telling_has_session(const struct person *p);

struct telling_call {
	const struct person *person; /* by the caller */
	struct notice notice;        /* by the caller */
	pid_t pid;
	bool is_told; /* it is shown, or kept */
	struct err error;
};
/* In: keep_folder   we are root: each is done as its person, who is not there finds it in a file
 *                   below; NULL = we are that person */
void telling_desktop(struct telling_call *calls, size_t n, const char *keep_folder);

#endif
