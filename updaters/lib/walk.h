/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Find the folders below some roots that hold a file of a given name, fast: openat and getdents64,
 * file types from the directory alone, what has not changed since the last walk is not read again.
 *
 * Bounded in depth and number; symbolic links are not followed; other file systems only where they
 * are local (a network mount is passed over and told). A folder that can't be read is passed over.
 * What has not changed is told by ctime: tar and rsync put mtime back.
 */
#ifndef DEVUPD_LIB_WALK_H
#define DEVUPD_LIB_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/err.h"
#include "updaters/lib/text.h"

enum { WALK_FOLDERS_MAX = 500000, WALK_DEPTH_MAX = 64, WALK_TICK_FOLDERS = 500 };

struct walk_options {
	const char *const *roots;   /* NULL-ended, absolute; one that is missing is empty */
	const char *marker;         /* "pyvenv.cfg"; a folder that holds it is not gone into */
	const char *const *skipped; /* NULL-ended names that are not gone into: ".git", … */
	unsigned depth;             /* folders below a root, at most WALK_DEPTH_MAX; 0 = the root
				       alone */
	const char *memory; /* file of what was seen last, written anew by rename in a folder that
			       is made for it; NULL = none. One file for one set of the options
			       above: another's, or garbage, is no failure, all is read again */
	void (*on_tick)(void *user); /* each WALK_TICK_FOLDERS: a cold disk takes its time; NULL */
	void *user;
};
/*
 * Out:   out_found     paths, sorted, each once (roots may overlap)
 *        out_skipped   mounts that were passed over, for a message; and the first folder that was
 *                      left out because there are more than WALK_FOLDERS_MAX
 * Fails: ERR_INTERNAL
 */
bool walk_find(const struct walk_options *o, struct strings *out_found, struct strings *out_skipped,
	struct err *e) MUST_CHECK;
/* Is the file system at path one that a network or a program serves? */
bool walk_is_remote(const char *path);

#endif
