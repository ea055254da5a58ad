/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/python/packages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <netinet/in.h>
#include <unistd.h>

#include "index_world.h"
#include "updaters/python/installed.h"
#include "updaters/python/pip.h"
#include "updaters/python/requirement.h"

static struct index_world world;

static int reset(void **state)
{
	*state = &world;
	world_reset(&world);
	return 0;
}

static void use(struct index_world *w, char *interpreter)
{
	w->recipe.interpreter = interpreter;
}

static void assert_has(const char *text, const char *words)
{
	if (strstr(text, words) == NULL)
		fail_msg("\"%s\" is not in: %s", words, text);
}

static bool step_has(const struct mend_step *step, const char *word)
{
	return strings_has(&step->argv, word);
}

/* "alpha 1.0\nbeta 2.0\n" of HOME/.venv, without what a venv begins with. */
static void list_venv(const struct index_world *w, char out[1024])
{
	SCOPED_CLEAR(dists_clear) struct dists dists = {0};
	char site[512], path[512];
	struct err e = {0};
	size_t len = 0;

	snprintf(path, sizeof(path), ".venv/lib/python%s/site-packages", w->minor);
	if (!installed_read(world_home(w, path, site), &dists, &e))
		fail_msg("%s", e.text);
	out[0] = '\0';
	for (size_t i = 0; i < dists.n_items; i++) {
		const struct dist *d = &dists.items[i];

		if (strcmp(d->name, "pip") != 0 && strcmp(d->name, "setuptools") != 0)
			len += (size_t)snprintf(
				out + len, 1024 - len, "%s %s\n", d->name, d->version);
	}
}

/* --- what is missing is installed ------------------------------------------------------------ */

static void test_installs_what_is_missing(void **state)
{
	struct index_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	SCOPED_CLEAR(findings_clear) struct findings after = {0};
	char list[1024], proof[512], python[512];
	struct err e = {0};

	world_venv(w, ".venv");
	world_wheel(w, "alpha", "1.0", "alpha", "", "");
	world_wheel(w, "beta-bar", "2.1", "beta", "import gamma", "gamma");
	world_wheel(w, "gamma", "3.0", "gamma", "print(1)", "");
	world_need(w, "alpha", "alpha");
	world_need(w, "beta-bar>=2", "beta");
	world_need(w, "json", "json.decoder"); /* imports already */
	use(w, "~/.venv");

	struct finding *f = world_look(w, &found);

	assert_int_equal(f->item.outcome, OUTCOME_BROKEN);
	assert_int_equal(f->tag, PACKAGES_IMPORT);
	assert_string_equal(f->minor, w->minor);
	assert_string_equal(f->item.path, world_home(w, ".venv", python));
	assert_has(f->item.text, "2 of 3 packages do not import in ~/.venv: "
				 "alpha (No module named 'alpha'), beta (No module named 'beta')");
	assert_int_equal(f->mend.n_steps, 1);
	assert_string_equal(
		f->mend.steps[0].argv.items[0], world_home(w, ".venv/bin/python", python));
	assert_true(step_has(&f->mend.steps[0], "alpha"));
	assert_true(step_has(&f->mend.steps[0], "beta-bar>=2"));
	assert_false(step_has(&f->mend.steps[0], "json"));
	if (!world_take(w, f, &e))
		fail_msg("%s", e.text);
	list_venv(w, list);
	assert_string_equal(list, "alpha 1.0\nbeta-bar 2.1\ngamma 3.0\n");
	assert_int_equal(world_look(w, &after)->item.outcome, OUTCOME_CURRENT);
	assert_string_equal(after.items[0].item.text, "3 packages import");
	if (!packages_prove(&w->owner, f, &after.items[0], proof, sizeof(proof), &e))
		fail_msg("%s", e.text);
	assert_has(proof, "imports alpha, beta, json.decoder");
}

static void test_broken_is_put_there_anew(void **state)
{
	struct index_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	char path[512], file[512];
	struct err e = {0};

	world_venv(w, ".venv");
	world_wheel(w, "alpha", "1.0", "alpha", "", "");
	world_need(w, "alpha", "alpha");
	use(w, "${home}/.venv/");
	if (!world_take(w, world_look(w, &found), &e))
		fail_msg("%s", e.text);
	snprintf(
		path, sizeof(path), ".venv/lib/python%s/site-packages/alpha/__init__.py", w->minor);
	world_write(world_home(w, path, file), "import ctypes; ctypes.CDLL(\"libgone.so.9\")\n");

	struct finding *f = world_look(w, &found);

	assert_has(f->item.text, "alpha (OSError: libgone.so.9");
	assert_true(step_has(&f->mend.steps[0], "--force-reinstall"));
	assert_true(step_has(&f->mend.steps[0], "alpha==1.0"));
	if (!world_take(w, f, &e))
		fail_msg("%s", e.text);
	assert_int_equal(world_look(w, &found)->item.outcome, OUTCOME_CURRENT);
}

/* Its own files gone: pip would take it for installed. Another's gone: pip sees that by itself. */
static void test_files_are_gone(void **state)
{
	struct index_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	char path[512], list[1024];
	struct err e = {0};

	world_venv(w, ".venv");
	world_wheel(w, "beta-bar", "2.1", "beta", "import gamma", "gamma");
	world_wheel(w, "gamma", "3.0", "gamma", "", "");
	world_need(w, "beta-bar>=2", "beta");
	use(w, "~/.venv");
	if (!world_take(w, world_look(w, &found), &e))
		fail_msg("%s", e.text);
	world_home(w, ".venv/lib/python*/site-packages", path);
	world_sh("rm -rf %s/beta", path);
	assert_true(step_has(&world_look(w, &found)->mend.steps[0], "beta-bar==2.1"));
	assert_true(step_has(&found.items[0].mend.steps[0], "--force-reinstall"));
	if (!world_take(w, &found.items[0], &e))
		fail_msg("%s", e.text);
	world_sh("rm -rf %s/gamma*", path);
	assert_true(step_has(&world_look(w, &found)->mend.steps[0], "beta-bar>=2"));
	assert_false(step_has(&found.items[0].mend.steps[0], "--force-reinstall"));
	if (!world_take(w, &found.items[0], &e))
		fail_msg("%s", e.text);
	list_venv(w, list);
	assert_string_equal(list, "beta-bar 2.1\ngamma 3.0\n");
	assert_int_equal(world_look(w, &found)->item.outcome, OUTCOME_CURRENT);
}

static void test_import_that_ends_python(void **state)
{
	struct index_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	char path[512], file[512], proof[512];
	struct err e = {0};

	world_venv(w, ".venv");
	snprintf(path, sizeof(path), ".venv/lib/python%s/site-packages/wild.py", w->minor);
	world_write(world_home(w, path, file), "import os; print(\":json\\tok\"); os.abort()\n");
	world_need(w, "wild", "wild");
	world_need(w, "json", "json");
	use(w, "~/.venv");
	assert_has(world_look(w, &found)->item.text, "wild (its import ends python), json");
	assert_false(packages_prove(
		&w->owner, &found.items[0], &found.items[0], proof, sizeof(proof), &e));
	assert_int_equal(e.code, ERR_PYTHON);
}

/* --- what fails leaves all as it was --------------------------------------------------------- */

static void expect_failure(struct index_world *w, enum err_code code, const char *words)
{
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	char before[1024], after[1024];
	struct err e = {0};

	use(w, "~/.venv");
	list_venv(w, before);
	assert_false(world_take(w, world_look(w, &found), &e));
	assert_has(e.text, words);
	assert_int_equal(e.code, code);
	assert_null(strstr(e.text, "all the same"));
	list_venv(w, after);
	assert_string_equal(before, after);
}

static void test_unknown_name(void **state)
{
	struct index_world *w = *state;

	world_venv(w, ".venv");
	world_wheel(w, "alpha", "1.0", "alpha", "", "");
	world_need(w, "alpha", "alpha");
	world_need(w, "nosuch", "nosuch");
	expect_failure(w, ERR_PYTHON, "no such package 'nosuch'");
}

static void test_no_such_version(void **state)
{
	struct index_world *w = *state;

	world_venv(w, ".venv");
	world_wheel(w, "alpha", "1.0", "alpha", "", "");
	world_wheel(w, "alpha", "1.2", "alpha", "", "");
	world_need(w, "alpha>=9", "alpha");
	expect_failure(w, ERR_PYTHON, "no version fits 'alpha>=9': there are 1.0, 1.2");
}

static void test_build_fails(void **state)
{
	struct index_world *w = *state;

	world_venv(w, ".venv");
	world_wheel(w, "alpha", "1.0", "alpha", "", "");
	world_broken_sdist(w, "ruined", "0.1");
	world_need(w, "alpha", "alpha");
	world_need(w, "ruined", "ruined");
	expect_failure(w, ERR_PYTHON, "building ruined failed: RuntimeError: boom");
}

/* A port that nobody listens on: taken, and given back. */
static unsigned free_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(at);
	SCOPED_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	return ntohs(at.sin_port);
}

static void test_no_network(void **state)
{
	struct index_world *w = *state;

	world_venv(w, ".venv");
	world_use_port(w, free_port());
	world_need(w, "alpha", "alpha");
	expect_failure(w, ERR_NETWORK, "the package index can't be reached: Connection refused");
}

/* --- where nothing may be done --------------------------------------------------------------- */

static void test_managed_is_refused(void **state)
{
	struct index_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	char prefix[512];

	world_python(w, world_home(w, "system", prefix), true);
	snprintf(w->person.search_path, sizeof(w->person.search_path), "%.400s/bin:/usr/bin:/bin",
		prefix);
	world_need(w, "nosuch", "nosuch");

	struct finding *f = world_look(w, &found);

	assert_int_equal(f->item.outcome, OUTCOME_BROKEN);
	assert_int_equal(f->mend.n_steps, 0);
	assert_has(f->item.text, "PEP 668");
	/* the whole way out, and where it is written */
	assert_has(f->item.text, "set `updaters: {python-packages: {interpreter: ~/.venv}}` in ");
	assert_has(f->item.text, "/devupd/devupd.yaml, and that venv is made");
}

static void test_repair_only_tells(void **state)
{
	struct index_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};

	world_venv(w, ".venv");
	world_need(w, "nosuch", "nosuch");
	use(w, "~/.venv");
	w->owner.mode = OWNER_REPAIR;
	assert_int_equal(world_look(w, &found)->mend.n_steps, 0);
	assert_has(found.items[0].item.text, "; devupd upgrade python-packages");
	w->owner.mode = OWNER_UPGRADE;
	w->owner.may_upgrade = false;
	assert_int_equal(world_look(w, &found)->mend.n_steps, 0);
	assert_int_equal(found.items[0].item.outcome, OUTCOME_BROKEN);
	w->owner.may_upgrade = true;
	w->owner.offline = true;
	assert_int_equal(world_look(w, &found)->mend.n_steps, 0);
	assert_has(found.items[0].item.text, "offline");
	w->owner.offline = false;
	w->owner.mode = OWNER_CHECK;
	assert_int_equal(world_look(w, &found)->mend.n_steps, 1);
}

static void test_belongs_to_another(void **state)
{
	struct index_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	char venv[512];
	struct err e = {0};

	if (geteuid() != 0)
		skip();
	world_venv(w, ".venv");
	world_sh("chown -hR 65534 %s", world_home(w, ".venv", venv));
	world_need(w, "nosuch", "nosuch");
	use(w, "~/.venv");
	assert_int_equal(world_look(w, &found)->mend.n_steps, 0);
	assert_has(found.items[0].item.text, "~/.venv belongs to nobody: sudo chown -R ana: /");
	w->owner.by_root = true;
	findings_clear(&found);
	assert_true(packages_look(&w->owner, &found, &e));
	assert_int_equal(found.n_items, 0);
}

static void test_wrong_settings(void **state)
{
	struct index_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	char path[512];
	struct err e = {0};

	world_need(w, "alpha", "alpha");
	use(w, "venv");
	assert_false(packages_look(&w->owner, &found, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	world_write(world_home(w, "plain/file", path), "");
	use(w, "~/plain");
	assert_false(packages_look(&w->owner, &found, &e));
	assert_has(e.text, "is a folder, but no venv");
}

/* --- a venv that is not there ---------------------------------------------------------------- */

static void test_venv_is_made(void **state)
{
	struct index_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	char venv[512];
	struct stat st;
	struct err e = {0};

	world_need(w, "alpha", "alpha");
	use(w, "~/new");

	struct finding *f = world_look(w, &found);

	assert_int_equal(f->mend.n_steps, 2);
	assert_has(f->item.text, "~/new is not there and is to be made, with alpha");
	assert_string_equal(f->mend.steps[0].makes, world_home(w, "new", venv));
	assert_false(world_take(w, f, &e)); /* the index has no alpha */
	assert_has(e.text, "no such package 'alpha'");
	assert_int_not_equal(lstat(venv, &st), 0);
	world_wheel(w, "alpha", "1.0", "alpha", "", "");
	if (!world_take(w, world_look(w, &found), &e))
		fail_msg("%s", e.text);
	assert_int_equal(world_look(w, &found)->item.outcome, OUTCOME_CURRENT);
}

/* Whose uv would be called is what its words tell: the program is another's. */
static void test_uv_where_there_is_no_pip(void **state)
{
	struct index_world *w = *state;
	SCOPED_CLEAR(findings_clear) struct findings found = {0};
	char path[512], uv[512];

	world_venv(w, ".venv");
	world_sh("rm -rf %s/lib/python*/site-packages/pip*", world_home(w, ".venv", path));
	world_need(w, "alpha", "alpha");
	use(w, "~/.venv");
	assert_int_equal(world_look(w, &found)->mend.n_steps, 0);
	assert_has(found.items[0].item.text, "has no pip, and there is no uv");
	world_write(world_home(w, "bin/uv", uv), "#!/bin/sh\n");
	world_sh("chmod 755 %s", uv);
	snprintf(w->person.search_path, sizeof(w->person.search_path), "%.400s/bin:/usr/bin:/bin",
		w->person.home);
	assert_int_equal(world_look(w, &found)->mend.n_steps, 1);

	const struct mend_step *step = &found.items[0].mend.steps[0];

	assert_string_equal(step->argv.items[0], uv);
	assert_true(step_has(step, "--python"));
	assert_true(step_has(step, world_home(w, ".venv/bin/python", path)));
}

/* --- words ----------------------------------------------------------------------------------- */

static void test_explain(void **state)
{
	static const struct {
		const char *said;
		enum err_code code;
		const char *tells;
	} rows[] = {
		{"  x No solution found when resolving dependencies:\n"
		 "  `-> Because foo was not found in the package registry and you require foo, we\n"
		 "      can conclude that your requirements are unsatisfiable.\n",
			ERR_PYTHON, "/v/python: no such package 'foo'"},
		{"error: Failed to fetch: `http://127.0.0.1:1/simple/foo/`\n"
		 "  Caused by: tcp connect error: Connection refused (os error 111)\n",
			ERR_NETWORK, "Connection refused"},
		{"OSError: [Errno 28] No space left on device\n", ERR_SPACE, "no space left"},
		{"/usr/bin/python3: No module named pip\n", ERR_PYTHON, "it has no pip"},
		{"The virtual environment was not created successfully because ensurepip is not\n"
		 "available.\n\n    apt install python3.11-venv\n\nYou may need to use sudo\n",
			ERR_PYTHON, "can't make venvs here: apt install python3.11-venv"},
		/* tried again and reached: not the network's fault */
		{"WARNING: Retrying: Connection refused\nERROR: Cannot install a and b because "
		 "these "
		 "package versions have conflicting dependencies.\nmore\n",
			ERR_PYTHON, "/v/python: Cannot install a and b because"},
		{"", ERR_PYTHON, "said nothing"},
	};
	struct mend_step step = {.type = MEND_RUN};

	(void)state;
	assert_true(strings_add(&step.argv, "/v/python"));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err e = {0};

		pip_explain(&step, rows[i].said, &e);
		assert_has(e.text, rows[i].tells);
		assert_int_equal(e.code, rows[i].code);
	}
	strings_clear(&step.argv);
}

static void test_explain_tells_what_was_left(void **state)
{
	struct index_world *w = *state;
	char site[512];
	struct mend_step step = {.to = site, .was = "alpha 1.0\nxbeta 2.0\n"};
	struct err e = {0};

	assert_true(strings_add(&step.argv, "/v/python"));
	world_installed(world_home(w, "site", site), "alpha", "1.0");
	world_installed(site, "beta", "2.0");
	pip_explain(&step, "ERROR: killed\n", &e);
	assert_has(e.text, "killed; installed all the same");
	assert_has(e.text, "/v/python -m pip uninstall beta");
	assert_null(strstr(e.text, "alpha"));
	strings_clear(&step.argv);
}

static void test_requirement_name(void **state)
{
	static const char *const rows[][2] = {{"Foo_Bar[x]>=2", "foo-bar"}, {"a..-_b", "a-b"},
		{"numpy", "numpy"}, {"zope.interface @ https://x", "zope-interface"}};
	char name[REQUIREMENT_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_true(requirement_name(rows[i][0], name));
		assert_string_equal(name, rows[i][1]);
	}
	assert_false(requirement_name("", name));
	assert_false(requirement_name(">=2", name));
}

#define TEST(f) cmocka_unit_test_setup(f, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_installs_what_is_missing),
		TEST(test_broken_is_put_there_anew),
		TEST(test_files_are_gone),
		TEST(test_import_that_ends_python),
		TEST(test_unknown_name),
		TEST(test_no_such_version),
		TEST(test_build_fails),
		TEST(test_no_network),
		TEST(test_managed_is_refused),
		TEST(test_repair_only_tells),
		TEST(test_belongs_to_another),
		TEST(test_wrong_settings),
		TEST(test_venv_is_made),
		TEST(test_uv_where_there_is_no_pip),
		TEST(test_explain),
		TEST(test_explain_tells_what_was_left),
		TEST(test_requirement_name),
	};
	bool is_open = index_world_open(&world);
	int status = is_open ? cmocka_run_group_tests_name("packages", tests, NULL, NULL)
			     : index_world_lacking();

	index_world_close(&world);
	return status;
}
