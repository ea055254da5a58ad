/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A photograph of what apt trusts: its sources, keys, preferences, settings and logins, and the key
 * files that its sources name. Small files with their bytes, so that what a package's script
 * deleted can be put back. It follows no link, opens nothing but regular files, and has bounds for
 * all that it reads: a script that runs as root may have left anything there.
 *
 * A file may hold a login: its bytes leave this only by guard_saved and guard_mend, for root alone.
 */
#ifndef DEVUPD_UPDATERS_DEB_GUARD_PHOTO_H
#define DEVUPD_UPDATERS_DEB_GUARD_PHOTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "updaters/lib/apt_sources.h"
#include "updaters/lib/digest.h"
#include "updaters/lib/err.h"

enum {
	GUARD_ENTRIES_MAX = 4096,
	GUARD_PATH_MAX = 1024,       /* longer ones are no names that apt reads */
	GUARD_FILE_MAX = 256 << 10,  /* of what is kept with its bytes */
	GUARD_BYTES_MAX = 4 << 20,   /* of all bytes that are kept */
	GUARD_DIGEST_MAX = 16 << 20, /* larger files are told apart by size and time */
	GUARD_WHO_MAX = 1024,
};

struct guard_entry {
	char *path;
	mode_t mode; /* with its type */
	uid_t uid;
	gid_t gid;
	struct timespec mtime;
	uint64_t size_bytes;
	char sha256[SHA256_HEX_SIZE]; /* "" = of no file, or not read */
	char *bytes;                  /* size_bytes of them; NULL = not kept */
	char *target;                 /* of a link */
	char *owner;                  /* "code": whose it is, as dpkg says; NULL = nobody's */
	bool is_named;                /* outside of the folders: a source names it in Signed-By */
	bool is_to_put_back;          /* decided, and saved before anything was touched */
};
struct guard_photo {
	struct guard_entry *entries; /* sorted by path */
	size_t n_entries;
	size_t kept_bytes;
	bool is_cut; /* there is more than GUARD_ENTRIES_MAX */
};

/*
 * In:    root     "" = this system's; what all paths begin with
 *        before   NULL, or the photograph to compare with: its named keys are looked at again
 * Fails: ERR_INTERNAL (memory); what can't be read is told apart by what lstat says
 */
bool guard_photo_take(const char *root, const struct guard_photo *before, struct guard_photo *out,
	struct err *e) MUST_CHECK;
void guard_photo_clear(struct guard_photo *p);
struct guard_entry *guard_photo_find(const struct guard_photo *p, const char *path);
/* A source that apt reads, with its bytes? */
bool guard_entry_is_source(const struct guard_entry *entry);
void guard_entry_sources(const struct guard_entry *entry, struct apt_sources *out);

enum guard_how { GUARD_ADDED, GUARD_CHANGED, GUARD_DELETED };
struct guard_difference {
	enum guard_how how;
	struct guard_entry *was; /* NULL: added */
	struct guard_entry *is;  /* NULL: deleted */
};
/*
 * By path, a folder before what is in it. Times alone are no difference.
 * Out: malloc'd, of entries of both; false: no memory
 */
bool guard_photo_compare(const struct guard_photo *before, const struct guard_photo *after,
	struct guard_difference **out, size_t *out_n) MUST_CHECK;

#endif
