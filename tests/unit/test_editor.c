/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each rule, from found to undone. */
#include "updaters/editor/editor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "editor_world.h"

static const struct wish plain = {.mode = OWNER_REPAIR};

static void test_cellar(void **state)
{
	/* CRLF, a BOM, comments, a trailing comma: all stay */
	story(*state, plain, CODE,
		"\xef\xbb\xbf// mine\r\n{\r\n  \"a\": 1, // one\r\n"
		"  \"python.analysis.extraPaths\": [\r\n    \"./src\", // here\r\n"
		"    \"@/" KEG_SITE "\", // numpy\r\n    \"@/gone\",\r\n  ],\r\n}\r\n",
		"\xef\xbb\xbf// mine\r\n{\r\n  \"a\": 1, // one\r\n"
		"  \"python.analysis.extraPaths\": [\r\n    \"./src\", // here\r\n"
		"    \"@/" OPT_SITE "\", // numpy\r\n    \"@/gone\",\r\n  ],\r\n}\r\n",
		"cellar broken: ~/" KEG_SITE " -> ~/" OPT_SITE " (its Cellar folder is gone)",
		"reads well, 1 of its paths is there");
}

static void test_old_minor(void **state)
{
	struct mend_world *w = *state;

	add(w, SITE "/numpy-2.dist-info/RECORD", "");
	story(w, plain, CODE,
		"{\"python.analysis.extraPaths\": [\"@/" OLD_SITE "\", \"/usr\"], \"z\": 1}",
		"{\"python.analysis.extraPaths\": [\"@/" SITE "\", \"/usr\"], \"z\": 1}",
		"old-minor broken: ~/" OLD_SITE " -> ~/" SITE " (Python 3.96 is gone; what it held "
		"can't be read any more, so the same place is taken)",
		"reads well, 2 of its paths are there");
}

/* What would be listed twice goes instead; of equal keys the last is the one that counts. */
static void test_twice(void **state)
{
	story(*state, plain, CODE,
		"{\n\t\"python.analysis.extraPaths\": [\"@/" KEG_SITE "\"],\n"
		"\t\"python.analysis.extraPaths\": [\n\t\t\"~/" OPT_SITE "/\",\n"
		"\t\t\"@/" KEG_SITE "\"\n\t]\n}\n",
		"{\n\t\"python.analysis.extraPaths\": [\"@/" KEG_SITE "\"],\n"
		"\t\"python.analysis.extraPaths\": [\n\t\t\"~/" OPT_SITE "/\"\n\t]\n}\n",
		"cellar broken: ~/" KEG_SITE " removed, there is ~/" OPT_SITE
		" (its Cellar folder is gone)",
		"reads well, 0 of its paths are there");
}

static void test_two_stale(void **state)
{
	/* both become the same: the second goes, and what is behind it keeps its place */
	story(*state, plain, CODE,
		"{\n  \"python.analysis.extraPaths\": [\n    \"@/" KEG_SITE "\",\n"
		"    \"@/p/Cellar/python@3.96/3.96.2/lib/python3.96/site-packages\",\n"
		"    7,\n    \"@/" KEG_SITE "/torch\"\n  ]\n}\n",
		"{\n  \"python.analysis.extraPaths\": [\n    \"@/" OPT_SITE "\",\n"
		"    7,\n    \"@/" KEG_SITE "/torch\"\n  ]\n}\n",
		"cellar broken: ~/" KEG_SITE " -> ~/" OPT_SITE " (its Cellar folder is gone); "
		"~/p/Cellar/python@3.96/3.96.2/lib/python3.96/site-packages removed, there is "
		"~/" OPT_SITE " (its Cellar folder is gone; what it held can't be read any more, "
		"so the same place is taken)",
		"reads well, 1 of its paths is there");
}

static void test_legacy(void **state)
{
	story(*state, plain, POSITRON,
		"{\n    \"python.analysis.extraPaths\": [\"@/" KEG_SITE "\", \"@/gone\", \"./x\"]\n"
		"}\n",
		"{\n    \"python.analysis.extraPaths\": [\"@/" KEG_SITE
		"\", \"@/gone\", \"./x\"],\n"
		"    \"python.pyrefly.extraSearchPaths\": [\n        \"@/" OPT_SITE "\"\n    ]\n"
		"}\n",
		"legacy-key broken: ~/" OPT_SITE
		" added (python.analysis.extraPaths is not read any more)",
		"reads well, 1 of its paths is there");
}

static void test_interpreter(void **state)
{
	struct mend_world *w = *state;

	story(w, plain, POSITRON,
		"{ \"python.defaultInterpreterPath\": "
		"\"@/p/Cellar/python@3.97/3.97.0/bin/python3.97\",\n"
		"  \"python.interpreters.include\": [\"@/p/Cellar/python@3.97/3.97.0/bin\"] }",
		"{ \"python.defaultInterpreterPath\": \"@/p/opt/python@3.97/bin/python3.97\",\n"
		"  \"python.interpreters.include\": [\"@/p/opt/python@3.97/bin\"] }",
		"cellar broken: ~/p/Cellar/python@3.97/3.97.0/bin -> ~/p/opt/python@3.97/bin (its "
		"Cellar folder is gone); ~/p/Cellar/python@3.97/3.97.0/bin/python3.97 -> "
		"~/p/opt/python@3.97/bin/python3.97 (its Cellar folder is gone)",
		"reads well, 1 of its paths is there, the default interpreter runs: 3.97.1");
}

static void test_interpreter_set(void **state)
{
	struct mend_world *w = *state;

	add(w, "v/pyvenv.cfg", "");
	add_program(w, "v/bin/python", EDITOR_PYTHON);
	story(w, (struct wish){.interpreter = "${home}/v"}, CODE, "{}\n",
		"{\"python.defaultInterpreterPath\": \"@/v/bin/python\"}\n",
		"no-interpreter broken: default interpreter: ~/v/bin/python",
		"reads well, 0 of its paths are there, the default interpreter runs: 3.97.1");
}

/* Each editor by its own folder and key. */
static void test_editors(void **state)
{
	static const struct {
		const char *file, *editors, *key;
	} rows[] = {
		{CODE, "code", "python.analysis.extraPaths"},
		{".config/Code - Insiders/User/settings.json", "code-insiders",
			"python.analysis.extraPaths"},
		{".config/VSCodium/User/settings.json", "vscodium", "python.analysis.extraPaths"},
		{".config/VSCodium - Insiders/User/settings.json", "vscodium-insiders",
			"python.analysis.extraPaths"},
		{POSITRON, "positron", "python.pyrefly.extraSearchPaths"},
		{".config/Cursor/User/settings.json", "cursor", "python.analysis.extraPaths"},
	};
	struct mend_world *w = *state;
	char before[256], after[512];

	add(w, SITE "/six.py", "");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct wish wish = {.editors = rows[i].editors};

		snprintf(before, sizeof(before), "{\n  \"n\": %zu\n}\n", i);
		snprintf(after, sizeof(after),
			"{\n  \"n\": %zu,\n  \"%s\": [\n    \"@/%s\"\n  ]\n}\n", i, rows[i].key,
			SITE);
		story(w, wish, rows[i].file, before, after, "missing-path broken: ~/" SITE " added",
			"reads well, 1 of its paths is there");
	}
}

static void test_flatpak_profile(void **state)
{
	struct mend_world *w = *state;

	add(w, SITE "/six.py", "");
	add_folder(w, ".config/VSCodium/User/profiles/none");
	add(w, ".config/VSCodium/User/profiles/5f1c/settings.json", "");
	add(w, ".config/VSCodium/User/settings.json", "{}");
	add(w, ".var/app/com.vscodium.codium/config/VSCodium/User/settings.json", "// x\n");

	SCOPED_CLEAR(findings_clear)
	struct findings found = look(w, (struct wish){.mode = OWNER_DOCTOR});

	assert_int_equal(found.n_items, 3);
	assert_string_equal(found.items[0].who, "vscodium");
	assert_string_equal(found.items[1].who, "vscodium profile 5f1c");
	assert_string_equal(found.items[2].who, "vscodium flatpak");
	for (size_t i = 0; i < found.n_items; i++)
		assert_string_equal(told(w, &found, i), "sound current: ");
}

/* A path is added only where its folder holds packages, and once. */
static void test_not_added(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings none = {0}, empty = {0}, listed = {0};

	add(w, CODE, "{}");
	none = look(w, plain);
	assert_string_equal(told(w, &none, 0), "sound current: ");
	add_folder(w, SITE "/__pycache__");
	empty = look(w, plain);
	assert_string_equal(told(w, &empty, 0), "sound current: ");
	add(w, SITE "/six.py", "");
	add(w, CODE, "{\"python.analysis.extraPaths\":[\"${userHome}/" SITE "/\"]}");
	listed = look(w, plain);
	assert_string_equal(told(w, &listed, 0), "sound current: ");
}

static void test_no_settings(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings nobody = {0}, nothing = {0}, found = {0};
	struct err e;

	nobody = look(w, plain);
	assert_int_equal(nobody.n_items, 0);
	add_folder(w, ".config/Code/User");
	nothing = look(w, plain);
	assert_string_equal(told(w, &nothing, 0), "no-settings current: ");
	assert_int_equal(nothing.items[0].mend.n_steps, 0);
	add(w, SITE "/six.py", "");
	found = look(w, plain);
	assert_string_equal(told(w, &found, 0), "missing-path broken: ~/" SITE " added");
	assert_null(found.items[0].mend.steps->was);
	if (!world_take(w, &found.items[0].mend, 0, &e))
		fail_msg("%s", e.text);
	file_is(w, CODE,
		"{\n    \"python.analysis.extraPaths\": [\n        \"@/" SITE "\"\n    ]\n}\n");
	world_undo(w, false);
	assert_string_equal(seen(w, CODE), "");
}

/* A link is followed and stays; so does the mode. */
static void test_link(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	struct stat st;
	struct err e;

	add(w, SITE "/six.py", "");
	add(w, "dotfiles/code.json", "{}\n");
	assert_int_equal(chmod(at(w, "dotfiles/code.json"), 0600), 0);
	add_folder(w, ".config/Code/User");
	make_link(w, CODE, "../../../dotfiles/code.json");
	found = look(w, plain);
	if (!world_take(w, &found.items[0].mend, 0, &e))
		fail_msg("%s", e.text);
	assert_string_equal(seen(w, CODE), "-> ../../../dotfiles/code.json");
	file_is(w, CODE, "{\"python.analysis.extraPaths\": [\"@/" SITE "\"]}\n");
	assert_int_equal(stat(at(w, "dotfiles/code.json"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

/* Two editors with one file by a link: the second is planned on top of the first. */
static void test_one_file(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0}, second = {0};
	struct err e;

	add(w, SITE "/six.py", "");
	add(w, CODE, "{}\n");
	add_folder(w, ".config/Positron/User");
	make_link(w, POSITRON, "../../Code/User/settings.json");
	found = look(w, plain);
	assert_int_equal(found.n_items, 2);
	for (size_t i = 0; i < 2; i++)
		if (!world_take(w, &found.items[i].mend, 0, &e))
			fail_msg("%s", e.text);
	file_is(w, CODE,
		"{\"python.analysis.extraPaths\": [\"@/" SITE
		"\"], \"python.pyrefly.extraSearchPaths\": [\"@/" SITE "\"]}\n");
	second = look(w, plain);
	assert_string_equal(told(w, &second, 0), "sound current: ");
	assert_string_equal(told(w, &second, 1), "sound current: ");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, editor_make, world_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_cellar),
		CASE(test_old_minor),
		CASE(test_twice),
		CASE(test_two_stale),
		CASE(test_legacy),
		CASE(test_interpreter),
		CASE(test_interpreter_set),
		CASE(test_editors),
		CASE(test_flatpak_profile),
		CASE(test_not_added),
		CASE(test_no_settings),
		CASE(test_link),
		CASE(test_one_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
