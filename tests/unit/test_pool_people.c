/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workers that are somebody: each job at its own person's, one after the other, nobody in the way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "updaters/lib/clock.h"
#include "updaters/pool.h"

enum { CAGED, ANA, BEN, MALLORY, N_STARTS, N_MAX = 32 };

static const struct wire_start starts[N_STARTS] = {
	[CAGED] = {.user = "nobody"},
	[ANA] = {.is_owner = true, .user = "ana"},
	[BEN] = {.is_owner = true, .user = "ben"},
	[MALLORY] = {.is_owner = true, .user = "mallory"},
};

struct trial {
	struct job jobs[N_MAX];
	struct result results[N_MAX];
	size_t n;
	uint64_t stop_at_ms; /* 0 = never */
	bool lets_finish;
	struct err e;
};

static bool is_stopped(void *user)
{
	const struct trial *t = user;

	return t->stop_at_ms > 0 && clock_now_ms() >= t->stop_at_ms;
}

static void add(struct trial *t, uint32_t start, const char *name)
{
	struct job *job = &t->jobs[t->n++];

	job_init(job);
	job->start = start;
	snprintf(job->kind, sizeof(job->kind), "echo");
	snprintf(job->name, sizeof(job->name), "%s", name);
}

static bool run_with(
	struct trial *t, unsigned max_workers, const struct wire_start *all, size_t n_all)
{
	struct pool_options options = {
		.worker_path = STANDIN_FOLDER "/standin_person",
		.max_workers = max_workers,
		.silence_ms = 2000,
		.patience_ms = 5000,
	};
	const struct pool_watch watch = {
		.is_stopped = is_stopped, .lets_finish = t->lets_finish, .user = t};
	SCOPED(pool_close) struct pool *pool = NULL;

	assert_true(pool_open(&options, &pool, &t->e));
	pool_configure(pool, &options, all, n_all);
	return pool_run(pool, t->jobs, t->n, &watch, t->results, &t->e);
}

static bool run(struct trial *t, unsigned max_workers)
{
	return run_with(t, max_workers, starts, N_STARTS);
}

static void trial_clear(struct trial *t)
{
	for (size_t i = 0; i < t->n; i++) {
		job_clear(&t->jobs[i]);
		result_clear(&t->results[i]);
	}
}

static void assert_done_by(const struct trial *t, size_t i, const char *who)
{
	if (!text_starts(t->results[i].text, who))
		fail_msg("job %zu: %s, not by %s", i, t->results[i].text, who);
}

static void each_job_is_done_by_whose_it_is(void **state)
{
	SCOPED_CLEAR(trial_clear) struct trial t = {0};

	(void)state;
	for (int i = 0; i < 3; i++) {
		add(&t, ANA, "x");
		add(&t, BEN, "x");
		add(&t, CAGED, "x");
	}
	assert_true(run(&t, 4));
	for (size_t i = 0; i < t.n; i++)
		assert_done_by(&t, i, starts[t.jobs[i].start].user);
}

/* All of one person's are done by one worker, never two at a time. */
static void a_person_is_one_worker(void **state)
{
	SCOPED_CLEAR(trial_clear) struct trial t = {0};

	(void)state;
	for (int i = 0; i < 5; i++)
		add(&t, ANA, "x");
	assert_true(run(&t, 4));
	assert_done_by(&t, 0, "ana ");
	for (size_t i = 1; i < t.n; i++)
		assert_string_equal(t.results[i].text, t.results[0].text);
}

static void one_worker_at_most_is_enough(void **state)
{
	SCOPED_CLEAR(trial_clear) struct trial t = {0};

	(void)state;
	add(&t, CAGED, "x");
	add(&t, ANA, "x");
	add(&t, BEN, "x");
	assert_true(run(&t, 1));
	for (size_t i = 0; i < t.n; i++)
		assert_done_by(&t, i, starts[t.jobs[i].start].user);
}

/* More people than lanes, each with several jobs, name by name: still one worker each. */
static void many_people_are_one_worker_each(void **state)
{
	static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
	enum { N = ARRAY_SIZE(names) };
	SCOPED_CLEAR(trial_clear) struct trial t = {0};
	struct wire_start many[N + 1] = {{.user = "nobody"}};

	(void)state;
	for (size_t i = 0; i < N; i++) {
		many[i + 1].is_owner = true;
		text_copy_cut(many[i + 1].user, sizeof(many[i + 1].user), names[i]);
	}
	for (size_t i = 0; i < 2 * N; i++)
		add(&t, (uint32_t)(1 + i % N), "x");
	assert_true(run_with(&t, 4, many, N + 1));
	for (size_t i = 0; i < N; i++) {
		assert_done_by(&t, i, names[i]);
		assert_string_equal(t.results[i].text, t.results[N + i].text);
	}
}

static void who_kills_their_own_stops_nobody_else(void **state)
{
	SCOPED_CLEAR(trial_clear) struct trial t = {0};

	(void)state;
	for (int i = 0; i < 3; i++) {
		add(&t, MALLORY, "x");
		add(&t, ANA, "x");
		add(&t, CAGED, "x");
	}
	assert_true(run(&t, 4));
	for (size_t i = 0; i < t.n; i++) {
		if (t.jobs[i].start == MALLORY)
			assert_int_equal(t.results[i].error.code, ERR_WORKER);
		else
			assert_done_by(&t, i, starts[t.jobs[i].start].user);
	}
}

static void what_is_under_way_is_let_end(void **state)
{
	SCOPED_CLEAR(trial_clear) struct trial t = {.lets_finish = true};

	(void)state;
	add(&t, ANA, "slow");
	add(&t, ANA, "x");
	t.stop_at_ms = clock_now_ms() + 300;
	assert_false(run(&t, 4));
	assert_string_equal(t.e.text, "stopped");
	assert_done_by(&t, 0, "ana "); /* its last word was heard */
	assert_int_equal(t.results[1].outcome, OUTCOME_FAILED);
	assert_string_equal(t.results[1].error.text, "stopped");
}

/* The first worker dies of it, a second would do it: told apart by a file. */
static void crash_once(struct trial *t, char path[64])
{
	snprintf(path, 64, "/tmp/devupd-pool-people-%d", (int)getpid());
	unlink(path);
	add(t, ANA, "crash once");
	buf_puts(&t->jobs[t->n - 1].input, path);
}

static void a_look_is_done_again(void **state)
{
	SCOPED_CLEAR(trial_clear) struct trial t = {0};
	char path[64];

	(void)state;
	crash_once(&t, path);
	assert_true(run(&t, 4));
	assert_done_by(&t, 0, "ana ");
	unlink(path);
}

/* Nobody knows how far it came, and what it started may still run. */
static void what_may_have_changed_something_is_not(void **state)
{
	SCOPED_CLEAR(trial_clear) struct trial t = {.lets_finish = true};
	char path[64];

	(void)state;
	crash_once(&t, path);
	assert_true(run(&t, 4));
	assert_int_equal(t.results[0].outcome, OUTCOME_FAILED);
	assert_int_equal(t.results[0].error.code, ERR_WORKER);
	unlink(path);
}

static void where_nothing_is_changed_a_stop_is_at_once(void **state)
{
	SCOPED_CLEAR(trial_clear) struct trial t = {.lets_finish = false};

	(void)state;
	add(&t, ANA, "slow");
	t.stop_at_ms = clock_now_ms() + 100;
	assert_false(run(&t, 4));
	assert_int_equal(t.results[0].outcome, OUTCOME_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_job_is_done_by_whose_it_is),
		cmocka_unit_test(a_person_is_one_worker),
		cmocka_unit_test(one_worker_at_most_is_enough),
		cmocka_unit_test(many_people_are_one_worker_each),
		cmocka_unit_test(who_kills_their_own_stops_nobody_else),
		cmocka_unit_test(what_is_under_way_is_let_end),
		cmocka_unit_test(a_look_is_done_again),
		cmocka_unit_test(what_may_have_changed_something_is_not),
		cmocka_unit_test(where_nothing_is_changed_a_stop_is_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
