/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "updaters/lib/walk_memory.h"
#include "updaters/lib/walk_mount.h"

enum { ENTRIES_SIZE = 64 << 10, NAMES_MAX = 64 << 20, TRUSTED_AFTER_S = 2 };

struct walk {
	const struct walk_options *o;
	struct strings *found, *skipped;
	struct buf rows;     /* the memory as it will be */
	struct buf names;    /* sub-folders not gone into yet, one list behind the other */
	char *entries;       /* ENTRIES_SIZE bytes, for getdents64 */
	char path[PATH_MAX]; /* of the folder at hand */
	size_t path_len;
	struct strings mounts; /* below the root, remote: not even looked at */
	struct stat own;       /* the memory's folder, which we change ourselves */
	time_t start;
	size_t n_folders;
	bool is_whole; /* not too many folders: may be remembered */
	bool is_out_of_memory;
};

/* Where we are. */
struct folder {
	const struct folder *above; /* NULL: a root */
	uint64_t dev, ino;
	int fd;        /* the nearest folder that is open: this one, or one above */
	size_t fd_len; /* of the path; what is behind leads from fd to here */
	unsigned depth;
};

/* --- one folder's entries ------------------------------------------------------------------ */

static bool is_skipped(const struct walk *w, const char *name)
{
	if (name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0')))
		return true;
	for (const char *const *s = w->o->skipped; s != NULL && *s != NULL; s++)
		if (strcmp(*s, name) == 0)
			return true;
	return false;
}

static unsigned char type_of(int fd, const struct dirent64 *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type;
	return fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0
		       ? (unsigned char)IFTODT(st.st_mode)
		       : DT_UNKNOWN;
}

/* Its sub-folders go behind w->names, unless it holds the marker, or they would lie too deep. */
static void take_entry(
	struct walk *w, const struct folder *f, const struct dirent64 *entry, bool *has_marker)
{
	bool is_marker = strcmp(entry->d_name, w->o->marker) == 0;
	bool is_deepest = f->depth >= w->o->depth || f->depth >= WALK_DEPTH_MAX;
	bool may_be_folder = entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN;

	if (!is_marker && (is_deepest || !may_be_folder))
		return;

	unsigned char type = type_of(f->fd, entry);

	if (is_marker && (type == DT_REG || type == DT_LNK))
		*has_marker = true;
	else if (type == DT_DIR && !is_deepest && !is_skipped(w, entry->d_name))
		buf_put(&w->names, entry->d_name, strlen(entry->d_name) + 1);
}

/* Out: false   it could not be read to its end */
static bool read_entries(struct walk *w, const struct folder *f, bool *out_has_marker)
{
	ssize_t n;

	while ((n = getdents64(f->fd, w->entries, ENTRIES_SIZE)) > 0)
		for (char *at = w->entries; at < w->entries + n;) {
			const struct dirent64 *entry = (const struct dirent64 *)(void *)at;

			take_entry(w, f, entry, out_has_marker);
			at += entry->d_reclen;
		}
	return n == 0;
}

/* --- the path ------------------------------------------------------------------------------ */

/* Out: false   too long; nothing was changed */
static bool path_push(struct walk *w, const char *name, size_t len)
{
	size_t at = w->path_len;

	if (at + 1 + len >= sizeof(w->path))
		return false;
	w->path[at] = '/';
	memcpy(w->path + at + 1, name, len);
	w->path_len = at + 1 + len;
	w->path[w->path_len] = '\0';
	return true;
}

static void path_cut(struct walk *w, size_t len)
{
	w->path_len = len;
	w->path[len] = '\0';
}

static void tell(struct walk *w, struct strings *list)
{
	if (!strings_add(list, w->path_len > 0 ? w->path : "/"))
		w->is_out_of_memory = true;
}

/* --- going through ------------------------------------------------------------------------- */

static int64_t changed_of(const struct stat *st)
{
	return (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec;
}

static bool is_same(const struct walk_row *row, const struct stat *st)
{
	return row->changed_ns != 0 && row->changed_ns == changed_of(st) &&
	       row->ino == st->st_ino && row->dev == st->st_dev && S_ISDIR(st->st_mode);
}

/* A folder that was mounted below itself would never end. */
static bool is_loop(const struct folder *f)
{
	for (const struct folder *up = f->above; up != NULL; up = up->above)
		if (up->ino == f->ino && up->dev == f->dev)
			return true;
	return false;
}

static void visit(struct walk *w, const struct folder *above, const char *name, size_t len,
	const struct walk_row *known, struct walk_rows inside);

/* The row of that name. They come in the folder's order, so it mostly is the next one. */
static bool row_find(struct walk_rows all, struct walk_rows *next, const char *name, size_t len,
	struct walk_row *out, struct walk_rows *out_inside)
{
	const char *row_name;

	for (int turn = 0; turn < 2; turn++) {
		while (walk_rows_next(next, out, &row_name, out_inside))
			if (out->name_len == len && memcmp(row_name, name, len) == 0)
				return true;
		*next = all;
	}
	return false;
}

/* The folder is as it was: its sub-folders are those of the memory. */
static void go_known(struct walk *w, const struct folder *f, struct walk_rows rows)
{
	struct walk_rows inside;
	struct walk_row row;
	const char *name;

	while (walk_rows_next(&rows, &row, &name, &inside))
		visit(w, f, name, row.name_len, &row, inside);
}

/* Its sub-folders were just read; what is known of each still counts. */
static void go_read(struct walk *w, const struct folder *f, size_t names_at, struct walk_rows rows)
{
	struct walk_rows next = rows, inside = {NULL, NULL};
	size_t names_end = w->names.len;
	struct walk_row row;
	char name[NAME_MAX + 1];

	for (size_t at = names_at; at < names_end;) {
		size_t len = strlen(w->names.data + at);
		bool is_known = false;

		/* a copy: the list moves when it grows */
		if (text_copy_n(name, sizeof(name), w->names.data + at, len)) {
			is_known = row_find(rows, &next, name, len, &row, &inside);
			visit(w, f, name, len, is_known ? &row : NULL, inside);
		}
		at += len + 1;
	}
	w->names.len = names_at;
}

/*
 * ctime, because tar and rsync put mtime back. What is young may change again without a trace; and
 * the memory's own folder does with each memory: its row must not, or there would be no end.
 */
static int64_t trusted_time(const struct walk *w, const struct stat *st)
{
	bool is_own = st->st_ino == w->own.st_ino && st->st_dev == w->own.st_dev;

	return !is_own && st->st_ctim.tv_sec + TRUSTED_AFTER_S < w->start ? changed_of(st) : 0;
}

/*
 * A folder that is open (f->fd is its own), or that is as known says.
 *
 * In:    known   NULL: it must be read
 *        rows    what is known of its sub-folders, also where it must be read
 */
static void go_into(struct walk *w, struct folder *f, const struct stat *st, const char *name,
	size_t len, const struct walk_row *known, struct walk_rows rows)
{
	struct walk_row row = {.dev = f->dev, .ino = f->ino, .name_len = (uint16_t)len};
	size_t names_at = w->names.len;
	bool has_marker = false;

	if (known != NULL) {
		row = *known;
		has_marker = row.has_marker;
	} else if (read_entries(w, f, &has_marker)) {
		row.changed_ns = trusted_time(w, st);
		row.has_marker = has_marker;
	}
	if (has_marker)
		tell(w, w->found);

	size_t place = walk_row_begin(&w->rows, &row, name);

	if (has_marker)
		w->names.len = names_at;
	else if (known != NULL)
		go_known(w, f, rows);
	else
		go_read(w, f, names_at, rows);
	walk_row_end(&w->rows, place);
}

/* A folder that can't be read has a row without sub-folders: chmod changes its time. */
static void pass_over(
	struct walk *w, const struct stat *st, const char *name, size_t len, bool is_trusted)
{
	const struct walk_row row = {.dev = st->st_dev,
		.ino = st->st_ino,
		.changed_ns = is_trusted ? trusted_time(w, st) : 0,
		.name_len = (uint16_t)len};

	walk_row_end(&w->rows, walk_row_begin(&w->rows, &row, name));
}

/* Its descriptor, if it is a folder that we go into; else -1, and its row is there if it has one.
 */
static int folder_open(
	struct walk *w, const struct folder *above, const char *name, size_t len, struct stat *out)
{
	const char *below = w->path + above->fd_len + 1;
	SCOPED_CLOSE int fd = openat(
		above->fd, below, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0) {
		if (errno == EACCES && fstatat(above->fd, below, out, AT_SYMLINK_NOFOLLOW) == 0)
			pass_over(w, out, name, len, true);
		return -1;
	}
	if (fstat(fd, out) < 0)
		return -1;
	if (out->st_dev != above->dev && walk_mount_is_remote(fd)) {
		tell(w, w->skipped);
		pass_over(w, out, name, len, false);
		return -1;
	}
	return MOVE_FD(fd);
}

/* Is there room for one more? Said once. */
static bool count_folder(struct walk *w)
{
	if (w->n_folders % WALK_TICK_FOLDERS == 0 && w->o->on_tick != NULL)
		w->o->on_tick(w->o->user);
	if (w->n_folders++ < WALK_FOLDERS_MAX)
		return true;
	if (w->is_whole)
		tell(w, w->skipped);
	w->is_whole = false;
	return false;
}

static void visit_here(struct walk *w, const struct folder *above, const char *name, size_t len,
	const struct walk_row *known, struct walk_rows inside)
{
	struct folder f = *above;
	struct stat st;
	bool is_known =
		known != NULL &&
		fstatat(above->fd, w->path + above->fd_len + 1, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		is_same(known, &st);
	SCOPED_CLOSE int fd = is_known ? -1 : folder_open(w, above, name, len, &st);

	if (!is_known && fd < 0)
		return;
	f.above = above;
	f.depth++;
	f.dev = st.st_dev;
	f.ino = st.st_ino;
	if (fd >= 0) {
		f.fd = fd;
		f.fd_len = w->path_len;
	}
	if (is_loop(&f))
		pass_over(w, &st, name, len, false);
	else
		go_into(w, &f, &st, name, len, is_known ? known : NULL, inside);
}

static void visit(struct walk *w, const struct folder *above, const char *name, size_t len,
	const struct walk_row *known, struct walk_rows inside)
{
	static const struct stat not_looked_at;
	size_t path_len = w->path_len;

	if (!count_folder(w) || !path_push(w, name, len))
		return;
	if (strings_has(&w->mounts, w->path)) {
		tell(w, w->skipped);
		pass_over(w, &not_looked_at, name, len, false);
	} else {
		visit_here(w, above, name, len, known, inside);
	}
	path_cut(w, path_len);
}

/* A root may be a link: somebody named it. Its row is there even if it is not. */
static void visit_root(struct walk *w, const char *root, struct walk_rows *known_roots)
{
	SCOPED_CLOSE int fd = open(root, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	struct walk_rows inside = {NULL, NULL};
	struct walk_row row = {.dev = 0};
	const char *name = "";
	bool is_known = walk_rows_next(known_roots, &row, &name, &inside);
	struct stat st = {.st_dev = 0};
	size_t len = strlen(root);

	while (len > 0 && root[len - 1] == '/')
		len--;
	if (fd < 0 || fstat(fd, &st) < 0 || !text_copy_n(w->path, sizeof(w->path), root, len)) {
		pass_over(w, &st, "", 0, false);
		return;
	}
	w->path_len = len;
	if (walk_mount_is_remote(fd)) {
		tell(w, w->skipped);
		pass_over(w, &st, "", 0, false);
		return;
	}

	struct folder f = {.dev = st.st_dev, .ino = st.st_ino, .fd = fd, .fd_len = len};

	walk_mounts_below(fd, w->path, &w->mounts);
	go_into(w, &f, &st, "", 0, is_known && is_same(&row, &st) ? &row : NULL, inside);
	strings_clear(&w->mounts);
}

/* --- the answer ---------------------------------------------------------------------------- */

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_once(struct strings *list)
{
	size_t n = 0;

	if (list->n_items < 2)
		return;
	qsort(list->items, list->n_items, sizeof(list->items[0]), compare_paths);
	for (size_t i = 0; i < list->n_items; i++) {
		if (n > 0 && strcmp(list->items[n - 1], list->items[i]) == 0)
			free(list->items[i]);
		else
			list->items[n++] = list->items[i];
	}
	list->items[n] = NULL;
	list->n_items = n;
}

static struct stat own_folder(const char *memory)
{
	const char *slash = memory == NULL ? NULL : strrchr(memory, '/');
	struct stat st = {.st_ino = 0};
	char folder[PATH_MAX];

	if (slash == NULL ||
		!text_copy_n(folder, sizeof(folder), memory, (size_t)(slash - memory)) ||
		stat(folder, &st) < 0)
		return (struct stat){.st_ino = 0};
	return st;
}

bool walk_find(const struct walk_options *o, struct strings *out_found, struct strings *out_skipped,
	struct err *e)
{
	SCOPED_FREE struct walk *w = calloc(1, sizeof(*w));
	SCOPED_FREE char *entries = malloc(ENTRIES_SIZE);
	SCOPED_FREE char *raw_memory = NULL;
	SCOPED_CLEAR(strings_clear) struct strings found = {0};
	SCOPED_CLEAR(strings_clear) struct strings skipped = {0};
	size_t memory_len = 0;

	if (w == NULL || entries == NULL)
		return err_set(e, ERR_INTERNAL, "no memory to look through folders");

	struct walk_rows known = walk_memory_read(o, &raw_memory, &memory_len);

	*w = (struct walk){.o = o,
		.found = &found,
		.skipped = &skipped,
		.entries = entries,
		.start = time(NULL),
		.own = own_folder(o->memory),
		.is_whole = true};
	walk_memory_begin(&w->rows);
	buf_init(&w->names, NAMES_MAX);
	for (size_t i = 0; o->roots[i] != NULL; i++)
		visit_root(w, o->roots[i], &known);
	w->is_out_of_memory = w->is_out_of_memory || w->names.is_full;
	if (w->is_whole && !w->is_out_of_memory)
		walk_memory_write(o, &w->rows, raw_memory, memory_len);
	buf_clear(&w->rows);
	buf_clear(&w->names);
	if (w->is_out_of_memory)
		return err_set(e, ERR_INTERNAL, "no memory to look through folders");
	sort_once(&found);
	sort_once(&skipped);
	*out_found = found;
	*out_skipped = skipped;
	found = skipped = (struct strings){0};
	return true;
}
