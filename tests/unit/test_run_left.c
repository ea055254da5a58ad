/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run leaves for the next one to know. */
#include "updaters/run_left.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/run_world.h"
#include "updaters/lib/network.h"
#include "updaters/state_left.h"

/* A run of root's that has looked at "here" and "gone". */
static void look(struct run_world *w)
{
	static const struct strings none = {0};
	struct plan_request request = {.wish = WISH_CHECK, .names = &none, .with_absent = true};
	struct run *run = &w->run;

	run_world_begin(w, "run-1", "upgrade");
	run->setup.notes_left = true;
	run->paths.is_root = true;
	if (!run_plan(run, &request, &w->e))
		fail_msg("%s", w->e.text);
}

static struct result *result_of(struct run_world *w, const char *name)
{
	for (size_t i = 0; i < w->run.plan.n_entries; i++) {
		if (text_equal(w->run.plan.entries[i].name, name))
			return &w->run.plan.entries[i].result;
	}
	fail_msg("%s is not planned", name);
	return NULL;
}

static void offer(struct run_world *w, const char *version)
{
	struct result *r = result_of(w, "here");

	r->outcome = OUTCOME_AVAILABLE;
	assert_true(text_copy(r->release.version, sizeof(r->release.version), version));
	assert_true(text_copy(r->available, sizeof(r->available), version));
}

static void note(struct run_world *w)
{
	if (!run_left_note(&w->run, &w->e))
		fail_msg("%s", w->e.text);
}

/* Out: how many rows there are of that name, the last one in *out */
static size_t rows_of(struct run_world *w, const char *name, struct state_left *out)
{
	SCOPED_FREE struct state_left *rows = NULL;
	size_t n = 0, n_found = 0;

	assert_true(state_left_list(w->run.state, &rows, &n, &w->e));
	for (size_t i = 0; i < n; i++) {
		if (!text_equal(rows[i].name, name))
			continue;
		*out = rows[i];
		n_found++;
	}
	return n_found;
}

static void what_is_not_done_is_kept_until_it_is(void **state)
{
	struct run_world *w = *state;
	struct state_left left;
	int64_t since;

	look(w);
	offer(w, "99.0");
	note(w);
	assert_int_equal(rows_of(w, "here", &left), 1);
	assert_int_equal(left.outcome, OUTCOME_AVAILABLE);
	assert_string_equal(left.version, "99.0");
	assert_true(left.since_unix_ms > 0);
	since = left.since_unix_ms;
	assert_true(state_left_told(w->run.state, "here", 7, &w->e));
	note(w); /* the same once more: it has been so since then, and was told */
	assert_int_equal(rows_of(w, "here", &left), 1);
	assert_int_equal(left.since_unix_ms, since);
	assert_int_equal(left.told_unix_ms, 7);
	offer(w, "99.1");
	note(w);
	assert_int_equal(rows_of(w, "here", &left), 1);
	assert_string_equal(left.version, "99.1");
	assert_int_equal(left.told_unix_ms, 0);
	result_of(w, "here")->outcome = OUTCOME_UPDATED;
	note(w);
	assert_int_equal(rows_of(w, "here", &left), 0);
}

static void a_failure_is_kept_with_its_words(void **state)
{
	struct run_world *w = *state;
	struct state_left left;
	struct err e = {0};

	look(w);
	err_set(&e, ERR_DIGEST, "other bytes");
	(void)!result_fail(result_of(w, "here"), STEP_VERIFY, &e);
	note(w);
	assert_int_equal(rows_of(w, "here", &left), 1);
	assert_int_equal(left.outcome, OUTCOME_FAILED);
	assert_string_equal(left.text, "other bytes");
}

static void what_nobody_could_ask_stays_as_it_was(void **state)
{
	struct run_world *w = *state;
	struct state_left left;
	struct err e = {0};

	look(w);
	offer(w, "99.0");
	note(w);
	w->run.setup.offline = true;
	err_set(&e, ERR_NETWORK, "not known offline");
	(void)!result_fail(result_of(w, "here"), STEP_FIND, &e);
	note(w);
	assert_int_equal(rows_of(w, "here", &left), 1);
	assert_int_equal(left.outcome, OUTCOME_AVAILABLE);
	w->run.setup.offline = false;
	*result_of(w, "here") = (struct result){0}; /* broken off before it was looked at */
	note(w);
	assert_int_equal(rows_of(w, "here", &left), 1);
	assert_int_equal(left.outcome, OUTCOME_AVAILABLE);
}

static void a_persons_state_keeps_of_packages_what_is_offered(void **state)
{
	struct run_world *w = *state;
	struct state_left left;

	look(w);
	w->run.paths.is_root = false;
	offer(w, "99.0");
	note(w);
	assert_int_equal(rows_of(w, "here", &left), 1);
	result_of(w, "here")->outcome = OUTCOME_HELD;
	note(w);
	assert_int_equal(rows_of(w, "here", &left), 0);
}

static void a_name_without_a_recipe_is_forgotten(void **state)
{
	struct run_world *w = *state;
	struct state_left left = {.name = "no-more", .outcome = OUTCOME_BROKEN};

	look(w);
	assert_true(state_left_put(w->run.state, &left, &w->e));
	note(w);
	assert_int_equal(rows_of(w, "no-more", &left), 0);
}

static void only_who_looks_for_that_remembers(void **state)
{
	struct run_world *w = *state;
	struct state_left left;

	look(w);
	w->run.setup.notes_left = false;
	offer(w, "99.0");
	note(w);
	assert_int_equal(rows_of(w, "here", &left), 0);
}

/* --- how sources answered ---------------------------------------------------- */

static void answer(struct run_world *w, const char *reason)
{
	struct result *r = result_of(w, "here");
	struct reply *reply = r->n_replies > 0 ? &r->replies[0] : result_add_reply(r);

	assert_non_null(reply);
	assert_true(text_copy(reply->source, sizeof(reply->source), "https://vendor.example/"));
	assert_true(text_copy(reply->reason, sizeof(reply->reason), reason));
	if (!run_left_replies(&w->run, &w->e) || !state_commit(w->run.state, &w->e))
		fail_msg("%s", w->e.text);
	w->run.has_transaction = false;
}

static struct state_health health(struct run_world *w)
{
	SCOPED_FREE struct state_health *rows = NULL;
	size_t n = 0;

	assert_true(state_health_list(w->run.state, "here", &rows, &n, &w->e));
	assert_int_equal(n, 1);
	return rows[0];
}

static void failures_in_a_row_are_counted(void **state)
{
	struct run_world *w = *state;

	if (!network_has_route("/proc/net"))
		skip(); /* then no failure is the source's */
	look(w);
	answer(w, "");
	assert_int_equal(health(w).n_failures, 0);
	assert_true(health(w).good_unix_ms > 0);
	answer(w, "answers 404");
	answer(w, "answers 410");
	assert_int_equal(health(w).n_failures, 2);
	assert_string_equal(health(w).reason, "answers 410");
	assert_true(health(w).failing_unix_ms > 0);
	answer(w, "");
	assert_int_equal(health(w).n_failures, 0);
	assert_string_equal(health(w).reason, "");
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, run_world_make, run_world_drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(what_is_not_done_is_kept_until_it_is),
		WITH_WORLD(a_failure_is_kept_with_its_words),
		WITH_WORLD(what_nobody_could_ask_stays_as_it_was),
		WITH_WORLD(a_persons_state_keeps_of_packages_what_is_offered),
		WITH_WORLD(a_name_without_a_recipe_is_forgotten),
		WITH_WORLD(only_who_looks_for_that_remembers),
		WITH_WORLD(failures_in_a_row_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
