/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions to a prefix that was read. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/homebrew/prefix.h"
#include "updaters/lib/fs.h"

enum { RECIPE_BYTES_MAX = 1 << 20 };

static int is_formula(const void *name, const void *formula)
{
	return strcmp(name, ((const struct formula *)formula)->name);
}

static int is_link(const void *at, const void *link)
{
	return strcmp(at, ((const struct prefix_link *)link)->at);
}

const struct formula *prefix_formula(const struct prefix *p, const char *name)
{
	if (p->n_formulae == 0)
		return NULL;
	return bsearch(name, p->formulae, p->n_formulae, sizeof(*p->formulae), is_formula);
}

const struct prefix_link *prefix_link(const struct prefix *p, const char *at)
{
	if (p->n_links == 0)
		return NULL;
	return bsearch(at, p->links, p->n_links, sizeof(*p->links), is_link);
}

static bool is_in(const struct prefix_link *l, const char *folder)
{
	return text_starts(l->at, folder) && l->at[strlen(folder)] == '/';
}

const struct prefix_link *prefix_links_in(const struct prefix *p, const char *folder, size_t *out_n)
{
	size_t first = 0;

	*out_n = 0;
	while (first < p->n_links && !is_in(&p->links[first], folder))
		first++;
	while (first + *out_n < p->n_links && is_in(&p->links[first + *out_n], folder))
		(*out_n)++;
	return *out_n > 0 ? &p->links[first] : NULL;
}

bool formula_has_keg(const struct formula *f, const char *version)
{
	return strings_has(&f->kegs, version);
}

const char *formula_newest(const struct formula *f)
{
	return f->kegs.items[f->kegs.n_items - 1];
}

bool prefix_has_brew(const struct prefix *p)
{
	char path[PATH_MAX];

	return fs_join(path, sizeof(path), p->path, "bin/brew") &&
	       faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

static const struct prefix_link *record_of(
	const struct prefix *p, const char *folder, const char *formula)
{
	char at[NAME_MAX + FORMULA_NAME_MAX];
	const struct prefix_link *l =
		fs_join(at, sizeof(at), folder, formula) ? prefix_link(p, at) : NULL;

	return l && l->kind == LINK_BREWS && l->is_live ? l : NULL;
}

bool prefix_is_linked(const struct prefix *p, const char *formula)
{
	return record_of(p, "var/homebrew/linked", formula) != NULL;
}

bool prefix_is_pinned(const struct prefix *p, const char *formula)
{
	return record_of(p, "var/homebrew/pinned", formula) != NULL;
}

const char *prefix_keg(const struct prefix *p, const struct formula *f)
{
	static const char *const records[] = {"var/homebrew/linked", "opt"};

	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		const struct prefix_link *l = record_of(p, records[i], f->name);

		if (l && text_equal(l->formula, f->name) && formula_has_keg(f, l->version))
			return l->version;
	}
	return formula_newest(f);
}

bool prefix_keg_has(
	const struct prefix *p, const char *formula, const char *version, const char *below)
{
	char path[PATH_MAX];
	struct stat st;
	int n = snprintf(
		path, sizeof(path), "%s/Cellar/%s/%s/%s", p->path, formula, version, below);

	return n > 0 && (size_t)n < sizeof(path) && stat(path, &st) == 0;
}

enum keg_only prefix_keg_only(const struct prefix *p, const char *formula, const char *version)
{
	char path[PATH_MAX];
	SCOPED_FREE char *text = NULL;
	int n = snprintf(path, sizeof(path), "%s/Cellar/%s/%s/.brew/%s.rb", p->path, formula,
		version, formula);

	if (n <= 0 || (size_t)n >= sizeof(path) ||
		!fs_read(path, RECIPE_BYTES_MAX, &text, NULL, NULL))
		return KEG_LINKED;

	char *cursor = text;

	for (char *line = text_next(&cursor, '\n'); line; line = text_next(&cursor, '\n')) {
		line = text_trim(line);
		if (!text_starts(line, "keg_only ") || strstr(line, "_by_macos"))
			continue;
		return strstr(line, ":versioned_formula") ? KEG_ONLY_VERSIONED : KEG_ONLY;
	}
	return KEG_LINKED;
}
