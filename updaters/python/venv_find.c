/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/python/venv_find.h"

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/person.h"
#include "updaters/lib/walk.h"

enum { GLOB_MATCHES_MAX = 10000, ROOTS_MAX = 64 };

/* What is large and holds no venv that anybody works in. A venv itself is not gone into anyway. */
static const char *const skipped[] = {".git", ".hg", ".svn", "node_modules", "__pycache__",
	".cache", "site-packages", "dist-packages", ".mypy_cache", ".pytest_cache", ".ruff_cache",
	".cargo", ".rustup", ".npm", ".gradle", ".m2", ".conda", "Trash", "Cellar", "snap", ".var",
	NULL};

bool venv_expand(const struct owner *o, const char *text, char *out, size_t out_size)
{
	SCOPED_CLEAR(buf_clear) struct buf b = {0};

	buf_init(&b, PERSON_PATH_MAX);
	if (text[0] == '~' && (text[1] == '/' || text[1] == '\0')) {
		if (!buf_puts(&b, o->person->home))
			return false;
		text++;
	}
	if (!words_expand(&o->recipe->words, text, WORDS_INTO_TEXT, false, &b, NULL) ||
		!text_copy(out, out_size, buf_str(&b)))
		return false;
	/* "/x/" and "/x" are one folder, and one name in a report */
	for (size_t n = strlen(out); n > 1 && out[n - 1] == '/'; n--)
		out[n - 1] = '\0';
	return out[0] == '/';
}

/* Somebody named it: one that may not be gone into is told, too. */
static bool is_venv(const char *path)
{
	char cfg[PERSON_PATH_MAX];

	return fs_join(cfg, sizeof(cfg), path, "pyvenv.cfg") &&
	       (access(cfg, F_OK) == 0 || errno == EACCES);
}

/* "x.devupd-2026-11-22", "x.devupd-2026-11-22-2" */
static bool is_kept(const char *path)
{
	static const char mark[] = ".devupd-", date[] = "dddd-dd-dd";
	const char *at = strrchr(path, '/');

	for (const char *next; at && (next = strstr(at, mark)); at = next + 1) {
		const char *s = next + sizeof(mark) - 1;
		size_t n = 0;

		while (date[n] && (date[n] == 'd' ? isdigit((unsigned char)s[n]) : s[n] == date[n]))
			n++;
		if (!date[n])
			return true;
	}
	return false;
}

static bool take(const char *path, struct strings *paths, struct strings *kept)
{
	struct strings *list = is_kept(path) ? kept : paths;

	return strings_has(list, path) || strings_add(list, path);
}

static bool glob_take(const char *pattern, struct strings *paths, struct strings *kept)
{
	glob_t g = {0};
	bool ok = true;

	if (glob(pattern, GLOB_NOSORT, NULL, &g) == 0)
		for (size_t i = 0; ok && i < g.gl_pathc && i < GLOB_MATCHES_MAX; i++)
			ok = !is_venv(g.gl_pathv[i]) || take(g.gl_pathv[i], paths, kept);
	globfree(&g);
	return ok;
}

bool venv_kept_beside(const char *path, struct strings *out_kept)
{
	SCOPED_CLEAR(strings_clear) struct strings others = {0};
	SCOPED_CLEAR(buf_clear) struct buf pattern = {0};
	bool ok = true;

	buf_init(&pattern, 2 * PERSON_PATH_MAX + 16);
	for (; ok && *path; path++)
		ok = (!strchr("*?[\\", *path) || buf_puts(&pattern, "\\")) &&
		     buf_put(&pattern, path, 1);
	return ok && buf_puts(&pattern, ".devupd-*") &&
	       glob_take(buf_str(&pattern), &others, out_kept);
}

static bool globs_take(const struct owner *o, struct strings *paths, struct strings *kept)
{
	char path[PERSON_PATH_MAX];
	bool ok = true;

	for (size_t i = 0; ok && i < o->recipe->n_venvs; i++) {
		const struct recipe_venv *v = &o->recipe->venvs[i];

		if (!venv_expand(o, v->path, path, sizeof(path)))
			continue;
		if (v->is_declared)
			ok = !is_venv(path) || take(path, paths, kept);
		else
			ok = glob_take(path, paths, kept);
	}
	return ok;
}

static bool roots_walk(
	const struct owner *o, struct strings *found, struct strings *remote, struct err *e)
{
	char roots[ROOTS_MAX][PERSON_PATH_MAX], memory[PERSON_PATH_MAX];
	const char *list[ROOTS_MAX + 1] = {NULL};
	size_t n = 0;

	for (size_t i = 0; i < o->recipe->roots.n_items && n < ROOTS_MAX; i++)
		if (venv_expand(o, o->recipe->roots.items[i], roots[n], sizeof(roots[n]))) {
			list[n] = roots[n];
			n++;
		}
	if (n == 0)
		return true;

	bool has_memory =
		person_path(o->person, ".cache/devupd/venvs.walk", memory, sizeof(memory));
	const struct walk_options how = {
		.roots = list,
		.marker = "pyvenv.cfg",
		.skipped = skipped,
		.depth = (unsigned)o->recipe->depth,
		.memory = has_memory ? memory : NULL,
		.on_tick = o->on_tick,
		.user = o->user,
	};

	return walk_find(&how, found, remote, e);
}

static int path_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool venvs_find(const struct owner *o, struct strings *out_paths, struct strings *out_kept,
	struct strings *out_remote, struct err *e)
{
	SCOPED_CLEAR(strings_clear) struct strings found = {0};
	bool ok = globs_take(o, out_paths, out_kept);

	if (!roots_walk(o, &found, out_remote, e))
		return false;
	for (size_t i = 0; ok && i < found.n_items; i++)
		ok = take(found.items[i], out_paths, out_kept);
	if (!ok)
		return err_set(e, ERR_INTERNAL, "looking for virtual environments: out of memory");
	if (out_paths->n_items > 0)
		qsort(out_paths->items, out_paths->n_items, sizeof(char *), path_compare);
	return true;
}
