/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "updaters/lib/clock.h"
#include "updaters/pool.h"

enum { SILENCE_MS = 400, PATIENCE_MS = 500, N_MAX = 1000 };

struct seen {
	size_t n_results;
	size_t stop_after;
};

static void on_result(void *user, const struct job *job, const struct result *r)
{
	struct seen *seen = user;

	(void)job;
	(void)r;
	seen->n_results++;
}

static bool is_stopped(void *user)
{
	struct seen *seen = user;

	return seen->n_results >= seen->stop_after;
}

/* One run of n jobs ("job-0" ...) with one sort of worker. */
struct trial {
	const char *standin;
	size_t n;
	size_t n_groups; /* 0 = each job by itself */
	size_t poison;   /* this job is called so; SIZE_MAX = none */
	unsigned max_workers;
	struct seen seen;
	struct job jobs[N_MAX];
	struct result results[N_MAX];
	struct err e;
};

static struct trial *trial_new(const char *standin, size_t n)
{
	struct trial *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->standin = standin;
	t->n = n;
	t->n_groups = 3;
	t->poison = SIZE_MAX;
	t->max_workers = 4;
	t->seen.stop_after = SIZE_MAX;
	return t;
}

static void trial_free(struct trial *t)
{
	for (size_t i = 0; i < t->n; i++) {
		job_clear(&t->jobs[i]);
		result_clear(&t->results[i]);
	}
	free(t);
}

static void make_jobs(struct trial *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct job *job = &t->jobs[i];

		job_init(job);
		snprintf(job->kind, sizeof(job->kind), "echo");
		snprintf(job->name, sizeof(job->name), i == t->poison ? "poison" : "job-%zu", i);
		if (t->n_groups > 0)
			snprintf(job->group, sizeof(job->group), "host-%zu", i % t->n_groups);
		buf_printf(&job->input, "1.%zu", i);
	}
}

static bool run(struct trial *t)
{
	char path[512];
	struct pool_options options = {.worker_path = path,
		.max_workers = t->max_workers,
		.silence_ms = SILENCE_MS,
		.patience_ms = PATIENCE_MS};
	const struct wire_start start = {.timeout_ms = 1000};
	const struct pool_watch watch = {
		.on_result = on_result, .is_stopped = is_stopped, .user = &t->seen};
	SCOPED(pool_close) struct pool *pool = NULL;

	snprintf(path, sizeof(path), "%s/standin_%s", STANDIN_FOLDER, t->standin);
	make_jobs(t);
	if (!pool_open(&options, &pool, &t->e))
		return false;
	pool_configure(pool, &options, &start, 1);
	return pool_run(pool, t->jobs, t->n, &watch, t->results, &t->e);
}

static void assert_echoed(const struct trial *t, size_t i)
{
	char expected[32];

	snprintf(expected, sizeof(expected), "1.%zu", i);
	assert_int_equal(t->results[i].outcome, OUTCOME_CURRENT);
	assert_string_equal(t->results[i].text, t->jobs[i].name);
	assert_string_equal(t->results[i].available, expected);
}

static void assert_all_failed(const struct trial *t, const char *word)
{
	for (size_t i = 0; i < t->n; i++) {
		assert_int_equal(t->results[i].outcome, OUTCOME_FAILED);
		assert_int_equal(t->results[i].error.code, ERR_WORKER);
		assert_non_null(strstr(t->results[i].error.text, word));
	}
	assert_int_equal(t->seen.n_results, t->n);
}

static void assert_no_child_is_left(void)
{
	errno = 0;
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static size_t count_fds(void)
{
	DIR *entries = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(entries);
	while (readdir(entries) != NULL)
		n++;
	closedir(entries);
	return n;
}

static void assert_worker_is_blamed(const char *standin, const char *word)
{
	struct trial *t = trial_new(standin, 3);

	assert_true(run(t)); /* the jobs failed, the run did not */
	assert_all_failed(t, word);
	assert_no_child_is_left();
	trial_free(t);
}

static void test_results_in_order(void **state)
{
	struct trial *t = trial_new("echo", 50);
	size_t n_fds = count_fds();

	(void)state;
	assert_true(run(t));
	for (size_t i = 0; i < t->n; i++)
		assert_echoed(t, i);
	assert_int_equal(t->seen.n_results, 50);
	assert_no_child_is_left();
	assert_int_equal(count_fds(), n_fds);
	trial_free(t);
}

static void test_thousand_jobs(void **state)
{
	struct trial *t = trial_new("echo", N_MAX);

	(void)state;
	t->n_groups = 0;
	assert_true(run(t));
	for (size_t i = 0; i < t->n; i++)
		assert_echoed(t, i);
	trial_free(t);
}

static void test_large_results(void **state)
{
	struct trial *t = trial_new("large", 40);

	(void)state;
	assert_true(run(t));
	for (size_t i = 0; i < t->n; i++) {
		assert_echoed(t, i);
		assert_int_equal(t->results[i].documents[0].len, 1 << 20);
	}
	trial_free(t);
}

static void test_one_job_crashes_all_others_finish(void **state)
{
	struct trial *t = trial_new("poison", 20);

	(void)state;
	t->poison = 7;
	assert_true(run(t));
	for (size_t i = 0; i < t->n; i++) {
		if (i != t->poison)
			assert_echoed(t, i);
	}
	assert_int_equal(t->results[7].outcome, OUTCOME_FAILED);
	assert_int_equal(t->results[7].error.code, ERR_WORKER);
	assert_non_null(strstr(t->results[7].error.text, "signal 9"));
	assert_no_child_is_left();
	trial_free(t);
}

static void test_crash(void **state)
{
	(void)state;
	assert_worker_is_blamed("crash", "signal 9");
}

static void test_hang(void **state)
{
	uint64_t began_ms = clock_now_ms();

	(void)state;
	assert_worker_is_blamed("hang", "said nothing");
	assert_true(clock_now_ms() - began_ms >= SILENCE_MS);
}

/* Life alone is not enough: it would hold the run and its lock for ever. */
static void test_alive_but_idle(void **state)
{
	(void)state;
	assert_worker_is_blamed("idle", "got nowhere");
	assert_worker_is_blamed("chatter", "got nowhere");
}

static void test_slow_but_moving(void **state)
{
	struct trial *t = trial_new("plod", 1);

	(void)state;
	assert_true(run(t));
	assert_echoed(t, 0);
	trial_free(t);
}

static void test_garbage(void **state)
{
	(void)state;
	assert_worker_is_blamed("garbage", "garbage: a message of an unknown type");
	assert_worker_is_blamed("short", "garbage: a message too short");
	assert_worker_is_blamed("oversized", "garbage: an oversized");
	assert_worker_is_blamed("cut", "garbage: a result that is cut off");
	assert_worker_is_blamed("liar", "garbage: an answer that nobody asked for");
	assert_worker_is_blamed("unsealed", "garbage: a page without address or seal");
}

static void test_trapped_call_is_named(void **state)
{
	(void)state;
	assert_worker_is_blamed("trapped", "called execve");
}

static void assert_none_can_be_started(const char *standin)
{
	struct trial *t = trial_new(standin, 100);

	assert_false(run(t));
	assert_int_equal(t->e.code, ERR_WORKER);
	assert_all_failed(t, "can't be started");
	assert_no_child_is_left();
	trial_free(t);
}

static void test_worker_that_never_starts(void **state)
{
	(void)state;
	assert_none_can_be_started("exit");
	assert_none_can_be_started("silent");
}

static void test_worker_that_is_not_there(void **state)
{
	struct trial *t = trial_new("missing", 1);

	(void)state;
	assert_false(run(t));
	assert_int_equal(t->e.code, ERR_WORKER);
	assert_non_null(strstr(t->e.text, "standin_missing"));
	assert_no_child_is_left();
	trial_free(t);
}

static void test_worker_that_will_not_end(void **state)
{
	struct trial *t = trial_new("stubborn", 5);
	uint64_t began_ms = clock_now_ms();

	(void)state;
	assert_true(run(t));
	assert_echoed(t, 4);
	assert_no_child_is_left();
	assert_true(clock_now_ms() - began_ms < 5000);
	trial_free(t);
}

static void test_stopped(void **state)
{
	struct trial *t = trial_new("hang", 5);

	(void)state;
	t->seen.stop_after = 0;
	assert_false(run(t));
	assert_int_equal(t->e.code, ERR_WORKER);
	assert_all_failed(t, "stopped");
	assert_no_child_is_left();
	trial_free(t);
}

static void test_no_jobs(void **state)
{
	struct trial *t = trial_new("echo", 0);

	(void)state;
	assert_true(run(t));
	trial_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results_in_order),
		cmocka_unit_test(test_thousand_jobs),
		cmocka_unit_test(test_large_results),
		cmocka_unit_test(test_one_job_crashes_all_others_finish),
		cmocka_unit_test(test_crash),
		cmocka_unit_test(test_hang),
		cmocka_unit_test(test_alive_but_idle),
		cmocka_unit_test(test_slow_but_moving),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_trapped_call_is_named),
		cmocka_unit_test(test_worker_that_never_starts),
		cmocka_unit_test(test_worker_that_is_not_there),
		cmocka_unit_test(test_worker_that_will_not_end),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_no_jobs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
