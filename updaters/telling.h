/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whom a run tells what it came to: the journal always, people where the settings say so and nobody
 * sat before it (notify:). Called once, at the end of a run; nothing of it fails the run.
 */
#ifndef DEVUPD_UPDATERS_TELLING_H
#define DEVUPD_UPDATERS_TELLING_H

#include "updaters/run.h"

void telling_run(struct run *run, int exit_code);
/* A managed name was changed by somebody else since it was last seen; from, to NULL = absent. */
void telling_outside(
	const struct run *run, const struct entry *entry, const char *from, const char *to);

#endif
