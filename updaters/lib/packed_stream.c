/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several packed streams one behind the other: dpkg reads the first one of xz, zst and bz2 and all
 * of gz; other programs read all of each. A package that means one thing to us and another to dpkg
 * is refused.
 */
#include <string.h>

#include "updaters/lib/packed.h"
#include "updaters/lib/text.h"

static bool refuse(struct err *e, const char *suffix)
{
	return err_set(e, ERR_STRUCTURE,
		"the tar member is no single %s stream: what stands behind the first one is not "
		"read by dpkg",
		suffix + 1);
}

/* --- zst: from block to block, without unpacking any ------------------------- */

enum { ZST_HEADER_MIN = 5, ZST_BLOCK_LEN = 3, ZST_CHECKSUM_LEN = 4 };

/* Length of a frame's header by its descriptor, without the magic number. */
static uint64_t zst_header_len(unsigned char descriptor)
{
	static const unsigned char dictionary[] = {0, 1, 2, 4}, content[] = {0, 2, 4, 8};
	bool is_one_segment = (descriptor & 0x20) != 0;
	unsigned char content_len = content[descriptor >> 6];

	if (is_one_segment && content_len == 0)
		content_len = 1;
	return (is_one_segment ? UINT64_C(1) : UINT64_C(2)) + dictionary[descriptor & 3] +
	       content_len;
}

/* Source: RFC 8878 §3.1.1 */
static bool zst_is_single(const struct packed_input *in)
{
	static const unsigned char magic[] = {0x28, 0xB5, 0x2F, 0xFD};
	unsigned char head[ZST_HEADER_MIN], block[ZST_BLOCK_LEN];
	uint64_t at;
	bool is_last = false;

	if (!packed_bytes_at(in, 0, head, sizeof(head)) || memcmp(head, magic, sizeof(magic)) != 0)
		return false;
	for (at = sizeof(magic) + zst_header_len(head[4]); !is_last;) {
		if (!packed_bytes_at(in, at, block, sizeof(block)))
			return false;

		uint32_t bits =
			(uint32_t)block[0] | (uint32_t)block[1] << 8 | (uint32_t)block[2] << 16;
		bool is_repeated_byte = (bits >> 1 & 3) == 1;

		is_last = (bits & 1) != 0;
		at += sizeof(block) + (is_repeated_byte ? 1 : bits >> 3);
	}
	return at + ((head[4] & 4) != 0 ? ZST_CHECKSUM_LEN : 0) == in->len;
}

/* --- xz and bz2: nothing looks like the beginning of another one ------------- */

/* Streams begin at a whole byte and with so many known ones that they don't come about by chance.
 */
static const struct mark {
	const char *suffix;
	size_t len;
	const char *bytes, *care; /* care: which bits are known */
} marks[] = {
	{".xz", 8, "\xFD\x37\x7A\x58\x5A\0\0\0", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xF0"},
	{".bz2", 10, "BZh01AY&SY", "\xFF\xFF\xFF\xF0\xFF\xFF\xFF\xFF\xFF\xFF"},
	{".bz2", 10, "BZh0\x17rE8P\x90", "\xFF\xFF\xFF\xF0\xFF\xFF\xFF\xFF\xFF\xFF"},
};
static bool mark_is_at(const struct mark *mark, const char *at)
{
	for (size_t i = 0; i < mark->len; i++)
		if (((at[i] ^ mark->bytes[i]) & mark->care[i]) != 0)
			return false;
	return true;
}

static bool has_mark(const struct mark *mark, const char *bytes, size_t len)
{
	const char *end = bytes + len;

	for (const char *at = bytes; at < end && (size_t)(end - at) >= mark->len; at++) {
		at = memchr(at, mark->bytes[0], (size_t)(end - at) - mark->len + 1);
		if (at == NULL)
			return false;
		if (mark_is_at(mark, at))
			return true;
	}
	return false;
}

static bool has_any_mark(const char *suffix, const char *bytes, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (text_equal(suffix, marks[i].suffix) && has_mark(&marks[i], bytes, len))
			return true;
	return false;
}

/* What is left of the part before and this one's beginning, as far as a mark across them goes. */
static size_t join(const struct stream_watch *w, const char *part, size_t len, char *out)
{
	size_t n = len < STREAM_TAIL_LEN ? len : STREAM_TAIL_LEN;

	memcpy(out, w->tail, w->n_tail);
	memcpy(out + w->n_tail, part, n);
	return w->n_tail + n;
}

bool stream_watch_sees(struct stream_watch *w, const char *suffix, const char *part, size_t len)
{
	char joint[2 * STREAM_TAIL_LEN];
	size_t n;

	if (!w->is_begun && len > 0) { /* the first stream begins there */
		w->is_begun = true;
		part++;
		len--;
	}
	n = join(w, part, len, joint);
	if (has_any_mark(suffix, joint, n) || has_any_mark(suffix, part, len))
		return true;
	if (len >= STREAM_TAIL_LEN) {
		w->n_tail = STREAM_TAIL_LEN;
		memcpy(w->tail, part + len - STREAM_TAIL_LEN, STREAM_TAIL_LEN);
	} else {
		w->n_tail = n < STREAM_TAIL_LEN ? n : STREAM_TAIL_LEN;
		memcpy(w->tail, joint + n - w->n_tail, w->n_tail);
	}
	return false;
}

bool packed_refuse_second(const struct packed_input *in, struct err *e)
{
	return refuse(e, in->suffix);
}

bool packed_is_single(const struct packed_input *in, struct err *e)
{
	return !text_equal(in->suffix, ".zst") || zst_is_single(in) || refuse(e, in->suffix);
}
