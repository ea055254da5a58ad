/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intent, change, result, and what is remembered; the change is none, as all is there already. */
#include "updaters/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/run_world.h"
#include "updaters/registry.h"

/* The package dpkg under two names, "here" and "there", both to become what they are. */
static void plan_two(struct run_world *w, enum wish wish, const char *from)
{
	static const char *const names[] = {"here", "there"};
	struct plan *plan = &w->run.plan;

	plan->entries = calloc(ARRAY_SIZE(names), sizeof(*plan->entries));
	assert_non_null(plan->entries);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct entry *entry = &plan->entries[plan->n_entries++];

		result_init(&entry->result);
		entry->wish = wish;
		entry->is_present = true;
		entry->recipe = recipes_find(&w->run.recipes, "here")->recipe;
		entry->updater = registry_find("deb");
		entry->result.outcome = OUTCOME_AVAILABLE;
		assert_true(text_copy(entry->name, sizeof(entry->name), names[i]));
		assert_true(
			text_copy(entry->result.installed, sizeof(entry->result.installed), from));
		assert_true(text_copy(
			entry->file.version, sizeof(entry->file.version), w->here_version));
	}
}

/* A kept package of "here" that can't be removed, as its path is a folder. */
static void keep_what_stays(struct run_world *w)
{
	struct state_kept kept = {.name = "here", .package = "dpkg", .version = "1", .arch = "all"};

	snprintf(kept.path, sizeof(kept.path), "%s/folder", w->folder);
	assert_int_equal(mkdir(kept.path, 0755), 0);
	assert_true(state_kept_put(w->run.state, &kept, &w->e));
}

static void each_result_is_on_record_whatever_fails_after_it(void **state)
{
	struct run_world *w = *state;
	struct audit_line line;

	run_world_begin(w, "run-1", "upgrade");
	keep_what_stays(w);
	plan_two(w, WISH_UPGRADE, "1.0");
	assert_false(run_apply(&w->run, &w->e));
	assert_non_null(strstr(w->e.text, "folder"));
	assert_int_equal(run_world_records(w, AUDIT_RESULT, "here", &line), 1);
	assert_string_equal(line.outcome, "updated");
	assert_int_equal(run_world_records(w, AUDIT_RESULT, "there", &line), 1);
	assert_string_equal(line.outcome, "updated");
	assert_string_equal(line.from, "1.0");
	assert_string_equal(line.to, w->here_version);
}

static void a_rollback_skips_what_it_left(void **state)
{
	struct run_world *w = *state;
	struct audit_line line;
	struct state_skip skip;

	run_world_begin(w, "run-1", "rollback");
	plan_two(w, WISH_ROLLBACK, "99999.0");
	assert_true(run_apply(&w->run, &w->e));
	assert_int_equal(run_world_records(w, AUDIT_RESULT, "here", &line), 1);
	assert_string_equal(line.outcome, "rolled-back");
	assert_true(state_skip_get(w->run.state, "here", &skip, &w->e));
	assert_string_equal(skip.up_to, "99999.0");
}

/* Refused as older than what dpkg has, which is not what was there when the run began. */
static void what_a_failure_left_behind_is_on_record(void **state)
{
	struct run_world *w = *state;
	struct audit_line line;
	char seen[DPKG_VERSION_MAX] = "";
	int64_t when_unix_ms = 0;

	run_world_begin(w, "run-1", "upgrade");
	plan_two(w, WISH_UPGRADE, "0.1");
	for (size_t i = 0; i < w->run.plan.n_entries; i++)
		assert_true(
			text_copy(w->run.plan.entries[i].file.version, DPKG_VERSION_MAX, "0.2"));
	assert_true(run_apply(&w->run, &w->e));
	assert_int_equal(run_world_records(w, AUDIT_RESULT, "here", &line), 1);
	assert_string_equal(line.outcome, "failed");
	assert_string_equal(line.from, "0.1");
	assert_string_equal(line.to, w->here_version);
	assert_true(state_seen_get(w->run.state, "here", seen, &when_unix_ms, &w->e));
	assert_string_equal(seen, w->here_version);
}

/* A repair has no file in hand; what it set up was installed all the same. */
static void what_was_repaired_was_installed(void **state)
{
	struct run_world *w = *state;
	struct state_kept kept = {.name = "here", .package = "dpkg", .path = "/p", .arch = "all"};
	SCOPED_FREE struct state_kept *list = NULL;
	size_t n = 0;

	run_world_begin(w, "run-1", "upgrade");
	w->run.config.keep_packages = 2;
	assert_true(text_copy(kept.version, sizeof(kept.version), w->here_version));
	assert_true(state_kept_put(w->run.state, &kept, &w->e));
	plan_two(w, WISH_UPGRADE, w->here_version);
	assert_true(run_apply(&w->run, &w->e));
	assert_true(state_kept_list(w->run.state, "here", &list, &n, &w->e));
	assert_int_equal(n, 1);
	assert_true(list[0].was_installed);
}

#define SEEN  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OTHER "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* The packages are of this version and have other bytes than were seen first; a person wants them.
 */
static void take_changed(struct run_world *w, const char *version)
{
	struct plan *plan = &w->run.plan;

	plan_two(w, WISH_INSTALL, "0.1");
	assert_true(state_put_first_digest(
		w->run.state, "dpkg", w->run.host.arch, version, SEEN, &w->e));
	for (size_t i = 0; i < plan->n_entries; i++) {
		plan->entries[i].takes_changed = i == 0;
		memcpy(plan->entries[i].file.sha256, OTHER, sizeof(OTHER));
		assert_true(text_copy(plan->entries[i].file.version, DPKG_VERSION_MAX, version));
	}
	assert_true(run_apply(&w->run, &w->e));
}

static void first_sight_is(struct run_world *w, const char *version, const char *expected)
{
	char first[SHA256_HEX_SIZE];

	assert_true(
		state_first_digest(w->run.state, "dpkg", w->run.host.arch, version, first, &w->e));
	assert_string_equal(first, expected);
}

static void changed_bytes_that_were_installed_were_seen_first(void **state)
{
	struct run_world *w = *state;
	const struct result *r;

	run_world_begin(w, "run-1", "install");
	take_changed(w, w->here_version);
	first_sight_is(w, w->here_version, OTHER);
	r = &w->run.plan.entries[0].result;
	assert_int_equal(r->outcome, OUTCOME_UPDATED);
	assert_int_equal(r->n_changes, 1);
	assert_string_equal(r->changes[0].from, SEEN);
	assert_string_equal(r->changes[0].to, OTHER);
	assert_int_equal(w->run.plan.entries[1].result.n_changes, 0);
}

/* Older than what is there, and refused: what is installed are the bytes of before. */
static void changed_bytes_that_were_not_installed_are_none(void **state)
{
	struct run_world *w = *state;

	run_world_begin(w, "run-1", "install");
	take_changed(w, "0.2");
	first_sight_is(w, "0.2", SEEN);
	assert_int_equal(w->run.plan.entries[0].result.outcome, OUTCOME_FAILED);
	assert_int_equal(w->run.plan.entries[0].result.n_changes, 0);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, run_world_make, run_world_drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(each_result_is_on_record_whatever_fails_after_it),
		WITH_WORLD(a_rollback_skips_what_it_left),
		WITH_WORLD(what_a_failure_left_behind_is_on_record),
		WITH_WORLD(what_was_repaired_was_installed),
		WITH_WORLD(changed_bytes_that_were_installed_were_seen_first),
		WITH_WORLD(changed_bytes_that_were_not_installed_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
