/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A venv whose minor version is gone, made anew from what was in it; one that the settings ask for.
 * Real venv, real pip, an index of wheels made here, found as a person's pip finds its index. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "updaters/lib/child.h"
#include "updaters/python/python.h"
#include "venv_world.h"

static pid_t server = -1;

static int make_with_index(void **state)
{
	if (venv_world_make(state) != 0)
		return -1;

	struct venv_world *w = *state;
	const char *const argv[] = {w->python, DEVUPD_FIXTURES "/python/index.py",
		home_at(w, "index"), "alpha==1.2.3", "alpha==2.0", "beta==0.5", NULL};
	const struct child_spec spec = {.argv = argv, .dies_with_us = true};
	struct err e = {0};

	sh(w, "mkdir index");
	if (!child_start(&spec, &server, &e))
		fail_msg("%s", e.text);
	sh(w, "for i in $(seq 100); do [ -e index/port ] && break; sleep 0.1; done; mkdir -p "
	      ".config/pip;"
	      "printf '[global]\\nindex-url = http://127.0.0.1:%%s/simple\\n' $(cat index/port) > "
	      ".config/pip/pip.conf");
	w->owner.mode = OWNER_UPGRADE;
	w->owner.may_upgrade = true;
	return 0;
}

static int remove_with_index(void **state)
{
	if (server > 0) {
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
	}
	server = -1;
	return venv_world_remove(state);
}

static void dist_put(const struct venv_world *w, const char *name, const char *version)
{
	sh(w,
		"d=v/lib/python3.5/site-packages/%s-%s.dist-info; mkdir -p $d;"
		"printf 'Metadata-Version: 2.1\\nName: %s\\nVersion: %s\\n\\nVersion: 9\\n' > "
		"$d/METADATA;"
		"echo '%s/__init__.py,,' > $d/RECORD",
		name, version, name, version, name);
}

/* As pipx made it, with a Homebrew python whose minor version is gone: its link to the outside goes
 * into the folder, which therefore must stay where it is. */
static void old_make(struct venv_world *w)
{
	keg_make(w, w->new_keg);
	sh(w, "mkdir -p v/bin v/lib/python3.5/site-packages .local/bin;"
	      "ln -s $HOME/.linuxbrew/Cellar/python@3.5/3.5.1/bin/python3.5 v/bin/python3.5;"
	      "ln -s python3.5 v/bin/python; ln -s $HOME/v/bin/beta .local/bin/beta;"
	      "printf 'home = /nowhere/bin\\nversion = 3.5.1\\nprompt = work\\n' > v/pyvenv.cfg;"
	      "echo '{\"main\": \"beta\"}' > v/pipx_metadata.json");
	dist_put(w, "alpha", "1.2.3");
	dist_put(w, "beta", "0.5");
	dist_put(w, "pip", "1.0");
	world_glob(w, "~/v");
}

static void is_made_anew(void **state)
{
	struct venv_world *w = *state;
	struct finding *f;
	SCOPED_CLEAR(strings_clear) struct strings kept = {0};

	old_make(w);
	/* one installed from a folder, and one whose folder is gone */
	sh(w,
		"mkdir src; cp %s src/backend.py; echo > src/local_module.py;"
		"printf '[build-system]\\nrequires = []\\nbuild-backend = \"backend\"\\n"
		"backend-path = [\".\"]\\n[project]\\nname = \"local\"\\nversion = \"0.1\"\\n' > "
		"src/pyproject.toml",
		DEVUPD_FIXTURES "/python/backend.py");
	dist_put(w, "local", "0.1");
	dist_put(w, "lost", "3");
	sh(w, "cd v/lib/python3.5/site-packages; echo local_module > "
	      "local-0.1.dist-info/top_level.txt;"
	      "rm lost-3.dist-info/RECORD;"
	      "for p in local-0.1:src lost-3:gone; do printf '{\"url\": \"file://%%s/%%s\", "
	      "\"dir_info\": "
	      "{\"editable\": true}}' $HOME ${p#*:} > ${p%%:*}.dist-info/direct_url.json; done");

	const char *before = world_photo(w);

	f = world_look(w, "v");
	assert_string_equal(f->item.state, "minor gone");
	assert_non_null(strstr(f->item.text, home_at(w, "gone")));

	const char *steps = steps_of(w, f);
	const char *proof = world_mend(w, "v");

	assert_non_null(strstr(proof, "python runs: 3."));
	assert_non_null(strstr(proof, "3 of its packages import"));
	assert_non_null(strstr(proof, "; the old one is ~/v.devupd-20"));
	assert_non_null(strstr(proof, " till: devupd clean"));
	assert_string_equal(sh(w, ".local/bin/beta"), "beta 0.5");
	assert_string_equal(sh(w, "v/bin/alpha"), "alpha 1.2.3");
	assert_string_equal(sh(w, "cat v/devupd-installed.txt | sed s,$HOME,~,"),
		"alpha==1.2.3\nbeta==0.5\n-e file://~/src");
	sh(w, "cmp v/pipx_metadata.json v.devupd-*/pipx_metadata.json;"
	      "! grep -rI 'v[.]devupd' v/bin v/pyvenv.cfg; . v/bin/activate; test $VIRTUAL_ENV = "
	      "$HOME/v");
	assert_true(python_updater.leftovers(&w->owner, &kept, NULL));
	assert_int_equal(kept.n_items, 1);
	assert_non_null(strstr(kept.items[0], "/v.devupd-20"));
	world_glob(w, "~/v*");
	(void)world_look(w, "v");
	assert_int_equal(w->found.n_items, 1); /* what is kept is told by nobody but clean */
	world_undo(w);
	assert_string_equal(world_photo(w), before);
	assert_string_equal(steps_of(w, world_look(w, "v")), steps);
}

static void steps_are_shown_first(void **state)
{
	struct venv_world *w = *state;
	char steps[8192];
	char aside[PERSON_PATH_MAX], mine[256];

	old_make(w);

	const char *planned = steps_of(w, world_look(w, "v"));

	assert_true(mend_aside(home_at(w, "v"), aside, sizeof(aside)));
	person_shorten(&w->person, aside, mine, sizeof(mine));
	(void)snprintf(steps, sizeof(steps),
		"run ~/%s -m venv --prompt work %s\n"
		"write %s/devupd-installed.txt\n"
		"run %s/bin/python -m pip install --disable-pip-version-check --no-input --no-deps "
		"-r "
		"%s/devupd-installed.txt\n"
		"write %s/pipx_metadata.json\n"
		"run %s/bin/python -I -B -c import sys, alpha, beta\n"
		"rebase %s/bin %s ~/v\n"
		"rebase %s %s ~/v\n"
		"exchange ~/v %s\n",
		w->opt_python, mine, mine, mine, mine, mine, mine, mine, mine, mine, mine, mine);
	assert_string_equal(planned, steps);
}

/* The folder in which it is made has another name: that must not become the prompt. */
static void prompt_stays(void **state)
{
	struct venv_world *w = *state;

	old_make(w);
	sh(w, "sed -i /prompt/d v/pyvenv.cfg");
	(void)world_look(w, "v");
	(void)world_mend(w, "v");
	sh(w, "! grep -rI 'v[.]devupd' v/bin v/pyvenv.cfg");
	assert_string_equal(sh(w, "sed -n 's/^prompt = //p' v/pyvenv.cfg | tr -d \\'"), "v");
}

/* What can't be had again leaves all as it was. */
static void fails_whole(void **state)
{
	struct venv_world *w = *state;
	struct err e = {0};

	old_make(w);
	dist_put(w, "gamma", "7");

	const char *before = world_photo(w);

	(void)world_look(w, "v");
	assert_false(world_take(w, "v", &e));
	assert_non_null(strstr(e.text, "gamma"));
	assert_string_equal(world_photo(w), before);
}

/* It is tried before it takes the old one's place. */
static void must_import_first(void **state)
{
	struct venv_world *w = *state;
	struct err e = {0};

	old_make(w);
	sh(w, "echo other/__init__.py,, > v/lib/python3.5/site-packages/beta-0.5.dist-info/RECORD");

	const char *before = world_photo(w);

	(void)world_look(w, "v");
	assert_false(world_take(w, "v", &e));
	assert_non_null(strstr(e.text, "other"));
	assert_string_equal(world_photo(w), before);
}

static void one_of_the_settings(void **state)
{
	struct venv_world *w = *state;
	struct finding *f;

	world_glob(w, "~/new/venv");
	w->recipe.venvs[0].is_declared = true;
	assert_true(strings_add(&w->recipe.venvs[0].packages, "alpha"));
	w->recipe.venvs[0].python = strdup(w->python);

	const char *before = world_photo(w);

	w->owner.mode = OWNER_REPAIR;
	f = world_look(w, "new/venv");
	assert_string_equal(f->item.state, "missing");
	assert_int_equal(f->mend.n_steps, 0);
	assert_non_null(strstr(f->item.text, "devupd upgrade python-venvs"));
	w->owner.mode = OWNER_UPGRADE;
	(void)world_look(w, "new/venv");
	assert_non_null(strstr(world_mend(w, "new/venv"), "1 of its packages imports"));
	assert_string_equal(sh(w, "new/venv/bin/alpha"), "alpha 2.0");
	world_undo(w);
	sh(w, "rmdir new 2>/dev/null || true");
	assert_string_equal(world_photo(w), before);
}

#define WITH_INDEX(f) cmocka_unit_test_setup_teardown(f, make_with_index, remove_with_index)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_INDEX(steps_are_shown_first),
		WITH_INDEX(is_made_anew),
		WITH_INDEX(prompt_stays),
		WITH_INDEX(fails_whole),
		WITH_INDEX(must_import_first),
		WITH_INDEX(one_of_the_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
