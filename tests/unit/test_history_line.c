/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/history_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "updaters/lib/text.h"

static struct history_cells cells;

/* "VERSION|OUTCOME|BY" of the line. */
static void says(
	const struct history_intents *intents, const struct audit_line *line, const char *expected)
{
	char text[3 * HISTORY_CELL_MAX];

	history_cells_fill(intents, line, INT64_C(1795372911000), &cells);
	assert_string_equal(cells.text[HISTORY_NAME], line->name);
	assert_string_equal(cells.text[HISTORY_RUN], line->run);
	snprintf(text, sizeof(text), "%s|%s|%s", cells.text[HISTORY_CHANGE],
		cells.text[HISTORY_WORD], cells.text[HISTORY_BY]);
	assert_string_equal(text, expected);
}

static void set(char *out, size_t out_size, const char *text)
{
	assert_true(text_copy(out, out_size, text));
}

static struct audit_line line_of(enum audit_event event, const char *name, const char *outcome)
{
	struct audit_line line = {.event = event, .sudo_user = "ana", .run = "1"};

	assert_true(text_copy(line.name, sizeof(line.name), name));
	assert_true(text_copy(line.outcome, sizeof(line.outcome), outcome));
	return line;
}

static void an_acceptance_names_the_licence(void **state)
{
	struct history_intents none = {0};
	struct audit_line line = line_of(AUDIT_RESULT, "positron", "");

	(void)state;
	set(line.verb, sizeof(line.verb), "install");
	set(line.license, sizeof(line.license), "Elastic-2.0");
	says(&none, &line, "|accepted the licence Elastic-2.0|ana");
}

static void a_hold_has_its_date_and_reason(void **state)
{
	struct history_intents none = {0};
	struct audit_line line = line_of(AUDIT_RESULT, "positron", "held");

	(void)state;
	says(&none, &line, "|held|ana");
	set(line.change_to, sizeof(line.change_to), "until 2026-12-31: a talk\x1b[2J");
	says(&none, &line, "|held until 2026-12-31: a talk\x1b[2J|ana");
}

static void a_baseline_of_nothing(void **state)
{
	struct history_intents none = {0};
	struct audit_line line = line_of(AUDIT_BASELINE, "", "");

	(void)state;
	says(&none, &line, "|nothing to look after was there|ana");
	set(line.name, sizeof(line.name), "positron");
	set(line.to, sizeof(line.to), "1.0");
	says(&none, &line, "1.0|was there|ana");
}

/* The others' intents in between do not count, the newest of its own does. */
static void a_failure_names_what_was_meant(void **state)
{
	struct history_intents intents = {0};
	struct audit_line line = line_of(AUDIT_INTENT, "positron", "");

	(void)state;
	set(line.to, sizeof(line.to), "1.5");
	history_intent_note(&intents, &line);
	set(line.to, sizeof(line.to), "2.0");
	history_intent_note(&intents, &line);
	set(line.name, sizeof(line.name), "rstudio");
	set(line.to, sizeof(line.to), "9.0");
	for (int i = 0; i < HISTORY_INTENTS_MAX - 1; i++)
		history_intent_note(&intents, &line);
	line = line_of(AUDIT_RESULT, "positron", "failed");
	set(line.from, sizeof(line.from), "1.0");
	set(line.to, sizeof(line.to), "1.0");
	says(&intents, &line, "1.0 -> 2.0|failed|ana");
	line.from[0] = line.to[0] = '\0';
	says(&intents, &line, "2.0|failed|ana");
	set(line.outcome, sizeof(line.outcome), "updated");
	set(line.from, sizeof(line.from), "1.0");
	set(line.to, sizeof(line.to), "1.1");
	says(&intents, &line, "1.0 -> 1.1|updated|ana");
}

static void who_noticed_is_not_who_did_it(void **state)
{
	struct history_intents none = {0};
	struct audit_line line = line_of(AUDIT_OUTSIDE, "positron", "");

	(void)state;
	set(line.from, sizeof(line.from), "1.0");
	says(&none, &line, "1.0|removed outside devupd|");
	set(line.to, sizeof(line.to), "1.1");
	says(&none, &line, "1.0 -> 1.1|changed outside devupd|");
	set(line.change_to, sizeof(line.change_to), "2026-09-02T12:00:00.000Z");
	set(line.by, sizeof(line.by), "ben");
	set(line.command, sizeof(line.command), "apt full-upgrade");
	says(&none, &line, "1.0 -> 1.1|changed outside devupd on 2 Sep, apt full-upgrade|ben");
}

static void who_it_was(void **state)
{
	struct audit_line line = line_of(AUDIT_RESULT, "positron", "updated");
	char by[64];

	(void)state;
	history_by(&line, by, sizeof(by));
	assert_string_equal(by, "ana");
	line.sudo_user[0] = '\0';
	history_by(&line, by, sizeof(by));
	assert_string_equal(by, "root");
	line.uid = 4000000000;
	history_by(&line, by, sizeof(by));
	assert_string_equal(by, "uid 4000000000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_acceptance_names_the_licence),
		cmocka_unit_test(a_hold_has_its_date_and_reason),
		cmocka_unit_test(a_baseline_of_nothing),
		cmocka_unit_test(a_failure_names_what_was_meant),
		cmocka_unit_test(who_noticed_is_not_who_did_it),
		cmocka_unit_test(who_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
