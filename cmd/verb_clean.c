/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "cmd/record.h"
#include "cmd/verb.h"
#include "updaters/kept.h"

/* On record first: no audit, no change. */
static bool clean_drop(struct run *run, const struct state_kept *k, struct err *e)
{
	struct audit_record record = {
		.event = AUDIT_RESULT,
		.name = k->name,
		.from = k->version,
		.url = k->url,
		.sha256 = k->sha256,
		.sha256_from = k->sha256_from,
		.size_bytes = k->size_bytes,
	};

	return audit_write(run->audit, &record, e) && kept_drop(run->state, k, e);
}

/* What people's repairs kept aside: an old venv. Each by a worker of its owner. */
static bool clean_people(struct run *run, const struct options *o, size_t *out_n, struct err *e)
{
	static const struct strings no_names = {0};
	struct plan_request request = {
		.wish = WISH_CLEAN, .names = &no_names, .repairs_only = true};

	if (!run_plan(run, &request, e) || !run_inspect(run, e))
		return false;
	for (size_t i = 0; i < run->plan.n_entries; i++)
		*out_n += run->plan.entries[i].result.n_changes;
	return o->dry_run || run_apply(run, e);
}

static bool clean_act(
	struct run *run, const struct options *o, char *out_said, size_t said_size, struct err *e)
{
	size_t keep = o->has_keep ? (size_t)o->keep : (size_t)run->config.keep_packages;
	SCOPED_FREE struct state_kept *surplus = NULL;
	size_t n_packages = 0, n_leftovers = 0, n_aside = 0;
	uint64_t bytes = 0;
	char size[32], aside[64] = "";

	if (!kept_find_surplus(run->state, "", keep, NULL, &surplus, &n_packages, e))
		return false;
	for (size_t i = 0; i < n_packages; i++) {
		if (!o->dry_run && !clean_drop(run, &surplus[i], e))
			return false;
		bytes += surplus[i].size_bytes;
	}
	if (!kept_sweep_staging(run->paths.staging, o->dry_run, &n_leftovers, &bytes, e))
		return false;
	if (!clean_people(run, o, &n_aside, e))
		return false;
	text_size(bytes, size, sizeof(size));
	if (n_aside > 0)
		snprintf(aside, sizeof(aside), "; %zu old %s", n_aside,
			n_aside == 1 ? "venv" : "venvs");
	snprintf(out_said, said_size, "%s %zu %s and %zu %s, %s%s",
		o->dry_run ? "would drop" : "dropped", n_packages,
		n_packages == 1 ? "kept package" : "kept packages", n_leftovers,
		n_leftovers == 1 ? "leftover" : "leftovers", size, aside);
	return true;
}

int verb_clean(const struct options *o)
{
	static const struct record_verb verb = {
		.name = "clean", .uses_network = true, .act = clean_act};

	return record_run(o, &verb);
}
