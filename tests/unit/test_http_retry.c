/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "updaters/lib/http_retry.h"

enum { PLENTY_MS = 1000000 };

static enum http_verdict judge(struct http_try t, uint64_t *out_wait_ms)
{
	*out_wait_ms = 77; /* untouched, unless there is a wait */
	return http_retry(&t, out_wait_ms);
}

/* --- what is tried again ------------------------------------------------------ */

static bool is_tried_again(enum http_fault fault, int status)
{
	uint64_t wait_ms;
	enum http_verdict verdict = judge(
		(struct http_try){
			.fault = fault, .status = status, .n_tries = 1, .left_ms = PLENTY_MS},
		&wait_ms);

	assert_true(verdict == HTTP_AGAIN || verdict == HTTP_ENOUGH);
	assert_true(verdict == HTTP_AGAIN || wait_ms == 77);
	return verdict == HTTP_AGAIN;
}

/* Each status that there is; of 4xx none but 429. */
static void test_statuses(void **state)
{
	(void)state;
	for (int status = 0; status < 1000; status++) {
		bool passes = status == 429 || status == 500 || status == 502 || status == 503 ||
			      status == 504;

		assert_int_equal(is_tried_again(HTTP_FAULT_NONE, status), passes);
		assert_int_equal(http_status_is_passing(status), passes);
		/* a fault counts, whatever the status of a head that came before it */
		assert_false(is_tried_again(HTTP_FAULT_LASTING, status));
		assert_true(is_tried_again(HTTP_FAULT_PASSING, status));
		assert_true(is_tried_again(HTTP_FAULT_SLOW, status));
	}
	assert_false(http_status_is_passing(-1));
}

static void test_how_often(void **state)
{
	static const struct {
		enum http_fault fault;
		unsigned most, tries; /* in all */
	} cases[] = {
		{HTTP_FAULT_NONE, 0, 3},
		{HTTP_FAULT_PASSING, 0, 3},
		{HTTP_FAULT_PASSING, 4, 4},
		{HTTP_FAULT_PASSING, 1, 1},
		{HTTP_FAULT_SLOW, 0, 2},
		{HTTP_FAULT_SLOW, 4, 2},
		{HTTP_FAULT_SLOW, 1, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_try t = {.fault = cases[i].fault,
			.status = 503,
			.most = cases[i].most,
			.left_ms = PLENTY_MS};
		uint64_t wait_ms;

		assert_int_equal(http_retry_most(&t), cases[i].tries);
		for (t.n_tries = 1; t.n_tries < 10; t.n_tries++)
			assert_int_equal(judge(t, &wait_ms),
				t.n_tries < cases[i].tries ? HTTP_AGAIN : HTTP_EXHAUSTED);
	}
}

/* --- how long ----------------------------------------------------------------- */

static uint64_t wait_of(unsigned n_tries, uint64_t asked_ms, uint32_t random)
{
	uint64_t wait_ms;

	assert_int_equal(judge((struct http_try){.status = 503,
				       .n_tries = n_tries,
				       .most = 100,
				       .asked_ms = asked_ms,
				       .left_ms = PLENTY_MS,
				       .random = random},
				 &wait_ms),
		HTTP_AGAIN);
	return wait_ms;
}

static void test_waits_grow_with_jitter(void **state)
{
	static const uint64_t most_ms[] = {1000, 2000, 4000, 8000, 16000, 16000, 16000};

	(void)state;
	for (unsigned i = 0; i < sizeof(most_ms) / sizeof(most_ms[0]); i++) {
		uint64_t half_ms = most_ms[i] / 2;

		/* from half of it to all of it, both ends included, and nothing beside */
		assert_int_equal(wait_of(i + 1, 0, 0), half_ms);
		assert_int_equal(wait_of(i + 1, 0, (uint32_t)half_ms), most_ms[i]);
		assert_int_equal(wait_of(i + 1, 0, (uint32_t)half_ms + 1), half_ms);
		for (uint32_t random = 1; random < 4000000000U; random += 39999973)
			assert_in_range(wait_of(i + 1, 0, random), half_ms, most_ms[i]);
	}
	assert_int_equal(wait_of(99, 0, 0), 8000);
}

static void test_what_is_asked_is_obeyed(void **state)
{
	(void)state;
	assert_int_equal(wait_of(1, 30000, 0), 30000);
	assert_int_equal(wait_of(1, 1, 0), 500); /* not sooner than without it */
	assert_int_equal(wait_of(3, 2500, 0), 2500);
	assert_int_equal(wait_of(3, 2500, 2000), 4000);
}

static void test_budget_decides(void **state)
{
	struct http_try t = {.status = 429, .n_tries = 1, .asked_ms = 30000, .left_ms = 30000};
	uint64_t wait_ms;

	(void)state;
	assert_int_equal(judge(t, &wait_ms), HTTP_AGAIN);
	assert_int_equal(wait_ms, 30000);
	t.left_ms = 29999;
	assert_int_equal(judge(t, &wait_ms), HTTP_ASKS_TOO_LONG);
	assert_int_equal(wait_ms, 77);
	t.n_tries = 3; /* said also in the end */
	assert_int_equal(judge(t, &wait_ms), HTTP_ASKS_TOO_LONG);
	t.status = 404; /* whoever sends it beside what lasts is not waited for */
	assert_int_equal(judge(t, &wait_ms), HTTP_ENOUGH);
	t = (struct http_try){.status = 503, .n_tries = 1, .left_ms = 499};
	assert_int_equal(judge(t, &wait_ms), HTTP_OUT_OF_TIME);
	t.left_ms = 500;
	assert_int_equal(judge(t, &wait_ms), HTTP_AGAIN);
	t.left_ms = 0; /* no budget: nothing is tried again */
	assert_int_equal(judge(t, &wait_ms), HTTP_OUT_OF_TIME);
	t = (struct http_try){
		.status = 503, .n_tries = 1, .asked_ms = UINT64_MAX, .left_ms = PLENTY_MS};
	assert_int_equal(judge(t, &wait_ms), HTTP_ASKS_TOO_LONG);
}

/* Two waits side by side cost as much as the longer one. */
static void test_budget_counts_time_once(void **state)
{
	struct http_budget b = {.left_ms = 10000};

	(void)state;
	assert_int_equal(http_budget_left(&b, 5000), 10000);
	http_budget_spend(&b, 5000, 2000);
	assert_int_equal(b.left_ms, 8000);
	assert_int_equal(http_budget_left(&b, 5000), 10000); /* so long from now, with those 2 s */
	http_budget_spend(&b, 6000, 500);                    /* within the first */
	assert_int_equal(b.left_ms, 8000);
	http_budget_spend(&b, 6000, 2000); /* 1 s longer than it */
	assert_int_equal(b.left_ms, 7000);
	assert_int_equal(http_budget_left(&b, 9000), 7000);
	http_budget_spend(&b, 20000, 7000);
	assert_int_equal(b.left_ms, 0);
	assert_int_equal(http_budget_left(&b, 22000), 5000);
	assert_int_equal(http_budget_left(&b, 30000), 0);
	http_budget_spend(&b, 30000, 1); /* more than there is: never below zero */
	assert_int_equal(b.left_ms, 0);
}

/* --- Retry-After ---------------------------------------------------------------- */

enum { NOW_S = 784111777 }; /* Sun, 06 Nov 1994 08:49:37 GMT */

static void test_retry_after(void **state)
{
	static const struct {
		const char *value;
		uint64_t seconds;
	} cases[] = {
		{"120", 120},
		{"0", 0},
		{"", 0},
		{"-1", 0},
		{"1.5", 0},
		{"soon", 0},
		{"99999999999", 1000000000},
		{"99999999999999999999999", 0},
		{"Sun, 06 Nov 1994 08:50:37 GMT", 60},
		{"Sunday, 06-Nov-94 08:50:37 GMT", 60},
		{"Sun Nov  6 08:50:37 1994", 60},
		{"Sun, 06 Nov 1994 08:49:37 GMT", 0},
		{"Sun, 06 Nov 1994 08:49:36 GMT", 0},
		{"Sun, 06 Nov 1994 08:50:37 GMT x", 0},
		{"Sun, 06 Nov 1994 08:50:37 CET", 0},
		{"Fri, 01 Jan 2999 00:00:00 GMT", 1000000000},
		{"Thu, 01 Jan 1970 00:00:00 GMT", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(http_retry_after_s(cases[i].value, NOW_S), cases[i].seconds);
}

/* --- words ---------------------------------------------------------------------- */

static void assert_told(struct http_try t, enum http_verdict verdict, const char *expected)
{
	char told[HTTP_TRIES_TOLD_MAX];

	http_retry_tell(&t, verdict, 4200, told);
	assert_string_equal(told, expected);
}

static void test_words(void **state)
{
	const struct http_try once = {.n_tries = 1, .asked_ms = 7200000};
	const struct http_try thrice = {.n_tries = 3, .asked_ms = 7200000};

	(void)state;
	assert_told(once, HTTP_ENOUGH, "");
	assert_told(thrice, HTTP_ENOUGH, "");
	assert_told(once, HTTP_EXHAUSTED, "");
	assert_told(thrice, HTTP_EXHAUSTED, "tried 3 times in 4.2 s");
	assert_told(once, HTTP_ASKS_TOO_LONG, "it asks to wait 2 h 0 min, longer than a run waits");
	assert_told(thrice, HTTP_ASKS_TOO_LONG,
		"tried 3 times in 4.2 s; it asks to wait 2 h 0 min, longer than a run waits");
	assert_told(once, HTTP_OUT_OF_TIME, "this run has waited long enough");
	assert_told(thrice, HTTP_OUT_OF_TIME,
		"tried 3 times in 4.2 s; this run has waited long enough");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_how_often),
		cmocka_unit_test(test_waits_grow_with_jitter),
		cmocka_unit_test(test_what_is_asked_is_obeyed),
		cmocka_unit_test(test_budget_decides),
		cmocka_unit_test(test_budget_counts_time_once),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
