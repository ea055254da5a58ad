/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/baseline.h"

#include "updaters/run.h"

/* One record a name that is there; where none is, one nameless record says so. */
static bool baseline_write(struct run *run, const struct plan *all, struct err *e)
{
	struct audit_record nothing = {.event = AUDIT_BASELINE};
	size_t n_present = 0;

	for (size_t i = 0; i < all->n_entries; i++) {
		const struct entry *entry = &all->entries[i];
		struct audit_record record = {
			.event = AUDIT_BASELINE,
			.name = entry->name,
			.kind = entry->recipe != NULL ? entry->recipe->kind : NULL,
			.to = entry->result.installed,
		};

		n_present += entry->is_present;
		if (entry->is_present && !audit_write(run->audit, &record, e))
			return false;
	}
	return n_present > 0 || audit_write(run->audit, &nothing, e);
}

/* An intent without a result: dpkg's status says what became of it. */
static bool baseline_resolve(struct run *run, const struct plan *all, struct err *e)
{
	SCOPED_FREE struct audit_intent *open = NULL;
	size_t n = 0;

	if (!audit_open_intents(run->paths.audit_log, &open, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *now = "";

		for (size_t k = 0; k < all->n_entries; k++) {
			if (text_equal(all->entries[k].name, open[i].name))
				now = all->entries[k].result.installed;
		}

		bool is_done = text_equal(now, open[i].to);
		struct err cut = {0};

		err_set(&cut, ERR_INTERNAL,
			"run %s ended before it could write its result; found %s", open[i].run,
			now[0] != '\0' ? now : "nothing installed");

		struct audit_record record = {
			.event = AUDIT_RESULT,
			.name = open[i].name,
			.kind = open[i].kind,
			.has_outcome = true,
			.outcome = !is_done                  ? OUTCOME_FAILED
				   : open[i].from[0] != '\0' ? OUTCOME_UPDATED
							     : OUTCOME_INSTALLED,
			.step = STEP_CONFIRM,
			.from = open[i].from,
			.to = now,
			.error = &cut,
		};
		if (!audit_write(run->audit, &record, e) ||
			!state_seen_put(run->state, open[i].name, now, e))
			return false;
	}
	return true;
}

/* What is another version than we last saw was changed by somebody else. */
static bool baseline_note_outside(struct run *run, const struct plan *all, struct err *e)
{
	for (size_t i = 0; i < all->n_entries; i++) {
		const struct entry *entry = &all->entries[i];
		char seen[DPKG_VERSION_MAX] = "";
		int64_t when_unix_ms = 0;

		if (entry->recipe == NULL)
			continue;
		if (!state_seen_get(run->state, entry->name, seen, &when_unix_ms, e))
			return false;
		if (text_equal(seen, entry->result.installed))
			continue;

		struct audit_record record = {
			.event = AUDIT_OUTSIDE,
			.name = entry->name,
			.kind = entry->recipe->kind,
			.from = seen[0] != '\0' ? seen : NULL,
			.to = entry->is_present ? entry->result.installed : NULL,
		};
		if (when_unix_ms != 0 && !audit_write(run->audit, &record, e))
			return false;
		if ((entry->is_present || when_unix_ms != 0) &&
			!state_seen_put(run->state, entry->name, entry->result.installed, e))
			return false;
	}
	return true;
}

bool baseline_open_run(struct run *run, struct err *e)
{
	SCOPED_CLEAR(plan_clear) struct plan all = {0};
	struct strings none = {0};
	struct plan_request request = {.wish = WISH_CHECK, .names = &none};
	struct audit_record start = {.event = AUDIT_RUN_START};
	bool is_first = audit_is_new(run->audit);

	if (!audit_write(run->audit, &start, e) ||
		!plan_make(&request, &run->recipes, &run->config, NULL, NULL, &run->facts, &all, e))
		return false;
	if (is_first && !baseline_write(run, &all, e))
		return false;
	return baseline_resolve(run, &all, e) && baseline_note_outside(run, &all, e);
}
