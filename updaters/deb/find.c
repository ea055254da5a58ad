/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/find.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_RANGE_FIRST = 16 << 10, HEAD_RANGE_MAX = DEBFILE_CONTROL_MAX };

static const struct recipe *recipe_of(const struct find *f)
{
	return f->q->in.recipe;
}

static struct find_ask *ask_of(struct find *f)
{
	return &f->asks[f->at];
}

static struct find_outcome *outcome_of(struct find *f)
{
	return &f->outcomes[f->source];
}

void find_init(struct find *f, struct inquiry *q, struct candidates *candidates)
{
	*f = (struct find){.q = q, .candidates = candidates};
}

static void drop_asks(struct find *f)
{
	for (size_t i = 0; i < f->n_asks; i++) {
		free(f->asks[i].url);
		pairs_clear(&f->asks[i].inherited);
	}
	f->n_asks = f->at = 0;
}

void find_clear(struct find *f)
{
	drop_asks(f);
	words_clear(&f->words);
	debhead_free(f->head);
	f->head = NULL;
}

/* Is it on the source's own host, or on one of the recipe's? */
bool find_judge(const struct find *f, const char *url, struct err *e)
{
	const struct strings *hosts = &recipe_of(f)->hosts;
	char host[URL_HOST_MAX];

	if (url_host(url, host, sizeof(host)) && text_equal(host, f->own_host))
		return true;
	return url_is_listed(url, (const char *const *)hosts->items, hosts->n_items) ||
	       err_set(e, ERR_POLICY, "%s is neither the source's own host nor in hosts", url);
}

/* The first fault of a source is the one to tell; one of a followed page is none if others gave
 * releases. */
static void ask_failed(struct find *f, const struct err *e, bool is_unreachable)
{
	struct find_outcome *o = outcome_of(f);

	if (err_is_set(&o->error))
		return;
	o->error = *e;
	o->is_unreachable = is_unreachable;
}

static void add_ask(struct find *f, const struct source *s, unsigned depth, const char *url,
	const struct pairs *words)
{
	struct find_ask *ask = &f->asks[f->n_asks];
	char *copy = strdup(url);

	if (f->n_asks == FIND_ASKS_MAX || copy == NULL) {
		free(copy);
		return;
	}
	*ask = (struct find_ask){.source = s, .depth = depth, .url = copy};
	f->n_asks++;
	for (size_t i = 0; words != NULL && i < words->values.n_items; i++)
		if (!text_equal(words->keys.items[i], "url") &&
			!pairs_add(&ask->inherited, words->keys.items[i], words->values.items[i],
				strlen(words->values.items[i])))
			return;
}

void find_begin(struct find *f, size_t source)
{
	const struct source *s = &recipe_of(f)->sources[source];
	SCOPED_CLEAR(buf_clear) struct buf url = {0};
	struct err e = {0};

	drop_asks(f);
	f->source = source;
	f->own_host[0] = '\0';
	*outcome_of(f) = (struct find_outcome){.was_asked = true};
	buf_init(&url, URL_MAX - 1);
	if (!words_expand(&recipe_of(f)->words, s->address, WORDS_INTO_TEXT, false, &url, &e) ||
		!url_check(buf_str(&url), &e)) {
		ask_failed(f, &e, false);
		return;
	}
	if (!url_host(buf_str(&url), f->own_host, sizeof(f->own_host)))
		f->own_host[0] = '\0';
	add_ask(f, s, 0, buf_str(&url), NULL);
}

/* --- what a document held -------------------------------------------------------------------- */

/* The address of a page to follow: the link, or a template of `follow`. */
static bool follow_address(const struct find *f, const struct source *follow,
	const struct finding *found, const struct pairs *words, char out[URL_MAX], struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf text = {0};
	SCOPED_CLEAR(words_clear) struct words all = {0};
	const char *link = pairs_get(words, "url");

	buf_init(&text, URL_MAX - 1);
	if (follow->address != NULL) {
		if (!words_copy(&f->words, &all))
			return err_set(e, ERR_INTERNAL, "out of memory");
		for (size_t i = 0; i < words->values.n_items; i++)
			if (!words_set(&all, words->keys.items[i], words->values.items[i]))
				return err_set(e, ERR_INTERNAL, "too many words in one match");
		if (!words_expand(&all, follow->address, WORDS_INTO_TEXT, false, &text, e))
			return false;
		link = buf_str(&text);
	}
	if (link == NULL)
		return err_set(e, ERR_NO_MATCH, "no address to follow");
	return url_resolve(found->base, link, strlen(link), out, URL_MAX, e) &&
	       find_judge(f, out, e);
}

static void follow_all(struct find *f, const struct find_ask *ask, const struct finding *found)
{
	const struct source *follow = ask->source->follow;
	const unsigned depth = ask->depth + 1;
	size_t n = found->n_entries < RECIPE_FOLLOW_MAX ? found->n_entries : RECIPE_FOLLOW_MAX;
	char url[URL_MAX];

	for (size_t i = 0; i < n; i++) {
		SCOPED_CLEAR(pairs_clear) struct pairs words = {0};
		const struct pairs *lists[] = {&ask->inherited, &found->entries[i]};
		bool is_fine = true;
		struct err e = {0};

		for (size_t k = 0; k < ARRAY_SIZE(lists); k++)
			for (size_t j = 0; j < lists[k]->values.n_items && is_fine; j++)
				is_fine = pairs_add(&words, lists[k]->keys.items[j],
					lists[k]->values.items[j],
					strlen(lists[k]->values.items[j]));
		if (is_fine && follow_address(f, follow, found, &words, url, &e))
			add_ask(f, follow, depth, url, &words);
		else
			inquiry_trace_note(f->q, ask->url, "not followed: %s", e.text);
	}
}

static const char *refusal(const struct find *f)
{
	for (size_t i = 0; i < f->candidates->n_items; i++)
		if (f->candidates->items[i].source == f->source &&
			f->candidates->items[i].is_refused)
			return f->candidates->items[i].why;
	return "too many candidates already";
}

/* What stands there instead of a release. */
static void nothing_usable(
	struct find *f, const struct finding *found, const struct http_response *r)
{
	static const struct {
		const char *none, *unit;
	} words[SOURCE_N_KINDS] = {
		[SOURCE_PAGE] = {"no .deb link", "links match"},
		[SOURCE_JSON] = {"no fitting item", "items fit"},
		[SOURCE_REDIRECT] = {"no .deb address", "addresses match"},
		[SOURCE_PACKAGE] = {"no package", "packages fit"},
	};
	const struct find_ask *ask = ask_of(f);
	enum source_kind kind = ask->source->kind;
	char size[32] = "kept from last time";
	struct err e = {0};

	if (r != NULL && r->body != NULL)
		text_size(r->body_len, size, sizeof(size));
	if (kind == SOURCE_REDIRECT && found->n_entries == 0)
		err_set(&e, ERR_NO_MATCH, "%s leads to %s, which its pattern does not match",
			ask->url, found->base);
	else if (found->n_entries == 0)
		err_set(&e, ERR_NO_MATCH, "%s on %s (%d, %s, 0 of %" PRIu32 " %s)",
			words[kind].none, ask->url, r != NULL ? r->status : 0, size, found->n_seen,
			words[kind].unit);
	else
		err_set(&e, ERR_NO_MATCH, "%zu of %" PRIu32 " %s on %s, none can be used: %s",
			found->n_entries, found->n_seen, words[kind].unit, ask->url, refusal(f));
	ask_failed(f, &e, false);
}

/* Releases, or pages to follow. */
static void use_finding(struct find *f, const struct finding *found, const struct http_response *r)
{
	/* A copy: following adds to the list that it is in. */
	const struct find_ask ask = *ask_of(f);
	size_t n_usable = 0;
	struct err e = {0};

	if (ask.source->follow != NULL && found->n_entries > 0) {
		follow_all(f, &ask, found);
		return;
	}
	if (!candidates_take(f->candidates, recipe_of(f), ask.source, f->source, &ask.inherited,
		    found, ask.url, &n_usable, &e))
		ask_failed(f, &e, false);
	else if (n_usable == 0)
		nothing_usable(f, found, r);
	outcome_of(f)->n_usable += n_usable;
}

static bool use_known(struct find *f, const struct http_response *r)
{
	SCOPED_CLEAR(finding_clear) struct finding found = {0};
	char age[80];

	if (!finding_unpack(f->known->bytes, f->known->len, &found))
		return false;
	inquiry_age(f->known, age, sizeof(age));
	inquiry_trace_request(f->q, ask_of(f)->url, r, true, "%s, %zu of %" PRIu32 " match%s%s",
		r != NULL ? "unchanged" : "offline", found.n_entries, found.n_seen,
		r != NULL ? "" : ", ", r != NULL ? "" : age);
	inquiry_keep_known(f->q, f->known, r != NULL);
	use_finding(f, &found, r);
	return true;
}

/* To roll back, what the document held last time counts, too. */
static void use_memory(struct find *f)
{
	SCOPED_CLEAR(finding_clear) struct finding found = {0};
	size_t n_usable = 0;
	struct err e = {0};

	if (f->q->in.below[0] == '\0' || f->known == NULL || ask_of(f)->source->follow != NULL ||
		!finding_unpack(f->known->bytes, f->known->len, &found))
		return;
	if (candidates_take(f->candidates, recipe_of(f), ask_of(f)->source, f->source,
		    &ask_of(f)->inherited, &found, ask_of(f)->url, &n_usable, &e))
		outcome_of(f)->n_usable += n_usable;
}

/* --- asking ---------------------------------------------------------------------------------- */

static void next_ask(struct find *f)
{
	words_clear(&f->words);
	debhead_free(f->head);
	f->head = NULL;
	f->known = NULL;
	f->by_range = false;
	f->at++;
}

/* What can't be read is not known: asked for with it, a 304 would leave us with nothing. */
static const struct document *known_finding(const struct inquiry *q, const char *key)
{
	SCOPED_CLEAR(finding_clear) struct finding found = {0};
	const struct document *d = inquiry_known(q, key);

	return d != NULL && finding_unpack(d->bytes, d->len, &found) ? d : NULL;
}

static bool prepare_ask(struct find *f)
{
	const struct find_ask *ask = ask_of(f);
	char reader[32];

	snprintf(reader, sizeof(reader), "source%zu.%u", f->source, ask->depth);
	words_clear(&f->words);
	if (!inquiry_key(ask->url, reader, f->key) || !words_copy(&recipe_of(f)->words, &f->words))
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

	if (f->known != NULL && use_known(f, NULL))
		return;
	err_set(&e, ERR_NETWORK, "%s is not known offline", ask_of(f)->url);
	inquiry_trace_note(f->q, ask_of(f)->url, "not known offline");
	ask_failed(f, &e, true);
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
		inquiry_ask_if_changed(f->known, out);
}

static void range_begin(struct find *f, uint64_t len)
{
	f->by_range = true;
	f->range_from = 0;
	f->range_len = len;
}

/* Faults do not count where there are releases all the same. */
static void end_source(struct find_outcome *o, const char *address)
{
	if (o->n_usable > 0)
		o->error = (struct err){0};
	else if (!err_is_set(&o->error))
		err_set(&o->error, ERR_NO_MATCH, "no link on %s may be followed", address);
}

bool find_next(struct find *f, struct http_request *out)
{
	for (; f->at < f->n_asks; next_ask(f)) {
		struct err e = {0};

		if (!f->by_range && !prepare_ask(f)) {
			err_set(&e, ERR_INTERNAL, "too many words to ask %s", ask_of(f)->url);
			ask_failed(f, &e, false);
			continue;
		}
		if (f->q->in.offline) {
			answer_offline(f);
			continue;
		}
		if (ask_of(f)->source->kind == SOURCE_PACKAGE && f->known == NULL && !f->by_range)
			range_begin(f, HEAD_RANGE_FIRST);
		make_request(f, ask_of(f), out);
		return true;
	}
	end_source(outcome_of(f), recipe_of(f)->sources[f->source].address);
	return false;
}

/* --- answers --------------------------------------------------------------------------------- */

static void fail_with(
	struct find *f, const struct http_response *r, const struct err *e, bool is_unreachable)
{
	struct err mine = *e;

	if (strstr(mine.text, ask_of(f)->url) == NULL)
		err_within(&mine, "%s", ask_of(f)->url);
	inquiry_trace_request(f->q, ask_of(f)->url, r, false, "%s", mine.text);
	ask_failed(f, &mine, is_unreachable);
	next_ask(f);
}

static void fail_with_status(struct find *f, const struct http_response *r)
{
	struct err e = {0};

	err_set(&e, ERR_HTTP, "%s answers %s", ask_of(f)->url, http_status_text(r->status));
	fail_with(f, r, &e, false);
}

static void take_finding(struct find *f, const struct http_response *r, struct finding *found)
{
	text_copy_cut(found->base, sizeof(found->base), r->url);
	inquiry_trace_request(f->q, ask_of(f)->url, r, false, "%zu of %" PRIu32 " match%s",
		found->n_entries, found->n_seen,
		found->is_cut ? ", the rest is not looked at" : "");
	inquiry_keep(f->q, f->key, r, found);
	use_finding(f, found, r);
	use_memory(f);
	next_ask(f);
}

/* A page or a JSON document. */
static void feed_body(struct find *f, const struct http_response *r)
{
	SCOPED_CLEAR(finding_clear) struct finding found = {0};
	const struct source *s = ask_of(f)->source;
	struct err e = {0};

	if (r->status != 200 || r->body == NULL) {
		fail_with_status(f, r);
		return;
	}
	inquiry_save_page(f->q, r);
	if (s->kind == SOURCE_JSON ? source_json_read(s, &f->words, &f->q->cache, r->body,
					     r->body_len, &found, &e)
				   : source_page_read(s, &f->words, &f->q->cache, r->body,
					     r->body_len, &found, &e))
		take_finding(f, r, &found);
	else
		fail_with(f, r, &e, false);
}

/* The final address is what counts, whatever is said there. */
static void feed_redirect(struct find *f, const struct http_response *r)
{
	SCOPED_CLEAR(finding_clear) struct finding found = {0};
	bool is_refused = r->status == 403 || r->status == 405 || r->status == 501;
	struct err e = {0};

	if (is_refused && !f->by_range && r->n_hops == 0) {
		range_begin(f, 1);
		return;
	}
	if (r->status >= 400 && r->n_hops == 0)
		fail_with_status(f, r);
	else if (source_page_read(ask_of(f)->source, &f->words, &f->q->cache, r->url,
			 strlen(r->url), &found, &e))
		take_finding(f, r, &found);
	else
		fail_with(f, r, &e, false);
}

static bool package_entry(
	struct find *f, const struct http_response *r, struct finding *found, struct err *e)
{
	SCOPED_CLEAR(pairs_clear) struct pairs entry = {0};
	const char *arch = words_get(&recipe_of(f)->words, "arch");
	struct dpkg_control control = {0};
	char size[24];

	if (!debhead_control(f->head, &control, e))
		return false;
	if (!text_equal(control.package, recipe_of(f)->package))
		return err_set(e, ERR_NAME, "the package there is %s, not %s", control.package,
			recipe_of(f)->package);
	if (!text_equal(control.architecture, "all") && !text_equal(control.architecture, arch))
		return err_set(e, ERR_ARCHITECTURE, "the package there is for %s, not %s",
			control.architecture, arch != NULL ? arch : "this computer");
	snprintf(size, sizeof(size), "%" PRIu64, r->size_bytes);
	found->n_seen = 1;
	if (!pairs_add(&entry, "url", ask_of(f)->url, strlen(ask_of(f)->url)) ||
		!pairs_add(&entry, "version", control.version, strlen(control.version)) ||
		!pairs_add(&entry, "size", size, strlen(size)) || !finding_add(found, &entry))
		return err_set(e, ERR_INTERNAL, "out of memory");
	return true;
}

/* A package at a fixed address: its head by ranges that grow. */
static void feed_package(struct find *f, const struct http_response *r)
{
	SCOPED_CLEAR(finding_clear) struct finding found = {0};
	struct err e = {0};

	if (!f->by_range && r->status == 200) {
		range_begin(f, HEAD_RANGE_FIRST);
		return;
	}
	if (!f->by_range || (r->status != 206 && r->status != 200) || r->body == NULL ||
		(r->status == 206 ? r->range_start : 0) != f->range_from) {
		fail_with_status(f, r);
		return;
	}
	if (f->head == NULL)
		f->head = debhead_new();

	enum debhead_state state =
		f->head != NULL ? debhead_feed(f->head, r->body, r->body_len, &e) : DEBHEAD_BAD;

	if (state == DEBHEAD_READY && package_entry(f, r, &found, &e)) {
		take_finding(f, r, &found);
	} else if (state == DEBHEAD_MORE && r->status == 206 &&
		   f->range_from + f->range_len < HEAD_RANGE_MAX) {
		f->range_from += f->range_len;
		f->range_len *= 4;
	} else {
		if (!err_is_set(&e))
			err_set(&e, ERR_STRUCTURE,
				"no control member in the first %" PRIu64 " bytes",
				f->range_from + f->range_len);
		fail_with(f, r, &e, false);
	}
}

void find_feed(struct find *f, const struct http_response *r, const struct err *e)
{
	static void (*const feeders[SOURCE_N_KINDS])(
		struct find *, const struct http_response *) = {
		[SOURCE_PAGE] = feed_body,
		[SOURCE_JSON] = feed_body,
		[SOURCE_REDIRECT] = feed_redirect,
		[SOURCE_PACKAGE] = feed_package,
	};

	if (e != NULL) {
		bool is_unreachable = e->code == ERR_NETWORK || e->code == ERR_TLS ||
				      e->code == ERR_TIMEOUT || e->code == ERR_STALLED;

		fail_with(f, r, e, is_unreachable);
	} else if (r->status == 304 && f->known != NULL && use_known(f, r)) {
		next_ask(f);
	} else {
		feeders[ask_of(f)->source->kind](f, r);
	}
}
