/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/phases.h"

#include <string.h>

enum { WORKER_SILENCE_MS = 20000 };

/* The jobs of a phase, and whose each is. */
struct batch {
	struct run *run;
	struct job *jobs;
	struct result *results;
	struct entry **entries; /* as many as jobs */
	size_t n_jobs;
};

static void batch_clear(struct batch *b)
{
	for (size_t i = 0; i < b->n_jobs; i++) {
		if (b->jobs[i].fd >= 0)
			close(b->jobs[i].fd);
		job_clear(&b->jobs[i]);
		result_clear(&b->results[i]);
	}
	free(b->jobs);
	free(b->results);
	free(b->entries);
}

static bool batch_make(struct batch *b, enum phase phase, struct err *e)
{
	struct plan *plan = &b->run->plan;

	b->jobs = calloc(plan->n_entries + 1, sizeof(*b->jobs));
	b->results = calloc(plan->n_entries + 1, sizeof(*b->results));
	b->entries = calloc(plan->n_entries + 1, sizeof(struct entry *));
	if (b->jobs == NULL || b->results == NULL || b->entries == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (size_t i = 0; i < plan->n_entries; i++) {
		struct entry *entry = &plan->entries[i];
		struct job *job = &b->jobs[b->n_jobs];

		if (entry->is_settled)
			continue;
		job_init(job);
		job->phase = phase;
		text_copy_cut(job->kind, sizeof(job->kind), entry->updater->kind);
		text_copy_cut(job->name, sizeof(job->name), entry->name);
		if (entry->updater->start(&b->run->facts, entry, phase, job)) {
			result_init(&b->results[b->n_jobs]);
			b->entries[b->n_jobs++] = entry;
			continue;
		}
		job_clear(job);
		entry->is_settled = entry->is_settled || err_is_set(&entry->result.error);
	}
	return true;
}

static void batch_on_progress(
	void *user, const struct job *job, uint64_t done_bytes, uint64_t total_bytes)
{
	struct batch *b = user;

	if (job->phase == PHASE_PREPARE && b->run->watch.on_download != NULL)
		b->run->watch.on_download(
			b->run->watch.user, b->entries[job->id], done_bytes, total_bytes);
}

static void batch_on_page(void *user, const struct job *job, const char *url, int fd)
{
	struct batch *b = user;

	if (b->run->watch.on_page != NULL)
		b->run->watch.on_page(b->run->watch.user, job->name, url, fd);
}

static bool batch_is_stopped(void *user)
{
	struct batch *b = user;

	return stop_is_asked(&b->run->stop);
}

/* The setting is for all downloads together, a worker's word for each of them. */
static uint64_t batch_rate(const struct batch *b)
{
	uint64_t all = b->run->config.download_limit_rate;
	uint64_t each = all / (b->n_jobs > 0 ? b->n_jobs : 1);

	return all > 0 && each == 0 ? 1 : each;
}

static void batch_start_message(const struct batch *b, enum phase phase, struct wire_start *out)
{
	const struct run *run = b->run;
	const struct config *c = &run->config;

	*out = (struct wire_start){
		.with_network = phase != PHASE_VERIFY,
		.change_user = run->paths.is_root,
		.uid = run->facts.worker_uid,
		.gid = run->facts.worker_gid,
		.timeout_ms = c->timeout_ms,
		.stall_ms = c->stall_ms,
		.max_file_bytes = phase == PHASE_PREPARE ? c->download_max_bytes : 0,
		.limit_rate = batch_rate(b),
	};
	text_copy_cut(out->proxy, sizeof(out->proxy), c->effective_proxy);
	if (phase == PHASE_PREPARE)
		text_copy_cut(out->write_folder, sizeof(out->write_folder), run->paths.staging);
}

static bool batch_run(struct batch *b, enum phase phase, struct err *e)
{
	struct run *run = b->run;
	SCOPED(pool_close) struct pool *pool = MOVE_PTR(run->pool);
	struct pool_options options = {
		.max_workers = run->setup.jobs != 0 ? run->setup.jobs : (unsigned)run->config.jobs,
		.silence_ms = WORKER_SILENCE_MS,
	};
	struct pool_watch watch = {
		.on_progress = batch_on_progress,
		.on_page = batch_on_page,
		.is_stopped = batch_is_stopped,
		.user = b,
	};
	struct wire_start start;

	if (pool == NULL && !pool_open(&options, &pool, e))
		return false;
	batch_start_message(b, phase, &start);
	pool_configure(pool, &options, &start);
	return pool_run(pool, b->jobs, b->n_jobs, &watch, b->results, e);
}

/*
 * No worker could be had, or the run was stopped: each name says so, and its kind what is left of a
 * download.
 */
static void batch_fail(struct batch *b, enum phase phase, const struct err *e)
{
	for (size_t i = 0; i < b->n_jobs; i++) {
		struct entry *entry = b->entries[i];
		struct result none;

		result_init(&none);
		result_fail(&none, STEP_NONE, e);
		if (phase == PHASE_PREPARE)
			entry->updater->take_result(&b->run->facts, entry, phase, &none);
		else
			result_fail(&entry->result, STEP_NONE, e);
		result_clear(&none);
		entry->is_settled = true;
	}
}

bool phase_run(struct run *run, enum phase phase,
	bool (*before_take)(struct run *run, struct entry *entry, struct result *r, struct err *e),
	struct err *e)
{
	SCOPED_CLEAR(batch_clear) struct batch b = {.run = run};

	if (!batch_make(&b, phase, e))
		return false;
	if (b.n_jobs == 0)
		return true;
	if (!batch_run(&b, phase, e)) {
		batch_fail(&b, phase, e);
		return false;
	}
	for (size_t i = 0; i < b.n_jobs; i++) {
		struct entry *entry = b.entries[i];

		if (before_take != NULL && !before_take(run, entry, &b.results[i], e))
			return false;
		entry->updater->take_result(&run->facts, entry, phase, &b.results[i]);
		if (entry->result.outcome == OUTCOME_FAILED)
			entry->is_settled = true;
	}
	return true;
}
