/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files we own: opened by openat, no-follow, close-on-exec; replaced by temp + fsync + rename +
 * fsync of the folder. The only place that does so.
 */
#ifndef DEVUPD_LIB_FS_H
#define DEVUPD_LIB_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "updaters/lib/err.h"

/*
 * Read a whole small file.
 *
 * In:    max_bytes   > 0; a larger file is ERR_TOO_BIG before anything is read
 * Out:   out_text    malloc'd, NUL-ended; out_len without the NUL (may be NULL)
 * Fails: ERR_TOO_BIG, ERR_STATE (can't be opened or read; e->sys_errno tells, ENOENT among them)
 */
bool fs_read(const char *path, size_t max_bytes, char **out_text, size_t *out_len,
	struct err *e) MUST_CHECK;
bool fs_read_fd(int fd, const char *path, size_t max_bytes, char **out_text, size_t *out_len,
	struct err *e) MUST_CHECK;

/*
 * Read at a place; the descriptor's position stays.
 * Out: out_n   len, fewer only at the end of the file
 * Fails: errno says why, and the caller on what
 */
bool fs_read_at(int fd, void *out, size_t len, uint64_t offset, size_t *out_n) MUST_CHECK;

/* All of len, or an error. */
bool fs_write_all(
	int fd, const void *bytes, size_t len, const char *path, struct err *e) MUST_CHECK;

/* Atomic: the old content or the new, whatever happens. mode as for open. */
bool fs_replace(
	const char *path, const void *bytes, size_t len, mode_t mode, struct err *e) MUST_CHECK;

/* mkdir -p; folders made get mode; existing ones are left as they are. */
bool fs_make_folders(const char *path, mode_t mode, struct err *e) MUST_CHECK;
bool fs_sync_folder(const char *path, struct err *e) MUST_CHECK;

/*
 * May root trust what it reads here? The file and each folder above it must belong to root and be
 * writable by nobody else (sticky folders such as /tmp do not count as safe).
 *
 * Fails: ERR_CONFIG, the text names the path that is not safe and the command that mends it
 */
bool fs_check_trusted(const char *path, struct err *e) MUST_CHECK;
/* The same of the last step alone: for what lies in a folder that was checked. Fails: code */
bool fs_check_trusted_itself(const char *path, enum err_code code, struct err *e) MUST_CHECK;
/* The same of a file that is open: what lies at path must be that very file. */
bool fs_check_trusted_fd(int fd, const char *path, struct err *e) MUST_CHECK;
/* fs_read for root: what was opened is checked before a byte of it is read. */
bool fs_read_trusted(const char *path, size_t max_bytes, char **out_text, size_t *out_len,
	struct err *e) MUST_CHECK;

/* a + "/" + b, false if it does not fit. */
bool fs_join(char *out, size_t out_size, const char *a, const char *b) MUST_CHECK;

#endif
