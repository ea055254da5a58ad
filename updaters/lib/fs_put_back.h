/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file, link or folder that somebody took away, put back as it was: owner, mode, time, bytes.
 *
 * No link is followed on the way, nothing that lies there is replaced: it is there as a whole, or
 * it is not. Cut off in between, a hidden file (".devupd-put-back") may be left, which apt does not
 * read and the next one that is put back there takes away.
 */
#ifndef DEVUPD_LIB_FS_PUT_BACK_H
#define DEVUPD_LIB_FS_PUT_BACK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "updaters/lib/err.h"

#define FS_PUT_BACK_NAME ".devupd-put-back"

struct fs_was {
	const char *path; /* absolute */
	mode_t mode;      /* with its type: a regular file, a link, a folder */
	uid_t uid;
	gid_t gid;
	struct timespec mtime;
	const void *bytes; /* of a file */
	size_t len;
	const char *target; /* of a link */
};

/*
 * Fails: ERR_STATE   something lies there (sys_errno EEXIST), its folder is gone or a link leads
 *                    there, or another type; ERR_SPACE
 */
bool fs_put_back(const struct fs_was *was, struct err *e) MUST_CHECK;

/* The way back from that: taken away again, a folder only if it is empty. No link is followed. */
bool fs_take_back(const struct fs_was *was, struct err *e) MUST_CHECK;

#endif
