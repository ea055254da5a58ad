/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A tar as packages have it, entry by entry. Only what dpkg, GNU tar and we read alike is read at
 * all: ustar and GNU headers with their long names; extended headers (pax), sparse files and
 * whatever stands behind the end are refused.
 */
#ifndef DEVUPD_LIB_TARBALL_H
#define DEVUPD_LIB_TARBALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/err.h"
#include "updaters/lib/packed.h"

enum { TARBALL_NAME_MAX = 4096, TARBALL_DEPTH_MAX = 64 };

enum tarball_type { TARBALL_FILE, TARBALL_FOLDER, TARBALL_SYMLINK, TARBALL_HARD_LINK };

struct tarball_entry {
	char name[TARBALL_NAME_MAX];   /* without "./" before and "/" behind; "" = the top itself */
	char target[TARBALL_NAME_MAX]; /* of a link */
	enum tarball_type type;
	uint32_t mode; /* permissions, setuid and setgid bits */
	uint64_t size_bytes;
};

struct tarball_walk {
	size_t n_entries_max;
	/* The entry is borrowed; false ends the walk with what it put into e. NULL = nobody asks */
	bool (*on_entry)(void *user, const struct tarball_entry *entry, struct err *e);
	/* A piece of the last entry's content. NULL = nobody asks */
	bool (*on_bytes)(void *user, const void *bytes, size_t len, struct err *e);
	void *user;
};

/*
 * Through all entries, to the very end of what is packed.
 *
 * Fails: ERR_STRUCTURE  damaged; a name that is absolute, has "..", control bytes or over 64
 *                       folders; a device, a pipe or another kind of entry; too many entries; what
 *                       packed_read refuses; what on_entry and on_bytes say
 */
bool tarball_each(struct packed *p, const struct tarball_walk *walk, struct err *e) MUST_CHECK;

#endif
