/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Try a recipe on a saved page: what its sources would make of it. The page is foreign text, so a
 * caged worker without network reads it; nothing is asked of anybody, nothing is kept.
 */
#ifndef DEVUPD_UPDATERS_TRIAL_H
#define DEVUPD_UPDATERS_TRIAL_H

#include "updaters/run.h"

/*
 * In:    run    opened offline and with_trace
 *        r      borrowed until the run is closed; of a kind that has_trial
 *        page   path of a regular file
 * Out:   run->plan has one entry: AVAILABLE with the release that was picked; DEFERRED where the
 *        page leads to others; else FAILED
 * Fails: ERR_WORKER
 */
bool trial_run(struct run *run, const struct recipe *r, const char *page, struct err *e) MUST_CHECK;

/* Does this kind read pages at all? */
bool trial_is_possible(const struct recipe *r);

#endif
