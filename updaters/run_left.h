/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a run leaves for those after it to know: how each source answered, and what of each name is
 * not done, since when. Read by `status`, `list`, `doctor` and by what people are told.
 */
#ifndef DEVUPD_UPDATERS_RUN_LEFT_H
#define DEVUPD_UPDATERS_RUN_LEFT_H

#include "updaters/run.h"

/*
 * How the sources answered that were asked now, inside the transaction that is under way. Where no
 * route leads anywhere a failure says nothing of the source, and is not counted.
 */
bool run_left_replies(struct run *run, struct err *e) MUST_CHECK;

/*
 * At the end of a run: a row for each name that is not done, none for the others. A person's own
 * state keeps of packages only what is offered: the rest is root's to say.
 */
bool run_left_note(struct run *run, struct err *e) MUST_CHECK;

#endif
