/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rooms of `history`: what was asked for and found, and who shows it how. */
#ifndef DEVUPD_CMD_HISTORY_H
#define DEVUPD_CMD_HISTORY_H

#include <stdio.h>

#include "cmd/history_filter.h"
#include "cmd/history_line.h"
#include "updaters/lib/json.h"

/* One record that was asked for. */
struct history_row {
	int64_t when_unix_ms;
	bool is_record;               /* no: a line that somebody else put there */
	bool is_change;               /* a result, or what was noticed */
	char *raw;                    /* the line as it is */
	char *cells[HISTORY_N_CELLS]; /* for a person; not escaped */
	char *below;                  /* its error, "" = none */
};
struct history {
	const struct options *o;
	struct history_filter filter;
	struct history_intents intents;
	int64_t now_unix_ms, last_unix_ms;
	struct history_row *rows; /* by time */
	size_t n_rows;
	bool is_full;
};

/* One run in full, with apt's own words (history_run.c). */
void history_run_print(const struct history *h, FILE *out);
/* The members that only a document of one run has something in: "run", "run_exit", "apt". */
void history_run_write(const struct history *h, struct json_writer *w);

/* history --export (history_export.c); history --verify (history_check.c). */
bool history_export(const struct options *o, struct err *e) MUST_CHECK;
int history_check(const struct options *o);

#endif
