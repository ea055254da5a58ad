/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/interpreter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/child.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

/* Each test has a folder of its own; its real path, as links are told by those. */
static char root[PATH_MAX];

static void run(const char *const *argv)
{
	struct child_spec spec = {.argv = argv};
	struct err e = {0};
	int status = -1;
	pid_t pid = 0;

	if (!child_start(&spec, &pid, &e) || !child_wait(pid, &status, &e) || status != 0)
		fail_msg("%s: status %d %s", argv[0], status, e.text);
}

static int make_folder(void **state)
{
	char folder[] = "/tmp/test_interpreter.XXXXXX";

	(void)state;
	return mkdtemp(folder) == NULL || chmod(folder, 0755) != 0 ||
	       realpath(folder, root) == NULL;
}

static int remove_folder(void **state)
{
	const char *const argv[] = {"/bin/rm", "-rf", root, NULL};

	(void)state;
	run(argv);
	return 0;
}

/* A path below the folder; several live at once. */
static const char *at(const char *below)
{
	static char paths[8][PATH_MAX];
	static unsigned turn;
	char *path = paths[turn++ % ARRAY_SIZE(paths)];

	assert_true(fs_join(path, PATH_MAX, root, below));
	return path;
}

static void make_parents(const char *path)
{
	char folder[PATH_MAX];
	struct err e = {0};

	assert_true(text_copy(folder, sizeof(folder), path));
	*strrchr(folder, '/') = '\0';
	if (!fs_make_folders(folder, 0755, &e))
		fail_msg("%s", e.text);
}

static void put(const char *below, mode_t mode, const char *text)
{
	struct err e = {0};

	make_parents(at(below));
	if (!fs_replace(at(below), text, strlen(text), mode, &e))
		fail_msg("%s", e.text);
}

static void put_program(const char *below)
{
	put(below, 0755, "#!/bin/sh\n");
}

static void put_link(const char *below, const char *words)
{
	make_parents(at(below));
	assert_int_equal(symlink(words, at(below)), 0);
}

static void make_prefix(const char *layout)
{
	const char *const argv[] = {
		"/bin/sh", DEVUPD_FIXTURES "/brew/prefix-layout.sh", at("p"), layout, NULL};

	run(argv);
}

static struct interpreter look(const char *below, bool is_there)
{
	struct interpreter i;

	assert_int_equal(interpreter_look(at(below), &i), is_there);
	assert_int_equal(i.is_executable, is_there);
	assert_string_equal(i.path, at(below));
	assert_int_equal(i.real[0] != '\0', is_there);
	return i;
}

static void assert_keg(const struct interpreter *i, const char *formula, const char *version)
{
	assert_string_equal(i->prefix, at("p"));
	assert_string_equal(i->formula, formula);
	assert_string_equal(i->version, version);
	assert_string_equal(i->minor, strchr(formula, '@') + 1);
}

static void test_healthy(void **state)
{
	struct interpreter i;

	(void)state;
	make_prefix("healthy");
	i = look("p/bin/python3", true);
	assert_keg(&i, "python@3.14", "3.14.6");
	assert_string_equal(i.real, at("p/Cellar/python@3.14/3.14.6/bin/python3"));
	assert_true(i.is_default && !i.is_pinned);
	i = look("p/bin/python3.13", true);
	assert_keg(&i, "python@3.13", "3.13.14_1");
	assert_true(!i.is_default && !i.is_pinned);
	i = look("p/opt/python@3.13/bin/python3.13", true);
	assert_keg(&i, "python@3.13", "3.13.14_1");
	assert_true(!i.is_default && !i.is_pinned);
	i = look("p/Cellar/python@3.13/3.13.14_1/bin/python3.13", true);
	assert_keg(&i, "python@3.13", "3.13.14_1");
	assert_true(i.is_pinned);
}

static void test_dangling(void **state)
{
	struct interpreter i;

	(void)state;
	make_prefix("dangling");
	i = look("p/bin/python3", false);
	assert_keg(&i, "python@3.14", "3.14.5");
	assert_string_equal(i.broken_at, at("p/bin/python3"));
	assert_string_equal(i.broken_to, at("p/Cellar/python@3.14/3.14.5/bin/python3"));
}

static void test_moved_default(void **state)
{
	struct interpreter i;

	(void)state;
	make_prefix("moved-default");
	i = look("p/bin/python3", false);
	assert_string_equal(i.broken_at, "");
	assert_string_equal(i.prefix, "");
	assert_string_equal(i.minor, "");
}

static void test_conflict(void **state)
{
	struct interpreter i;

	(void)state;
	make_prefix("conflict");
	i = look("p/bin/python3", true);
	assert_string_equal(i.formula, "");
	assert_string_equal(i.real, at("p/bin/python3"));
	i = look("p/bin/python3.14", true);
	assert_keg(&i, "python@3.14", "3.14.6");
}

static void test_record_stale(void **state)
{
	struct interpreter i;

	(void)state;
	make_prefix("record-stale");
	i = look("p/bin/python3.14", false);
	assert_string_equal(i.broken_at, "");
	assert_string_equal(i.minor, "3.14");
	i = look("p/opt/python@3.14/bin/python3", true);
	assert_keg(&i, "python@3.14", "3.14.6");
}

/* The link to the folder is the broken one, not that which passes it; and the other way round. */
static void test_gone_keg(void **state)
{
	struct interpreter i;

	(void)state;
	make_prefix("healthy");
	put_link("venv/bin/python", "python3.13");
	put_link("venv/bin/python3.13", at("p/opt/python@3.13/bin/python3.13"));
	i = look("venv/bin/python", true);
	assert_keg(&i, "python@3.13", "3.13.14_1");
	assert_int_equal(unlink(at("p/opt/python@3.13")), 0);
	put_link("p/opt/python@3.13", "../Cellar/python@3.13/./3.13.0/x/..");
	i = look("venv/bin/python", false);
	assert_keg(&i, "python@3.13", "3.13.0");
	assert_string_equal(i.broken_at, at("p/opt/python@3.13"));
	assert_string_equal(i.broken_to, at("p/Cellar/python@3.13/3.13.0"));

	put_link("other/python", at("p/opt/python@3.14/bin/nothing"));
	i = look("other/python", false);
	assert_keg(&i, "python@3.14", "3.14.6");
	assert_string_equal(i.broken_at, at("other/python"));
	assert_string_equal(i.broken_to, at("p/opt/python@3.14/bin/nothing"));

	assert_int_equal(unlink(at("p/opt/python@3.13")), 0);
	i = look("venv/bin/python", false);
	assert_keg(&i, "python@3.13", "3.13");
	assert_string_equal(i.broken_at, at("venv/bin/python3.13"));
}

/* Made through the Cellar: works today, and not after the next upgrade. */
static void test_pinned(void **state)
{
	struct interpreter i;

	(void)state;
	make_prefix("healthy");
	put_link("venv/bin/python3", at("p/Cellar/python@3.13/3.13.14_1/bin/python3.13"));
	put_link("py", at("p/Cellar/python@3.13/3.13.14_1"));
	put_link("tool/python", at("p/bin/python3"));
	assert_true(look("venv/bin/python3", true).is_pinned);
	i = look("py/bin/python3.13", true);
	assert_true(i.is_pinned);
	i = look("tool/python", true);
	assert_true(i.is_default && !i.is_pinned);
}

/* /opt of the system, ~/opt of a person: no Homebrew. */
static void test_other_opt(void **state)
{
	struct interpreter i;

	(void)state;
	put_program("opt/python3.11/bin/python3");
	i = look("opt/python3.11/bin/python3", true);
	assert_string_equal(i.prefix, "");
	interpreter_look("/opt/python@3.11/bin/python3", &i);
	assert_string_equal(i.prefix, "");
}

static void test_alias(void **state)
{
	struct interpreter i;

	(void)state;
	make_prefix("healthy");
	put_link("p/opt/python3", "../Cellar/python@3.14/3.14.6");
	i = look("p/opt/python3/bin/python3.14", true);
	assert_keg(&i, "python@3.14", "3.14.6");
	assert_true(i.is_default);
	make_parents(at("p/Cellar/httpie/3.2.4/libexec/bin/x"));
	put_link("p/Cellar/httpie/3.2.4/libexec/bin/python",
		"../../../../../opt/python@3.13/bin/python3.13");
	i = look("p/Cellar/httpie/3.2.4/libexec/bin/python", true);
	assert_keg(&i, "python@3.13", "3.13.14_1");
	put_program("p/Cellar/pypy3.10/7.3.17/bin/pypy3.10");
	i = look("p/Cellar/pypy3.10/7.3.17/bin/pypy3.10", true);
	assert_string_equal(i.minor, "3.10");
	assert_string_equal(i.version, "3.10");
}

static void test_loops(void **state)
{
	struct interpreter i;
	char name[16], next[16];

	(void)state;
	put_link("a", "b");
	put_link("b", "a");
	put_link("c", "c/d");
	i = look("a", false);
	assert_true(i.broken_at[0] != '\0');
	i = look("c/python3.9", false);
	assert_true(i.broken_at[0] != '\0');
	for (int n = 0; n < INTERPRETER_HOPS_MAX; n++) {
		snprintf(name, sizeof(name), "l%d", n);
		snprintf(next, sizeof(next), "l%d", n + 1);
		put_link(name, next);
	}
	snprintf(name, sizeof(name), "l%d", INTERPRETER_HOPS_MAX);
	put_program(name);
	look("l0", true);
	put_link("one-more", "l0");
	look("one-more", false);
}

/* Folders and files of the field. minor and version are told whether the file is there or not. */
static void test_layouts(void **state)
{
	static const struct {
		const char *path, *minor, *version;
	} cases[] = {
		{"usr/bin/python3.11", "3.11", "3.11"},
		{"usr/bin/python3", "", ""},
		{"usr/bin/pypy3.9", "3.9", "3.9"},
		{".pyenv/versions/3.11.7/bin/python3.11", "3.11", "3.11.7"},
		{".pyenv/versions/3.11.7/bin/python", "3.11", "3.11.7"},
		{"uv/python/cpython-3.13.1-linux-x86_64-gnu/bin/python3.13", "3.13", "3.13.1"},
		{".rye/py/cpython@3.12.3/bin/python3", "3.12", "3.12.3"},
		{".asdf/installs/python/3.12.10/bin/python3", "3.12", "3.12.10"},
		{"app/2.1.3/bin/python3.11", "3.11", "3.11"},
		{"x/python3.13t", "3.13", "3.13"},
	};

	(void)state;
	for (size_t c = 0; c < ARRAY_SIZE(cases); c++) {
		struct interpreter gone = look(cases[c].path, false);

		put_program(cases[c].path);

		struct interpreter there = look(cases[c].path, true);

		assert_string_equal(gone.minor, cases[c].minor);
		assert_string_equal(gone.version, cases[c].version);
		assert_string_equal(there.minor, cases[c].minor);
		assert_string_equal(there.version, cases[c].version);
	}
	put_link("usr/bin/python4", "python3.11");
	assert_string_equal(look("usr/bin/python4", true).minor, "3.11");
	put_link("v/bin/python", "python3.12");
	put_link("v/bin/python3.12", at("usr/bin/python3"));
	assert_string_equal(look("v/bin/python", true).minor, "3.12");
	put_link("uv/python/cpython-3.13-linux-x86_64-gnu", "cpython-3.13.1-linux-x86_64-gnu");
	assert_string_equal(
		look("uv/python/cpython-3.13-linux-x86_64-gnu/bin/python3.13", true).version,
		"3.13.1");
}

static void test_no_program(void **state)
{
	struct interpreter i;
	char path[PATH_MAX];

	(void)state;
	put("python3", 0644, "");
	make_parents(at("folder/x"));
	assert_false(interpreter_look(at("python3"), &i));
	assert_string_equal(i.real, at("python3"));
	assert_false(interpreter_look(at("folder"), &i));
	assert_false(interpreter_look(at("python3/x"), &i));
	assert_string_equal(i.real, "");
	assert_false(interpreter_look("python3", &i));
	assert_false(interpreter_look("", &i));
	assert_false(interpreter_look("/", &i));
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_false(interpreter_look(path, &i));
	path[300] = '\0';
	assert_false(interpreter_look(path, &i));
	for (size_t n = 0; n < sizeof(path); n += 2)
		memcpy(path + n, "/x", 2);
	path[sizeof(path) - 1] = '\0';
	assert_false(interpreter_look(path, &i));
}

static void test_lasting(void **state)
{
	static const struct {
		const char *path, *lasting; /* NULL: none */
	} cases[] = {
		{"p/Cellar/python@3.13/3.13.14_1/bin/python3.13",
			"p/opt/python@3.13/bin/python3.13"},
		{"p/Cellar/python@3.13/3.13.0/bin/python3.13", "p/opt/python@3.13/bin/python3.13"},
		{"p/Cellar/python@3.13/3.13.0/bin/python", "p/opt/python@3.13/bin/python3.13"},
		{"p/Cellar/python@3.12/3.12.1/bin/python3.12", NULL},
		{"p/bin/python3", "p/opt/python@3.14/bin/python3.14"},
		{"p/bin/python3.13", "p/bin/python3.13"},
		{"p/opt/python@3.14/bin/python3", "p/opt/python@3.14/bin/python3"},
		{"pinned", "p/opt/python@3.13/bin/python3.13"},
		{"usr/bin/python3", "usr/bin/python3"},
		{"usr/bin/python3.9", NULL},
	};
	char out[PERSON_PATH_MAX];

	(void)state;
	make_prefix("healthy");
	put_program("usr/bin/python3");
	put_link("pinned", "p/Cellar/python@3.13/3.13.14_1/bin/python3.13");
	for (size_t c = 0; c < ARRAY_SIZE(cases); c++) {
		bool lasts = interpreter_lasting(at(cases[c].path), out, sizeof(out));

		assert_int_equal(lasts, cases[c].lasting != NULL);
		if (lasts)
			assert_string_equal(out, at(cases[c].lasting));
	}
	assert_int_equal(unlink(at("p/opt/python@3.13")), 0);
	assert_true(interpreter_lasting(at(cases[0].path), out, sizeof(out)));
	assert_string_equal(out, at("p/bin/python3.13"));
	assert_false(interpreter_lasting(at(cases[0].path), out, 4));
}

static void test_opt_path(void **state)
{
	char out[64];

	(void)state;
	assert_true(interpreter_opt_path("/p/Cellar/x/1.2/lib/y", out, sizeof(out)));
	assert_string_equal(out, "/p/opt/x/lib/y");
	assert_true(interpreter_opt_path("/p/Cellar/x/1.2", out, sizeof(out)));
	assert_string_equal(out, "/p/opt/x");
	assert_false(interpreter_opt_path("/p/Cellar/x", out, sizeof(out)));
	assert_false(interpreter_opt_path("/p/Cellar/x/", out, sizeof(out)));
	assert_false(interpreter_opt_path("/p/Cellar/../x/y", out, sizeof(out)));
	assert_false(interpreter_opt_path("/Cellar/x/1", out, sizeof(out)));
	assert_false(interpreter_opt_path("/p/Cellar/x/1.2/lib/y", out, 10));
}

static void test_minor(void **state)
{
	static const struct {
		const char *text, *minor; /* NULL: none */
	} cases[] = {
		{"python3.13", "3.13"},
		{"python@3.13", "3.13"},
		{"/x/lib/python3.13/site-packages", "3.13"},
		{"/x/python3.9/lib/python3.13/site-packages", "3.13"},
		{"cpython-3.12.1-linux", "3.12"},
		{"pypy3.9-7.3.11", "3.9"},
		{"python3", NULL},
		{"python3.", NULL},
		{"python.3", NULL},
		{"ipython8.12", NULL},
		{"pypy-7.3", NULL},
		{"python3.1234", NULL},
		{"", NULL},
	};
	char minor[8];

	(void)state;
	for (size_t c = 0; c < ARRAY_SIZE(cases); c++) {
		assert_int_equal(
			interpreter_minor_of(cases[c].text, minor), cases[c].minor != NULL);
		if (cases[c].minor != NULL)
			assert_string_equal(minor, cases[c].minor);
	}
	assert_true(interpreter_minor_compare("3.9", "3.13") < 0);
	assert_true(interpreter_minor_compare("3.13", "3.9") > 0);
	assert_true(interpreter_minor_compare("2.7", "3.1") < 0);
	assert_int_equal(interpreter_minor_compare("3.10", "3.10"), 0);
	assert_true(interpreter_minor_compare("", "3.1") < 0);
}

static void test_managed(void **state)
{
	struct interpreter i;

	(void)state;
	make_prefix("healthy");
	put_link("venv/bin/python", at("p/bin/python3.13"));
	put("p/Cellar/python@3.14/3.14.6/lib/python3.14/EXTERNALLY-MANAGED", 0644, "");
	i = look("p/bin/python3.13", true);
	assert_false(interpreter_is_managed(&i));
	put("p/Cellar/python@3.13/3.13.14_1/lib/python3.13/EXTERNALLY-MANAGED", 0644, "");
	assert_true(interpreter_is_managed(&i));
	i = look("venv/bin/python", true);
	assert_true(interpreter_is_managed(&i));
	put("venv/pyvenv.cfg", 0644, "");
	assert_false(interpreter_is_managed(&i));
	put_program("usr/bin/python3.11");
	put("usr/lib/python3.11/EXTERNALLY-MANAGED", 0644, "");
	put_link("usr/bin/python3", "python3.11");
	i = look("usr/bin/python3", true);
	assert_true(interpreter_is_managed(&i));
	i = look("usr/bin/python3.12", false);
	assert_false(interpreter_is_managed(&i));
}

static void test_find(void **state)
{
	struct interpreter i;
	char search[3 * PATH_MAX];

	(void)state;
	make_prefix("dangling");
	put_program("usr/bin/python3");
	snprintf(search, sizeof(search), "%s:%s:%s", at("none"), at("p/bin"), at("usr/bin"));
	assert_true(interpreter_find(search, "python3", &i));
	assert_string_equal(i.path, at("usr/bin/python3"));
	assert_false(interpreter_find(search, "python2", &i));
	assert_string_equal(i.path, "");
}

/* A stand-in that tells what it was asked; Python itself need not be here. */
static void test_run(void **state)
{
	struct person p = {.name = "x", .shell = "/bin/sh", .uid = getuid(), .gid = getgid()};
	struct err e = {0};
	char out[64];

	(void)state;
	assert_true(text_copy(p.home, sizeof(p.home), root));
	put("python3", 0755, "#!/bin/sh\necho \"  $1 $2 $3 $4\"\necho\n");
	put("broken", 0755, "#!/bin/sh\necho Traceback; echo 'ImportError: no ssl' >&2; exit 1\n");
	put("mute", 0755, "#!/bin/sh\nexit 3\n");
	assert_true(interpreter_run(&p, at("python3"), "print(1)", out, sizeof(out), &e));
	assert_string_equal(out, "-I -B -c print(1)");
	assert_false(interpreter_run(&p, at("python3"), "print(1)", out, 8, &e));
	assert_int_equal(e.code, ERR_PYTHON);
	assert_false(interpreter_run(&p, at("broken"), "1", out, sizeof(out), &e));
	assert_int_equal(e.code, ERR_PYTHON);
	assert_true(text_ends(e.text, "broken failed: ImportError: no ssl"));
	assert_false(interpreter_run(&p, at("mute"), "1", out, sizeof(out), &e));
	assert_int_equal(e.code, ERR_PYTHON);
	assert_false(interpreter_run(&p, at("none"), "1", out, sizeof(out), &e));
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_healthy),
		IN_FOLDER(test_dangling),
		IN_FOLDER(test_moved_default),
		IN_FOLDER(test_conflict),
		IN_FOLDER(test_record_stale),
		IN_FOLDER(test_gone_keg),
		IN_FOLDER(test_pinned),
		IN_FOLDER(test_other_opt),
		IN_FOLDER(test_alias),
		IN_FOLDER(test_loops),
		IN_FOLDER(test_layouts),
		IN_FOLDER(test_no_program),
		IN_FOLDER(test_lasting),
		cmocka_unit_test(test_opt_path),
		cmocka_unit_test(test_minor),
		IN_FOLDER(test_managed),
		IN_FOLDER(test_find),
		IN_FOLDER(test_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
