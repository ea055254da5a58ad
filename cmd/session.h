/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From options to an open run, and from a fault or an end to an exit code: what all verbs share. */
#ifndef DEVUPD_CMD_SESSION_H
#define DEVUPD_CMD_SESSION_H

#include "cmd/options.h"
#include "updaters/run.h"

/* A setup with all that the options say; the verb adds what it needs. */
struct run_setup session_setup(const struct options *o, const char *verb);

/* Open the run, plan what is asked for, look: what a verb begins with that asks the vendors. */
bool session_look(struct run *run, struct run_setup setup, const struct run_watch *watch,
	const struct plan_request *request, struct err *e) MUST_CHECK;

/* Report the error that ended the run, close it; returns the exit code. */
int session_fail(struct run *run, const struct options *o, const struct err *e);

/* Root? Else ERR_ROOT: "NAME needs root: sudo devupd ...". */
bool session_needs_root(const struct options *o, const char *verb, struct err *e) MUST_CHECK;

#endif
