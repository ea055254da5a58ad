/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON with comments and trailing commas, as editors keep their settings: read, and changed in
 * place so that every byte outside the change stays.
 *
 * A text is at most 4 MiB, 128 deep. A BOM, CRLF, an empty file and one of comments alone are fine.
 * Of equal keys the last counts, as it does for who reads the file.
 */
#ifndef DEVUPD_LIB_JSONC_H
#define DEVUPD_LIB_JSONC_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/err.h"
#include "updaters/lib/text.h"

enum { JSONC_TEXT_MAX = 4 << 20, JSONC_DEPTH_MAX = 128 };

struct jsonc; /* a parsed text: values know where they stand in it */

/*
 * In:    raw     borrowed as long as the document lives
 * Fails: ERR_PARSE   "LINE:COLUMN: what", 1-based, columns in characters; ERR_TOO_BIG
 */
bool jsonc_parse(const char *raw, size_t len, struct jsonc **out, struct err *e) MUST_CHECK;
void jsonc_free(struct jsonc *j);
DEFINE_SCOPED(struct jsonc *, jsonc_free);

/* The value of a top-level key (keys hold dots, they are no path): as its own type. */
enum jsonc_type {
	JSONC_NONE, /* no such key */
	JSONC_NULL,
	JSONC_BOOL,
	JSONC_NUMBER,
	JSONC_STRING,
	JSONC_ARRAY,
	JSONC_OBJECT
};
enum jsonc_type jsonc_type_of(const struct jsonc *j, const char *key);
/* false: no string, or it does not fit (out is "" then). Escapes are resolved; UTF-8. */
bool jsonc_string(const struct jsonc *j, const char *key, char *out, size_t out_size) MUST_CHECK;
/* Strings of an array; what is no string in it counts as a place and is given as NULL. false: no
 * array. Out: items malloc'd each and as a list. */
bool jsonc_strings(
	const struct jsonc *j, const char *key, char ***out_items, size_t *out_n) MUST_CHECK;
void jsonc_strings_free(char **items, size_t n);
/* Line and column of the key's value, for messages; false: no such key. */
bool jsonc_place(const struct jsonc *j, const char *key, size_t *out_line, size_t *out_column);
/* The same of the i-th place of an array; false: no such item. */
bool jsonc_item_place(
	const struct jsonc *j, const char *key, size_t i, size_t *out_line, size_t *out_column);

/*
 * Edits: each gives the whole new text. What is put in follows the file's own hand: its
 * indentation, line ends, trailing comma, one line or many. A comment stays with what it stood at:
 * with what is before it on its line, or behind it; one on a line of its own is never taken.
 * Taking away what was added gives the first text back, unless that had no object at all.
 *
 * Out:   out     initialised by the caller; its content is replaced, after a failure untouched
 * Fails: ERR_PARSE      "LINE:COLUMN: ..." a value, or the file, is of another type (null is one);
 *                       what is to be put in is not UTF-8
 *        ERR_TOO_BIG    the text would pass 4 MiB, or the limit of out
 *        ERR_INTERNAL   no such item, no such array, no memory
 */
/* Set a top-level key to a string: replaced where it is (the last of equals), else added at the
 * end. */
bool jsonc_set_string(const struct jsonc *j, const char *key, const char *value, struct buf *out,
	struct err *e) MUST_CHECK;
/* The i-th place of the array gets another string. */
bool jsonc_replace_item(const struct jsonc *j, const char *key, size_t i, const char *value,
	struct buf *out, struct err *e) MUST_CHECK;
/* One more at the end of the array, which is made where there is no such key. */
bool jsonc_append_item(const struct jsonc *j, const char *key, const char *value, struct buf *out,
	struct err *e) MUST_CHECK;
/* The i-th place of the array goes, with its comma and what is its own line. */
bool jsonc_remove_item(const struct jsonc *j, const char *key, size_t i, struct buf *out,
	struct err *e) MUST_CHECK;
/* The key goes, all of its equals. */
bool jsonc_remove(
	const struct jsonc *j, const char *key, struct buf *out, struct err *e) MUST_CHECK;

#endif
