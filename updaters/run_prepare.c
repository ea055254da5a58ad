/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The middle of a run: fetch, adopt, verify; and the check of a file in hand. */
#include "updaters/run.h"

#include <fcntl.h>
#include <string.h>

#include "updaters/kept.h"
#include "updaters/phases.h"

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
