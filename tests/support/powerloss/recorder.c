/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Preloaded into a program: what it does to files below the watched folders is written, in order,
 * to the file that POWERLOSS_RECORD names. `replay` makes of it what a power cut could have left.
 *
 * A record is a struct head, then path, second path and data. Each call is made by syscall(2)
 * itself, so that nothing of the C library's is looked up; what fails is not recorded.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SNAPSHOT_MAX = 64 << 20 };

struct head {
	uint8_t op;
	uint8_t reserved[3];
	uint32_t mode, uid, gid;
	uint32_t path_len, path2_len;
	uint64_t inode, at, data_len;
};

static const char *const watched[] = {"/var/lib/devupd", "/var/log/devupd", "/var/cache/devupd"};

static bool is_watched(const char *path)
{
	for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++) {
		size_t len = strlen(watched[i]);

		if (strncmp(path, watched[i], len) == 0 && (path[len] == '/' || path[len] == '\0'))
			return true;
	}
	return false;
}

/* --- the record -------------------------------------------------------------- */

static void put(const struct head *head, const char *path, const char *path2, const void *data)
{
	struct head h = *head;
	const char *name = getenv("POWERLOSS_RECORD");
	int fd = name != NULL ? (int)syscall(SYS_openat, AT_FDCWD, name,
					O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)
			      : -1;

	if (fd < 0)
		return;
	h.path_len = (uint32_t)strlen(path);
	h.path2_len = (uint32_t)strlen(path2);

	struct iovec parts[] = {{&h, sizeof(h)}, {(void *)(uintptr_t)path, h.path_len},
		{(void *)(uintptr_t)path2, h.path2_len}, {(void *)(uintptr_t)data, h.data_len}};

	if (syscall(SYS_writev, fd, parts, 4) < 0)
		abort();
	syscall(SYS_close, fd);
}

static char *whole(const char *path, size_t *out_len)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	char *text = NULL;

	*out_len = 0;
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size < SNAPSHOT_MAX)
		text = malloc((size_t)st.st_size + 1);
	while (text != NULL && *out_len < (size_t)st.st_size) {
		ssize_t n = read(fd, text + *out_len, (size_t)st.st_size - *out_len);

		if (n <= 0)
			break;
		*out_len += (size_t)n;
	}
	if (fd >= 0)
		syscall(SYS_close, fd);
	return text;
}

/* What dpkg's status file says of the package, whenever another status file is there. */
static void put_dpkg(void)
{
	static const char name[] = "\nPackage: positron\n";
	static ino_t known;
	struct stat st;
	size_t len = 0;
	char *text, *at, *end;

	if (stat("/var/lib/dpkg/status", &st) < 0 || st.st_ino == known)
		return;
	known = st.st_ino;
	text = whole("/var/lib/dpkg/status", &len);
	at = text != NULL ? memmem(text, len, name, sizeof(name) - 1) : NULL;
	end = at != NULL ? memmem(at, len - (size_t)(at - text), "\n\n", 2) : NULL;

	struct head h = {.op = 'P', .data_len = end != NULL ? (uint64_t)(end - at) : 0};

	put(&h, "", "", at);
	free(text);
}

static void note(struct head h, const char *path, const char *path2, const void *data)
{
	int saved = errno;

	if (is_watched(path) || is_watched(path2)) {
		put_dpkg();
		put(&h, path, path2, data);
	}
	errno = saved;
}

/* --- which file -------------------------------------------------------------- */

static bool path_of_fd(int fd, char out[PATH_MAX])
{
	char link[32];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, out, PATH_MAX - 1);
	out[n > 0 ? n : 0] = '\0';
	return n > 0 && is_watched(out);
}

static bool path_at(int folder, const char *name, char out[PATH_MAX])
{
	char base[PATH_MAX] = "";

	out[0] = '\0';
	if (name[0] == '/')
		snprintf(out, PATH_MAX, "%s", name);
	else if (folder == AT_FDCWD ? getcwd(base, sizeof(base)) != NULL : path_of_fd(folder, base))
		snprintf(out, PATH_MAX, "%.2000s/%.2000s", base, name);
	return is_watched(out);
}

static void note_fd(int fd, uint8_t op, uint64_t at, const void *data, size_t len)
{
	int saved = errno;
	char path[PATH_MAX];
	struct stat st;

	if (path_of_fd(fd, path) && fstat(fd, &st) == 0) {
		struct head h = {.op = op,
			.mode = st.st_mode,
			.uid = st.st_uid,
			.gid = st.st_gid,
			.inode = st.st_ino,
			.at = at,
			.data_len = len};

		note(h, path, "", data);
	}
	errno = saved;
}

/* --- opening ----------------------------------------------------------------- */

static int opens(int folder, const char *name, int flags, mode_t mode)
{
	char path[PATH_MAX];
	struct stat st;
	bool is_ours = (flags & (O_CREAT | O_TRUNC)) != 0 && path_at(folder, name, path);
	bool is_new = is_ours && lstat(path, &st) < 0;
	int fd = (int)syscall(SYS_openat, folder, name, flags, mode);

	if (fd >= 0 && is_new)
		note_fd(fd, 'C', 0, NULL, 0);
	else if (fd >= 0 && is_ours && (flags & O_TRUNC) != 0)
		note_fd(fd, 'T', 0, NULL, 0);
	return fd;
}

#define MODE_OF(flags, mode)                                                                       \
	do {                                                                                       \
		va_list more;                                                                      \
		va_start(more, flags);                                                             \
		if (((flags) & (O_CREAT | O_TMPFILE)) != 0)                                        \
			mode = va_arg(more, mode_t);                                               \
		va_end(more);                                                                      \
	} while (0)

int open(const char *name, int flags, ...)
{
	mode_t mode = 0;

	MODE_OF(flags, mode);
	return opens(AT_FDCWD, name, flags, mode);
}

int open64(const char *name, int flags, ...)
{
	mode_t mode = 0;

	MODE_OF(flags, mode);
	return opens(AT_FDCWD, name, flags, mode);
}

int openat(int folder, const char *name, int flags, ...)
{
	mode_t mode = 0;

	MODE_OF(flags, mode);
	return opens(folder, name, flags, mode);
}

int openat64(int folder, const char *name, int flags, ...)
{
	mode_t mode = 0;

	MODE_OF(flags, mode);
	return opens(folder, name, flags, mode);
}

int creat(const char *name, mode_t mode)
{
	return opens(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int mkostemp(char *name, int flags)
{
	int (*next)(char *, int) = (int (*)(char *, int))dlsym(RTLD_NEXT, "mkostemp");
	int fd = next(name, flags);

	if (fd >= 0)
		note_fd(fd, 'C', 0, NULL, 0);
	return fd;
}

int mkostemp64(char *name, int flags)
{
	return mkostemp(name, flags);
}

int mkstemp(char *name)
{
	return mkostemp(name, 0);
}

int mkstemp64(char *name)
{
	return mkostemp(name, 0);
}

/* --- bytes ------------------------------------------------------------------- */

ssize_t write(int fd, const void *bytes, size_t len)
{
	ssize_t n = syscall(SYS_write, fd, bytes, len);

	if (n > 0)
		note_fd(fd, 'W', (uint64_t)(lseek(fd, 0, SEEK_CUR) - n), bytes, (size_t)n);
	return n;
}

ssize_t writev(int fd, const struct iovec *parts, int n_parts)
{
	ssize_t sum = 0;

	for (int i = 0; i < n_parts; i++) {
		ssize_t n = write(fd, parts[i].iov_base, parts[i].iov_len);

		if (n < 0)
			return sum > 0 ? sum : n;
		sum += n;
	}
	return sum;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	ssize_t n = syscall(SYS_pwrite64, fd, bytes, len, at);

	if (n > 0)
		note_fd(fd, 'W', (uint64_t)at, bytes, (size_t)n);
	return n;
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
	return pwrite(fd, bytes, len, at);
}

int ftruncate(int fd, off_t len)
{
	int rc = (int)syscall(SYS_ftruncate, fd, len);

	if (rc == 0)
		note_fd(fd, 'T', (uint64_t)len, NULL, 0);
	return rc;
}

int ftruncate64(int fd, off64_t len)
{
	return ftruncate(fd, len);
}

int fchmod(int fd, mode_t mode)
{
	int rc = (int)syscall(SYS_fchmod, fd, mode);

	if (rc == 0)
		note_fd(fd, 'M', 0, NULL, 0);
	return rc;
}

int fchown(int fd, uid_t uid, gid_t gid)
{
	int rc = (int)syscall(SYS_fchown, fd, uid, gid);

	if (rc == 0)
		note_fd(fd, 'M', 0, NULL, 0);
	return rc;
}

int fsync(int fd)
{
	int rc = (int)syscall(SYS_fsync, fd);

	if (rc == 0)
		note_fd(fd, 'F', 0, NULL, 0);
	return rc;
}

int fdatasync(int fd)
{
	int rc = (int)syscall(SYS_fdatasync, fd);

	if (rc == 0)
		note_fd(fd, 'F', 0, NULL, 0);
	return rc;
}

/* --- names ------------------------------------------------------------------- */

int renameat2(int folder, const char *name, int folder2, const char *name2, unsigned flags)
{
	char path[PATH_MAX], path2[PATH_MAX];
	bool is_ours = path_at(folder, name, path) | path_at(folder2, name2, path2);
	struct stat st = {0};
	size_t len = 0;
	/* another process may have made it: here its bytes are learnt */
	char *text =
		is_ours && lstat(path, &st) == 0 && S_ISREG(st.st_mode) ? whole(path, &len) : NULL;
	int rc = (int)syscall(SYS_renameat2, folder, name, folder2, name2, flags);
	int saved = errno;

	if (rc == 0 && is_ours) {
		struct head h = {.op = 'R',
			.mode = st.st_mode,
			.uid = st.st_uid,
			.gid = st.st_gid,
			.inode = st.st_ino,
			.data_len = len};

		note(h, path, path2, text);
	}
	free(text);
	errno = saved;
	return rc;
}

int renameat(int folder, const char *name, int folder2, const char *name2)
{
	return renameat2(folder, name, folder2, name2, 0);
}

int rename(const char *name, const char *name2)
{
	return renameat2(AT_FDCWD, name, AT_FDCWD, name2, 0);
}

/* Also of a file that is open only: /proc/self/fd/N, followed. */
int linkat(int folder, const char *name, int folder2, const char *name2, int flags)
{
	int rc = (int)syscall(SYS_linkat, folder, name, folder2, name2, flags);
	int saved = errno;
	char path2[PATH_MAX];
	struct stat st;
	size_t len = 0;

	if (rc == 0 && path_at(folder2, name2, path2) && lstat(path2, &st) == 0 &&
		S_ISREG(st.st_mode)) {
		char *text = whole(path2, &len);
		struct head h = {.op = 'L',
			.mode = st.st_mode,
			.uid = st.st_uid,
			.gid = st.st_gid,
			.inode = st.st_ino,
			.data_len = len};

		note(h, "", path2, text);
		free(text);
	}
	errno = saved;
	return rc;
}

int link(const char *name, const char *name2)
{
	return linkat(AT_FDCWD, name, AT_FDCWD, name2, 0);
}

int unlinkat(int folder, const char *name, int flags)
{
	char path[PATH_MAX];
	bool is_ours = path_at(folder, name, path);
	int rc = (int)syscall(SYS_unlinkat, folder, name, flags);

	if (rc == 0 && is_ours)
		note((struct head){.op = 'U'}, path, "", NULL);
	return rc;
}

int unlink(const char *name)
{
	return unlinkat(AT_FDCWD, name, 0);
}

int rmdir(const char *name)
{
	return unlinkat(AT_FDCWD, name, AT_REMOVEDIR);
}

int mkdirat(int folder, const char *name, mode_t mode)
{
	char path[PATH_MAX];
	bool is_ours = path_at(folder, name, path);
	int rc = (int)syscall(SYS_mkdirat, folder, name, mode);
	struct stat st;

	if (rc == 0 && is_ours && lstat(path, &st) == 0)
		note(
			(struct head){
				.op = 'D', .mode = st.st_mode, .uid = st.st_uid, .gid = st.st_gid},
			path, "", NULL);
	return rc;
}

int mkdir(const char *name, mode_t mode)
{
	return mkdirat(AT_FDCWD, name, mode);
}
