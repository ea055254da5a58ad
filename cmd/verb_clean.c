/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "cmd/record.h"
#include "cmd/verb.h"
#include "updaters/kept.h"
#include "updaters/lib/fs.h"

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

/* What people's repairs kept aside, one path a change. Fails: with the first that could not go */
static bool clean_count(const struct run *run, size_t *out_n, struct buf *out_paths, struct err *e)
{
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		const struct entry *entry = &run->plan.entries[i];
		const struct result *r = &entry->result;

		if (r->outcome == OUTCOME_FAILED)
			return err_set(e, r->error.code, "%s: %s", entry->name, r->error.text);
		for (size_t k = 0; k < r->n_changes; k++) {
			char path[2 * RECORD_TEXT_MAX]; /* a person's own word */

			text_escape(
				r->changes[k].path, strlen(r->changes[k].path), path, sizeof(path));
			buf_printf(out_paths, "%s%s", out_paths->len > 0 ? ", " : "", path);
		}
		*out_n += r->n_changes;
	}
	return true;
}

/* An old venv, say: each by a worker of its owner. */
static bool clean_people(struct run *run, const struct options *o, size_t *out_n,
	struct buf *out_paths, struct err *e)
{
	static const struct strings no_names = {0};
	struct plan_request request = {
		.wish = WISH_CLEAN, .names = &no_names, .repairs_only = true};

	return run_plan(run, &request, e) && run_inspect(run, e) &&
	       (o->dry_run || run_apply(run, e)) && clean_count(run, out_n, out_paths, e);
}

/* Of downloads that came to nothing, and of what could not be restored: the record keeps its name.
 */
static bool clean_leftovers(
	const struct run *run, bool is_dry, size_t *out_n, uint64_t *out_bytes, struct err *e)
{
	char copies[PATHS_MAX];

	return kept_sweep_staging(run->paths.staging, is_dry, out_n, out_bytes, e) &&
	       (!fs_join(copies, sizeof(copies), run->paths.state_folder, "apt-deleted") ||
		       kept_sweep_copies(copies, 0, is_dry, out_n, e));
}

static bool clean_act(
	struct run *run, const struct options *o, char *out_said, size_t said_size, struct err *e)
{
	size_t keep = o->has_keep ? (size_t)o->keep : (size_t)run->config.keep_packages;
	SCOPED_FREE struct state_kept *surplus = NULL;
	size_t n_packages = 0, n_leftovers = 0, n_aside = 0;
	uint64_t bytes = 0;
	SCOPED_CLEAR(buf_clear) struct buf paths = {0};
	char size[32], aside[512] = "";

	if (!kept_find_surplus(run->state, "", keep, NULL, &surplus, &n_packages, e))
		return false;
	for (size_t i = 0; i < n_packages; i++) {
		if (!o->dry_run && !clean_drop(run, &surplus[i], e))
			return false;
		bytes += surplus[i].size_bytes;
	}
	if (!clean_leftovers(run, o->dry_run, &n_leftovers, &bytes, e))
		return false;
	buf_init(&paths, said_size);
	if (!clean_people(run, o, &n_aside, &paths, e))
		return false;
	text_size(bytes, size, sizeof(size));
	if (n_aside > 0)
		snprintf(
			aside, sizeof(aside), "; %zu kept aside: %.400s", n_aside, buf_str(&paths));
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
