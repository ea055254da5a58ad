/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every row of the table of exit codes, and which comes first where two apply. */
#include "updaters/verdict.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "updaters/run.h"

enum { NAMES_MAX = 4 };

struct name {
	enum outcome outcome;
	enum err_code code; /* of a failure */
	bool is_typed;
};

#define BAD(code)                                                                                  \
	{                                                                                          \
		OUTCOME_FAILED, (code), false                                                      \
	}
#define SO(outcome)                                                                                \
	{                                                                                          \
		(outcome), ERR_INTERNAL, false                                                     \
	}
#define TYPED(outcome)                                                                             \
	{                                                                                          \
		(outcome), ERR_INTERNAL, true                                                      \
	}
#define CURRENT SO(OUTCOME_CURRENT)
#define END                                                                                        \
	{                                                                                          \
		OUTCOME_N, ERR_INTERNAL, false                                                     \
	}

static int judge(const struct name *names, bool exit_status)
{
	struct entry *entries = calloc(NAMES_MAX, sizeof(*entries));
	size_t n = 0;
	int code;

	assert_non_null(entries);
	for (; n < NAMES_MAX && names[n].outcome != OUTCOME_N; n++) {
		struct err e = {0};

		entries[n].is_typed = names[n].is_typed;
		entries[n].result.outcome = names[n].outcome;
		err_set(&e, names[n].code, "it went wrong");
		if (names[n].outcome == OUTCOME_FAILED)
			entries[n].result.error = e;
	}
	code = verdict_of_entries(entries, n, exit_status);
	free(entries);
	return code;
}

static void what_names_come_to(void **state)
{
	static const struct {
		const char *what;
		struct name names[NAMES_MAX + 1];
		int code, code_with_exit_status;
	} cases[] = {
		{"no name", {END}, 0, 0},
		{"all current", {CURRENT, CURRENT, END}, 0, 0},
		{"done", {SO(OUTCOME_UPDATED), SO(OUTCOME_INSTALLED), SO(OUTCOME_ROLLED_BACK), END},
			0, 0},
		{"downloaded, repaired", {SO(OUTCOME_DOWNLOADED), SO(OUTCOME_REPAIRED), END}, 0, 0},
		{"1: every name, otherwise", {BAD(ERR_SPACE), BAD(ERR_APT), END}, 1, 1},
		{"1: not all of one sort", {BAD(ERR_NETWORK), BAD(ERR_DIGEST), END}, 1, 1},
		{"1: a recipe that is broken", {BAD(ERR_CONFIG), END}, 1, 1},
		{"1: a typed name that is not there", {TYPED(OUTCOME_ABSENT), END}, 1, 1},
		{"1: a typed name for other hosts", {TYPED(OUTCOME_UNSUPPORTED), END}, 1, 1},
		{"0: the same, not typed", {SO(OUTCOME_ABSENT), SO(OUTCOME_UNSUPPORTED), END}, 0,
			0},
		{"2: a licence", {SO(OUTCOME_LICENSE), CURRENT, END}, 2, 2},
		{"2: a typed name's licence", {TYPED(OUTCOME_LICENSE), END}, 2, 2},
		{"3: some failed", {BAD(ERR_NETWORK), CURRENT, END}, 3, 3},
		{"3: some were refused", {CURRENT, BAD(ERR_DIGEST), END}, 3, 3},
		{"3: beside a held one", {BAD(ERR_APT), SO(OUTCOME_HELD), END}, 3, 3},
		{"3: before a licence", {BAD(ERR_APT), SO(OUTCOME_LICENSE), END}, 3, 3},
		{"3: a typed absent one beside", {TYPED(OUTCOME_ABSENT), CURRENT, END}, 3, 3},
		{"4: available", {SO(OUTCOME_AVAILABLE), CURRENT, END}, 0, 4},
		{"4: broken", {SO(OUTCOME_BROKEN), END}, 0, 4},
		{"4: before 10", {SO(OUTCOME_HELD), SO(OUTCOME_AVAILABLE), END}, 0, 4},
		{"3: before 4", {BAD(ERR_HTTP), SO(OUTCOME_AVAILABLE), END}, 3, 3},
		{"2: before 4", {SO(OUTCOME_LICENSE), SO(OUTCOME_AVAILABLE), END}, 2, 2},
		{"6: all by the network", {BAD(ERR_NETWORK), BAD(ERR_TLS), BAD(ERR_HTTP), END}, 6,
			6},
		{"6: no release found", {BAD(ERR_NO_RELEASE), BAD(ERR_NO_MATCH), END}, 6, 6},
		{"6: too slow", {BAD(ERR_TIMEOUT), BAD(ERR_STALLED), END}, 6, 6},
		{"6: what is absent has no part in it", {BAD(ERR_NETWORK), SO(OUTCOME_ABSENT), END},
			6, 6},
		{"6: nor what is for other hosts", {BAD(ERR_NETWORK), SO(OUTCOME_UNSUPPORTED), END},
			6, 6},
		{"1: typed, it has", {BAD(ERR_NETWORK), TYPED(OUTCOME_ABSENT), END}, 1, 1},
		{"7: all refused",
			{BAD(ERR_DIGEST), BAD(ERR_STRUCTURE), BAD(ERR_CHANGED_BYTES), END}, 7, 7},
		{"7: not what was promised",
			{BAD(ERR_NAME), BAD(ERR_ARCHITECTURE), BAD(ERR_VERSION), END}, 7, 7},
		{"7: older, or not signed", {BAD(ERR_DOWNGRADE), BAD(ERR_SIGNATURE), END}, 7, 7},
		{"8: a lock", {BAD(ERR_LOCK), END}, 8, 8},
		{"8: before 3", {BAD(ERR_LOCK), CURRENT, BAD(ERR_NETWORK), END}, 8, 8},
		{"8: before 2", {BAD(ERR_LOCK), SO(OUTCOME_LICENSE), END}, 8, 8},
		{"10: held", {SO(OUTCOME_HELD), CURRENT, END}, 0, 10},
		{"10: deferred", {SO(OUTCOME_DEFERRED), END}, 0, 10},
		{"0: skipped", {SO(OUTCOME_SKIPPED), END}, 0, 0},
		{"2: before 10", {SO(OUTCOME_LICENSE), SO(OUTCOME_HELD), END}, 2, 2},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int code = judge(cases[i].names, false);
		int code_with = judge(cases[i].names, true);

		if (code != cases[i].code || code_with != cases[i].code_with_exit_status)
			fail_msg("%s: %d and %d", cases[i].what, code, code_with);
	}
}

static void a_failure_that_nobody_explains_is_one(void **state)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	(void)state;
	assert_non_null(entry);
	assert_int_equal(entry->result.outcome, OUTCOME_FAILED);
	assert_int_equal(verdict_of_entries(entry, 1, true), 1);
	free(entry);
}

static void what_ended_the_run(void **state)
{
	static const struct {
		enum err_code code;
		int exit_code;
	} cases[] = {
		{ERR_INTERNAL, 1},
		{ERR_USAGE, 2},
		{ERR_CONFIG, 5},
		{ERR_NETWORK, 6},
		{ERR_TLS, 6},
		{ERR_NO_RELEASE, 6},
		{ERR_DIGEST, 7},
		{ERR_STRUCTURE, 7},
		{ERR_DOWNGRADE, 7},
		{ERR_LOCK, 8},
		{ERR_ROOT, 9},
		{ERR_SPACE, 1},
		{ERR_WORKER, 1},
		{ERR_AUDIT, 1},
		{ERR_STATE, 1},
		{ERR_DPKG, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err e = {0};

		err_set(&e, cases[i].code, "it went wrong");
		if (verdict_of_error(&e) != cases[i].exit_code)
			fail_msg("%s: %d", err_token(cases[i].code), verdict_of_error(&e));
	}
}

/* Whatever the names came to. */
static void a_signal_comes_first(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		struct run *run = calloc(1, sizeof(*run));

		assert_non_null(run);
		run->stop = (struct stop){.fd = -1, .signal = signals[i]};
		assert_int_equal(run_close(run, EXIT_CONFIG), 128 + signals[i]);
		free(run);
	}
}

static void without_a_signal_the_code_stays(void **state)
{
	struct run *run = calloc(1, sizeof(*run));

	(void)state;
	assert_non_null(run);
	run->stop.fd = -1;
	assert_int_equal(run_close(run, EXIT_SOME_FAILED), 3);
	free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_names_come_to),
		cmocka_unit_test(a_failure_that_nobody_explains_is_one),
		cmocka_unit_test(what_ended_the_run),
		cmocka_unit_test(a_signal_comes_first),
		cmocka_unit_test(without_a_signal_the_code_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
