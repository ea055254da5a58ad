/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A run without its verb: the recipes of fixtures/plan ("here" is the package dpkg, which is on
 * every Debian; "gone" is not, "off" is not enabled, "broken" is broken), a state and a trail in a
 * folder of its own.
 */
#ifndef DEVUPD_TESTS_RUN_WORLD_H
#define DEVUPD_TESTS_RUN_WORLD_H

#include "updaters/run.h"

struct run_world {
	char folder[64];
	struct run run;
	char here_version[DPKG_VERSION_MAX]; /* dpkg's own, installed */
	struct err e;
};
int run_world_make(void **out);
int run_world_drop(void **state);

/* State and trail are opened, as by a run of this verb; run_world_end closes them. */
void run_world_begin(struct run_world *w, const char *id, const char *verb);
void run_world_end(struct run_world *w);

/* Write an intent for a name, as a run does before its change. */
void run_world_intend(struct run_world *w, const char *name, const char *from, const char *to);

/* The newest record of this event and name ("" = nameless); its count, 0 = none. */
size_t run_world_records(
	struct run_world *w, enum audit_event event, const char *name, struct audit_line *out_last);

#endif
