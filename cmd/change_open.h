/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of a program that is open while there is something new for it: asked, or as options
 * and settings say (CONTRACT "Outcomes"). */
#ifndef DEVUPD_CMD_CHANGE_OPEN_H
#define DEVUPD_CMD_CHANGE_OPEN_H

#include "cmd/options.h"
#include "updaters/run.h"

/*
 * Entries that go on get when_open where their program is open; what is left for later is settled.
 * Behind sudo the answers came along (--open); what only root could see is asked now.
 */
bool change_open(struct run *run, const struct options *o, struct err *e) MUST_CHECK;

/* The word of an answer for --open, and back; WHEN_OPEN_UNASKED has none. */
const char *change_open_word(enum when_open when);

#endif
