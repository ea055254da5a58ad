/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An acceptance is of one licence, whatever its recipe says later. */
#include "updaters/license.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/run_world.h"

static bool needs(struct run_world *w)
{
	struct entry entry = {.recipe = recipes_find(&w->run.recipes, "licensed")->recipe};
	bool is_needed = false;

	assert_true(text_copy(entry.name, sizeof(entry.name), "licensed"));
	if (!run_needs_license(&w->run, &entry, &is_needed, &w->e))
		fail_msg("%s", w->e.text);
	return is_needed;
}

static void only_what_was_accepted_is_accepted(void **state)
{
	struct run_world *w = *state;
	struct state_license same, other;

	license_of(recipes_find(&w->run.recipes, "licensed")->recipe, &same);
	run_world_begin(w, "run-1", "install");
	assert_true(needs(w));
	assert_true(state_license_put(w->run.state, &same, &w->e));
	assert_false(needs(w));
	other = same;
	snprintf(other.license, sizeof(other.license), "Elastic-1.0");
	assert_true(state_license_put(w->run.state, &other, &w->e));
	assert_true(needs(w));
	other = same;
	snprintf(other.url, sizeof(other.url), "https://example.org/license-of-before");
	assert_true(state_license_put(w->run.state, &other, &w->e));
	assert_true(needs(w));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			only_what_was_accepted_is_accepted, run_world_make, run_world_drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
