/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/history_filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct history_filter filter;
static struct err fault;

static int set_zone(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	return 0;
}

static void read_it(const struct options *o)
{
	if (!history_filter_read(o, &filter, &fault))
		fail_msg("%s", fault.text);
}

static void is_refused(const struct options *o, const char *says)
{
	fault = (struct err){0};
	assert_false(history_filter_read(o, &filter, &fault));
	assert_int_equal(fault.code, ERR_USAGE);
	if (strstr(fault.text, says) == NULL)
		fail_msg("no \"%s\" in: %s", says, fault.text);
}

/* A result of positron in run 1. */
static bool takes(const char *outcome, const char *ts)
{
	struct audit_line line = {.event = AUDIT_RESULT, .name = "positron", .run = "1"};

	assert_true(text_copy(line.outcome, sizeof(line.outcome), outcome));
	assert_true(text_copy(line.ts, sizeof(line.ts), ts));
	return history_filter_takes(&filter, &line);
}

static void nothing_asked_is_all(void **state)
{
	struct options o = {0};

	(void)state;
	read_it(&o);
	assert_true(history_filter_is_all(&filter));
	assert_true(takes("", ""));
	assert_true(takes("failed", "2026-11-22T18:41:51.042Z"));
}

static void several_outcomes(void **state)
{
	struct options o = {.outcome = "failed,installed"};

	(void)state;
	read_it(&o);
	assert_false(history_filter_is_all(&filter));
	assert_true(takes("failed", ""));
	assert_true(takes("installed", ""));
	assert_false(takes("updated", ""));
	assert_false(takes("", ""));
	o.failed = true; /* all that is asked must hold */
	read_it(&o);
	assert_true(takes("failed", ""));
	assert_false(takes("installed", ""));
	o = (struct options){.outcome = "failed,instaled"};
	is_refused(&o, "did you mean 'installed'?");
	o.outcome = "failed,";
	is_refused(&o, "no outcome ''");
	o.outcome = "";
	is_refused(&o, "no outcome ''");
}

static void bounds_of_time(void **state)
{
	struct options o = {.since = "2026-11-22", .until = "2026-11-22"};

	(void)state;
	read_it(&o);
	assert_false(takes("", "2026-11-21T23:59:59.999Z"));
	assert_true(takes("", "2026-11-22T00:00:00.000Z"));
	assert_true(takes("", "2026-11-22T23:59:59.999Z"));
	assert_false(takes("", "2026-11-23T00:00:00.000Z"));
	assert_false(takes("", "not a time"));
	o = (struct options){.until = "2026-11-22 06:12"};
	read_it(&o);
	assert_true(takes("", "2026-11-22T06:11:59.000Z"));
	assert_false(takes("", "2026-11-22T06:12:00.000Z"));
	o = (struct options){.since = "tomorrow-ish"};
	is_refused(&o, "--since takes a date");
	o = (struct options){.until = "32 Nov"};
	is_refused(&o, "--until takes a date");
}

static void a_name_behind_the_verb_or_by_option(void **state)
{
	char name[] = "positron", *names[] = {name, NULL};
	struct options o = {.names = {.items = names, .n_items = 1}};

	(void)state;
	read_it(&o);
	assert_true(takes("", ""));
	o.only_name = "positron";
	read_it(&o);
	assert_true(takes("", ""));
	o.only_name = "rstudio";
	is_refused(&o, "one name at a time");
	o.names.n_items = 0;
	read_it(&o);
	assert_false(takes("", ""));
	assert_false(filter.has_name);
}

static void one_run(void **state)
{
	struct options o = {0};

	(void)state;
	read_it(&o);
	filter.run[0] = '1';
	assert_true(takes("", ""));
	assert_false(history_filter_is_all(&filter));
	filter.run[0] = '2';
	assert_false(takes("", ""));
	assert_true(filter.has_name); /* the name is known all the same */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_asked_is_all),
		cmocka_unit_test(several_outcomes),
		cmocka_unit_test(bounds_of_time),
		cmocka_unit_test(a_name_behind_the_verb_or_by_option),
		cmocka_unit_test(one_run),
	};

	return cmocka_run_group_tests(tests, set_zone, NULL);
}
