/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/python/left_behind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "index_world.h"
#include "updaters/python/installed.h"
#include "updaters/python/packages.h"

/* A minor version that no machine has any more. */
#define GONE      "3.1"
#define USER_SITE ".local/lib/python" GONE "/site-packages"

static struct index_world world;

static int reset(void **state)
{
	*state = &world;
	world_reset(&world);
	return 0;
}

static void assert_has(const char *text, const char *words)
{
	if (strstr(text, words) == NULL)
		fail_msg("\"%s\" is not in: %s", words, text);
}

static void put_at_front(struct index_world *w, const char *prefix)
{
	snprintf(w->person.search_path, sizeof(w->person.search_path), "%.400s/bin:/usr/bin:/bin",
		prefix);
}

/* alpha, beta and pip of the version that is gone, and an editable. */
static void leave_behind(const struct index_world *w)
{
	char site[512], path[1024];

	world_home(w, USER_SITE, site);
	world_installed(site, "alpha", "1.0");
	world_installed(site, "Beta_Bar", "2.1");
	world_installed(site, "pip", "20.0");
	world_installed(site, "mine", "0.1");
	snprintf(path, sizeof(path), "%s/mine-0.1.dist-info/direct_url.json", site);
	world_write(path, "{\"url\": \"file:///tmp\", \"dir_info\": {\"editable\": true}}");
	world_wheel(w, "alpha", "1.0", "alpha", "", "");
	world_wheel(w, "alpha", "1.5", "alpha", "", "");
	world_wheel(w, "beta-bar", "2.1", "beta", "", "");
}

static void ignore_change(void *user, const char *path, const char *from, const char *to)
{
	(void)user, (void)path, (void)from, (void)to;
}

static void fail_on_refused(void *user, const char *path, const char *why)
{
	(void)user;
	fail_msg("%s: %s", path, why);
}

static void test_brought_into_a_venv(void **state)
{
	static char into[] = "~/.venv";
	struct index_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	SCOPED_CLEAR(findings_clear) struct findings after = {0};
	SCOPED_CLEAR(dists_clear) struct dists dists = {0};
	char path[512], venv[512], proof[512];
	struct err e = {0};

	leave_behind(w);
	w->recipe.into = into;

	struct finding *f = world_look(w, &found);

	assert_int_equal(f->item.outcome, OUTCOME_BROKEN);
	assert_int_equal(f->tag, PACKAGES_LEFT_BEHIND);
	assert_string_equal(f->item.path, world_home(w, USER_SITE, path));
	assert_string_equal(f->noun, "user package");
	assert_int_equal(f->weight, 3);
	assert_string_equal(f->minor, GONE);
	assert_has(f->item.text, "2 packages of python " GONE ", which python3 (");
	assert_has(f->item.text, ") does not see: alpha 1.0, Beta_Bar 2.1; by hand: mine (-e ");
	assert_int_equal(f->mend.n_steps, 2);
	assert_string_equal(f->mend.steps[0].makes, world_home(w, ".venv", venv));
	assert_true(strings_has(&f->mend.steps[1].argv, "alpha==1.0"));
	assert_true(strings_has(&f->mend.steps[1].argv, "Beta_Bar==2.1"));
	if (!world_take(w, f, &e))
		fail_msg("%s", e.text);
	snprintf(path, sizeof(path), "%.300s/lib/python%s/site-packages", venv, w->minor);
	assert_true(installed_read(path, &dists, &e));
	assert_true(dists.n_items > 0);
	assert_string_equal(dists.items[0].name, "alpha");
	assert_string_equal(dists.items[0].version, "1.0");
	assert_int_equal(world_look(w, &after)->item.outcome, OUTCOME_CURRENT);
	assert_has(after.items[0].item.text, "brought along already; by hand: mine");
	if (!packages_prove(&w->owner, f, &after.items[0], proof, sizeof(proof), &e))
		fail_msg("%s", e.text);
	assert_string_equal(proof, "~/.venv has 2 of its 3 packages");

	/* and back: the venv goes, and what was left behind is found again */
	size_t n_done = 0, n_refused = 0;
	struct undo_watch watch = {
		.on_change = ignore_change, .on_refused = fail_on_refused, .user = NULL};

	if (!undo_take_back(
		    &w->person, "run-1", "python-packages", false, &watch, &n_done, &n_refused, &e))
		fail_msg("%s", e.text);
	assert_int_equal(n_done, 1);
	assert_int_not_equal(access(venv, F_OK), 0);
	assert_int_equal(world_look(w, &after)->item.outcome, OUTCOME_BROKEN);
	assert_int_equal(after.items[0].mend.n_steps, 2);
}

static void test_brought_into_the_user_site(void **state)
{
	struct index_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	char prefix[512], path[512], site[512], proof[512];
	struct stat st;
	struct err e = {0};

	leave_behind(w);
	world_python(w, world_home(w, "own", prefix), false);
	world_sh("chmod 555 %s/lib/python*/site-packages", prefix);
	put_at_front(w, prefix);

	struct finding *f = world_look(w, &found);

	assert_int_equal(f->mend.n_steps, 1);
	assert_true(strings_has(&f->mend.steps[0].argv, "--user"));
	if (!world_take(w, f, &e))
		fail_msg("%s", e.text);
	snprintf(
		path, sizeof(path), ".local/lib/python%s/site-packages/beta/__init__.py", w->minor);
	assert_int_equal(stat(world_home(w, path, site), &st), 0);
	if (!packages_prove(&w->owner, f, f, proof, sizeof(proof), &e))
		fail_msg("%s", e.text);
	findings_clear(&found);
	assert_true(packages_look(&w->owner, &found, &e));
	assert_int_equal(found.n_items, 2); /* the old folder, and the new one that is fine */
	assert_int_equal(found.items[0].item.outcome, OUTCOME_CURRENT);
	assert_int_equal(found.items[1].item.outcome, OUTCOME_CURRENT);
	assert_int_equal(found.items[1].weight, 2);
	assert_string_equal(found.items[1].minor, w->minor);
}

static void test_managed_says_what_to_set(void **state)
{
	struct index_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	char prefix[512];

	leave_behind(w);
	world_python(w, world_home(w, "system", prefix), true);
	put_at_front(w, prefix);
	assert_int_equal(world_look(w, &found)->mend.n_steps, 0);
	assert_int_equal(found.items[0].item.outcome, OUTCOME_BROKEN);
	assert_has(
		found.items[0].item.text, "set `updaters: {python-packages: {into: ~/.venv}}` in ");
}

static void test_repair_only_tells(void **state)
{
	static char into[] = "~/.venv";
	struct index_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};

	leave_behind(w);
	w->recipe.into = into;
	w->owner.mode = OWNER_REPAIR;
	assert_int_equal(world_look(w, &found)->mend.n_steps, 0);
	assert_has(found.items[0].item.text,
		"devupd upgrade python-packages brings them into ~/.venv");
}

static void test_present_minor_is_fine(void **state)
{
	struct index_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	char path[512], site[512];

	snprintf(path, sizeof(path), ".local/lib/python%s/site-packages", w->minor);
	world_installed(world_home(w, path, site), "alpha", "1.0");

	struct finding *f = world_look(w, &found);

	assert_int_equal(f->item.outcome, OUTCOME_CURRENT);
	assert_int_equal(f->weight, 1);
	assert_has(f->item.text, "1 package of python ");
	assert_int_equal(f->mend.n_steps, 0);
}

/* Whoever keeps another python may well be using its packages. */
static void test_other_python_is_there(void **state)
{
	struct index_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	char path[512];

	leave_behind(w);
	world_write(
		world_home(w, ".pyenv/versions/" GONE ".9/bin/python" GONE, path), "#!/bin/sh\n");
	assert_int_equal(world_look(w, &found)->item.outcome, OUTCOME_BROKEN);
	world_sh("chmod 755 %s", path);
	assert_int_equal(world_look(w, &found)->item.outcome, OUTCOME_CURRENT);
}

/* In one prefix the older python is there still, but python3 has moved on. */
static void test_default_moved_within_a_prefix(void **state)
{
	struct index_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	char prefix[512], keg[512], path[512], site[1024];
	struct err e = {0};

	leave_behind(w);
	world_home(w, "brew", prefix);
	snprintf(path, sizeof(path), "brew/Cellar/python@%s/%s.1", w->minor, w->minor);
	world_python(w, world_home(w, path, keg), true);
	world_sh("cd %s && mkdir -p opt bin lib/python" GONE "/site-packages Cellar/python@" GONE
		 "/" GONE ".4/bin && ln -s ../Cellar/python@%s/%s.1 opt/python@%s && "
		 "ln -s ../Cellar/python@%s/%s.1/bin/python3 bin/python3 && "
		 "ln -s ../Cellar/python@" GONE "/" GONE ".4 opt/python@" GONE " && "
		 "printf '#!/bin/sh\\n' > opt/python@" GONE "/bin/python" GONE " && "
		 "chmod 755 opt/python@" GONE "/bin/python" GONE,
		prefix, w->minor, w->minor, w->minor, w->minor, w->minor);
	put_at_front(w, prefix);
	snprintf(site, sizeof(site), "%s/lib/python" GONE "/site-packages", prefix);
	world_installed(site, "gamma", "3.0");
	/* a formula's own: its files are links into the Cellar */
	world_sh("cd %s && mkdir -p Cellar/pygments/2.0 lib/python" GONE
		 "/site-packages/pygments-2.0.dist-info && "
		 "printf 'Name: pygments\\nVersion: 2.0\\n' > Cellar/pygments/2.0/METADATA && "
		 "ln -s ../../../../Cellar/pygments/2.0/METADATA lib/python" GONE
		 "/site-packages/pygments-2.0.dist-info/METADATA",
		prefix);
	assert_true(packages_look(&w->owner, &found, &e));
	assert_int_equal(found.n_items, 2);
	assert_string_equal(found.items[0].item.path, world_home(w, USER_SITE, path));
	assert_int_equal(found.items[0].item.outcome, OUTCOME_BROKEN);
	assert_string_equal(found.items[1].item.path, site);
	assert_int_equal(found.items[1].item.outcome, OUTCOME_BROKEN);
	assert_int_equal(found.items[1].weight, 1);
	assert_string_equal(found.items[1].prefix, prefix);
	assert_has(found.items[1].item.text, "1 package of python " GONE);
}

/* Only a python3 that an upgrade may move takes the person's own packages along. */
static void test_own_packages_rest_on_what_moves(void **state)
{
	struct index_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	char prefix[512], keg[512], path[512], site[1024];
	struct err e = {0};

	world_home(w, "brew", prefix);
	snprintf(path, sizeof(path), "brew/Cellar/python@%s/%s.1", w->minor, w->minor);
	world_python(w, world_home(w, path, keg), true);
	world_sh("cd %s && mkdir -p opt bin && ln -s ../Cellar/python@%s/%s.1 opt/python@%s && "
		 "ln -s ../Cellar/python@%s/%s.1/bin/python3 bin/python3",
		prefix, w->minor, w->minor, w->minor, w->minor, w->minor);
	snprintf(path, sizeof(path), ".local/lib/python%s/site-packages", w->minor);
	world_installed(world_home(w, path, site), "gamma", "3.0");
	put_at_front(w, prefix);
	assert_true(packages_look(&w->owner, &found, &e));
	assert_int_equal(found.n_items, 1);
	assert_string_equal(found.items[0].prefix, prefix);
	/* by the formula's own folder, which is that minor version's for ever */
	snprintf(path, sizeof(path), "%.300s/opt/python@%s", prefix, w->minor);
	put_at_front(w, path);
	findings_clear(&found);
	assert_true(packages_look(&w->owner, &found, &e));
	assert_int_equal(found.n_items, 1);
	assert_string_equal(found.items[0].prefix, "");
}

static void test_many_are_counted(void **state)
{
	struct index_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	char site[512], name[32];

	world_home(w, USER_SITE, site);
	for (int i = 0; i < 13; i++) {
		snprintf(name, sizeof(name), "p%02d", i);
		world_installed(site, name, "1");
	}
	assert_int_equal(world_look(w, &found)->weight, 13);
	assert_has(found.items[0].item.text, "13 packages of python " GONE);
	assert_has(found.items[0].item.text, "p08 1, p09 1 and 3 more");
}

static void test_venvs_recipe_has_none(void **state)
{
	struct index_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	struct err e = {0};

	leave_behind(w);
	assert_true(strings_add(&w->recipe.roots, "~"));
	assert_true(packages_look(&w->owner, &found, &e));
	assert_int_equal(found.n_items, 0);
	strings_clear(&w->recipe.roots);
}

#define TEST(f) cmocka_unit_test_setup(f, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_brought_into_a_venv),
		TEST(test_brought_into_the_user_site),
		TEST(test_managed_says_what_to_set),
		TEST(test_repair_only_tells),
		TEST(test_present_minor_is_fine),
		TEST(test_other_python_is_there),
		TEST(test_default_moved_within_a_prefix),
		TEST(test_own_packages_rest_on_what_moves),
		TEST(test_many_are_counted),
		TEST(test_venvs_recipe_has_none),
	};
	bool is_open = index_world_open(&world);
	int status = is_open ? cmocka_run_group_tests_name("left_behind", tests, NULL, NULL)
			     : index_world_lacking();

	index_world_close(&world);
	return status;
}
