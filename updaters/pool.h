/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Worker processes: started, fed with jobs, watched, replaced. Knows jobs and results, no kind.
 *
 * As many as min(jobs, groups of hosts, cores, 8). Jobs of one group go to one worker. A worker
 * that crashes, hangs or talks garbage is replaced and its unfinished jobs run again alone, one
 * worker each: the job that kills its worker twice is the one that failed. Results are given in the
 * order of the jobs at the end.
 */
#ifndef DEVUPD_UPDATERS_POOL_H
#define DEVUPD_UPDATERS_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/records.h"
#include "updaters/wire.h"

struct pool_options {
	const char *worker_path; /* absolute; NULL = the installed one */
	unsigned max_workers;    /* 0 = by itself */
	uint64_t silence_ms;  /* a worker that owes results and says nothing for so long is hung; a
				 worker with open work says WIRE_PROGRESS at least every few seconds
			       */
	uint64_t patience_ms; /* one that ends no job and moves no byte for so long is hung, too,
				 whatever it says; 0 = by itself: what one job may take for its
				 requests */
};

struct pool;
/* Starts the first worker at once, before the settings are read: it is told WIRE_START later. */
bool pool_open(const struct pool_options *options, struct pool **out, struct err *e) MUST_CHECK;
/* Ends all workers and waits for them: no zombie is left. */
void pool_close(struct pool *p);
DEFINE_SCOPED(struct pool *, pool_close);
/*
 * After the settings are known. May be called once, before pool_run.
 *
 * In:    starts   how workers begin, [n_starts]; job.start is an index.
 *                 Borrowed until pool_close
 */
void pool_configure(struct pool *p, const struct pool_options *options,
	const struct wire_start *starts, size_t n_starts);

struct pool_watch {
	void (*on_progress)(
		void *user, const struct job *job, uint64_t done_bytes, uint64_t total_bytes);
	void (*on_page)(
		void *user, const struct job *job, const char *url, int fd); /* fd borrowed */
	void (*on_wait)(void *user, const struct job *job, uint64_t wait_ms,
		const char *raw_text); /* it tries again after so long; why */
	void (*on_result)(
		void *user, const struct job *job, const struct result *r); /* as each comes */
	bool (*is_stopped)(
		void *user); /* asked every now and then and after EINTR: true = end now */
	bool lets_finish;    /* a job that is under way is told to stop and heard to its end: it may
				have changed something */
	void *user;
};

/*
 * Run all jobs to their end.
 *
 * In:    jobs[n]       ids are set to 0..n-1 here; inputs stay the caller's
 *        watch         each member may be NULL
 * Out:   out_results   [n], in the order of the jobs; each is filled in, a job that could not be
 *                      done is a failed result with ERR_WORKER, or ERR_TOO_BIG
 * Fails: ERR_WORKER    no worker can be started at all; stopped by is_stopped (unfinished ones:
 *                      ERR_WORKER "stopped")
 */
bool pool_run(struct pool *p, struct job *jobs, size_t n, const struct pool_watch *watch,
	struct result *out_results, struct err *e) MUST_CHECK;

#endif
