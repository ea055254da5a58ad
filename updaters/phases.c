/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/phases.h"

#include <string.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/log.h"
#include "updaters/lib/service.h"

enum { WORKER_SILENCE_MS = 20000, SAY_MS = 1000, LONG_WAIT_MS = 3000 };

/* The jobs of a phase, and whose each is. */
struct batch {
	struct run *run;
	struct job *jobs;
	struct result *results;
	struct entry **entries;       /* as many as jobs */
	const struct person **people; /* … whose each is; NULL = nobody's */
	size_t n_jobs;
	uint64_t said_ms;          /* when a service manager was last told how far we are */
	struct wire_start *starts; /* how workers begin: the caged ones, then each person's */
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
	free(b->people);
	free(b->starts);
}

/* One job more, or none where start says that no worker is needed. */
static void batch_add(
	struct batch *b, struct entry *entry, enum phase phase, const struct person *person)
{
	const struct facts *f = &b->run->facts;
	const struct updater *updater = entry->updater;
	struct job *job = &b->jobs[b->n_jobs];

	job_init(job);
	job->phase = phase;
	job->start = person != NULL ? (uint32_t)(1 + (person - f->people)) : 0;
	text_copy_cut(job->kind, sizeof(job->kind), updater->kind);
	text_copy_cut(job->name, sizeof(job->name), entry->name);
	if (person != NULL ? updater->start_for(f, entry, phase, person, job)
			   : updater->start(f, entry, phase, job)) {
		result_init(&b->results[b->n_jobs]);
		b->people[b->n_jobs] = person;
		b->entries[b->n_jobs++] = entry;
		return;
	}
	job_clear(job);
	entry->is_settled =
		entry->is_settled || (person == NULL && err_is_set(&entry->result.error));
}

/* All people's where the kind acts as its owner. */
static void batch_add_entry(struct batch *b, struct entry *entry, enum phase phase)
{
	size_t n_before = b->n_jobs;

	entry->n_taken = 0;
	if (!entry->updater->acts_as_owner) {
		batch_add(b, entry, phase, NULL);
		return;
	}
	for (size_t i = 0; i < b->run->facts.n_people; i++)
		batch_add(b, entry, phase, &b->run->facts.people[i]);
	if (phase == PHASE_INSPECT && b->n_jobs == n_before)
		entry_settle(entry, OUTCOME_ABSENT, "nobody's things are looked after");
}

static bool batch_make(
	struct batch *b, enum phase phase, struct entry **chosen, size_t n, struct err *e)
{
	size_t n_most = n * (b->run->facts.n_people + 1) + 1;

	b->jobs = calloc(n_most, sizeof(*b->jobs));
	b->results = calloc(n_most, sizeof(*b->results));
	b->entries = calloc(n_most, sizeof(struct entry *));
	b->people = calloc(n_most, sizeof(struct person *));
	if (b->jobs == NULL || b->results == NULL || b->entries == NULL || b->people == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (size_t i = 0; i < n; i++)
		batch_add_entry(b, chosen[i], phase);
	return true;
}

/* For `systemctl status`, at most once a second. */
static void batch_say_download(
	struct batch *b, const char *name, uint64_t done_bytes, uint64_t total_bytes)
{
	char done[32], total[32];
	uint64_t now_ms = clock_now_ms();

	if (now_ms < b->said_ms + SAY_MS)
		return;
	b->said_ms = now_ms;
	text_size(done_bytes, done, sizeof(done));
	text_size(total_bytes, total, sizeof(total));
	service_status("fetching %s: %s of %s", name, done, total);
}

static void batch_on_progress(
	void *user, const struct job *job, uint64_t done_bytes, uint64_t total_bytes)
{
	struct batch *b = user;

	if (job->phase == PHASE_PREPARE)
		batch_say_download(b, job->name, done_bytes, total_bytes);
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

/* A short wait is for those who want to know; a long one nobody should have to guess. */
static void batch_on_wait(void *user, const struct job *job, uint64_t wait_ms, const char *raw_text)
{
	const struct batch *b = user;

	if (wait_ms < LONG_WAIT_MS)
		log_verbose("%s: %s", b->entries[job->id]->name, raw_text);
	else
		log_note("%s: %s", b->entries[job->id]->name, raw_text);
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

/*
 * A run may take so much longer by other tries: its workers wait side by side, its phases one after
 * the other, each for half of what is left.
 */
static uint64_t take_wait_budget(struct run *run)
{
	uint64_t share_ms = (RUN_WAIT_MAX_MS - run->waited_ms) / 2;

	run->waited_ms += share_ms;
	return share_ms;
}

static void start_caged(const struct batch *b, enum phase phase, struct wire_start *out)
{
	struct run *run = b->run;
	const struct config *c = &run->config;

	*out = (struct wire_start){
		.with_network = phase != PHASE_VERIFY && !run->setup.offline,
		.change_user = run->paths.is_root,
		.uid = run->facts.worker_uid,
		.gid = run->facts.worker_gid,
		.timeout_ms = c->timeout_ms,
		.stall_ms = c->stall_ms,
		.max_file_bytes = phase == PHASE_PREPARE ? c->download_max_bytes : 0,
		.limit_rate = batch_rate(b),
	};
	if (out->with_network)
		out->wait_budget_ms = take_wait_budget(run);
	/* it may hold a login: not for who reads packages */
	if (out->with_network) {
		text_copy_cut(out->proxy, sizeof(out->proxy), c->effective_proxy);
		text_copy_cut(out->no_proxy, sizeof(out->no_proxy), c->no_proxy);
	}
	/* only who asks for releases */
	if (phase == PHASE_INSPECT && out->with_network)
		text_copy_cut(out->github_token, sizeof(out->github_token), c->github_token);
	if (phase == PHASE_PREPARE)
		text_copy_cut(out->write_folder, sizeof(out->write_folder), run->paths.staging);
}

static bool batch_make_starts(struct batch *b, enum phase phase, struct err *e)
{
	const struct facts *f = &b->run->facts;

	b->starts = calloc(f->n_people + 1, sizeof(*b->starts));
	if (b->starts == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	start_caged(b, phase, &b->starts[0]);
	for (size_t i = 0; i < f->n_people; i++) {
		struct wire_start *start = &b->starts[1 + i];

		*start = (struct wire_start){
			.is_owner = true,
			.change_user = f->is_root,
			.uid = f->people[i].uid,
			.gid = f->people[i].gid,
			.timeout_ms = b->starts[0].timeout_ms,
			.stall_ms = b->starts[0].stall_ms,
		};
		text_copy_cut(start->user, sizeof(start->user), f->people[i].name);
	}
	return true;
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
		.on_wait = batch_on_wait,
		.is_stopped = batch_is_stopped,
		.lets_finish = phase == PHASE_APPLY,
		.user = b,
	};

	if (!batch_make_starts(b, phase, e))
		return false;
	if (pool == NULL && !pool_open(&options, &pool, e))
		return false;
	pool_configure(pool, &options, b->starts, run->facts.n_people + 1);
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

/* What each job came to, as far as the pool got. */
static bool batch_take(
	struct batch *b, enum phase phase, phase_before_take *before_take, struct err *e)
{
	struct run *run = b->run;

	for (size_t i = 0; i < b->n_jobs; i++) {
		struct entry *entry = b->entries[i];

		if (before_take != NULL && !before_take(run, entry, &b->results[i], e))
			return false;
		if (b->people[i] != NULL)
			entry->updater->take_result_of(
				&run->facts, entry, phase, b->people[i], &b->results[i]);
		else
			entry->updater->take_result(&run->facts, entry, phase, &b->results[i]);
		if (entry->result.outcome == OUTCOME_FAILED)
			entry->is_settled = true;
	}
	return true;
}

bool phase_run_some(struct run *run, enum phase phase, struct entry **entries, size_t n,
	phase_before_take *before_take, struct err *e)
{
	SCOPED_CLEAR(batch_clear) struct batch b = {.run = run};

	if (!batch_make(&b, phase, entries, n, e))
		return false;
	if (b.n_jobs == 0)
		return true;
	if (!batch_run(&b, phase, e)) {
		if (phase == PHASE_APPLY) {
			/* each says what it came to: what was under way was let end */
			struct err ignored = {0};

			(void)!batch_take(&b, phase, before_take, &ignored);
			return false;
		}
		batch_fail(&b, phase, e);
		return false;
	}
	return batch_take(&b, phase, before_take, e);
}

bool phase_run(struct run *run, enum phase phase, phase_before_take *before_take, struct err *e)
{
	SCOPED_FREE struct entry **open = calloc(run->plan.n_entries + 1, sizeof(struct entry *));
	size_t n = 0;

	if (open == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		if (!run->plan.entries[i].is_settled)
			open[n++] = &run->plan.entries[i];
	}
	return phase_run_some(run, phase, open, n, before_take, e);
}
