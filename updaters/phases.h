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
bool phase_run(struct run *run, enum phase phase,
	bool (*before_take)(struct run *run, struct entry *entry, struct result *r, struct err *e),
	struct err *e) MUST_CHECK;

#endif
