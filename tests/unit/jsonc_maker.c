/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jsonc_maker.h"

#include <string.h>

/* How one text is written. A wild one has anything anywhere. */
struct maker {
	uint64_t state;
	struct buf *out;
	const char *line_break, *indent, *colon, *comma;
	bool is_wild, is_line, has_trailing;
	unsigned n_comments;
};

/* Source: Steele, Lea, Flood: splitmix64 */
static uint64_t next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static size_t below(struct maker *m, size_t n)
{
	return (size_t)(next(&m->state) % n);
}

#define PICK(m, list) ((list)[below(m, ARRAY_SIZE(list))])

static void wild_gap(struct maker *m)
{
	static const char *const bits[] = {
		" ", "\t", "\n", "\r\n", "\r", "/**/", "/* { */", "/*\n*/", "// }\n", "// \"\r\n"};

	if (!m->is_wild)
		return;
	for (size_t n = below(m, 4); n > 0; n--)
		buf_puts(m->out, PICK(m, bits));
}

static void put_line(struct maker *m, size_t depth)
{
	if (below(m, 20) == 0)
		buf_puts(m->out, "  ");
	buf_puts(m->out, m->line_break);
	while (below(m, 12) == 0)
		buf_puts(m->out, m->line_break);
	for (; depth > 0; depth--)
		buf_puts(m->out, m->indent);
}

/* A line that is a comment. */
static void put_comment_line(struct maker *m, size_t depth)
{
	if (below(m, 6) != 0)
		return;
	put_line(m, depth);
	buf_printf(m->out, below(m, 2) == 0 ? "// %s %u," : "/* %s %u */",
		m->is_wild ? "any" : "keep", m->n_comments++);
}

static void put_remark(struct maker *m)
{
	static const char *const remarks[] = {
		" // one", " /* two */", "  // \xc3\xa9, ]", "\t/* x\n y */"};

	if (!m->is_wild && below(m, 5) == 0)
		buf_puts(m->out, PICK(m, remarks));
}

static const char *const scalars[] = {"1", "-0.5e+3", "true", "null", "\"x\"", "\"/a/b\"",
	"\"\\ud83d\\ude00\"", "\"\\\"//\"", "\"\xc3\xa9\"", "\"\"", "\"\\u0000\""};

static void put_value(struct maker *m, size_t depth);

static void put_members(struct maker *m, size_t depth, bool is_object)
{
	static const char *const keys[] = {"a", "b", "k", "k.paths", "\\u006b", "", "p"};
	bool was_line = m->is_line, has_lines = m->is_line && below(m, 4) != 0;
	bool has_trailing = m->has_trailing && below(m, 4) != 0;

	m->is_line = has_lines;
	buf_puts(m->out, is_object ? "{" : "[");
	if (has_lines && below(m, 8) == 0)
		put_remark(m);
	for (size_t n = below(m, 5), i = 0; i < n; i++) {
		bool has_comma = i + 1 < n || has_trailing;

		wild_gap(m);
		if (has_lines) {
			put_comment_line(m, depth + 1);
			put_line(m, depth + 1);
		} else if (i > 0) {
			buf_puts(m->out, m->comma);
		}
		if (is_object)
			buf_printf(m->out, "\"%s\"%s", PICK(m, keys), m->colon);
		wild_gap(m);
		put_value(m, depth + 1);
		wild_gap(m);
		buf_puts(m->out, has_comma ? "," : "");
		if (has_lines)
			put_remark(m);
	}
	wild_gap(m);
	if (has_lines) {
		put_comment_line(m, depth + 1);
		put_line(m, depth);
	}
	buf_puts(m->out, is_object ? "}" : "]");
	m->is_line = was_line;
}

static void put_value(struct maker *m, size_t depth)
{
	size_t kind = below(m, 4);

	if (kind < 2 || depth > 6)
		buf_puts(m->out, PICK(m, scalars));
	else
		put_members(m, depth, kind == 2 && (depth > 1 || below(m, 3) == 0));
}

void jsonc_make(uint64_t seed, struct buf *out)
{
	static const char *const breaks[] = {"\n", "\n", "\r\n", "\r"};
	static const char *const indents[] = {"    ", "  ", "\t", ""};
	static const char *const colons[] = {": ", ":", " : "};
	static const char *const commas[] = {" ", "", "  "};
	struct maker m = {.state = seed, .out = out};

	m.line_break = PICK(&m, breaks);
	m.indent = PICK(&m, indents);
	m.colon = PICK(&m, colons);
	m.comma = PICK(&m, commas);
	m.is_wild = below(&m, 5) == 0;
	m.is_line = below(&m, 4) != 0;
	m.has_trailing = below(&m, 3) == 0;
	if (below(&m, 8) == 0)
		buf_puts(out, "\xef\xbb\xbf");
	if (below(&m, 4) == 0)
		buf_printf(out, "// keep first%s", m.line_break);
	wild_gap(&m);
	if (below(&m, 20) != 0)
		put_members(&m, 0, true);
	wild_gap(&m);
	if (below(&m, 2) == 0)
		buf_puts(out, m.line_break);
	if (below(&m, 6) == 0)
		buf_puts(out, "// keep last");
}

/* --- edits ------------------------------------------------------------------- */

/* What the edit needs to be there: a string or nothing, an array or nothing, a string at i. */
static bool change_is_possible(const struct jsonc *j, struct change *c, uint64_t random)
{
	enum jsonc_type type = jsonc_type_of(j, c->key);
	char **items = NULL;
	size_t n = 0;
	bool is_possible = false;

	if (c->what == CHANGE_SET)
		return type == JSONC_NONE || type == JSONC_STRING;
	if (c->what == CHANGE_REMOVE)
		return type != JSONC_NONE;
	if (c->what == CHANGE_APPEND)
		return type == JSONC_NONE || type == JSONC_ARRAY;
	if (!jsonc_strings(j, c->key, &items, &n))
		return false;
	c->i = n == 0 ? 0 : (size_t)random % n;
	is_possible = n > 0 && (c->what == CHANGE_REMOVE_ITEM || items[c->i] != NULL);
	jsonc_strings_free(items, n);
	return is_possible;
}

bool change_choose(const struct jsonc *j, uint64_t seed, struct change *out)
{
	static const char *const keys[] = {"a", "b", "k", "k.paths", "", "new"};
	static const char *const values[] = {
		"v", "/home/ada/.local/lib", "\"\\\n", "\xf0\x9f\x98\x80"};
	struct maker m = {.state = ~seed};

	for (size_t tries = 0; tries < 60; tries++) {
		struct change c = {
			/* the kind first, so that each has its turn */
			.what = (enum change_what)((seed + tries / 12) % 5),
			.key = PICK(&m, keys),
			.value = PICK(&m, values),
		};

		if (change_is_possible(j, &c, next(&m.state))) {
			*out = c;
			return true;
		}
	}
	return false;
}

bool change_apply(const struct jsonc *j, const struct change *c, struct buf *out, struct err *e)
{
	switch (c->what) {
	case CHANGE_SET: return jsonc_set_string(j, c->key, c->value, out, e);
	case CHANGE_APPEND: return jsonc_append_item(j, c->key, c->value, out, e);
	case CHANGE_REPLACE: return jsonc_replace_item(j, c->key, c->i, c->value, out, e);
	case CHANGE_REMOVE: return jsonc_remove(j, c->key, out, e);
	case CHANGE_REMOVE_ITEM: return jsonc_remove_item(j, c->key, c->i, out, e);
	}
	return false;
}
