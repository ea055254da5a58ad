/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run finds that another left behind. */
#include "updaters/baseline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/run_world.h"
#include "updaters/lib/clock.h"
#include "updaters/outside.h"
#include "updaters/state_left.h"

/* A run of this verb that was killed after its intent. */
static void cut_short(
	struct run_world *w, const char *verb, const char *name, const char *from, const char *to)
{
	run_world_begin(w, "run-1", verb);
	run_world_intend(w, name, from, to);
	run_world_end(w);
}

static void next_run(struct run_world *w)
{
	run_world_begin(w, "run-2", "upgrade");
	if (!baseline_open_run(&w->run, &w->e))
		fail_msg("%s", w->e.text);
}

static void what_was_done_is_recorded(void **state)
{
	struct run_world *w = *state;
	struct audit_line line;

	cut_short(w, "upgrade", "here", "1.0", w->here_version);
	next_run(w);
	assert_int_equal(run_world_records(w, AUDIT_RESULT, "here", &line), 1);
	assert_string_equal(line.outcome, "updated");
	assert_string_equal(line.to, w->here_version);
	run_world_end(w);
	next_run(w); /* told once */
	assert_int_equal(run_world_records(w, AUDIT_RESULT, "here", &line), 1);
}

/* Else it would give way to older ones, as one whose install failed. */
static void a_kept_package_that_was_installed_is_known_as_such(void **state)
{
	static const char *const versions[] = {"0.1", NULL, "0.0"};
	struct run_world *w = *state;
	SCOPED_FREE struct state_kept *list = NULL;
	size_t n = 0;

	cut_short(w, "upgrade", "here", "1.0", w->here_version);
	run_world_begin(w, "run-2", "upgrade");
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct state_kept kept = {.name = "here", .package = "dpkg", .when_unix_ms = 3};

		kept.when_unix_ms -= (int64_t)i; /* listed newest first */
		snprintf(kept.path, sizeof(kept.path), "/nowhere/%zu.deb", i);
		assert_true(text_copy(kept.version, sizeof(kept.version),
			versions[i] != NULL ? versions[i] : w->here_version));
		assert_true(state_kept_put(w->run.state, &kept, &w->e));
	}
	w->run.config.keep_packages = 2; /* and the oldest goes, as after any installation */
	assert_true(baseline_open_run(&w->run, &w->e));
	assert_true(state_kept_list(w->run.state, "here", &list, &n, &w->e));
	assert_int_equal(n, 2);
	assert_false(list[0].was_installed);
	assert_true(list[1].was_installed);
}

static void what_was_not_done_has_failed(void **state)
{
	struct run_world *w = *state;
	struct audit_line line;

	cut_short(w, "upgrade", "here", w->here_version, "99999.0");
	next_run(w);
	assert_int_equal(run_world_records(w, AUDIT_RESULT, "here", &line), 1);
	assert_string_equal(line.outcome, "failed");
	assert_string_equal(line.to, w->here_version);
}

static void a_disabled_name_is_looked_at_all_the_same(void **state)
{
	struct run_world *w = *state;
	struct audit_line line;
	char seen[DPKG_VERSION_MAX];
	int64_t when = 0;

	cut_short(w, "install", "here", NULL, w->here_version);
	assert_true(strings_add(&w->run.config.disable, "here"));
	next_run(w);
	assert_int_equal(run_world_records(w, AUDIT_RESULT, "here", &line), 1);
	assert_string_equal(line.outcome, "installed");
	assert_true(state_seen_get(w->run.state, "here", seen, &when, &w->e));
	assert_string_equal(seen, w->here_version);
}

static void what_can_t_be_told_stays_open(void **state)
{
	static const char *const names[] = {"broken", "nobody"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct run_world *w = *state;
		SCOPED_FREE struct audit_intent *open = NULL;
		char seen[DPKG_VERSION_MAX];
		int64_t when = 0;
		size_t n = 0;

		cut_short(w, "upgrade", names[i], "1.0", "2.0");
		next_run(w);
		assert_int_equal(run_world_records(w, AUDIT_RESULT, names[i], NULL), 0);
		assert_true(state_seen_get(w->run.state, names[i], seen, &when, &w->e));
		assert_int_equal(when, 0);
		assert_true(audit_open_intents(w->run.paths.audit_log, &open, &n, &w->e));
		assert_int_equal(n, i + 1);
		run_world_end(w);
	}
}

static void a_rollback_cut_short_sticks(void **state)
{
	struct run_world *w = *state;
	struct audit_line line;
	struct state_skip skip;

	cut_short(w, "rollback", "here", "99999.0", w->here_version);
	next_run(w);
	assert_int_equal(run_world_records(w, AUDIT_RESULT, "here", &line), 1);
	assert_string_equal(line.outcome, "rolled-back");
	assert_true(state_skip_get(w->run.state, "here", &skip, &w->e));
	assert_string_equal(skip.up_to, "99999.0");
}

/* It had waited for its program to be closed. */
static void a_rollback_cut_short_in_finish_sticks(void **state)
{
	struct run_world *w = *state;
	struct state_wait wait = {
		.name = "here", .version = "1", .path = "/p", .is_rollback = true};
	struct audit_line line;
	struct state_skip skip;

	run_world_begin(w, "run-0", "rollback");
	assert_true(state_wait_put(w->run.state, &wait, &w->e));
	run_world_end(w);
	cut_short(w, "finish", "here", "99999.0", w->here_version);
	next_run(w);
	assert_int_equal(run_world_records(w, AUDIT_RESULT, "here", &line), 1);
	assert_string_equal(line.outcome, "rolled-back");
	assert_true(state_skip_get(w->run.state, "here", &skip, &w->e));
	assert_string_equal(skip.up_to, "99999.0");
}

static void a_rollback_that_did_not_happen_skips_nothing(void **state)
{
	struct run_world *w = *state;
	struct state_skip skip;

	cut_short(w, "rollback", "here", w->here_version, "0.1");
	next_run(w);
	assert_true(state_skip_get(w->run.state, "here", &skip, &w->e));
	assert_string_equal(skip.up_to, "");
}

static void a_lost_state_stops_one_run(void **state)
{
	struct run_world *w = *state;
	struct audit_line line;

	next_run(w);
	run_world_end(w);
	assert_int_equal(unlink(w->run.paths.state_db), 0);
	run_world_begin(w, "run-3", "upgrade");
	assert_false(baseline_open_run(&w->run, &w->e));
	assert_int_equal(w->e.code, ERR_STATE);
	assert_non_null(strstr(w->e.text, "holds"));
	assert_int_equal(run_world_records(w, AUDIT_RESULT, "", &line), 1);
	assert_string_equal(line.error_code, "state");
	run_world_end(w);
	next_run(w);
}

/* Seen as this version when a run last looked. */
static void was_seen(struct run_world *w, const char *name, const char *version)
{
	run_world_begin(w, "run-1", "upgrade");
	assert_true(state_seen_put(w->run.state, name, version, &w->e));
	run_world_end(w);
}

static void a_removal_outside_is_told_for_as_long_as_it_is_gone(void **state)
{
	struct run_world *w = *state;
	struct audit_line line;
	struct state_gone gone;
	char said[256], day[CLOCK_TEXT_MAX], expected[256];
	bool found = false;

	was_seen(w, "gone", "1.0");
	for (int i = 0; i < 2; i++) { /* noticed once */
		next_run(w);
		assert_int_equal(run_world_records(w, AUDIT_OUTSIDE, "gone", &line), 1);
		assert_string_equal(line.from, "1.0");
		assert_string_equal(line.to, "");
		assert_true(outside_find_gone(recipes_find(&w->run.recipes, "gone")->recipe,
			w->run.state, &found, &gone, &w->e));
		assert_true(found);
		assert_string_equal(gone.version, "1.0");
		assert_string_equal(gone.who, "");
		clock_format_day(clock_unix_ms(), clock_unix_ms(), day, sizeof(day));
		snprintf(expected, sizeof(expected), "was 1.0, removed outside devupd %s", day);
		outside_describe(&gone, clock_unix_ms(), said, sizeof(said));
		assert_string_equal(said, expected);
		run_world_end(w);
	}
}

static void a_change_outside_is_on_record(void **state)
{
	struct run_world *w = *state;
	struct audit_line line;
	struct state_gone gone;
	bool found = true;

	was_seen(w, "here", "0.1");
	next_run(w);
	assert_int_equal(run_world_records(w, AUDIT_OUTSIDE, "here", &line), 1);
	assert_string_equal(line.from, "0.1");
	assert_string_equal(line.to, w->here_version);
	assert_true(state_gone_get(w->run.state, "here", &found, &gone, &w->e));
	assert_false(found);
}

static void who_and_how_are_said_where_they_are_known(void **state)
{
	struct state_gone gone = {.version = "2026.08.2", .when_unix_ms = 1, .who = "ana"};
	char said[256];

	(void)state;
	snprintf(gone.command, sizeof(gone.command), "apt full-upgrade");
	outside_describe(&gone, INT64_C(1795372911000), said, sizeof(said));
	assert_string_equal(said, "was 2026.08.2, removed outside devupd on 1 Jan 1970 by ana, "
				  "apt full-upgrade");
	gone.when_unix_ms = 0;
	gone.who[0] = gone.command[0] = '\0';
	outside_describe(&gone, INT64_C(1795372911000), said, sizeof(said));
	assert_string_equal(said, "was 2026.08.2, removed outside devupd");
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, run_world_make, run_world_drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(what_was_done_is_recorded),
		WITH_WORLD(a_kept_package_that_was_installed_is_known_as_such),
		WITH_WORLD(what_was_not_done_has_failed),
		WITH_WORLD(a_disabled_name_is_looked_at_all_the_same),
		WITH_WORLD(what_can_t_be_told_stays_open),
		WITH_WORLD(a_rollback_cut_short_sticks),
		WITH_WORLD(a_rollback_cut_short_in_finish_sticks),
		WITH_WORLD(a_rollback_that_did_not_happen_skips_nothing),
		WITH_WORLD(a_lost_state_stops_one_run),
		WITH_WORLD(a_removal_outside_is_told_for_as_long_as_it_is_gone),
		WITH_WORLD(a_change_outside_is_on_record),
		cmocka_unit_test(who_and_how_are_said_where_they_are_known),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
