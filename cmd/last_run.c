/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/last_run.h"

#include <string.h>

/* A mend that did something, of a kind that acts as a person. */
static bool is_of_people(const struct audit_line *line)
{
	bool is_done = text_equal(line->outcome, outcome_token(OUTCOME_REPAIRED)) ||
		       text_equal(line->outcome, outcome_token(OUTCOME_UPDATED));

	return line->event == AUDIT_RESULT && is_done &&
	       !text_equal(line->kind, recipe_kind_name(RECIPE_DEB));
}

static bool on_line(void *user, const struct audit_line *line)
{
	char *run = user;

	if (is_of_people(line))
		memcpy(run, line->run, RUN_ID_SIZE);
	return true;
}

bool last_run_find(const char *audit_log, char out_run[RUN_ID_SIZE])
{
	struct err ignored = {0}; /* no trail, no run */

	out_run[0] = '\0';
	return audit_each(audit_log, on_line, out_run, &ignored) && out_run[0] != '\0';
}
