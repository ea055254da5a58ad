/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which records `history` is asked for: its options, checked once, and asked of each line. */
#ifndef DEVUPD_CMD_HISTORY_FILTER_H
#define DEVUPD_CMD_HISTORY_FILTER_H

#include "cmd/options.h"
#include "updaters/audit.h"
#include "updaters/run.h"

struct history_filter {
	const char *name;                     /* borrowed of the options; NULL = any */
	int64_t since_unix_ms, until_unix_ms; /* 0 = no bound */
	bool outcomes[OUTCOME_N];             /* none = any */
	bool has_outcomes, failed;
	char run[RUN_ID_SIZE]; /* the whole id; "" = any */
	bool has_name;         /* the name stands somewhere, whatever else is asked */
};

/*
 * Out:   out     all but the run
 * Fails: ERR_USAGE   a date, an outcome, two names
 */
bool history_filter_read(
	const struct options *o, struct history_filter *out, struct err *e) MUST_CHECK;
bool history_filter_takes(struct history_filter *f, const struct audit_line *line);
/* Is nothing left out? */
bool history_filter_is_all(const struct history_filter *f);

/* The trails to be read: root's, and one's own. */
size_t history_places(struct paths out[2]);
/*
 * Every line of one. A missing trail is an empty one.
 * Fails: ERR_AUDIT   it can't be read; what is root's is for group adm, too
 */
bool history_read(const struct paths *place,
	bool (*on_line)(void *user, const struct audit_line *line), void *user,
	struct err *e) MUST_CHECK;

/*
 * "last", an id, or the beginning of exactly one.
 *
 * Out:   out     the id; the word itself where there is none such
 * Fails: ERR_USAGE   it begins several; ERR_AUDIT
 */
bool history_find_run(const char *word, char out[RUN_ID_SIZE], struct err *e) MUST_CHECK;

#endif
