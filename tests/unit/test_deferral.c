/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "updaters/deferral.h"

#define DAY (INT64_C(24) * 3600 * 1000)

static void a_young_release_waits_until_it_is_due(void **state)
{
	static const int64_t now = 1000 * DAY;
	static const struct {
		uint64_t setting, own; /* days; own UINT64_MAX: as the settings say */
		int64_t date, sight;   /* days before now; date -1 = not told, negative = ahead */
		int64_t due;           /* days from now; 0 = at once */
	} cases[] = {
		{0, UINT64_MAX, 0, 0, 0},
		{3, UINT64_MAX, 0, 0, 3},
		{3, UINT64_MAX, 1, 0, 2}, /* the vendor's date counts */
		{3, UINT64_MAX, 3, 0, 0},
		{3, UINT64_MAX, 9, 0, 0},
		{3, UINT64_MAX, -1, 0, 3}, /* none: from first sight on */
		{3, UINT64_MAX, -1, 2, 1},
		{3, UINT64_MAX, -5, 2, 1}, /* a date ahead of us is none */
		{3, 0, 0, 0, 0},           /* this name is exempt */
		{0, 7, 1, 0, 6},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config c = {.cool_down_ms = cases[i].setting * DAY};
		struct recipe r = {.cool_down_ms = cases[i].own == UINT64_MAX ? UINT64_MAX
									      : cases[i].own * DAY};
		int64_t date = cases[i].date == -1 ? 0 : now - cases[i].date * DAY;
		int64_t due = deferral_due_unix_ms(&c, &r, date, now - cases[i].sight * DAY, now);
		int64_t expected = cases[i].due == 0 ? 0 : now + cases[i].due * DAY;

		if (due != expected)
			fail_msg("case %zu: due in %lld days", i, (long long)((due - now) / DAY));
	}
}

static void the_settings_rule_open_programs(void **state)
{
	static const enum when_open rules[] = {
		[ON_RUNNING_ASK] = WHEN_OPEN_UNASKED,
		[ON_RUNNING_DEFER] = WHEN_OPEN_WAIT,
		[ON_RUNNING_PROCEED] = WHEN_OPEN_NOW,
		[ON_RUNNING_WARN] = WHEN_OPEN_NOW,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		struct config c = {.on_running = (int)i};

		assert_int_equal(deferral_rule(&c), rules[i]);
	}
}

static void what_is_left_says_who_has_it_open(void **state)
{
	struct entry entry = {.open_reason = REASON_RUNNING, .open_by = "ana, pid 4711"};

	(void)state;
	deferral_leave(&entry);
	assert_true(entry.is_settled);
	assert_int_equal(entry.result.outcome, OUTCOME_DEFERRED);
	assert_int_equal(entry.result.reason, REASON_RUNNING);
	assert_string_equal(entry.result.text, "open (ana, pid 4711)");

	entry.open_reason = REASON_SESSION;
	deferral_leave(&entry);
	assert_int_equal(entry.result.reason, REASON_SESSION);
	assert_string_equal(entry.result.text, "a session is left open (ana, pid 4711)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_young_release_waits_until_it_is_due),
		cmocka_unit_test(the_settings_rule_open_programs),
		cmocka_unit_test(what_is_left_says_who_has_it_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
