/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the verbs share that only put something on record: hold, unhold, skip, unskip,
 * accept-license, clean. They need root (asked for by sudo where a person is), take the lock and
 * write to the trail.
 */
#ifndef DEVUPD_CMD_RECORD_H
#define DEVUPD_CMD_RECORD_H

#include "cmd/options.h"
#include "updaters/run.h"

struct record_verb {
	const char *name;
	bool uses_network;
	/* Does it, under the lock. Out: what to tell the person. */
	bool (*act)(struct run *run, const struct options *o, char *out_said, size_t said_size,
		struct err *e);
};

/* Returns the exit code. */
int record_run(const struct options *o, const struct record_verb *verb);

/* The recipe of a typed name, or ERR_USAGE with the nearest; ERR_CONFIG when it is broken. */
bool record_find(const struct run *run, const char *name, const struct recipe **out,
	struct err *e) MUST_CHECK;
/* One result line in the trail. */
bool record_write(struct run *run, const struct recipe *recipe, bool has_outcome,
	enum outcome outcome, const char *to, struct err *e) MUST_CHECK;

#endif
