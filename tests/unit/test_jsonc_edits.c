/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * 10,000 texts and edits from seeds: the parse of the result is the edit of the parse, no byte
 * outside the edit changes, and taking away what was added gives the text back.
 */
#include "jsonc_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "updaters/lib/json.h"
#include "updaters/lib/jsonc_tree.h"

enum { N_SEEDS = 10000 };

/* --- the model: all that a text says, a row for each value, as it is written ---- */

static void add_slice(struct strings *rows, const char *prefix, const char *raw, size_t len)
{
	SCOPED_CLEAR(buf_clear) struct buf row;

	buf_init(&row, 1 << 20);
	buf_puts(&row, prefix);
	buf_put(&row, raw, len);
	assert_true(strings_add(rows, buf_str(&row)));
}

static void add_member(const struct jsonc *j, const struct jsonc_member *m, const char *prefix,
	struct strings *rows)
{
	add_slice(rows, prefix, j->raw + m->value, m->end - m->value);
}

static void add_string(struct strings *rows, const char *prefix, const char *value)
{
	SCOPED_CLEAR(buf_clear) struct buf text;
	struct json_writer w;

	buf_init(&text, 1024);
	json_writer_init(&w, &text);
	json_put_str(&w, NULL, value);
	add_slice(rows, prefix, text.data, text.len);
}

static bool is_item_change(const struct change *c)
{
	return c->what == CHANGE_APPEND || c->what == CHANGE_REPLACE ||
	       c->what == CHANGE_REMOVE_ITEM;
}

static void add_items(const struct jsonc *j, const struct jsonc_member *m, const struct change *c,
	struct strings *rows)
{
	for (size_t i = 0; i < m->n_items; i++) {
		bool is_it = c != NULL && i == c->i;

		if (is_it && c->what == CHANGE_REPLACE)
			add_string(rows, "item ", c->value);
		else if (!is_it || c->what != CHANGE_REMOVE_ITEM)
			add_member(j, &j->items[m->items + i], "item ", rows);
	}
	if (c != NULL && c->what == CHANGE_APPEND)
		add_string(rows, "item ", c->value);
}

/* The rows of a text with the change made, or as it is. */
static void model_fill(const struct jsonc *j, const struct change *c, struct strings *rows)
{
	const struct jsonc_member *at = c == NULL ? NULL : jsonc_find(j, c->key);

	for (size_t i = 0; i < j->n_members; i++) {
		const struct jsonc_member *m = &j->members[i];

		if (c != NULL && c->what == CHANGE_REMOVE && jsonc_key_is(j, m, c->key))
			continue;
		/* a row is "key" and the bytes between the quotes, whose escapes must stay */
		add_slice(rows, "key ", j->raw + m->start, m->key_end - m->start);
		if (m->type == JSONC_ARRAY)
			add_items(j, m, m == at && is_item_change(c) ? c : NULL, rows);
		else if (m == at && c->what == CHANGE_SET)
			add_string(rows, "", c->value);
		else
			add_member(j, m, "", rows);
	}
	if (c == NULL || at != NULL || c->what == CHANGE_REMOVE)
		return;
	add_string(rows, "key ", c->key);
	add_string(rows, c->what == CHANGE_APPEND ? "item " : "", c->value);
}

static bool models_are_equal(const struct strings *a, const struct strings *b)
{
	if (a->n_items != b->n_items)
		return false;
	for (size_t i = 0; i < a->n_items; i++) {
		if (!text_equal(a->items[i], b->items[i]))
			return false;
	}
	return true;
}

/* --- bytes ------------------------------------------------------------------- */

static size_t common_prefix(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t n = 0;

	while (n < a_len && n < b_len && a[n] == b[n])
		n++;
	return n;
}

/* Is the long text the short one with one run of bytes put in? */
static bool is_one_run(const char *small, size_t small_len, const char *large, size_t large_len)
{
	size_t head = common_prefix(small, small_len, large, large_len), tail = 0;

	while (tail < small_len && tail < large_len &&
		small[small_len - 1 - tail] == large[large_len - 1 - tail])
		tail++;
	return large_len >= small_len && head + tail >= small_len;
}

/* The same, or one with a comma put in somewhere before it. */
static bool is_one_run_and_comma(const struct buf *small, const struct buf *large)
{
	if (is_one_run(buf_str(small), small->len, buf_str(large), large->len))
		return true;

	size_t head = common_prefix(buf_str(small), small->len, buf_str(large), large->len);

	return head < large->len && buf_str(large)[head] == ',' &&
	       is_one_run(buf_str(small) + head, small->len - head, buf_str(large) + head + 1,
		       large->len - head - 1);
}

/* Are only the bytes of that value others? */
static bool is_only_value(
	const struct buf *before, const struct jsonc_member *m, const struct buf *after)
{
	size_t tail = before->len - m->end;

	return after->len >= m->value + tail && memcmp(before->data, after->data, m->value) == 0 &&
	       memcmp(before->data + m->end, after->data + after->len - tail, tail) == 0;
}

static size_t count_kept(const char *raw, size_t len)
{
	static const char word[] = {'k', 'e', 'e', 'p'};
	size_t n = 0;

	for (size_t i = 0; i + sizeof(word) <= len; i++)
		n += memcmp(raw + i, word, sizeof(word)) == 0;
	return n;
}

/* Comments that the change may take: those within what it takes. */
static size_t count_taken(const struct jsonc *j, const struct change *c)
{
	size_t n = 0;

	if (c->what == CHANGE_REMOVE_ITEM) {
		const struct jsonc_member *m = &j->items[jsonc_find(j, c->key)->items + c->i];

		return count_kept(j->raw + m->start, m->end - m->start);
	}
	for (size_t i = 0; i < j->n_members && c->what == CHANGE_REMOVE; i++) {
		const struct jsonc_member *m = &j->members[i];

		if (jsonc_key_is(j, m, c->key))
			n += count_kept(j->raw + m->start, m->end - m->start);
	}
	return n;
}

static bool bytes_are_kept(const struct jsonc *j, const struct change *c, const struct buf *before,
	const struct buf *after)
{
	const struct jsonc_member *m = jsonc_find(j, c->key);
	size_t n_equal = 0;

	for (size_t i = 0; i < j->n_members; i++)
		n_equal += jsonc_key_is(j, &j->members[i], c->key);
	if (c->what == CHANGE_SET && m != NULL)
		return is_only_value(before, m, after);
	if (c->what == CHANGE_REPLACE)
		return is_only_value(before, &j->items[m->items + c->i], after);
	if (c->what == CHANGE_SET || c->what == CHANGE_APPEND)
		return is_one_run_and_comma(before, after);
	return n_equal > 1 || is_one_run_and_comma(after, before);
}

/* --- one seed ---------------------------------------------------------------- */

static struct jsonc *parse(uint64_t seed, const struct buf *text)
{
	struct jsonc *j = NULL;
	struct err e = {0};

	if (!jsonc_parse(buf_str(text), text->len, &j, &e))
		fail_msg("seed %llu: %s\n%s", (unsigned long long)seed, e.text, buf_str(text));
	return j;
}

static void check_way_back(uint64_t seed, const struct jsonc *j, const struct change *c,
	const struct buf *before, const struct buf *after)
{
	SCOPED_CLEAR(buf_clear) struct buf back;
	SCOPED(jsonc_free) struct jsonc *changed = parse(seed, after);
	const struct jsonc_member *m = jsonc_find(j, c->key);
	struct change undo = *c;
	struct err e = {0};

	buf_init(&back, JSONC_TEXT_MAX);
	undo.what = m == NULL ? CHANGE_REMOVE : CHANGE_REMOVE_ITEM;
	undo.i = m == NULL ? 0 : m->n_items;
	if (!change_apply(changed, &undo, &back, &e) || back.len != before->len ||
		memcmp(buf_str(&back), buf_str(before), back.len) != 0)
		fail_msg("seed %llu: no way back %s\n--- before\n%s\n--- after\n%s\n--- back\n%s",
			(unsigned long long)seed, e.text, buf_str(before), buf_str(after),
			buf_str(&back));
}

static bool is_addition(const struct jsonc *j, const struct change *c)
{
	return c->what == CHANGE_APPEND ||
	       (c->what == CHANGE_SET && jsonc_type_of(j, c->key) == JSONC_NONE);
}

static void check_seed(uint64_t seed, size_t n_done[])
{
	SCOPED_CLEAR(buf_clear) struct buf before, after = {.limit_bytes = JSONC_TEXT_MAX};
	SCOPED_CLEAR(strings_clear) struct strings wanted = {0}, found = {0};
	SCOPED(jsonc_free) struct jsonc *j = NULL, *changed = NULL;
	struct change c = {0};
	struct err e = {0};

	buf_init(&before, JSONC_TEXT_MAX);
	jsonc_make(seed, &before);
	j = parse(seed, &before);
	if (!change_choose(j, seed, &c))
		return;
	if (!change_apply(j, &c, &after, &e))
		fail_msg("seed %llu: %s\n%s", (unsigned long long)seed, e.text, buf_str(&before));
	changed = parse(seed, &after);
	model_fill(j, &c, &wanted);
	model_fill(changed, NULL, &found);
	if (!models_are_equal(&wanted, &found) || !bytes_are_kept(j, &c, &before, &after) ||
		count_kept(j->raw, j->len) !=
			count_kept(changed->raw, changed->len) + count_taken(j, &c))
		fail_msg("seed %llu, edit %d of \"%s\" %zu\n--- before\n%s\n--- after\n%s",
			(unsigned long long)seed, c.what, c.key, c.i, buf_str(&before),
			buf_str(&after));
	if (is_addition(j, &c) && j->root.type != JSONC_NONE)
		check_way_back(seed, j, &c, &before, &after);
	n_done[c.what]++;
}

static void test_seeded_edits(void **state)
{
	size_t n_done[5] = {0};

	(void)state;
	for (uint64_t seed = 1; seed <= N_SEEDS; seed++)
		check_seed(seed, n_done);
	/* each edit was met often */
	for (size_t i = 0; i < ARRAY_SIZE(n_done); i++)
		assert_true(n_done[i] > N_SEEDS / 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_seeded_edits)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
