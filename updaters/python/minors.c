/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/python/minors.h"

#include <dirent.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/interpreter.h"

enum { ENTRIES_MAX = 10000, FOLDERS_MAX = 64 };

/* --- programs -------------------------------------------------------------------------------- */

static void note(const char *path, const char *minor, const char *prefix, struct minor_places *out)
{
	struct interpreter i;

	if (!interpreter_look(path, &i) || (i.minor[0] != '\0' && !text_equal(i.minor, minor)))
		return;
	if (prefix[0] != '\0' && text_equal(i.prefix, prefix))
		out->is_in_prefix = true;
	else
		out->is_elsewhere = true;
}

static void note_search_path(
	const struct person *p, const char *minor, const char *prefix, struct minor_places *out)
{
	SCOPED_FREE char *folders = strdup(p->search_path);
	char *cursor = folders, *folder, path[PERSON_PATH_MAX];

	while (folders != NULL && (folder = text_next(&cursor, ':')) != NULL) {
		int n = snprintf(path, sizeof(path), "%s/python%s", folder, minor);

		/* pyenv's shims are there for versions that are not */
		if (n > 0 && (size_t)n < sizeof(path) && strstr(folder, "/shims") == NULL)
			note(path, minor, prefix, out);
	}
}

/* In: places   a pattern below root, "#" for the minor version: where no PATH needs to lead */
static void note_pattern(const char *root, const char *places, const char *minor,
	const char *prefix, struct minor_places *out)
{
	const char *behind = strchr(places, '#');
	char pattern[PERSON_PATH_MAX];
	glob_t found = {0};
	int n = snprintf(pattern, sizeof(pattern), "%s/%.*s%s%s/bin/python%s", root,
		(int)(behind - places), places, minor, behind + 1, minor);

	if (n < 0 || (size_t)n >= sizeof(pattern) || glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc && i < FOLDERS_MAX; i++)
		note(found.gl_pathv[i], minor, prefix, out);
	globfree(&found);
}

void minor_places_find(
	const struct person *p, const char *minor, const char *prefix, struct minor_places *out)
{
	char path[PERSON_PATH_MAX];

	*out = (struct minor_places){.is_in_prefix = false};
	note_search_path(p, minor, prefix, out);
	note_pattern(p->home, ".pyenv/versions/#.*", minor, prefix, out);
	note_pattern(p->home, ".local/share/uv/python/*-#.*", minor, prefix, out);
	if (prefix[0] != '\0')
		note_pattern(prefix, "opt/python@#", minor, prefix, out);
	snprintf(path, sizeof(path), "/usr/bin/python%s", minor);
	note(path, minor, prefix, out);
}

/* --- folders of packages --------------------------------------------------------------------- */

static int by_minor(const void *a, const void *b)
{
	char x[8] = "", y[8] = "";

	interpreter_minor_of(*(char *const *)a, x);
	interpreter_minor_of(*(char *const *)b, y);
	return interpreter_minor_compare(x, y);
}

bool minors_list(const char *lib, struct strings *out)
{
	DIR *dir = opendir(lib);
	struct dirent *entry;
	struct stat st;
	char path[PERSON_PATH_MAX], minor[8];
	bool ok = true;

	for (size_t i = 0; ok && dir != NULL && i < ENTRIES_MAX && (entry = readdir(dir)) != NULL;
		i++) {
		int n = snprintf(path, sizeof(path), "%s/%s/site-packages", lib, entry->d_name);

		if (!text_starts(entry->d_name, "python") ||
			!interpreter_minor_of(entry->d_name, minor) || n < 0 ||
			(size_t)n >= sizeof(path) || stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
			continue;
		ok = strings_add(out, path);
	}
	if (dir != NULL)
		closedir(dir);
	if (out->n_items > 0)
		qsort(out->items, out->n_items, sizeof(*out->items), by_minor);
	return ok;
}

bool minors_prefixes(const struct person *p, const char *first, struct strings *out)
{
	char own[PERSON_PATH_MAX];
	const char *const places[] = {first, p->brew_prefix, "/home/linuxbrew/.linuxbrew",
		person_path(p, ".linuxbrew", own, sizeof(own)) ? own : ""};
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (places[i][0] == '\0' || strings_has(out, places[i]) ||
			stat(places[i], &st) != 0 || st.st_uid != p->uid)
			continue;
		if (!strings_add(out, places[i]))
			return false;
	}
	return true;
}
