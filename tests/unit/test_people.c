/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose things are looked after, and what they may say in settings of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/own_settings.h"
#include "config/people.h"
#include "config/recipe.h"
#include "updaters/lib/fs.h"

static char folder[64];

static int setup(void **state)
{
	char template[] = "/tmp/devupd-people-XXXXXX";

	(void)state;
	if (mkdtemp(template) == NULL)
		return -1;
	text_copy_cut(folder, sizeof(folder), template);
	return 0;
}

static int teardown(void **state)
{
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/devupd/devupd.yaml", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/devupd", folder);
	rmdir(path);
	return rmdir(folder);
}

/* --- people ------------------------------------------------------------------ */

static void a_person_alone_is_as_their_environment_says(void **state)
{
	SCOPED_CLEAR(people_clear) struct people p = {0};
	struct config c = {.effective_proxy = "http://proxy:3128", .no_proxy = "a.test"};
	struct err e = {0};

	(void)state;
	if (getuid() == 0) {
		/* root is nobody whose things are looked after */
		assert_false(people_find(&c, false, &p, &e));
		assert_int_equal(e.code, ERR_OWNER);
		return;
	}
	setenv("HOME", folder, 1);
	setenv("XDG_CONFIG_HOME", "/elsewhere", 1);
	setenv("HOMEBREW_PREFIX", "/brew", 1);
	assert_true(people_find(&c, false, &p, &e));
	assert_int_equal(p.n_items, 1);
	assert_int_equal(p.items[0].uid, getuid());
	assert_string_equal(p.items[0].home, folder);
	assert_string_equal(p.items[0].config_home, "/elsewhere");
	assert_string_equal(p.items[0].brew_prefix, "/brew");
	assert_string_equal(p.items[0].proxy, "http://proxy:3128");
	assert_string_equal(p.items[0].no_proxy, "a.test");
	unsetenv("XDG_CONFIG_HOME");
	setenv("HOMEBREW_PREFIX", "relative", 1);
	people_clear(&p);
	assert_true(people_find(&c, false, &p, &e));
	assert_string_equal(p.items[0].brew_prefix, "");
	assert_true(text_ends(p.items[0].config_home, "/.config"));
	unsetenv("HOMEBREW_PREFIX");
}

static void root_never_looks_after_root(void **state)
{
	SCOPED_CLEAR(people_clear) struct people p = {0};
	SCOPED_CLEAR(strings_clear) struct strings root = {0};
	struct config c = {0};
	struct err e = {0};

	(void)state;
	assert_true(people_find(&c, true, &p, &e));
	for (size_t i = 0; i < p.n_items; i++) {
		struct stat st;

		assert_int_not_equal(p.items[i].uid, 0);
		assert_int_equal(lstat(p.items[i].home, &st), 0);
		assert_int_equal(st.st_uid, p.items[i].uid);
		assert_string_equal(p.items[i].search_path, ""); /* nothing of the caller's */
		assert_true(i == 0 || strcmp(p.items[i - 1].name, p.items[i].name) < 0);
	}
	assert_false(people_add_uid(&p, 0));
	assert_true(strings_add(&root, "root"));
	c.users = root;
	people_clear(&p);
	assert_false(people_find(&c, true, &p, &e));
	assert_int_equal(e.code, ERR_CONFIG);
}

static void users_that_cannot_be_are_named(void **state)
{
	static const struct {
		const char *name, *says;
	} cases[] = {
		{"nobody-of-that-name", "nobody is called 'nobody-of-that-name' here"},
		{"daemon", "daemon"}, /* its home is not its own */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_CLEAR(people_clear) struct people p = {0};
		SCOPED_CLEAR(strings_clear) struct strings names = {0};
		struct config c = {0};
		struct err e = {0};

		assert_true(strings_add(&names, cases[i].name));
		c.users = names;
		assert_false(people_find(&c, true, &p, &e));
		assert_int_equal(e.code, ERR_CONFIG);
		assert_non_null(strstr(e.text, cases[i].says));
	}
}

/* --- their own settings ------------------------------------------------------ */

static void put_settings(const char *text)
{
	char path[256];
	struct err e = {0};

	snprintf(path, sizeof(path), "%s/devupd", folder);
	assert_true(fs_make_folders(path, 0700, &e));
	snprintf(path, sizeof(path), "%s/devupd/devupd.yaml", folder);
	assert_true(fs_replace(path, text, strlen(text), 0600, &e));
}

static void settings_may_be_missing(void **state)
{
	SCOPED_CLEAR(own_settings_clear) struct own_settings s = {0};
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};

	(void)state;
	assert_true(own_settings_read(folder, &s, &errors));
	assert_null(s.updaters);
}

static void only_what_is_a_persons_may_stand_there(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"disable: [a]\nupdaters:\n  x: {upgrade: yes}\n", NULL},
		{"updaters:\n", NULL},
		{"jobs: 3\n", "1:1: unknown key \"jobs\""},
		{"proxy: http://x\n", "unknown key \"proxy\""},
		{"updaters: [x]\n", "1:11: updaters: a map is expected"},
		{"updaters:\n  x: yes\n", "2:6: updaters: x: a map of recipe keys"},
		{"updaters:\n  x: {\n", "devupd.yaml:"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_CLEAR(own_settings_clear) struct own_settings s = {0};
		SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};

		put_settings(cases[i].text);
		assert_true(own_settings_read(folder, &s, &errors) == (cases[i].says == NULL));
		if (cases[i].says != NULL && !strstr(errors.first.text, cases[i].says))
			fail_msg("%s: %s", cases[i].text, errors.first.text);
	}
}

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

static bool lay(struct recipe *r, const char *text, struct yaml_errors *errors)
{
	SCOPED(yaml_node_free) struct yaml_node *root = NULL;

	assert_true(yaml_parse("own.yaml", text, strlen(text), &root, errors));
	return recipe_lay_over(r, root, errors);
}

static void own_keys_are_laid_over_a_recipe(void **state)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	SCOPED(recipe_free)
	struct recipe *r =
		load("name: x\nkind: python\nroots: [/a, /b]\ndepth: 3\nvenvs: [one, two]\n"
		     "packages: [numpy, {install: progressbar2, import: progressbar}]\n");

	(void)state;
	assert_int_equal(r->n_venvs, 2);
	assert_int_equal(r->n_packages, 2);
	assert_string_equal(r->packages[1].import, "progressbar");
	assert_true(lay(r,
		"roots: [/c]\nvenvs: [{path: '${home}/v', python: '3.13', packages: [pandas]}]\n",
		&errors));
	assert_int_equal(r->roots.n_items, 1);
	assert_string_equal(r->roots.items[0], "/c");
	assert_int_equal(r->n_venvs, 1);
	assert_true(r->venvs[0].is_declared);
	assert_string_equal(r->venvs[0].packages.items[0], "pandas");
	assert_int_equal(r->depth, 3);      /* as it was */
	assert_int_equal(r->n_packages, 2); /* likewise */
}

static void what_is_the_administrators_stays_theirs(void **state)
{
	static const char *const bad[] = {"kind: command\n", "name: y\n", "package: z\n",
		"venvs: ['${nobody}']\n", "depth: 1000\n"};
	static const char deb[] =
		"name: x\nkind: deb\npackage: x\narch: [amd64]\nhosts: [a.example]\n"
		"sources: [{package: 'https://a.example/x.deb'}]\n";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
		SCOPED(recipe_free) struct recipe *r = load("name: x\nkind: python\n");

		if (lay(r, bad[i], &errors))
			fail_msg("taken: %s", bad[i]);
		assert_true(errors.n_items > 0);
	}

	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	SCOPED(recipe_free) struct recipe *r = load(deb);

	assert_false(lay(r, "enabled: no\n", &errors));
	assert_non_null(strstr(errors.first.text, "does not act as a person"));
}

#define PYTHON                                                                                     \
	"name: x\nkind: python\nroots: ['${home}']\ndepth: 4\ninto: /v\n"                          \
	"venvs: [a, {path: b, from: c}]\npackages: [d, {install: e2, import: e}]\n"                \
	"interpreter: /i\nupgrade: yes\n"
#define COMMAND                                                                                    \
	"name: x\nkind: command\ncheck: [a, b]\nrun: [c]\nversion: [d, -V]\nuser: ana\n"           \
	"path: /p\ntimeout: 5 s\nok: [0, 3]\nnothing: [100]\nenabled: no\n"

static void every_kind_comes_through_the_wire(void **state)
{
	static const char *const texts[] = {
		"name: x\nkind: homebrew\nprefix: '${home}/brew'\nformula: python\nupgrade: no\n",
		PYTHON,
		"name: x\nkind: editor\neditors: [code]\npaths: ['${home}/p']\ninterpreter: /i\n",
		COMMAND,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		SCOPED(recipe_free) struct recipe *r = load(texts[i]);
		SCOPED(recipe_free) struct recipe *back = NULL;
		struct buf once, twice;
		struct unpack u;
		struct err e = {0};

		buf_init(&once, 1 << 20);
		buf_init(&twice, 1 << 20);
		recipe_pack(r, &once);
		unpack_init(&u, once.data, once.len);
		assert_true(recipe_unpack(&u, &back, &e));
		assert_true(unpack_is_done(&u));
		recipe_pack(back, &twice);
		assert_int_equal(once.len, twice.len);
		assert_memory_equal(once.data, twice.data, once.len);
		assert_true(recipe_is_owners(back));
		buf_clear(&once);
		buf_clear(&twice);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_person_alone_is_as_their_environment_says),
		TEST(root_never_looks_after_root),
		TEST(users_that_cannot_be_are_named),
		TEST(settings_may_be_missing),
		TEST(only_what_is_a_persons_may_stand_there),
		TEST(own_keys_are_laid_over_a_recipe),
		TEST(what_is_the_administrators_stays_theirs),
		TEST(every_kind_comes_through_the_wire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
