/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One run of apt-get or dpkg: in a session of its own, its words straight into the log, only
 * Status-Fd a pipe. It is the one child that outlives us: killed in a maintainer script it would
 * leave a package half-configured, and a pipe for its words would do the same when we are killed.
 */
#ifndef DEVUPD_UPDATERS_DEB_APT_RUN_H
#define DEVUPD_UPDATERS_DEB_APT_RUN_H

#include <stdbool.h>

#include "updaters/lib/apt.h"
#include "updaters/lib/err.h"

enum { APT_STATUS_FD = 3 }; /* for -o APT::Status-Fd=3 */

struct apt_run {
	const char *const *argv; /* NULL-ended, argv[0] absolute */
	const char *log_path;
	const char *run; /* id, for the log's header line */
	void (*on_status)(void *user, const struct apt_status *status); /* NULL = none is read */
	void *user;
	/* asked several times a second, so that whoever has to hear of us does; what it answers is
	 * of no use here: apt-get is let finish. NULL = nobody asks */
	bool (*is_stopped)(void *user);
	void *stop_user;
};
/*
 * Runs to the end, however long it takes; signals to us do not end the waiting.
 *
 * Out:   out_words   what it printed (the last 1 MiB), malloc'd; NULL where that can't be read back
 * Fails: ERR_APT     it was not started, or the log can't be written; once it has run there is no
 *                    failure: neither its exit code is one
 */
bool apt_run(const struct apt_run *r, char **out_words, struct err *e) MUST_CHECK;

#endif
