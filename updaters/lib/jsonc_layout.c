/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "updaters/lib/jsonc_tree.h"

/* --- tokens between values, which the parser found to be well formed ---------- */

enum token_kind { TOKEN_NONE, TOKEN_BREAK, TOKEN_LINE_COMMENT, TOKEN_BLOCK_COMMENT };

struct token {
	enum token_kind kind;
	size_t start, end;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_break(char c)
{
	return c == '\n' || c == '\r';
}

size_t jsonc_break_len(const struct jsonc *j, size_t at)
{
	if (at >= j->len || !is_break(j->raw[at]))
		return 0;
	return j->raw[at] == '\r' && at + 1 < j->len && j->raw[at + 1] == '\n' ? 2 : 1;
}

static size_t comment_end(const char *raw, size_t at, size_t to)
{
	if (raw[at + 1] == '/') {
		while (at < to && !is_break(raw[at]))
			at++;
		return at;
	}
	for (at += 2; raw[at] != '*' || raw[at + 1] != '/'; at++)
		;
	return at + 2;
}

static struct token token_next(const struct jsonc *j, size_t at, size_t to)
{
	while (at < to && is_blank(j->raw[at]))
		at++;

	struct token t = {.start = at, .end = at};

	if (at == to)
		return t;
	t.end = at + jsonc_break_len(j, at);
	t.kind = TOKEN_BREAK;
	if (t.end == at) {
		t.kind = j->raw[at + 1] == '/' ? TOKEN_LINE_COMMENT : TOKEN_BLOCK_COMMENT;
		t.end = comment_end(j->raw, at, to);
	}
	return t;
}

/* --- gaps -------------------------------------------------------------------- */

/* What is the left one's, from behind its comma, or behind itself where it has none. */
static void gap_read_left(
	const struct jsonc *j, size_t at, size_t to, bool has_comma, struct jsonc_gap *gap)
{
	struct token t = token_next(j, at, to);
	size_t end = at;
	bool is_line_comment = false;

	for (; t.kind > TOKEN_BREAK; t = token_next(j, t.end, to)) {
		end = t.end;
		is_line_comment = t.kind == TOKEN_LINE_COMMENT;
	}
	gap->left_end = at;
	if (t.kind == TOKEN_BREAK) {
		gap->line_end = t.start;
		gap->has_remark = end != at;
	}
	/* behind a comma a comment may be about what follows on the line */
	if (t.kind == TOKEN_BREAK || !has_comma) {
		gap->left_end = end;
		gap->rest_is_line_comment = is_line_comment;
	}
	gap->rest_end = gap->left_end;
}

/* The comments from first to last turned out to be nobody's. */
static void gap_pass(
	struct jsonc_gap *gap, const struct token *first, const struct token *last, size_t line)
{
	if (first->kind == TOKEN_NONE)
		return;
	gap->rest_end = last->end;
	gap->rest_is_line_comment = last->kind == TOKEN_LINE_COMMENT;
	gap->rest_line = line;
}

static void gap_read_right(const struct jsonc *j, size_t to, bool is_member, struct jsonc_gap *gap)
{
	struct token first = {0}, last = {0}; /* comments of the line */
	struct token t = token_next(j, gap->left_end, to);

	for (; t.kind != TOKEN_NONE; t = token_next(j, t.end, to)) {
		if (t.kind == TOKEN_BREAK) {
			gap_pass(gap, &first, &last, gap->right_line);
			first = (struct token){0};
			gap->right_line = t.end;
			continue;
		}
		if (first.kind == TOKEN_NONE)
			first = t;
		last = t;
	}
	gap->right_start = to;
	if (!is_member)
		gap_pass(gap, &first, &last, gap->right_line);
	else if (first.kind != TOKEN_NONE)
		gap->right_start = first.start;
}

struct jsonc_gap jsonc_gap_before(const struct jsonc *j, const struct jsonc_container *c, size_t i)
{
	const struct jsonc_member *left = i == 0 ? NULL : &c->members[i - 1];
	size_t from = left == NULL ? c->open + 1 : left->end;
	size_t to = i == c->n ? c->close : c->members[i].start;
	bool has_comma = left != NULL && left->comma != 0;
	struct jsonc_gap gap = {0};

	gap_read_left(j, has_comma ? left->comma + 1 : from, to, has_comma, &gap);
	gap_read_right(j, to, i < c->n, &gap);
	return gap;
}

/* --- the file's hand --------------------------------------------------------- */

struct jsonc_container jsonc_root(const struct jsonc *j)
{
	return (struct jsonc_container){
		.open = j->root.value,
		.close = j->root.end - 1,
		.members = j->members,
		.n = j->n_members,
	};
}

static struct jsonc_text text_between(const struct jsonc *j, size_t from, size_t to)
{
	return (struct jsonc_text){j->raw + from, to - from};
}

static struct jsonc_text text_const(const char *s)
{
	return (struct jsonc_text){s, strlen(s)};
}

static size_t skip_blanks(const struct jsonc *j, size_t at)
{
	while (at < j->len && is_blank(j->raw[at]))
		at++;
	return at;
}

size_t jsonc_line_end(const struct jsonc *j, size_t at)
{
	size_t end = skip_blanks(j, at);

	return jsonc_break_len(j, end) > 0 ? end : at;
}

struct jsonc_text jsonc_line_break(const struct jsonc *j)
{
	for (size_t at = 0; at < j->len; at++) {
		if (is_break(j->raw[at]))
			return text_between(j, at, at + jsonc_break_len(j, at));
	}
	return text_const("\n");
}

struct jsonc_text jsonc_line_break_at(const struct jsonc *j, size_t at)
{
	size_t len = jsonc_break_len(j, at);

	return len == 0 ? jsonc_line_break(j) : text_between(j, at, at + len);
}

struct jsonc_text jsonc_indent_at(const struct jsonc *j, size_t at)
{
	while (at > 0 && !is_break(j->raw[at - 1]))
		at--;
	return text_between(j, at, skip_blanks(j, at));
}

struct jsonc_text jsonc_indent_unit(const struct jsonc *j)
{
	struct jsonc_container root = jsonc_root(j);
	struct jsonc_text outer, inner, unknown = text_const("    "); /* as the editors have it */

	if (root.n == 0)
		return unknown;

	size_t line = jsonc_gap_before(j, &root, 0).right_line;

	if (line == 0)
		return unknown;
	outer = jsonc_indent_at(j, root.open);
	inner = jsonc_indent_at(j, line);
	if (inner.len < outer.len || memcmp(inner.bytes, outer.bytes, outer.len) != 0)
		return unknown;
	return (struct jsonc_text){inner.bytes + outer.len, inner.len - outer.len};
}

struct jsonc_text jsonc_colon(const struct jsonc *j)
{
	if (j->n_members > 0) {
		const struct jsonc_member *m = &j->members[j->n_members - 1];
		size_t colon = skip_blanks(j, m->key_end);

		if (j->raw[colon] == ':' && skip_blanks(j, colon + 1) == m->value)
			return text_between(j, m->key_end, m->value);
	}
	return text_const(": ");
}

struct jsonc_text jsonc_space(const struct jsonc *j, const struct jsonc_container *c)
{
	struct jsonc_text colon = jsonc_colon(j);

	if (c->n > 1) {
		size_t from = c->members[c->n - 2].comma + 1, to = c->members[c->n - 1].start;

		if (skip_blanks(j, from) == to)
			return text_between(j, from, to);
	}
	return text_const(is_blank(colon.bytes[colon.len - 1]) ? " " : "");
}
