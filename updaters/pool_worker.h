/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One worker process, seen from its parent: started, told how to begin, ended and waited for. For
 * pool.c alone; it knows no jobs.
 */
#ifndef DEVUPD_UPDATERS_POOL_WORKER_H
#define DEVUPD_UPDATERS_POOL_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "updaters/lib/err.h"
#include "updaters/wire.h"

struct pool_worker {
	pid_t pid; /* 0 = none runs */
	struct wire *wire;
	bool is_told;      /* WIRE_START was sent */
	uint32_t start;    /* … which one of the pool's */
	bool is_alive;     /* it has said something */
	uint64_t heard_ms; /* when it said the last thing, or was told to start */
};

bool pool_worker_start(const char *path, struct pool_worker *out, struct err *e) MUST_CHECK;
/* How to begin, once; later calls are fine. */
bool pool_worker_tell(
	struct pool_worker *w, const struct wire_start *start, struct err *e) MUST_CHECK;
/* Its work is done, or of no use any more: nothing that it keeps outlives it. */
void pool_worker_kill(const struct pool_worker *w);
/*
 * Waits for its end, SIGKILL after grace_ms.
 *
 * Out: out_how   "was killed by signal 11 (Segmentation fault)", "ended with status 3"; may be NULL
 */
void pool_worker_end(struct pool_worker *w, int grace_ms, char *out_how, size_t how_size);

#endif
