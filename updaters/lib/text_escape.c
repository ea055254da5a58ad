/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-8: what is whole, what a terminal may be shown, how wide it is there. */
#include "updaters/lib/text.h"

#include <stdio.h>
#include <string.h>

struct range {
	uint32_t first, last;
};

static bool range_has(const struct range *ranges, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n; i++) {
		if (c < ranges[i].first)
			return false;
		if (c <= ranges[i].last)
			return true;
	}
	return false;
}

/*
 * The bytes of the character at s, 0 where it is none: cut short, overlong, surrogate, too high.
 * Source: RFC 3629 §4
 */
static size_t utf8_decode(const unsigned char *s, size_t len, uint32_t *out_char)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (n == 0 || n > len || s[0] > 0xf4)
		return 0;

	uint32_t c = n == 1 ? s[0] : s[0] & (0x7fU >> n);

	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fU);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*out_char = c;
	return n;
}

/* Controls, and what turns, breaks or hides the text around it. */
static bool is_unfit(uint32_t c)
{
	static const struct range unfit[] = {
		{0x00, 0x1f},       /* C0, ESC among them */
		{0x7f, 0x9f},       /* DEL, C1 */
		{0xad, 0xad},       /* soft hyphen */
		{0x61c, 0x61c},     /* Arabic letter mark */
		{0x200b, 0x200f},   /* zero width, left-to-right and right-to-left mark */
		{0x2028, 0x202e},   /* line and paragraph separator, bidi embedding, override */
		{0x2060, 0x206f},   /* bidi isolates, invisible operators */
		{0xfeff, 0xfeff},   /* byte order mark */
		{0xfff9, 0xfffb},   /* interlinear annotation */
		{0xe0000, 0xe0fff}, /* tags */
	};

	return range_has(unfit, ARRAY_SIZE(unfit), c);
}

/* One character, or an escape for each of its bytes; false where it does not fit whole. */
static bool escape_one(const unsigned char *s, size_t n, bool is_fit, char *out, size_t room)
{
	size_t needed = is_fit ? n : 4 * n;

	if (needed >= room)
		return false;
	if (is_fit) {
		memcpy(out, s, n);
		out[n] = '\0';
		return true;
	}
	for (size_t i = 0; i < n; i++)
		snprintf(out + 4 * i, room - 4 * i, "\\x%02x", s[i]);
	return true;
}

void text_escape(const char *raw, size_t len, char *out, size_t out_size)
{
	const unsigned char *s = (const unsigned char *)raw;
	size_t used = 0;

	if (out_size == 0)
		return;
	out[0] = '\0';
	while (len > 0) {
		uint32_t c = 0;
		size_t n = utf8_decode(s, len, &c);
		bool is_fit = n > 0 && !is_unfit(c);

		if (n == 0)
			n = 1;
		if (!escape_one(s, n, is_fit, out + used, out_size - used))
			return;
		used += strlen(out + used);
		s += n;
		len -= n;
	}
}

size_t text_utf8_len(const char *raw, size_t len)
{
	uint32_t c = 0;

	return utf8_decode((const unsigned char *)raw, len, &c);
}

bool text_is_utf8(const char *raw, size_t len)
{
	for (size_t n = 0; len > 0; raw += n, len -= n) {
		n = text_utf8_len(raw, len);
		if (n == 0)
			return false;
	}
	return true;
}

/* Source: Unicode 15, EastAsianWidth.txt (W, F) and general categories Mn, Me, Cf; rare scripts
 * are left out: a column too many is no harm. */
static const struct range wide_chars[] = {
	{0x1100, 0x115f},
	{0x231a, 0x231b},
	{0x2329, 0x232a},
	{0x23e9, 0x23ec},
	{0x23f0, 0x23f0},
	{0x23f3, 0x23f3},
	{0x25fd, 0x25fe},
	{0x2614, 0x2615},
	{0x2648, 0x2653},
	{0x267f, 0x267f},
	{0x2693, 0x2693},
	{0x26a1, 0x26a1},
	{0x26aa, 0x26ab},
	{0x26bd, 0x26be},
	{0x26c4, 0x26c5},
	{0x26ce, 0x26ce},
	{0x26d4, 0x26d4},
	{0x26ea, 0x26ea},
	{0x26f2, 0x26f3},
	{0x26f5, 0x26f5},
	{0x26fa, 0x26fa},
	{0x26fd, 0x26fd},
	{0x2705, 0x2705},
	{0x270a, 0x270b},
	{0x2728, 0x2728},
	{0x274c, 0x274c},
	{0x274e, 0x274e},
	{0x2753, 0x2755},
	{0x2757, 0x2757},
	{0x2795, 0x2797},
	{0x27b0, 0x27b0},
	{0x27bf, 0x27bf},
	{0x2b1b, 0x2b1c},
	{0x2b50, 0x2b50},
	{0x2b55, 0x2b55},
	{0x2e80, 0x303e},
	{0x3041, 0xa4cf},
	{0xa960, 0xa97c},
	{0xac00, 0xd7a3},
	{0xf900, 0xfaff},
	{0xfe10, 0xfe19},
	{0xfe30, 0xfe6b},
	{0xff01, 0xff60},
	{0xffe0, 0xffe6},
	{0x16fe0, 0x1b2ff},
	{0x1f004, 0x1f004},
	{0x1f0cf, 0x1f0cf},
	{0x1f18e, 0x1f18e},
	{0x1f191, 0x1f19a},
	{0x1f200, 0x1f320},
	{0x1f32d, 0x1f335},
	{0x1f337, 0x1f37c},
	{0x1f37e, 0x1f393},
	{0x1f3a0, 0x1f3ca},
	{0x1f3cf, 0x1f3d3},
	{0x1f3e0, 0x1f3f0},
	{0x1f3f4, 0x1f3f4},
	{0x1f3f8, 0x1f43e},
	{0x1f440, 0x1f440},
	{0x1f442, 0x1f4fc},
	{0x1f4ff, 0x1f53d},
	{0x1f54b, 0x1f54e},
	{0x1f550, 0x1f567},
	{0x1f57a, 0x1f57a},
	{0x1f595, 0x1f596},
	{0x1f5a4, 0x1f5a4},
	{0x1f5fb, 0x1f64f},
	{0x1f680, 0x1f6c5},
	{0x1f6cc, 0x1f6cc},
	{0x1f6d0, 0x1f6d2},
	{0x1f6d5, 0x1f6d7},
	{0x1f6dc, 0x1f6df},
	{0x1f6eb, 0x1f6ec},
	{0x1f6f4, 0x1f6fc},
	{0x1f7e0, 0x1f7eb},
	{0x1f7f0, 0x1f7f0},
	{0x1f90c, 0x1f93a},
	{0x1f93c, 0x1f945},
	{0x1f947, 0x1f9ff},
	{0x1fa70, 0x1faff},
	{0x20000, 0x3fffd},
};
static const struct range zero_chars[] = {
	{0x0000, 0x001f},
	{0x007f, 0x009f},
	{0x0300, 0x036f},
	{0x0483, 0x0489},
	{0x0591, 0x05bd},
	{0x05bf, 0x05bf},
	{0x05c1, 0x05c2},
	{0x05c4, 0x05c5},
	{0x0610, 0x061a},
	{0x064b, 0x065f},
	{0x0670, 0x0670},
	{0x06d6, 0x06dc},
	{0x0900, 0x0902},
	{0x093c, 0x093c},
	{0x0941, 0x0948},
	{0x094d, 0x094d},
	{0x0e31, 0x0e31},
	{0x0e34, 0x0e3a},
	{0x0e47, 0x0e4e},
	{0x1ab0, 0x1aff},
	{0x1dc0, 0x1dff},
	{0x200b, 0x200f},
	{0x2028, 0x202e},
	{0x2060, 0x206f},
	{0x20d0, 0x20f0},
	{0x302a, 0x302d},
	{0x3099, 0x309a},
	{0xfe00, 0xfe0f},
	{0xfe20, 0xfe2f},
	{0xfeff, 0xfeff},
	{0xe0000, 0xe0fff},
};

size_t text_columns(const char *s)
{
	const unsigned char *at = (const unsigned char *)s;
	size_t left = strlen(s), columns = 0;

	while (left > 0) {
		uint32_t c = 0xfffd;
		size_t n = utf8_decode(at, left, &c);

		if (n == 0)
			n = 1;
		if (range_has(wide_chars, ARRAY_SIZE(wide_chars), c) &&
			!range_has(zero_chars, ARRAY_SIZE(zero_chars), c))
			columns += 2;
		else if (!range_has(zero_chars, ARRAY_SIZE(zero_chars), c))
			columns += 1;
		at += n;
		left -= n;
	}
	return columns;
}
