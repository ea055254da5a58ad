/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/baseline.h"

#include "updaters/kept.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/dpkg.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/log.h"
#include "updaters/outside.h"
#include "updaters/registry.h"
#include "updaters/run.h"
#include "updaters/waiting.h"

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

		if (entry->updater != NULL && entry->updater->acts_as_owner)
			continue; /* theirs is whatever it is: looked at, never kept */
		n_present += entry->is_present;
		if (entry->is_present && !audit_write(run->audit, &record, e))
			return false;
	}
	return n_present > 0 || audit_write(run->audit, &nothing, e);
}

/* What a name is now, whether or not it is acted on by default. false: it can't be told. */
static bool baseline_look(struct run *run, const char *name, struct plan *out, struct err *e)
{
	SCOPED_CLEAR(strings_clear) struct strings names = {0};
	struct plan_request request = {.wish = WISH_CHECK, .names = &names};

	if (!strings_add(&names, name))
		return err_set(e, ERR_INTERNAL, "out of memory");
	if (!plan_make(&request, &run->recipes, &run->config, NULL, NULL, &run->facts, out, e))
		return false;
	return out->entries[0].updater != NULL ||
	       err_set(e, ERR_CONFIG, "this devupd knows no kind of its name");
}

/* What became of an intent, as far as what is there now tells. */
struct aftermath {
	const struct audit_intent *intent;
	const struct entry *entry; /* what is there */
	bool is_done, is_rollback;
	struct err cut; /* for the record: it was cut off, and what was found */
};

static enum outcome aftermath_outcome(const struct aftermath *a)
{
	if (!a->is_done)
		return OUTCOME_FAILED;
	if (a->is_rollback)
		return OUTCOME_ROLLED_BACK;
	return a->intent->from[0] != '\0' ? OUTCOME_UPDATED : OUTCOME_INSTALLED;
}

static void aftermath_say(struct aftermath *a)
{
	const struct audit_intent *intent = a->intent;
	const char *now = a->entry->result.installed, *broken = a->entry->broken;

	if (a->entry->updater->acts_as_owner)
		err_set(&a->cut, ERR_INTERNAL,
			"run %s ended before it could write its result: devupd check %s tells what "
			"is left, devupd repair --undo %s takes back what it did",
			intent->run, intent->name, intent->run);
	else
		err_set(&a->cut, ERR_INTERNAL,
			"run %s ended before it could write its result; found %s%s%s", intent->run,
			now[0] != '\0' ? now : "nothing installed", broken[0] != '\0' ? ", " : "",
			broken);
}

/* `finish` goes back where a rollback waited for its program to be closed. */
static bool aftermath_judge(struct run *run, struct aftermath *a, struct err *e)
{
	const char *now = a->entry->result.installed;
	bool is_whole = now[0] != '\0' && a->entry->broken[0] == '\0';

	a->is_done = is_whole && text_equal(now, a->intent->to);
	a->is_rollback = text_equal(a->intent->verb, "rollback");
	aftermath_say(a);
	return !text_equal(a->intent->verb, "finish") ||
	       waiting_is_rollback(run, a->intent->name, &a->is_rollback, e);
}

/* As after any change: what is kept, what is passed over, what was seen last. */
static bool aftermath_remember(struct run *run, const struct aftermath *a, struct err *e)
{
	const char *name = a->intent->name, *now = a->entry->result.installed;

	if (a->is_done &&
		(!kept_note_installed(run->state, name, now, e) ||
			!kept_prune(run->state, name, run->config.keep_packages, NULL, e)))
		return false;
	if (a->is_done && a->is_rollback &&
		!kept_skip_left(run->state, a->entry->recipe, a->intent->from, e))
		return false;
	return a->entry->updater->acts_as_owner || state_seen_put(run->state, name, now, e);
}

/* In: recovered  what its kind has finished for it */
static bool aftermath_record(
	struct run *run, const struct aftermath *a, const struct result *recovered, struct err *e)
{
	struct audit_record record = {
		.event = AUDIT_RESULT,
		.name = a->intent->name,
		.kind = a->intent->kind,
		.has_outcome = true,
		.outcome = aftermath_outcome(a),
		.step = STEP_CONFIRM,
		.from = a->intent->from,
		.to = a->entry->result.installed,
		.result = recovered->n_changes > 0 ? recovered : NULL,
		.error = &a->cut,
	};

	return audit_write(run->audit, &record, e);
}

/*
 * An intent without a result: what is there now says what became of it. Where that can't be told
 * (its recipe is broken, or gone) the intent stays open.
 */
static bool baseline_resolve(struct run *run, const struct audit_intent *intent,
	const struct result *recovered, struct err *e)
{
	SCOPED_CLEAR(plan_clear) struct plan plan = {0};
	struct err unknown = {0};

	if (!baseline_look(run, intent->name, &plan, &unknown)) {
		log_note("%s: what became of run %s can't be told: %s", intent->name, intent->run,
			unknown.text);
		return true;
	}

	struct aftermath a = {.intent = intent, .entry = &plan.entries[0]};

	return aftermath_judge(run, &a, e) && aftermath_remember(run, &a, e) &&
	       aftermath_record(run, &a, recovered, e);
}

/*
 * What its kind finishes for a run that was cut off: no name of this run can tell it, so it is said
 * at once.
 */
static void baseline_recover(
	const struct run *run, const struct audit_intent *intent, struct result *out)
{
	const struct updater *updater = registry_find(intent->kind);

	if (updater == NULL || updater->recover == NULL)
		return;
	updater->recover(&run->facts, intent->run, out);
	for (size_t i = 0; i < out->n_items; i++)
		log_note("%s: %s %s", intent->name, out->items[i].path, out->items[i].text);
}

/* Each intent that is open is closed; what a kind has kept for none of them goes. */
static bool baseline_close_open(
	struct run *run, const struct audit_intent *open, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		SCOPED_CLEAR(result_clear) struct result recovered = {0};

		baseline_recover(run, &open[i], &recovered);
		if (!baseline_resolve(run, &open[i], &recovered, e))
			return false;
	}
	for (size_t i = 0; i < registry_count(); i++) {
		if (registry_at(i)->recover != NULL)
			registry_at(i)->recover(&run->facts, "", NULL);
	}
	return true;
}

/*
 * The intents that earlier runs left open. apt-get outlives a killed run: it is let finish first.
 * Out: malloc'd
 */
static bool baseline_find_open(
	struct run *run, struct audit_intent **out, size_t *out_n, struct err *e)
{
	struct facts *f = &run->facts;
	uint64_t now_ms = clock_now_ms();
	struct dpkg_wait wait = {
		.deadline_ms = f->wait_ms < UINT64_MAX - now_ms ? now_ms + f->wait_ms : UINT64_MAX,
		.on_wait = f->on_wait,
		.is_stopped = f->is_stopped,
		.user = f->user,
	};

	if (!audit_open_intents(run->paths.audit_log, out, out_n, e))
		return false;
	return *out_n == 0 || !f->is_root || dpkg_lock_wait(&wait, e);
}

/* Once: what a person had chosen is forgotten, and nothing may be changed before that is told. */
static bool baseline_refuse_lost(const struct run *run, struct err *e)
{
	if (!audit_has_lost_state(run->audit))
		return true;
	return err_set(e, ERR_STATE,
		"%s was begun anew, its holds, skips, licences and first digests are lost; nothing "
		"was changed: hold again what must stay, then run again%s%s",
		run->paths.state_db, run->state_note[0] != '\0' ? "; " : "", run->state_note);
}

static bool baseline_sweep(struct run *run, struct err *e)
{
	char copies[PATHS_MAX];
	size_t ignored = 0;

	return kept_sweep_packages(run->state, run->paths.packages, e) &&
	       (!fs_join(copies, sizeof(copies), run->paths.state_folder, "apt-deleted") ||
		       kept_sweep_copies(copies, KEPT_COPIES, false, &ignored, e));
}

bool baseline_open_run(struct run *run, struct err *e)
{
	SCOPED_CLEAR(plan_clear) struct plan all = {0};
	SCOPED_FREE struct audit_intent *open = NULL;
	struct strings none = {0};
	struct plan_request request = {.wish = WISH_CHECK, .names = &none};
	struct audit_record start = {.event = AUDIT_RUN_START};
	bool is_first = audit_is_new(run->audit);
	size_t n = 0;

	if (!audit_write(run->audit, &start, e) || !baseline_refuse_lost(run, e) ||
		(run->paths.is_root && !baseline_sweep(run, e)) ||
		!baseline_find_open(run, &open, &n, e) ||
		!plan_make(&request, &run->recipes, &run->config, NULL, NULL, &run->facts, &all, e))
		return false;
	if (is_first && !baseline_write(run, &all, e))
		return false;
	return baseline_close_open(run, open, n, e) && outside_note(run, &all, e);
}
