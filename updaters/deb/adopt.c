/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/adopt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

enum { COPY_CHUNK = 1 << 20 };

/* One adoption under way. The new file has a name of its own until its digest is known. */
struct adoption {
	const struct adopt_spec *spec;
	int staging_fd, packages_fd;
	char part[NAME_MAX + 1]; /* in packages/ */
};

static void adoption_clear(struct adoption *a)
{
	scope_close_fd(&a->staging_fd);
	scope_close_fd(&a->packages_fd);
}

static bool is_plain_name(const char *name)
{
	return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL;
}

static bool folder_open(const char *path, int *out_fd, struct err *e)
{
	*out_fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *out_fd >= 0 || err_sys(e, ERR_STATE, "can't open the folder %s", path);
}

static bool adoption_begin(struct adoption *a, const struct adopt_spec *spec, struct err *e)
{
	int n = snprintf(a->part, sizeof(a->part), ".%s.part", spec->target_name);

	a->spec = spec;
	if (!is_plain_name(spec->target_name) || n < 0 || (size_t)n >= sizeof(a->part))
		return err_set(e, ERR_STRUCTURE, "\"%s\" is no name for a package file",
			spec->target_name);
	if (!folder_open(spec->packages, &a->packages_fd, e))
		return false;
	/* of a run that was cut short; the folder is ours, so the name can be a known one */
	if (unlinkat(a->packages_fd, a->part, 0) < 0 && errno != ENOENT)
		return err_sys(e, ERR_STATE, "can't remove %s/%s", spec->packages, a->part);
	return true;
}

/* --- what it is -------------------------------------------------------------- */

static bool staged_open(const struct adoption *a, int *out_fd, struct stat *out_st, struct err *e)
{
	const struct adopt_spec *spec = a->spec;
	const char *name = spec->file_name;

	if (!is_plain_name(name))
		return err_set(e, ERR_STRUCTURE, "\"%s\" is no name for a staged file", name);
	/* non-blocking: a FIFO must not hold us up */
	*out_fd = openat(a->staging_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (*out_fd < 0 && (errno == ELOOP || errno == ENXIO))
		return err_set(e, ERR_STRUCTURE, "%s/%s is no regular file", spec->staging, name);
	if (*out_fd < 0 || fstat(*out_fd, out_st) < 0)
		return err_sys(e, ERR_STATE, "can't open %s/%s", spec->staging, name);
	if (!S_ISREG(out_st->st_mode))
		return err_set(e, ERR_STRUCTURE, "%s/%s is no regular file", spec->staging, name);
	if (out_st->st_nlink != 1)
		return err_set(e, ERR_STRUCTURE, "%s/%s has %lu names: others may reach it",
			spec->staging, name, (unsigned long)out_st->st_nlink);
	if (out_st->st_uid != spec->staging_owner)
		return err_set(e, ERR_STRUCTURE, "%s/%s belongs to user %u, not to %u",
			spec->staging, name, (unsigned)out_st->st_uid,
			(unsigned)spec->staging_owner);
	return true;
}

static bool size_check(const struct adopt_spec *spec, uint64_t size_bytes, struct err *e)
{
	if (spec->size_bytes == 0 || size_bytes == spec->size_bytes)
		return true;
	return err_set(e, size_bytes > spec->size_bytes ? ERR_TOO_BIG : ERR_DIGEST,
		"%s has %llu bytes, expected were %llu", spec->target_name,
		(unsigned long long)size_bytes, (unsigned long long)spec->size_bytes);
}

/* --- move -------------------------------------------------------------------- */

/*
 * A name in packages/ for the very file that we hold open: whatever has come to lie under its old
 * name meanwhile, be it a folder, is not let in.
 *
 * Source: linkat(2), on /proc/self/fd and AT_SYMLINK_FOLLOW
 */
static bool link_in(const struct adoption *a, int fd)
{
	char opened[sizeof("/proc/self/fd/") + 11];

	snprintf(opened, sizeof(opened), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, opened, a->packages_fd, a->part, AT_SYMLINK_FOLLOW) == 0;
}

static bool has_one_name(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_nlink == 1;
}

/*
 * Ours and read-only, while the lease still stands: nobody had it open for writing when the lease
 * was granted, nobody has tried since, and from now on nobody may.
 */
static bool make_ours(int fd)
{
	return fchown(fd, geteuid(), getegid()) == 0 && fchmod(fd, 0644) == 0 && fsync(fd) == 0 &&
	       fcntl(fd, F_GETLEASE) == F_RDLCK;
}

/*
 * false: it can't be moved; it may lie in packages/ under its part name then, to be copied from the
 * descriptor and removed.
 *
 * Source: fcntl(2), "Leases"; a lease that others break sends a signal, by default a deadly one
 */
static bool move_in(struct adoption *a, int fd)
{
	if (fcntl(fd, F_SETSIG, SIGURG) < 0 || fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return false;

	bool is_moved = link_in(a, fd) && unlinkat(a->staging_fd, a->spec->file_name, 0) == 0 &&
			has_one_name(fd) && make_ours(fd);

	fcntl(fd, F_SETLEASE, F_UNLCK);
	return is_moved;
}

/* --- copy -------------------------------------------------------------------- */

/* Hashes what it writes: what the other file holds a moment later does not matter. */
static bool copy_bytes(int from, int to, const struct adopt_spec *spec, uint64_t max_bytes,
	struct adopted *out, struct err *e)
{
	SCOPED(measuring_free) struct measuring *measuring = measuring_new(spec->expected);
	SCOPED_FREE char *chunk = malloc(COPY_CHUNK);
	uint64_t at = 0;

	if (measuring == NULL || chunk == NULL)
		return err_set(e, ERR_INTERNAL, "no memory to copy %s", spec->target_name);
	for (size_t n = COPY_CHUNK; n == COPY_CHUNK; at += n) {
		if (!fs_read_at(from, chunk, COPY_CHUNK, at, &n))
			return err_sys(e, ERR_STATE, "can't read %s", spec->target_name);
		if (at + n > max_bytes)
			return err_set(
				e, ERR_TOO_BIG, "%s grew while it was copied", spec->target_name);
		measuring_add(measuring, chunk, n);
		if (!fs_write_all(to, chunk, n, spec->target_name, e))
			return false;
	}
	out->size_bytes = at;
	return measuring_finish(measuring, &out->digests, e);
}

static bool copy_in(struct adoption *a, int fd, struct adopted *out, struct err *e)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	SCOPED_CLOSE int to = -1;
	struct stat st;

	if (fstat(fd, &st) < 0 || (unlinkat(a->packages_fd, a->part, 0) < 0 && errno != ENOENT))
		return err_sys(e, ERR_STATE, "can't make room for %s", a->part);
	to = openat(a->packages_fd, a->part, flags, 0600);
	if (to < 0)
		return err_sys(e, ERR_STATE, "can't make %s/%s", a->spec->packages, a->part);
	if (!copy_bytes(fd, to, a->spec, (uint64_t)st.st_size, out, e))
		return false;
	if (fchmod(to, 0644) < 0 || fsync(to) < 0)
		return err_sys(e, ERR_STATE, "can't finish %s/%s", a->spec->packages, a->part);
	return true;
}

/* --- both -------------------------------------------------------------------- */

static bool take_in(struct adoption *a, int fd, bool may_move, struct adopted *out, struct err *e)
{
	out->was_moved = may_move && move_in(a, fd);
	return out->was_moved ? digests_of_fd(fd, a->spec->expected, NULL, &out->digests,
					&out->size_bytes, e)
			      : copy_in(a, fd, out, e);
}

static bool put_in_place(struct adoption *a, const struct adopted *in, struct err *e)
{
	const struct adopt_spec *spec = a->spec;

	if (!size_check(spec, in->size_bytes, e) ||
		!digests_check(spec->expected, &in->digests, spec->target_name, e))
		return false;
	if (renameat(a->packages_fd, a->part, a->packages_fd, spec->target_name) < 0)
		return err_sys(e, ERR_STATE, "can't rename %s to %s", a->part, spec->target_name);
	return fs_sync_folder(spec->packages, e);
}

static bool adopt_open(
	struct adoption *a, int fd, bool may_move, struct adopted *out, struct err *e)
{
	struct adopted in = {0};

	if (!fs_join(in.path, sizeof(in.path), a->spec->packages, a->spec->target_name))
		return err_set(e, ERR_STATE, "path too long: %s", a->spec->target_name);
	if (!take_in(a, fd, may_move, &in, e) || !put_in_place(a, &in, e)) {
		unlinkat(a->packages_fd, a->part, 0);
		return false;
	}
	*out = in;
	return true;
}

bool adopt_file(const struct adopt_spec *spec, struct adopted *out, struct err *e)
{
	SCOPED_CLEAR(adoption_clear)
	struct adoption a = {.staging_fd = -1, .packages_fd = -1};
	SCOPED_CLOSE int fd = -1;
	struct err fault = {0};
	struct stat st;

	if (!adoption_begin(&a, spec, e) || !folder_open(spec->staging, &a.staging_fd, e) ||
		!staged_open(&a, &fd, &st, e))
		return false;

	bool is_adopted = size_check(spec, (uint64_t)st.st_size, &fault) &&
			  adopt_open(&a, fd, true, out, &fault);

	/* adopted: the copy's original; refused: what nobody wants to meet again */
	if (is_adopted || fault.code == ERR_DIGEST || fault.code == ERR_TOO_BIG)
		unlinkat(a.staging_fd, spec->file_name, 0);
	if (!is_adopted && e != NULL)
		*e = fault;
	return is_adopted;
}

bool adopt_copy(int fd, const struct adopt_spec *spec, struct adopted *out, struct err *e)
{
	SCOPED_CLEAR(adoption_clear)
	struct adoption a = {.staging_fd = -1, .packages_fd = -1};
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(
			e, ERR_STRUCTURE, "the file for %s is no regular file", spec->target_name);
	return size_check(spec, (uint64_t)st.st_size, e) && adoption_begin(&a, spec, e) &&
	       adopt_open(&a, fd, false, out, e);
}
