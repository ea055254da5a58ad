/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One name, several people: whose job it is, what all their results come to, what rests on what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "updaters/owner_entry.h"
#include "updaters/owner_job.h"

static const struct person people[] = {
	{.name = "ana",
		.uid = 1000,
		.gid = 1000,
		.home = "/home/ana",
		.config_home = "/home/ana/.c"},
	{.name = "ben",
		.uid = 1001,
		.gid = 1001,
		.home = "/home/ben",
		.config_home = "/home/ben/.c"},
	{.name = "brew", .uid = 900, .gid = 900, .home = "/brew", .config_home = "/brew/.c"},
};
static const struct facts facts = {
	.run = "r1",
	.undo_run = "r0",
	.people = people,
	.n_people = 3,
	.n_homes = 2,
	.is_root = true,
};

static struct recipe *load(const char *text)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	SCOPED(yaml_node_free) struct yaml_node *root = NULL;
	struct host h = {.arch = "amd64", .os = "debian", .base = "bookworm"};
	struct recipe *r = NULL;

	if (!yaml_parse("x.yaml", text, strlen(text), &root, &errors) ||
		!recipe_load(root, "x.yaml", "x", &h, &r, &errors))
		fail_msg("%s", errors.first.text);
	return r;
}

/* The job of one person; false: there is none. */
static bool start(struct entry *entry, enum phase phase, const struct facts *f,
	const struct person *person, struct owner_job *out)
{
	struct unpack u;
	struct job job;
	struct err e = {0};
	bool is_started;

	job_init(&job);
	is_started = entry->updater->start_for(f, entry, phase, person, &job);
	unpack_init(&u, job.input.data, job.input.len);
	if (is_started && !owner_job_unpack(&u, out, &e))
		fail_msg("%s", e.text);
	job_clear(&job);
	return is_started;
}

static void a_wish_is_a_task_and_a_mode(void **state)
{
	static const struct {
		enum wish wish;
		enum phase phase;
		enum owner_task task;
		enum owner_mode mode;
		const char *run;
	} cases[] = {
		{WISH_CHECK, PHASE_INSPECT, OWNER_LOOK, OWNER_CHECK, "r1"},
		{WISH_UPGRADE, PHASE_INSPECT, OWNER_LOOK, OWNER_UPGRADE, "r1"},
		{WISH_UPGRADE, PHASE_APPLY, OWNER_MEND, OWNER_UPGRADE, "r1"},
		{WISH_REPAIR, PHASE_APPLY, OWNER_MEND, OWNER_REPAIR, "r1"},
		{WISH_UNDO, PHASE_INSPECT, OWNER_UNDO, OWNER_REPAIR, "r0"},
		{WISH_UNDO, PHASE_APPLY, OWNER_UNDO, OWNER_REPAIR, "r0"},
		{WISH_CLEAN, PHASE_APPLY, OWNER_CLEAN, OWNER_REPAIR, "r1"},
		{WISH_DOCTOR, PHASE_INSPECT, OWNER_LOOK, OWNER_DOCTOR, "r1"},
	};
	SCOPED(recipe_free) struct recipe *r = load("name: x\nkind: python\n");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_CLEAR(owner_job_clear) struct owner_job job = {0};
		struct entry entry = {.recipe = r, .updater = &python_entry, .wish = cases[i].wish};

		assert_true(start(&entry, cases[i].phase, &facts, &people[0], &job));
		assert_int_equal(job.task, cases[i].task);
		assert_int_equal(job.mode, cases[i].mode);
		assert_string_equal(job.run, cases[i].run);
		assert_string_equal(job.person.name, "ana");
		assert_true(job.by_root);
		assert_int_equal(job.dry_run, cases[i].phase == PHASE_INSPECT);
		assert_false(job.is_dry);
	}
}

/* Who is known as the owner of a prefix alone is asked about Homebrew and nothing else. */
static void a_home_that_nobody_named_is_left_alone(void **state)
{
	SCOPED(recipe_free) struct recipe *python = load("name: x\nkind: python\n");
	SCOPED(recipe_free) struct recipe *brew = load("name: x\nkind: homebrew\n");
	SCOPED_CLEAR(owner_job_clear) struct owner_job job = {0};
	struct entry of_python = {.recipe = python, .updater = &python_entry};
	struct entry of_brew = {.recipe = brew, .updater = &homebrew_entry};

	(void)state;
	assert_false(start(&of_python, PHASE_INSPECT, &facts, &people[2], &job));
	assert_true(start(&of_brew, PHASE_INSPECT, &facts, &people[2], &job));
	owner_job_clear(&job);
	assert_false(start(&of_brew, PHASE_PREPARE, &facts, &people[0], &job));
	assert_false(start(&of_brew, PHASE_VERIFY, &facts, &people[0], &job));
}

/* `upgrade: ask` is no for who asks nobody. */
static void nothing_is_fetched_unattended(void **state)
{
	SCOPED(recipe_free) struct recipe *r = load("name: x\nkind: python\n");
	struct entry entry = {.recipe = r, .updater = &python_entry, .wish = WISH_UPGRADE};
	struct facts f = facts;
	SCOPED_CLEAR(owner_job_clear) struct owner_job first = {0};
	SCOPED_CLEAR(owner_job_clear) struct owner_job second = {0};

	(void)state;
	assert_true(start(&entry, PHASE_APPLY, &f, &people[0], &first));
	assert_true(first.may_upgrade);
	f.unattended = true;
	f.dry_run = true;
	assert_true(start(&entry, PHASE_APPLY, &f, &people[0], &second));
	assert_false(second.may_upgrade);
	assert_true(second.is_dry);
}

/* --- several results --------------------------------------------------------- */

static void take(struct entry *entry, const struct person *person, enum outcome outcome,
	const char *text, const char *item_user)
{
	SCOPED_CLEAR(result_clear) struct result r;
	struct item *item;

	result_init(&r);
	r.outcome = outcome;
	text_copy_cut(r.text, sizeof(r.text), text);
	if (outcome == OUTCOME_FAILED)
		err_set(&r.error, ERR_PYTHON, "%s", text);
	item = result_add_item(&r);
	assert_non_null(item);
	text_copy_cut(item->user, sizeof(item->user), item_user);
	item->outcome = outcome;
	python_entry.take_result_of(&facts, entry, PHASE_INSPECT, person, &r);
}

static void the_worst_of_all_is_what_is_told(void **state)
{
	static const struct {
		enum outcome first, second, all;
	} cases[] = {
		{OUTCOME_ABSENT, OUTCOME_CURRENT, OUTCOME_CURRENT},
		{OUTCOME_CURRENT, OUTCOME_ABSENT, OUTCOME_CURRENT},
		{OUTCOME_CURRENT, OUTCOME_BROKEN, OUTCOME_BROKEN},
		{OUTCOME_BROKEN, OUTCOME_AVAILABLE, OUTCOME_BROKEN},
		{OUTCOME_REPAIRED, OUTCOME_CURRENT, OUTCOME_REPAIRED},
		{OUTCOME_BROKEN, OUTCOME_REPAIRED, OUTCOME_BROKEN},
		{OUTCOME_REPAIRED, OUTCOME_FAILED, OUTCOME_FAILED},
		{OUTCOME_ABSENT, OUTCOME_ABSENT, OUTCOME_ABSENT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct entry entry = {0};

		result_init(&entry.result);
		take(&entry, &people[0], cases[i].first, "one", "ana");
		take(&entry, &people[1], cases[i].second, "two", "ana"); /* it lies */
		assert_int_equal(entry.result.outcome, cases[i].all);
		assert_int_equal(entry.is_present, cases[i].all != OUTCOME_ABSENT);
		assert_int_equal(entry.result.n_items, 2);
		assert_string_equal(entry.result.items[0].user, "ana");
		assert_string_equal(entry.result.items[1].user, "ben");
		result_clear(&entry.result);
	}
}

static void a_text_says_whose_it_is(void **state)
{
	struct entry entry = {0};

	(void)state;
	result_init(&entry.result);
	take(&entry, &people[0], OUTCOME_CURRENT, "fine", "");
	take(&entry, &people[1], OUTCOME_BROKEN, "gone", "");
	assert_string_equal(entry.result.text, "ben: gone");
	result_clear(&entry.result);
}

/* A result of the phase before has no part in this one's. */
static void each_phase_begins_anew(void **state)
{
	struct entry entry = {0};

	(void)state;
	result_init(&entry.result);
	take(&entry, &people[0], OUTCOME_BROKEN, "gone", "");
	entry.n_taken = 0;
	take(&entry, &people[0], OUTCOME_REPAIRED, "back", "");
	assert_int_equal(entry.result.outcome, OUTCOME_REPAIRED);
	assert_int_equal(entry.result.n_items, 1);
	result_clear(&entry.result);
}

/* --- what rests on what ------------------------------------------------------ */

static void rest(struct entry *entry, const char *noun, uint32_t weight, const char *prefix,
	const char *minor)
{
	struct item *item = result_add_item(&entry->result);

	assert_non_null(item);
	text_copy_cut(item->noun, sizeof(item->noun), noun);
	text_copy_cut(item->prefix, sizeof(item->prefix), prefix);
	text_copy_cut(item->minor, sizeof(item->minor), minor);
	item->weight = weight;
}

static void an_upgrade_tells_what_it_would_break(void **state)
{
	struct entry entries[2] = {0};
	struct item *moving;

	(void)state;
	result_init(&entries[0].result);
	result_init(&entries[1].result);
	rest(&entries[0], "", 0, "/brew", "");
	moving = &entries[0].result.items[0];
	owner_tell_impact(entries, 1, entries + 1, 1);
	assert_string_equal(entries[0].result.text, ""); /* nothing moves */
	assert_false(owner_moves_python(&entries[0]));
	text_copy_cut(moving->moves_from, sizeof(moving->moves_from), "3.13");
	text_copy_cut(moving->moves_to, sizeof(moving->moves_to), "3.14");
	owner_tell_impact(entries, 1, entries + 1, 1);
	assert_string_equal(
		entries[0].result.text, "python3 goes 3.13 -> 3.14; nothing rests on it");
	for (int i = 0; i < 4; i++)
		rest(&entries[1], "venv", 1, "/brew", "3.13");
	rest(&entries[1], "venv", 1, "/brew", "3.12");      /* of another minor */
	rest(&entries[1], "venv", 1, "/elsewhere", "3.13"); /* of another prefix */
	rest(&entries[1], "user package", 41, "/brew", "3.13");
	rest(&entries[1], "editor", 1, "/brew", "3.13");
	owner_tell_impact(entries, 1, entries + 1, 1);
	assert_string_equal(entries[0].result.text,
		"python3 goes 3.13 -> 3.14: 4 venvs, 41 user packages, 1 editor affected");
	assert_true(owner_moves_python(&entries[0]));
	result_clear(&entries[0].result);
	result_clear(&entries[1].result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wish_is_a_task_and_a_mode),
		cmocka_unit_test(a_home_that_nobody_named_is_left_alone),
		cmocka_unit_test(nothing_is_fetched_unattended),
		cmocka_unit_test(the_worst_of_all_is_what_is_told),
		cmocka_unit_test(a_text_says_whose_it_is),
		cmocka_unit_test(each_phase_begins_anew),
		cmocka_unit_test(an_upgrade_tells_what_it_would_break),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
