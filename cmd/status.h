/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known without asking anybody outside this machine: how the last run went, which one is
 * under way or next, what is left, and which sources ail. Read from states, the trail where it may
 * be read, the kernel's list of locks and the bus; nothing is locked, nothing is written.
 */
#ifndef DEVUPD_CMD_STATUS_H
#define DEVUPD_CMD_STATUS_H

#include <stdio.h>

#include "cmd/options.h"
#include "config/paths.h"
#include "updaters/lib/bus.h"
#include "updaters/lib/host.h"
#include "updaters/state_left.h"

/* One who runs: root, for the system, or a person, for what is theirs. */
struct status_side {
	struct paths paths;
	char user[64];  /* "" = the system's */
	char note[256]; /* why its state can't be read, "" = it can */
	bool has_last;
	struct state_run last;
	char by[64];                 /* who started it, "" = the trail can't be read */
	pid_t holder;                /* of the lock, now; 0 = nobody */
	struct state_run under_way;  /* what the holder does; its verb "" = not known */
	enum bus_answer has_manager; /* could its timer be asked for? */
	int64_t next_unix_ms;        /* the timer's next start, 0 = none */
};

/* A name that is not done. */
struct status_left {
	struct state_left left;
	const char *user;         /* of its side */
	bool is_waiting;          /* its package is here and waits to be installed */
	int64_t fetched_unix_ms;  /* since then */
	enum bus_answer has_unit; /* somebody waits for its program to be closed */
};
struct status_ailing {
	struct state_health health;
	const char *user;
};

struct status {
	struct host host;
	struct status_side sides[2];
	size_t n_sides;
	struct status_left *left; /* by name */
	size_t n_left;
	struct status_ailing *ailing;
	size_t n_ailing;
};
/* Fails: ERR_INTERNAL, ERR_STATE (no HOME), and what host_read fails with */
bool status_read(struct status *out, struct err *e) MUST_CHECK;
void status_clear(struct status *s);

/* For a person, and for a script. */
void status_print(const struct status *s, const struct options *o, FILE *out);
void status_document(const struct status *s, const struct options *o, FILE *out);
/* "failed: no link on …": what a name that is left waits for. */
void status_say_left(const struct status_left *l, int64_t now_unix_ms, char *out, size_t out_size);

#endif
