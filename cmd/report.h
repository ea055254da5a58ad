/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Results for a person (table, lines) and for a script (one JSON document): CONTRACT "What a person
 * sees", "JSON". Knows runs and entries, asks nobody, changes nothing.
 */
#ifndef DEVUPD_CMD_REPORT_H
#define DEVUPD_CMD_REPORT_H

#include <stdio.h>

#include "cmd/options.h"
#include "updaters/run.h"

/*
 * "Linux Mint 22 (Ubuntu noble), amd64 · last run today 06:12", the table NAME INSTALLED AVAILABLE
 * STATE, and the closing line "1 update: devupd upgrade". Narrow terminals cut columns, never break
 * lines. Quiet: the failures alone, to stderr; so it is with report_changes.
 */
void report_table(const struct run *run, const struct options *o, FILE *out);
/* What became of each entry that went on: "positron  A -> B  installed", failures with what to do.
 */
void report_changes(const struct run *run, const struct options *o, FILE *out);
/* Each entry's trace (-v), to stderr. */
void report_trace(const struct run *run, FILE *out);

/*
 * The document of check, upgrade, install, rollback. error: why the run did not take place, or
 * NULL. run may be half open (after a failed run_open).
 */
void report_document(const struct run *run, const struct options *o, int exit_code,
	const struct err *error, FILE *out);
/* The same frame for verbs with a document of their own: body is a list of members ("\"a\": 1,
 * ..."), may be "". */
void report_own_document(const char *verb, const struct options *o, int exit_code,
	const struct err *error, const char *body, FILE *out);
/* One line for an error that ended everything, to stderr: "devupd: ..."; all complaints of wrong
 * settings. */
void report_error(const struct run *run, const struct err *e);

/*
 * The whole answer of a verb that got no further than this error, where there is no run to report:
 * the document (--json) and the line. Returns the exit code.
 */
int report_fail(const char *verb, const struct options *o, const struct err *e);

/*
 * The document that the run behind sudo printed, read back: its entries' results replace ours by
 * name. Fails: ERR_PARSE  (no document: exit 9)
 */
bool report_read_document(
	struct run *run, const char *raw, size_t len, int *out_exit, struct err *e) MUST_CHECK;

#endif
