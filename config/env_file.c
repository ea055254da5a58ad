/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of KEY=value lines with secrets in it: who may read it, and what it says. */
#include "config/env_file.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "updaters/lib/fs.h"

enum { ENV_FILE_MAX = 64 << 10, ENV_VALUE_MAX = 8 << 10 };

/* --- one line ---------------------------------------------------------------- */

/* A quoted value; *at is behind the opening quote, and behind the closing one afterwards. */
static bool parse_quoted(char **at, char quote, struct buf *out)
{
	char *s = *at;

	for (; *s != '\0' && *s != quote; s++) {
		bool is_escape = s[0] == '\\' && s[1] != '\0' &&
				 (quote == '"' || s[1] == '\'' || s[1] == '\\');

		if (is_escape)
			s++;
		buf_put(out, is_escape && quote == '"' && *s == 'n' ? "\n" : s, 1);
	}
	*at = s + 1;
	return *s == quote;
}

static const char *parse_value(char *at, struct buf *out)
{
	char *rest = at;

	if (*at != '"' && *at != '\'') {
		if (strstr(at, " #") || strstr(at, "\t#"))
			return "a \"#\" behind a value is read in two ways: put the value in "
			       "quotes";
		buf_puts(out, text_trim(at));
		return NULL;
	}
	rest++;
	if (!parse_quoted(&rest, *at, out))
		return "the quote is not closed on this line";
	rest = text_trim(rest);
	return *rest == '\0' || *rest == '#' ? NULL : "something stands behind the closing quote";
}

static size_t key_length(const char *s)
{
	size_t len = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

	return s[0] >= '0' && s[0] <= '9' ? 0 : len;
}

/* A key that is there twice has its last value, for dotenv as for systemd. */
static bool put(struct strings *list, const char *key, size_t key_len, const char *line)
{
	for (size_t i = 0; i < list->n_items; i++) {
		char *copy;

		if (strncmp(list->items[i], key, key_len) != 0 || list->items[i][key_len] != '=')
			continue;
		copy = strdup(line);
		if (!copy)
			return false;
		free(list->items[i]);
		list->items[i] = copy;
		return true;
	}
	return strings_add(list, line);
}

/* NULL, or what is wrong; never the value. */
static const char *parse_line(char *line, struct strings *out)
{
	SCOPED_CLEAR(buf_clear) struct buf entry = {0};
	char *key = text_trim(line), *value;
	const char *wrong;
	size_t len;

	buf_init(&entry, ENV_VALUE_MAX);
	if (*key == '\0' || *key == '#' || *key == ';')
		return NULL;
	if (text_starts(key, "export ") || text_starts(key, "export\t"))
		key = text_trim(key + 7);
	len = key_length(key);
	value = key + len + strspn(key + len, " \t");
	if (len == 0 || *value != '=')
		return "KEY=value is expected";
	buf_put(&entry, key, len);
	buf_puts(&entry, "=");
	wrong = parse_value(value + 1 + strspn(value + 1, " \t"), &entry);
	if (wrong)
		return wrong;
	if (entry.is_full)
		return "the value is longer than 8 KiB";
	return put(out, key, len, buf_str(&entry)) ? NULL : "out of memory";
}

bool env_file_parse(const char *file, const char *text, struct strings *out, struct err *e)
{
	SCOPED_FREE char *copy = strdup(text);
	char *cursor = copy, *line;

	if (!copy)
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (unsigned n = 1; (line = text_next(&cursor, '\n')) != NULL; n++) {
		const char *wrong = parse_line(line, out);

		if (wrong)
			return err_set(e, ERR_CONFIG, "%s:%u: %s", file, n, wrong);
	}
	return true;
}

const char *env_get(const struct strings *list, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < list->n_items; i++)
		if (strncmp(list->items[i], key, len) == 0 && list->items[i][len] == '=')
			return list->items[i] + len + 1;
	return NULL;
}

/* --- git --------------------------------------------------------------------- */

/*
 * Does one line of a .gitignore cover the path (relative to its folder), or a folder above it?
 * Source: gitignore(5)
 */
static bool line_covers(const char *pattern, bool only_folders, const char *path)
{
	bool is_anchored = strchr(pattern, '/') != NULL;
	char part[PATH_MAX];

	if (*pattern == '/')
		pattern++;
	for (size_t len = strcspn(path, "/");; len += 1 + strcspn(path + len + 1, "/")) {
		const char *name;

		if ((only_folders && path[len] == '\0') ||
			!text_copy_n(part, sizeof(part), path, len))
			return false;
		name = strrchr(part, '/');
		name = is_anchored || !name ? part : name + 1;
		if (fnmatch(pattern, name, FNM_PATHNAME) == 0)
			return true;
		if (path[len] == '\0')
			return false;
	}
}

/* The last line that covers the path decides; "!" in front takes it back. */
static void read_ignores(const char *file, const char *path, bool *is_ignored)
{
	SCOPED_FREE char *text = NULL;
	char *cursor, *line;

	if (!fs_read(file, ENV_FILE_MAX, &text, NULL, NULL))
		return;
	cursor = text;
	while ((line = text_next(&cursor, '\n')) != NULL) {
		bool is_back, is_folder;
		size_t len;

		line = text_trim(line);
		if (*line == '\0' || *line == '#')
			continue;
		is_back = *line == '!';
		line += is_back;
		len = strlen(line);
		is_folder = len > 1 && line[len - 1] == '/';
		if (is_folder)
			line[len - 1] = '\0';
		if (line_covers(line, is_folder, path))
			*is_ignored = !is_back;
	}
}

/* folder: of the work tree, without the slash. */
static bool is_ignored_in(const char *folder, const char *path)
{
	const char *below = path + strlen(folder) + 1;
	bool is_ignored = false;
	char file[PATH_MAX + 32];

	(void)snprintf(file, sizeof(file), "%s/.git/info/exclude", folder);
	read_ignores(file, below, &is_ignored);
	for (;;) {
		(void)snprintf(file, sizeof(file), "%.*s.gitignore", (int)(below - path), path);
		read_ignores(file, below, &is_ignored);
		if (!strchr(below, '/'))
			return is_ignored;
		below = strchr(below, '/') + 1;
	}
}

/* A secret in a work tree that git does not ignore is one `git add` away from everybody. */
static bool check_git(const char *path, struct err *e)
{
	SCOPED_FREE char *real = realpath(path, NULL);
	char folder[PATH_MAX], git[PATH_MAX + 8];
	char *slash;

	if (!real || !text_copy(folder, sizeof(folder), real))
		return err_sys(e, ERR_CONFIG, "can't resolve %s", path);
	while ((slash = strrchr(folder, '/')) != NULL) {
		*slash = '\0';
		(void)snprintf(git, sizeof(git), "%s/.git", folder);
		if (access(git, F_OK) != 0)
			continue;
		return is_ignored_in(folder, real) ||
		       err_set(e, ERR_CONFIG,
			       "%s lies in the git work tree %s, which does not ignore it: add "
			       "\"%s\" to %s/.gitignore, or move the file",
			       path, folder, real + strlen(folder), folder);
	}
	return true;
}

/* --- the file ---------------------------------------------------------------- */

static bool check_mode(int fd, const char *path, bool as_root, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_sys(e, ERR_CONFIG, "can't look at %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_CONFIG, "%s is no regular file", path);
	if (st.st_mode & 077)
		return err_set(e, ERR_CONFIG,
			"%s holds secrets and others may read it (mode %04o): chmod 600 %s", path,
			(unsigned)st.st_mode & 07777, path);
	return !as_root || fs_check_trusted_fd(fd, path, e);
}

/* Out: out_text NULL where an ordinary user may not read it. */
static bool read_secret(const char *path, bool as_root, char **out_text, struct err *e)
{
	SCOPED_CLOSE int fd = -1;
	SCOPED_FREE char *text = NULL;
	size_t len;

	if (path[0] != '/')
		return err_set(e, ERR_CONFIG, "%s: an absolute path is expected", path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && errno == EACCES && !as_root)
		return true; /* root's secrets: an ordinary user does without them */
	if (fd < 0)
		return err_sys(e, ERR_CONFIG, "can't open %s", path);
	if (!check_mode(fd, path, as_root, e) || !check_git(path, e) ||
		!fs_read_fd(fd, path, ENV_FILE_MAX, &text, &len, e))
		return false;
	if (strlen(text) != len)
		return err_set(e, ERR_CONFIG, "%s holds a NUL byte", path);
	*out_text = MOVE_PTR(text);
	return true;
}

static void drop_secret(char **text)
{
	if (*text)
		explicit_bzero(*text, strlen(*text));
	free(*text);
}

bool env_file_read(const char *path, bool as_root, struct strings *out, struct err *e)
{
	CLEANUP(drop_secret) char *text = NULL;

	return read_secret(path, as_root, &text, e) &&
	       (!text || env_file_parse(path, text, out, e));
}

bool secret_take(const char *text, char *out, size_t out_size)
{
	for (const char *c = text; *c; c++)
		if (*c <= ' ' || *c > '~')
			return false;
	return text[0] != '\0' && text_copy(out, out_size, text);
}

bool secret_file_read(const char *path, bool as_root, char *out, size_t out_size, struct err *e)
{
	CLEANUP(drop_secret) char *text = NULL;

	if (!read_secret(path, as_root, &text, e))
		return false;
	out[0] = '\0';
	return !text || secret_take(text_trim(text), out, out_size) ||
	       err_set(e, ERR_CONFIG, "%s: one token is expected, and nothing else", path);
}
