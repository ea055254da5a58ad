/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One shift of the pool, from inside: pool.c lays out, gives work and turns the loop; pool_hear.c
 * takes what workers say, and what it means when one is lost. For these two alone.
 */
#ifndef DEVUPD_UPDATERS_POOL_SHIFT_H
#define DEVUPD_UPDATERS_POOL_SHIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/pool.h"
#include "updaters/pool_worker.h"

enum {
	LANES_MAX = 64,
	GRACE_MS = 300 /* from the end of the wire to SIGKILL */
};

#define NO_JOB UINT32_MAX

/* Jobs in order, linked through their places. */
struct line {
	uint32_t first, last;
};

/* What we know of a job beyond itself. */
struct place {
	uint32_t next;
	uint32_t lane;
	bool is_sent; /* its lane's worker owes its result */
	bool is_done;
	bool has_killed;     /* once: it runs alone now */
	uint64_t done_bytes; /* what its worker has told last */
};

/* A place where a worker runs, one after the other if need be. */
struct lane {
	struct pool_worker worker;
	struct line waiting;
	size_t n_sent;
	uint64_t began_ms; /* when it was sent a job after it had none */
	uint64_t moved_ms; /* when its worker last ended a job, or moved a byte for one */
	bool is_alone;     /* one job that has killed a worker, and this worker is for it only */
};

struct pool {
	char worker_path[512];
	unsigned max_workers;
	uint64_t silence_ms, patience_ms;
	const struct wire_start *starts;
	size_t n_starts;
	struct lane lanes[LANES_MAX];
	struct buf message; /* reused */
};

/* One call of pool_run: what the workers do between its first and last job. */
struct shift {
	struct pool *pool;
	struct job *jobs;
	struct place *places;
	uint32_t n_jobs, n_done;
	size_t n_lanes;
	struct line alone; /* waiting to run by themselves */
	unsigned n_bad_starts;
	bool is_stopping; /* nothing new is begun; what is under way ends */
	uint64_t stopped_ms;
	uint64_t asked_ms;
	const struct pool_watch *watch;
	struct result *results;
};

void line_add(struct shift *s, struct line *line, uint32_t id);
/* The job is over: a failed result, told to the watch. */
void shift_fail_job(struct shift *s, uint32_t id, const struct err *e);
/* All that this lane's worker has said by now. */
void lane_hear(struct shift *s, struct lane *lane);
/* Ends the lane's worker; its unfinished jobs run again, or have failed. format NULL: how its
 * process ended says why. */
void lane_crashed(struct shift *s, struct lane *lane, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
