/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a run that changes things begins: run-start; at the very first one a baseline of what is
 * there; what an interrupted run left open is looked at and resolved; what changed outside is
 * noted. A run that finds the state begun anew says so and ends there.
 */
#ifndef DEVUPD_UPDATERS_BASELINE_H
#define DEVUPD_UPDATERS_BASELINE_H

#include <stdbool.h>

#include "updaters/lib/err.h"

struct run;

/* Fails: ERR_STATE (also: begun anew), ERR_LOCK (dpkg's), ERR_AUDIT, ERR_DPKG */
bool baseline_open_run(struct run *run, struct err *e) MUST_CHECK;

#endif
