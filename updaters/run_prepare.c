/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The middle of a run: fetch, adopt, verify; and the check of a file in hand. */
#include "updaters/run.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "updaters/kept.h"
#include "updaters/phases.h"
#include "updaters/verdict.h"

/* What is broken is mended where it stands, nothing is put in its place. */
static bool prepare_needs_package(const struct entry *entry)
{
	return entry->result.outcome != OUTCOME_BROKEN && !entry->updater->acts_as_owner;
}

/*
 * The alarm of first sight, by the version that dpkg-deb read: what a source or a worker calls it
 * is no way around. Other bytes that a person wants pass; that they are what was seen first is
 * known once they are installed. Out: out_is_first  nothing was known of this version
 */
static bool prepare_check_sight(struct run *run, struct entry *entry,
	char version[DPKG_VERSION_MAX], bool *out_is_first, struct err *e)
{
	const char *package = entry->recipe->package;
	char first[SHA256_HEX_SIZE] = "", now[sizeof(entry->file.path) + SHA256_HEX_SIZE + 8];
	struct err changed = {0};

	if (!recipe_version_installed(
		    entry->recipe, entry->file.version, version, DPKG_VERSION_MAX, e) ||
		!state_first_digest(run_memory(run), package, run->host.arch, version, first, e))
		return false;
	*out_is_first = first[0] == '\0';
	if (*out_is_first || entry->takes_changed || text_equal(first, entry->file.sha256))
		return true;
	snprintf(now, sizeof(now), "%s has %s", entry->file.path, entry->file.sha256);
	release_changed(entry->name, version, first, now, &changed);
	entry->is_settled = !result_fail(&entry->result, STEP_VERIFY, &changed);
	return true;
}

/* What is ours now is known at once: a run that is cut off leaves it to the next. */
static bool prepare_note_adopted(struct run *run, struct err *e)
{
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		const struct entry *entry = &run->plan.entries[i];
		/* one that was kept has been read before */
		bool is_adopted = entry->file.path[0] != '\0' && entry->file.version[0] == '\0';

		if (is_adopted && !kept_record(run->state, entry, run->host.arch, e))
			return false;
	}
	return true;
}

static bool prepare_remember(struct run *run, struct entry *entry, struct err *e)
{
	const char *arch = run->host.arch;
	char version[DPKG_VERSION_MAX];
	bool is_first = false;

	if (!prepare_needs_package(entry))
		return true;
	if (!prepare_check_sight(run, entry, version, &is_first, e) || entry->is_settled)
		return entry->is_settled;
	if (is_first && !state_put_first_digest(run->state, entry->recipe->package, arch, version,
				entry->file.sha256, e))
		return false;
	return kept_record(run->state, entry, arch, e);
}

/*
 * A package that was refused goes, with what is known of it. One that we were not able to look at
 * may be whole: it stays for another time. A file in hand is its owner's.
 */
static bool prepare_drop_refused(struct run *run, const struct entry *entry, struct err *e)
{
	enum err_code code = entry->result.error.code;
	bool is_refused = verdict_is_refusal(code) || code == ERR_TOO_BIG;
	bool is_ours =
		entry->file.path[0] != '\0' && !text_equal(entry->file.path, entry->hand_file);

	if (is_refused && is_ours)
		unlink(entry->file.path);
	return kept_drop_gone(run->state, entry->name, e);
}

/* Stopped before anybody looked at them: such packages are neither installed nor told as done. */
static void prepare_end(struct run *run)
{
	struct err stopped = {0};

	err_set(&stopped, ERR_WORKER,
		"stopped before its package was verified; it is kept, run again to continue");
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		struct entry *entry = &run->plan.entries[i];

		if (!entry->is_settled && prepare_needs_package(entry))
			entry->is_settled = !result_fail(&entry->result, STEP_VERIFY, &stopped);
	}
}

bool run_prepare(struct run *run, struct err *e)
{
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		struct entry *entry = &run->plan.entries[i];

		if (!entry->is_settled && prepare_needs_package(entry) &&
			!kept_use(run->state, entry, e))
			return false;
	}

	bool is_fetched = phase_run(run, PHASE_PREPARE, NULL, e);

	if (!prepare_note_adopted(run, is_fetched ? e : NULL) || !is_fetched)
		return false;
	if (stop_is_asked(&run->stop)) {
		prepare_end(run);
		return true;
	}
	if (!phase_run(run, PHASE_VERIFY, NULL, e))
		return stop_is_asked(&run->stop);
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		struct entry *entry = &run->plan.entries[i];

		if (!entry->is_settled && !prepare_remember(run, entry, e))
			return false;
		if (entry->result.outcome == OUTCOME_FAILED && entry->result.step == STEP_VERIFY &&
			!prepare_drop_refused(run, entry, e))
			return false;
	}
	return true;
}

static bool verify_measure(struct entry *entry, struct err *e)
{
	const struct release *r = &entry->result.release;
	struct digests measured;

	if (!digests_of_fd(
		    entry->hand_fd, &r->digests, NULL, &measured, &entry->file.size_bytes, e))
		return false;
	memcpy(entry->file.sha256, measured.sha256, sizeof(entry->file.sha256));
	if (!digests_check(&r->digests, &measured, entry->hand_file, e))
		return release_unlike_first_sight(entry->name, r, entry->first_sha256, e);
	memcpy(entry->file.path, entry->hand_file, sizeof(entry->file.path));
	return true;
}

/* Every entry that is open has a file in hand. */
static bool verify_files(struct run *run, struct err *e)
{
	char version[DPKG_VERSION_MAX];
	bool is_first = false;

	for (size_t i = 0; i < run->plan.n_entries; i++) {
		struct entry *entry = &run->plan.entries[i];
		struct err refused = {0};

		if (!entry->is_settled && !verify_measure(entry, &refused))
			entry->is_settled = !result_fail(&entry->result, STEP_VERIFY, &refused);
	}
	if (!phase_run(run, PHASE_VERIFY, NULL, e))
		return false;
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		struct entry *entry = &run->plan.entries[i];

		if (!entry->is_settled && !prepare_check_sight(run, entry, version, &is_first, e))
			return false;
	}
	return true;
}

bool run_verify_hand(struct run *run, struct err *e)
{
	SCOPED_FREE bool *is_aside = calloc(run->plan.n_entries + 1, sizeof(bool));
	size_t n_files = 0;

	if (is_aside == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		struct entry *entry = &run->plan.entries[i];
		bool is_file = entry->hand_file[0] != '\0' && prepare_needs_package(entry);

		is_aside[i] = !entry->is_settled && !is_file;
		n_files += !entry->is_settled && is_file;
		entry->is_settled = entry->is_settled || is_aside[i];
	}

	bool is_fine = n_files == 0 || verify_files(run, e);

	for (size_t i = 0; i < run->plan.n_entries; i++)
		run->plan.entries[i].is_settled &= !is_aside[i];
	return is_fine;
}
