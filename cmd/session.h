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

/*
 * The exit code of a run: a signal comes first. To be asked once, before the code is written
 * anywhere: no signal is heard any more, so that the document says what the process ends with.
 */
int session_settle(struct run *run, int code);

/*
 * The end of a run that has a report_document: that, the error that ended it early (or NULL), and
 * all is closed. Returns the exit code.
 */
int session_end(struct run *run, const struct options *o, int code, const struct err *error);
/* The same of a run that an error ended: its code is the error's. */
int session_fail(struct run *run, const struct options *o, const struct err *e);

/* Root? Else ERR_ROOT: "NAME needs root: sudo devupd ...". */
bool session_needs_root(const struct options *o, const char *verb, struct err *e) MUST_CHECK;

#endif
