/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "cmd/record.h"
#include "cmd/verb.h"
#include "updaters/lib/clock.h"

static bool hold_until(const struct options *o, int64_t *out_unix_ms, struct err *e)
{
	*out_unix_ms = 0;
	if (o->until == NULL)
		return true;
	if (!clock_parse(o->until, out_unix_ms))
		return err_set(
			e, ERR_USAGE, "--until takes a date as 2026-12-31, not '%s'", o->until);
	if (*out_unix_ms <= clock_unix_ms())
		return err_set(e, ERR_USAGE, "--until %s is over already", o->until);
	return true;
}

/* What changed is the hold: its date and reason are kept where changes are. */
static bool hold_record(
	struct run *run, const struct recipe *recipe, const struct options *o, struct err *e)
{
	SCOPED_CLEAR(result_clear) struct result result = {.outcome = OUTCOME_HELD};
	struct audit_record record = {
		.event = AUDIT_RESULT,
		.name = recipe->name,
		.kind = recipe->kind,
		.has_outcome = true,
		.outcome = OUTCOME_HELD,
		.result = &result,
	};
	char text[RECORD_TEXT_MAX];
	bool has_both = o->until != NULL && o->reason != NULL;

	snprintf(text, sizeof(text), "%s%s%s%s", o->until != NULL ? "until " : "",
		o->until != NULL ? o->until : "", has_both ? ": " : "",
		o->reason != NULL ? o->reason : "");
	if (text[0] != '\0') {
		struct change *change = result_add_change(&result);

		if (change == NULL)
			return err_set(e, ERR_INTERNAL, "out of memory");
		text_copy_cut(change->path, sizeof(change->path), "hold");
		text_copy_cut(change->to, sizeof(change->to), text);
	}
	return audit_write(run->audit, &record, e);
}

static bool hold_act(
	struct run *run, const struct options *o, char *out_said, size_t said_size, struct err *e)
{
	const struct recipe *recipe = NULL;
	struct state_hold hold = {.since_unix_ms = clock_unix_ms()};

	if (!record_find(run, o->names.items[0], &recipe, e) ||
		!hold_until(o, &hold.until_unix_ms, e))
		return false;
	text_copy_cut(hold.name, sizeof(hold.name), recipe->name);
	text_copy_cut(hold.reason, sizeof(hold.reason), o->reason != NULL ? o->reason : "");
	snprintf(out_said, said_size, "%s is held%s%s: devupd unhold %s lets it go on",
		recipe->name, o->until != NULL ? " until " : "", o->until != NULL ? o->until : "",
		recipe->name);
	return hold_record(run, recipe, o, e) && state_hold_put(run->state, &hold, e);
}

static bool unhold_act(
	struct run *run, const struct options *o, char *out_said, size_t said_size, struct err *e)
{
	const struct recipe *recipe = NULL;
	struct state_hold hold;
	bool is_held = false;

	if (!record_find(run, o->names.items[0], &recipe, e) ||
		!state_hold_get(run->state, recipe->name, &is_held, &hold, e))
		return false;
	snprintf(out_said, said_size, is_held ? "%s goes on" : "%s was not held", recipe->name);
	return !is_held || (record_write(run, recipe, false, OUTCOME_FAILED, NULL, e) &&
				   state_hold_drop(run->state, recipe->name, &is_held, e));
}

int verb_hold(const struct options *o)
{
	static const struct record_verb verb = {.name = "hold", .act = hold_act};

	return record_run(o, &verb);
}

int verb_unhold(const struct options *o)
{
	static const struct record_verb verb = {.name = "unhold", .act = unhold_act};

	return record_run(o, &verb);
}
