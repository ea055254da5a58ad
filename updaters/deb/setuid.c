/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/setuid.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"

enum { LIST_MAX = 64 << 20 };

void setuid_clear(struct setuid_files *s)
{
	strings_clear(&s->paths);
	*s = (struct setuid_files){0};
}

static bool is_setuid(const char *path, struct stat *st)
{
	return lstat(path, st) == 0 && S_ISREG(st->st_mode) &&
	       (st->st_mode & (S_ISUID | S_ISGID)) != 0;
}

/* NAME.list, or NAME:ARCH.list where several architectures can be there at once. */
static char *list_read(const char *info, const char *package, const char *arch)
{
	char path[1024];
	char *text = NULL;

	snprintf(path, sizeof(path), "%s/%s.list", info, package);
	if (fs_read(path, LIST_MAX, &text, NULL, NULL))
		return text;
	snprintf(path, sizeof(path), "%s/%s:%s.list", info, package, arch);
	return fs_read(path, LIST_MAX, &text, NULL, NULL) ? text : NULL;
}

void setuid_find(const char *info, const char *package, const char *arch, struct setuid_files *out)
{
	SCOPED_FREE char *text = list_read(info, package, arch);
	char *cursor = text;
	struct stat st;

	*out = (struct setuid_files){.was_there = text != NULL};
	for (char *path; cursor != NULL && (path = text_next(&cursor, '\n')) != NULL;) {
		if (path[0] == '/' && out->paths.n_items < SETUID_MAX && is_setuid(path, &st) &&
			!strings_add(&out->paths, path))
			return;
	}
}

static void tell(const char *path, const struct stat *st, bool was_there, struct result *r)
{
	struct change *change = result_add_change(r);
	struct item *item = result_add_item(r);
	bool by_user = (st->st_mode & S_ISUID) != 0;
	unsigned id = by_user ? st->st_uid : st->st_gid;
	char whose[64];

	if (change == NULL || item == NULL)
		return;
	if (id == 0)
		snprintf(whose, sizeof(whose), "%s root", by_user ? "user" : "group");
	else
		snprintf(whose, sizeof(whose), "%s %u", by_user ? "user" : "group", id);
	text_copy_cut(change->path, sizeof(change->path), path);
	text_copy_cut(change->from, sizeof(change->from), was_there ? "not set-id" : "");
	snprintf(change->to, sizeof(change->to), "mode %04o, owner %u:%u",
		(unsigned)st->st_mode & 07777, (unsigned)st->st_uid, (unsigned)st->st_gid);
	text_copy_cut(item->path, sizeof(item->path), path);
	text_copy_cut(item->state, sizeof(item->state), "set-id");
	item->outcome = OUTCOME_CURRENT;
	snprintf(item->text, sizeof(item->text), "runs as %s, whoever starts it (mode %04o)%s",
		whose, (unsigned)st->st_mode & 07777,
		was_there ? ": in the version before it did not" : "");
}

void setuid_tell(
	const struct setuid_files *before, const struct setuid_files *now, struct result *r)
{
	size_t n_told = 0;
	struct stat st;

	for (size_t i = 0; i < now->paths.n_items && n_told < SETUID_TOLD_MAX; i++) {
		const char *path = now->paths.items[i];

		if (!strings_has(&before->paths, path) && is_setuid(path, &st)) {
			tell(path, &st, before->was_there, r);
			n_told++;
		}
	}
}
