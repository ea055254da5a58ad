/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/text.h"

/* Non-blocking: a FIFO in the place of a file must not hold us up. */
static int open_to_read(const char *path)
{
	return open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
}

/* "Too many levels of symbolic links" would tell nobody what to do. */
static bool open_failed(const char *path, enum err_code code, struct err *e)
{
	if (errno != ELOOP)
		return err_sys(e, code, "can't open %s", path);
	err_set(e, code,
		"%s is a symbolic link, and none is followed here: put the file itself there",
		path);
	if (e != NULL)
		e->sys_errno = ELOOP;
	return false;
}

bool fs_read(const char *path, size_t max_bytes, char **out_text, size_t *out_len, struct err *e)
{
	SCOPED_CLOSE int fd = open_to_read(path);

	if (fd < 0)
		return open_failed(path, ERR_STATE, e);
	return fs_read_fd(fd, path, max_bytes, out_text, out_len, e);
}

bool fs_read_at(int fd, void *out, size_t len, uint64_t offset, size_t *out_n)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = pread(fd, (char *)out + have, len - have, (off_t)(offset + have));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	*out_n = have;
	return true;
}

bool fs_read_fd(
	int fd, const char *path, size_t max_bytes, char **out_text, size_t *out_len, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, ERR_STATE, "can't look at %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_STATE, "%s is no regular file", path);
	if ((uint64_t)st.st_size > max_bytes)
		return err_set(e, ERR_TOO_BIG, "%s has %lld bytes, more than the %zu allowed", path,
			(long long)st.st_size, max_bytes);

	/* files of /proc say 0 bytes and have more: there only reading tells */
	size_t size = st.st_size > 0 ? (size_t)st.st_size : max_bytes + 1;
	SCOPED_FREE char *text = malloc(size + 1);
	size_t len = 0;

	if (text == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for %s", path);
	if (!fs_read_at(fd, text, size, 0, &len))
		return err_sys(e, ERR_STATE, "can't read %s", path);
	if (len > max_bytes)
		return err_set(
			e, ERR_TOO_BIG, "%s has more than the %zu bytes allowed", path, max_bytes);
	text[len] = '\0';
	if (out_len != NULL)
		*out_len = len;
	*out_text = MOVE_PTR(text);
	return true;
}

bool fs_write_all(int fd, const void *bytes, size_t len, const char *path, struct err *e)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, ERR_STATE, "can't write %s", path);
		at += n;
		len -= (size_t)n;
	}
	return true;
}

/* The folder that path lies in: "." for a bare name, "/" for what lies there. */
static bool folder_of(const char *path, char *out, size_t out_size)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return text_copy(out, out_size, ".");
	return text_copy_n(out, out_size, path, slash == path ? 1 : (size_t)(slash - path));
}

/* The mode is exact, whatever the umask: root's may be 077, and others must read the state. */
static bool temp_write(
	int fd, const char *temp, const void *bytes, size_t len, mode_t mode, struct err *e)
{
	if (!fs_write_all(fd, bytes, len, temp, e))
		return false;
	if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
		return err_sys(e, ERR_STATE, "can't finish %s", temp);
	return true;
}

bool fs_replace(const char *path, const void *bytes, size_t len, mode_t mode, struct err *e)
{
	char folder[PATH_MAX], temp[PATH_MAX];
	int n = snprintf(temp, sizeof(temp), "%s.XXXXXX", path);

	if (n < 0 || (size_t)n >= sizeof(temp) || !folder_of(path, folder, sizeof(folder)))
		return err_set(e, ERR_STATE, "path too long: %s", path);

	SCOPED_CLOSE int fd = mkostemp(temp, O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, ERR_STATE, "can't make a new file beside %s", path);
	if (!temp_write(fd, temp, bytes, len, mode, e)) {
		unlink(temp);
		return false;
	}
	if (rename(temp, path) < 0) {
		err_sys(e, ERR_STATE, "can't rename %s to %s", temp, path);
		unlink(temp);
		return false;
	}
	return fs_sync_folder(folder, e);
}

static bool make_folder(const char *path, mode_t mode)
{
	/* exactly mode; no thread can be in between */
	mode_t saved = umask(0);
	int rc = mkdir(path, mode);

	umask(saved);
	return rc == 0 || errno == EEXIST;
}

bool fs_make_folders(const char *path, mode_t mode, struct err *e)
{
	char part[PATH_MAX];
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	if (!text_copy(part, sizeof(part), path))
		return err_set(e, ERR_STATE, "path too long: %s", path);
	for (char *slash = strchr(part + (part[0] == '/'), '/'); slash != NULL;
		slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (!make_folder(part, mode))
			return err_sys(e, ERR_STATE, "can't make the folder %s", part);
		*slash = '/';
	}
	if (!make_folder(part, mode))
		return err_sys(e, ERR_STATE, "can't make the folder %s", path);
	if (stat(path, &st) < 0)
		return err_sys(e, ERR_STATE, "can't look at %s", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_STATE, "%s is no folder", path);
	return true;
}

bool fs_sync_folder(const char *path, struct err *e)
{
	SCOPED_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return err_sys(e, ERR_STATE, "can't sync the folder %s", path);
	return true;
}

/* One step of the way. A link is refused: where it leads would have to be walked as well. */
static bool check_one(const char *path, struct err *e)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return err_sys(e, ERR_CONFIG, "can't look at %s", path);
	if (S_ISLNK(st.st_mode))
		return err_set(e, ERR_CONFIG,
			"%s is a symbolic link, which root does not trust; give the path that "
			"'readlink -f %s' prints",
			path, path);
	if (st.st_uid != 0)
		return err_set(e, ERR_CONFIG,
			"%s belongs to user %u, so root does not trust it; sudo chown root: %s",
			path, (unsigned)st.st_uid, path);
	if ((st.st_mode & S_ISVTX) != 0 && (st.st_mode & S_IWOTH) != 0)
		return err_set(e, ERR_CONFIG,
			"%s is for everybody to write, so root does not trust what lies there; put "
			"it "
			"elsewhere",
			path);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return err_set(e, ERR_CONFIG,
			"others may write %s, so root does not trust it; sudo chmod go-w %s", path,
			path);
	return true;
}

bool fs_check_trusted(const char *path, struct err *e)
{
	char whole[PATH_MAX], here[PATH_MAX] = "";

	if (path[0] != '/' && getcwd(here, sizeof(here)) == NULL)
		return err_sys(e, ERR_CONFIG, "can't tell the working folder");
	if (path[0] == '/' ? !text_copy(whole, sizeof(whole), path)
			   : !fs_join(whole, sizeof(whole), here, path))
		return err_set(e, ERR_CONFIG, "path too long: %s", path);
	if (!check_one("/", e))
		return false;
	for (char *slash = strchr(whole + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';

		bool is_trusted = check_one(whole, e);

		*slash = '/';
		if (!is_trusted)
			return false;
	}
	return check_one(whole, e);
}

bool fs_check_trusted_itself(const char *path, enum err_code code, struct err *e)
{
	if (check_one(path, e))
		return true;
	if (e != NULL)
		e->code = code;
	return false;
}

bool fs_check_trusted_fd(int fd, const char *path, struct err *e)
{
	struct stat is, there;

	if (!fs_check_trusted(path, e))
		return false;
	if (fstat(fd, &is) < 0 || lstat(path, &there) < 0)
		return err_sys(e, ERR_CONFIG, "can't look at %s", path);
	if (is.st_dev != there.st_dev || is.st_ino != there.st_ino)
		return err_set(
			e, ERR_CONFIG, "%s was exchanged while it was read; try again", path);
	return true;
}

bool fs_read_trusted(
	const char *path, size_t max_bytes, char **out_text, size_t *out_len, struct err *e)
{
	SCOPED_CLOSE int fd = open_to_read(path);

	if (fd < 0)
		return open_failed(path, ERR_CONFIG, e);
	return fs_check_trusted_fd(fd, path, e) &&
	       fs_read_fd(fd, path, max_bytes, out_text, out_len, e);
}

bool fs_join(char *out, size_t out_size, const char *a, const char *b)
{
	int n = snprintf(out, out_size, "%s/%s", a, b);

	return n >= 0 && (size_t)n < out_size;
}
