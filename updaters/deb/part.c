/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "updaters/lib/fs.h"

enum { META_MAX = URL_MAX + 512, AHEAD_BYTES = 16 << 20 };

static int open_regular(int folder, const char *name, int flags)
{
	SCOPED_CLOSE int fd = openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
		S_IRUSR | S_IWUSR | S_IRGRP);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1)) {
		errno = EEXIST;
		return -1;
	}
	return MOVE_FD(fd);
}

int part_open_complete(int folder, const char *name)
{
	return open_regular(folder, name, O_RDONLY);
}

/* Where the folder is that we only have a descriptor of, for a person. */
static void folder_name(int folder, char out[512])
{
	char link[64];
	ssize_t n;

	text_copy_cut(out, 512, "the staging folder");
	snprintf(link, sizeof(link), "/proc/self/fd/%d", folder);
	n = readlink(link, out, 511);
	if (n > 0)
		out[n] = '\0';
}

/* Always false: what errno says, of which file. */
static bool part_fail(const struct part *p, const char *deed, const char *name, struct err *e)
{
	int why = errno;
	char where[512];

	folder_name(p->folder, where);
	errno = why;
	return err_sys(e, ERR_STATE, "can't %s %s/%s", deed, where, name);
}

static bool part_write(const struct part *p, int fd, const char *name, const void *bytes,
	size_t len, struct err *e)
{
	char where[512], path[1024];

	folder_name(p->folder, where);
	if (!fs_join(path, sizeof(path), where, name))
		return err_set(e, ERR_STATE, "path too long: %s/%s", where, name);
	return fs_write_all(fd, bytes, len, path, e);
}

bool part_open(struct part *p, int folder, const char *name, struct err *e)
{
	struct stat st;

	*p = (struct part){.folder = folder, .fd = -1};
	text_copy_cut(p->name, sizeof(p->name), name);
	snprintf(p->part_name, sizeof(p->part_name), "%s.part", name);
	snprintf(p->meta_name, sizeof(p->meta_name), "%s.meta", name);
	p->fd = open_regular(folder, p->part_name, O_RDWR | O_CREAT);
	if (p->fd < 0 || fstat(p->fd, &st) != 0 || lseek(p->fd, 0, SEEK_END) < 0)
		return part_fail(p, "write", p->part_name, e);
	p->size_bytes = (uint64_t)st.st_size;
	return true;
}

void part_close(struct part *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

void part_known_etag(const struct part *p, const char *url, char *out_etag, size_t out_size)
{
	SCOPED_CLOSE int fd = open_regular(p->folder, p->meta_name, O_RDONLY);
	SCOPED_FREE char *text = NULL;
	struct err ignored = {0};
	char *cursor, *known_url, *etag;

	out_etag[0] = '\0';
	if (fd < 0 || !fs_read_fd(fd, p->meta_name, META_MAX, &text, NULL, &ignored))
		return;
	cursor = text;
	known_url = text_next(&cursor, '\n');
	etag = text_next(&cursor, '\n');
	if (text_equal(known_url, url) && etag != NULL && etag[0] == '"' &&
		!text_copy(out_etag, out_size, etag))
		out_etag[0] = '\0';
}

bool part_restart(struct part *p, struct err *e)
{
	p->size_bytes = 0;
	unlinkat(p->folder, p->meta_name, 0);
	return (ftruncate(p->fd, 0) == 0 && lseek(p->fd, 0, SEEK_SET) == 0) ||
	       part_fail(p, "empty", p->part_name, e);
}

bool part_describe(struct part *p, const char *url, const char *etag, struct err *e)
{
	char text[META_MAX];
	int n = snprintf(text, sizeof(text), "%s\n%s\n", url, etag);

	/* Weak ETags do not promise equal bytes. RFC 9110 §13.1.5 */
	unlinkat(p->folder, p->meta_name, 0);
	if (etag[0] != '"' || n < 0 || (size_t)n >= sizeof(text))
		return true;

	SCOPED_CLOSE int fd = open_regular(p->folder, p->meta_name, O_WRONLY | O_CREAT | O_EXCL);

	if (fd < 0)
		return part_fail(p, "write", p->meta_name, e);
	return part_write(p, fd, p->meta_name, text, (size_t)n, e);
}

static bool no_space(const struct part *p, uint64_t need, uint64_t free_bytes, struct err *e)
{
	char where[512], need_text[32], free_text[32];

	folder_name(p->folder, where);
	text_size(need, need_text, sizeof(need_text));
	text_size(free_bytes, free_text, sizeof(free_text));
	return err_set(e, ERR_SPACE,
		"need %s on %s, %s free; devupd clean --keep 0 frees what is kept (rollback then "
		"needs the network)",
		need_text, where, free_text);
}

bool part_reserve(struct part *p, uint64_t total_bytes, struct err *e)
{
	uint64_t need = total_bytes > p->size_bytes ? total_bytes - p->size_bytes : 0, free_bytes;
	struct statvfs fs;

	p->total_bytes = p->reserved_bytes = p->size_bytes;
	if (need == 0 || need > INT64_MAX - p->size_bytes)
		return true;
	p->total_bytes = total_bytes;
	if (fstatvfs(p->folder, &fs) != 0)
		return true;
	free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	return free_bytes >= need || no_space(p, need, free_bytes, e);
}

/*
 * A piece ahead of what comes and not all at once: where setting aside means to clear memory, the
 * server would wait for it. The size that is told stays that of the bytes that came.
 */
static bool reserve_ahead(struct part *p, struct err *e)
{
	uint64_t left = p->total_bytes - p->reserved_bytes;
	uint64_t size = left < AHEAD_BYTES ? left : AHEAD_BYTES;

	/* not every file system can; only a full one matters, and a quota that is used up */
	if (size > 0 &&
		fallocate(p->fd, FALLOC_FL_KEEP_SIZE, (off_t)p->reserved_bytes, (off_t)size) != 0) {
		if (errno == ENOSPC)
			return no_space(p, left, 0, e);
		if (errno == EDQUOT)
			return part_fail(p, "write", p->part_name, e);
	}
	p->reserved_bytes += size;
	return true;
}

bool part_append(struct part *p, const void *bytes, size_t len, struct err *e)
{
	if (p->size_bytes + len > p->reserved_bytes && !reserve_ahead(p, e))
		return false;
	if (!part_write(p, p->fd, p->part_name, bytes, len, e))
		return false;
	p->size_bytes += len;
	return true;
}

bool part_finish(struct part *p, struct err *e)
{
	if (renameat(p->folder, p->part_name, p->folder, p->name) != 0)
		return part_fail(p, "rename", p->part_name, e);
	unlinkat(p->folder, p->meta_name, 0);
	part_close(p);
	return true;
}

void part_drop(struct part *p)
{
	unlinkat(p->folder, p->part_name, 0);
	unlinkat(p->folder, p->meta_name, 0);
	part_close(p);
}
