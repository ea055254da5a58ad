/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The middle of a run: inspect, prepare, apply. */
#include "updaters/run.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "updaters/kept.h"
#include "updaters/lib/clock.h"
#include "updaters/phases.h"
#include "updaters/registry.h"

/* --- inspect ----------------------------------------------------------------- */

/* The first answer opens the transaction: by then all workers are gone, so that it is short. */
static bool inspect_before_take(
	struct run *run, struct entry *entry, struct result *r, struct err *e)
{
	if (!run->has_transaction && !state_begin(run->state, e))
		return false;
	run->has_transaction = true;
	if (r->n_documents > 0 && !state_put_documents(run->state, entry->name,
					  entry->recipe->digest, r->documents, r->n_documents, e))
		return false;
	return r->release.version[0] == '\0' ||
	       state_first_digest(run_memory(run), entry->recipe->package, run->host.arch,
		       r->release.version, entry->first_sha256, e);
}

/* What an available release means for this wish: the entry goes on, or why it does not. */
static bool inspect_settle(struct run *run, struct entry *entry, struct err *e)
{
	struct result *r = &entry->result;
	bool needs_license = false;

	if (entry->wish == WISH_ROLLBACK && !kept_roll_back_to(run_memory(run), entry, e))
		return false;
	if (entry->is_held && entry->wish == WISH_CHECK) {
		r->outcome = OUTCOME_HELD;
	} else if (!entry->is_present && entry->wish == WISH_CHECK &&
		   (r->outcome == OUTCOME_AVAILABLE || r->outcome == OUTCOME_CURRENT)) {
		r->outcome = OUTCOME_ABSENT;
	} else if (r->outcome == OUTCOME_AVAILABLE && entry->wish != WISH_CHECK) {
		if (!run_needs_license(run, entry, &needs_license, e))
			return false;
		if (!needs_license) {
			entry->is_settled = false;
			return true;
		}
		r->outcome = OUTCOME_LICENSE;
		snprintf(r->text, sizeof(r->text), "%s, %s: devupd accept-license %s",
			entry->recipe->license_name, entry->recipe->license_url, entry->name);
	}
	entry->is_settled = true;
	return true;
}

/* Nothing could be reached and nobody watches: the laptop is on a train, and nothing has failed. */
static void inspect_note_offline(struct run *run, const bool *was_open)
{
	size_t n_asked = 0, n_unreachable = 0;

	for (size_t i = 0; i < run->plan.n_entries; i++) {
		const struct result *r = &run->plan.entries[i].result;

		n_asked += was_open[i];
		n_unreachable +=
			was_open[i] && err_is_set(&r->error) && r->error.code == ERR_NETWORK;
	}
	for (size_t i = 0; n_unreachable == n_asked && i < run->plan.n_entries; i++) {
		struct result *r = &run->plan.entries[i].result;

		if (!was_open[i])
			continue;
		r->outcome = OUTCOME_DEFERRED;
		r->reason = REASON_OFFLINE;
		text_copy_cut(r->text, sizeof(r->text), "no network");
		r->error = (struct err){0};
		r->step = STEP_NONE;
	}
}

bool run_inspect(struct run *run, struct err *e)
{
	SCOPED_FREE bool *was_open = calloc(run->plan.n_entries + 1, sizeof(bool));

	if (was_open == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (size_t i = 0; i < run->plan.n_entries; i++)
		was_open[i] = !run->plan.entries[i].is_settled;
	if (!phase_run(run, PHASE_INSPECT, inspect_before_take, e))
		return false;
	if (run->has_transaction && !state_commit(run->state, e))
		return false;
	run->has_transaction = false;
	if (run->setup.unattended)
		inspect_note_offline(run, was_open);
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		if (was_open[i] && !inspect_settle(run, &run->plan.entries[i], e))
			return false;
	}
	return true;
}

/* --- prepare ----------------------------------------------------------------- */

static bool prepare_remember(struct run *run, struct entry *entry, struct err *e)
{
	const struct result *r = &entry->result;
	const char *package = entry->recipe->package;

	if (entry->first_sha256[0] == '\0' &&
		!state_put_first_digest(run->state, package, run->host.arch, r->release.version,
			entry->file.sha256, e))
		return false;
	return kept_record(run->state, entry, run->host.arch, e);
}

bool run_prepare(struct run *run, struct err *e)
{
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		struct entry *entry = &run->plan.entries[i];

		if (!entry->is_settled && !kept_use(run->state, entry, e))
			return false;
	}
	if (!phase_run(run, PHASE_PREPARE, NULL, e))
		return false;
	if (stop_is_asked(&run->stop) || !phase_run(run, PHASE_VERIFY, NULL, e))
		return stop_is_asked(&run->stop);
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		struct entry *entry = &run->plan.entries[i];

		if (!entry->is_settled && !prepare_remember(run, entry, e))
			return false;
	}
	return true;
}

static bool verify_measure(struct entry *entry, struct err *e)
{
	const char *expected = entry->result.release.sha256;
	SCOPED_CLOSE int fd = open(entry->hand_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return err_sys(e, ERR_STATE, "can't read %s", entry->hand_file);
	if (!digest_of_fd(fd, entry->file.sha256, &entry->file.size_bytes, e))
		return false;
	if (expected[0] != '\0' && !text_equal(expected, entry->file.sha256))
		return err_set(e, ERR_DIGEST, "%s has SHA-256 %s, expected was %s (%s)",
			entry->hand_file, entry->file.sha256, expected,
			digest_from_token(entry->result.release.sha256_from));
	memcpy(entry->file.path, entry->hand_file, sizeof(entry->file.path));
	return true;
}

bool run_verify_hand(struct run *run, struct err *e)
{
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		struct entry *entry = &run->plan.entries[i];
		struct err refused = {0};

		/* Whether it is older, current or under a licence is no question of the check. */
		entry->is_settled = entry->result.outcome == OUTCOME_FAILED &&
				    entry->result.error.code != ERR_DOWNGRADE;
		if (!entry->is_settled && !verify_measure(entry, &refused))
			entry->is_settled = !result_fail(&entry->result, STEP_VERIFY, &refused);
	}
	return phase_run(run, PHASE_VERIFY, NULL, e);
}

/* --- apply ------------------------------------------------------------------- */

static bool apply_write(struct run *run, const struct entry *entry, enum audit_event event,
	const char *from, uint64_t ms, struct err *e)
{
	const struct release *r = &entry->result.release;
	bool is_result = event == AUDIT_RESULT;
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
		.result = is_result ? &entry->result : NULL,
		.ms = ms,
	};

	return audit_write(run->audit, &record, e);
}

/* What is remembered of a name that was changed: its version, the way it left, the packages kept.
 */
static bool apply_remember(struct run *run, struct entry *entry, const char *from, struct err *e)
{
	struct state_skip skip = {0};
	size_t n_dropped = 0;
	uint64_t freed = 0;

	if (entry->result.outcome == OUTCOME_FAILED)
		return true;
	if (!state_seen_put(run->state, entry->name, entry->result.installed, e))
		return false;
	if (entry->wish == WISH_ROLLBACK) {
		if (!state_skip_get(run->state, entry->name, &skip, e) ||
			!recipe_version_installed(entry->recipe, from, entry->skip_up_to,
				sizeof(entry->skip_up_to), e))
			return false;
		if (dpkg_version_compare(skip.up_to, entry->skip_up_to) < 0)
			memcpy(skip.up_to, entry->skip_up_to, sizeof(skip.up_to));
		if (!state_skip_put(run->state, entry->name, &skip, e))
			return false;
	}
	return kept_prune(run->state, entry->name, run->config.keep_packages, entry->file.path,
		false, &n_dropped, &freed, e);
}

/* All open entries of one kind: intents first; then the change; then the results. */
static bool apply_kind(struct run *run, const struct updater *updater, struct entry **mine,
	size_t n, struct err *e)
{
	SCOPED_FREE char(*from)[DPKG_VERSION_MAX] = calloc(n + 1, sizeof(*from));
	uint64_t started_ms = clock_now_ms();
	struct err begun = {0};

	if (from == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (size_t i = 0; i < n; i++) {
		memcpy(from[i], mine[i]->result.installed, DPKG_VERSION_MAX);
		if (!apply_write(run, mine[i], AUDIT_INTENT, from[i], 0, e))
			return false;
	}

	bool was_begun = updater->apply(&run->facts, mine, n, &begun);
	uint64_t ms = clock_now_ms() - started_ms;

	for (size_t i = 0; i < n; i++) {
		if (!was_begun)
			result_fail(&mine[i]->result, STEP_APPLY, &begun);
		mine[i]->is_settled = true;
		mine[i]->result.ms += ms;
		if (!apply_write(run, mine[i], AUDIT_RESULT, from[i], ms, e) ||
			!apply_remember(run, mine[i], from[i], e))
			return false;
	}
	return true;
}

bool run_apply(struct run *run, struct err *e)
{
	SCOPED_FREE struct entry **mine = calloc(run->plan.n_entries + 1, sizeof(struct entry *));

	if (mine == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (size_t k = 0; k < registry_count(); k++) {
		size_t n = 0;

		for (size_t i = 0; i < run->plan.n_entries; i++) {
			struct entry *entry = &run->plan.entries[i];

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
