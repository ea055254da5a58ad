/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Homebrew without a formula: links of all others, what is outdated, and what an upgrade moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "homebrew_world.h"
#include "updaters/homebrew/homebrew.h"
#include "updaters/homebrew/outdated.h"

/* The recipe without `formula`, a healthy Python, and jq 1.7 beside it. */
static void build(struct homebrew_world *w)
{
	free(w->recipe.formula);
	w->recipe.formula = NULL;
	world_build(w, "healthy");
	world_shell(w, "$S/brew-prefix $P keg jq 1.7 jq jqp; $S/brew-prefix $P linked jq 1.7");
}

/* The vendor offers jq 1.8, and brew has heard of it. */
static void offer(struct homebrew_world *w)
{
	world_shell(w, "$S/brew-prefix $P upstream keg jq 1.8 jq && $P/bin/brew update && "
		       "rm $P.upstream/log");
	w->owner.mode = OWNER_UPGRADE;
	w->owner.may_upgrade = true;
}

/* … whose jq needs a newer Python. */
static void offer_mover(struct homebrew_world *w)
{
	world_shell(w, "$S/brew-prefix $P keg yq 4.1 yq; $S/brew-prefix $P linked yq 4.1; "
		       "$S/brew-prefix $P upstream keg yq 4.2 yq; "
		       "$S/brew-prefix $P upstream python python@3.15 3.15.0 main; "
		       "echo python@3.15 >$P.upstream/yq/4.2/.deps; "
		       "echo 'python3|python@3.15' >$P.upstream/aliases");
	offer(w);
}

static void expect_found(struct homebrew_world *w, const char *expected)
{
	findings_clear(&w->found);
	world_look(w, &w->found);

	SCOPED_FREE char *found = world_found(w);

	assert_string_equal(found, expected);
}

static struct finding *last(struct homebrew_world *w)
{
	return &w->found.items[w->found.n_items - 1];
}

static void one_formula_is_not_many(void **state)
{
	struct homebrew_world *w = *state;

	build(w);
	world_look(w, &w->found);
	assert_string_equal(w->summary.installed, "3 formulae");
	world_shell(w, "rm -rf $P/Cellar/python*");
	world_look(w, &w->found);
	assert_string_equal(w->summary.installed, "1 formula");
	world_clear(w);
}

/* --- links --------------------------------------------------------------------------------------
 */

static const struct {
	const char *broken_by, *found;
} links[] = {
	{"true", "sound|current:\n"},
	{"rm $P/bin/jq",
		"bin/jq links-missing|broken: brew unlink jq, brew link jq\nsound|current:\n"},
	{"mv $P/Cellar/jq/1.7 $P/Cellar/jq/1.7.1",
		"opt/jq stale|broken: ln opt/jq ../Cellar/jq/1.7.1\n"
		"bin/jq keg-gone|broken: rm bin/jq, rm bin/jqp, rm var/homebrew/linked/jq, "
		"brew link jq\nsound|current:\n"},
	{"rm -r $P/Cellar/jq", "opt/jq formula-gone|broken: rm opt/jq\n"
			       "bin/jq formula-gone|broken: rm bin/jq, rm bin/jqp, "
			       "rm var/homebrew/linked/jq\nsound|current:\n"},
	{"mkdir -p $P/share/doc/old; ln -s ../../../Cellar/old/1/share/doc/old/x "
	 "$P/share/doc/old/x",
		"share/doc/old/x formula-gone|broken: rm share/doc/old/x\nsound|current:\n"},
	{"rm $P/bin/jq $P/bin/jqp; echo mine >$P/bin/jqp",
		"bin/jq links-missing|broken: mv bin/jqp, brew unlink jq, brew link "
		"jq\nsound|current:\n"},
	/* unlinked by a person */
	{"$P/bin/brew unlink jq; rm $P.upstream/log", "sound|current:\n"},
	/* somebody's own, dead, in the way of what the keg gives: a file like any other's */
	{"ln -sfn $P/Cellar/jq/1.5/bin/jq $P/bin/jq",
		"bin/jq links-missing|broken: mv bin/jq, brew unlink jq, brew link "
		"jq\nsound|current:\n"},
	/* somebody's own, that leads nowhere */
	{"ln -s /nowhere $P/bin/mine", "bin/mine own-link|broken:\nsound|current:\n"},
	/* another formula holds the name: brew would link nothing at all */
	{"$S/brew-prefix $P keg gojq 1 jq; $S/brew-prefix $P opt gojq 1; "
	 "$S/brew-prefix $P lnk gojq 1 jq; rm $P/bin/jqp",
		"bin/jqp conflict|broken:\nsound|current:\n"},
	/* Python's are another recipe's */
	{"rm $P/bin/python3", "sound|current:\n"},
};

static void links_of_any_formula_are_mended(void **state)
{
	struct homebrew_world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		SCOPED_CLEAR(findings_clear) struct findings after = {0};

		build(w);
		world_shell(w, links[i].broken_by);
		expect_found(w, links[i].found);
		assert_int_equal(world_brews(w), 0);

		SCOPED_FREE char *before = world_links(w);

		world_mend(w);
		world_look(w, &after);
		for (size_t n = 0; n < after.n_items; n++)
			if (after.items[n].mend.n_steps > 0)
				fail_msg("%s: %s is still %s", links[i].broken_by,
					after.items[n].item.path, after.items[n].item.state);
		if (strstr(links[i].found, "broken: ") != NULL) {
			world_take_back(w);

			SCOPED_FREE char *back = world_links(w);

			assert_string_equal(before, back);
		}
		world_clear(w);
	}
}

/* What stands in a table has no path beside it. */
static void a_text_names_what_leads_astray(void **state)
{
	struct homebrew_world *w = *state;

	build(w);
	world_shell(w, "$S/brew-prefix $P opt jq 1.6; $S/brew-prefix $P pin gone 1");
	world_look(w, &w->found);
	assert_string_equal(
		w->found.items[0].item.text, "opt/jq leads to jq 1.6, which is gone; 1.7 is there");
	assert_string_equal(w->found.items[1].item.text,
		"var/homebrew/pinned/gone leads to gone 1, which is not installed any more");
	world_clear(w);
}

static void a_prefix_that_cannot_be_written_is_told(void **state)
{
	struct homebrew_world *w = *state;

	if (geteuid() == 0)
		skip(); /* root may write everywhere */
	build(w);
	world_shell(w, "rm $P/bin/jq; chmod a-w $P/bin");
	expect_found(w, "bin/jq read-only|broken:\nsound|current:\n");
	assert_non_null(strstr(w->found.items[0].item.text, "mount it writable"));
	world_shell(w, "chmod u+w $P/bin");
	world_clear(w);
}

static void without_brew_its_links_are_told(void **state)
{
	struct homebrew_world *w = *state;

	build(w);
	world_shell(w, "rm $P/bin/jq $P/bin/brew");
	expect_found(w, "bin/jq no-brew|broken:\nsound|current:\n");
	world_clear(w);
}

/* --- upgrades -----------------------------------------------------------------------------------
 */

static void an_upgrade_is_planned_done_and_told(void **state)
{
	struct homebrew_world *w = *state;
	char proof[RECORD_TEXT_MAX] = "";
	struct err e = {0};

	build(w);
	world_shell(w, "sleep 1.1"); /* times are told in seconds */
	offer(w);
	expect_found(w, "outdated|available: brew upgrade\n");
	assert_string_equal(last(w)->item.text, "1 outdated: jq 1.7 -> 1.8");
	assert_string_equal(last(w)->moves_to, "");
	/* a keg's folder that is only used is no news: a Python writes its caches there */
	world_shell(w, "mkdir $P/Cellar/python@3.14/3.14.6/used");
	world_mend(w);
	assert_true(homebrew_updater.prove(&w->owner, last(w), last(w), proof, sizeof(proof), &e));
	assert_string_equal(proof, "upgraded: jq 1.8");
	expect_found(w, "current|current:\n");
	world_shell(w, "[ \"$($P/bin/jq)\" = 'Python 1.8' ] && [ -d $P/Cellar/jq/1.7 ]");
	world_clear(w);
}

static void nothing_is_upgraded_where_it_may_not(void **state)
{
	struct homebrew_world *w = *state;

	build(w);
	offer(w);
	w->owner.may_upgrade = false;
	expect_found(w, "outdated|available:\n");
	w->owner.may_upgrade = true;
	w->owner.offline = true;
	expect_found(w, "outdated|available:\n");
	w->owner.offline = false;
	w->owner.choice = OWNER_SKIP;
	expect_found(w, "outdated|skipped:\n");
	w->owner.mode = OWNER_REPAIR;
	world_shell(w, "rm $P.upstream/log");
	expect_found(w, "sound|current:\n");
	assert_int_equal(world_brews(w), 0);
	world_clear(w);
}

static void a_move_of_python3_is_foreseen(void **state)
{
	struct homebrew_world *w = *state;

	build(w);
	offer_mover(w);
	expect_found(w, "outdated|available: brew upgrade\n");
	assert_string_equal(last(w)->moves_from, "3.14");
	assert_string_equal(last(w)->moves_to, "3.15");
	assert_non_null(strstr(last(w)->item.text, "; python3 goes 3.14 -> 3.15"));
	assert_string_equal(last(w)->prefix, w->prefix);
	world_mend(w);
	world_shell(w, "[ \"$(readlink $P/bin/python3)\" = "
		       "../Cellar/python@3.15/3.15.0/bin/python3 ]");
	world_clear(w);
}

/* What would bring it is held, the rest goes on. */
static void a_move_of_python3_is_pinned_away(void **state)
{
	struct homebrew_world *w = *state;

	build(w);
	offer_mover(w);
	w->owner.choice = OWNER_PIN;
	expect_found(w, "var/homebrew/pinned/yq moves-python3|available: brew pin yq\n"
			"outdated|available: brew upgrade jq\n");
	assert_string_equal(last(w)->item.text,
		"1 outdated: jq 1.7 -> 1.8; pinned: yq 4.1 -> 4.2: brew unpin NAME lets it be "
		"upgraded");
	assert_string_equal(last(w)->moves_to, "");
	world_mend(w);
	expect_found(w, "current|current:\n");
	assert_string_equal(last(w)->item.text,
		"nothing outdated; pinned: yq 4.1 -> 4.2: brew unpin NAME lets it be upgraded");
	world_shell(w, "[ -e $P/Cellar/jq/1.8 ] && [ ! -e $P/Cellar/yq/4.2 ] && "
		       "[ \"$(readlink $P/bin/python3)\" = "
		       "../Cellar/python@3.14/3.14.6/bin/python3 ]");
	world_clear(w);
}

/* brew does not say for whom the new Python comes: any of them may move python3. */
static void a_mover_that_is_not_known_lets_nothing_be_upgraded(void **state)
{
	struct homebrew_world *w = *state;

	build(w);
	offer_mover(w);
	world_shell(w, "sed -i 's/ for $formula:/:/' $P/bin/brew");
	w->owner.choice = OWNER_PIN;
	expect_found(w, "outdated|available:\n");
	world_clear(w);
}

/* python@3.14's next revision is an older one among others: it holds python3 no longer. */
static void the_default_moves_on_with_an_upgrade(void **state)
{
	struct homebrew_world *w = *state;

	build(w);
	world_shell(w, "$S/brew-prefix $P upstream python python@3.14 3.14.6_1; "
		       "$S/brew-prefix $P upstream python python@3.15 3.15.0 main; "
		       "echo 'python3|python@3.15' >$P.upstream/aliases");
	offer(w);
	expect_found(w, "outdated|available: brew upgrade\n");
	assert_string_equal(last(w)->moves_from, "3.14");
	assert_string_equal(last(w)->moves_to, "3.15");
	w->owner.choice = OWNER_PIN;
	expect_found(w, "var/homebrew/pinned/python@3.14 moves-python3|available: brew pin "
			"python@3.14\noutdated|available: brew upgrade jq\n");
	world_clear(w);
}

/* Only what the person was told of is upgraded, also where brew does not keep a pin. */
static void a_pin_that_fails_lets_nothing_through(void **state)
{
	struct homebrew_world *w = *state;

	build(w);
	offer_mover(w);
	w->owner.choice = OWNER_PIN;
	world_look(w, &w->found);
	mend_clear(&w->found.items[0].mend);
	world_mend(w);
	world_shell(w, "[ -e $P/Cellar/jq/1.8 ] && [ ! -e $P/Cellar/yq/4.2 ]");
	world_clear(w);
}

static void a_pin_can_be_taken_back(void **state)
{
	struct homebrew_world *w = *state;
	char proof[RECORD_TEXT_MAX] = "";
	struct err e = {0};

	build(w);
	offer_mover(w);
	w->owner.choice = OWNER_PIN;
	world_look(w, &w->found);
	mend_clear(&last(w)->mend); /* the pin alone */
	world_mend(w);
	assert_true(homebrew_updater.prove(
		&w->owner, &w->found.items[0], &w->found.items[0], proof, sizeof(proof), &e));
	assert_string_equal(proof, "pinned: brew unpin yq lets it be upgraded");
	world_take_back(w);
	world_shell(w, "[ ! -L $P/var/homebrew/pinned/yq ]");
	assert_false(homebrew_updater.prove(
		&w->owner, &w->found.items[0], &w->found.items[0], proof, sizeof(proof), &e));
	world_clear(w);
}

/* --- news ---------------------------------------------------------------------------------------
 */

/* The index says 4.1.1; the vendor has 4.2, which brings a newer python3. */
static void build_stale(struct homebrew_world *w)
{
	build(w);
	world_shell(w, "$S/brew-prefix $P keg yq 4.1 yq; $S/brew-prefix $P linked yq 4.1; "
		       "$S/brew-prefix $P upstream keg yq 4.1.1 yq; $P/bin/brew update; "
		       "$S/brew-prefix $P upstream keg yq 4.2 yq; "
		       "$S/brew-prefix $P upstream python python@3.15 3.15.0 main; "
		       "echo python@3.15 >$P.upstream/yq/4.2/.deps; "
		       "echo 'python3|python@3.15' >$P.upstream/aliases");
	w->owner.mode = OWNER_UPGRADE;
	w->owner.may_upgrade = true;
}

static void the_look_before_the_question_fetches_news(void **state)
{
	struct homebrew_world *w = *state;

	build_stale(w);
	w->owner.may_refresh = true;
	expect_found(w, "outdated|available: brew upgrade\n");
	assert_string_equal(
		last(w)->item.text, "1 outdated: yq 4.1 -> 4.2; python3 goes 3.14 -> 3.15");
	assert_string_equal(last(w)->moves_to, "3.15");
	world_clear(w);
}

/* What comes between question and deed was not agreed to. */
static void what_mends_upgrades_to_nothing_that_was_not_shown(void **state)
{
	struct homebrew_world *w = *state;

	build_stale(w);
	w->owner.mends = true;
	expect_found(w, "outdated|available: brew upgrade\n");
	assert_string_equal(last(w)->item.text, "1 outdated: yq 4.1 -> 4.1.1");
	world_mend(w);
	world_shell(w, "[ -e $P/Cellar/yq/4.1.1 ] && [ ! -e $P/Cellar/yq/4.2 ]");

	/* … and what brew had to be asked for only now is told, and waits */
	world_shell(w, "touch -d '3 days ago' $HOME/.cache/Homebrew/api/formula_aliases.txt");
	expect_found(w, "outdated|available:\n");
	assert_non_null(strstr(last(w)->item.text, "only now: devupd upgrade homebrew"));
	world_clear(w);
}

static void without_news_young_ones_will_do_and_old_ones_fail(void **state)
{
	struct homebrew_world *w = *state;

	build_stale(w);
	w->owner.may_refresh = true;
	world_shell(w, "touch $P.upstream/offline");
	expect_found(w, "outdated|available: brew upgrade\n");
	world_shell(w, "touch -d '3 days ago' $HOME/.cache/Homebrew/api/formula_aliases.txt");
	expect_found(w, "brew-fails|failed:\n");
	assert_int_equal(w->summary.error.code, ERR_BREW);
	assert_non_null(strstr(last(w)->item.text, "Could not resolve host"));
	world_clear(w);
}

static void a_brew_that_updates_already_is_waited_for(void **state)
{
	struct homebrew_world *w = *state;

	build_stale(w);
	w->owner.may_refresh = true;
	world_shell(w, "touch -d '3 days ago' $HOME/.cache/Homebrew/api/formula_aliases.txt; "
		       "(exec 9>$P/var/homebrew/locks/update; flock 9; exec >/dev/null 2>&1; "
		       "sleep 2) & sleep 0.2");
	expect_found(w, "outdated|available: brew upgrade\n");
	assert_string_equal(last(w)->moves_to, "3.15");
	world_clear(w);
}

/* Python's own recipe shares the prefix, and where nothing is upgraded no news are needed. */
static void news_are_fetched_once_and_only_for_an_upgrade(void **state)
{
	static const struct {
		enum owner_mode mode;
		bool may_upgrade, offline, is_python;
	} cases[] = {
		{OWNER_UPGRADE, false, false, false},
		{OWNER_UPGRADE, true, true, false},
		{OWNER_REPAIR, true, false, false},
		{OWNER_UPGRADE, true, false, true},
	};
	struct homebrew_world *w = *state;

	build_stale(w);
	world_shell(w, "rm $P.upstream/log");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		w->owner.may_refresh = true;
		w->owner.mode = cases[i].mode;
		w->owner.may_upgrade = cases[i].may_upgrade;
		w->owner.offline = cases[i].offline;
		w->recipe.formula = cases[i].is_python ? strdup("python") : NULL;
		findings_clear(&w->found);
		world_look(w, &w->found);
		world_shell(w, "! grep -q update $P.upstream/log");
	}
	world_clear(w);
}

/* What brew knew long ago is no news: it is asked again, once. */
static void old_news_are_renewed(void **state)
{
	struct homebrew_world *w = *state;

	build(w);
	world_shell(w, "$P/bin/brew update; touch -d '3 days ago' "
		       "$HOME/.cache/Homebrew/api/formula_aliases.txt");
	w->owner.mode = OWNER_UPGRADE;
	w->owner.may_upgrade = true;
	expect_found(w, "stale|available: brew update, brew upgrade\n");
	assert_string_equal(last(w)->item.text, "brew was last updated 3 days ago");
	world_shell(w, "$S/brew-prefix $P upstream keg jq 1.8 jq; $P/bin/brew update; touch -d "
		       "'30 hours ago' $HOME/.cache/Homebrew/api/formula_aliases.txt");
	expect_found(w, "outdated|available: brew update, brew upgrade\n");
	assert_string_equal(
		last(w)->item.text, "1 outdated: jq 1.7 -> 1.8; brew was last updated 1 day ago");
	world_mend(w);
	expect_found(w, "current|current:\n");
	world_clear(w);
}

static void a_brew_that_fails_hides_no_links(void **state)
{
	struct homebrew_world *w = *state;

	build(w);
	world_shell(w, "rm $P/bin/jq; printf '#!/bin/sh\\necho no ruby; exit 3\\n' >$P/bin/brew");
	w->owner.mode = OWNER_CHECK;
	expect_found(w, "bin/jq links-missing|broken: brew unlink jq, brew link jq\n"
			"brew-fails|failed:\n");
	assert_non_null(strstr(last(w)->item.text, "exit 3: no ruby"));
	world_clear(w);
}

/* Names that brew tells go into argument lists. */
static void an_answer_of_brew_is_not_trusted(void **state)
{
	struct outdated out = {0};
	struct err e = {0};

	(void)state;
	assert_true(outdated_read("Warning: x\n{\"formulae\": [{\"name\": \"--force\"}, {\"name\": "
				  "\"a b\"}, {\"name\": 7}, {}, {\"name\": \"jq\"}]}\nmore",
		&out, &e));
	assert_int_equal(out.names.n_items, 2);
	assert_string_equal(out.names.items[1], "jq");
	outdated_clear(&out);
	assert_false(outdated_read("Error: no such file", &out, &e));
	assert_int_equal(e.code, ERR_BREW);
	assert_false(outdated_read("{\"formulae\": [", &out, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, homebrew_world_make, homebrew_world_remove)
		TEST(one_formula_is_not_many),
		TEST(links_of_any_formula_are_mended),
		TEST(a_text_names_what_leads_astray),
		TEST(a_prefix_that_cannot_be_written_is_told),
		TEST(without_brew_its_links_are_told),
		TEST(an_upgrade_is_planned_done_and_told),
		TEST(nothing_is_upgraded_where_it_may_not),
		TEST(a_move_of_python3_is_foreseen),
		TEST(a_move_of_python3_is_pinned_away),
		TEST(a_pin_that_fails_lets_nothing_through),
		TEST(a_pin_can_be_taken_back),
		TEST(a_mover_that_is_not_known_lets_nothing_be_upgraded),
		TEST(the_default_moves_on_with_an_upgrade),
		TEST(the_look_before_the_question_fetches_news),
		TEST(what_mends_upgrades_to_nothing_that_was_not_shown),
		TEST(without_news_young_ones_will_do_and_old_ones_fail),
		TEST(a_brew_that_updates_already_is_waited_for),
		TEST(news_are_fetched_once_and_only_for_an_upgrade),
		TEST(old_news_are_renewed),
		TEST(a_brew_that_fails_hides_no_links),
		TEST(an_answer_of_brew_is_not_trusted),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
