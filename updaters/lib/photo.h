/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A photograph of the symbolic links of a prefix (bin, lib, opt … below one folder), so that what a
 * program did to them can be told and taken back. Reads folders alone; follows nothing.
 */
#ifndef DEVUPD_LIB_PHOTO_H
#define DEVUPD_LIB_PHOTO_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/err.h"
#include "updaters/lib/undo.h"

enum { PHOTO_LINKS_MAX = 200000 };

struct photo_link {
	char *path, *target;
};
struct photo {
	struct photo_link *links; /* sorted by path */
	size_t n_links;
};
/* Fails: ERR_TOO_BIG (more than PHOTO_LINKS_MAX), ERR_INTERNAL; a folder that can't be read is
 * empty */
bool photo_take(const char *root, struct photo *out, struct err *e) MUST_CHECK;
void photo_clear(struct photo *p);

/*
 * What differs, from, to NULL = no link there; borrowed from the two. First the links that went,
 * then those that changed or came: so a folder can take a link's place or the other way round, and
 * the whole be gone through backwards.
 */
bool photo_compare(const struct photo *before, const struct photo *after, struct undo_change **out,
	size_t *out_n) MUST_CHECK;

#endif
