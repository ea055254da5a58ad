/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the values of a text stand, for the files jsonc*.c alone: jsonc.c fills it, jsonc_read.c
 * gives values, jsonc_layout.c knows what stands between them, jsonc_edit.c changes
 * and takes away, jsonc_add.c adds.
 *
 * Of a text only what can be edited is kept: the top-level properties, and the items of their
 * arrays. What is deeper is checked and forgotten. Offsets are bytes from the start of raw.
 */
#ifndef DEVUPD_LIB_JSONC_TREE_H
#define DEVUPD_LIB_JSONC_TREE_H

#include <stdint.h>

#include "updaters/lib/jsonc.h"

/* A property or an item. */
struct jsonc_member {
	uint32_t start;          /* the key's quote; of an item the value's first byte */
	uint32_t key_end;        /* behind the key; of an item as start */
	uint32_t value, end;     /* end is behind the value */
	uint32_t comma;          /* 0: none follows */
	uint32_t items, n_items; /* of a top-level array: its part of jsonc.items */
	enum jsonc_type type;
};

struct jsonc {
	const char *raw;
	size_t len;
	struct jsonc_member root; /* NONE where the text is blank or of comments alone */
	struct jsonc_member *members;
	size_t n_members;
	struct jsonc_member *items;
	size_t n_items;
};

/* An object or array with its members. */
struct jsonc_container {
	size_t open, close; /* offsets of its two brackets */
	const struct jsonc_member *members;
	size_t n;
};

/* --- jsonc_read.c ------------------------------------------------------------ */

/* The last of equal keys; NULL: no such key. */
const struct jsonc_member *jsonc_find(const struct jsonc *j, const char *key);
bool jsonc_key_is(const struct jsonc *j, const struct jsonc_member *m, const char *key);
/* 1-based; a CRLF is one line break, a BOM no column. */
void jsonc_line_column(
	const char *raw, size_t len, size_t at, size_t *out_line, size_t *out_column);

/* --- jsonc_layout.c ---------------------------------------------------------- */

/*
 * What stands between two neighbours, of which the left may be the opening bracket and the right
 * the closing one. A comment is the left one's where it stands behind it and ends the line, the
 * right one's where it stands before it on its line, and nobody's else. Lines: 0 is none.
 */
struct jsonc_gap {
	size_t left_end;           /* behind the left one, its comma and its comments */
	size_t line_end;           /* the line break that follows left_end, or 0 */
	bool has_remark;           /* a comment of the left one stands before that break */
	size_t rest_end;           /* behind the last token before the right one */
	bool rest_is_line_comment; /* what follows that token on its line would be lost */
	size_t rest_line;          /* of nobody's last comment: where its line starts, or 0 */
	size_t right_start;        /* the right one with its comments */
	size_t right_line;         /* where its line starts, if nothing stands before it, or 0 */
};

/* The gap before the i-th member; i = n is the one before the closing bracket. */
struct jsonc_gap jsonc_gap_before(const struct jsonc *j, const struct jsonc_container *c, size_t i);
/* Bytes of the line break at that place, 0 where there is none. */
size_t jsonc_break_len(const struct jsonc *j, size_t at);

/* How the file writes, to be copied. Parts of the file, or constants. */
struct jsonc_text {
	const char *bytes;
	size_t len;
};
struct jsonc_text jsonc_line_break(const struct jsonc *j);
/* The line break that follows at behind blanks; at, where none does. */
size_t jsonc_line_end(const struct jsonc *j, size_t at);
/* The line break at that place, or the file's. */
struct jsonc_text jsonc_line_break_at(const struct jsonc *j, size_t at);
/* The blanks at the start of the line that holds at. */
struct jsonc_text jsonc_indent_at(const struct jsonc *j, size_t at);
/* By how much a top-level property is indented. */
struct jsonc_text jsonc_indent_unit(const struct jsonc *j);
/* From behind a key to its value: ": ". */
struct jsonc_text jsonc_colon(const struct jsonc *j);
/* Blanks between a comma and the next member on a line. */
struct jsonc_text jsonc_space(const struct jsonc *j, const struct jsonc_container *c);
struct jsonc_container jsonc_root(const struct jsonc *j);

/* --- jsonc_edit.c and jsonc_add.c --------------------------------------------- */

/* Other bytes for those from..to. */
struct jsonc_splice {
	size_t from, to;
	struct jsonc_text text;
};
/* The text with all of them, given in the order of their places; what two of them take goes once.
 */
bool jsonc_splice(const struct jsonc *j, const struct jsonc_splice *splices, size_t n,
	struct buf *out, struct err *e) MUST_CHECK;
void jsonc_put_string(struct buf *out, const char *s); /* with its quotes */
/* A top-level property that is not there yet: a string, or an array of that one. */
bool jsonc_add_property(const struct jsonc *j, const char *key, const char *value, bool is_array,
	struct buf *out, struct err *e) MUST_CHECK;
bool jsonc_add_item(const struct jsonc *j, const struct jsonc_container *c, const char *value,
	struct buf *out, struct err *e) MUST_CHECK;

#endif
