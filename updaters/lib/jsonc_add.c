/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "updaters/lib/json.h"
#include "updaters/lib/jsonc_tree.h"

/* --- where the next member goes ---------------------------------------------- */

/* Where the next member of a container is put, and in which hand. */
struct place {
	size_t at;
	size_t comma_at;        /* where the one before gets its comma, or 0 */
	bool has_comma;         /* it ends with a comma, as the one before did */
	bool is_line;           /* it gets a line of its own */
	bool is_object_missing; /* the file is blank */
	struct jsonc_text line_break, indent, more_indent; /* of its line */
	struct jsonc_text space;                           /* before it, without one */
};

static struct place place_in_blank(const struct jsonc *j)
{
	return (struct place){
		.at = j->len,
		.is_line = true,
		.is_object_missing = true,
		.line_break = jsonc_line_break(j),
		.more_indent = jsonc_indent_unit(j),
	};
}

static struct place place_in_empty(const struct jsonc *j, const struct jsonc_container *c)
{
	struct jsonc_gap gap = jsonc_gap_before(j, c, 0);
	struct place p = {.at = gap.rest_end, .is_line = gap.right_line != 0};
	bool is_tight = c->close == c->open + 1;

	if (!p.is_line) {
		p.space = (struct jsonc_text){" ", is_tight ? 0 : 1};
		return p;
	}
	p.at = jsonc_line_end(j, p.at);
	p.line_break = jsonc_line_break_at(j, p.at);
	p.indent = jsonc_indent_at(j, gap.rest_line != 0 ? gap.rest_line : c->open);
	if (gap.rest_line == 0)
		p.more_indent = jsonc_indent_unit(j);
	return p;
}

static struct place place_behind(const struct jsonc *j, const struct jsonc_container *c)
{
	const struct jsonc_member *last = &c->members[c->n - 1];
	struct jsonc_gap before = jsonc_gap_before(j, c, c->n - 1);
	struct jsonc_gap gap = jsonc_gap_before(j, c, c->n);
	struct place p = {.at = gap.left_end, .has_comma = last->comma != 0};

	/* behind a remark it would take the remark over */
	p.is_line = before.right_line != 0 || gap.has_remark;
	if (!p.is_line) {
		p.comma_at = p.has_comma ? 0 : p.at;
		p.space = jsonc_space(j, c);
		return p;
	}
	p.at = jsonc_line_end(j, p.at); /* behind the blanks, if it ends there */
	p.comma_at = p.has_comma ? 0 : last->end;
	p.line_break = jsonc_line_break_at(j, p.at);
	p.indent = jsonc_indent_at(j, before.right_line != 0 ? before.right_line : c->open);
	if (before.right_line == 0)
		p.more_indent = jsonc_indent_unit(j);
	return p;
}

static struct place place_find(const struct jsonc *j, const struct jsonc_container *c)
{
	if (j->root.type == JSONC_NONE)
		return place_in_blank(j);
	return c->n == 0 ? place_in_empty(j, c) : place_behind(j, c);
}

/* --- what goes there --------------------------------------------------------- */

static void put(struct buf *out, struct jsonc_text text)
{
	buf_put(out, text.bytes, text.len);
}

void jsonc_put_string(struct buf *out, const char *s)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_put_str(&w, NULL, s);
}

static void put_line(struct buf *out, const struct place *p)
{
	put(out, p->line_break);
	put(out, p->indent);
	put(out, p->more_indent);
}

/* Does the text lack a line break before something can be put on a line of its own? */
static bool is_line_open(const struct jsonc *j)
{
	size_t start = j->len >= 3 && memcmp(j->raw, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	return j->len > start && j->raw[j->len - 1] != '\n' && j->raw[j->len - 1] != '\r';
}

static void put_object(
	const struct jsonc *j, const struct place *p, const struct buf *member, struct buf *out)
{
	if (is_line_open(j))
		put(out, p->line_break);
	buf_puts(out, "{");
	put_line(out, p);
	buf_put(out, buf_str(member), member->len);
	put(out, p->line_break);
	buf_puts(out, "}");
	if (!is_line_open(j))
		put(out, p->line_break);
}

static void put_member(const struct place *p, const struct buf *member, struct buf *out)
{
	if (p->is_line)
		put_line(out, p);
	else
		put(out, p->space);
	buf_put(out, buf_str(member), member->len);
	if (p->has_comma)
		buf_puts(out, ",");
}

static bool place_fill(const struct jsonc *j, const struct place *p, const struct buf *member,
	struct buf *out, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf text;

	buf_init(&text, JSONC_TEXT_MAX);
	if (p->is_object_missing)
		put_object(j, p, member, &text);
	else
		put_member(p, member, &text);
	if (text.is_full || member->is_full)
		return err_set(e, ERR_TOO_BIG, "the settings would become larger than 4 MiB");

	struct jsonc_splice splices[] = {
		{.from = p->comma_at, .to = p->comma_at, .text = {",", 1}},
		{.from = p->at, .to = p->at, .text = {text.data, text.len}},
	};
	size_t skip = p->comma_at == 0 ? 1 : 0;

	return jsonc_splice(j, splices + skip, 2 - skip, out, e);
}

static void put_array(
	const struct jsonc *j, const struct place *p, const char *item, struct buf *out)
{
	buf_puts(out, "[");
	if (p->is_line) {
		put_line(out, p);
		put(out, jsonc_indent_unit(j));
	}
	jsonc_put_string(out, item);
	if (p->is_line)
		put_line(out, p);
	buf_puts(out, "]");
}

bool jsonc_add_property(const struct jsonc *j, const char *key, const char *value, bool is_array,
	struct buf *out, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf member;
	struct jsonc_container root = jsonc_root(j);
	struct place p = place_find(j, &root);

	buf_init(&member, JSONC_TEXT_MAX);
	jsonc_put_string(&member, key);
	put(&member, jsonc_colon(j));
	if (is_array)
		put_array(j, &p, value, &member);
	else
		jsonc_put_string(&member, value);
	return place_fill(j, &p, &member, out, e);
}

bool jsonc_add_item(const struct jsonc *j, const struct jsonc_container *c, const char *value,
	struct buf *out, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf member;
	struct place p = place_find(j, c);

	buf_init(&member, JSONC_TEXT_MAX);
	jsonc_put_string(&member, value);
	return place_fill(j, &p, &member, out, e);
}
