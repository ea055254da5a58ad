/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each state of a prefix: found, planned step by step, mended by a brew that behaves as the real
 * one, found sound, proved by running python3, taken back, found again.
 */
#include "updaters/homebrew/homebrew.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "homebrew_world.h"
#include "updaters/homebrew/prefix.h"
#include "updaters/lib/clock.h"

struct state {
	const char *name;      /* of tests/support/brew-prefix */
	const char *found;     /* as world_found */
	const char *proof;     /* what is proved last; NULL = nothing is mended */
	const char *says;      /* stands in the text of the last finding; NULL = any */
	const char *installed; /* in the table */
};

#define RUNS "python3 runs: 3."

static const struct state states[] = {
	{"healthy", "sound|current:\n", NULL, "python3 is python@3.14 3.14.6; new terminals run",
		"3.14.6"},
	{"record-stale", "links-missing|broken: brew unlink python@3.14, brew link python@3.14\n",
		RUNS, "bin/python3 is missing; new terminals silently run /usr/bin/python3 (3.",
		"3.14.6"},
	{"one-missing", "links-missing|broken: brew unlink python@3.14, brew link python@3.14\n",
		RUNS, "bin/python3.14 is missing", "3.14.6"},
	{"older-missing",
		"bin/python3.13 links-missing|broken: brew unlink python@3.13, brew link "
		"python@3.13\nsound|current:\n",
		"leads to what is installed", NULL, "3.14.6"},
	{"not-linked", "not-linked|broken: brew link python@3.14\n", RUNS,
		"python@3.14 3.14.6 is installed and not linked", "3.14.6"},
	{"dangling",
		"dangling|broken: rm bin/pip3, rm bin/python3, rm bin/python3.14, brew link "
		"python@3.14\n",
		RUNS, "bin/python3 leads to python@3.14 3.14.5, which is gone", "3.14.6"},
	{"keg-gone",
		"opt/python@3.14 stale|broken: ln opt/python@3.14 ../Cellar/python@3.14/3.14.7\n"
		"dangling|broken: rm bin/2to3, rm bin/pip3, rm bin/pip3.14, rm bin/python3, "
		"rm bin/python3.14, rm lib/pkgconfig/python-3.14.pc, "
		"rm share/man/man1/python3.14.1, rm var/homebrew/linked/python@3.14, "
		"brew link python@3.14\n",
		RUNS, "which is gone", "3.14.7"},
	{"gone-main-there",
		"bin/pip3 formula-gone|broken: rm bin/pip3, rm bin/python3, rm bin/python3.12\n"
		"dangling|broken: brew link python@3.14\n",
		RUNS, "bin/python3 leads to python@3.12 3.12.9, which is gone", "3.14.6"},
	{"formula-gone",
		"opt/python@3.14 formula-gone|broken: rm opt/python@3.14\n"
		"bin/pip3 formula-gone|broken: rm bin/pip3, rm bin/pip3.14, rm bin/python3, "
		"rm bin/python3.14, rm lib/pkgconfig/python-3.14.pc, "
		"rm share/man/man1/python3.14.1, rm var/homebrew/linked/python@3.14\n"
		"default-moved|broken:\n",
		"is gone", "brew install python3 brings it", "3.13.14_1"},
	{"moved-default", "default-moved|broken:\n", NULL,
		"/opt/python@3.13/libexec/bin:$PATH\" makes python@3.13 python3", "3.13.14_1"},
	{"older-holds",
		"older-holds|broken: brew unlink python@3.14, brew link --overwrite python@3.14\n",
		RUNS, "bin/python3 belongs to python@3.12 3.12.9, not to python@3.14", "3.12.9"},
	{"disagrees",
		"pip3-disagrees|broken: brew unlink python@3.14, brew link --overwrite "
		"python@3.14\n",
		RUNS, "pip3 is python@3.12's, python3 is python@3.14's", "3.14.6"},
	{"disagrees-script",
		"pip3-disagrees|broken: mv bin/pip3, brew unlink python@3.14, brew link "
		"python@3.14\n",
		RUNS, "pip3 is another Python's", "3.14.6"},
	{"conflict",
		"in-the-way|broken: mv bin/pip3, mv bin/python3, mv share/man/man1/python3.14.1, "
		"brew link python@3.14\n",
		RUNS, "bin/python3 is a file that is not Homebrew's", "3.14.6"},
	{"conflict-link",
		"in-the-way|broken: mv bin/python3, brew unlink python@3.14, brew link "
		"python@3.14\n",
		RUNS, "bin/python3 is a link to /usr/bin/python3, not Homebrew's", "3.14.6"},
	/* a living link of a person's own stays: the version is that of what it leads to */
	{"own-link", "own-link|current:\n", NULL, "a link of your own", "3.13.14_1"},
	{"own-link-dead",
		"own-link|broken: mv bin/python3, brew unlink python@3.14, brew link python@3.14\n",
		RUNS, "bin/python3 is a link of your own to", "3.14.6"},
	{"own-pip-dead",
		"links-missing|broken: mv bin/pip3, brew unlink python@3.14, brew link "
		"python@3.14\n",
		RUNS, "bin/pip3 is missing", "3.14.6"},
	{"keg-only", "keg-only|current:\n", NULL, "brew link --force python@3.14", "3.14.6"},
	{"keg-only-linked",
		"links-missing|broken: brew unlink python@3.14, brew link --force python@3.14\n",
		RUNS, NULL, "3.14.6"},
	{"pinned", "sound|current:\n", NULL, "pinned: brew unpin python@3.14", "3.14.6"},
	{"pin-stale",
		"var/homebrew/pinned/python@3.14 stale|broken: ln var/homebrew/pinned/python@3.14 "
		"../../../Cellar/python@3.14/3.14.6\nsound|current:\n",
		"leads to what is installed", NULL, "3.14.6"},
	{"opt-stale",
		"opt/python@3.13 stale|broken: ln opt/python@3.13 "
		"../Cellar/python@3.13/3.13.14_1\n"
		"opt/python@3.14 stale|broken: ln opt/python@3.14 ../Cellar/python@3.14/3.14.6\n"
		"sound|current:\n",
		"leads to what is installed", NULL, "3.14.6"},
	{"opt-missing",
		"opt/python@3.13 missing|broken: ln opt/python@3.13 "
		"../Cellar/python@3.13/3.13.14_1\nsound|current:\n",
		"leads to what is installed", NULL, "3.14.6"},
	{"cellar-away", "no-kegs|broken:\n", NULL, "is its disk mounted", ""},
};

/* Mend all, and see that nothing is left of it; the last proof. */
static void mend_and_prove(struct homebrew_world *w, const struct state *s, char *out_proof)
{
	SCOPED_CLEAR(findings_clear) struct findings after = {0};
	struct finding gone = {.item.outcome = OUTCOME_CURRENT};
	struct err e = {0};

	world_mend(w);
	world_look(w, &after);
	for (size_t i = 0; i < after.n_items; i++)
		if (after.items[i].mend.n_steps > 0)
			fail_msg("%s: still %s: %s", s->name, after.items[i].item.state,
				after.items[i].item.text);
	for (size_t i = 0; i < w->found.n_items; i++)
		if (w->found.items[i].is_mended &&
			!homebrew_updater.prove(&w->owner, &w->found.items[i], &gone, out_proof,
				RECORD_TEXT_MAX, &e))
			fail_msg("%s: %s", s->name, e.text);
	findings_clear(&after);
}

static void try_state(struct homebrew_world *w, const struct state *s)
{
	char proof[RECORD_TEXT_MAX] = "";

	world_build(w, s->name);
	world_look(w, &w->found);

	SCOPED_FREE char *found = world_found(w);
	SCOPED_FREE char *before = world_links(w);

	if (!text_equal(found, s->found))
		fail_msg("%s: found\n%s, not\n%s", s->name, found, s->found);
	assert_string_equal(w->summary.installed, s->installed);

	const char *text = w->found.items[w->found.n_items - 1].item.text;

	if (s->says && strstr(text, s->says) == NULL)
		fail_msg("%s: says \"%s\", not \"%s\"", s->name, text, s->says);
	assert_int_equal(world_brews(w), 0);
	if (s->proof) {
		mend_and_prove(w, s, proof);
		if (strstr(proof, s->proof) == NULL)
			fail_msg("%s: proved \"%s\", not \"%s\"", s->name, proof, s->proof);
		world_take_back(w);

		SCOPED_FREE char *after = world_links(w);

		if (!text_equal(before, after))
			fail_msg("%s: was\n%s, is after the undo\n%s", s->name, before, after);
		findings_clear(&w->found);
		world_look(w, &w->found);
		free(found);
		found = world_found(w);
		assert_string_equal(found, s->found);
	}
	world_clear(w);
}

static void each_state_is_found_mended_proved_and_undone(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		try_state(*state, &states[i]);
}

/* What only an install can mend is a step where the network may be used, and only there. */
static void a_moved_default_is_installed_under_upgrade(void **state)
{
	struct homebrew_world *w = *state;
	char proof[RECORD_TEXT_MAX] = "";
	struct err e = {0};

	world_build(w, "moved-default");
	world_shell(w, "$S/brew-prefix $P upstream python python@3.14 3.14.6 main && "
		       "mkdir -p $HOME/.cache/Homebrew/api && echo 'python3|python@3.12' "
		       ">$HOME/.cache/Homebrew/api/formula_aliases.txt && "
		       "echo 'python3|python@3.14' >$P.upstream/aliases");
	w->owner.mode = OWNER_UPGRADE;
	w->owner.may_upgrade = true;
	w->owner.may_refresh = true; /* else it would be one that is not there any more */
	world_look(w, &w->found);

	SCOPED_FREE char *found = world_found(w);

	assert_string_equal(found, "default-moved|broken: brew install python@3.14\n");
	assert_non_null(strstr(w->found.items[0].item.text, "brew install python@3.14 brings it"));
	world_mend(w);
	assert_true(homebrew_updater.prove(
		&w->owner, &w->found.items[0], &w->found.items[0], proof, sizeof(proof), &e));
	assert_non_null(strstr(proof, RUNS));
	world_clear(w);
}

static void a_busy_brew_is_waited_for(void **state)
{
	struct homebrew_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings after = {0};

	world_build(w, "record-stale");
	world_look(w, &w->found);
	world_shell(w, "(exec 9>$P/var/homebrew/locks/python@3.14.formula.lock; flock 9; "
		       "exec >/dev/null 2>&1; sleep 2) & sleep 0.2");
	world_mend(w);
	world_look(w, &after);
	assert_string_equal(after.items[0].item.state, "sound");
	findings_clear(&after);
	world_clear(w);
}

/* Of another user's prefix only what is broken is told, with whose it is; root passes it over. */
static void a_prefix_of_somebody_else_is_theirs(void **state)
{
	struct homebrew_world *w = *state;

	world_build(w, "record-stale");
	w->owner.person->uid++;
	world_look(w, &w->found);
	assert_int_equal(w->found.n_items, 1);
	assert_int_equal(w->found.items[0].mend.n_steps, 0);
	assert_int_equal(w->found.items[0].item.outcome, OUTCOME_BROKEN);
	assert_non_null(strstr(w->found.items[0].item.text,
		geteuid() == 0 ? "sudo chown -R ana " : "devupd repair homebrew-python"));
	findings_clear(&w->found);
	w->owner.by_root = true;
	world_look(w, &w->found);
	assert_int_equal(w->found.n_items, 0);
	world_shell(w, "chmod 0 $P/Cellar"); /* not even if it is closed to others */
	world_look(w, &w->found);
	assert_int_equal(w->found.n_items, 0);
	world_shell(w, "chmod 755 $P/Cellar");
	w->owner.person->uid--;
	world_clear(w);
}

/* Else its owner could have another run what lies there, by a link to anything of theirs. */
static void whose_a_prefix_is_no_link_of_its_cellar_tells(void **state)
{
	struct homebrew_world *w = *state;

	world_build(w, "healthy");
	world_shell(w, "mv $P/Cellar $P.away; ln -s / $P/Cellar");
	if (geteuid() == 0)
		world_shell(w, "chown -h 1 $P.away; ln -sfn $P.away $P/Cellar");
	assert_true(prefix_is_of(w->prefix, geteuid()));
	assert_false(prefix_is_of(w->prefix, geteuid() == 0 ? 1 : 0));
	if (geteuid() == 0) {
		world_shell(w, "chown 1 $P/bin/brew");
		assert_false(prefix_is_of(w->prefix, 0));
	}
	world_clear(w);
}

static void without_homebrew_nothing_is_found(void **state)
{
	struct homebrew_world *w = *state;

	world_look(w, &w->found);
	assert_int_equal(w->found.n_items, 0);
}

/* A prefix is told once, whichever ways lead to it. */
static void a_prefix_is_found_once(void **state)
{
	struct homebrew_world *w = *state;

	world_build(w, "healthy");
	world_shell(w, "ln -s $P $P/../.linuxbrew");
	assert_true(text_copy(
		w->owner.person->brew_prefix, sizeof(w->owner.person->brew_prefix), w->prefix));
	world_look(w, &w->found);
	assert_int_equal(w->found.n_items, 1);
	world_clear(w);
}

/* PREFIX/bin is first on PATH already: what is missing there no line of a start-up file brings. */
static void a_keg_only_python_is_not_told_of_path(void **state)
{
	struct homebrew_world *w = *state;

	world_build(w, "keg-only");
	world_look(w, &w->found);
	assert_non_null(strstr(w->found.items[0].item.text, "new terminals run"));
	assert_null(strstr(w->found.items[0].item.text, "shellenv"));
	world_clear(w);
}

/* brew passes over compiled Python, so nothing of it is in its way. */
static void what_brew_does_not_link_is_not_moved_aside(void **state)
{
	struct homebrew_world *w = *state;

	world_build(w, "record-stale");
	world_shell(w, "for d in $P/Cellar/python@3.14/3.14.6 $P; do "
		       "mkdir -p $d/lib/py $d/share/info; "
		       "touch $d/lib/py/x.pyc $d/share/info/dir; done");
	world_look(w, &w->found);

	SCOPED_FREE char *found = world_found(w);

	assert_string_equal(
		found, "links-missing|broken: brew unlink python@3.14, brew link python@3.14\n");
	world_clear(w);
}

/* A plan made of a part would move files aside, and brew would link nothing all the same. */
static void too_much_in_the_way_is_told_and_left(void **state)
{
	struct homebrew_world *w = *state;

	world_build(w, "not-linked");
	world_shell(w, "for d in $P/Cellar/python@3.14/3.14.6 $P; do mkdir -p $d/share/many; "
		       "(cd $d/share/many && seq 1001 | xargs touch); done");
	world_look(w, &w->found);

	SCOPED_FREE char *found = world_found(w);

	assert_string_equal(found, "in-the-way|broken:\n");
	assert_non_null(strstr(w->found.items[0].item.text,
		"too many files are in its way: brew link --overwrite --dry-run python@3.14"));
	world_clear(w);
}

static void a_prefix_below_the_home_is_found_and_named(void **state)
{
	struct homebrew_world *w = *state;

	free(w->recipe.prefix);
	w->recipe.prefix = strdup("~/brew");
	world_build(w, "record-stale");
	world_look(w, &w->found);
	assert_int_equal(w->found.n_items, 1);
	assert_true(text_starts(w->summary.text, "~/brew: bin/python3 is missing"));
	world_clear(w);
}

/* Whose it is concerns those whose terminals use it, also where all is well. */
static void a_sound_prefix_of_somebody_else_is_told_to_who_uses_it(void **state)
{
	struct homebrew_world *w = *state;
	struct person *p = w->owner.person;

	world_build(w, "healthy");
	p->uid++;
	world_look(w, &w->found);
	assert_int_equal(w->found.n_items, 0);
	assert_true(text_copy(p->brew_prefix, sizeof(p->brew_prefix), w->prefix));
	world_look(w, &w->found);
	assert_int_equal(w->found.n_items, 1);
	assert_string_equal(w->found.items[0].item.state, "not-yours");
	assert_int_equal(w->found.items[0].item.outcome, OUTCOME_CURRENT);
	assert_int_equal(w->found.items[0].mend.n_steps, 0);
	assert_non_null(strstr(w->found.items[0].item.text, "devupd upgrade homebrew-python"));
	p->uid--;
	p->brew_prefix[0] = '\0';
	world_clear(w);
}

static void the_doctor_is_told_where_python3_leads(void **state)
{
	struct homebrew_world *w = *state;
	char runs[PERSON_PATH_MAX];

	world_build(w, "healthy");
	w->owner.mode = OWNER_DOCTOR;
	world_look(w, &w->found);
	snprintf(runs, sizeof(runs), "%.900s/Cellar/python@3.14/3.14.6/bin/python3.14", w->prefix);
	assert_string_equal(w->found.items[0].runs, runs);
	assert_string_equal(w->found.items[0].version, "3.14.6");
	assert_string_equal(w->found.items[0].minor, "3.14");
	assert_string_equal(w->found.items[0].prefix, w->prefix);
	assert_non_null(strstr(w->found.items[0].item.text,
		"/opt/python@3.13/libexec/bin:$PATH\" makes python@3.13 python3"));
	world_clear(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, homebrew_world_make, homebrew_world_remove)
		TEST(each_state_is_found_mended_proved_and_undone),
		TEST(a_moved_default_is_installed_under_upgrade),
		TEST(a_busy_brew_is_waited_for),
		TEST(a_prefix_of_somebody_else_is_theirs),
		TEST(whose_a_prefix_is_no_link_of_its_cellar_tells),
		TEST(without_homebrew_nothing_is_found),
		TEST(a_prefix_is_found_once),
		TEST(a_keg_only_python_is_not_told_of_path),
		TEST(what_brew_does_not_link_is_not_moved_aside),
		TEST(too_much_in_the_way_is_told_and_left),
		TEST(a_prefix_below_the_home_is_found_and_named),
		TEST(a_sound_prefix_of_somebody_else_is_told_to_who_uses_it),
		TEST(the_doctor_is_told_where_python3_leads),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
