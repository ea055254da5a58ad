/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/pack.h"

#include <string.h>

static void pack_number(struct buf *b, uint64_t n, size_t n_bytes)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < n_bytes; i++)
		bytes[i] = (unsigned char)(n >> 8 * i & 0xff);
	buf_put(b, bytes, n_bytes);
}

void pack_u8(struct buf *b, uint8_t n)
{
	pack_number(b, n, 1);
}

void pack_u32(struct buf *b, uint32_t n)
{
	pack_number(b, n, 4);
}

void pack_u64(struct buf *b, uint64_t n)
{
	pack_number(b, n, 8);
}

void pack_str(struct buf *b, const char *s)
{
	if (s == NULL)
		s = "";
	pack_blob(b, s, strlen(s));
}

void pack_blob(struct buf *b, const void *bytes, size_t len)
{
	if (len > UINT32_MAX) {
		b->is_full = true;
		return;
	}
	pack_u32(b, (uint32_t)len);
	buf_put(b, bytes, len);
}

void unpack_init(struct unpack *u, const void *bytes, size_t len)
{
	*u = (struct unpack){.at = bytes, .left = len};
}

/* The next len bytes, NULL when they are not there or something was bad before. */
static const unsigned char *unpack_take(struct unpack *u, size_t len)
{
	if (u->is_bad || len > u->left) {
		u->is_bad = true;
		return NULL;
	}

	const unsigned char *taken = u->at;

	u->at += len;
	u->left -= len;
	return taken;
}

static uint64_t unpack_number(struct unpack *u, size_t n_bytes)
{
	const unsigned char *bytes = unpack_take(u, n_bytes);
	uint64_t n = 0;

	if (bytes == NULL)
		return 0;
	for (size_t i = 0; i < n_bytes; i++)
		n |= (uint64_t)bytes[i] << 8 * i;
	return n;
}

uint8_t unpack_u8(struct unpack *u)
{
	return (uint8_t)unpack_number(u, 1);
}

uint32_t unpack_u32(struct unpack *u)
{
	return (uint32_t)unpack_number(u, 4);
}

uint64_t unpack_u64(struct unpack *u)
{
	return unpack_number(u, 8);
}

uint32_t unpack_below(struct unpack *u, uint32_t limit)
{
	uint32_t n = unpack_u32(u);

	if (!u->is_bad && n < limit)
		return n;
	u->is_bad = true;
	return 0;
}

const void *unpack_blob(struct unpack *u, size_t *out_len)
{
	size_t len = unpack_u32(u);
	const void *bytes = unpack_take(u, len);

	*out_len = bytes == NULL ? 0 : len;
	return bytes;
}

/* A string that holds at most max_bytes, no NUL among them; NULL when bad. Not NUL-ended. */
static const char *unpack_chars(struct unpack *u, size_t max_bytes, size_t *out_len)
{
	const char *chars = unpack_blob(u, out_len);

	if (chars == NULL)
		return NULL;
	if (*out_len > max_bytes || memchr(chars, '\0', *out_len) != NULL) {
		u->is_bad = true;
		return NULL;
	}
	return chars;
}

void unpack_str(struct unpack *u, char *out, size_t out_size)
{
	size_t len = 0;
	const char *chars = unpack_chars(u, out_size - 1, &len);

	if (chars == NULL)
		len = 0;
	else
		memcpy(out, chars, len);
	out[len] = '\0';
}

char *unpack_str_new(struct unpack *u, size_t max_bytes)
{
	size_t len = 0;
	const char *chars = unpack_chars(u, max_bytes, &len);
	char *s = chars == NULL ? NULL : malloc(len + 1);

	if (s == NULL) {
		u->is_bad = true;
		return NULL;
	}
	memcpy(s, chars, len);
	s[len] = '\0';
	return s;
}

bool unpack_is_done(const struct unpack *u)
{
	return !u->is_bad && u->left == 0;
}
