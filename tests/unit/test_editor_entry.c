/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/editor/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "mend_world.h"
#include "updaters/editor/modules.h"
#include "updaters/editor/newer.h"
#include "updaters/lib/fs.h"

/* Versions that no machine has: 3.96 is gone, 3.97 is the person's. */

static void add(const struct mend_world *w, const char *name)
{
	char folder[PERSON_PATH_MAX];
	struct err e = {0};

	assert_true(text_copy(folder, sizeof(folder), at(w, name)));
	*strrchr(folder, '/') = '\0';
	assert_true(fs_make_folders(folder, 0755, &e));
	put(w, name, "");
}

static void add_program(const struct mend_world *w, const char *name)
{
	add(w, name);
	assert_int_equal(chmod(at(w, name), 0755), 0);
}

static int make(void **state)
{
	struct mend_world *w = NULL;

	if (world_make(state) != 0)
		return -1;
	w = *state;
	if (!text_copy(w->folder, sizeof(w->folder), w->person.home) ||
		!text_copy(w->person.search_path, sizeof(w->person.search_path), at(w, "bin")))
		return -1;
	add_program(w, "bin/python3.97");
	return 0;
}

static struct entry_world world_of(struct mend_world *w)
{
	return (struct entry_world){.person = &w->person, .python = "3.97"};
}

/* "" = fine, else "STATE lives|dead > BETTER | WHY", paths below the home */
static const char *told(const struct mend_world *w, const struct entry *entry)
{
	static char out[2048];
	size_t n = strlen(w->folder);
	const char *better = entry->better;

	if (entry->state == ENTRY_FINE)
		return "";
	snprintf(out, sizeof(out), "%s %s > %s | ", entry_state_token(entry->state),
		entry->lives ? "lives" : "dead", better[0] == '\0' ? "" : better + n + 1);
	for (const char *s = entry->why; *s != '\0'; s++) {
		bool is_home = text_starts(s, w->folder);

		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%c", is_home ? '~' : *s);
		s += is_home ? n - 1 : 0;
	}
	return out;
}

static void path_is(struct mend_world *w, const char *name, const char *expected)
{
	struct entry_world world = world_of(w);
	struct entry entry;

	entry_judge_path(&world, name[0] == '!' ? name + 1 : at(w, name), &entry);
	assert_string_equal(told(w, &entry), expected);
}

static void interpreter_is(
	struct mend_world *w, const char *configured, const char *name, const char *expected)
{
	struct entry_world world = world_of(w);
	struct entry entry;

	assert_true(text_copy(world.interpreter, sizeof(world.interpreter), configured));
	entry_judge_interpreter(&world, name[0] == '!' ? name + 1 : at(w, name), &entry);
	assert_string_equal(told(w, &entry), expected);
}

static void test_left_alone(void **state)
{
	struct mend_world *w = *state;

	path_is(w, "!lib/python3.96/site-packages", "");
	path_is(w, "!${workspaceFolder}/Cellar/x/1/lib", "");
	path_is(w, "!/x/${workspaceFolder}/lib/python3.96/site-packages", "");
	path_is(w, "!~/.local/lib/python3.96/site-packages", "");
	path_is(w, "!", "");
	path_is(w, "!/Cellar/python@3.96/3.96.1/lib", "");
	path_is(w, "src/gone", "");
	path_is(w, "src/python3.96-examples", "");
	add(w, ".local/lib/python3.97/site-packages/numpy/a.py");
	path_is(w, ".local/lib/python3.97/site-packages", "");
	/* nothing there, but its Python is: that is no stale path */
	path_is(w, "opt/lib/python3.97/site-packages",
		"removed-venv dead >  | its environment was "
		"removed; nothing that lasts is known to "
		"hold the same packages");
	add(w, "opt/bin/x");
	path_is(w, "opt/lib/python3.97/site-packages", "");
}

/* A person is told what to do about what nothing takes the place of. */
static void test_way_out(void **state)
{
	struct mend_world *w = *state;
	struct entry_world world = world_of(w);
	struct entry entry;

	entry_judge_path(&world, "/v/gone/lib/python3.96/site-packages", &entry);
	assert_string_equal(entry.way_out, "remove it, or type: python3 -m venv '/v/gone'");
	entry_judge_path(&world, at(w, ".local/lib/python3.96/site-packages"), &entry);
	assert_string_equal(entry.way_out, "remove it, or put in what is to take its place");
	add(w, "p/Cellar/x");
	entry_judge_interpreter(&world, at(w, "p/bin/python3"), &entry);
	assert_string_equal(entry.way_out, "devupd repair homebrew-python");
	entry_judge_path(&world, at(w, ".local/lib/python3.97/site-packages"), &entry);
	assert_string_equal(entry.way_out, "");
}

/* The keg is there, what was in it is not. */
static void test_gone_from_its_keg(void **state)
{
	struct mend_world *w = *state;

	add(w, "p/Cellar/python@3.96/3.96.1/bin/x");
	path_is(w, "p/Cellar/python@3.96/3.96.1/lib/python3.96/site-packages",
		"cellar dead >  | it is gone from its keg; "
		"~/p/opt/python@3.96/lib/python3.96/site-packages holds no packages");
}

static void test_cellar(void **state)
{
	struct mend_world *w = *state;

	/* alive: the next upgrade takes it away */
	add_program(w, "p/Cellar/python@3.97/3.97.1/bin/python3.97");
	add(w, "p/Cellar/python@3.97/3.97.1/lib/python3.97/site-packages/numpy-2.dist-info/x");
	path_is(w, "p/Cellar/python@3.97/3.97.1/lib/python3.97/site-packages",
		"cellar lives >  | names one version of a keg, and the next upgrade removes that; "
		"~/p/opt/python@3.97/lib/python3.97/site-packages holds no packages");
	assert_int_equal(mkdir(at(w, "p/opt"), 0755), 0);
	make_link(w, "p/opt/python@3.97", "../Cellar/python@3.97/3.97.1");
	path_is(w, "p/Cellar/python@3.97/3.97.1/lib/python3.97/site-packages",
		"cellar lives > p/opt/python@3.97/lib/python3.97/site-packages | names one version "
		"of a keg, and the next upgrade removes that");
	/* gone: the same formula by opt */
	path_is(w, "p/Cellar/python@3.97/3.97.0/lib/python3.97/site-packages",
		"cellar dead > p/opt/python@3.97/lib/python3.97/site-packages | its Cellar folder "
		"is gone");
	/* gone with its formula */
	path_is(w, "p/Cellar/python@3.96/3.96.5/lib/python3.96/site-packages",
		"cellar dead > p/opt/python@3.97/lib/python3.97/site-packages | its Cellar folder "
		"is gone; what it held can't be read any more, so the same place is taken");
	path_is(w, "p/Cellar/opencv/4/lib/python3.97/site-packages",
		"cellar dead >  | its Cellar folder is gone; "
		"~/p/opt/opencv/lib/python3.97/site-packages holds no packages");
	/* the opt path itself is what lasts; without its formula it does not */
	path_is(w, "p/opt/python@3.97/lib/python3.97/site-packages", "");
	path_is(w, "p/opt/python@3.96/lib/python3.96/site-packages",
		"old-minor dead > p/opt/python@3.97/lib/python3.97/site-packages | Python 3.96 is "
		"gone; what it held can't be read any more, so the same place is taken");
	/* alive, and what opt leads to is not the same */
	add(w, "p/Cellar/python@3.97/3.97.0/lib/python3.97/site-packages/torch-2.dist-info/x");
	path_is(w, "p/Cellar/python@3.97/3.97.0/lib/python3.97/site-packages",
		"cellar lives >  | names one version of a keg, and the next upgrade removes that; "
		"~/p/opt/python@3.97/lib/python3.97/site-packages lacks torch");
}

static void test_old_minor(void **state)
{
	struct mend_world *w = *state;

	path_is(w, ".local/lib/python3.96/site-packages",
		"old-minor dead >  | Python 3.96 is gone; nothing that lasts is known to hold the "
		"same packages");
	add(w, ".local/lib/python3.97/site-packages/numpy-2.1.dist-info/x");
	path_is(w, ".local/lib/python3.96/site-packages",
		"old-minor dead > .local/lib/python3.97/site-packages | Python 3.96 is gone; what "
		"it held can't be read any more, so the same place is taken");
	/* the old folder can be read: then all of it must be there; pip does not count */
	add(w, ".local/lib/python3.96/site-packages/NumPy-2.0.dist-info/x");
	add(w, ".local/lib/python3.96/site-packages/pip-25.dist-info/x");
	path_is(w, ".local/lib/python3.96/site-packages",
		"old-minor lives > .local/lib/python3.97/site-packages | Python 3.96 is gone");
	add(w, ".local/lib/python3.96/site-packages/pandas-2.0.dist-info/x");
	add(w, ".local/lib/python3.96/site-packages/Foo.Bar_x-1.dist-info/x");
	path_is(w, ".local/lib/python3.96/site-packages",
		"old-minor lives >  | Python 3.96 is gone; "
		"~/.local/lib/python3.97/site-packages lacks foo-bar-x and 1 more");
	/* the highest that holds them, where the person's own does not */
	add(w, ".local/lib/python3.99/site-packages/pandas-2.0.dist-info/x");
	add(w, ".local/lib/python3.99/site-packages/numpy-2.0.dist-info/x");
	add(w, ".local/lib/python3.99/site-packages/foo_bar_x-1.dist-info/x");
	path_is(w, ".local/lib/python3.96/site-packages",
		"old-minor lives > .local/lib/python3.99/site-packages | Python 3.96 is gone");
	/* not gone: on PATH, of uv, of pyenv */
	add_program(w, "bin/python3.96");
	path_is(w, ".local/lib/python3.96/site-packages", "");
	assert_int_equal(unlink(at(w, "bin/python3.96")), 0);
	add_program(w, ".pyenv/versions/3.96.4/bin/python3.96");
	path_is(w, ".local/lib/python3.96/site-packages", "");
}

/* The system's Python of the same version does not look into a Homebrew's folders. */
static void test_old_minor_of_brew(void **state)
{
	struct mend_world *w = *state;

	add_program(w, "bin/python3.96");
	add(w, "p/Cellar/x");
	add(w, "p/lib/python3.97/site-packages/numpy/x.py");
	path_is(w, "p/lib/python3.96/site-packages",
		"old-minor dead > p/lib/python3.97/site-packages | Python 3.96 is gone; what it "
		"held can't be read any more, so the same place is taken");
	add_program(w, "p/opt/python@3.96/bin/python3.96");
	path_is(w, "p/lib/python3.96/site-packages", "");
}

static void make_venv(struct mend_world *w, const char *name, const char *python)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/pyvenv.cfg", name);
	add(w, path);
	snprintf(path, sizeof(path), "%s/bin/python", name);
	add(w, path);
	assert_int_equal(unlink(at(w, path)), 0);
	make_link(w, path, python);
	snprintf(path, sizeof(path), "%s/bin/%s", name, python);
	make_link(w, path, at(w, "bin/python3.97"));
}

static void test_venv(void **state)
{
	struct mend_world *w = *state;

	path_is(w, "v/lib/python3.96/site-packages",
		"removed-venv dead >  | its environment was removed; nothing that lasts is known "
		"to hold the same packages");
	make_venv(w, "v", "python3.97");
	path_is(w, "v/lib/python3.97/site-packages", "");
	path_is(w, "v/lib/python3.96/site-packages",
		"removed-venv dead >  | the environment has Python 3.97 now; "
		"~/v/lib/python3.97/site-packages holds no packages");
	add(w, "v/lib/python3.97/site-packages/six.py");
	path_is(w, "v/lib/python3.96/site-packages",
		"removed-venv dead > v/lib/python3.97/site-packages | the environment has Python "
		"3.97 now; what it held can't be read any more, so the same place is taken");
	/* a live one is left alone, unless the new one holds all of it */
	add(w, "v/lib/python3.96/site-packages/attr/x.py");
	path_is(w, "v/lib/python3.96/site-packages", "");
	add(w, "v/lib/python3.97/site-packages/attr/x.py");
	path_is(w, "v/lib/python3.96/site-packages",
		"removed-venv lives > v/lib/python3.97/site-packages | the environment has Python "
		"3.97 now");
	/* a broken link of the same version is python-venvs' to mend, the path is right */
	make_link(w, "v/bin/python3.96", "/gone/Cellar/python3.96");
	path_is(w, "v/lib/python3.96/site-packages", "");
}

static void test_interpreter(void **state)
{
	struct mend_world *w = *state;

	interpreter_is(w, "", "!python3", "");
	interpreter_is(w, "", "!${workspaceFolder}/.venv/bin/python", "");
	interpreter_is(w, "", "bin/python3.97", "");
	interpreter_is(w, "", "bin", "");
	interpreter_is(w, "", "bin/python3.96",
		"interpreter dead > bin/python3.97 | leads to no program; the same place has a "
		"newer version");
	interpreter_is(w, "", "v/bin/python",
		"interpreter dead >  | its environment was removed; nothing is known that would "
		"run the same packages");
	interpreter_is(w, at(w, "bin/python3.97"), "v/bin/python",
		"interpreter dead > bin/python3.97 | its environment was removed; that of the "
		"settings is taken");
	make_venv(w, "v", "python3.97");
	interpreter_is(w, "", "v/bin/python", "");
	interpreter_is(w, "", "v", "");
	assert_int_equal(unlink(at(w, "v/bin/python3.97")), 0);
	interpreter_is(w, "", "v/bin/python", "");
}

static void test_interpreter_keg(void **state)
{
	struct mend_world *w = *state;

	add_program(w, "p/Cellar/python@3.97/3.97.1/bin/python3.97");
	interpreter_is(w, "", "p/Cellar/python@3.97/3.97.1/bin/python3.97",
		"cellar lives >  | names one version of a keg, and the next upgrade removes that; "
		"opt has no link to it");
	assert_int_equal(mkdir(at(w, "p/opt"), 0755), 0);
	make_link(w, "p/opt/python@3.97", "../Cellar/python@3.97/3.97.1");
	interpreter_is(w, "", "p/Cellar/python@3.97/3.97.1/bin/python3.97",
		"cellar lives > p/opt/python@3.97/bin/python3.97 | names one version of a keg, and "
		"the next upgrade removes that");
	interpreter_is(w, "", "p/Cellar/python@3.97/3.97.0/bin/python3.97",
		"cellar dead > p/opt/python@3.97/bin/python3.97 | its Cellar folder is gone");
	interpreter_is(w, "", "p/Cellar/python@3.96/3.96.0/bin/python3.96",
		"cellar dead > p/opt/python@3.97/bin/python3.97 | its Cellar folder is gone; the "
		"same place has a newer version");
	/* another minor version only where it sees the same packages */
	add(w, ".local/lib/python3.96/site-packages/six.py");
	interpreter_is(w, "", "p/Cellar/python@3.96/3.96.0/bin/python3.96",
		"cellar dead >  | its Cellar folder is gone; nothing is known that would run the "
		"same packages");
	add(w, ".local/lib/python3.97/site-packages/six.py");
	add(w, "p/lib/python3.96/site-packages/numpy/x.py");
	interpreter_is(w, "", "p/Cellar/python@3.96/3.96.0/bin/python3.96",
		"cellar dead >  | its Cellar folder is gone; nothing is known that would run the "
		"same packages");
	add(w, "p/lib/python3.97/site-packages/numpy/x.py");
	interpreter_is(w, "", "p/Cellar/python@3.96/3.96.0/bin/python3.96",
		"cellar dead > p/opt/python@3.97/bin/python3.97 | its Cellar folder is gone; the "
		"same place has a newer version");
	interpreter_is(w, "", "p/Cellar/python@3.97/3.97.0/bin",
		"cellar dead > p/opt/python@3.97/bin | its Cellar folder is gone");
	/* the prefix's own link: homebrew-python puts it back */
	interpreter_is(w, "", "p/bin/python3",
		"interpreter dead >  | leads to no program; the link is Homebrew's own");
	/* a link of one's own into the Cellar that is gone */
	make_link(w, "mine", at(w, "p/Cellar/python@3.97/3.97.0/bin/python3.97"));
	interpreter_is(w, "", "mine",
		"interpreter dead > p/opt/python@3.97/bin/python3.97 | leads to no program");
}

static void test_same(void **state)
{
	struct mend_world *w = *state;
	char home_x[PERSON_PATH_MAX];

	assert_true(person_path(&w->person, "x", home_x, sizeof(home_x)));
	assert_true(entry_is_same(&w->person, "~/x", home_x));
	assert_true(entry_is_same(&w->person, "${userHome}/x//", home_x));
	assert_true(entry_is_same(&w->person, "/", "/"));
	assert_false(entry_is_same(&w->person, "~x", home_x));
	assert_false(entry_is_same(&w->person, "/x", home_x));
	assert_false(entry_is_same(&w->person, "./x", "x"));
}

static void test_modules(void **state)
{
	struct mend_world *w = *state;
	SCOPED_CLEAR(modules_clear) struct modules m = {0};

	assert_false(modules_read(at(w, "none"), &m));
	add(w, "s/.hidden/x");
	add(w, "s/__pycache__/x");
	add(w, "s/README.txt");
	assert_true(modules_read(at(w, "s"), &m));
	assert_true(modules_is_empty(&m));
	assert_false(entry_holds_packages(at(w, "s")));
	add(w, "s/_cffi.cpython-397-x86_64-linux-gnu.so");
	add(w, "s/six.py");
	add(w, "s/Zope_Interface.X-5.egg-info/x");
	modules_clear(&m);
	assert_true(modules_read(at(w, "s"), &m));
	assert_int_equal(m.distributions.n_items, 1);
	assert_string_equal(m.distributions.items[0], "zope-interface-x");
	assert_int_equal(m.modules.n_items, 2);
	assert_string_equal(m.modules.items[0], "_cffi");
	assert_string_equal(m.modules.items[1], "six");
	assert_true(entry_holds_packages(at(w, "s")));
}

static void test_newer_put(void **state)
{
	char out[PERSON_PATH_MAX], minor[8];

	(void)state;
	assert_true(newer_put("/o/python@3.9/lib/python3.9/x", "3.9", "3.13", out));
	assert_string_equal(out, "/o/python@3.13/lib/python3.13/x");
	assert_false(newer_put("/o/python3.96/mypython3.9", "3.9", "3.13", out));
	assert_true(newer_split("/a/lib/python3.9/lib/python3.10/x", out, minor));
	assert_string_equal(out, "/a/lib/python3.9");
	assert_string_equal(minor, "3.10");
	assert_true(newer_split("/a/lib64/python3.9", out, minor));
	assert_string_equal(out, "/a");
	assert_false(newer_split("/a/lib/python3.9t/x", out, minor));
	assert_false(newer_split("/a/lib/python3/dist-packages", out, minor));
	assert_false(newer_split("/lib/python3.9", out, minor));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, world_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_left_alone),
		CASE(test_cellar),
		CASE(test_way_out),
		CASE(test_gone_from_its_keg),
		CASE(test_old_minor),
		CASE(test_old_minor_of_brew),
		CASE(test_venv),
		CASE(test_interpreter),
		CASE(test_interpreter_keg),
		CASE(test_same),
		CASE(test_modules),
		CASE(test_newer_put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
