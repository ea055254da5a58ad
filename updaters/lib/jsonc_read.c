/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/jsonc.h"

#include <string.h>

#include "updaters/lib/jsonc_tree.h"

/* --- strings, which the parser found to be well formed ------------------------ */

static unsigned hex_quad(const char *raw)
{
	unsigned n = 0;

	for (size_t i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)raw[i];

		n = n * 16 + (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return n;
}

static size_t utf8_put(unsigned c, char out[4])
{
	static const unsigned char heads[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = len - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(heads[len] | c);
	return len;
}

/* The \uXXXX at raw, with the other half of a pair; half a pair alone gives bytes that are no
 * UTF-8, and so are equal to no text. */
static size_t decode_unicode(const char **raw, char out[4])
{
	unsigned c = hex_quad(*raw + 2), low = 0;

	*raw += 6;
	if (c >= 0xd800 && c < 0xdc00 && (*raw)[0] == '\\' && (*raw)[1] == 'u')
		low = hex_quad(*raw + 2);
	if (low >= 0xdc00 && low < 0xe000) {
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		*raw += 6;
	}
	return utf8_put(c, out);
}

/* The next character or byte of a string, decoded; moves raw behind it. */
static size_t decode_next(const char **raw, char out[4])
{
	static const char letters[] = "bfnrt", means[] = "\b\f\n\r\t";
	const char *letter = NULL;

	if (**raw != '\\') {
		out[0] = *(*raw)++;
		return 1;
	}
	if ((*raw)[1] == 'u')
		return decode_unicode(raw, out);
	letter = strchr(letters, (*raw)[1]);
	out[0] = letter == NULL ? (*raw)[1] : means[letter - letters];
	*raw += 2;
	return 1;
}

/* The string between the quotes at start and before end. */
static bool string_equals(const char *raw, size_t start, size_t end, const char *text)
{
	const char *at = raw + start + 1, *stop = raw + end - 1;
	size_t left = strlen(text);
	char c[4];

	while (at < stop) {
		size_t n = decode_next(&at, c);

		if (n > left || memcmp(c, text, n) != 0)
			return false;
		text += n;
		left -= n;
	}
	return left == 0;
}

/* false: it does not fit, or no C string can hold it. */
static bool string_decode(
	const struct jsonc *j, const struct jsonc_member *m, char *out, size_t out_size)
{
	const char *at = j->raw + m->value + 1, *stop = j->raw + m->end - 1;
	size_t len = 0;
	char c[4];

	while (at < stop) {
		size_t n = decode_next(&at, c);

		if (n >= out_size - len || c[0] == '\0')
			return false;
		memcpy(out + len, c, n);
		len += n;
	}
	out[len] = '\0';
	return text_is_utf8(out, len);
}

/* --- finding ----------------------------------------------------------------- */

bool jsonc_key_is(const struct jsonc *j, const struct jsonc_member *m, const char *key)
{
	return string_equals(j->raw, m->start, m->key_end, key);
}

const struct jsonc_member *jsonc_find(const struct jsonc *j, const char *key)
{
	for (size_t i = j->n_members; i > 0; i--) {
		if (jsonc_key_is(j, &j->members[i - 1], key))
			return &j->members[i - 1];
	}
	return NULL;
}

void jsonc_line_column(const char *raw, size_t len, size_t at, size_t *out_line, size_t *out_column)
{
	size_t line = 1, column = 1;
	size_t i = len >= 3 && memcmp(raw, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	for (; i < at; i++) {
		if (raw[i] == '\n' || (raw[i] == '\r' && (i + 1 == len || raw[i + 1] != '\n'))) {
			line++;
			column = 1;
		} else if (((unsigned char)raw[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	*out_line = line;
	*out_column = column;
}

/* --- what callers ask -------------------------------------------------------- */

enum jsonc_type jsonc_type_of(const struct jsonc *j, const char *key)
{
	const struct jsonc_member *m = jsonc_find(j, key);

	return m == NULL ? JSONC_NONE : m->type;
}

bool jsonc_string(const struct jsonc *j, const char *key, char *out, size_t out_size)
{
	const struct jsonc_member *m = jsonc_find(j, key);

	if (out_size == 0)
		return false;
	if (m != NULL && m->type == JSONC_STRING && string_decode(j, m, out, out_size))
		return true;
	out[0] = '\0';
	return false;
}

/* NULL where the item is no string that C can hold. false: no memory. */
static bool item_copy(const struct jsonc *j, const struct jsonc_member *item, char **out)
{
	size_t size = item->end - item->value; /* decoding makes nothing longer */
	SCOPED_FREE char *text = NULL;

	*out = NULL;
	if (item->type != JSONC_STRING)
		return true;
	text = malloc(size);
	if (text == NULL)
		return false;
	if (string_decode(j, item, text, size))
		*out = MOVE_PTR(text);
	return true;
}

bool jsonc_strings(const struct jsonc *j, const char *key, char ***out_items, size_t *out_n)
{
	const struct jsonc_member *m = jsonc_find(j, key);
	char **items = NULL;

	if (m == NULL || m->type != JSONC_ARRAY)
		return false;
	items = calloc((size_t)m->n_items + 1, sizeof(*items));
	if (items == NULL)
		return false;
	for (size_t i = 0; i < m->n_items; i++) {
		if (!item_copy(j, &j->items[m->items + i], &items[i])) {
			jsonc_strings_free(items, i);
			return false;
		}
	}
	*out_items = items;
	*out_n = m->n_items;
	return true;
}

void jsonc_strings_free(char **items, size_t n)
{
	if (items == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		free(items[i]);
	free(items);
}

bool jsonc_place(const struct jsonc *j, const char *key, size_t *out_line, size_t *out_column)
{
	const struct jsonc_member *m = jsonc_find(j, key);

	if (m == NULL)
		return false;
	jsonc_line_column(j->raw, j->len, m->value, out_line, out_column);
	return true;
}

bool jsonc_item_place(
	const struct jsonc *j, const char *key, size_t i, size_t *out_line, size_t *out_column)
{
	const struct jsonc_member *m = jsonc_find(j, key);

	if (m == NULL || m->type != JSONC_ARRAY || i >= m->n_items)
		return false;
	jsonc_line_column(j->raw, j->len, j->items[m->items + i].value, out_line, out_column);
	return true;
}
