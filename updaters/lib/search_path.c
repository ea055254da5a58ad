/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/search_path.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "updaters/lib/fs.h"

enum { STAMP_MAX = 64 << 10, FOLDER_FILES_MAX = 200, HEAD_MAX = PERSON_SEARCH_MAX + 256 };

static const char memory_folder[] = ".cache/devupd";
static const char memory_head[] = "search path 1";

/* --- the stamp: what a shell reads before it says a word -------------------------------------- */

/*
 * Read by sh, bash, zsh, ksh, tcsh and fish as they start. "~" is the home, "@" the folder of
 * settings.
 */
static const char *const files[] = {"/etc/profile", "/etc/bash.bashrc", "~/.bash_profile",
	"~/.bash_login", "~/.profile", "~/.bashrc", "~/.bash_aliases", "/etc/zsh/zshenv",
	"/etc/zsh/zprofile", "/etc/zsh/zshrc", "/etc/zsh/zlogin", "~/.zshenv", "~/.zprofile",
	"~/.zshrc", "~/.zlogin", "~/.kshrc", "~/.mkshrc", "/etc/csh.cshrc", "/etc/csh.login",
	"~/.tcshrc", "~/.cshrc", "~/.login", "/etc/fish/config.fish", "@/fish/config.fish",
	"@/fish/fish_variables"};
/* All that lies in them is read. */
static const char *const folders[] = {"/etc/profile.d", "/etc/fish/conf.d", "@/fish/conf.d"};
/* ~/.profile, as Debian ships it, only asks whether they are there. */
static const char *const asked_for[] = {"~/bin", "~/.local/bin"};

static bool expand(const struct person *p, const char *name, char *out, size_t out_size)
{
	switch (name[0]) {
	case '~': return person_path(p, name + 2, out, out_size);
	case '@': return fs_join(out, out_size, p->config_home, name + 2);
	default: return text_copy(out, out_size, name);
	}
}

/* ctime, because tar and rsync put mtime back. */
static void stamp_file(const char *path, struct buf *out)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return;
	buf_printf(out, "%s %ju %ju %jd %jd.%09ld\n", path, (uintmax_t)st.st_dev,
		(uintmax_t)st.st_ino, (intmax_t)st.st_size, (intmax_t)st.st_ctim.tv_sec,
		st.st_ctim.tv_nsec);
}

static void stamp_folder(const char *folder, struct buf *out)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[PERSON_PATH_MAX];

	stamp_file(folder, out);
	for (size_t n = 0; dir != NULL && n < FOLDER_FILES_MAX && (entry = readdir(dir)); n++)
		if (entry->d_name[0] != '.' && fs_join(path, sizeof(path), folder, entry->d_name))
			stamp_file(path, out);
	if (dir != NULL)
		closedir(dir);
}

/* A line for each that is there. */
static void stamp_take(const struct person *p, struct buf *out)
{
	char path[PERSON_PATH_MAX];

	stamp_file(p->shell, out);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (expand(p, files[i], path, sizeof(path)))
			stamp_file(path, out);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (expand(p, folders[i], path, sizeof(path)))
			stamp_folder(path, out);
	for (size_t i = 0; i < ARRAY_SIZE(asked_for); i++)
		if (expand(p, asked_for[i], path, sizeof(path)) && access(path, F_OK) == 0)
			buf_printf(out, "%s\n", path);
}

/* --- the memory: head, stamp, time and path, a line each ---------------------------------------
 */

static bool memory_path(const struct person *p, char *out, size_t out_size)
{
	char folder[PERSON_PATH_MAX];

	return person_path(p, memory_folder, folder, sizeof(folder)) &&
	       fs_join(out, out_size, folder, "search-path");
}

static bool is_young(const char *when)
{
	char *end = NULL;
	intmax_t then = strtoimax(when, &end, 10), now = time(NULL);

	return end != when && *end == '\0' && then <= now && now - then <= SEARCH_PATH_AGE_MAX_S;
}

static bool recall(struct person *p, const struct buf *stamp)
{
	SCOPED_FREE char *text = NULL;
	char file[PERSON_PATH_MAX];
	const char *lines[3] = {NULL};
	char *cursor;

	if (!memory_path(p, file, sizeof(file)) ||
		!fs_read(file, HEAD_MAX + STAMP_MAX, &text, NULL, NULL))
		return false;
	cursor = text;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if ((lines[i] = text_next(&cursor, '\n')) == NULL)
			return false;
	return cursor != NULL && text_equal(lines[0], memory_head) && is_young(lines[1]) &&
	       text_equal(cursor, buf_str(stamp)) &&
	       text_copy(p->search_path, sizeof(p->search_path), lines[2]);
}

/* What can't be kept is asked for again. */
static void remember(const struct person *p, const struct buf *stamp)
{
	SCOPED_CLEAR(buf_clear) struct buf text;
	char folder[PERSON_PATH_MAX], file[PERSON_PATH_MAX];

	buf_init(&text, HEAD_MAX + STAMP_MAX);
	buf_printf(&text, "%s\n%jd\n%s\n%s", memory_head, (intmax_t)time(NULL), p->search_path,
		buf_str(stamp));
	if (text.is_full || !person_path(p, memory_folder, folder, sizeof(folder)) ||
		!memory_path(p, file, sizeof(file)) || !fs_make_folders(folder, 0700, NULL))
		return;
	(void)!fs_replace(file, text.data, text.len, 0600, NULL);
}

void search_path_find(struct person *p, bool may_recall)
{
	SCOPED_CLEAR(buf_clear) struct buf stamp;
	char found[PERSON_SEARCH_MAX];
	bool is_known = p->search_path[0] != '\0';

	buf_init(&stamp, STAMP_MAX);
	/* before the shell is asked: what changes meanwhile counts as changed */
	if (!is_known)
		stamp_take(p, &stamp);
	is_known = is_known || (may_recall && !stamp.is_full && recall(p, &stamp));
	if (person_search_path(p, found, sizeof(found)) && !is_known && !stamp.is_full)
		remember(p, &stamp);
}
