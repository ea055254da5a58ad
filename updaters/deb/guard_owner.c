/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/guard_owner.h"

#include <string.h>

#include "updaters/lib/child.h"
#include "updaters/lib/dpkg.h"
#include "updaters/lib/text.h"

enum { TIMEOUT_MS = 60000, WORDS_MAX = 4 << 20, PATHS_AT_ONCE = 256, OWNERS_MAX = 512 };

/* What dpkg-query would read as a pattern, or print on two lines. */
static bool is_plain(const char *path)
{
	for (const char *c = path; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ' || strchr("*?[]\\", *c) != NULL)
			return false;
	}
	return path[0] == '/';
}

/* "apt:amd64, gpg" -> "apt, gpg"; false where one is no name. */
static bool owners_read(const char *raw, size_t len, char *out, size_t out_size)
{
	char copy[OWNERS_MAX];
	char *cursor = copy;
	size_t at = 0;

	if (!text_copy_n(copy, sizeof(copy), raw, len))
		return false;
	out[0] = '\0';
	for (char *name; (name = text_next(&cursor, ',')) != NULL;) {
		name = text_trim(name);
		name[strcspn(name, ":")] = '\0';
		if (!dpkg_name_is_valid(name) || at + strlen(name) + 3 > out_size)
			return false;
		for (const char *part = at > 0 ? ", " : ""; *part != '\0'; part++)
			out[at++] = *part;
		memcpy(out + at, name, strlen(name) + 1);
		at += strlen(name);
	}
	return at > 0;
}

/* "code: /etc/apt/x"; a diversion is told in other words, which hold no list of names. */
static void line_read(const char *line,
	void (*on_owner)(void *user, const char *path, const char *owners), void *user)
{
	const char *path = strstr(line, ": /");
	char owners[OWNERS_MAX];

	if (path != NULL && owners_read(line, (size_t)(path - line), owners, sizeof(owners)))
		on_owner(user, path + 2, owners);
}

static void ask(const char *const *argv,
	void (*on_owner)(void *user, const char *path, const char *owners), void *user)
{
	struct child_spec spec = {.argv = argv, .excess = CHILD_KEEP_START};
	SCOPED_FREE char *words = NULL, *errors = NULL;
	char *cursor;
	int status = 0;

	/* status 1: some are nobody's */
	if (!child_run(&spec, TIMEOUT_MS, WORDS_MAX, &words, &errors, &status, NULL))
		return;
	cursor = words;
	for (char *line; (line = text_next(&cursor, '\n')) != NULL;)
		line_read(line, on_owner, user);
}

void guard_owners_find(const char *const *paths, size_t n,
	void (*on_owner)(void *user, const char *path, const char *owners), void *user)
{
	const char *argv[PATHS_AT_ONCE + 4] = {"/usr/bin/dpkg-query", "-S", "--"};

	for (size_t i = 0; i < n;) {
		size_t n_argv = 3;

		for (; i < n && n_argv < PATHS_AT_ONCE + 3; i++) {
			if (is_plain(paths[i]))
				argv[n_argv++] = paths[i];
		}
		argv[n_argv] = NULL;
		if (n_argv > 3)
			ask(argv, on_owner, user);
	}
}

bool guard_owner_is_any(
	const char *owners, bool (*is_fit)(const void *user, const char *package), const void *user)
{
	char copy[OWNERS_MAX];
	char *cursor = copy;

	if (owners == NULL || !text_copy(copy, sizeof(copy), owners))
		return false;
	for (char *name; (name = text_next(&cursor, ',')) != NULL;) {
		if (is_fit(user, text_trim(name)))
			return true;
	}
	return false;
}
