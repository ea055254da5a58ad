/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who would feel an upgrade of Homebrew: where that name alone was typed, the venvs, packages and
 * editors that rest on its python3 are looked at, too, and join the plan only if a person wants
 * them mended along with it.
 */
#ifndef DEVUPD_UPDATERS_WITNESS_H
#define DEVUPD_UPDATERS_WITNESS_H

#include "updaters/run.h"

/* After the plan is made: who they are; none where all names are in the plan anyway. */
bool witness_plan(struct run *run, const struct plan_request *request, struct err *e) MUST_CHECK;
/* After the plan was looked at: they look, and what rests on what is told. */
bool witness_inspect(struct run *run, struct err *e) MUST_CHECK;
/* They and all that is sound in the plan will be looked at again after the upgrade, and mended. */
bool witness_join(struct run *run, struct err *e) MUST_CHECK;

#endif
