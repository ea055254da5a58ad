/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/source_read.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "updaters/lib/clock.h"

void pattern_cache_clear(struct pattern_cache *c)
{
	for (size_t i = 0; i < c->n_items; i++) {
		pattern_free(c->items[i].pattern);
		free(c->items[i].text);
	}
	*c = (struct pattern_cache){0};
}

bool pattern_cache_get(struct pattern_cache *c, const struct words *w, const char *text,
	const struct pattern **out, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf expanded = {0};
	SCOPED(pattern_free) struct pattern *p = NULL;

	buf_init(&expanded, PATTERN_MAX - 1);
	if (!words_expand(w, text, WORDS_INTO_PATTERN, false, &expanded, e))
		return false;
	for (size_t i = 0; i < c->n_items; i++)
		if (text_equal(c->items[i].text, buf_str(&expanded))) {
			*out = c->items[i].pattern;
			return true;
		}
	if (!pattern_new(buf_str(&expanded), true, &p, NULL, e))
		return false;
	if (c->n_items == PATTERN_CACHE_N)
		pattern_cache_clear(c);
	c->items[c->n_items].text = buf_move(&expanded);
	*out = c->items[c->n_items++].pattern = MOVE_PTR(p);
	return true;
}

uint64_t source_end_ms(void)
{
	return clock_now_ms() + SOURCE_BUDGET_MS;
}

/* Not ERR_TIMEOUT: the vendor was reached, and what it says is hostile to the pattern. */
bool source_is_in_time(uint64_t end_ms, struct err *e)
{
	return clock_now_ms() <= end_ms ||
	       err_set(e, ERR_PARSE, "it took more than %d ms to look through it",
		       SOURCE_BUDGET_MS);
}

/* How many links a page has: said when none of them matches. */
static uint32_t count_links(const char *body, size_t len)
{
	uint32_t n = 0;

	for (const char *at = body; at != NULL && len - (size_t)(at - body) >= 5; at++) {
		at = memchr(at, '=', len - (size_t)(at - body));
		if (at == NULL)
			break;
		/* one byte first: a page of tags holds thousands of "=" that end no "href" */
		n += at - body >= 4 && (at[-1] | 0x20) == 'f' &&
		     strncasecmp(at - 4, "href", 4) == 0;
	}
	return n;
}

struct page_walk {
	const char *names[PATTERN_GROUPS_MAX];
	size_t n_names;
	struct pattern_span
		address; /* of a redirect's end; start NULL = the match is the address */
	struct finding *out;
};

static bool entry_add(struct pairs *entry, const char *name, struct pattern_span span)
{
	return span.start == NULL || pairs_add(entry, name, span.start, span.len);
}

/* A match with a word that is too long for us is none. */
static bool take_match(void *user, const struct pattern_match *m)
{
	struct page_walk *walk = user;
	SCOPED_CLEAR(pairs_clear) struct pairs entry = {0};
	bool is_fine = true;

	for (size_t i = 0; i < walk->n_names && is_fine; i++)
		is_fine = entry_add(&entry, walk->names[i], m->groups[i]);
	if (is_fine && pairs_get(&entry, "url") == NULL)
		is_fine = entry_add(
			&entry, "url", walk->address.start != NULL ? walk->address : m->whole);
	return !is_fine || finding_add(walk->out, &entry);
}

bool source_page_read(const struct source *s, const struct words *w, struct pattern_cache *cache,
	const char *body, size_t len, struct finding *out, struct err *e)
{
	const struct pattern *p = NULL;
	struct page_walk walk = {.out = out};

	if (!pattern_cache_get(cache, w, s->link, &p, e))
		return false;
	if (s->kind == SOURCE_REDIRECT)
		walk.address = (struct pattern_span){body, len};
	walk.n_names = pattern_group_names(p, walk.names, PATTERN_GROUPS_MAX);
	if (!pattern_each(p, body, len, SOURCE_BUDGET_MS, take_match, &walk, e))
		return false;
	if (s->kind != SOURCE_PAGE)
		out->n_seen = 1;
	else if (out->n_entries == 0) /* it costs as much as the matching */
		out->n_seen = count_links(body, len);
	return true;
}
