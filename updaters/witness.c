/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/witness.h"

#include "updaters/owner_entry.h"
#include "updaters/phases.h"

/* All of it, and not one formula. */
static bool may_move_python(const struct entry *entry)
{
	return entry->updater != NULL && entry->updater->moves_python &&
	       entry->recipe->formula == NULL;
}

static bool witness_are_needed(const struct run *run, const struct plan_request *request)
{
	if (request->names->n_items == 0 ||
		(request->wish != WISH_CHECK && request->wish != WISH_UPGRADE))
		return false;
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		if (!run->plan.entries[i].is_settled && may_move_python(&run->plan.entries[i]))
			return true;
	}
	return false;
}

static bool is_in_plan(const struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->n_entries; i++) {
		if (text_equal(p->entries[i].name, name))
			return true;
	}
	return false;
}

bool witness_plan(struct run *run, const struct plan_request *request, struct err *e)
{
	static const struct strings no_names = {0};
	struct plan_request all = *request;

	plan_clear(&run->witnesses);
	if (!witness_are_needed(run, request))
		return true;
	all.names = &no_names;
	all.repairs_only = true;
	if (!plan_make(&all, &run->recipes, &run->config, run_memory(run), run->state, &run->facts,
		    &run->witnesses, e))
		return false;
	for (size_t i = 0; i < run->witnesses.n_entries; i++) {
		struct entry *entry = &run->witnesses.entries[i];

		entry->is_settled |= is_in_plan(&run->plan, entry->name);
	}
	return true;
}

/* Those that were looked at. Out: as many as the caller has room for, all of them */
static size_t witness_open(struct run *run, struct entry **out)
{
	size_t n = 0;

	for (size_t i = 0; i < run->witnesses.n_entries; i++) {
		if (!run->witnesses.entries[i].is_settled)
			out[n++] = &run->witnesses.entries[i];
	}
	return n;
}

bool witness_inspect(struct run *run, struct err *e)
{
	const struct plan *w = &run->witnesses;
	SCOPED_FREE struct entry **open = calloc(w->n_entries + 1, sizeof(struct entry *));
	size_t n = open != NULL ? witness_open(run, open) : 0;

	if (n > 0 && !phase_run_some(run, PHASE_INSPECT, open, n, NULL, e))
		return false;
	owner_tell_impact(run->plan.entries, run->plan.n_entries, w->entries, w->n_entries);
	return true;
}

static void witness_reopen(struct entry *entry)
{
	bool is_repair = entry->updater != NULL && entry->updater->is_repair;

	if (is_repair && !entry->is_held &&
		(entry->result.outcome == OUTCOME_CURRENT ||
			entry->result.outcome == OUTCOME_BROKEN))
		entry->is_settled = false;
}

bool witness_join(struct run *run, struct err *e)
{
	struct plan *w = &run->witnesses;

	for (size_t i = 0; i < run->plan.n_entries; i++)
		witness_reopen(&run->plan.entries[i]);
	for (size_t i = 0; i < w->n_entries; i++) {
		if (is_in_plan(&run->plan, w->entries[i].name) || w->entries[i].n_taken == 0)
			continue;
		witness_reopen(&w->entries[i]);
		if (!w->entries[i].is_settled && !plan_move_in(&run->plan, &w->entries[i]))
			return err_set(e, ERR_INTERNAL, "out of memory");
	}
	return true;
}
