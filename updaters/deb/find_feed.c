/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers, by the kind of their source. */
#include "updaters/deb/find_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void fail_with(
	struct find *f, const struct http_response *r, const struct err *e, bool is_unreachable)
{
	struct err mine = *e;

	if (strstr(mine.text, find_ask_of(f)->url) == NULL)
		err_within(&mine, "%s", find_ask_of(f)->url);
	inquiry_trace_request(f->q, find_ask_of(f)->url, r, false, "%s", mine.text);
	find_ask_failed(f, &mine, is_unreachable);
	find_next_ask(f);
}

static void fail_with_status(struct find *f, const struct http_response *r)
{
	char answer[HTTP_ANSWER_TEXT_MAX];
	struct err e = {0};

	err_set(&e, ERR_HTTP, "%s answers %s", find_ask_of(f)->url, http_answer_text(r, answer));
	fail_with(f, r, &e, false);
}

static void take_finding(struct find *f, const struct http_response *r, struct finding *found)
{
	char tally[TALLY_MAX];

	text_copy_cut(found->base, sizeof(found->base), r->url);
	inquiry_trace_request(f->q, find_ask_of(f)->url, r, false, "%s match%s",
		find_tally(found, tally), found->is_cut ? ", the rest is not looked at" : "");
	inquiry_keep(f->q, f->key, r, found);
	find_use(f, found, r);
	find_use_memory(f);
	find_next_ask(f);
}

/* A page or a JSON document. */
static void feed_body(struct find *f, const struct http_response *r)
{
	static bool (*const readers[SOURCE_N_KINDS])(const struct source *, const struct words *,
		struct pattern_cache *, const char *, size_t, struct finding *, struct err *) = {
		[SOURCE_PAGE] = source_page_read,
		[SOURCE_JSON] = source_json_read,
		[SOURCE_GITHUB] = source_github_read,
	};
	SCOPED_CLEAR(finding_clear) struct finding found = {0};
	const struct source *s = find_ask_of(f)->source;
	struct err e = {0};

	if (r->status != 200 || r->body == NULL) {
		fail_with_status(f, r);
		return;
	}
	inquiry_save_page(f->q, r);
	if (readers[s->kind](s, &f->words, &f->q->cache, r->body, r->body_len, &found, &e))
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
		find_range_begin(f, 1);
		return;
	}
	if (r->status >= 400 && r->n_hops == 0)
		fail_with_status(f, r);
	else if (source_page_read(find_ask_of(f)->source, &f->words, &f->q->cache, r->url,
			 strlen(r->url), &found, &e))
		take_finding(f, r, &found);
	else
		fail_with(f, r, &e, false);
}

static bool package_entry(
	struct find *f, const struct http_response *r, struct finding *found, struct err *e)
{
	SCOPED_CLEAR(pairs_clear) struct pairs entry = {0};
	const char *arch = words_get(&find_recipe(f)->words, "arch");
	struct dpkg_control control = {0};
	char size[24];

	if (!debhead_control(f->head, &control, e))
		return false;
	if (!text_equal(control.package, find_recipe(f)->package))
		return err_set(e, ERR_NAME, "the package there is %s, not %s", control.package,
			find_recipe(f)->package);
	if (!text_equal(control.architecture, "all") && !text_equal(control.architecture, arch))
		return err_set(e, ERR_ARCHITECTURE, "the package there is for %s, not %s",
			control.architecture, arch != NULL ? arch : "this computer");
	snprintf(size, sizeof(size), "%" PRIu64, r->size_bytes);
	found->n_seen = 1;
	if (!pairs_add(&entry, "url", find_ask_of(f)->url, strlen(find_ask_of(f)->url)) ||
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
		find_range_begin(f, HEAD_RANGE_FIRST);
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
		[SOURCE_GITHUB] = feed_body,
	};

	if (e != NULL) {
		bool is_unreachable = e->code == ERR_NETWORK || e->code == ERR_TLS ||
				      e->code == ERR_TIMEOUT || e->code == ERR_STALLED;

		fail_with(f, r, e, is_unreachable);
	} else if (r->status == 304 && f->known != NULL && find_use_known(f, r)) {
		find_next_ask(f);
	} else if (!find_github_is_limited(f, r)) {
		feeders[find_ask_of(f)->source->kind](f, r);
	}
}
