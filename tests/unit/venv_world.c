/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "venv_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "updaters/lib/child.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/interpreter.h"
#include "updaters/lib/undo.h"
#include "updaters/python/python.h"

enum { SHELL_MS = 180000, N_TEXTS = 16 };

/* --- a real python ------------------------------------------------------------- */

static bool can_make_venvs(const char *python)
{
	const char *const argv[] = {python, "-I", "-c",
		"import ensurepip, venv, sys; sys.exit(sys.version_info < (3, 8))", NULL};
	const struct child_spec spec = {.argv = argv};
	SCOPED_FREE char *text = NULL, *errors = NULL;
	int status = 1;

	return child_run(&spec, 20000, 4096, &text, &errors, &status, NULL) && status == 0;
}

/* The newest that the system or a pyenv of whoever runs this has. */
static bool python_find(char *out, size_t out_size)
{
	const struct passwd *me = getpwuid(geteuid());
	char own[PERSON_PATH_MAX];
	const char *patterns[] = {"/usr/bin/python3.*[0-9]", "/usr/local/bin/python3.*[0-9]", own};

	(void)snprintf(own, sizeof(own), "%s/.pyenv/versions/3.*/bin/python3.*[0-9]",
		me ? me->pw_dir : "/nonexistent");
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		glob_t g = {0};
		bool is_found = false;

		if (glob(patterns[i], 0, NULL, &g) == 0)
			for (size_t k = g.gl_pathc; k > 0 && !is_found; k--)
				is_found = !strstr(g.gl_pathv[k - 1], "-") &&
					   can_make_venvs(g.gl_pathv[k - 1]) &&
					   text_copy(out, out_size, g.gl_pathv[k - 1]);
		globfree(&g);
		if (is_found)
			return true;
	}
	return false;
}

/* --- the home -------------------------------------------------------------------- */

const char *home_at(const struct venv_world *w, const char *format, ...)
{
	static char texts[N_TEXTS][PERSON_PATH_MAX];
	static size_t next;
	char *out = texts[next++ % N_TEXTS];
	char below[PERSON_PATH_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(below, sizeof(below), format, args);
	va_end(args);
	assert_true(fs_join(out, PERSON_PATH_MAX, w->person.home, below));
	return out;
}

const char *sh(const struct venv_world *w, const char *format, ...)
{
	static char texts[N_TEXTS][16384];
	static size_t next;
	char *out = texts[next++ % N_TEXTS];
	char line[8192];
	va_list args;
	int status = -1;
	struct err e = {0};
	SCOPED_FREE char *text = NULL;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);

	const char *const argv[] = {"/bin/sh", "-euc", line, NULL};
	const struct errand_spec spec = {
		.argv = argv, .timeout_ms = SHELL_MS, .max_bytes = 1 << 20};

	struct person us = w->person;

	/* a test may have made the person somebody else */
	us.uid = geteuid();
	if (!person_run(&us, &spec, &text, &status, &e) || status != 0)
		fail_msg("%s: status %d: %s%s", line, status, e.text, text ? text : "");
	text_copy_cut(out, sizeof(texts[0]), text_trim(text));
	return out;
}

void put_text(const char *path, const char *text)
{
	struct err e = {0};

	if (!fs_replace(path, text, strlen(text), 0644, &e))
		fail_msg("%s", e.text);
}

int venv_world_make(void **state)
{
	struct venv_world *w = calloc(1, sizeof(*w));
	char python[PERSON_PATH_MAX], folder[] = "/tmp/devupd-venv-XXXXXX";
	struct interpreter found;
	const struct passwd *me = getpwuid(geteuid());

	assert_non_null(w);
	*state = w;
	if (!python_find(python, sizeof(python)) || !interpreter_look(python, &found)) {
		fprintf(stderr,
			"no python with venv and ensurepip: apt-get install python3-venv\n");
		free(w);
		exit(getenv("CI") && strcmp(getenv("CI"), "true") == 0 ? 1 : 77);
	}
	assert_non_null(mkdtemp(folder));
	text_copy_cut(w->python, sizeof(w->python), python);
	text_copy_cut(w->minor, sizeof(w->minor), found.minor);
	(void)snprintf(w->old_keg, sizeof(w->old_keg), ".linuxbrew/Cellar/python@%s/%s.98",
		w->minor, w->minor);
	(void)snprintf(w->new_keg, sizeof(w->new_keg), ".linuxbrew/Cellar/python@%s/%s.99",
		w->minor, w->minor);
	(void)snprintf(w->opt_python, sizeof(w->opt_python),
		".linuxbrew/opt/python@%s/bin/python%s", w->minor, w->minor);
	w->person.uid = geteuid();
	w->person.gid = getegid();
	text_copy_cut(w->person.name, sizeof(w->person.name), me ? me->pw_name : "somebody");
	(void)snprintf(w->person.home, sizeof(w->person.home), "%s/home", folder);
	text_copy_cut(w->person.shell, sizeof(w->person.shell), "/bin/sh");
	(void)snprintf(
		w->person.config_home, sizeof(w->person.config_home), "%s/home/.config", folder);
	text_copy_cut(w->person.search_path, sizeof(w->person.search_path), "/usr/bin:/bin");
	assert_true(fs_make_folders(home_at(w, ".local/state"), 0755, NULL));
	w->recipe.name = strdup("python-venvs");
	w->recipe.depth = 6;
	w->owner = (struct owner){.recipe = &w->recipe, .person = &w->person, .mode = OWNER_REPAIR};
	assert_true(words_set(&w->recipe.words, "home", w->person.home));
	return 0;
}

int venv_world_remove(void **state)
{
	struct venv_world *w = *state;

	sh(w, "chmod -R u+rwX ..; cd /; rm -rf \"$(dirname \"$HOME\")\"");
	findings_clear(&w->found);
	for (size_t i = 0; i < w->recipe.n_venvs; i++) {
		free(w->recipe.venvs[i].path);
		free(w->recipe.venvs[i].python);
		strings_clear(&w->recipe.venvs[i].packages);
	}
	free(w->recipe.venvs);
	free(w->recipe.name);
	strings_clear(&w->recipe.roots);
	words_clear(&w->recipe.words);
	free(w);
	return 0;
}

/* --- Homebrew, in folders --------------------------------------------------------- */

void keg_make(const struct venv_world *w, const char *keg)
{
	/* a copy of the program finds its library beside itself, as a keg's does */
	sh(w,
		"mkdir -p %s/bin %s/lib .linuxbrew/opt .linuxbrew/bin\n"
		"cp -L --reflink=auto %s %s/bin/python%s\n"
		"ln -s \"$(%s -I -c 'import os; print(os.path.dirname(os.__file__))')\" %s/lib\n"
		"ln -sfn ../../%s .linuxbrew/opt/python@%s\n"
		"ln -sf ../../%s/bin/python%s .linuxbrew/bin/python%s",
		keg, keg, w->python, keg, w->minor, w->python, keg, keg, w->minor, keg, w->minor,
		w->minor);
}

void keg_upgrade(const struct venv_world *w)
{
	keg_make(w, w->new_keg);
	sh(w, "rm -r %s", w->old_keg);
}

void venv_make_real(const struct venv_world *w, const char *python, const char *name)
{
	sh(w, "%s -m venv --without-pip %s", python, name);
}

/* --- look, mend, prove, take back --------------------------------------------------- */

void world_glob(struct venv_world *w, const char *glob)
{
	struct recipe_venv *grown =
		realloc(w->recipe.venvs, (w->recipe.n_venvs + 1) * sizeof(*grown));

	assert_non_null(grown);
	w->recipe.venvs = grown;
	grown[w->recipe.n_venvs] = (struct recipe_venv){.path = strdup(glob)};
	w->recipe.n_venvs++;
}

static struct finding *finding_of(struct venv_world *w, const char *name)
{
	const char *path = home_at(w, "%s", name);

	for (size_t i = 0; i < w->found.n_items; i++)
		if (text_equal(w->found.items[i].item.path, path))
			return &w->found.items[i];
	return NULL;
}

struct finding *world_look(struct venv_world *w, const char *name)
{
	struct result summary;
	struct err e = {0};

	result_init(&summary);
	findings_clear(&w->found);
	if (!python_updater.look(&w->owner, &w->found, &summary, &e))
		fail_msg("look: %s", e.text);
	result_clear(&summary);
	if (!finding_of(w, name))
		fail_msg("~/%s was not found", name);
	return finding_of(w, name);
}

static void put_path(const struct venv_world *w, struct buf *b, const char *path)
{
	char text[PERSON_PATH_MAX];

	person_shorten(&w->person, path ? path : "-", text, sizeof(text));
	buf_printf(b, " %s", text);
}

const char *steps_of(const struct venv_world *w, const struct finding *f)
{
	static const char *const words[MEND_N_TYPES] = {
		"link", "drop", "move", "write", "exchange", "rebase", "run"};
	static char texts[4][16384];
	static size_t next;
	char *out = texts[next++ % 4];
	struct buf b;

	buf_init(&b, sizeof(texts[0]) - 1);
	for (size_t i = 0; i < f->mend.n_steps; i++) {
		const struct mend_step *s = &f->mend.steps[i];

		buf_puts(&b, words[s->type]);
		for (size_t k = 0; k < s->argv.n_items; k++)
			put_path(w, &b, s->argv.items[k]);
		if (s->path)
			put_path(w, &b, s->path);
		if (s->type == MEND_LINK || s->type == MEND_REBASE)
			put_path(w, &b, s->was);
		if (s->to)
			put_path(w, &b, s->to);
		buf_puts(&b, "\n");
	}
	text_copy_cut(out, sizeof(texts[0]), buf_str(&b));
	buf_clear(&b);
	return out;
}

bool world_take(struct venv_world *w, const char *name, struct err *e)
{
	SCOPED(undo_close) struct undo *undo = NULL;
	struct finding *f = finding_of(w, name);
	const struct mender by = {.person = &w->person, .name = w->recipe.name, .wait_ms = 1000};
	struct mender with = by;

	char run[UNDO_RUN_MAX];

	assert_non_null(f);
	assert_true(f->mend.n_steps > 0);
	(void)snprintf(run, sizeof(run), "r%02u", ++w->n_runs);
	if (!undo_open(&w->person, run, &undo, e))
		return false;
	with.undo = undo;
	return mend_take(&f->mend, &with, e);
}

const char *world_mend(struct venv_world *w, const char *name)
{
	static char proof[RECORD_TEXT_MAX];
	struct err e = {0};
	struct finding before, *now;

	if (!world_take(w, name, &e))
		fail_msg("mend: %s", e.text);
	before = *finding_of(w, name);
	finding_of(w, name)->mend = (struct mend){0}; /* kept for the proof */
	now = world_look(w, name);
	if (now->item.outcome != OUTCOME_CURRENT || now->mend.n_steps > 0)
		fail_msg("still %s: %s\n%s", now->item.state, now->item.text, steps_of(w, now));
	if (!python_updater.prove(&w->owner, &before, now, proof, sizeof(proof), &e))
		fail_msg("prove: %s", e.text);
	mend_clear(&before.mend);
	return proof;
}

static void on_change(void *user, const char *path, const char *from, const char *to)
{
	(void)user;
	(void)from;
	(void)to;
	assert_int_equal(path[0], '/');
}

static void on_refused(void *user, const char *path, const char *why)
{
	(void)user;
	fail_msg("undo: %s: %s", path, why);
}

void world_undo(struct venv_world *w)
{
	char run[UNDO_RUN_MAX];
	struct undo_watch watch = {on_change, on_refused, NULL};
	size_t n_done = 0, n_refused = 0;
	struct err e = {0};

	assert_true(undo_last_run(&w->person, run));
	if (!undo_take_back(
		    &w->person, run, w->recipe.name, false, &watch, &n_done, &n_refused, &e))
		fail_msg("undo: %s", e.text);
	assert_true(n_done > 0);
	assert_int_equal(n_refused, 0);
}

const char *world_photo(const struct venv_world *w)
{
	return sh(w,
		"find . -path ./.local/state -prune -o -name __pycache__ -prune -o -path ./.cache "
		"-prune"
		" -o -printf '%%p %%y %%l %%m\\n' -type f -exec sha256sum {} + | sort | sha256sum");
}
