/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/fs_put_back.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

enum { FOLDER_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

/* Each step of the way by itself, so that no link is followed. Out: out_name borrowed from path */
static bool parent_open(const char *path, int *out_fd, const char **out_name, struct err *e)
{
	SCOPED_CLOSE int fd = open("/", FOLDER_FLAGS);
	char way[PATH_MAX];
	char *cursor = way;
	const char *name = strrchr(path, '/');

	if (path[0] != '/' || name[1] == '\0' ||
		!text_copy_n(
			way, sizeof(way), path + 1, name > path ? (size_t)(name - path - 1) : 0))
		return err_set(e, ERR_STATE, "%s is no place for a file", path);
	if (way[0] == '\0')
		cursor = NULL;
	for (const char *part; (part = text_next(&cursor, '/')) != NULL;) {
		int next = fd < 0 || text_equal(part, "..") ? -1 : openat(fd, part, FOLDER_FLAGS);

		scope_close_fd(&fd);
		fd = next;
		if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
			return err_set(e, ERR_STATE,
				"%s is no folder on the way to %s, or a link to one, and none is "
				"followed here",
				part, path);
		if (fd < 0)
			return err_sys(e, ERR_STATE, "can't open the folder of %s", path);
	}
	*out_name = name + 1;
	*out_fd = MOVE_FD(fd);
	return true;
}

static bool file_fill(int fd, const struct fs_was *was, struct err *e)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, was->mtime};

	if (!fs_write_all(fd, was->bytes, was->len, was->path, e))
		return false;
	/* the owner first: a change of owner takes set-id bits away */
	if (fchown(fd, was->uid, was->gid) < 0 || fchmod(fd, was->mode & 07777) < 0 ||
		futimens(fd, times) < 0 || fsync(fd) < 0)
		return err_sys(e, ERR_STATE, "can't finish %s", was->path);
	return true;
}

static bool place(int folder, const char *name, const struct fs_was *was, struct err *e)
{
	if (renameat2(folder, FS_PUT_BACK_NAME, folder, name, RENAME_NOREPLACE) == 0)
		return fsync(folder) == 0 ||
		       err_sys(e, ERR_STATE, "can't sync the folder of %s", was->path);
	err_sys(e, ERR_STATE, "can't put %s back", was->path);
	unlinkat(folder, FS_PUT_BACK_NAME, 0);
	return false;
}

static bool put_file(int folder, const char *name, const struct fs_was *was, struct err *e)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	SCOPED_CLOSE int fd = openat(folder, FS_PUT_BACK_NAME, flags, 0600);

	if (fd < 0)
		return err_sys(e, ERR_STATE, "can't make a new file beside %s", was->path);
	if (!file_fill(fd, was, e)) {
		unlinkat(folder, FS_PUT_BACK_NAME, 0);
		return false;
	}
	return place(folder, name, was, e);
}

static bool put_link(int folder, const char *name, const struct fs_was *was, struct err *e)
{
	if (symlinkat(was->target, folder, FS_PUT_BACK_NAME) < 0 ||
		fchownat(folder, FS_PUT_BACK_NAME, was->uid, was->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, ERR_STATE, "can't make a new link beside %s", was->path);
	return place(folder, name, was, e);
}

static bool put_folder(int folder, const char *name, const struct fs_was *was, struct err *e)
{
	if (mkdirat(folder, name, 0700) < 0)
		return err_sys(e, ERR_STATE, "can't put %s back", was->path);

	SCOPED_CLOSE int fd = openat(folder, name, FOLDER_FLAGS);

	if (fd < 0 || fchown(fd, was->uid, was->gid) < 0 || fchmod(fd, was->mode & 07777) < 0 ||
		fsync(folder) < 0)
		return err_sys(e, ERR_STATE, "can't finish %s", was->path);
	return true;
}

bool fs_put_back(const struct fs_was *was, struct err *e)
{
	SCOPED_CLOSE int folder = -1;
	const char *name = NULL;

	if (!parent_open(was->path, &folder, &name, e))
		return false;
	if (unlinkat(folder, FS_PUT_BACK_NAME, 0) < 0 && errno != ENOENT)
		return err_sys(e, ERR_STATE, "can't drop what is left beside %s", was->path);
	if (S_ISREG(was->mode))
		return put_file(folder, name, was, e);
	if (S_ISLNK(was->mode) && was->target != NULL)
		return put_link(folder, name, was, e);
	if (S_ISDIR(was->mode))
		return put_folder(folder, name, was, e);
	return err_set(e, ERR_STATE, "%s was neither file, link nor folder", was->path);
}

bool fs_take_back(const struct fs_was *was, struct err *e)
{
	SCOPED_CLOSE int folder = -1;
	const char *name = NULL;

	if (!parent_open(was->path, &folder, &name, e))
		return false;
	if (unlinkat(folder, name, S_ISDIR(was->mode) ? AT_REMOVEDIR : 0) < 0 || fsync(folder) < 0)
		return err_sys(e, ERR_STATE, "can't take %s away again", was->path);
	return true;
}
