/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as settings: refused with a place, or read; then each edit gives a text that parses
 * and says what it was asked to, and what was added can be taken away again.
 */
#include "target.h"

#include "updaters/lib/jsonc_tree.h"

static struct jsonc *parse(const struct buf *text)
{
	struct jsonc *j = NULL;
	struct err e = {0};

	must(jsonc_parse(buf_str(text), text->len, &j, &e), e.text);
	return j;
}

static void check_same(const struct jsonc *first, const struct buf *back)
{
	must(first->root.type == JSONC_NONE ||
			(back->len == first->len &&
				memcmp(buf_str(back), first->raw, back->len) == 0),
		"what was added and taken away left something");
}

static void try_set(const struct jsonc *j, const char *key)
{
	SCOPED_CLEAR(buf_clear) struct buf out, back;
	SCOPED(jsonc_free) struct jsonc *changed = NULL;
	bool is_new = jsonc_type_of(j, key) == JSONC_NONE;
	char text[8];

	buf_init(&out, JSONC_TEXT_MAX);
	buf_init(&back, JSONC_TEXT_MAX);
	if (!jsonc_set_string(j, key, "v", &out, NULL))
		return;
	changed = parse(&out);
	must(jsonc_string(changed, key, text, sizeof(text)) && text_equal(text, "v"), "not set");
	if (!is_new)
		return;
	must(jsonc_remove(changed, key, &back, NULL), "not removed");
	check_same(j, &back);
}

static void try_append(const struct jsonc *j, const char *key)
{
	SCOPED_CLEAR(buf_clear) struct buf out, back;
	SCOPED(jsonc_free) struct jsonc *changed = NULL;
	const struct jsonc_member *before = jsonc_find(j, key), *after = NULL;

	buf_init(&out, JSONC_TEXT_MAX);
	buf_init(&back, JSONC_TEXT_MAX);
	if (!jsonc_append_item(j, key, "v", &out, NULL))
		return;
	changed = parse(&out);
	after = jsonc_find(changed, key);
	must(after != NULL && after->n_items == (before == NULL ? 1 : before->n_items + 1),
		"not one item more");
	if (before == NULL)
		must(jsonc_remove(changed, key, &back, NULL), "not removed");
	else
		must(jsonc_remove_item(changed, key, before->n_items, &back, NULL), "not removed");
	check_same(j, &back);
}

static void try_remove_items(const struct jsonc *j, const char *key)
{
	const struct jsonc_member *m = jsonc_find(j, key);

	for (size_t i = 0; m != NULL && m->type == JSONC_ARRAY && i < m->n_items && i < 8; i++) {
		SCOPED_CLEAR(buf_clear) struct buf out, replaced;
		SCOPED(jsonc_free) struct jsonc *changed = NULL, *other = NULL;

		buf_init(&out, JSONC_TEXT_MAX);
		buf_init(&replaced, JSONC_TEXT_MAX);
		must(jsonc_remove_item(j, key, i, &out, NULL), "no item removed");
		changed = parse(&out);
		must(jsonc_find(changed, key)->n_items == m->n_items - 1, "not one item less");
		if (jsonc_replace_item(j, key, i, "v", &replaced, NULL))
			other = parse(&replaced);
		must(other == NULL || other->n_items == j->n_items, "a replacement took items");
	}
}

static void try_remove(const struct jsonc *j, const char *key)
{
	SCOPED_CLEAR(buf_clear) struct buf out;
	SCOPED(jsonc_free) struct jsonc *changed = NULL;

	buf_init(&out, JSONC_TEXT_MAX);
	if (!jsonc_remove(j, key, &out, NULL))
		return;
	changed = parse(&out);
	must(jsonc_type_of(changed, key) == JSONC_NONE, "removed, and still there");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = {"a", "k", "", "new"};
	SCOPED(jsonc_free) struct jsonc *j = NULL;
	struct err e = {0};

	if (!jsonc_parse((const char *)data, size, &j, &e)) {
		must(e.code == ERR_PARSE || e.code == ERR_TOO_BIG, "refused without a reason");
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		try_set(j, keys[i]);
		try_append(j, keys[i]);
		try_remove_items(j, keys[i]);
		try_remove(j, keys[i]);
	}
	return 0;
}
