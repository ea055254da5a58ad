/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One phase of a run over the pool: jobs are begun by each entry's kind, run by workers, and their
 * results given back to the kind. All workers are gone before the results are taken.
 */
#ifndef DEVUPD_UPDATERS_PHASES_H
#define DEVUPD_UPDATERS_PHASES_H

#include "updaters/run.h"

/*
 * In:    before_take   called for each answer before the kind takes it (may be NULL)
 * Fails: ERR_WORKER    no worker could be had
 */
typedef bool phase_before_take(
	struct run *run, struct entry *entry, struct result *r, struct err *e);
bool phase_run(struct run *run, enum phase phase, phase_before_take *before_take,
	struct err *e) MUST_CHECK;
/* The same for these entries alone, whether settled or not. */
bool phase_run_some(struct run *run, enum phase phase, struct entry **entries, size_t n,
	phase_before_take *before_take, struct err *e) MUST_CHECK;

#endif
