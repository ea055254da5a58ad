/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/find_parts.h"

#include <stdio.h>
#include <string.h>

void find_init(struct find *f, struct inquiry *q, struct candidates *candidates)
{
	*f = (struct find){.q = q, .candidates = candidates};
}

void find_clear(struct find *f)
{
	find_drop_asks(f);
	words_clear(&f->words);
	debhead_free(f->head);
	f->head = NULL;
}

void find_begin(struct find *f, size_t source)
{
	const struct source *s = &find_recipe(f)->sources[source];
	SCOPED_CLEAR(buf_clear) struct buf url = {0};
	struct err e = {0};

	find_drop_asks(f);
	f->source = source;
	f->own_host[0] = f->limited_host[0] = '\0';
	f->goes_deeper = f->asked_api = false;
	*find_outcome_of(f) = (struct find_outcome){.was_asked = true};
	buf_init(&url, URL_MAX - 1);
	if (!words_expand(&find_recipe(f)->words, s->address, WORDS_INTO_TEXT, false, &url, &e) ||
		!url_check(buf_str(&url), &e)) {
		find_ask_failed(f, &e, false);
		return;
	}
	if (!url_host(buf_str(&url), f->own_host, sizeof(f->own_host)))
		f->own_host[0] = '\0';
	find_add_ask(f, s, 0, buf_str(&url), NULL);
}

/* --- asking ------------------------------------------------------------------ */

/* What can't be read is not known: asked for with it, a 304 would leave us with nothing. */
static const struct document *known_finding(const struct inquiry *q, const char *key)
{
	SCOPED_CLEAR(finding_clear) struct finding found = {0};
	const struct document *d = inquiry_known(q, key);

	return d != NULL && finding_unpack(d->bytes, d->len, &found) ? d : NULL;
}

bool find_prepare(struct find *f)
{
	const struct find_ask *ask = find_ask_of(f);
	char reader[32];

	snprintf(reader, sizeof(reader), "source%zu.%u", f->source, ask->depth);
	words_clear(&f->words);
	if (!inquiry_key(ask->url, reader, f->key) ||
		!words_copy(&find_recipe(f)->words, &f->words))
		return false;
	for (size_t i = 0; i < ask->inherited.values.n_items; i++)
		if (!words_set(&f->words, ask->inherited.keys.items[i],
			    ask->inherited.values.items[i]))
			return false;
	f->known = known_finding(f->q, f->key);
	return true;
}

static void answer_offline(struct find *f)
{
	struct err e = {0};

	if (f->known != NULL && find_use_known(f, NULL))
		return;
	err_set(&e, ERR_NETWORK, "%s is not known offline", find_ask_of(f)->url);
	inquiry_trace_unasked(f->q, find_ask_of(f)->url);
	find_ask_failed(f, &e, true);
}

static void make_request(const struct find *f, const struct find_ask *ask, struct http_request *out)
{
	enum source_kind kind = ask->source->kind;

	inquiry_request(f->q, ask->url, out);
	if (f->by_range) {
		out->has_range = true;
		out->range_from = f->range_from;
		out->range_to = f->range_from + f->range_len - 1;
		out->max_bytes = f->range_len;
		out->is_download = true;
		return;
	}
	if (kind == SOURCE_REDIRECT || kind == SOURCE_PACKAGE)
		out->method = HTTP_HEAD;
	if (kind != SOURCE_REDIRECT)
		inquiry_ask_if_changed(f->q, f->known, out);
}

/* Faults do not count where there are releases all the same. */
static void end_source(struct find_outcome *o, const char *address)
{
	if (o->n_usable > 0 || o->n_unasked > 0)
		o->error = (struct err){0};
	else if (!err_is_set(&o->error))
		err_set(&o->error, ERR_NO_MATCH, "no link on %s may be followed", address);
}

bool find_next(struct find *f, struct http_request *out)
{
	while (f->q->page != NULL && f->at < f->n_asks)
		find_try(f);
	for (; f->at < f->n_asks || find_github_falls_back(f); find_next_ask(f)) {
		struct err e = {0};

		if (find_github_is_enough(f))
			continue;

		if (!f->by_range && !find_prepare(f)) {
			err_set(&e, ERR_INTERNAL, "too many words to ask %s", find_ask_of(f)->url);
			find_ask_failed(f, &e, false);
			continue;
		}
		if (f->q->in.offline) {
			answer_offline(f);
			continue;
		}
		if (find_github_is_barred(f)) {
			find_github_unasked(f);
			continue;
		}
		if (find_ask_of(f)->source->kind == SOURCE_PACKAGE && f->known == NULL &&
			!f->by_range)
			find_range_begin(f, HEAD_RANGE_FIRST);
		make_request(f, find_ask_of(f), out);
		return true;
	}
	end_source(find_outcome_of(f), find_recipe(f)->sources[f->source].address);
	return false;
}
