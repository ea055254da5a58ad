/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/editor/modules.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

void modules_clear(struct modules *m)
{
	strings_clear(&m->distributions);
	strings_clear(&m->modules);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct strings *list)
{
	if (list->n_items > 1)
		qsort(list->items, list->n_items, sizeof(list->items[0]), compare);
}

static bool has(const struct strings *sorted, const char *name)
{
	return sorted->n_items > 0 && bsearch(&name, sorted->items, sorted->n_items,
					      sizeof(sorted->items[0]), compare) != NULL;
}

/*
 * "Foo.Bar-1.0.dist-info" -> "foo-bar"
 * Source: PEP 503 (normalised names), PEP 376 (NAME-VERSION.dist-info)
 */
static bool distribution_of(const char *name, char *out, size_t out_size)
{
	size_t n = strcspn(name, "-"), len = 0;

	if (!text_ends(name, ".dist-info") && !text_ends(name, ".egg-info"))
		return false;
	if (name[n] == '\0' || text_starts(name + n, "-info"))
		n = strlen(name) - strlen(".egg-info"); /* an .egg-info without a version */
	for (size_t i = 0; i < n && len + 1 < out_size; i++) {
		bool is_mark = strchr("-_.", name[i]) != NULL;

		if (!is_mark)
			out[len++] = (char)tolower((unsigned char)name[i]);
		else if (len > 0 && out[len - 1] != '-')
			out[len++] = '-';
	}
	out[len] = '\0';
	return len > 0;
}

/* "numpy" (a folder), "six.py", "_cffi.cpython-313-x86_64-linux-gnu.so" */
static bool module_of(const struct dirent *entry, char *out, size_t out_size)
{
	const char *name = entry->d_name;
	size_t n = 0;

	while (isalnum((unsigned char)name[n]) || name[n] == '_')
		n++;

	bool is_folder = name[n] == '\0' && (entry->d_type == DT_DIR || entry->d_type == DT_LNK ||
						    entry->d_type == DT_UNKNOWN);
	bool is_file = name[n] == '.' && entry->d_type != DT_DIR &&
		       (text_equal(name + n, ".py") || text_ends(name, ".so"));

	return n > 0 && (is_folder || is_file) && !text_starts(name, "__") &&
	       text_copy_n(out, out_size, name, n);
}

static bool note(const struct dirent *entry, struct modules *m)
{
	char name[256];

	if (entry->d_name[0] == '.')
		return true;
	if (distribution_of(entry->d_name, name, sizeof(name)))
		return strings_add(&m->distributions, name);
	return !module_of(entry, name, sizeof(name)) || strings_add(&m->modules, name);
}

bool modules_read(const char *folder, struct modules *out)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (dir == NULL)
		return false;
	*out = (struct modules){0};
	while (out->distributions.n_items + out->modules.n_items < MODULES_MAX &&
		(entry = readdir(dir)) != NULL && note(entry, out))
		;
	closedir(dir);
	sort(&out->distributions);
	sort(&out->modules);
	return true;
}

bool modules_is_empty(const struct modules *m)
{
	return m->distributions.n_items == 0 && m->modules.n_items == 0;
}

static bool is_installer(const char *name)
{
	static const char *const names[] = {"pip", "setuptools", "wheel", "pkg_resources"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (text_equal(name, names[i]))
			return true;
	return false;
}

size_t modules_missing(
	const struct modules *m, const struct modules *wanted, const char **out_first)
{
	bool by_module = wanted->distributions.n_items == 0;
	const struct strings *from = by_module ? &wanted->modules : &wanted->distributions;
	const struct strings *in = by_module ? &m->modules : &m->distributions;
	size_t n = 0;

	*out_first = NULL;
	for (size_t i = 0; i < from->n_items; i++) {
		if (is_installer(from->items[i]) || has(in, from->items[i]))
			continue;
		if (n++ == 0)
			*out_first = from->items[i];
	}
	return n;
}
