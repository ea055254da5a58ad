/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A new venv in place of one whose minor version is gone; one that the settings ask for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/python/installed.h"
#include "updaters/python/pip.h"
#include "updaters/python/venv_find.h"
#include "updaters/python/venv_mend.h"

enum {
	MAKE_TIMEOUT_MS = 5 * 60 * 1000,
	INSTALL_TIMEOUT_MS = 60 * 60 * 1000,
	TRY_TIMEOUT_MS = 5 * 60 * 1000,
	MODULES_MAX = 64,
	RECEIPT_MAX = 1 << 20,
	LIST_BYTES_MAX = 4 << 20,
	ARGS_MAX = 40
};
#define LIST_NAME "devupd-installed.txt"

/* What pipx and uv keep beside the venv's own files, to know what they have installed in it. */
static const char *const receipts[] = {"pipx_metadata.json", "uv-receipt.toml"};
/* Those that a new venv brings, or that a new minor version wants newer: not in an old version. */
static const struct {
	const char *name;
	bool is_wanted;
} loose[] = {{"pip", false}, {"setuptools", true}, {"wheel", true}, {"distribute", false}};

/* A venv that is being planned. All borrowed. */
struct build {
	const struct owner *o;
	const char *path;                 /* where it is made */
	const struct interpreter *python; /* by which */
	char uv[PERSON_PATH_MAX];         /* uv does it; "" = venv and pip do */
	struct mend *out;
};

static bool no_memory(const struct build *b, struct err *e)
{
	return err_set(e, ERR_INTERNAL, "%s: out of memory", b->path);
}

/* The interpreter of the new one. */
static bool build_python(const struct build *b, char *out, size_t out_size)
{
	int n = snprintf(out, out_size, "%s/bin/python", b->path);

	return n > 0 && (size_t)n < out_size;
}

static bool text_set(char **out, const char *text)
{
	free(*out);
	*out = strdup(text);
	return *out != NULL;
}

static struct mend_step *run_add(
	const struct build *b, const char *const *argv, uint64_t timeout_ms)
{
	struct mend_step *step = mend_run(b->out, argv, timeout_ms);

	/* packages that must be compiled need what a terminal has on its PATH */
	if (step && b->o->person->search_path[0] &&
		!text_set(&step->search_path, b->o->person->search_path))
		return NULL;
	if (step)
		step->is_within = true;
	return step;
}

/* --- make ---------------------------------------------------------------------------------- */

/* venv takes the folder's name for the prompt, which of a new one beside the old is another. */
static const char *prompt_of(const struct venv *old)
{
	const char *prompt = old->cfg.prompt[0] ? old->cfg.prompt : strrchr(old->path, '/') + 1;

	return prompt[0] == '-' || strpbrk(prompt, "'\"") ? NULL : prompt;
}

static bool make_add(const struct build *b, const struct venv *old)
{
	const char *prompt = old ? prompt_of(old) : NULL;
	const char *argv[16];
	size_t n = 0;

	if (b->uv[0]) {
		argv[n++] = b->uv;
		argv[n++] = "venv";
		argv[n++] = "--python";
		argv[n++] = b->python->path;
	} else {
		argv[n++] = b->python->path;
		argv[n++] = "-m";
		argv[n++] = "venv";
	}
	if (old && old->cfg.sees_system)
		argv[n++] = "--system-site-packages";
	if (prompt) {
		argv[n++] = "--prompt";
		argv[n++] = prompt;
	}
	argv[n++] = b->path;
	argv[n] = NULL;

	struct mend_step *step = run_add(b, argv, MAKE_TIMEOUT_MS);

	if (step)
		step->explain = pip_explain;
	return step && text_set(&step->makes, b->path);
}

/* --- fill ---------------------------------------------------------------------------------- */

/* `pip install` or `uv pip install` with these arguments behind it. */
static bool install_add(const struct build *b, const char *const *more)
{
	const char *argv[ARGS_MAX + 1024 + 1];
	char python[PERSON_PATH_MAX];
	size_t n = 0;

	if (!build_python(b, python, sizeof(python)))
		return false;
	if (b->uv[0]) {
		argv[n++] = b->uv;
		argv[n++] = "pip";
		argv[n++] = "install";
		argv[n++] = "--python";
		argv[n++] = python;
	} else {
		argv[n++] = python;
		argv[n++] = "-m";
		argv[n++] = "pip";
		argv[n++] = "install";
		argv[n++] = "--disable-pip-version-check";
		argv[n++] = "--no-input";
	}
	for (size_t i = 0; more[i] && n < ARRAY_SIZE(argv) - 1; i++)
		argv[n++] = more[i];
	argv[n] = NULL;

	struct mend_step *step = run_add(b, argv, INSTALL_TIMEOUT_MS);

	if (step)
		step->explain = pip_explain;
	return step != NULL;
}

/* The line of one distribution, if it is to be had again. */
static bool line_put(const struct dist *d, struct buf *out, struct strings *lost)
{
	for (size_t i = 0; i < ARRAY_SIZE(loose); i++)
		if (strcasecmp(d->name, loose[i].name) == 0)
			return !loose[i].is_wanted || buf_printf(out, "%s\n", loose[i].name);
	if (d->requirement[0])
		return buf_printf(out, "%s\n", d->requirement);
	return strings_add(lost, d->lost);
}

/* The list is exact and whole: nothing is resolved anew, so that it can't come out another way. */
static bool list_add(const struct build *b, const struct dists *d, struct strings *lost)
{
	SCOPED_CLEAR(buf_clear) struct buf list = {0};
	char path[PERSON_PATH_MAX];
	const char *const more[] = {"--no-deps", "-r", path, NULL};
	bool ok = fs_join(path, sizeof(path), b->path, LIST_NAME);

	buf_init(&list, LIST_BYTES_MAX);
	for (size_t i = 0; ok && i < d->n_items; i++)
		ok = line_put(&d->items[i], &list, lost);
	if (!ok || list.len == 0)
		return ok;
	return mend_write(b->out, path, NULL, list.data, list.len) &&
	       mend_tell(b->out, "what was installed, with exact versions") && install_add(b, more);
}

static bool receipts_add(const struct build *b, const struct venv *old)
{
	char from[PERSON_PATH_MAX], to[PERSON_PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(receipts); i++) {
		SCOPED_FREE char *text = NULL;
		size_t len;

		if (!fs_join(from, sizeof(from), old->path, receipts[i]) ||
			!fs_join(to, sizeof(to), b->path, receipts[i]))
			return false;
		if (fs_read(from, RECEIPT_MAX, &text, &len, NULL) &&
			(!mend_write(b->out, to, NULL, text, len) ||
				!mend_tell(b->out, "as in the old one")))
			return false;
	}
	return true;
}

/* What was there must import in the new one before it takes the old one's place. */
static bool try_add(const struct build *b, const struct venv *old, const struct dists *d)
{
	SCOPED_CLEAR(strings_clear) struct strings modules = {0};
	SCOPED_CLEAR(buf_clear) struct buf code = {0};
	char python[PERSON_PATH_MAX];

	buf_init(&code, MODULES_MAX * 160);
	if (!build_python(b, python, sizeof(python)) ||
		!installed_modules(old->site, d, MODULES_MAX, &modules))
		return false;
	if (!buf_puts(&code, "import sys"))
		return false;
	for (size_t i = 0; i < modules.n_items; i++)
		if (!buf_printf(&code, ", %s", modules.items[i]))
			return false;

	const char *const argv[] = {python, "-I", "-B", "-c", buf_str(&code), NULL};
	struct mend_step *step = run_add(b, argv, TRY_TIMEOUT_MS);

	if (step)
		step->says = "trying the new venv";
	return step != NULL;
}

/* --- take the old one's place -------------------------------------------------------------- */

static bool rebase_add(const struct build *b, const char *below, const char *to)
{
	struct mend_step *step = mend_add(b->out, MEND_REBASE);
	char path[PERSON_PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s%s", b->path, below);

	return step && n > 0 && (size_t)n < sizeof(path) && text_set(&step->path, path) &&
	       text_set(&step->was, b->path) && text_set(&step->to, to);
}

static bool find_uv(const struct owner *o, char *out, size_t out_size)
{
	char search[PERSON_SEARCH_MAX], path[PERSON_PATH_MAX];
	struct stat st;

	person_search_path(o->person, search, sizeof(search));
	if (person_find_program(search, "uv", out, out_size))
		return true;
	out[0] = '\0';
	return person_path(o->person, ".local/bin/uv", path, sizeof(path)) &&
	       stat(path, &st) == 0 && (st.st_mode & 0111) && text_copy(out, out_size, path);
}

bool venv_rebuild(const struct owner *o, const struct venv *v, const struct interpreter *python,
	struct mend *out, struct strings *out_lost, struct err *e)
{
	SCOPED_CLEAR(dists_clear) struct dists installed = {0};
	char aside[PERSON_PATH_MAX];
	struct build b = {.o = o, .path = aside, .python = python, .out = out};

	if (!mend_aside(v->path, aside, sizeof(aside)))
		return err_set(e, ERR_PYTHON, "%s: no name beside it is free", v->path);
	if (v->site[0] && !installed_read(v->site, &installed, e))
		return false;
	if (v->cfg.is_uv && !v->has_pip)
		(void)!find_uv(o, b.uv, sizeof(b.uv));
	/* what is made under the later name must not speak of it: scripts are turned before */
	bool ok = make_add(&b, v) && list_add(&b, &installed, out_lost) && receipts_add(&b, v) &&
		  try_add(&b, v, &installed) && rebase_add(&b, "/bin", v->path) &&
		  rebase_add(&b, "", v->path) && mend_exchange(out, v->path, aside);

	return ok || no_memory(&b, e);
}

/* --- one of the settings ------------------------------------------------------------------- */

static bool wanted_add(const struct build *b, const struct recipe_venv *declared, struct err *e)
{
	const char *more[1024 + 2] = {NULL};
	char from[PERSON_PATH_MAX];
	size_t n = 0;

	if (declared->from) {
		if (!venv_expand(b->o, declared->from, from, sizeof(from)))
			return err_set(
				e, ERR_CONFIG, "%s: from: %s is no path", b->path, declared->from);
		more[n++] = "-r";
		more[n++] = from;
	}
	for (size_t i = 0; i < declared->packages.n_items && n < 1024; i++)
		if (declared->packages.items[i][0] != '-')
			more[n++] = declared->packages.items[i];
	return n == 0 || install_add(b, more) || no_memory(b, e);
}

bool venv_make(const struct owner *o, const struct recipe_venv *declared, const char *path,
	const struct interpreter *python, struct mend *out, struct err *e)
{
	struct build b = {.o = o, .path = path, .python = python, .out = out};

	return (make_add(&b, NULL) || no_memory(&b, e)) && wanted_add(&b, declared, e);
}
