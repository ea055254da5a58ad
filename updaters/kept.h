/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packages kept for rollback: found again, recorded, pruned. And what else is kept for a while. */
#ifndef DEVUPD_UPDATERS_KEPT_H
#define DEVUPD_UPDATERS_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/state.h"
#include "updaters/updater.h"

/* Is the release of this entry here already, and intact? Then entry->file is it. */
bool kept_use(struct state *s, struct entry *entry, struct err *e) MUST_CHECK;

/*
 * For a rollback: the highest kept version below the installed one. If it is higher than what the
 * sources offer (entry->result), it becomes the entry's release. One that was never installed gives
 * way to any that was.
 */
bool kept_roll_back_to(struct state *s, struct entry *entry, struct err *e) MUST_CHECK;

/*
 * After a rollback: nothing up to the version that it left is offered again, until unskip.
 *
 * In:    left   dpkg's version of before
 */
bool kept_skip_left(
	struct state *s, const struct recipe *recipe, const char *left, struct err *e) MUST_CHECK;

/*
 * A file of this entry is remembered, as verified as its result says. One that was only adopted is
 * there for the same release in a run to come, which verifies it, and for nothing else.
 */
bool kept_record(
	struct state *s, const struct entry *entry, const char *arch, struct err *e) MUST_CHECK;

/*
 * What there is beside the newest `keep` versions of each name ("" = every name), never one whose
 * path is spared. Out: malloc'd
 */
bool kept_find_surplus(struct state *s, const char *name, size_t keep, const char *spared_path,
	struct state_kept **out, size_t *out_n, struct err *e) MUST_CHECK;
/* That surplus of one name goes. */
bool kept_prune(struct state *s, const char *name, size_t keep, const char *spared_path,
	struct err *e) MUST_CHECK;
/* This version of a name turned out to be installed: its packages were, then. */
bool kept_note_installed(
	struct state *s, const char *name, const char *version, struct err *e) MUST_CHECK;

/* What is known of files that are gone, as refused ones are. */
bool kept_drop_gone(struct state *s, const char *name, struct err *e) MUST_CHECK;
/* The file, where it is still there, and what is known of it. */
bool kept_drop(struct state *s, const struct state_kept *k, struct err *e) MUST_CHECK;

/* Runs whose copies stay without being asked for. */
enum { KEPT_COPIES = 5 };
/*
 * Copies of what a vendor's scripts deleted of apt's and could not be restored, a folder a run:
 * all but those of the newest runs go.
 *
 * In:    folder   apt-deleted in the state's folder; run ids sort by time
 */
bool kept_sweep_copies(const char *folder, size_t keep, bool is_dry, size_t *out_n_dropped,
	struct err *e) MUST_CHECK;

/* Leftovers of downloads: every plain file in the staging folder. */
bool kept_sweep_staging(const char *staging, bool is_dry, size_t *out_n_dropped,
	uint64_t *out_bytes, struct err *e) MUST_CHECK;
/* A package that was made ours by a run which was cut off before it could write that down: nobody
 * would find it again. */
bool kept_sweep_packages(struct state *s, const char *packages, struct err *e) MUST_CHECK;

#endif
