/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/source_read.h"

#include <string.h>

#include "updaters/lib/json.h"

struct reader {
	const struct source *source;
	const struct words *words;
	struct pattern_cache *cache;
	const struct json *root;
	uint64_t end_ms;
};

/* A pointer with its words filled in, looked up below the item, else from the root. */
static bool look_up(const struct reader *r, const struct json *item, const char *pointer,
	const struct json **out, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf text = {0};

	buf_init(&text, URL_MAX);
	if (!words_expand(r->words, pointer, WORDS_INTO_TEXT, false, &text, e))
		return false;
	*out = json_at(item, buf_str(&text));
	if (*out == NULL)
		*out = json_at(r->root, buf_str(&text));
	return true;
}

static bool check_where(
	const struct reader *r, const struct json *item, bool *out_fits, struct err *e)
{
	const struct pairs *where = &r->source->where;
	SCOPED_CLEAR(buf_clear) struct buf literal = {0};

	buf_init(&literal, URL_MAX);
	for (size_t i = 0; i < where->keys.n_items && *out_fits; i++) {
		const struct json *value = NULL;

		buf_reset(&literal);
		if (!look_up(r, item, where->keys.items[i], &value, e) ||
			!words_expand(r->words, where->values.items[i], WORDS_INTO_TEXT, false,
				&literal, e))
			return false;
		*out_fits = text_equal(json_text(value), buf_str(&literal));
	}
	return true;
}

static bool take_groups(const struct pattern *p, const struct pattern_match *m, struct pairs *entry)
{
	const char *names[PATTERN_GROUPS_MAX];
	size_t n = pattern_group_names(p, names, PATTERN_GROUPS_MAX);

	for (size_t i = 0; i < n; i++)
		if (m->groups[i].start != NULL &&
			!pairs_add(entry, names[i], m->groups[i].start, m->groups[i].len))
			return false;
	return true;
}

static bool check_match(const struct reader *r, const struct json *item, struct pairs *entry,
	bool *out_fits, struct err *e)
{
	const struct pairs *match = &r->source->match;

	for (size_t i = 0; i < match->keys.n_items && *out_fits; i++) {
		const struct json *value = NULL;
		const struct pattern *p = NULL;
		struct pattern_match m;
		const char *text;

		if (!look_up(r, item, match->keys.items[i], &value, e) ||
			!pattern_cache_get(r->cache, r->words, match->values.items[i], &p, e))
			return false;
		text = json_text(value);
		*out_fits = false;
		if (text != NULL && !pattern_find(p, text, strlen(text), out_fits, &m, e))
			return false;
		*out_fits = *out_fits && take_groups(p, &m, entry);
	}
	return true;
}

/* The source's pointers: version and url must be there, the others may be missing. */
static bool take_fields(const struct reader *r, const struct json *item, struct pairs *entry,
	bool *out_fits, struct err *e)
{
	const struct {
		const char *word;
		const char *pointer;
		bool is_needed;
	} fields[] = {{"version", r->source->version, true}, {"url", r->source->url, true},
		{"sha256", r->source->sha256, false}, {"size", r->source->size, false},
		{"date", r->source->date, false}};

	for (size_t i = 0; i < ARRAY_SIZE(fields) && *out_fits; i++) {
		const struct json *value = NULL;
		const char *text;

		if (fields[i].pointer == NULL || fields[i].pointer[0] != '/')
			continue;
		if (!look_up(r, item, fields[i].pointer, &value, e))
			return false;
		text = json_text(value);
		if (text != NULL && !pairs_add(entry, fields[i].word, text, strlen(text)))
			text = NULL;
		*out_fits = text != NULL || !fields[i].is_needed;
	}
	return true;
}

static bool take_item(
	const struct reader *r, const struct json *item, struct finding *out, struct err *e)
{
	SCOPED_CLEAR(pairs_clear) struct pairs entry = {0};
	bool fits = true;

	out->n_seen++;
	if (!check_where(r, item, &fits, e) || !check_match(r, item, &entry, &fits, e) ||
		!take_fields(r, item, &entry, &fits, e))
		return false;
	if (fits)
		finding_add(out, &entry);
	return true;
}

bool source_json_read(const struct source *s, const struct words *w, struct pattern_cache *cache,
	const char *body, size_t len, struct finding *out, struct err *e)
{
	SCOPED(json_free) struct json *root = NULL;
	const struct json *items;

	if (!json_parse(body, len, &root, e))
		return false;

	struct reader r = {s, w, cache, root, source_end_ms()};

	if (s->items == NULL)
		return take_item(&r, root, out, e);
	if (!look_up(&r, root, s->items, &items, e))
		return false;
	if (!json_is_list(items) && !json_is_object(items))
		return err_set(e, ERR_NO_MATCH, "no list at %s", s->items);
	for (size_t i = 0; i < json_count(items) && !out->is_cut; i++)
		if (!source_is_in_time(r.end_ms, e) ||
			!take_item(&r, json_item(items, i, NULL), out, e))
			return false;
	return true;
}
