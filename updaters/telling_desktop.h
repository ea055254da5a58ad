/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A notice into a person's session: devupd-notify is started as that person. All are started at
 * once, and within five seconds they are done or given up.
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
	bool is_told; /* devupd-notify has said that it is done */
	struct err error;
};
/* In: becomes   true: we are root, and each is done as its person; else we are that person */
void telling_desktop(struct telling_call *calls, size_t n, bool becomes);

#endif
