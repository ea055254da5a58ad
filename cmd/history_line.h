/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A record of the trail for a person: when, what, from which version to which, what came of it, by
 * whom, in which run. Knows records, not the verb's filters. The words are as the log has them:
 * whoever shows them escapes them.
 */
#ifndef DEVUPD_CMD_HISTORY_LINE_H
#define DEVUPD_CMD_HISTORY_LINE_H

#include "updaters/audit.h"

enum { HISTORY_INTENTS_MAX = 64 };

/* What was meant to become of each name: a failed result says only what was there afterwards. */
struct history_intents {
	struct {
		char name[RECORD_NAME_MAX];
		char to[DPKG_VERSION_MAX];
	} items[HISTORY_INTENTS_MAX]; /* a ring: the last ones count */
	size_t n;
};
/* Every line of the trail, in its order: what is no intent is passed over. */
void history_intent_note(struct history_intents *intents, const struct audit_line *line);

enum { HISTORY_CELL_MAX = 2 * RECORD_TEXT_MAX };
enum history_cell {
	HISTORY_WHEN,
	HISTORY_NAME,
	HISTORY_CHANGE, /* "1.0 -> 1.1" */
	HISTORY_WORD,   /* "updated", "removed outside devupd on 2 Sep, apt full-upgrade" */
	HISTORY_BY,
	HISTORY_RUN,
	HISTORY_N_CELLS
};
struct history_cells {
	char text[HISTORY_N_CELLS][HISTORY_CELL_MAX];
};
void history_cells_fill(const struct history_intents *intents, const struct audit_line *line,
	int64_t now_unix_ms, struct history_cells *out);

/* Who it was: the name behind sudo, else whose the id is. "" of what was noticed and not done. */
void history_by(const struct audit_line *line, char *out, size_t out_size);

#endif
