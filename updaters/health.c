/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/health.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/list.h"

void health_clear(struct health *h)
{
	free(h->items);
	*h = (struct health){0};
}

bool source_is_unasked(const struct source_health *s)
{
	return s->good_unix_ms == 0 && s->n_failures == 0;
}

/* --- what two states know ---------------------------------------------------- */

static const struct state_health *row_of(
	const struct state_health *rows, size_t n, const char *source)
{
	for (size_t i = 0; i < n; i++) {
		if (text_equal(rows[i].source, source))
			return &rows[i];
	}
	return NULL;
}

/* Its failures count where nobody has had a good answer since they began. */
static void add_failures(struct source_health *s, const struct state_health *row)
{
	if (row == NULL || row->n_failures == 0 || row->failing_unix_ms <= s->good_unix_ms)
		return;
	if (row->failing_unix_ms >= s->failing_unix_ms)
		text_copy_cut(s->reason, sizeof(s->reason), row->reason);
	if (s->n_failures == 0 || row->failing_unix_ms < s->failing_unix_ms)
		s->failing_unix_ms = row->failing_unix_ms;
	s->n_failures += row->n_failures;
}

static void join(
	struct source_health *s, const struct state_health *a, const struct state_health *b)
{
	int64_t good_a = a != NULL ? a->good_unix_ms : 0, good_b = b != NULL ? b->good_unix_ms : 0;

	s->good_unix_ms = good_a > good_b ? good_a : good_b;
	add_failures(s, a);
	add_failures(s, b);
}

static bool has_source(const struct health *h, const char *source)
{
	for (size_t i = 0; i < h->n_items; i++) {
		if (text_equal(h->items[i].source, source))
			return true;
	}
	return false;
}

/* The addresses as a run notes them. One with words of a match can't be told beforehand. */
static bool list_sources(const struct recipe *r, struct health *out, struct err *e)
{
	out->items = calloc(r->n_sources + 1, sizeof(*out->items));
	if (out->items == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for the health of %s", r->name);
	for (size_t i = 0; i < r->n_sources; i++) {
		SCOPED_CLEAR(buf_clear) struct buf url = {0};
		struct err ignored = {0};

		buf_init(&url, URL_MAX - 1);
		if (r->sources[i].address == NULL ||
			!words_expand(&r->words, r->sources[i].address, WORDS_INTO_TEXT, false,
				&url, &ignored) ||
			has_source(out, buf_str(&url)))
			continue;
		text_copy_cut(out->items[out->n_items++].source, URL_MAX, buf_str(&url));
	}
	return true;
}

static bool list_rows(
	struct state *s, const char *name, struct state_health **out, size_t *out_n, struct err *e)
{
	*out_n = 0;
	return s == NULL || state_health_list(s, name, out, out_n, e);
}

static void find_ailing(struct health *h)
{
	int64_t well_unix_ms = 0; /* when one before it last did */

	for (size_t i = 0; i < h->n_items; i++) {
		struct source_health *s = &h->items[i];

		s->is_ailing = s->n_failures > 0 && s->failing_unix_ms >= well_unix_ms;
		h->n_ailing += s->is_ailing;
		if (s->n_failures == 0 && s->good_unix_ms > well_unix_ms)
			well_unix_ms = s->good_unix_ms;
	}
}

bool health_read(
	const struct recipe *r, struct state *a, struct state *b, struct health *out, struct err *e)
{
	SCOPED_FREE struct state_health *rows_a = NULL;
	SCOPED_FREE struct state_health *rows_b = NULL;
	SCOPED_CLEAR(health_clear) struct health h = {0};
	size_t n_a, n_b;

	if (!list_sources(r, &h, e) || !list_rows(a, r->name, &rows_a, &n_a, e) ||
		!list_rows(b, r->name, &rows_b, &n_b, e))
		return false;
	for (size_t i = 0; i < h.n_items; i++) {
		struct source_health *s = &h.items[i];

		join(s, row_of(rows_a, n_a, s->source), row_of(rows_b, n_b, s->source));
	}
	find_ailing(&h);
	*out = h;
	h = (struct health){0};
	return true;
}

/* --- in words ---------------------------------------------------------------- */

/* The address stands beside it already. */
static const char *short_reason(const struct source_health *s)
{
	size_t len = strlen(s->source);

	return text_starts(s->reason, s->source) && s->reason[len] == ' ' ? s->reason + len + 1
									  : s->reason;
}

void source_describe(const struct source_health *s, int64_t now_unix_ms, char *out, size_t out_size)
{
	char good[CLOCK_TEXT_MAX], since[CLOCK_TEXT_MAX], text[ERR_TEXT_MAX + 256];

	clock_format_near(s->good_unix_ms, now_unix_ms, good, sizeof(good));
	clock_format_near(s->failing_unix_ms, now_unix_ms, since, sizeof(since));
	if (source_is_unasked(s))
		snprintf(text, sizeof(text), "never asked");
	else if (s->n_failures == 0)
		snprintf(text, sizeof(text), "good %s", good);
	else
		snprintf(text, sizeof(text), "%" PRIu64 " failure%s since %s%s, %s%s: %s",
			s->n_failures, s->n_failures == 1 ? "" : "s", since,
			s->is_ailing ? "" : " (one before it has answered well since)",
			s->good_unix_ms > 0 ? "last good " : "never a good answer",
			s->good_unix_ms > 0 ? good : "", short_reason(s));
	text_escape(text, strlen(text), out, out_size);
}

void health_describe(const struct health *h, int64_t now_unix_ms, char *out, size_t out_size)
{
	const struct source_health *first = NULL;
	int64_t since_unix_ms = INT64_MAX;
	char since[CLOCK_TEXT_MAX], who[64], text[ERR_TEXT_MAX + 256];
	size_t number = 0;

	out[0] = '\0';
	for (size_t i = 0; i < h->n_items; i++) {
		const struct source_health *s = &h->items[i];

		if (!s->is_ailing)
			continue;
		if (first == NULL)
			number = i + 1;
		first = first != NULL ? first : s;
		since_unix_ms =
			s->failing_unix_ms < since_unix_ms ? s->failing_unix_ms : since_unix_ms;
	}
	if (first == NULL)
		return;
	if (h->n_ailing == h->n_items && h->n_items > 1)
		snprintf(who, sizeof(who), "all %zu sources", h->n_items);
	else if (h->n_ailing == 1)
		snprintf(who, sizeof(who), "source %zu of %zu", number, h->n_items);
	else
		snprintf(who, sizeof(who), "%zu of %zu sources", h->n_ailing, h->n_items);
	clock_format_near(since_unix_ms, now_unix_ms, since, sizeof(since));
	snprintf(text, sizeof(text), "%s ailing since %s: %s", who, since, short_reason(first));
	text_escape(text, strlen(text), out, out_size);
}
