/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/editor/newer.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/interpreter.h"

enum { MINORS_MAX = 32 };

static const char name_of_python[] = "python";

/* The end of "python3.12" or "python@3.12" at s where that is a whole name; NULL: it is none. */
static const char *python_at(const char *s, const char *minor)
{
	size_t n = strlen(name_of_python);

	if (!text_starts(s, name_of_python))
		return NULL;
	s += n + (s[n] == '@');
	if (!text_starts(s, minor))
		return NULL;
	s += strlen(minor);
	return *s == '\0' || *s == '/' ? s : NULL;
}

bool newer_split(const char *path, char out_base[PERSON_PATH_MAX], char out_minor[8])
{
	static const char *const libraries[] = {"/lib/python", "/lib64/python"};
	const char *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(libraries); i++)
		for (const char *s = path; (s = strstr(s, libraries[i])) != NULL; s++)
			if (found == NULL || s > found) {
				found = s;
				n = strlen(libraries[i]);
			}
	if (found == NULL || found == path)
		return false;

	const char *number = found + n;
	size_t n_digits = strncmp(number, "3.", 2) == 0 ? strspn(number + 2, "0123456789") : 0;

	if (n_digits == 0 || n_digits > 3 || strchr("/", number[2 + n_digits]) == NULL)
		return false;
	return text_copy_n(out_base, PERSON_PATH_MAX, path, (size_t)(found - path)) &&
	       text_copy_n(out_minor, 8, number, 2 + n_digits);
}

/* --- what is there --------------------------------------------------------------------------- */

/* What can't be looked at may well be there. */
static bool is_there(const char *path)
{
	struct interpreter i;

	return interpreter_look(path, &i) || i.is_hidden;
}

/* FOLDER/<any>/bin/python3.12 */
static bool is_below(const char *folder, const char *minor)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[PERSON_PATH_MAX];
	bool is_found = false;

	while (dir != NULL && !is_found && (entry = readdir(dir)) != NULL) {
		int n = snprintf(
			path, sizeof(path), "%s/%s/bin/python%s", folder, entry->d_name, minor);

		is_found = entry->d_name[0] != '.' && (size_t)n < sizeof(path) && is_there(path);
	}
	if (dir != NULL)
		closedir(dir);
	return is_found;
}

/* BASE/bin/python3.12, or what a prefix of Homebrew keeps of it */
static bool is_of_base(const char *base, const char *minor)
{
	char opt[64], path[PERSON_PATH_MAX];
	const char *const folders[] = {"/bin", opt};

	snprintf(opt, sizeof(opt), "/opt/python@%s/bin", minor);
	for (size_t i = 0; base[0] != '\0' && i < ARRAY_SIZE(folders); i++) {
		int n = snprintf(path, sizeof(path), "%s%s/python%s", base, folders[i], minor);

		if ((size_t)n < sizeof(path) && is_there(path))
			return true;
	}
	return false;
}

/* The Homebrew that PREFIX or PREFIX/opt/FORMULA is of. */
static bool prefix_of(const char *base, char out[PERSON_PATH_MAX])
{
	const char *opt = strstr(base, "/opt/");
	char cellar[PERSON_PATH_MAX];
	struct stat st;

	return text_copy_n(out, PERSON_PATH_MAX, base,
		       opt != NULL ? (size_t)(opt - base) : strlen(base)) &&
	       fs_join(cellar, sizeof(cellar), out, "Cellar") && stat(cellar, &st) == 0;
}

bool newer_is_gone(struct person *p, const char *base, const char *minor)
{
	static const char *const folders[] = {".local/share/uv/python", ".pyenv/versions"};
	static const char default_brew[] = "/home/linuxbrew/.linuxbrew";
	char search_path[PERSON_SEARCH_MAX], path[PERSON_PATH_MAX], name[32];

	/* another Python of that version does not look into a Homebrew's folders */
	if (prefix_of(base, path))
		return !is_of_base(base, minor) && !is_of_base(path, minor);
	if (is_of_base(base, minor) || is_of_base(p->brew_prefix, minor) ||
		is_of_base(default_brew, minor) || is_of_base("/usr", minor))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (person_path(p, folders[i], path, sizeof(path)) && is_below(path, minor))
			return false;
	if (person_path(p, ".linuxbrew", path, sizeof(path)) && is_of_base(path, minor))
		return false;
	person_search_path(p, search_path, sizeof(search_path));
	snprintf(name, sizeof(name), "python%s", minor);
	return !person_find_program(search_path, name, path, sizeof(path));
}

/* --- the same place of another one ----------------------------------------------------------- */

bool newer_put(
	const char *path, const char *old_minor, const char *minor, char out[PERSON_PATH_MAX])
{
	SCOPED_CLEAR(buf_clear) struct buf text;
	bool is_found = false;

	buf_init(&text, PERSON_PATH_MAX - 1);
	for (const char *s = path; *s != '\0';) {
		const char *end = s > path && s[-1] == '/' ? python_at(s, old_minor) : NULL;

		if (end == NULL) {
			buf_put(&text, s++, 1);
			continue;
		}
		buf_put(&text, s, (size_t)(end - s) - strlen(old_minor));
		buf_puts(&text, minor);
		is_found = true;
		s = end;
	}
	return is_found && !text.is_full && text_copy(out, PERSON_PATH_MAX, buf_str(&text));
}

static int compare_down(const void *a, const void *b)
{
	return interpreter_minor_compare(*(char *const *)b, *(char *const *)a);
}

/* The folder that holds the first name with the version in it. */
static bool folder_of(const char *path, const char *minor, char out[PERSON_PATH_MAX])
{
	for (const char *s = path; *s != '\0'; s++)
		if (s > path + 1 && s[-1] == '/' && python_at(s, minor) != NULL)
			return text_copy_n(out, PERSON_PATH_MAX, path, (size_t)(s - 1 - path));
	return false;
}

static bool minors_above(const char *folder, const char *old_minor, struct strings *out)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char minor[8];

	if (dir == NULL)
		return false;
	while (out->n_items < MINORS_MAX && (entry = readdir(dir)) != NULL)
		if (interpreter_minor_of(entry->d_name, minor) &&
			python_at(entry->d_name, minor) != NULL &&
			interpreter_minor_compare(minor, old_minor) > 0 &&
			!strings_has(out, minor) && !strings_add(out, minor))
			break;
	closedir(dir);
	if (out->n_items > 1)
		qsort(out->items, out->n_items, sizeof(out->items[0]), compare_down);
	return true;
}

bool newer_place(const char *path, const char *old_minor, const char *first,
	bool (*is_good)(void *user, const char *candidate), void *user, char out[PERSON_PATH_MAX])
{
	SCOPED_CLEAR(strings_clear) struct strings minors = {0};
	char folder[PERSON_PATH_MAX], candidate[PERSON_PATH_MAX];

	if (!folder_of(path, old_minor, folder) || !minors_above(folder, old_minor, &minors))
		return false;
	if (strings_has(&minors, first) && newer_put(path, old_minor, first, candidate) &&
		is_good(user, candidate))
		return text_copy(out, PERSON_PATH_MAX, candidate);
	for (size_t i = 0; i < minors.n_items; i++)
		if (newer_put(path, old_minor, minors.items[i], candidate) &&
			is_good(user, candidate))
			return text_copy(out, PERSON_PATH_MAX, candidate);
	return false;
}
