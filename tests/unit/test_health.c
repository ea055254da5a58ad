/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the sources of a recipe are told of, out of what two states remember. */
#include "updaters/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "updaters/lib/clock.h"

#define A "https://a.test/page"
#define B "https://b.test/noble/feed"

static const int64_t day = 24 * 3600 * 1000, now = INT64_C(1790000000000);

struct world {
	char folder[64], paths[2][128];
	struct state *states[2];
	struct source sources[3];
	struct recipe recipe;
};

static void ok(bool is_fine, const struct err *e)
{
	if (!is_fine)
		fail_msg("%s", e->text);
}

static int make(void **out)
{
	struct world *w = calloc(1, sizeof(*w));
	struct err e = {0};
	char note[256];

	assert_non_null(w);
	assert_true(text_copy(w->folder, sizeof(w->folder), "/tmp/test_health.XXXXXX"));
	assert_non_null(mkdtemp(w->folder));
	for (size_t i = 0; i < 2; i++) {
		snprintf(w->paths[i], sizeof(w->paths[i]), "%s/%zu.db", w->folder, i);
		ok(state_open(w->paths[i], false, &w->states[i], note, sizeof(note), &e), &e);
	}
	/* two addresses; the first one is read in two ways */
	w->sources[0].address = strdup(A);
	w->sources[1].address = strdup("https://b.test/${base}/feed");
	w->sources[2].address = strdup(A);
	w->recipe = (struct recipe){.name = strdup("x"), .sources = w->sources, .n_sources = 3};
	assert_true(words_set(&w->recipe.words, "base", "noble"));
	*out = w;
	return 0;
}

static int drop(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < 2; i++) {
		char journal[160];

		state_close(w->states[i]);
		snprintf(journal, sizeof(journal), "%s-journal", w->paths[i]);
		unlink(journal);
		unlink(w->paths[i]);
	}
	rmdir(w->folder);
	for (size_t i = 0; i < 3; i++)
		free(w->sources[i].address);
	free(w->recipe.name);
	words_clear(&w->recipe.words);
	free(w);
	return 0;
}

static void note(
	struct world *w, size_t which, const char *source, int64_t when, const char *reason)
{
	struct err e = {0};

	ok(state_health_note(w->states[which], "x", source, when, reason, &e), &e);
}

static struct health look(struct world *w)
{
	struct health h;
	struct err e = {0};

	ok(health_read(&w->recipe, w->states[0], w->states[1], &h, &e), &e);
	return h;
}

static void says(const struct health *h, const char *expected)
{
	char text[HEALTH_TEXT_MAX];

	health_describe(h, now, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void source_says(const struct source_health *s, const char *expected)
{
	char text[512];

	source_describe(s, now, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void never_asked_is_no_ailment(void **state)
{
	SCOPED_CLEAR(health_clear) struct health h = look(*state);

	assert_int_equal(h.n_items, 2); /* an address that is read in two ways stands there once */
	assert_string_equal(h.items[0].source, A);
	assert_string_equal(h.items[1].source, B);
	source_says(&h.items[0], "never asked");
	says(&h, "");
}

static void one_of_several_is_named(void **state)
{
	struct world *w = *state;
	char when[CLOCK_TEXT_MAX], expected[256];

	note(w, 0, A, now - 9 * day, "");
	note(w, 0, B, now - 5 * day, B " answers 404");
	note(w, 0, B, now - 4 * day, B " answers 503");

	SCOPED_CLEAR(health_clear) struct health h = look(w);

	assert_int_equal(h.n_ailing, 1);
	clock_format_near(now - 5 * day, now, when, sizeof(when));
	snprintf(expected, sizeof(expected), "source 2 of 2 ailing since %s: answers 503", when);
	says(&h, expected);
	snprintf(expected, sizeof(expected),
		"2 failures since %s, never a good answer: answers 503", when);
	source_says(&h.items[1], expected);
	clock_format_near(now - 9 * day, now, when, sizeof(when));
	snprintf(expected, sizeof(expected), "good %s", when);
	source_says(&h.items[0], expected);
}

static void all_of_them(void **state)
{
	struct world *w = *state;
	char when[CLOCK_TEXT_MAX], expected[256];

	note(w, 0, A, now - 2 * day, A " answers 404");
	note(w, 0, B, now - 3 * day, "no match");

	SCOPED_CLEAR(health_clear) struct health h = look(w);

	clock_format_near(now - 3 * day, now, when, sizeof(when));
	snprintf(expected, sizeof(expected), "all 2 sources ailing since %s: answers 404", when);
	says(&h, expected);
}

static void a_good_answer_to_anybody_ends_it(void **state)
{
	struct world *w = *state;

	note(w, 0, A, now - 5 * day, "gone");
	note(w, 1, A, now - 2 * day, "");

	SCOPED_CLEAR(health_clear) struct health h = look(w);

	assert_int_equal(h.n_ailing, 0);
	assert_int_equal(h.items[0].good_unix_ms, now - 2 * day);
	assert_string_equal(h.items[0].reason, "");
}

static void what_began_after_it_counts(void **state)
{
	struct world *w = *state;

	note(w, 0, A, now - 5 * day, "");
	note(w, 0, A, now - 1 * day, "gone");
	note(w, 1, A, now - 2 * day, "");

	SCOPED_CLEAR(health_clear) struct health h = look(w);

	assert_int_equal(h.items[0].n_failures, 1);
	assert_int_equal(h.items[0].good_unix_ms, now - 2 * day);
	assert_int_equal(h.items[0].failing_unix_ms, now - 1 * day);
}

static void two_that_fail_are_one_failure(void **state)
{
	struct world *w = *state;

	note(w, 0, A, now - 5 * day, "first");
	note(w, 0, A, now - 4 * day, "first");
	note(w, 1, A, now - 1 * day, "second");

	SCOPED_CLEAR(health_clear) struct health h = look(w);

	assert_int_equal(h.items[0].n_failures, 3);
	assert_int_equal(h.items[0].failing_unix_ms, now - 5 * day);
	assert_string_equal(h.items[0].reason, "second");
}

/* An outage of the whole net: the first one is well again, those behind it nobody asks. */
static void what_nobody_had_to_ask_since_is_no_news(void **state)
{
	struct world *w = *state;
	char text[512];

	note(w, 0, A, now - 2 * day, "no net");
	note(w, 0, B, now - 2 * day, "no net");
	note(w, 0, A, now - 1 * day, "");

	SCOPED_CLEAR(health_clear) struct health h = look(w);

	assert_int_equal(h.n_ailing, 0);
	assert_int_equal(h.items[1].n_failures, 1);
	says(&h, "");
	source_describe(&h.items[1], now, text, sizeof(text));
	assert_non_null(strstr(text, "(one before it has answered well since)"));
}

/* Asked in the same run, for its digest. */
static void one_that_failed_beside_a_good_one_is_news(void **state)
{
	struct world *w = *state;

	note(w, 0, A, now - 1 * day, "");
	note(w, 0, B, now - 1 * day, "gone");

	SCOPED_CLEAR(health_clear) struct health h = look(w);

	assert_int_equal(h.n_ailing, 1);
}

static void words_of_the_net_rule_no_terminal(void **state)
{
	struct world *w = *state;

	note(w, 0, A, now, "\033[2J");

	SCOPED_CLEAR(health_clear) struct health h = look(w);
	char text[HEALTH_TEXT_MAX];

	health_describe(&h, now, text, sizeof(text));
	assert_null(strchr(text, '\033'));
	source_describe(&h.items[0], now, text, sizeof(text));
	assert_null(strchr(text, '\033'));
}

static void without_states_nothing_is_known(void **state)
{
	struct world *w = *state;
	SCOPED_CLEAR(health_clear) struct health h = {0};
	struct err e = {0};

	ok(health_read(&w->recipe, NULL, NULL, &h, &e), &e);
	assert_int_equal(h.n_items, 2);
	assert_true(source_is_unasked(&h.items[1]));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(never_asked_is_no_ailment),
		TEST(one_of_several_is_named),
		TEST(all_of_them),
		TEST(a_good_answer_to_anybody_ends_it),
		TEST(what_began_after_it_counts),
		TEST(two_that_fail_are_one_failure),
		TEST(what_nobody_had_to_ask_since_is_no_news),
		TEST(one_that_failed_beside_a_good_one_is_news),
		TEST(words_of_the_net_rule_no_terminal),
		TEST(without_states_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
