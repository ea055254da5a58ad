/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "updaters/lib/scope.h"

static int set_zone(void **state)
{
	(void)state;
	setenv("TZ", "XST-02:00", 1); /* two hours east, no summer time */
	tzset();
	return 0;
}

static int64_t parsed(const char *text)
{
	int64_t ms = -1;

	if (!clock_parse(text, &ms))
		fail_msg("not read: %s", text);
	return ms;
}

static void test_format(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = {
		{0, "1970-01-01T00:00:00.000Z"},
		{1795372911042, "2026-11-22T18:41:51.042Z"},
		{951782400999, "2000-02-29T00:00:00.999Z"},
		{-1, "1969-12-31T23:59:59.999Z"},
	};
	char out[CLOCK_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		clock_format(rows[i].ms, out, sizeof(out));
		assert_string_equal(out, rows[i].text);
		assert_true(parsed(out) == rows[i].ms);
	}
}

static void test_parse(void **state)
{
	(void)state;
	assert_true(parsed("2026-11-22T18:41:51Z") == 1795372911000);
	assert_true(parsed("2026-11-22t18:41:51.5z") == 1795372911500);
	assert_true(parsed("2026-11-22T20:41:51.042+02:00") == 1795372911042);
	assert_true(parsed("2026-11-22T13:11:51.042999-05:30") == 1795372911042);
	assert_true(parsed("2026-11-22 18:41:51Z") == 1795372911000);
	assert_true(parsed("2026-11-22 18:41:51 UTC") == 1795372911000);
	assert_true(parsed("2026-11-22") == 1795305600000 - 2 * 3600 * 1000);
}

static void test_parse_refused(void **state)
{
	static const char *const bad[] = {"", "2026", "2026-11", "2026-13-01", "2026-00-01",
		"2026-02-29", "1900-02-29", "2026-04-31", "2026-1-1", "2026-11-22T",
		"2026-11-22T18:41Z", "2026-11-22T18:41:51", "2026-11-22T24:00:00Z",
		"2026-11-22T18:60:00Z", "2026-11-22T18:41:51.Z", "2026-11-22T18:41:51Zx",
		"2026-11-22T18:41:51+2", "2026-11-22T18:41:51+24:00", "tomorrow", " 2026-11-22",
		"2026-11-22 18:41:51 CET", "2026-11-22 18:41:51 UTC+1", "-026-11-22"};
	int64_t ms = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (clock_parse(bad[i], &ms))
			fail_msg("read: %s", bad[i]);
	}
	assert_int_equal(ms, 7);
}

static void test_near(void **state)
{
	static const struct {
		const char *then, *text;
	} rows[] = {
		{"2026-01-01T06:12:00+02:00", "today 06:12"},
		{"2026-01-01T00:00:00+02:00", "today 00:00"},
		{"2025-12-31T23:59:59+02:00", "yesterday 23:59"},
		{"2025-12-30T23:59:59+02:00", "30 Dec 2025"},
		{"2026-01-02T06:40:00+02:00", "tomorrow 06:40"},
		{"2026-09-02T06:12:00+02:00", "2 Sep 06:12"},
		{"2025-09-02T06:12:00+02:00", "2 Sep 2025"},
	};
	int64_t now_ms = parsed("2026-01-01T12:00:00+02:00");
	char out[CLOCK_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		clock_format_near(parsed(rows[i].then), now_ms, out, sizeof(out));
		assert_string_equal(out, rows[i].text);
	}
}

static void test_now(void **state)
{
	uint64_t before_ms = clock_now_ms();
	int64_t wall_ms = clock_unix_ms();

	(void)state;
	assert_true(wall_ms / 1000 - (int64_t)time(NULL) <= 0);
	assert_true(wall_ms / 1000 - (int64_t)time(NULL) >= -5);
	usleep(20000);

	uint64_t waited_ms = clock_now_ms() - before_ms;

	assert_true(waited_ms >= 19 && waited_ms < 20000);
}

static void a_local_time_has_no_zone(void **state)
{
	static const char *const wrong[] = {"2026-11-22", "2026-11-22T18:41:51", "2026-11-22 18",
		"2026-11-22 18:41:51Z", "2026-11-22 18:41:", "2026-11-22 24:00", "", "18:41"};
	int64_t ms = -1;

	(void)state;
	assert_true(clock_parse_local("2026-11-22 20:41:51", &ms) && ms == 1795372911000);
	assert_true(clock_parse_local("2026-11-22  20:41:51", &ms) && ms == 1795372911000);
	assert_true(clock_parse_local("2026-11-22 20:41", &ms) && ms == 1795372860000);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		ms = -1;
		assert_false(clock_parse_local(wrong[i], &ms));
		assert_true(ms == -1);
	}
}

static void the_ends_of_a_span(void **state)
{
	/* 22 Nov 2026, 20:41:51 local: that day began 22:00 of the 21st in UTC */
	static const int64_t now = 1795372911000, day = 86400000, today = 1795298400000;
	static const struct {
		const char *text;
		int64_t start, end;
	} rows[] = {
		{"today", today, today + day},
		{"yesterday", today - day, today},
		{"2026-11-22", today, today + day},
		{"2026-11-30", today + 8 * day, today + 9 * day},
		{"2026-12-31", today + 39 * day, today + 40 * day},
		{"2026-11-22 20:41:51", now, now},
		{"2026-11-22T18:41:51Z", now, now},
	};
	static const char *const wrong[] = {"yesterday-ish", "tomorrow", "", "2026-13-01", "3d"};
	int64_t ms = -1;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_true(clock_parse_bound(rows[i].text, now, false, &ms));
		assert_true(ms == rows[i].start);
		assert_true(clock_parse_bound(rows[i].text, now, true, &ms));
		assert_true(ms == rows[i].end);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_false(clock_parse_bound(wrong[i], now, false, &ms));
}

static void a_day_in_a_sentence(void **state)
{
	static const int64_t now = 1795372911000, day = 86400000;
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = {
		{now, "today"},
		{now - day, "yesterday"},
		{now - 2 * day, "on 20 Nov"},
		{now + day, "on 23 Nov"},
		{now - 365 * day, "on 22 Nov 2025"},
	};
	char out[CLOCK_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		clock_format_day(rows[i].ms, now, out, sizeof(out));
		assert_string_equal(out, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_refused),
		cmocka_unit_test(test_near),
		cmocka_unit_test(test_now),
		cmocka_unit_test(a_local_time_has_no_zone),
		cmocka_unit_test(the_ends_of_a_span),
		cmocka_unit_test(a_day_in_a_sentence),
	};

	return cmocka_run_group_tests(tests, set_zone, NULL);
}
