/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/node.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "updaters/lib/fs.h"

enum { XATTR_LIST_MAX = 4096, XATTR_VALUE_MAX = 65536, FILE_MODE = 0644 };

static bool folder_of(const char *path, char out[PERSON_PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	return slash != NULL &&
	       text_copy_n(out, PERSON_PATH_MAX, path, slash == path ? 1 : (size_t)(slash - path));
}

/* After a call that failed: whose the folder is tells what to do where we may not. */
static bool change_failed(const char *verb, const char *path, struct err *e)
{
	int saved = errno;
	char folder[PERSON_PATH_MAX], owner[64];
	struct stat st;
	bool is_refused = saved == EACCES || saved == EPERM;

	if (is_refused && folder_of(path, folder) && stat(folder, &st) == 0 &&
		st.st_uid != geteuid()) {
		person_name_of(st.st_uid, owner, sizeof(owner));
		return err_set(
			e, ERR_OWNER, "can't %s %s: its folder belongs to %s", verb, path, owner);
	}
	errno = saved;
	return err_sys(e, is_refused ? ERR_OWNER : ERR_STATE, "can't %s %s", verb, path);
}

bool node_look(const char *path, struct node *out, struct err *e)
{
	struct node node = {0};
	struct stat st;
	ssize_t n = 0;

	if (path[0] != '/' || !text_copy(node.real, sizeof(node.real), path))
		return err_set(e, ERR_STATE, "not an absolute path, or too long: %s", path);
	if (lstat(path, &st) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return err_sys(e, ERR_STATE, "can't look at %s", path);
		*out = node;
		return true;
	}
	node.device = st.st_dev;
	node.inode = st.st_ino;
	node.type = S_ISREG(st.st_mode)   ? NODE_FILE
		    : S_ISDIR(st.st_mode) ? NODE_FOLDER
		    : S_ISLNK(st.st_mode) ? NODE_LINK
					  : NODE_OTHER;
	if (node.type == NODE_LINK)
		n = readlink(path, node.target, sizeof(node.target));
	if (n < 0)
		return err_sys(e, ERR_STATE, "can't read the link %s", path);
	if ((size_t)n == sizeof(node.target))
		return err_set(e, ERR_STATE, "the link %s leads to too long a path", path);
	*out = node;
	return true;
}

bool node_digest(const char *path, char out_hex[SHA256_HEX_SIZE], struct err *e)
{
	SCOPED_FREE char *text = NULL;
	size_t len = 0;

	return fs_read(path, NODE_FILE_MAX, &text, &len, e) && digest_of(text, len, out_hex, e);
}

/* --- links ------------------------------------------------------------------- */

static bool temp_name(const char *path, char out[PERSON_PATH_MAX + 32])
{
	uint32_t number = 0;
	int n;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return false;
	n = snprintf(out, PERSON_PATH_MAX + 32, "%s.devupd-%08x", path, number);
	return n >= 0 && n < PERSON_PATH_MAX + 32;
}

bool node_link(const char *path, const char *was, const char *to, struct err *e)
{
	char temp[PERSON_PATH_MAX + 32];
	struct node node;

	if (was == NULL) {
		if (symlink(to, path) == 0)
			return true;
		if (errno == EEXIST)
			return err_set(
				e, ERR_BUSY, "%s was made since it was looked at; run again", path);
		return change_failed("make the link", path, e);
	}
	if (!temp_name(path, temp) || symlink(to, temp) < 0)
		return change_failed("make a link beside", path, e);
	if (!node_look(path, &node, e)) {
		unlink(temp);
		return false;
	}
	if (node.type != NODE_LINK || strcmp(node.target, was) != 0) {
		unlink(temp);
		return err_set(
			e, ERR_BUSY, "%s was changed since it was looked at; run again", path);
	}
	if (rename(temp, path) < 0) {
		change_failed("replace the link", path, e);
		unlink(temp);
		return false;
	}
	return true;
}

bool node_drop(const char *path, struct err *e)
{
	return unlink(path) == 0 || change_failed("remove", path, e);
}

/* --- moving ------------------------------------------------------------------ */

bool node_move(const char *path, const char *to, struct err *e)
{
	struct node there;

	if (renameat2(AT_FDCWD, path, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return true;
	/* network file systems don't know the flag: there a look has to do */
	if (errno == EINVAL && node_look(to, &there, NULL) && there.type == NODE_NONE &&
		rename(path, to) == 0)
		return true;
	if (errno == EEXIST)
		return err_set(e, ERR_BUSY, "can't move %s: %s is there already", path, to);
	if (errno == EXDEV)
		return err_set(
			e, ERR_STATE, "can't move %s: %s is on another file system", path, to);
	return change_failed("move", path, e);
}

bool node_exchange(const char *path, const char *to, struct err *e)
{
	if (renameat2(AT_FDCWD, path, AT_FDCWD, to, RENAME_EXCHANGE) == 0)
		return true;
	if (errno == EINVAL || errno == ENOSYS)
		return err_set(e, ERR_STATE,
			"can't exchange %s and %s: their file system has no such call", path, to);
	if (errno == EXDEV)
		return err_set(e, ERR_STATE,
			"can't exchange %s and %s: they are on two file systems", path, to);
	return change_failed("exchange", path, e);
}

/* --- files ------------------------------------------------------------------- */

/* What some tool tagged the file with; an attribute that can't be kept is no reason to fail. */
static void xattrs_keep(int from, int to)
{
	char names[XATTR_LIST_MAX];
	SCOPED_FREE char *value = malloc(XATTR_VALUE_MAX);
	ssize_t len = flistxattr(from, names, sizeof(names));

	if (value == NULL || len <= 0)
		return;
	for (const char *name = names; name < names + len; name += strlen(name) + 1) {
		ssize_t n = fgetxattr(from, name, value, XATTR_VALUE_MAX);

		if (n >= 0 && fsetxattr(to, name, value, (size_t)n, 0) < 0)
			continue;
	}
}

/* Mode and owner of the file that is replaced; only its owner may say that it is another's. */
static bool marks_keep(int old, int fd, const char *path, struct err *e)
{
	struct stat st;
	char owner[64];

	if (fstat(old, &st) < 0)
		return err_sys(e, ERR_STATE, "can't look at %s", path);
	if (st.st_uid != geteuid() && fchown(fd, st.st_uid, (gid_t)-1) < 0) {
		person_name_of(st.st_uid, owner, sizeof(owner));
		return err_set(e, ERR_OWNER, "%s belongs to %s", path, owner);
	}
	/* a group that we are not in: then the mode must not be its either */
	mode_t mode =
		fchown(fd, (uid_t)-1, st.st_gid) == 0 ? st.st_mode & 07777 : st.st_mode & 0707;

	xattrs_keep(old, fd);
	if (fchmod(fd, mode) < 0)
		return err_sys(e, ERR_STATE, "can't set the mode of %s", path);
	return true;
}

/* Is what is there now what was looked at? */
static bool file_check(const char *path, const char *was, struct err *e)
{
	char now[SHA256_HEX_SIZE];
	struct node node;

	if (!node_look(path, &node, e))
		return false;
	if (node.type == NODE_NONE && was == NULL)
		return true;
	if (node.type == NODE_FILE && was != NULL) {
		if (!node_digest(path, now, e))
			return false;
		if (strcmp(now, was) == 0)
			return true;
	}
	return err_set(e, ERR_BUSY, "%s was changed since it was looked at; run again", path);
}

static bool temp_fill(int fd, const char *path, bool is_new, const void *bytes, size_t len,
	mode_t mode, struct err *e)
{
	SCOPED_CLOSE int old = is_new ? -1 : open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (!is_new && old < 0)
		return change_failed("open", path, e);
	if (!fs_write_all(fd, bytes, len, path, e))
		return false;
	if (is_new ? fchmod(fd, mode) < 0 : !marks_keep(old, fd, path, e))
		return is_new ? err_sys(e, ERR_STATE, "can't set the mode of %s", path) : false;
	if (fsync(fd) < 0)
		return err_sys(e, ERR_STATE, "can't write %s", path);
	return true;
}

/* Where nothing is yet: what somebody put there meanwhile stays. */
static bool put_new(const char *temp, const char *path, struct err *e)
{
	if (renameat2(AT_FDCWD, temp, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return true;
	if (errno == EINVAL) /* a file system without the call */
		return rename(temp, path) == 0 || change_failed("replace", path, e);
	if (errno == EEXIST)
		return err_set(e, ERR_BUSY, "%s was made since it was looked at; run again", path);
	return change_failed("replace", path, e);
}

/* In place of the file that was looked at: one that came in the last moment is given back. */
static bool put_in_place(const char *temp, const char *path, const char *was, struct err *e)
{
	char out[SHA256_HEX_SIZE];
	struct err ignored = {0};

	if (renameat2(AT_FDCWD, temp, AT_FDCWD, path, RENAME_EXCHANGE) != 0) {
		if (errno != EINVAL)
			return change_failed("replace", path, e);
		return rename(temp, path) == 0 || change_failed("replace", path, e);
	}
	if (node_digest(temp, out, &ignored) && strcmp(out, was) == 0) {
		unlink(temp);
		return true;
	}
	if (renameat2(AT_FDCWD, temp, AT_FDCWD, path, RENAME_EXCHANGE) != 0)
		return change_failed("give back", path, e);
	return err_set(e, ERR_BUSY, "%s was changed since it was looked at; run again", path);
}

bool node_write(const char *path, const char *was, const void *bytes, size_t len, mode_t mode,
	struct err *e)
{
	char temp[PERSON_PATH_MAX + 32], folder[PERSON_PATH_MAX];
	bool is_done = false;

	if (!folder_of(path, folder) || !temp_name(path, temp))
		return err_set(e, ERR_STATE, "not a path that can be written: %s", path);

	SCOPED_CLOSE int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return change_failed("write beside", path, e);
	if (temp_fill(fd, path, was == NULL, bytes, len, mode == 0 ? FILE_MODE : mode, e) &&
		file_check(path, was, e))
		is_done = was == NULL ? put_new(temp, path, e) : put_in_place(temp, path, was, e);
	if (!is_done) {
		unlink(temp);
		return false;
	}
	return fs_sync_folder(folder, e);
}
