/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "updaters/lib/jsonc_tree.h"
#include "updaters/lib/list.h"

/* --- the new text: the old one with some bytes replaced ----------------------- */

/* In the order of their places; what two of them take goes once. */
bool jsonc_splice(const struct jsonc *j, const struct jsonc_splice *splices, size_t n,
	struct buf *out, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf text;
	size_t at = 0;

	buf_init(&text, JSONC_TEXT_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct jsonc_splice *s = &splices[i];

		if (s->from > at)
			buf_put(&text, j->raw + at, s->from - at);
		buf_put(&text, s->text.bytes, s->text.len);
		at = s->to > at ? s->to : at;
	}
	buf_put(&text, j->raw + at, j->len - at);
	if (text.is_full || text.len > out->limit_bytes)
		return err_set(e, ERR_TOO_BIG, "the settings would become larger than 4 MiB");
	buf_reset(out);
	return buf_put(out, buf_str(&text), text.len) ||
	       err_set(e, ERR_INTERNAL, "no memory to change a file of settings");
}

/* --- what can be edited ------------------------------------------------------ */

static const char *const type_names[] = {
	[JSONC_NONE] = "nothing",
	[JSONC_NULL] = "null",
	[JSONC_BOOL] = "true or false",
	[JSONC_NUMBER] = "a number",
	[JSONC_STRING] = "a string",
	[JSONC_ARRAY] = "an array",
	[JSONC_OBJECT] = "an object",
};

static bool check_type(const struct jsonc *j, const struct jsonc_member *m, const char *what,
	enum jsonc_type type, struct err *e)
{
	size_t line = 0, column = 0;

	if (m->type == type)
		return true;
	jsonc_line_column(j->raw, j->len, m->value, &line, &column);
	return err_set(e, ERR_PARSE, "%zu:%zu: %s is %s, not %s", line, column, what,
		type_names[m->type], type_names[type]);
}

/* A blank text is an object that nobody wrote yet. */
static bool check_edit(const struct jsonc *j, const char *key, const char *value, struct err *e)
{
	if (!text_is_utf8(key, strlen(key)) || !text_is_utf8(value, strlen(value)))
		return err_set(e, ERR_PARSE, "\"%s\": \"%s\" is not UTF-8, so JSON can't hold it",
			key, value);
	return j->root.type == JSONC_NONE || check_type(j, &j->root, "the file", JSONC_OBJECT, e);
}

static bool array_find(
	const struct jsonc *j, const char *key, struct jsonc_container *out, struct err *e)
{
	const struct jsonc_member *m = jsonc_find(j, key);

	if (m == NULL)
		return err_set(e, ERR_INTERNAL, "there is no \"%s\" in the settings", key);
	if (!check_type(j, m, key, JSONC_ARRAY, e))
		return false;
	*out = (struct jsonc_container){
		.open = m->value,
		.close = m->end - 1,
		.members = m->n_items == 0 ? NULL : &j->items[m->items],
		.n = m->n_items,
	};
	return true;
}

static bool item_find(const struct jsonc *j, const char *key, size_t i, struct jsonc_container *out,
	struct err *e)
{
	if (!array_find(j, key, out, e))
		return false;
	return i < out->n ||
	       err_set(e, ERR_INTERNAL, "\"%s\" has %zu items, none at %zu", key, out->n, i);
}

/* --- taking away ------------------------------------------------------------- */

/* The bytes of the i-th member, apart from the comma of the one before. */
static struct jsonc_splice member_cut(
	const struct jsonc *j, const struct jsonc_container *c, size_t i, bool is_first)
{
	struct jsonc_gap before = jsonc_gap_before(j, c, i), after = jsonc_gap_before(j, c, i + 1);
	bool has_next = i + 1 < c->n;

	if (before.right_line != 0 && after.line_end != 0) /* whole lines */
		return (struct jsonc_splice){.from = before.right_line,
			.to = after.line_end + jsonc_break_len(j, after.line_end)};
	if (has_next && after.line_end == 0 && (is_first || before.right_line != 0))
		return (struct jsonc_splice){.from = before.right_start, .to = after.right_start};
	return (struct jsonc_splice){
		.from = before.rest_is_line_comment ? before.right_start : before.rest_end,
		.to = after.left_end,
	};
}

/* What a removal takes: the cuts, in the order of their places. */
struct cuts {
	struct jsonc_splice *items;
	size_t n;
};

static void cuts_clear(struct cuts *cuts)
{
	free(cuts->items);
}

static bool cuts_add(struct cuts *cuts, struct jsonc_splice cut, struct err *e)
{
	struct jsonc_splice *grown = list_grow(cuts->items, cuts->n, JSONC_TEXT_MAX, sizeof(cut));

	if (grown == NULL)
		return err_set(e, ERR_INTERNAL, "no memory to change a file of settings");
	cuts->items = grown;
	grown[cuts->n++] = cut;
	return true;
}

/* Which members go: those of the key, or the one item. */
struct choice {
	const char *key;
	size_t i;
};

static bool choice_has(const struct choice *which, const struct jsonc *j,
	const struct jsonc_container *c, size_t i)
{
	return which->key == NULL ? i == which->i : jsonc_key_is(j, &c->members[i], which->key);
}

/* The last that stays loses its comma, where the last that was there had none. */
static bool cuts_find(const struct jsonc *j, const struct jsonc_container *c,
	const struct choice *which, struct cuts *cuts, struct err *e)
{
	size_t n = c->n, n_kept = n;
	bool is_first = true; /* none before it stays */

	while (n_kept > 0 && choice_has(which, j, c, n_kept - 1))
		n_kept--;
	for (size_t i = 0; i < n; i++) {
		bool goes = i >= n_kept || choice_has(which, j, c, i);
		size_t comma = c->members[i].comma;

		if (goes && !cuts_add(cuts, member_cut(j, c, i, is_first), e))
			return false;
		if (i + 1 == n_kept && n_kept < n && c->members[n - 1].comma == 0 &&
			!cuts_add(cuts, (struct jsonc_splice){.from = comma, .to = comma + 1}, e))
			return false;
		is_first = is_first && goes;
	}
	return true;
}

static bool members_remove(const struct jsonc *j, const struct jsonc_container *c,
	const struct choice *which, struct buf *out, struct err *e)
{
	SCOPED_CLEAR(cuts_clear) struct cuts cuts = {0};

	return cuts_find(j, c, which, &cuts, e) && jsonc_splice(j, cuts.items, cuts.n, out, e);
}

/* --- what callers ask -------------------------------------------------------- */

static bool value_replace(const struct jsonc *j, const struct jsonc_member *m, const char *what,
	const char *value, struct buf *out, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf text;
	struct jsonc_splice splice = {.from = m->value, .to = m->end};

	buf_init(&text, JSONC_TEXT_MAX);
	if (!check_type(j, m, what, JSONC_STRING, e))
		return false;
	jsonc_put_string(&text, value);
	if (text.is_full)
		return err_set(e, ERR_TOO_BIG, "the settings would become larger than 4 MiB");
	splice.text = (struct jsonc_text){text.data, text.len};
	return jsonc_splice(j, &splice, 1, out, e);
}

bool jsonc_set_string(
	const struct jsonc *j, const char *key, const char *value, struct buf *out, struct err *e)
{
	const struct jsonc_member *m = NULL;

	if (!check_edit(j, key, value, e))
		return false;
	m = jsonc_find(j, key);
	return m == NULL ? jsonc_add_property(j, key, value, false, out, e)
			 : value_replace(j, m, key, value, out, e);
}

bool jsonc_replace_item(const struct jsonc *j, const char *key, size_t i, const char *value,
	struct buf *out, struct err *e)
{
	struct jsonc_container c;

	return check_edit(j, key, value, e) && item_find(j, key, i, &c, e) &&
	       value_replace(j, &c.members[i], "the item", value, out, e);
}

bool jsonc_append_item(
	const struct jsonc *j, const char *key, const char *value, struct buf *out, struct err *e)
{
	struct jsonc_container c;

	if (!check_edit(j, key, value, e))
		return false;
	if (jsonc_find(j, key) == NULL)
		return jsonc_add_property(j, key, value, true, out, e);
	return array_find(j, key, &c, e) && jsonc_add_item(j, &c, value, out, e);
}

bool jsonc_remove_item(
	const struct jsonc *j, const char *key, size_t i, struct buf *out, struct err *e)
{
	struct jsonc_container c;

	return check_edit(j, key, "", e) && item_find(j, key, i, &c, e) &&
	       members_remove(j, &c, &(struct choice){.i = i}, out, e);
}

bool jsonc_remove(const struct jsonc *j, const char *key, struct buf *out, struct err *e)
{
	struct jsonc_container root = jsonc_root(j);

	return check_edit(j, key, "", e) &&
	       members_remove(j, &root, &(struct choice){.key = key}, out, e);
}
