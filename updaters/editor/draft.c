/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/editor/draft.h"

#include <stdlib.h>
#include <string.h>

void draft_clear(struct draft *d)
{
	jsonc_free(d->parsed);
	free(d->text);
	*d = (struct draft){0};
}

/* The text becomes d's, also where it does not parse. */
static bool take(struct draft *d, char *text, size_t len, struct err *e)
{
	SCOPED_FREE char *owned = text;
	SCOPED(jsonc_free) struct jsonc *parsed = NULL;

	if (owned == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for %zu bytes of settings", len);
	if (!jsonc_parse(owned, len, &parsed, e))
		return false;
	jsonc_free(d->parsed);
	free(d->text);
	d->parsed = MOVE_PTR(parsed);
	d->text = MOVE_PTR(owned);
	d->len = len;
	return true;
}

bool draft_begin(struct draft *d, const char *raw, size_t len, struct err *e)
{
	char *copy = malloc(len + 1);

	*d = (struct draft){0};
	if (copy != NULL) {
		memcpy(copy, raw, len);
		copy[len] = '\0';
	}
	return take(d, copy, len, e);
}

/* What an edit gave. */
static bool renew(struct draft *d, struct buf *text, struct err *e)
{
	size_t len = text->len;

	if (text->is_full)
		return err_set(e, ERR_TOO_BIG, "the settings would be too long");
	d->n_edits++;
	return take(d, buf_move(text), len, e);
}

bool draft_set(struct draft *d, const char *key, const char *value, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf text;

	buf_init(&text, JSONC_TEXT_MAX);
	return jsonc_set_string(d->parsed, key, value, &text, e) && renew(d, &text, e);
}

bool draft_replace(struct draft *d, const char *key, size_t i, const char *value, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf text;

	buf_init(&text, JSONC_TEXT_MAX);
	return jsonc_replace_item(d->parsed, key, i, value, &text, e) && renew(d, &text, e);
}

bool draft_append(struct draft *d, const char *key, const char *value, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf text;

	buf_init(&text, JSONC_TEXT_MAX);
	return jsonc_append_item(d->parsed, key, value, &text, e) && renew(d, &text, e);
}

bool draft_drop(struct draft *d, const char *key, size_t i, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf text;

	buf_init(&text, JSONC_TEXT_MAX);
	return jsonc_remove_item(d->parsed, key, i, &text, e) && renew(d, &text, e);
}

void draft_list_clear(struct draft_list *l)
{
	jsonc_strings_free(l->items, l->n_items);
	*l = (struct draft_list){0};
}

void draft_list(const struct draft *d, const char *key, struct draft_list *out)
{
	*out = (struct draft_list){0};
	if (!jsonc_strings(d->parsed, key, &out->items, &out->n_items))
		*out = (struct draft_list){0};
}

size_t draft_line_of(const struct draft *d, const char *key, const char *entry)
{
	SCOPED_CLEAR(draft_list_clear) struct draft_list list = {0};
	size_t line = 0, column = 0;

	draft_list(d, key, &list);
	for (size_t i = 0; i < list.n_items; i++)
		if (list.items[i] != NULL && text_equal(list.items[i], entry) &&
			jsonc_item_place(d->parsed, key, i, &line, &column))
			return line;
	(void)!jsonc_place(d->parsed, key, &line, &column);
	return line;
}
