/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/last_run.h"

#include <string.h>

#include "updaters/lib/json.h"
#include "updaters/registry.h"

/* Its record holds what was really done: a name that is broken still may have been mended in part.
 */
static bool has_changes(const struct audit_line *line)
{
	SCOPED(json_free) struct json *record = NULL;
	struct err ignored = {0};

	return json_parse(line->raw, line->raw_len, &record, &ignored) &&
	       json_count(json_at(record, "/changes")) > 0;
}

/* A mend that did something, of a kind that acts as a person; what was taken back is none. */
static bool is_of_people(const struct audit_line *line)
{
	const struct updater *updater = registry_find(line->kind);

	return line->event == AUDIT_RESULT && line->step[0] != '\0' && updater != NULL &&
	       updater->acts_as_owner &&
	       !text_equal(line->outcome, outcome_token(OUTCOME_ROLLED_BACK)) && has_changes(line);
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
