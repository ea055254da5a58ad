/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/jsonc.h"

#include <stdio.h>
#include <string.h>

#include "updaters/lib/jsonc_tree.h"
#include "updaters/lib/list.h"

struct reader {
	struct jsonc *j;
	size_t at;
	unsigned depth; /* of open brackets */
	struct err *e;
};

/* --- faults and characters --------------------------------------------------- */

static bool reader_fail_at(struct reader *r, size_t at, enum err_code code, const char *what)
{
	size_t line = 0, column = 0;

	jsonc_line_column(r->j->raw, r->j->len, at, &line, &column);
	return err_set(r->e, code, "%zu:%zu: %s", line, column, what);
}

static bool reader_expected(struct reader *r, const char *what)
{
	const char *raw = r->j->raw + r->at;
	size_t left = r->j->len - r->at, n = left == 0 ? 0 : text_utf8_len(raw, left);
	char text[128];

	if (left == 0)
		snprintf(text, sizeof(text), "expected %s, found the end of the file", what);
	else
		snprintf(text, sizeof(text), "expected %s, found \"%.*s\"", what,
			n == 0 ? 1 : (int)n, raw);
	return reader_fail_at(r, r->at, ERR_PARSE, text);
}

/* The byte at the place plus ahead; NUL, which is nowhere allowed, behind the end. */
static char reader_peek(const struct reader *r, size_t ahead)
{
	return ahead < r->j->len - r->at ? r->j->raw[r->at + ahead] : '\0';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool skip_comment(struct reader *r)
{
	const char *raw = r->j->raw;
	size_t start = r->at;

	if (reader_peek(r, 1) == '/') {
		while (r->at < r->j->len && raw[r->at] != '\n' && raw[r->at] != '\r')
			r->at++;
		return true;
	}
	if (reader_peek(r, 1) != '*')
		return reader_expected(r, "a value or a comment");
	for (r->at += 2; r->at < r->j->len; r->at++) {
		if (raw[r->at] == '*' && reader_peek(r, 1) == '/') {
			r->at += 2;
			return true;
		}
	}
	return reader_fail_at(r, start, ERR_PARSE, "this comment has no end");
}

static bool skip_blank(struct reader *r)
{
	while (r->at < r->j->len) {
		char c = r->j->raw[r->at];

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			r->at++;
		else if (c != '/')
			return true;
		else if (!skip_comment(r))
			return false;
	}
	return true;
}

/* --- values without members -------------------------------------------------- */

static bool read_escape(struct reader *r)
{
	char c = reader_peek(r, 1);
	size_t len = c == 'u' ? 6 : 2;

	if (c == '\0' || strchr("\"\\/bfnrtu", c) == NULL)
		return reader_fail_at(r, r->at, ERR_PARSE, "unknown escape in a string");
	for (size_t i = 2; i < len; i++) {
		char digit = reader_peek(r, i);

		if (digit == '\0' || strchr("0123456789abcdefABCDEF", digit) == NULL)
			return reader_fail_at(
				r, r->at, ERR_PARSE, "\\u needs four hexadecimal digits");
	}
	r->at += len;
	return true;
}

static bool read_string(struct reader *r)
{
	const char *raw = r->j->raw;
	size_t start = r->at++;

	while (r->at < r->j->len && raw[r->at] != '"') {
		unsigned char c = (unsigned char)raw[r->at];
		size_t n = text_utf8_len(raw + r->at, r->j->len - r->at);

		if (c == '\n' || c == '\r')
			return reader_fail_at(
				r, start, ERR_PARSE, "this string does not end on its line");
		if (c < 0x20)
			return reader_fail_at(r, r->at, ERR_PARSE, "control character in a string");
		if (n == 0)
			return reader_fail_at(r, r->at, ERR_PARSE, "a string that is not UTF-8");
		if (c != '\\')
			r->at += n;
		else if (!read_escape(r))
			return false;
	}
	if (r->at == r->j->len)
		return reader_fail_at(r, start, ERR_PARSE, "this string has no end");
	r->at++;
	return true;
}

static bool read_digits(struct reader *r)
{
	if (!is_digit(reader_peek(r, 0)))
		return reader_expected(r, "a digit");
	while (is_digit(reader_peek(r, 0)))
		r->at++;
	return true;
}

/* Source: RFC 8259 §6 */
static bool read_number(struct reader *r)
{
	if (reader_peek(r, 0) == '-')
		r->at++;
	if (reader_peek(r, 0) == '0')
		r->at++;
	else if (!read_digits(r))
		return false;
	if (reader_peek(r, 0) == '.') {
		r->at++;
		if (!read_digits(r))
			return false;
	}
	if (reader_peek(r, 0) == 'e' || reader_peek(r, 0) == 'E') {
		r->at++;
		if (reader_peek(r, 0) == '+' || reader_peek(r, 0) == '-')
			r->at++;
		return read_digits(r);
	}
	return true;
}

static bool read_word(struct reader *r, struct jsonc_member *m)
{
	static const struct {
		const char *word;
		enum jsonc_type type;
	} words[] = {{"null", JSONC_NULL}, {"true", JSONC_BOOL}, {"false", JSONC_BOOL}};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t len = strlen(words[i].word);

		if (r->j->len - r->at < len || memcmp(r->j->raw + r->at, words[i].word, len) != 0)
			continue;
		r->at += len;
		m->type = words[i].type;
		return true;
	}
	return reader_expected(r, "a value");
}

/* --- objects and arrays ------------------------------------------------------ */

static bool read_value(struct reader *r, struct jsonc_member *m);

static bool member_keep(
	struct reader *r, struct jsonc_member **list, size_t *n, const struct jsonc_member *m)
{
	struct jsonc_member *grown = list_grow(*list, *n, JSONC_TEXT_MAX, sizeof(*m));

	if (grown == NULL)
		return err_set(r->e, ERR_INTERNAL, "no memory to read a file of settings");
	*list = grown;
	grown[(*n)++] = *m;
	return true;
}

static bool read_property(struct reader *r, struct jsonc_member *m)
{
	m->start = (uint32_t)r->at;
	if (reader_peek(r, 0) != '"')
		return reader_expected(r, "a key in double quotes");
	if (!read_string(r))
		return false;
	m->key_end = (uint32_t)r->at;
	if (!skip_blank(r))
		return false;
	if (reader_peek(r, 0) != ':')
		return reader_expected(r, "':' after a key");
	r->at++;
	return skip_blank(r) && read_value(r, m);
}

static bool read_item(struct reader *r, struct jsonc_member *m)
{
	m->start = m->key_end = (uint32_t)r->at;
	return read_value(r, m);
}

/* One member with the comma behind it; without one the container must end. */
static bool read_member(struct reader *r, bool is_object, struct jsonc_member *m)
{
	struct jsonc *j = r->j;

	if (!(is_object ? read_property(r, m) : read_item(r, m)) || !skip_blank(r))
		return false;
	if (reader_peek(r, 0) == ',')
		m->comma = (uint32_t)r->at++;
	else if (reader_peek(r, 0) != (is_object ? '}' : ']'))
		return reader_expected(r, is_object ? "',' or '}'" : "',' or ']'");
	if (is_object && r->depth == 1)
		return member_keep(r, &j->members, &j->n_members, m);
	if (!is_object && r->depth == 2 && j->root.type == JSONC_OBJECT)
		return member_keep(r, &j->items, &j->n_items, m);
	return true;
}

static bool read_members(struct reader *r, struct jsonc_member *m)
{
	bool is_object = reader_peek(r, 0) == '{', has_comma = true;

	m->type = is_object ? JSONC_OBJECT : JSONC_ARRAY;
	if (r->depth == JSONC_DEPTH_MAX)
		return reader_fail_at(r, r->at, ERR_TOO_BIG, "nested deeper than 128");
	r->depth++;
	r->at++;
	m->items = (uint32_t)r->j->n_items;
	while (has_comma) {
		struct jsonc_member member = {0};

		if (!skip_blank(r))
			return false;
		if (reader_peek(r, 0) == (is_object ? '}' : ']'))
			break;
		if (!read_member(r, is_object, &member))
			return false;
		has_comma = member.comma != 0;
	}
	r->at++; /* the bracket: what else could be there was refused */
	r->depth--;
	m->n_items = (uint32_t)r->j->n_items - m->items;
	return true;
}

/* Calls itself through read_members, at most JSONC_DEPTH_MAX deep. */
static bool read_value(struct reader *r, struct jsonc_member *m)
{
	char c = reader_peek(r, 0);
	bool is_read = false;

	m->value = (uint32_t)r->at;
	if (c == '{' || c == '[') {
		is_read = read_members(r, m);
	} else if (c == '"') {
		m->type = JSONC_STRING;
		is_read = read_string(r);
	} else if (c == '-' || is_digit(c)) {
		m->type = JSONC_NUMBER;
		is_read = read_number(r);
	} else {
		is_read = read_word(r, m);
	}
	m->end = (uint32_t)r->at;
	return is_read;
}

/* --- the text ---------------------------------------------------------------- */

static bool read_text(struct reader *r)
{
	if (r->j->len > JSONC_TEXT_MAX)
		return err_set(r->e, ERR_TOO_BIG, "%zu bytes of settings, at most %d are read",
			r->j->len, JSONC_TEXT_MAX);
	if (r->j->len >= 3 && memcmp(r->j->raw, "\xef\xbb\xbf", 3) == 0)
		r->at = 3;
	if (!skip_blank(r))
		return false;
	if (r->at == r->j->len)
		return true;
	if (!read_value(r, &r->j->root) || !skip_blank(r))
		return false;
	return r->at == r->j->len || reader_expected(r, "nothing more");
}

bool jsonc_parse(const char *raw, size_t len, struct jsonc **out, struct err *e)
{
	SCOPED(jsonc_free) struct jsonc *j = calloc(1, sizeof(*j));
	struct reader r = {.j = j, .e = e};

	if (j == NULL)
		return err_set(e, ERR_INTERNAL, "no memory to read a file of settings");
	j->raw = len == 0 ? "" : raw; /* an empty buffer has no bytes to point at */
	j->len = len;
	if (!read_text(&r))
		return false;
	*out = MOVE_PTR(j);
	return true;
}

void jsonc_free(struct jsonc *j)
{
	if (j == NULL)
		return;
	free(j->members);
	free(j->items);
	free(j);
}
