/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Strings: a growing buffer with a limit, copying with a bound, escaping, splitting, nearest word.
 *
 * Knows nothing of devupd. All functions treat char as bytes; text is UTF-8 where columns matter.
 */
#ifndef DEVUPD_LIB_TEXT_H
#define DEVUPD_LIB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/scope.h"

/*
 * A growing buffer. It is always NUL-ended once anything was put in. Past limit_bytes it takes
 * nothing more and is_full stays true: check once, after the last put.
 */
struct buf {
	char *data; /* NULL while empty */
	size_t len;
	size_t capacity;
	size_t limit_bytes; /* > 0; without the ending NUL */
	bool is_full;
};

void buf_init(struct buf *b, size_t limit_bytes);
void buf_clear(struct buf *b);
/* Forgets the content, keeps the memory and the limit. */
void buf_reset(struct buf *b);
/* Room for len more bytes at once, where their number is known beforehand. */
bool buf_reserve(struct buf *b, size_t len);
bool buf_put(struct buf *b, const void *bytes, size_t len);
bool buf_puts(struct buf *b, const char *s);
bool buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
/* The content as a string, "" while empty. Borrowed, until the next put. */
const char *buf_str(const struct buf *b);
/* Hands the string out (malloc'd, never NULL unless out of memory); the buffer is empty then. */
char *buf_move(struct buf *b);

/* Copy with a bound; false (and out is "") if it does not fit whole. */
bool text_copy(char *out, size_t out_size, const char *s) MUST_CHECK;
bool text_copy_n(char *out, size_t out_size, const char *s, size_t len) MUST_CHECK;
/* Copy as much as fits, ended at a whole UTF-8 character. For messages only. */
void text_copy_cut(char *out, size_t out_size, const char *s);

bool text_equal(const char *a, const char *b); /* NULL equals NULL only */
bool text_starts(const char *s, const char *prefix);
bool text_ends(const char *s, const char *suffix);

/*
 * Make foreign bytes fit for a terminal, a log and one line: control characters, DEL, C1, bidi
 * overrides and invalid UTF-8 become \xNN; out is cut to out_size at a whole escape or character.
 */
void text_escape(const char *raw, size_t len, char *out, size_t out_size);

bool text_is_utf8(const char *raw, size_t len);
/* Bytes of the whole UTF-8 character at raw, which has len > 0 bytes; 0 where there is none. */
size_t text_utf8_len(const char *raw, size_t len);
/* Columns on a terminal (wcwidth rules by locale-free tables: wide = 2, combining = 0). */
size_t text_columns(const char *s);

/* Whole decimal numbers only: no sign, no space, no overflow. */
bool text_to_u64(const char *s, uint64_t *out) MUST_CHECK;

bool text_is_hex(const char *s, size_t n_digits); /* exactly n_digits lower- or upper-case hex */
void text_lower(char *s);                         /* ASCII, in place */
/* Drops white space at both ends; returns the new start inside s. */
char *text_trim(char *s);

/*
 * The next field up to a separator; *cursor moves behind it; NULL at the end. Changes the text.
 * Empty fields are given, too: "a::b" has three.
 */
char *text_next(char **cursor, char separator);

/* The word of a NULL-ended list that is nearest by edits, or NULL where none is near. */
const char *text_nearest(const char *word, const char *const *words);

/* "569 MB", "12 kB", "1.9 GB" (powers of 1000, as CONTRACT's examples). */
void text_size(uint64_t size_bytes, char *out, size_t out_size);
/* "412 of 569 MB", "999 kB of 2.0 GB"; "412 MB" where total_bytes is 0: not known. */
void text_size_of(uint64_t done_bytes, uint64_t total_bytes, char *out, size_t out_size);
/* "1 min 12 s", "0.4 s", "3 h 2 min". */
void text_duration(uint64_t ms, char *out, size_t out_size);

/* A list of strings that owns them. */
struct strings {
	char **items; /* NULL-ended once anything was added */
	size_t n_items;
};
bool strings_add(struct strings *list, const char *s) MUST_CHECK;
bool strings_has(const struct strings *list, const char *s);
void strings_clear(struct strings *list);

#endif
