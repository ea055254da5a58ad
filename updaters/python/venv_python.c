/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/python/venv_python.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "updaters/lib/fs.h"

/* Where interpreters are put by those who make them. */
enum root { ROOT_HOME, ROOT_BREW, ROOT_SYSTEM };
static const struct {
	enum root root;
	const char *folder; /* below the root */
	const char *below;  /* a glob; %s = "3.13" */
} places[] = {
	/* uv keeps a link for each minor version, which lasts */
	{ROOT_HOME, ".local/share/uv/python", "cpython-%s-*/bin"},
	{ROOT_HOME, ".local/share/uv/python", "cpython-%s.*/bin"},
	{ROOT_HOME, ".pyenv/versions", "%s.*/bin"},
	{ROOT_BREW, "opt", "python@%s/bin"},
	{ROOT_SYSTEM, "/usr/local", "bin"},
	{ROOT_SYSTEM, "/usr", "bin"},
};

/* What is looked for: a program's name and the minor version that it must be. */
struct wanted {
	char program[32]; /* "python3.13" */
	char minor[8];
};

/* PREFIX/bin leads to a keg only while that is linked; opt always does. */
static bool opt_of(const struct interpreter *i, char *out, size_t out_size)
{
	const char *name = strrchr(i->path, '/');
	int n = snprintf(out, out_size, "%s/opt/%s/bin%s", i->prefix, i->formula, name ? name : "");

	return i->prefix[0] && i->formula[0] && n > 0 && (size_t)n < out_size;
}

static bool try_path(const char *path, const struct wanted *w, struct interpreter *out)
{
	struct interpreter found, other;
	char lasting[PERSON_PATH_MAX];

	if (!interpreter_look(path, &found))
		return false;
	if (found.minor[0] && w->minor[0] && !text_equal(found.minor, w->minor))
		return false;
	*out = found;
	if (opt_of(&found, lasting, sizeof(lasting)) && interpreter_look(lasting, &other) &&
		text_equal(other.real, found.real))
		*out = other;
	else if (interpreter_lasting(path, lasting, sizeof(lasting)) &&
		 interpreter_look(lasting, &other))
		*out = other;
	return true;
}

static bool try_folder(const char *folder, const struct wanted *w, struct interpreter *out)
{
	char path[PERSON_PATH_MAX], opt[PERSON_PATH_MAX];

	if (!fs_join(path, sizeof(path), folder, w->program))
		return false;
	if (interpreter_opt_path(path, opt, sizeof(opt)) && try_path(opt, w, out))
		return true;
	return try_path(path, w, out);
}

/* The folder that a link's target is in. */
static bool try_beside(const char *target, const struct wanted *w, struct interpreter *out)
{
	char folder[PERSON_PATH_MAX];
	char *slash;

	text_copy_cut(folder, sizeof(folder), target);
	slash = strrchr(folder, '/');
	if (folder[0] != '/' || slash == folder)
		return false;
	*slash = '\0';
	return try_folder(folder, w, out);
}

/* --- the places of all makers -------------------------------------------------------------- */

bool venv_python_is_ours(const struct person *p, const char *folder)
{
	struct stat st;

	return stat(folder, &st) == 0 && (st.st_uid == 0 || st.st_uid == p->uid);
}

/* The i-th root of a kind; false: there are no more. */
static bool root_get(const struct owner *o, const struct venv *v, enum root root, int i, char *out,
	size_t out_size)
{
	static const char usual_brew[] = "/home/linuxbrew/.linuxbrew";
	const struct person *p = o->person;

	out[0] = '\0';
	if (root != ROOT_BREW)
		return i == 0 && text_copy(out, out_size, root == ROOT_HOME ? p->home : "");
	switch (i) {
	case 0: return text_copy(out, out_size, v ? v->python.prefix : "");
	case 1: return text_copy(out, out_size, p->brew_prefix);
	/* the first two they chose themselves */
	case 2:
		return text_copy(
			out, out_size, venv_python_is_ours(p, usual_brew) ? usual_brew : "");
	case 3: return person_path(p, ".linuxbrew", out, out_size);
	default: return false;
	}
}

/* Of what a glob finds, the last in the order of versions. */
static bool try_glob(const char *pattern, const struct wanted *w, struct interpreter *out)
{
	glob_t g = {0};
	struct interpreter found;
	const char *best = NULL;

	if (glob(pattern, GLOB_NOSORT, NULL, &g) == 0)
		for (size_t i = 0; i < g.gl_pathc && i < 1000; i++)
			if ((!best || strverscmp(g.gl_pathv[i], best) > 0) &&
				try_folder(g.gl_pathv[i], w, &found)) {
				best = g.gl_pathv[i];
				*out = found;
			}
	globfree(&g);
	return best != NULL;
}

/* near: only the place that this path is in; NULL: all. */
static bool try_places(const struct owner *o, const struct venv *v, const struct wanted *w,
	const char *near, struct interpreter *out)
{
	char root[PERSON_PATH_MAX], folder[PERSON_PATH_MAX], pattern[PERSON_PATH_MAX + 64];
	char below[64];

	for (size_t k = 0; k < ARRAY_SIZE(places); k++)
		for (int i = 0; root_get(o, v, places[k].root, i, root, sizeof(root)); i++) {
			if (places[k].root == ROOT_SYSTEM)
				text_copy_cut(folder, sizeof(folder), places[k].folder);
			else if (root[0] == '\0' ||
				 !fs_join(folder, sizeof(folder), root, places[k].folder))
				continue;
			if (near && !text_starts(near, folder))
				continue;
			(void)snprintf(below, sizeof(below), places[k].below, w->minor);
			(void)snprintf(pattern, sizeof(pattern), "%s/%s", folder, below);
			if (try_glob(pattern, w, out))
				return true;
		}
	return false;
}

bool venv_python_same(const struct owner *o, const struct venv *v, struct interpreter *out)
{
	struct wanted w = {0};

	if (v->minor[0] == '\0')
		return false;
	text_copy_cut(w.program, sizeof(w.program), v->flavour);
	text_copy_cut(w.minor, sizeof(w.minor), v->minor);
	for (size_t i = 0; i < v->n_links; i++)
		if (try_beside(v->links[i].target, &w, out))
			return true;
	if (v->python.broken_to[0] && try_beside(v->python.broken_to, &w, out))
		return true;
	if (v->cfg.home[0] == '/' && try_folder(v->cfg.home, &w, out))
		return true;
	return (v->cfg.home[0] == '/' && try_places(o, v, &w, v->cfg.home, out)) ||
	       try_places(o, v, &w, NULL, out);
}

/* --- for a new venv ------------------------------------------------------------------------ */

/* PREFIX/opt/python@3.*: the highest. */
static bool try_newest(const char *prefix, struct interpreter *out)
{
	char pattern[PERSON_PATH_MAX + 64];
	struct interpreter found;
	bool is_found = false;
	glob_t g = {0};

	(void)snprintf(pattern, sizeof(pattern), "%s/opt/python@3.*/bin/python3.*[0-9]", prefix);
	if (prefix[0] && glob(pattern, GLOB_NOSORT, NULL, &g) == 0)
		for (size_t i = 0; i < g.gl_pathc && i < 100; i++) {
			if (!interpreter_look(g.gl_pathv[i], &found) ||
				(is_found &&
					interpreter_minor_compare(found.minor, out->minor) <= 0))
				continue;
			*out = found;
			is_found = true;
		}
	globfree(&g);
	return is_found;
}

/* One in a venv (PATH of a terminal where it is active) is nothing to build on. */
static bool is_of_venv(const struct interpreter *i)
{
	char cfg[PERSON_PATH_MAX];
	char *slash;

	text_copy_cut(cfg, sizeof(cfg), i->path);
	for (int n = 0; n < 2 && (slash = strrchr(cfg, '/')); n++)
		*slash = '\0';
	return text_copy(cfg + strlen(cfg), sizeof(cfg) - strlen(cfg), "/pyvenv.cfg") &&
	       access(cfg, F_OK) == 0;
}

static bool try_search_path(const struct owner *o, struct interpreter *out)
{
	char search[PERSON_SEARCH_MAX], lasting[PERSON_PATH_MAX];
	char *folder, *cursor = search;
	struct wanted w = {.program = "python3"};

	person_search_path(o->person, search, sizeof(search));
	while ((folder = text_next(&cursor, ':'))) {
		struct interpreter found;

		if (folder[0] != '/' || !try_folder(folder, &w, &found) || is_of_venv(&found))
			continue;
		*out = found;
		if (found.prefix[0] && interpreter_lasting(found.real, lasting, sizeof(lasting)) &&
			interpreter_look(lasting, &found))
			*out = found;
		return true;
	}
	return interpreter_look("/usr/bin/python3", out);
}

bool venv_python_new(
	const struct owner *o, const struct venv *old, const char *wish, struct interpreter *out)
{
	struct wanted w = {0};

	if (wish && wish[0] == '/')
		return interpreter_look(wish, out);
	if (wish) {
		const char *number = text_starts(wish, "python") ? wish + strlen("python") : wish;

		if (!text_copy(w.minor, sizeof(w.minor), number))
			return false;
		(void)snprintf(w.program, sizeof(w.program), "python%s", w.minor);
		return try_places(o, old, &w, NULL, out);
	}
	return (old && try_newest(old->python.prefix, out)) || try_search_path(o, out);
}
