/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/guard_photo.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/list.h"

enum { DEPTH_MAX = 4 };

/*
 * What matters most first: where there is too much, the rest is not looked at.
 * Source: apt.conf(5) "Directories", sources.list(5) on keys
 */
static const char *const places[] = {"/etc/apt/sources.list", "/etc/apt/sources.list.d",
	"/etc/apt/trusted.gpg", "/etc/apt/trusted.gpg.d", "/etc/apt/preferences",
	"/etc/apt/preferences.d", "/etc/apt/apt.conf", "/etc/apt/apt.conf.d", "/etc/apt/auth.conf",
	"/etc/apt/auth.conf.d", "/etc/apt/keyrings", "/usr/share/keyrings"};

static void entry_clear(struct guard_entry *entry)
{
	free(entry->path);
	free(entry->bytes);
	free(entry->target);
	free(entry->owner);
	*entry = (struct guard_entry){0};
}

void guard_photo_clear(struct guard_photo *p)
{
	for (size_t i = 0; i < p->n_entries; i++)
		entry_clear(&p->entries[i]);
	free(p->entries);
	*p = (struct guard_photo){0};
}

/* --- one entry --------------------------------------------------------------- */

static void link_read(struct guard_entry *entry, int at, const char *name)
{
	char target[GUARD_PATH_MAX];
	ssize_t n = readlinkat(at, name, target, sizeof(target));

	if (n > 0 && (size_t)n < sizeof(target))
		entry->target = strndup(target, (size_t)n);
}

/* Bytes where they fit, a digest where it is no film: by this very descriptor. */
static void file_read(struct guard_photo *p, struct guard_entry *entry, int at, const char *name)
{
	SCOPED_CLOSE int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	size_t len = 0;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < 0 ||
		st.st_size > GUARD_DIGEST_MAX)
		return;
	if (st.st_size > GUARD_FILE_MAX || p->kept_bytes + (size_t)st.st_size > GUARD_BYTES_MAX) {
		(void)!digest_of_fd(fd, entry->sha256, &entry->size_bytes, NULL);
		return;
	}
	if (!fs_read_fd(fd, entry->path, GUARD_FILE_MAX, &entry->bytes, &len, NULL))
		return;
	entry->size_bytes = len;
	p->kept_bytes += len;
	(void)!digest_of(entry->bytes, len, entry->sha256, NULL);
}

/* Out: NULL where no more fit; is_cut says so */
static struct guard_entry *entry_add(struct guard_photo *p, const char *path, const struct stat *st)
{
	struct guard_entry *grown =
		list_grow(p->entries, p->n_entries, GUARD_ENTRIES_MAX, sizeof(*grown));
	char *copy = grown != NULL ? strdup(path) : NULL;

	if (grown != NULL)
		p->entries = grown;
	if (copy == NULL) {
		p->is_cut = true;
		return NULL;
	}

	struct guard_entry *entry = &p->entries[p->n_entries++];

	*entry = (struct guard_entry){
		.path = copy,
		.mode = st->st_mode,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.mtime = st->st_mtim,
		.size_bytes = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0,
	};
	return entry;
}

/* --- the walk ---------------------------------------------------------------- */

static void look(struct guard_photo *p, int at, const char *name, const char *path, unsigned depth);

static void folder_look(
	struct guard_photo *p, int at, const char *name, const char *path, unsigned depth)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	char inner[GUARD_PATH_MAX];

	if (dir == NULL) {
		scope_close_fd(&fd);
		return;
	}
	for (struct dirent *d; !p->is_cut && (d = readdir(dir)) != NULL;) {
		if (!text_equal(d->d_name, ".") && !text_equal(d->d_name, "..") &&
			fs_join(inner, sizeof(inner), path, d->d_name))
			look(p, fd, d->d_name, inner, depth + 1);
	}
	closedir(dir);
}

static void look(struct guard_photo *p, int at, const char *name, const char *path, unsigned depth)
{
	struct stat st;
	struct guard_entry *entry;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	entry = entry_add(p, path, &st);
	if (entry == NULL)
		return;
	if (S_ISLNK(st.st_mode))
		link_read(entry, at, name);
	else if (S_ISREG(st.st_mode))
		file_read(p, entry, at, name);
	else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
		folder_look(p, at, name, path, depth);
}

static int entry_order(const void *a, const void *b)
{
	return strcmp(((const struct guard_entry *)a)->path, ((const struct guard_entry *)b)->path);
}

static void sort(struct guard_photo *p)
{
	if (p->n_entries > 0)
		qsort(p->entries, p->n_entries, sizeof(*p->entries), entry_order);
}

struct guard_entry *guard_photo_find(const struct guard_photo *p, const char *path)
{
	struct guard_entry wanted = {.path = (char *)(uintptr_t)path}; /* only compared */

	if (p->n_entries == 0)
		return NULL;
	return bsearch(&wanted, p->entries, p->n_entries, sizeof(*p->entries), entry_order);
}

/* --- keys that sources name -------------------------------------------------- */

bool guard_entry_is_source(const struct guard_entry *entry)
{
	return S_ISREG(entry->mode) && entry->bytes != NULL && apt_sources_is_file(entry->path) &&
	       strstr(entry->path, "/etc/apt/sources.list") != NULL;
}

void guard_entry_sources(const struct guard_entry *entry, struct apt_sources *out)
{
	apt_sources_read(entry->path, entry->bytes, (size_t)entry->size_bytes, out);
}

static void named_look(struct guard_photo *p, const char *path)
{
	size_t n = p->n_entries;

	look(p, AT_FDCWD, path, path, DEPTH_MAX);
	if (p->n_entries > n)
		p->entries[n].is_named = true;
}

/* Out: the paths outside of the places, each once */
static bool named_find(const char *root, const struct guard_photo *p, struct strings *out)
{
	char path[GUARD_PATH_MAX];

	for (size_t i = 0; i < p->n_entries; i++) {
		SCOPED_CLEAR(apt_sources_clear) struct apt_sources found = {0};

		if (guard_entry_is_source(&p->entries[i]))
			guard_entry_sources(&p->entries[i], &found);
		for (size_t k = 0; k < found.keyrings.n_items; k++) {
			int n = snprintf(path, sizeof(path), "%s%s", root, found.keyrings.items[k]);

			if (n > 0 && (size_t)n < sizeof(path) &&
				guard_photo_find(p, path) == NULL && !strings_has(out, path) &&
				!strings_add(out, path))
				return false;
		}
	}
	return true;
}

bool guard_photo_take(
	const char *root, const struct guard_photo *before, struct guard_photo *out, struct err *e)
{
	SCOPED_CLEAR(guard_photo_clear) struct guard_photo p = {0};
	SCOPED_CLEAR(strings_clear) struct strings named = {0};
	char path[GUARD_PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(path, sizeof(path), "%s%s", root, places[i]);
		look(&p, AT_FDCWD, path, path, 0);
	}
	sort(&p);
	if (before == NULL && !named_find(root, &p, &named))
		return err_set(e, ERR_INTERNAL, "no memory to look at what apt trusts");
	for (size_t i = 0; i < named.n_items; i++)
		named_look(&p, named.items[i]);
	for (size_t i = 0; before != NULL && i < before->n_entries; i++) {
		if (before->entries[i].is_named)
			named_look(&p, before->entries[i].path);
	}
	sort(&p);
	*out = p;
	p = (struct guard_photo){0};
	return true;
}

/* --- what differs ------------------------------------------------------------ */

static bool is_same(const struct guard_entry *a, const struct guard_entry *b)
{
	bool is_unread = S_ISREG(a->mode) && (a->sha256[0] == '\0' || b->sha256[0] == '\0');

	return a->mode == b->mode && a->uid == b->uid && a->gid == b->gid &&
	       a->size_bytes == b->size_bytes && text_equal(a->sha256, b->sha256) &&
	       text_equal(a->target, b->target) &&
	       (!is_unread || (a->mtime.tv_sec == b->mtime.tv_sec &&
				      a->mtime.tv_nsec == b->mtime.tv_nsec));
}

/* Past the bound of the second photograph only a look of its own tells. */
static bool is_gone(const struct guard_photo *after, const char *path)
{
	struct stat st;

	return !after->is_cut || (lstat(path, &st) < 0 && errno == ENOENT);
}

bool guard_photo_compare(const struct guard_photo *before, const struct guard_photo *after,
	struct guard_difference **out, size_t *out_n)
{
	size_t i = 0, k = 0, n = 0;
	struct guard_difference *list =
		calloc(before->n_entries + after->n_entries + 1, sizeof(*list));

	if (list == NULL)
		return false;
	while (i < before->n_entries || k < after->n_entries) {
		struct guard_entry *was = i < before->n_entries ? &before->entries[i] : NULL;
		struct guard_entry *is = k < after->n_entries ? &after->entries[k] : NULL;
		int order = was == NULL ? 1 : is == NULL ? -1 : entry_order(was, is);

		i += order <= 0;
		k += order >= 0;
		if (order == 0 && !is_same(was, is))
			list[n++] = (struct guard_difference){GUARD_CHANGED, was, is};
		else if (order > 0 && !before->is_cut)
			list[n++] = (struct guard_difference){GUARD_ADDED, NULL, is};
		else if (order < 0 && is_gone(after, was->path))
			list[n++] = (struct guard_difference){GUARD_DELETED, was, NULL};
	}
	*out = list;
	*out_n = n;
	return true;
}
