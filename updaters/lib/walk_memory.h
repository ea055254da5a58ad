/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a walk saw, for the next one: a row for each folder, that of a sub-folder inside that of the
 * folder, in one block of bytes that is read whole and judged once. A cache of this machine:
 * numbers are in its own order, and anything strange means that nothing is known. For walk.c alone.
 */
#ifndef DEVUPD_LIB_WALK_MEMORY_H
#define DEVUPD_LIB_WALK_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/text.h"
#include "updaters/lib/walk.h"

enum { WALK_MEMORY_MAX = 128 << 20 };

struct walk_row {
	uint64_t dev, ino;
	int64_t changed_ns;  /* ctime; 0 = too young to be trusted, or never to be */
	uint32_t size_bytes; /* with its name and the rows inside */
	uint16_t name_len;   /* a root has no name */
	uint16_t has_marker;
};

/* Rows side by side: those of the roots, or of the sub-folders of one folder. */
struct walk_rows {
	const char *at, *end;
};
/* The next one; false at the end. Out: row, its name (name_len bytes, no NUL), the rows inside. */
bool walk_rows_next(struct walk_rows *rows, struct walk_row *out, const char **out_name,
	struct walk_rows *out_inside) MUST_CHECK;

/*
 * What the last walk with the same options left; nothing if there is none, or it is damaged.
 *
 * Out:   out_raw, out_len   the file's bytes, malloc'd; NULL
 *        return             the rows of the roots, inside out_raw; one for each root or none at all
 */
struct walk_rows walk_memory_read(const struct walk_options *o, char **out_raw, size_t *out_len);

void walk_memory_begin(struct buf *out);
/* A row before those inside it. Returns its place, for walk_row_end. */
size_t walk_row_begin(struct buf *out, const struct walk_row *row, const char *name);
void walk_row_end(struct buf *out, size_t place);
/* Put it in the file's place, unless that has the same already. If it can't be, the next walk is
 * slower, and that is all. */
void walk_memory_write(
	const struct walk_options *o, struct buf *rows, const char *raw_old, size_t old_len);

#endif
