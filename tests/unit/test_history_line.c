/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/history_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "updaters/lib/text.h"

/* The line without its time: from the name on. */
static void says(
	const struct history_intents *intents, const struct audit_line *line, const char *expected)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	history_line_write(intents, line, out);
	assert_int_equal(fclose(out), 0);
	assert_true(len > 18);
	assert_string_equal(text + 18, expected);
	free(text);
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
	says(&none, &line, "positron          accepted the licence Elastic-2.0 (ana, run 1)\n");
}

static void a_hold_has_its_date_and_reason(void **state)
{
	struct history_intents none = {0};
	struct audit_line line = line_of(AUDIT_RESULT, "positron", "held");

	(void)state;
	says(&none, &line, "positron          held (ana, run 1)\n");
	set(line.change_to, sizeof(line.change_to), "until 2026-12-31: a talk\x1b[2J");
	says(&none, &line,
		"positron          held until 2026-12-31: a talk\\x1b[2J (ana, run 1)\n");
}

static void a_baseline_of_nothing(void **state)
{
	struct history_intents none = {0};
	struct audit_line line = line_of(AUDIT_BASELINE, "", "");

	(void)state;
	says(&none, &line, "                  nothing to look after was there (ana, run 1)\n");
	set(line.name, sizeof(line.name), "positron");
	set(line.to, sizeof(line.to), "1.0");
	says(&none, &line, "positron          1.0  was there (ana, run 1)\n");
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
	says(&intents, &line, "positron          1.0 -> 2.0  failed (ana, run 1)\n");
	line.from[0] = line.to[0] = '\0';
	says(&intents, &line, "positron          2.0  failed (ana, run 1)\n");
	set(line.outcome, sizeof(line.outcome), "updated");
	set(line.from, sizeof(line.from), "1.0");
	set(line.to, sizeof(line.to), "1.1");
	says(&intents, &line, "positron          1.0 -> 1.1  updated (ana, run 1)\n");
}

static void who_noticed_is_not_who_did_it(void **state)
{
	struct history_intents none = {0};
	struct audit_line line = line_of(AUDIT_OUTSIDE, "positron", "");

	(void)state;
	set(line.from, sizeof(line.from), "1.0");
	says(&none, &line, "positron          1.0  removed outside devupd (run 1)\n");
	set(line.to, sizeof(line.to), "1.1");
	says(&none, &line, "positron          1.0 -> 1.1  changed outside devupd (run 1)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_acceptance_names_the_licence),
		cmocka_unit_test(a_hold_has_its_date_and_reason),
		cmocka_unit_test(a_baseline_of_nothing),
		cmocka_unit_test(a_failure_names_what_was_meant),
		cmocka_unit_test(who_noticed_is_not_who_did_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
