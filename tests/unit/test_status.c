/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is gathered from two states, and how it is said. */
#include "cmd/status_left.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "updaters/lib/clock.h"

enum { MINUTE_MS = 60000 };

struct world {
	char folder[64], paths[2][96];
	struct state *root, *own;
	struct status status;
	struct err e;
};

static void ok(struct world *w, bool is_fine)
{
	if (!is_fine)
		fail_msg("%s", w->e.text);
}

static int world_make(void **out)
{
	struct world *w = calloc(1, sizeof(*w));
	struct state **states[] = {&w->root, &w->own};
	char note[256];

	snprintf(w->folder, sizeof(w->folder), "/tmp/test_status.XXXXXX");
	if (mkdtemp(w->folder) == NULL)
		return -1;
	for (int i = 0; i < 2; i++) {
		snprintf(w->paths[i], sizeof(w->paths[i]), "%s/%d.db", w->folder, i);
		ok(w, state_open(w->paths[i], false, states[i], note, sizeof(note), &w->e));
	}
	w->status.n_sides = 1;
	*out = w;
	return 0;
}

static int world_drop(void **state)
{
	struct world *w = *state;
	char journal[128];

	status_clear(&w->status);
	state_close(w->root);
	state_close(w->own);
	for (int i = 0; i < 2; i++) {
		snprintf(journal, sizeof(journal), "%s-journal", w->paths[i]);
		unlink(journal);
		unlink(w->paths[i]);
	}
	rmdir(w->folder);
	free(w);
	return 0;
}

static void leave(struct world *w, struct state *state, const char *name, enum outcome outcome,
	const char *version, const char *text, int64_t since_unix_ms)
{
	struct state_left left = {.outcome = outcome, .since_unix_ms = since_unix_ms};

	assert_true(text_copy(left.name, sizeof(left.name), name));
	assert_true(text_copy(left.version, sizeof(left.version), version));
	assert_true(text_copy(left.text, sizeof(left.text), text));
	ok(w, state_left_put(state, &left, &w->e));
}

static void gather(struct world *w)
{
	status_clear(&w->status);
	w->status.n_sides = 2;
	ok(w, status_left_read(&w->status, w->root, w->own, "ana", NULL, &w->e));
}

/* Of the i-th name: "NAME|USER|VERSION|STATE". */
static void is_left(struct world *w, size_t i, const char *expected)
{
	const struct status_left *l = &w->status.left[i];
	char state[4096], text[8192];

	assert_true(i < w->status.n_left);
	status_say_left(l, clock_unix_ms(), state, sizeof(state));
	snprintf(text, sizeof(text), "%s|%s|%s|%s", l->left.name, l->user, l->left.version, state);
	assert_string_equal(text, expected);
}

static void each_state_has_its_words(void **state)
{
	struct world *w = *state;

	leave(w, w->root, "a", OUTCOME_FAILED, "", "no link on the page", 1);
	leave(w, w->root, "b", OUTCOME_LICENSE, "1.0", "Elastic-2.0", 1);
	leave(w, w->root, "c", OUTCOME_HELD, "1.0", "exam's week", 1);
	leave(w, w->root, "d", OUTCOME_AVAILABLE, "1.0", "", 1);
	leave(w, w->own, "e", OUTCOME_BROKEN, "", "bin/python3 is missing", 1);
	gather(w);
	assert_int_equal(w->status.n_left, 5);
	is_left(w, 0, "a|||failed: no link on the page");
	is_left(w, 1, "b||1.0|waits for its licence: sudo devupd accept-license b");
	is_left(w, 2, "c||1.0|held (exam's week)");
	is_left(w, 3, "d||1.0|update");
	is_left(w, 4, "e|ana||broken: bin/python3 is missing");
}

static void a_deferred_name_says_its_reason(void **state)
{
	struct world *w = *state;
	struct state_left left = {.name = "a",
		.outcome = OUTCOME_DEFERRED,
		.reason = REASON_COOL_DOWN,
		.text = "3 days old"};

	ok(w, state_left_put(w->root, &left, &w->e));
	gather(w);
	is_left(w, 0, "a|||cool-down: 3 days old");
}

static void what_root_did_since_is_done(void **state)
{
	struct world *w = *state;

	leave(w, w->own, "a", OUTCOME_AVAILABLE, "2.0", "", 5);
	gather(w);
	is_left(w, 0, "a|ana|2.0|update");
	ok(w, state_seen_put(w->root, "a", "1.0-123", &w->e));
	gather(w);
	assert_int_equal(w->status.n_left, 1);
	ok(w, state_seen_put(w->root, "a", "2.0-123", &w->e));
	gather(w);
	assert_int_equal(w->status.n_left, 0);
}

static void of_two_offers_the_later_counts(void **state)
{
	struct world *w = *state;

	leave(w, w->root, "a", OUTCOME_AVAILABLE, "2.0", "", 5);
	leave(w, w->own, "a", OUTCOME_AVAILABLE, "2.1", "", 6);
	leave(w, w->root, "b", OUTCOME_HELD, "2.0", "", 5);
	leave(w, w->own, "b", OUTCOME_AVAILABLE, "2.1", "", 6);
	gather(w);
	assert_int_equal(w->status.n_left, 2);
	is_left(w, 0, "a|ana|2.1|update");
	is_left(w, 1, "b||2.0|held");
}

static void what_waits_is_said_once(void **state)
{
	struct world *w = *state;
	struct state_wait wait = {.name = "a", .version = "2.0", .path = "/p", .run = "1"};
	char expected[256], when[CLOCK_TEXT_MAX];

	wait.since_unix_ms = clock_unix_ms() - MINUTE_MS;
	clock_format_near(wait.since_unix_ms, clock_unix_ms(), when, sizeof(when));
	snprintf(expected, sizeof(expected),
		"a||2.0|waits until it is closed; fetched and verified %s, installed by the next "
		"run or boot that finds it closed",
		when);
	ok(w, state_wait_put(w->root, &wait, &w->e));
	gather(w);
	assert_int_equal(w->status.n_left, 1);
	is_left(w, 0, expected);
	assert_true(w->status.left[0].left.since_unix_ms == wait.since_unix_ms);
	leave(w, w->root, "a", OUTCOME_DEFERRED, "2.0", "open", 5);
	gather(w);
	assert_int_equal(w->status.n_left, 1);
	is_left(w, 0, expected);
	assert_true(w->status.left[0].left.since_unix_ms == 5);
	w->status.left[0].has_unit = BUS_YES;
	snprintf(expected, sizeof(expected),
		"a||2.0|waits until it is closed; fetched and verified %s", when);
	is_left(w, 0, expected);
}

static void a_hold_and_what_is_gone(void **state)
{
	struct world *w = *state;
	struct state_hold hold = {.name = "a", .since_unix_ms = 7, .reason = "a talk"};
	struct state_gone gone = {.name = "b", .version = "1.0", .who = "ana", .when_unix_ms = 8};

	ok(w, state_hold_put(w->root, &hold, &w->e));
	ok(w, state_gone_put(w->root, &gone, &w->e));
	ok(w, state_seen_put(w->root, "b", "", &w->e));
	gather(w);
	assert_int_equal(w->status.n_left, 2);
	is_left(w, 0, "a|||held (a talk)");
	assert_true(w->status.left[0].left.since_unix_ms == 7);
	hold.until_unix_ms = INT64_C(32503680000000); /* 1 Jan 3000 */
	ok(w, state_hold_put(w->root, &hold, &w->e));
	gather(w);
	is_left(w, 0, "a|||held (until 1 Jan 3000, a talk)");
	is_left(w, 1, "b|||absent (was 1.0, removed outside devupd by ana: devupd install b)");
	assert_true(w->status.left[1].left.since_unix_ms == 8);
	ok(w, state_seen_put(w->root, "b", "1.0", &w->e));
	gather(w);
	assert_int_equal(w->status.n_left, 1);
}

static void sources_that_ail(void **state)
{
	struct world *w = *state;

	ok(w, state_health_note(w->root, "a", "https://one", 5, "HTTP 503", &w->e));
	ok(w, state_health_note(w->root, "a", "https://two", 5, "", &w->e));
	ok(w, state_health_note(w->own, "a", "https://one", 6, "HTTP 503", &w->e));
	ok(w, state_health_note(w->own, "a", "https://two", 4, "HTTP 404", &w->e));
	ok(w, state_health_note(w->own, "a", "https://three", 6, "no link", &w->e));
	gather(w);
	assert_int_equal(w->status.n_ailing, 2);
	assert_string_equal(w->status.ailing[0].health.source, "https://one");
	assert_string_equal(w->status.ailing[0].user, "");
	assert_string_equal(w->status.ailing[1].health.source, "https://three");
	assert_string_equal(w->status.ailing[1].user, "ana");
}

/* --- as it is printed ----------------------------------------------------------- */

static char *printed(const struct status *s)
{
	struct options o = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	status_print(s, &o, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void says(const struct status *s, const char *line)
{
	SCOPED_FREE char *text = printed(s);

	if (strstr(text, line) == NULL)
		fail_msg("no \"%s\" in:\n%s", line, text);
}

static void how_a_run_ended(void **state)
{
	struct world *w = *state;
	struct status_side *side = &w->status.sides[0];
	char when[CLOCK_TEXT_MAX], line[256];

	says(&w->status, "last run  none yet\n");
	side->has_last = true;
	side->last = (struct state_run){.verb = "upgrade", .exit_code = 3};
	side->last.started_unix_ms = clock_unix_ms() - MINUTE_MS;
	side->last.finished_unix_ms = side->last.started_unix_ms + 12000;
	clock_format_near(side->last.started_unix_ms, clock_unix_ms(), when, sizeof(when));
	snprintf(line, sizeof(line),
		"last run  upgrade %s, 12 s: some names failed, at least one did not (exit code "
		"3)\n",
		when);
	says(&w->status, line);
	snprintf(side->by, sizeof(side->by), "a\x1b[2Jna");
	snprintf(line, sizeof(line), "last run  upgrade %s, by a\\x1b[2Jna, 12 s: ", when);
	says(&w->status, line);
	side->last.finished_unix_ms = 0;
	says(&w->status, ": cut short before its end; the next run looks what became of it\n");
	says(&w->status, "nothing is left to do\n");
}

static void what_is_under_way_and_next(void **state)
{
	struct world *w = *state;
	struct status_side *side = &w->status.sides[0];

	side->has_manager = BUS_NO;
	says(&w->status, "next run  not known: there is no system bus to ask\n");
	side->has_manager = BUS_YES;
	says(&w->status, "next run  not scheduled: sudo systemctl enable --now devupd.timer\n");
	side->next_unix_ms = INT64_C(1000000000000);
	says(&w->status, "next run  9 Sep 2001\n");
	side->holder = 4711;
	says(&w->status, "under way a run (pid 4711)\n");
	side->under_way = (struct state_run){.verb = "upgrade"};
	side->under_way.started_unix_ms = INT64_C(1000000000000);
	says(&w->status, "under way upgrade since 9 Sep 2001 (pid 4711)\n");
}

static void a_person_s_own_runs(void **state)
{
	struct world *w = *state;
	struct status_side *own = &w->status.sides[1];
	SCOPED_FREE char *none = NULL;

	w->status.n_sides = 2;
	snprintf(own->user, sizeof(own->user), "ana");
	none = printed(&w->status);
	assert_null(strstr(none, "yours")); /* who has none is not told of it */
	own->has_last = true;
	own->last = (struct state_run){.verb = "repair", .started_unix_ms = 1};
	own->last.finished_unix_ms = 2;
	own->next_unix_ms = INT64_C(1000000000000);
	says(&w->status, "last run  yours: repair 1 Jan 1970, ");
	says(&w->status, "next run  yours: 9 Sep 2001\n");
}

static void an_ailing_source(void **state)
{
	struct world *w = *state;

	ok(w, state_health_note(w->root, "a", "https://one", 1, "HTTP 503", &w->e));
	gather(w);
	says(&w->status, "a: source https://one has failed 1 time since 1 Jan 1970: HTTP 503\n");
	ok(w, state_health_note(w->root, "a", "https://one", 9, "HTTP \x1b[2J", &w->e));
	gather(w);
	says(&w->status,
		"a: source https://one has failed 2 times since 1 Jan 1970: HTTP \\x1b[2J\n");
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, world_make, world_drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(each_state_has_its_words),
		WITH_WORLD(a_deferred_name_says_its_reason),
		WITH_WORLD(what_root_did_since_is_done),
		WITH_WORLD(of_two_offers_the_later_counts),
		WITH_WORLD(what_waits_is_said_once),
		WITH_WORLD(a_hold_and_what_is_gone),
		WITH_WORLD(sources_that_ail),
		WITH_WORLD(how_a_run_ended),
		WITH_WORLD(what_is_under_way_and_next),
		WITH_WORLD(a_person_s_own_runs),
		WITH_WORLD(an_ailing_source),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
