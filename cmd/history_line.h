/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A record of the trail as a line for a person: when, what, from which version to which, by whom.
 * Knows records, not the verb's filters.
 */
#ifndef DEVUPD_CMD_HISTORY_LINE_H
#define DEVUPD_CMD_HISTORY_LINE_H

#include <stdio.h>

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

void history_line_write(
	const struct history_intents *intents, const struct audit_line *line, FILE *out);

#endif
