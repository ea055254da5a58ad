/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* --- a growing buffer -------------------------------------------------------- */

void buf_init(struct buf *b, size_t limit_bytes)
{
	*b = (struct buf){.limit_bytes = limit_bytes};
}

void buf_clear(struct buf *b)
{
	free(b->data);
	buf_init(b, b->limit_bytes);
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->is_full = false;
	if (b->data != NULL)
		b->data[0] = '\0';
}

/* Room for len more bytes and the NUL. No memory counts as full: the caller asks once. */
bool buf_reserve(struct buf *b, size_t len)
{
	if (b->is_full || len > b->limit_bytes - b->len)
		return !(b->is_full = true);

	size_t needed = b->len + len + 1;

	if (needed <= b->capacity)
		return true;

	size_t doubled = b->capacity < 32 ? 64 : b->capacity * 2;
	size_t capacity = doubled > needed ? doubled : needed;
	char *data = realloc(b->data, capacity);

	if (data == NULL)
		return !(b->is_full = true);
	b->data = data;
	b->capacity = capacity;
	return true;
}

bool buf_put(struct buf *b, const void *bytes, size_t len)
{
	if (!buf_reserve(b, len))
		return false;
	if (len > 0)
		memcpy(b->data + b->len, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
	return true;
}

bool buf_puts(struct buf *b, const char *s)
{
	return buf_put(b, s, strlen(s));
}

bool buf_printf(struct buf *b, const char *format, ...)
{
	va_list args, again;

	va_start(args, format);
	va_copy(again, args);

	int len = vsnprintf(NULL, 0, format, args);
	bool is_put = len >= 0 && buf_reserve(b, (size_t)len);

	if (is_put) {
		vsnprintf(b->data + b->len, (size_t)len + 1, format, again);
		b->len += (size_t)len;
	}
	va_end(again);
	va_end(args);
	return is_put;
}

const char *buf_str(const struct buf *b)
{
	return b->data == NULL ? "" : b->data;
}

char *buf_move(struct buf *b)
{
	char *moved = b->data == NULL ? strdup("") : b->data;

	buf_init(b, b->limit_bytes);
	return moved;
}

/* --- copying and comparing --------------------------------------------------- */

bool text_copy(char *out, size_t out_size, const char *s)
{
	return text_copy_n(out, out_size, s, strlen(s));
}

bool text_copy_n(char *out, size_t out_size, const char *s, size_t len)
{
	if (out_size == 0)
		return false;
	out[0] = '\0';
	if (len >= out_size)
		return false;
	memmove(out, s, len);
	out[len] = '\0';
	return true;
}

void text_copy_cut(char *out, size_t out_size, const char *s)
{
	if (out_size == 0)
		return;

	size_t len = strlen(s);

	if (len >= out_size) {
		len = out_size - 1;
		while (len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80)
			len--;
	}
	memmove(out, s, len);
	out[len] = '\0';
}

bool text_equal(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

bool text_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *s, const char *suffix)
{
	size_t len = strlen(s), suffix_len = strlen(suffix);

	return len >= suffix_len && strcmp(s + len - suffix_len, suffix) == 0;
}

/* --- numbers, letters, fields ------------------------------------------------ */

bool text_to_u64(const char *s, uint64_t *out)
{
	uint64_t sum = 0;

	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return false;

		uint64_t digit = (uint64_t)(*s - '0');

		if (sum > (UINT64_MAX - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	*out = sum;
	return true;
}

bool text_is_hex(const char *s, size_t n_digits)
{
	return strlen(s) == n_digits && strspn(s, "0123456789abcdefABCDEF") == n_digits;
}

void text_lower(char *s)
{
	for (; *s != '\0'; s++) {
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
	}
}

char *text_trim(char *s)
{
	static const char white[] = " \t\r\n\v\f";

	s += strspn(s, white);

	size_t len = strlen(s);

	while (len > 0 && strchr(white, s[len - 1]) != NULL)
		len--;
	s[len] = '\0';
	return s;
}

char *text_next(char **cursor, char separator)
{
	char *field = *cursor;

	if (field == NULL)
		return NULL;

	char *end = strchr(field, separator);

	if (end != NULL)
		*end++ = '\0';
	*cursor = end;
	return field;
}

/* --- sizes and times for people ---------------------------------------------- */

void text_size(uint64_t size_bytes, char *out, size_t out_size)
{
	static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
	uint64_t unit = 1000;
	size_t i = 0;

	if (size_bytes < 1000) {
		snprintf(out, out_size, "%u B", (unsigned)size_bytes);
		return;
	}
	/* 999.5 kB would be printed as 1000 kB: it is 1.0 MB already */
	while (i + 1 < ARRAY_SIZE(units) && size_bytes >= unit * 1000 - unit / 2) {
		unit *= 1000;
		i++;
	}

	double n = (double)size_bytes / (double)unit;

	snprintf(out, out_size, "%.*f %s", n < 9.95 ? 1 : 0, n, units[i]);
}

void text_size_of(uint64_t done_bytes, uint64_t total_bytes, char *out, size_t out_size)
{
	char done[32], total[32];

	text_size(done_bytes, done, sizeof(done));
	text_size(total_bytes, total, sizeof(total));

	size_t number_len = strcspn(done, " ");

	if (total_bytes == 0)
		text_copy_cut(out, out_size, done);
	else if (text_equal(done + number_len, strchr(total, ' '))) /* one unit is said once */
		snprintf(out, out_size, "%.*s of %s", (int)number_len, done, total);
	else
		snprintf(out, out_size, "%s of %s", done, total);
}

void text_duration(uint64_t ms, char *out, size_t out_size)
{
	unsigned long long s = ms / 1000;

	if (s < 10)
		snprintf(out, out_size, "%llu.%llu s", s, (unsigned long long)ms % 1000 / 100);
	else if (s < 60)
		snprintf(out, out_size, "%llu s", s);
	else if (s < 3600)
		snprintf(out, out_size, "%llu min %llu s", s / 60, s % 60);
	else
		snprintf(out, out_size, "%llu h %llu min", s / 3600, s % 3600 / 60);
}
