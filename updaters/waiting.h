/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packages that were fetched and verified and wait until their program is closed: rows of the
 * state, each with a transient unit of the system's manager that runs `devupd finish NAME`. What is
 * still there at boot a shipped unit finishes.
 */
#ifndef DEVUPD_UPDATERS_WAITING_H
#define DEVUPD_UPDATERS_WAITING_H

#include "updaters/run.h"

/* In a look: a version that is offered and waits here already is said to. */
bool waiting_note(struct run *run, struct err *e) MUST_CHECK;

/*
 * After run_prepare: entries whose program is open, still or since, are put down, on record and
 * settled as deferred, unless a person or the settings said otherwise. Those whose program was
 * closed meanwhile go on.
 */
bool waiting_put_down(struct run *run, struct err *e) MUST_CHECK;

/* Its package was installed, or is wanted no more. */
bool waiting_drop(struct run *run, const char *name, struct err *e) MUST_CHECK;

/* Is it to go back to an older version that this name waits? */
bool waiting_is_rollback(struct run *run, const char *name, bool *out, struct err *e) MUST_CHECK;

/* The name of that unit. */
void waiting_unit_name(const char *name, char *out, size_t out_size);

/*
 * A unit that waits for the program and then installs. One that is there already waits for the
 * same. Out: false, said why in out_why: nobody does; the next run or boot will
 */
bool waiting_start_unit(const char *name, char *out_why, size_t why_size);

/*
 * A plan of what waits (names: none = all), from the state and the kept packages alone: nobody is
 * asked. What is held, passed over or installed already is settled, and its row dropped.
 */
bool waiting_plan(struct run *run, const struct strings *names, struct err *e) MUST_CHECK;

#endif
