/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What waits for its program to be closed is taken up as what it was asked for as. */
#include "updaters/waiting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tests/unit/run_world.h"
#include "updaters/state_left.h"

/* The entry of "here" after a plan of what waits: this row alone. */
static const struct entry *take_up(struct run_world *w, const struct state_wait *asked)
{
	struct state_wait row = *asked;
	const struct strings all = {0};

	assert_true(text_copy(row.name, sizeof(row.name), "here"));
	run_world_begin(w, "run-2", "finish");
	assert_true(state_wait_put(w->run.state, &row, &w->e));
	if (!waiting_plan(&w->run, &all, &w->e))
		fail_msg("%s", w->e.text);
	assert_int_equal(w->run.plan.n_entries, 1);
	return &w->run.plan.entries[0];
}

static size_t n_waiting(struct run_world *w)
{
	SCOPED_FREE struct state_wait *rows = NULL;
	size_t n = 0;

	assert_true(state_wait_list(w->run.state, &rows, &n, &w->e));
	return n;
}

/* The next run would bring back what was left, were it not passed over. */
static void a_rollback_is_one_still(void **state)
{
	struct run_world *w = *state;
	const struct state_wait row = {
		.version = "0.1", .is_rollback = true, .allow_downgrade = true};
	const struct entry *entry = take_up(w, &row);
	bool is_rollback = false;

	assert_false(entry->is_settled);
	assert_int_equal(entry->wish, WISH_ROLLBACK);
	assert_string_equal(entry->result.available, "0.1");
	assert_true(waiting_is_rollback(&w->run, "here", &is_rollback, &w->e));
	assert_true(is_rollback);
	assert_true(waiting_is_rollback(&w->run, "there", &is_rollback, &w->e));
	assert_false(is_rollback);
}

static void pass_over(struct run_world *w, const char *version)
{
	struct state_skip skip = {0};

	assert_true(text_copy(skip.exactly, sizeof(skip.exactly), version));
	assert_true(text_copy(skip.up_to, sizeof(skip.up_to), version));
	run_world_begin(w, "run-1", "skip");
	assert_true(state_skip_put(w->run.state, "here", &skip, &w->e));
	run_world_end(w);
}

static void a_typed_version_stays_above_a_skip(void **state)
{
	struct run_world *w = *state;
	const struct state_wait row = {.version = "99999.0", .typed = "99999.0"};

	pass_over(w, "99999.0");

	const struct entry *entry = take_up(w, &row);

	assert_false(entry->is_settled);
	assert_int_equal(entry->wish, WISH_INSTALL);
	assert_string_equal(entry->wanted, "99999.0");
	assert_int_equal(n_waiting(w), 1);
}

static void what_was_passed_over_waits_no_longer(void **state)
{
	struct run_world *w = *state;
	const struct state_wait row = {.version = "99999.0"};

	pass_over(w, "99999.0");
	assert_true(take_up(w, &row)->is_settled);
	assert_int_equal(n_waiting(w), 0);
}

/* The version that is there already is no reason to drop what was to be installed again. */
static void what_is_to_be_installed_again_waits_on(void **state)
{
	struct run_world *w = *state;
	struct state_wait row = {.reinstall = true, .takes_changed = true};

	memcpy(row.version, w->here_version, sizeof(row.version));
	memcpy(row.typed, w->here_version, sizeof(row.typed));

	const struct entry *entry = take_up(w, &row);

	assert_false(entry->is_settled);
	assert_true(entry->reinstall);
	assert_true(entry->takes_changed);
	assert_string_equal(entry->result.available, w->here_version);
	assert_int_equal(n_waiting(w), 1);
}

/* The bytes there may be any: it was asked for by its name, to be had again. */
static void to_be_installed_again_is_no_word_for_other_bytes(void **state)
{
	struct run_world *w = *state;
	struct state_wait row = {.reinstall = true};

	memcpy(row.version, w->here_version, sizeof(row.version));

	const struct entry *entry = take_up(w, &row);

	assert_true(entry->reinstall);
	assert_false(entry->takes_changed);
}

static void what_is_there_already_waits_no_longer(void **state)
{
	struct run_world *w = *state;
	struct state_wait row = {0};

	memcpy(row.version, w->here_version, sizeof(row.version));
	assert_true(take_up(w, &row)->is_settled);
	assert_int_equal(n_waiting(w), 0);
}

static void what_was_overtaken_waits_no_longer(void **state)
{
	struct run_world *w = *state;
	const struct state_wait row = {.version = "0.1"};

	assert_true(take_up(w, &row)->is_settled);
	assert_int_equal(n_waiting(w), 0);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, run_world_make, run_world_drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(a_rollback_is_one_still),
		WITH_WORLD(a_typed_version_stays_above_a_skip),
		WITH_WORLD(what_was_passed_over_waits_no_longer),
		WITH_WORLD(what_is_to_be_installed_again_waits_on),
		WITH_WORLD(to_be_installed_again_is_no_word_for_other_bytes),
		WITH_WORLD(what_is_there_already_waits_no_longer),
		WITH_WORLD(what_was_overtaken_waits_no_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
