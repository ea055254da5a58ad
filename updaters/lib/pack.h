/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plain bytes for a process border: numbers little-endian, strings and blobs with a length before
 * them. The reader checks every length against what is there and against the field's own maximum;
 * after the first fault it yields zeros and is_bad stays true: check once, after the last get.
 */
#ifndef DEVUPD_LIB_PACK_H
#define DEVUPD_LIB_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/text.h"

void pack_u8(struct buf *b, uint8_t n);
void pack_u32(struct buf *b, uint32_t n);
void pack_u64(struct buf *b, uint64_t n);
void pack_str(struct buf *b, const char *s); /* NULL is packed as "" */
void pack_blob(struct buf *b, const void *bytes, size_t len);

struct unpack {
	const unsigned char *at;
	size_t left;
	bool is_bad;
};

void unpack_init(struct unpack *u, const void *bytes, size_t len);
uint8_t unpack_u8(struct unpack *u);
/* A number that must be < limit, as an enum or a count is. */
uint32_t unpack_below(struct unpack *u, uint32_t limit);
uint32_t unpack_u32(struct unpack *u);
uint64_t unpack_u64(struct unpack *u);
/* Into a field of out_size bytes; a string with a NUL inside, or too long, is bad. */
void unpack_str(struct unpack *u, char *out, size_t out_size);
/* malloc'd; "" for an empty one; NULL when bad. At most max_bytes. */
char *unpack_str_new(struct unpack *u, size_t max_bytes);
/* Borrowed from the message. NULL when bad. */
const void *unpack_blob(struct unpack *u, size_t *out_len);
/* All read, and nothing bad? */
bool unpack_is_done(const struct unpack *u);

#endif
