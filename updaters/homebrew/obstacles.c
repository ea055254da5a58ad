/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A keg's folders beside the prefix's, name by name: brew links all of a keg or nothing. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/homebrew/links.h"
#include "updaters/homebrew/prefix_folder.h"
#include "updaters/lib/fs.h"

enum { OBSTACLES_MAX = 1000, N_PROGRAMS = 2 };

struct search {
	const struct prefix *p;
	const char *formula, *version;
	int root; /* the prefix */
	struct obstacles *out;
};

static bool note(struct search *s, struct strings *list, const char *at)
{
	if (list->n_items < OBSTACLES_MAX)
		return strings_add(list, at);
	s->out->is_cut = true;
	return true;
}

static bool is_program(const char *at)
{
	return text_starts(at, "bin/") || text_starts(at, "sbin/");
}

/*
 * What brew does not link: compiled Python, which is written anew in its place, and lists that are
 * made of what all formulae have.
 */
static bool is_passed_over(const char *at)
{
	return text_ends(at, ".pyc") || text_ends(at, ".pyo") || text_equal(at, "share/info/dir") ||
	       text_equal(at, "lib/charset.alias") ||
	       (text_starts(at, "share/icons/") && text_ends(at, "/icon-theme.cache"));
}

/* A link that brew made, whether it leads anywhere or not; of whole folders, too. */
static bool is_brews(const struct search *s, const char *at, const char *to)
{
	const struct prefix_link *l = prefix_link(s->p, at);
	const char *name = strrchr(at, '/');

	if (l)
		return l->kind == LINK_BREWS;
	while (text_starts(to, "../"))
		to += strlen("../");
	return text_starts(to, "Cellar/") && name && text_ends(to, name);
}

/* Out: false: no memory; *is_open: both are folders, go into them */
static bool judge(struct search *s, const char *at, enum folder_type type, bool *is_open)
{
	char to[PATH_MAX];
	struct stat st;
	const struct prefix_link *l = prefix_link(s->p, at);

	*is_open = false;
	if (fstatat(s->root, at, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno != ENOENT || !is_program(at) || note(s, &s->out->missing, at);
	if (S_ISDIR(st.st_mode)) {
		*is_open = type == FOLDER_FOLDER;
		return *is_open || note(s, &s->out->foreign, at);
	}
	if (!S_ISLNK(st.st_mode))
		return note(s, &s->out->foreign, at);

	ssize_t n = readlinkat(s->root, at, to, sizeof(to) - 1);

	to[n > 0 ? n : 0] = '\0';
	/* one that leads nowhere gives nothing: a name without its program */
	if (!is_brews(s, at, to))
		return note(s, &s->out->foreign, at) &&
		       (!l || l->is_live || !is_program(at) || note(s, &s->out->missing, at));
	if (!l || !l->is_live)
		return true;
	if (!text_equal(l->formula, s->formula))
		return note(s, &s->out->others, at);
	s->out->has_older = s->out->has_older || !text_equal(l->version, s->version);
	return true;
}

static bool search_folder(
	struct search *s, int above, const char *name, const char *at, unsigned depth)
{
	SCOPED_CLEAR(folder_close) struct folder keg = {0};
	struct folder_entry entry;
	char below[PATH_MAX];
	bool is_open = false;

	if (depth == 0 || !folder_open_at(above, name, &keg))
		return true;
	while (folder_next(&keg, &entry)) {
		if (!fs_join(below, sizeof(below), at, entry.name))
			continue;
		/* brew links no folders of bin and sbin */
		if ((is_program(below) && entry.type == FOLDER_FOLDER) || is_passed_over(below))
			continue;
		if (!judge(s, below, entry.type, &is_open))
			return false;
		if (is_open && !search_folder(s, keg.fd, entry.name, below, depth - 1))
			return false;
	}
	return true;
}

static int order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Folders give their names in no order; a plan has one. */
static void sort(struct strings *list)
{
	if (list->n_items > 1)
		qsort(list->items, list->n_items, sizeof(char *), order);
}

bool obstacles_find(const struct prefix *p, const char *formula, const char *version,
	enum obstacles_in where, struct obstacles *out, struct err *e)
{
	static const char *const folders[] = {"bin", "sbin", "lib", "include", "share", "etc"};
	char path[PATH_MAX];
	SCOPED_CLOSE int root = open(p->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int n = snprintf(path, sizeof(path), "Cellar/%s/%s", formula, version);
	SCOPED_CLOSE int keg = root < 0 || n < 0 || (size_t)n >= sizeof(path)
				       ? -1
				       : openat(root, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct search s = {p, formula, version, root, out};
	size_t n_folders = where == OBSTACLES_IN_PROGRAMS ? N_PROGRAMS : ARRAY_SIZE(folders);

	if (keg < 0)
		return err_sys(e, ERR_BREW, "%s/%s can't be read", p->path, path);
	for (size_t i = 0; i < n_folders; i++)
		if (!search_folder(&s, keg, folders[i], folders[i], PREFIX_DEPTH_MAX))
			return err_set(e, ERR_INTERNAL, "no memory");
	sort(&out->foreign);
	sort(&out->missing);
	sort(&out->others);
	return true;
}

void obstacles_clear(struct obstacles *o)
{
	strings_clear(&o->foreign);
	strings_clear(&o->missing);
	strings_clear(&o->others);
}
