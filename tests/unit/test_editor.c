/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/editor/editor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "mend_world.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/jsonc.h"

/* Versions that no machine has: 3.96 is gone, 3.97 is the person's. */
#define CODE     ".config/Code/User/settings.json"
#define POSITRON ".config/Positron/User/settings.json"
#define OLD_SITE ".local/lib/python3.96/site-packages"
#define SITE     ".local/lib/python3.97/site-packages"
#define KEG_SITE "p/Cellar/python@3.97/3.97.0/lib/python3.97/site-packages"
#define OPT_SITE "p/opt/python@3.97/lib/python3.97/site-packages"

/* --- a home ---------------------------------------------------------------------------------- */

static void add_folder(const struct mend_world *w, const char *name)
{
	struct err e = {0};

	assert_true(fs_make_folders(at(w, name), 0755, &e));
}

static void add(const struct mend_world *w, const char *name, const char *text)
{
	char folder[PERSON_PATH_MAX];

	assert_true(text_copy(folder, sizeof(folder), name));
	if (strrchr(folder, '/') != NULL) {
		*strrchr(folder, '/') = '\0';
		add_folder(w, folder);
	}
	put(w, name, text);
}

static void add_program(const struct mend_world *w, const char *name, const char *text)
{
	add(w, name, text);
	assert_int_equal(chmod(at(w, name), 0755), 0);
}

static const char says_version[] = "#!/bin/sh\necho 3.97.1\n";

/* The home is the folder that names are of; a keg with its opt link, and a PATH with a python3. */
static int make(void **state)
{
	struct mend_world *w = NULL;

	if (world_make(state) != 0)
		return -1;
	w = *state;
	if (!text_copy(w->folder, sizeof(w->folder), w->person.home) ||
		!text_copy(
			w->person.config_home, sizeof(w->person.config_home), at(w, ".config")) ||
		!text_copy(w->person.search_path, sizeof(w->person.search_path), at(w, "p/bin")))
		return -1;
	add_program(w, "p/Cellar/python@3.97/3.97.1/bin/python3.97", says_version);
	add(w, "p/Cellar/python@3.97/3.97.1/lib/python3.97/site-packages/numpy/x.py", "");
	add_folder(w, "p/opt");
	add_folder(w, "p/bin");
	make_link(w, "p/opt/python@3.97", "../Cellar/python@3.97/3.97.1");
	make_link(w, "p/bin/python3.97", "../Cellar/python@3.97/3.97.1/bin/python3.97");
	make_link(w, "p/bin/python3", "../Cellar/python@3.97/3.97.1/bin/python3.97");
	return 0;
}

/* '@' in a text is the home. */
static char *fill(const struct mend_world *w, const char *text)
{
	struct buf out;

	buf_init(&out, 1 << 16);
	for (const char *s = text; *s != '\0'; s++)
		if (*s == '@' && s[1] == '/')
			buf_puts(&out, w->person.home);
		else
			buf_put(&out, s, 1);
	buf_puts(&out, "");
	return buf_move(&out);
}

/* --- looking --------------------------------------------------------------------------------- */

struct wish {
	const char *path;        /* NULL = the recipe's own */
	const char *interpreter; /* NULL = none */
	const char *editors;     /* one name; NULL = all */
	enum owner_mode mode;
};

static bool is_stopped(void *user)
{
	return ((struct mend_world *)user)->is_stopped;
}

static bool try_look(struct mend_world *w, struct wish wish, struct findings *out, struct err *e)
{
	struct recipe r = {.kind_of = RECIPE_EDITOR, .interpreter = (char *)wish.interpreter};
	struct owner o = {.recipe = &r,
		.person = &w->person,
		.mode = wish.mode,
		.is_stopped = is_stopped,
		.user = w};
	struct result summary;

	result_init(&summary);
	assert_true(words_set(&r.words, "home", w->person.home));
	assert_true(words_set(&r.words, "python", "3.97"));
	assert_true(strings_add(
		&r.paths, wish.path != NULL ? wish.path
					    : "${home}/.local/lib/python${python}/site-packages"));
	if (wish.editors != NULL)
		assert_true(strings_add(&r.editors, wish.editors));
	*out = (struct findings){0};
	*e = (struct err){0};

	bool ok = editor_updater.look(&o, out, &summary, e);

	words_clear(&r.words);
	strings_clear(&r.paths);
	strings_clear(&r.editors);
	result_clear(&summary);
	return ok;
}

static struct findings look(struct mend_world *w, struct wish wish)
{
	struct findings found;
	struct err e;

	if (!try_look(w, wish, &found, &e))
		fail_msg("%s", e.text);
	return found;
}

/* The i-th: "STATE OUTCOME: TEXT", the home in it as "@". */
static const char *told(const struct mend_world *w, const struct findings *found, size_t i)
{
	static char out[3000];
	const struct item *item = &found->items[i].item;
	size_t n = strlen(w->person.home);

	assert_true(i < found->n_items);
	snprintf(out, sizeof(out), "%s %s: ", item->state, outcome_token(item->outcome));
	for (const char *s = item->text; *s != '\0'; s++) {
		bool is_home = text_starts(s, w->person.home);

		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%c", is_home ? '@' : *s);
		s += is_home ? n - 1 : 0;
	}
	return out;
}

static void file_is(const struct mend_world *w, const char *name, const char *text)
{
	SCOPED_FREE char *expected = fill(w, text);
	SCOPED_FREE char *real = realpath(at(w, name), NULL);
	SCOPED_FREE char *found = NULL;
	struct err e = {0};

	assert_true(fs_read(real, 1 << 20, &found, NULL, &e));
	assert_string_equal(found, expected);
}

static void proved(struct mend_world *w, const struct finding *before, const char *expected)
{
	struct owner o = {.person = &w->person};
	char proof[RECORD_TEXT_MAX];
	struct err e = {0};

	if (!editor_updater.prove(&o, before, before, proof, sizeof(proof), &e))
		fail_msg("%s", e.text);
	assert_string_equal(proof, expected);
}

/*
 * The whole story of one file, the first that is found: found and told, planned exactly so, taken,
 * proved, sound on the second look, undone, found again.
 */
static void story(struct mend_world *w, struct wish wish, const char *name, const char *before,
	const char *after, const char *expected, const char *proof)
{
	SCOPED_FREE char *text = fill(w, before);
	SCOPED_FREE char *planned = fill(w, after);
	SCOPED_CLEAR(findings_clear) struct findings first = {0}, taken = {0}, second = {0};
	SCOPED_CLEAR(findings_clear) struct findings again = {0};
	struct err e;

	add(w, name, text);
	first = look(w, wish);
	assert_string_equal(told(w, &first, 0), expected);
	assert_string_equal(first.items[0].item.path, at(w, name));
	assert_int_equal(first.items[0].mend.n_steps, 1);

	const struct mend_step *step = first.items[0].mend.steps;

	assert_int_equal(step->type, MEND_WRITE);
	assert_string_equal(step->was, sha_of(text));
	assert_int_equal(step->len, strlen(planned));
	assert_memory_equal(step->bytes, planned, step->len);
	file_is(w, name, before);

	taken = look(w, wish);
	if (!world_take(w, &taken.items[0].mend, 0, &e))
		fail_msg("%s", e.text);
	file_is(w, name, after);
	proved(w, &first.items[0], proof);
	second = look(w, wish);
	assert_string_equal(told(w, &second, 0), "sound current: ");
	assert_int_equal(second.items[0].mend.n_steps, 0);
	world_undo(w, false);
	assert_int_equal(w->n_done, 1);
	file_is(w, name, before);
	again = look(w, wish);
	assert_string_equal(told(w, &again, 0), expected);
}

/* --- stories --------------------------------------------------------------------------------- */

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
		"reads well, 1 import path there");
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
		"reads well, 2 import paths there");
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
		"reads well, 0 import paths there");
}

static void test_two_stale(void **state)
{
	/* both become the same: the second goes, and what is behind it keeps its place */
	story(*state, plain, CODE,
		"{\n  \"python.analysis.extraPaths\": [\n    \"@/" KEG_SITE "\",\n"
		"    \"@/p/Cellar/python@3.96/3.96.2/lib/python3.96/site-packages\",\n"
		"    7,\n    \"@/" KEG_SITE "/numpy\"\n  ]\n}\n",
		"{\n  \"python.analysis.extraPaths\": [\n    \"@/" OPT_SITE "\",\n"
		"    7,\n    \"@/" KEG_SITE "/numpy\"\n  ]\n}\n",
		"cellar broken: ~/" KEG_SITE " -> ~/" OPT_SITE " (its Cellar folder is gone); "
		"~/p/Cellar/python@3.96/3.96.2/lib/python3.96/site-packages removed, there is "
		"~/" OPT_SITE " (its Cellar folder is gone; what it held can't be read any more, "
		"so the same place is taken)",
		"reads well, 1 import path there");
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
		"reads well, 1 import path there");
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
		"reads well, 0 import paths there, the default interpreter runs: 3.97.1");
}

static void test_interpreter_set(void **state)
{
	struct mend_world *w = *state;

	add(w, "v/pyvenv.cfg", "");
	add_program(w, "v/bin/python", says_version);
	story(w, (struct wish){.interpreter = "${home}/v"}, CODE, "{}\n",
		"{\n    \"python.defaultInterpreterPath\": \"@/v/bin/python\"\n}\n",
		"no-interpreter broken: default interpreter: ~/v/bin/python",
		"reads well, 0 import paths there, the default interpreter runs: 3.97.1");
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
			"reads well, 1 import path there");
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
		assert_string_equal(told(w, &found, i), "missing-path broken: ~/" SITE " added");
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
	file_is(w, CODE,
		"{\n    \"python.analysis.extraPaths\": [\n        \"@/" SITE "\"\n    ]\n}\n");
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
		"{\n    \"python.analysis.extraPaths\": [\n        \"@/" SITE "\"\n    ],\n"
		"    \"python.pyrefly.extraSearchPaths\": [\n        \"@/" SITE "\"\n    ]\n}\n");
	second = look(w, plain);
	assert_string_equal(told(w, &second, 0), "sound current: ");
	assert_string_equal(told(w, &second, 1), "sound current: ");
}

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
	assert_int_equal(broken.items[0].item.outcome, OUTCOME_FAILED);
	assert_string_equal(broken.items[0].item.state, "unreadable");
	assert_non_null(strstr(broken.items[0].item.text, "/settings.json:3:3: "));
	assert_non_null(strstr(broken.items[0].item.text, "; left alone"));
	assert_int_equal(broken.items[0].mend.n_steps, 0);
	file_is(w, CODE, "{\n  \"a\": 1\n  \"b\": 2\n}\n");

	assert_int_equal(unlink(at(w, CODE)), 0);
	make_link(w, CODE, "nowhere");
	lost = look(w, plain);
	assert_string_equal(told(w, &lost, 0),
		"unreadable failed: @/" CODE
		" can't be followed: No such file or directory; left alone");

	assert_int_equal(unlink(at(w, CODE)), 0);
	assert_int_equal(mkfifo(at(w, CODE), 0600), 0);
	fifo = look(w, plain);
	assert_string_equal(
		told(w, &fifo, 0), "unreadable failed: @/" CODE " is no plain file; left alone");

	assert_int_equal(unlink(at(w, CODE)), 0);
	put(w, CODE, "");
	assert_int_equal(truncate(at(w, CODE), JSONC_TEXT_MAX + 1), 0);
	big = look(w, plain);
	assert_string_equal(told(w, &big, 0),
		"unreadable failed: @/" CODE
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
	assert_string_equal(found.items[1].item.path, "/v/gone/lib/python3.97/site-packages");
	assert_string_equal(told(w, &found, 1),
		"removed-venv broken: python.analysis.extraPaths: its environment was removed; "
		"nothing that lasts is known to hold the same packages in ~/" CODE ", left alone");
	assert_string_equal(told(w, &found, 2),
		"interpreter broken: python.defaultInterpreterPath: its environment was removed; "
		"nothing is known that would run the same packages in ~/" CODE ", left alone");
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
		"no-list broken: python.analysis.extraPaths is no list (line 2, column 32): not "
		"put in in ~/" CODE ", left alone");
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
		const char *text, *prefix, *minor, *runs, *through;
	} rows[] = {
		{"{}", "", "", "p/bin/python3", "PATH of a new terminal"},
		{"{\"python.analysis.extraPaths\": [\"@/" SITE "\"]}", "p", "3.97", "p/bin/python3",
			"PATH of a new terminal"},
		{"{\"python.analysis.extraPaths\": [\"@/p/lib/python3.95/site-packages/x\"]}", "p",
			"3.95", "p/bin/python3", "PATH of a new terminal"},
		{"{\"python.defaultInterpreterPath\": \"@/p/opt/python@3.97/bin/python3.97\"}", "p",
			"3.97", "p/opt/python@3.97/bin/python3.97",
			"setting python.defaultInterpreterPath"},
		{"{\"python.defaultInterpreterPath\": \"@/v\"}", "p", "3.97", "v/bin/python",
			"setting python.defaultInterpreterPath"},
		{"{\"python.analysis.extraPaths\": [\"@/v/lib/python3.97/site-packages\"]}", "p",
			"3.97", "p/bin/python3", "PATH of a new terminal"},
	};
	struct mend_world *w = *state;

	add(w, "v/pyvenv.cfg", "");
	add_folder(w, "v/bin");
	add_folder(w, "v/lib/python3.97/site-packages");
	make_link(w, "v/bin/python", at(w, "p/bin/python3.97"));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		SCOPED_FREE char *text = fill(w, rows[i].text);
		SCOPED_CLEAR(findings_clear) struct findings found = {0};

		add(w, CODE, text);
		found = look(w, (struct wish){.mode = OWNER_DOCTOR});

		const struct finding *f = &found.items[0];

		assert_string_equal(
			f->prefix, rows[i].prefix[0] != '\0' ? at(w, rows[i].prefix) : "");
		assert_string_equal(f->minor, rows[i].minor);
		assert_string_equal(f->noun, "editor");
		assert_int_equal(f->weight, 1);
		assert_string_equal(f->who, "code");
		assert_string_equal(f->runs, at(w, rows[i].runs));
		assert_string_equal(f->version, "3.97.1");
		assert_string_equal(f->through, rows[i].through);
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

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, world_remove)

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
		CASE(test_changed_between),
		CASE(test_unreadable),
		CASE(test_left),
		CASE(test_no_list),
		CASE(test_whose),
		CASE(test_wanted),
		CASE(test_rests_on),
		CASE(test_prove_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
