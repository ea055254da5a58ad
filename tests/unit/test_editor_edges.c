/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is left alone, refused or told. */
#include "updaters/editor/editor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "editor_world.h"
#include "updaters/lib/jsonc.h"

static const struct wish plain = {.mode = OWNER_REPAIR};

static void test_changed_between(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	struct err e;

	add(w, SITE "/six.py", "");
	add(w, CODE, "{}\n");
	found = look(w, plain);
	put(w, CODE, "{\"mine\": 1}\n");
	assert_false(world_take(w, &found.items[0].mend, 0, &e));
	assert_int_equal(e.code, ERR_BUSY);
	file_is(w, CODE, "{\"mine\": 1}\n");
}

static void test_unreadable(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings broken = {0}, lost = {0}, fifo = {0};
	SCOPED_CLEAR(findings_clear) struct findings big = {0};

	add(w, SITE "/six.py", "");
	add(w, CODE, "{\n  \"a\": 1\n  \"b\": 2\n}\n");
	broken = look(w, plain);
	assert_int_equal(broken.n_items, 1);
	/* the others are none the worse for it */
	assert_int_equal(broken.items[0].item.outcome, OUTCOME_BROKEN);
	assert_string_equal(broken.items[0].item.state, "unreadable");
	assert_non_null(strstr(broken.items[0].item.text, "/settings.json:3:3: "));
	assert_non_null(
		strstr(broken.items[0].item.text, "; left alone until you have put that right"));
	assert_int_equal(broken.items[0].mend.n_steps, 0);
	file_is(w, CODE, "{\n  \"a\": 1\n  \"b\": 2\n}\n");

	assert_int_equal(unlink(at(w, CODE)), 0);
	make_link(w, CODE, "nowhere");
	lost = look(w, plain);
	assert_string_equal(told(w, &lost, 0),
		"unreadable broken: @/" CODE
		" can't be followed: No such file or directory; left alone");

	assert_int_equal(unlink(at(w, CODE)), 0);
	assert_int_equal(mkfifo(at(w, CODE), 0600), 0);
	fifo = look(w, plain);
	assert_string_equal(
		told(w, &fifo, 0), "unreadable broken: @/" CODE " is no plain file; left alone");

	assert_int_equal(unlink(at(w, CODE)), 0);
	put(w, CODE, "");
	assert_int_equal(truncate(at(w, CODE), JSONC_TEXT_MAX + 1), 0);
	big = look(w, plain);
	assert_string_equal(told(w, &big, 0),
		"unreadable broken: @/" CODE
		" has 4194305 bytes, more than the 4194304 allowed; left alone");
}

/* What can't be put right is an item of its own, and what can is mended all the same. */
static void test_left(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0}, second = {0};
	struct err e;

	add(w, CODE,
		"{\"python.analysis.extraPaths\": [\"/v/gone/lib/python3.97/site-packages\"],\n"
		"\"python.defaultInterpreterPath\": \"/v/gone/bin/python\"}");
	add(w, SITE "/six.py", "");
	found = look(w, plain);
	assert_int_equal(found.n_items, 3);
	assert_string_equal(told(w, &found, 0), "missing-path broken: ~/" SITE " added");
	assert_string_equal(found.items[1].item.path, at(w, CODE ":1"));
	assert_string_equal(told(w, &found, 1),
		"removed-venv broken: \"/v/gone/lib/python3.97/site-packages\" in "
		"python.analysis.extraPaths: its environment was removed; nothing that lasts is "
		"known to hold the same packages; remove it, or type: python3 -m venv '/v/gone'");
	assert_string_equal(found.items[2].item.path, at(w, CODE ":2"));
	assert_string_equal(told(w, &found, 2),
		"interpreter broken: \"/v/gone/bin/python\" in python.defaultInterpreterPath: its "
		"environment was removed; nothing is known that would run the same packages; "
		"remove it, or type: python3 -m venv '/v/gone'");
	if (!world_take(w, &found.items[0].mend, 0, &e))
		fail_msg("%s", e.text);
	second = look(w, plain);
	assert_int_equal(second.n_items, 3);
	assert_string_equal(told(w, &second, 0), "sound current: ");
}

static void test_no_list(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};

	add(w, SITE "/six.py", "");
	add(w, CODE, "{\n \"python.analysis.extraPaths\": \"x\"\n}");
	found = look(w, plain);
	assert_int_equal(found.n_items, 2);
	assert_string_equal(told(w, &found, 0), "sound current: ");
	assert_string_equal(told(w, &found, 1),
		"no-list broken: python.analysis.extraPaths is no list (line 2, column 32), so "
		"~/" SITE " is not put in; make it one, or remove it");
	assert_string_equal(found.items[1].item.path, at(w, CODE ":2"));
}

static void test_whose(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0}, sound = {0};
	char expected[1024], name[64];

	person_name_of(w->person.uid, name, sizeof(name));
	w->person.uid++;
	add(w, CODE, "{}");
	sound = look(w, plain);
	assert_string_equal(told(w, &sound, 0), "sound current: ");
	add(w, SITE "/six.py", "");
	found = look(w, plain);
	w->person.uid--;
	snprintf(expected, sizeof(expected),
		"missing-path broken: ~/" SITE " added: belongs to %s: sudo chown ana: '@/" CODE
		"'",
		name);
	assert_string_equal(told(w, &found, 0), expected);
	assert_int_equal(found.items[0].mend.n_steps, 0);
}

static void test_wanted(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	struct err e;

	add(w, CODE, "{}");
	found = look(w, (struct wish){.editors = "positron"});
	assert_int_equal(found.n_items, 0);
	assert_false(try_look(w, (struct wish){.editors = "emacs"}, &found, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	assert_string_equal(e.text, "editors: emacs is none of code, code-insiders, vscodium, "
				    "vscodium-insiders, positron, cursor");
	w->is_stopped = true;
	assert_false(try_look(w, plain, &found, &e));
	assert_int_equal(e.code, ERR_EDITOR);
}

/* What an upgrade of Homebrew would break, and what doctor tells. */
static void test_rests_on(void **state)
{
	static const struct {
		const char *text, *prefix, *minor, *runs, *version, *through;
	} rows[] = {
		{"{}", "", "", "p/bin/python3", "3.97.1", "PATH of a new terminal"},
		{"{\"python.analysis.extraPaths\": [\"@/" SITE "\"]}", "p", "3.97", "p/bin/python3",
			"3.97.1", "PATH of a new terminal"},
		{"{\"python.analysis.extraPaths\": [\"@/p/lib/python3.95/site-packages/x\"]}", "p",
			"3.95", "p/bin/python3", "3.97.1", "PATH of a new terminal"},
		{"{\"python.defaultInterpreterPath\": \"@/p/opt/python@3.97/bin/python3.97\"}", "",
			"", "p/opt/python@3.97/bin/python3.97", "3.97.1",
			"setting python.defaultInterpreterPath"},
		{"{\"python.defaultInterpreterPath\": \"@/v\"}", "p", "3.97", "v/bin/python",
			"3.97.1", "setting python.defaultInterpreterPath"},
		{"{\"python.analysis.extraPaths\": [\"@/v/lib/python3.97/site-packages\"]}", "p",
			"3.97", "p/bin/python3", "3.97.1", "PATH of a new terminal"},
		/* told as it is, not as it will be */
		{"{\"python.defaultInterpreterPath\": "
		 "\"@/p/Cellar/python@3.97/3.97.0/bin/python3.97\"}",
			"", "", "p/Cellar/python@3.97/3.97.0/bin/python3.97", "3.97.0",
			"setting python.defaultInterpreterPath"},
	};
	struct mend_world *w = *state;

	add(w, "v/pyvenv.cfg", "");
	add_folder(w, "v/bin");
	add_folder(w, "v/lib/python3.97/site-packages");
	make_link(w, "v/bin/python", at(w, "p/bin/python3"));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		SCOPED_FREE char *text = fill(w, rows[i].text);
		SCOPED_CLEAR(findings_clear) struct findings found = {0}, told_doctor = {0};

		add(w, CODE, text);
		found = look(w, plain);

		const struct finding *f = &found.items[0];

		assert_string_equal(
			f->prefix, rows[i].prefix[0] != '\0' ? at(w, rows[i].prefix) : "");
		assert_string_equal(f->minor, rows[i].minor);
		assert_string_equal(f->noun, "editor");
		assert_int_equal(f->weight, 1);
		assert_string_equal(f->runs, "");
		told_doctor = look(w, (struct wish){.mode = OWNER_DOCTOR});
		f = &told_doctor.items[0];
		assert_string_equal(f->who, "code");
		assert_string_equal(f->runs, at(w, rows[i].runs));
		assert_string_equal(f->version, rows[i].version);
		assert_string_equal(f->minor, "3.97");
		assert_string_equal(f->through, rows[i].through);
	}
}

/* Why an editor runs another python than a terminal; its paths are no matter of doctor's. */
static void test_doctor_tells_why(void **state)
{
	static const struct {
		const char *value, *told;
	} rows[] = {
		{"@/p/bin/python3", "sound current: "},
		{"@/p/bin/python3.95",
			"sound current: its own choice; to have the terminal's, set "
			"\"python.defaultInterpreterPath\": \"@/p/bin/python3\" in ~/" CODE},
		{"@/p/Cellar/python@3.97/3.97.0/bin/python3.97",
			"cellar broken: ~/p/Cellar/python@3.97/3.97.0/bin/python3.97 -> "
			"~/p/opt/python@3.97/bin/python3.97 (its Cellar folder is gone): devupd "
			"repair "
			"editor-paths"},
		{"/v/gone/bin/python",
			"interpreter broken: \"/v/gone/bin/python\" in "
			"python.defaultInterpreterPath: its environment was removed; nothing is "
			"known "
			"that would run the same packages; remove it, or type: python3 -m venv "
			"'/v/gone'"},
	};
	struct mend_world *w = *state;

	add(w, SITE "/six.py", "");
	add_program(w, "p/bin/python3.95", EDITOR_PYTHON);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		SCOPED_CLEAR(findings_clear) struct findings found = {0};
		SCOPED_FREE char *value = fill(w, rows[i].value);
		char text[2048];

		snprintf(text, sizeof(text), "{\"python.defaultInterpreterPath\": \"%s\"}", value);
		add(w, CODE, text);
		found = look(w, (struct wish){.mode = OWNER_DOCTOR});
		assert_int_equal(found.n_items, 1);
		assert_string_equal(told(w, &found, 0), rows[i].told);
	}
}

/* Proof is refused where the write had no effect. */
static void test_prove_refuses(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	struct owner o = {.person = &w->person};
	char proof[RECORD_TEXT_MAX];
	struct err e = {0};

	add(w, SITE "/six.py", "");
	add(w, CODE, "{}");
	found = look(w, plain);
	assert_false(editor_updater.prove(
		&o, &found.items[0], &found.items[0], proof, sizeof(proof), &e));
	assert_int_equal(e.code, ERR_EDITOR);
	put(w, CODE, "{");
	assert_false(editor_updater.prove(
		&o, &found.items[0], &found.items[0], proof, sizeof(proof), &e));
	assert_int_equal(e.code, ERR_PARSE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, editor_make, world_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_changed_between),
		CASE(test_unreadable),
		CASE(test_left),
		CASE(test_no_list),
		CASE(test_whose),
		CASE(test_wanted),
		CASE(test_rests_on),
		CASE(test_doctor_tells_why),
		CASE(test_prove_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
