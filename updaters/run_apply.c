/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of a run: intent, change, look again, result. */
#include "updaters/run.h"

#include <stdio.h>
#include <string.h>

#include "updaters/kept.h"
#include "updaters/lib/bus.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/service.h"
#include "updaters/phases.h"
#include "updaters/registry.h"
#include "updaters/verdict.h"
#include "updaters/waiting.h"

static bool apply_write(struct run *run, const struct entry *entry, enum audit_event event,
	const char *from, uint64_t ms, struct err *e)
{
	const struct release *r = &entry->result.release;
	bool is_result = event == AUDIT_RESULT;
	/* what a mend will change is known beforehand: its intent says it */
	bool tells_deeds = is_result || entry->updater->acts_as_owner;
	bool is_failed = entry->result.outcome == OUTCOME_FAILED;
	struct audit_record record = {
		.event = event,
		.name = entry->name,
		.kind = entry->updater->kind,
		.has_outcome = is_result,
		.outcome = entry->result.outcome,
		.step = is_failed && is_result ? entry->result.step : STEP_APPLY,
		.from = from[0] != '\0' ? from : NULL,
		.to = is_result && is_failed ? entry->result.installed : entry->file.version,
		.url = r->url,
		.sha256 = entry->file.sha256,
		.sha256_from = r->sha256_from,
		.size_bytes = entry->file.size_bytes,
		.result = tells_deeds ? &entry->result : NULL,
		.ms = ms,
	};

	return audit_write(run->audit, &record, e);
}

/* Was it refused before anything was to be changed? Then no intent speaks of it, nor a result. */
static bool apply_was_refused(const struct run *run, const struct entry *entry)
{
	const struct result *r = &entry->result;
	bool is_before = r->step == STEP_FIND || r->step == STEP_PROBE || r->step == STEP_FETCH ||
			 r->step == STEP_VERIFY;

	return entry->updater != NULL && r->outcome == OUTCOME_FAILED && is_before &&
	       verdict_is_refusal(r->error.code) &&
	       (run->paths.is_root || !entry_needs_root(entry));
}

bool run_record_refused(struct run *run, struct err *e)
{
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		const struct entry *entry = &run->plan.entries[i];
		const struct result *r = &entry->result;
		struct audit_record record = {
			.event = AUDIT_RESULT,
			.name = entry->name,
			.kind = entry->updater != NULL ? entry->updater->kind : "",
			.has_outcome = true,
			.outcome = r->outcome,
			.step = r->step,
			.from = r->installed[0] != '\0' ? r->installed : NULL,
			.to = r->available,
			.url = r->release.url,
			.sha256 = r->release.digests.sha256,
			.sha256_from = r->release.sha256_from,
			.size_bytes = r->release.size_bytes,
			.result = r,
		};

		if (apply_was_refused(run, entry) && !audit_write(run->audit, &record, e))
			return false;
	}
	return true;
}

/* What must not be lost once the result is on record: the version, and the one that was left. */
static bool apply_remember(
	struct run *run, const struct entry *entry, const char *from, struct err *e)
{
	bool is_failed = entry->result.outcome == OUTCOME_FAILED;

	if (entry->updater->acts_as_owner)
		return true; /* no version of it is kept in mind */
	/* a failure may have changed it half-way: that is no change from outside */
	if (is_failed && text_equal(entry->result.installed, from))
		return true;
	return state_seen_put(run->state, entry->name, entry->result.installed, e) &&
	       (is_failed ||
		       kept_note_installed(run->state, entry->name, entry->file.version, e)) &&
	       (is_failed || entry->wish != WISH_ROLLBACK ||
		       kept_skip_left(run->state, entry->recipe, from, e)) &&
	       waiting_drop(run, entry->name, e);
}

/* Other bytes than were seen first under their version, which a person wanted and now has. */
struct taken {
	char version[DPKG_VERSION_MAX]; /* "" = there are none */
	char first[SHA256_HEX_SIZE];
};

/* Both digests go on record with the result. */
static bool apply_tell_taken(struct run *run, struct entry *entry, struct taken *out, struct err *e)
{
	const char *package = entry->recipe->package;
	struct taken taken = {0};
	struct change *change;

	if (!entry->takes_changed || entry->result.outcome == OUTCOME_FAILED ||
		entry->file.sha256[0] == '\0')
		return true;
	if (!recipe_version_installed(
		    entry->recipe, entry->file.version, taken.version, sizeof(taken.version), e) ||
		!state_first_digest(
			run->state, package, run->host.arch, taken.version, taken.first, e))
		return false;
	if (taken.first[0] == '\0' || text_equal(taken.first, entry->file.sha256))
		return true;
	change = result_add_change(&entry->result);
	if (change == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	snprintf(
		change->path, sizeof(change->path), "first sight of %s %s", package, taken.version);
	text_copy_cut(change->from, sizeof(change->from), taken.first);
	text_copy_cut(change->to, sizeof(change->to), entry->file.sha256);
	*out = taken;
	return true;
}

/*
 * The result, and what may only be so once it is on record: which bytes were seen first. Cut off in
 * between, the alarm is raised again.
 */
static bool apply_record(
	struct run *run, struct entry *entry, const char *from, uint64_t ms, struct err *e)
{
	struct taken taken = {0};
	bool is_told = apply_tell_taken(run, entry, &taken, e);

	if (!apply_write(run, entry, AUDIT_RESULT, from, ms, is_told ? e : NULL) || !is_told)
		return false;
	return taken.version[0] == '\0' ||
	       state_change_first_digest(run->state, entry->recipe->package, run->host.arch,
		       taken.version, entry->file.sha256, e);
}

static bool apply_prune(struct run *run, const struct entry *entry, struct err *e)
{
	return entry->result.outcome == OUTCOME_FAILED || entry->updater->acts_as_owner ||
	       kept_prune(run->state, entry->name, run->config.keep_packages, entry->file.path, e);
}

/* What was done last is taken back first. */
static bool apply_is_undo(const struct run *run)
{
	return run->plan.n_entries > 0 && run->plan.entries[0].wish == WISH_UNDO;
}

/* Venvs before the packages that go into them; taken back the other way round. */
static void apply_order(struct entry **mine, size_t n, bool is_undo)
{
	SCOPED_FREE struct entry **sorted = calloc(n + 1, sizeof(struct entry *));
	size_t n_sorted = 0;

	if (sorted == NULL)
		return;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < n; i++) {
			if ((mine[i]->recipe->n_packages > 0) == ((pass == 1) != is_undo))
				sorted[n_sorted++] = mine[i];
		}
	}
	memcpy(mine, sorted, n * sizeof(struct entry *));
}

/*
 * Neither shut down nor sent to sleep meanwhile, where logind keeps such promises. A machine that
 * is on its way down is not kept up: nothing is begun.
 */
static bool apply_undisturbed(struct run *run, const struct updater *updater, struct entry **mine,
	size_t n, struct err *e)
{
	SCOPED(bus_close) struct bus *bus = run->paths.is_root ? bus_open_system() : NULL;

	if (bus_is_going_down(bus) == BUS_YES)
		return err_set(e, ERR_INTERNAL,
			"the machine is shutting down: nothing is begun, run again afterwards");

	SCOPED_CLOSE UNUSED int inhibitor = bus_inhibit(bus, "devupd installs packages");

	service_status("installing %zu package%s", n, n == 1 ? "" : "s");
	return updater->apply(&run->facts, mine, n, e);
}

/* By us, or, where the things are somebody's own, by a worker that is that person. */
static bool apply_change(struct run *run, const struct updater *updater, struct entry **mine,
	size_t n, struct err *e)
{
	struct err stopped = {0};

	if (!updater->acts_as_owner)
		return apply_undisturbed(run, updater, mine, n, e);
	apply_order(mine, n, apply_is_undo(run));
	/* stopped, or without a worker: each entry's result says what it came to */
	(void)!phase_run_some(run, PHASE_APPLY, mine, n, NULL, &stopped);
	for (size_t i = 0; i < n; i++) {
		if (mine[i]->n_taken == 0)
			result_fail(&mine[i]->result, STEP_APPLY, &stopped);
	}
	return true;
}

/*
 * All open entries of one kind: intents first; then the change; then the results. From the change
 * on nothing keeps a name's result from the record: the first fault is told at the end.
 */
static bool apply_kind(struct run *run, const struct updater *updater, struct entry **mine,
	size_t n, struct err *e)
{
	SCOPED_FREE char(*from)[DPKG_VERSION_MAX] = calloc(n + 1, sizeof(*from));
	uint64_t started_ms = clock_now_ms();
	struct err begun = {0};
	bool is_fine = true;

	if (from == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (size_t i = 0; i < n; i++) {
		memcpy(from[i], mine[i]->result.installed, DPKG_VERSION_MAX);
		if (!apply_write(run, mine[i], AUDIT_INTENT, from[i], 0, e))
			return false;
	}

	bool was_begun = apply_change(run, updater, mine, n, &begun);
	uint64_t ms = clock_now_ms() - started_ms;

	for (size_t i = 0; i < n; i++) {
		if (!was_begun)
			result_fail(&mine[i]->result, STEP_APPLY, &begun);
		mine[i]->is_settled = true;
		mine[i]->result.ms += ms;
		/* remembered first: cut off in between, the next run finds the intent open */
		is_fine &= apply_remember(run, mine[i], from[i], is_fine ? e : NULL);
		is_fine &= apply_record(run, mine[i], from[i], ms, is_fine ? e : NULL);
	}
	for (size_t i = 0; i < n; i++)
		is_fine &= apply_prune(run, mine[i], is_fine ? e : NULL);
	return is_fine;
}

bool run_apply(struct run *run, struct err *e)
{
	SCOPED_FREE struct entry **mine = calloc(run->plan.n_entries + 1, sizeof(struct entry *));

	if (mine == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (size_t i = 0; i < registry_count(); i++) {
		size_t n = 0, k = apply_is_undo(run) ? registry_count() - 1 - i : i;

		for (size_t m = 0; m < run->plan.n_entries; m++) {
			struct entry *entry = &run->plan.entries[m];

			if (!entry->is_settled && entry->updater == registry_at(k))
				mine[n++] = entry;
		}
		if (stop_is_asked(&run->stop))
			return true;
		if (n > 0 && !apply_kind(run, registry_at(k), mine, n, e))
			return false;
	}
	return true;
}
