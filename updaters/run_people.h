/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose things a run looks after, and what they say in settings of their own. A part of run_open.
 */
#ifndef DEVUPD_UPDATERS_RUN_PEOPLE_H
#define DEVUPD_UPDATERS_RUN_PEOPLE_H

#include "updaters/run.h"

/*
 * Nobody is asked for where no recipe acts as a person.
 * Fails: ERR_CONFIG (`users:`, or the person's own settings: complaints in run->config_errors)
 */
bool run_find_people(struct run *run, struct err *e) MUST_CHECK;

#endif
