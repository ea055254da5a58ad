/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first half of a run: look, and say what each name comes to. */
#include "updaters/run.h"

#include <stdio.h>
#include <string.h>

#include "updaters/deferral.h"
#include "updaters/kept.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/network.h"
#include "updaters/lib/service.h"
#include "updaters/phases.h"
#include "updaters/run_left.h"
#include "updaters/state_left.h"
#include "updaters/waiting.h"
#include "updaters/witness.h"

enum { NETWORK_WAIT_MS = 30 * 1000 };

/*
 * What was found can't be kept: a look goes on without, and says why; a run that changes something
 * does not.
 */
static bool inspect_forgo(struct run *run, struct err *e)
{
	/* else the end of the run could not be put on record */
	state_rollback(run->state);
	run->has_transaction = false;
	if (run->setup.changes || (e->code != ERR_STATE && e->code != ERR_SPACE))
		return false;
	text_copy_cut(run->state_note, sizeof(run->state_note), e->text);
	run->keeps_nothing = true;
	*e = (struct err){0};
	return true;
}

/* The first answer opens the transaction: by then all workers are gone, so that it is short. */
static bool inspect_keep(
	struct run *run, const struct entry *entry, const struct result *r, struct err *e)
{
	if (run->keeps_nothing || r->n_documents == 0)
		return true;
	if (!run->has_transaction && !state_begin(run->state, e))
		return inspect_forgo(run, e);
	run->has_transaction = true;
	return state_put_documents(run->state, entry->name, entry->recipe->digest, r->documents,
		       r->n_documents, e) ||
	       inspect_forgo(run, e);
}

static bool inspect_commit(struct run *run, struct err *e)
{
	if (!run_left_replies(run, e) || (run->has_transaction && !state_commit(run->state, e)))
		return inspect_forgo(run, e);
	run->has_transaction = false;
	return true;
}

static bool inspect_before_take(
	struct run *run, struct entry *entry, struct result *r, struct err *e)
{
	if (!inspect_keep(run, entry, r, e))
		return false;

	const char *version = entry->hand_file[0] != '\0' ? entry->wanted : r->release.version;

	return version[0] == '\0' || state_first_digest(run_memory(run), entry->recipe->package,
					     run->host.arch, version, entry->first_sha256, e);
}

/* What was decided stands, whether the sight can be kept or not. */
static bool inspect_cool_down(struct run *run, struct entry *entry, struct err *e)
{
	bool is_new = false;

	if (!deferral_cool_down(run, entry, &is_new, e))
		return false;
	return !is_new || run->keeps_nothing ||
	       state_sight_put(run->state, entry->name, entry->result.release.version,
		       clock_unix_ms(), e) ||
	       inspect_forgo(run, e);
}

/* There is something that devupd may do, and more than a look is wanted. */
static bool inspect_owner_goes_on(const struct entry *entry)
{
	const struct result *r = &entry->result;
	bool is_open = r->outcome == OUTCOME_BROKEN || r->outcome == OUTCOME_AVAILABLE ||
		       r->outcome == OUTCOME_FAILED; /* of one of several */

	return entry->wish != WISH_CHECK && entry->wish != WISH_DOCTOR && is_open &&
	       r->n_changes > 0 && !entry->is_held;
}

/* What an available release means for this wish: the entry goes on, or why it does not. */
static bool inspect_settle(struct run *run, struct entry *entry, struct err *e)
{
	struct result *r = &entry->result;
	bool needs_license = false;

	if (entry->updater->acts_as_owner) {
		entry->is_settled = !inspect_owner_goes_on(entry);
		return true;
	}
	if (entry->wish == WISH_ROLLBACK && !kept_roll_back_to(run_memory(run), entry, e))
		return false;
	if (entry->is_held && entry->wish == WISH_CHECK) {
		r->outcome = OUTCOME_HELD; /* whatever its sources say */
		r->error = (struct err){0};
		r->step = STEP_NONE;
	} else if (!entry->is_present && entry->wish == WISH_CHECK &&
		   (r->outcome == OUTCOME_AVAILABLE || r->outcome == OUTCOME_CURRENT)) {
		r->outcome = OUTCOME_ABSENT;
	} else if ((r->outcome == OUTCOME_AVAILABLE && entry->wish == WISH_VERIFY) ||
		   (r->outcome == OUTCOME_BROKEN && entry->wish != WISH_CHECK)) {
		entry->is_settled = false;
		return true;
	} else if (r->outcome == OUTCOME_AVAILABLE && entry->wish != WISH_CHECK) {
		if (!run_needs_license(run, entry, &needs_license, e))
			return false;
		if (!needs_license) {
			entry->is_settled = false;
			return inspect_cool_down(run, entry, e);
		}
		r->outcome = OUTCOME_LICENSE;
		snprintf(r->text, sizeof(r->text), "%s, %s: devupd accept-license %s",
			entry->recipe->license_name, entry->recipe->license_url, entry->name);
	}
	entry->is_settled = true;
	return r->outcome != OUTCOME_AVAILABLE || inspect_cool_down(run, entry, e);
}

/*
 * Nothing could be reached, no route leads anywhere and nobody watches: the laptop is on a train,
 * and nothing has failed. Where there is a route, a vendor that can't be reached has failed.
 */
static void inspect_note_offline(struct run *run, const bool *was_open)
{
	size_t n_asked = 0, n_unreachable = 0;

	for (size_t i = 0; i < run->plan.n_entries; i++) {
		const struct result *r = &run->plan.entries[i].result;

		/* those who ask no vendor have no part in it */
		if (!was_open[i] || run->plan.entries[i].updater->acts_as_owner)
			continue;
		n_asked++;
		n_unreachable += err_is_set(&r->error) && r->error.code == ERR_NETWORK;
	}
	if (n_asked == 0 || n_unreachable < n_asked || network_has_route("/proc/net"))
		return;
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		struct result *r = &run->plan.entries[i].result;

		if (!was_open[i] || run->plan.entries[i].updater->acts_as_owner)
			continue;
		r->outcome = OUTCOME_DEFERRED;
		r->reason = REASON_OFFLINE;
		text_copy_cut(r->text, sizeof(r->text), "no network");
		r->error = (struct err){0};
		r->step = STEP_NONE;
	}
}

/* Unattended we may be quicker than the network: started at boot, or as the lid was opened. */
static void inspect_await_network(struct run *run)
{
	for (size_t i = 0; run->setup.unattended && !run->setup.offline && i < run->plan.n_entries;
		i++) {
		const struct entry *entry = &run->plan.entries[i];

		if (entry->is_settled || entry->updater == NULL || !entry->updater->needs_network)
			continue;
		service_status("waiting for a network");
		(void)!network_wait_route("/proc/net", NETWORK_WAIT_MS, run->stop.fd);
		return;
	}
}

/* A newer version than the vendor's newest was on offer when we looked last. */
static bool inspect_is_back(const struct entry *entry, const struct state_left *before)
{
	const struct result *r = &entry->result;
	bool is_plain = entry->wanted[0] == '\0' &&
			(entry->wish == WISH_CHECK || entry->wish == WISH_UPGRADE);
	bool is_newest = r->outcome == OUTCOME_CURRENT || r->outcome == OUTCOME_AVAILABLE;
	bool was_offered = before->outcome == OUTCOME_AVAILABLE ||
			   before->outcome == OUTCOME_DEFERRED ||
			   before->outcome == OUTCOME_LICENSE;

	return text_equal(entry->name, before->name) && is_plain && is_newest && was_offered &&
	       r->available[0] != '\0' && dpkg_version_is_valid(before->version) &&
	       dpkg_version_compare(before->version, r->available) > 0 &&
	       dpkg_version_compare(before->version, entry->was) > 0;
}

/* A source that has gone backwards: said, and nothing is done about it. */
static bool inspect_note_back(struct run *run, const bool *was_open, struct err *e)
{
	SCOPED_FREE struct state_left *left = NULL;
	size_t n = 0;

	if (!state_left_list(run->state, &left, &n, e))
		return false;
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		struct entry *entry = &run->plan.entries[i];
		char text[RECORD_TEXT_MAX];

		for (size_t k = 0; was_open[i] && k < n; k++) {
			if (!inspect_is_back(entry, &left[k]))
				continue;
			text_copy_cut(text, sizeof(text), entry->result.text);
			snprintf(entry->result.text, sizeof(entry->result.text),
				"%s, offered before, is gone: withdrawn?%s%.1700s", left[k].version,
				text[0] != '\0' ? "; " : "", text);
		}
	}
	return true;
}

bool run_inspect(struct run *run, struct err *e)
{
	SCOPED_FREE bool *was_open = calloc(run->plan.n_entries + 1, sizeof(bool));

	if (was_open == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (size_t i = 0; i < run->plan.n_entries; i++)
		was_open[i] = !run->plan.entries[i].is_settled;
	inspect_await_network(run);
	service_status("looking at %zu names", run_count_open(run));
	if (!phase_run(run, PHASE_INSPECT, inspect_before_take, e)) {
		state_rollback(run->state);
		run->has_transaction = false;
		return false;
	}
	if (!inspect_commit(run, e))
		return false;
	if (run->setup.unattended)
		inspect_note_offline(run, was_open);
	if (!inspect_note_back(run, was_open, e))
		return false;
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		if (was_open[i] && !inspect_settle(run, &run->plan.entries[i], e))
			return false;
	}
	if (!witness_inspect(run, e))
		return false;
	plan_drop_hidden(&run->plan);
	return waiting_note(run, e);
}
