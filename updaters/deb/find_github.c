/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A source on GitHub: its pages first, which cost no quota: the releases, then the assets of one
 * after the other until one has what is looked for. The API comes last, and only with a token; it
 * has a quota of its own, so that it may answer where the pages are limited.
 */
#include "updaters/deb/find_parts.h"

#include <stdio.h>
#include <string.h>

#include "updaters/lib/clock.h"

enum { DEPTH_ASSETS = 1, DEPTH_API = 2, LIMIT_MAX_S = 24 * 3600 };

bool find_github_leads_on(struct find *f, const struct finding *found)
{
	const struct find_ask ask = *find_ask_of(f);
	size_t n_asked = 0;

	for (size_t i = 0; i < found->n_entries && n_asked < RECIPE_FOLLOW_MAX; i++) {
		const char *link = pairs_get(&found->entries[i], SOURCE_ASSETS_WORD);
		char url[URL_MAX];
		struct err e = {0};

		if (link == NULL)
			return false; /* these are assets */
		if (url_resolve(found->base, link, strlen(link), url, sizeof(url), &e) &&
			find_judge(f, url, &e)) {
			find_add_ask(f, ask.source, DEPTH_ASSETS, url, NULL);
			n_asked++;
		} else {
			inquiry_trace_note(f->q, ask.url, "not followed: %s", e.text);
		}
	}
	return n_asked > 0;
}

/* A release that has it is enough, unless an older one is looked for. */
bool find_github_is_enough(struct find *f)
{
	const struct find_ask *ask = find_ask_of(f);

	return ask->source->kind == SOURCE_GITHUB && ask->depth == DEPTH_ASSETS &&
	       find_outcome_of(f)->n_usable > 0 && f->q->in.wanted[0] == '\0' &&
	       f->q->in.below[0] == '\0';
}

bool find_github_falls_back(struct find *f)
{
	const struct source *s = &find_recipe(f)->sources[f->source];
	char url[URL_MAX], name[SOURCE_GITHUB_NAME_SIZE];
	int n;

	if (s->kind != SOURCE_GITHUB || find_outcome_of(f)->n_usable > 0 || f->q->page != NULL ||
		f->q->in.offline || !f->q->host->has_github_token || f->asked_api)
		return false;
	f->asked_api = true;
	source_github_name(s, name);
	n = snprintf(url, sizeof(url), "https://" HTTP_GITHUB_API "/repos/%s/releases?per_page=%d",
		name, RECIPE_FOLLOW_MAX);
	if (n < 0 || (size_t)n >= sizeof(url))
		return false;
	find_add_ask(f, s, DEPTH_API, url, NULL);
	return f->at < f->n_asks;
}

/* "GitHub takes no more requests until today 14:32": by its word, if that makes sense. */
static void tell_limit(const struct find *f, const struct http_response *r, char *out, size_t size)
{
	int64_t now_ms = clock_unix_ms(), until_ms = 0;
	char when[CLOCK_TEXT_MAX] = "";

	if (r->retry_after_s > 0 && r->retry_after_s <= LIMIT_MAX_S)
		until_ms = now_ms + (int64_t)r->retry_after_s * 1000;
	else if (r->limited_until_s <= (uint64_t)now_ms / 1000 + LIMIT_MAX_S)
		until_ms = (int64_t)r->limited_until_s * 1000;
	if (until_ms > now_ms)
		clock_format_near(until_ms, now_ms, when, sizeof(when));
	snprintf(out, size, "GitHub takes no more requests %s%s%s",
		when[0] != '\0' ? "until " : "now", when,
		f->q->host->has_github_token ? "" : "; a token is allowed more");
}

bool find_github_is_limited(struct find *f, const struct http_response *r)
{
	const struct find_ask *ask = find_ask_of(f);
	char text[FIND_LIMIT_SIZE], answer[HTTP_ANSWER_TEXT_MAX];
	struct err e = {0};

	if (ask->source->kind != SOURCE_GITHUB || (r->status != 403 && r->status != 429) ||
		!(r->is_limited || r->status == 429))
		return false;
	if (!url_host(ask->url, f->limited_host, sizeof(f->limited_host)))
		f->limited_host[0] = '\0';
	tell_limit(f, r, text, sizeof(text));
	if (f->known != NULL) {
		char when[CLOCK_TEXT_MAX];

		clock_format_near(f->known->fetched_unix_ms, clock_unix_ms(), when, sizeof(when));
		snprintf(f->limited, sizeof(f->limited), "as of %s: %.150s", when, text);
		inquiry_trace_note(f->q, ask->url, "%s", text);
		if (find_use_known(f, NULL)) {
			find_next_ask(f);
			return true;
		}
	}
	err_set(&e, ERR_HTTP, "%s answers %s: %s", ask->url, http_answer_text(r, answer), text);
	inquiry_trace_request(f->q, ask->url, r, false, "%s", e.text);
	/* whatever failed before: by this a person knows when to look again */
	if (err_is_set(&find_outcome_of(f)->error))
		err_within(&e, "%.400s", find_outcome_of(f)->error.text);
	find_outcome_of(f)->error = (struct err){0};
	find_ask_failed(f, &e, false);
	find_next_ask(f);
	return true;
}

bool find_github_is_barred(const struct find *f)
{
	char host[URL_HOST_MAX];

	return f->limited_host[0] != '\0' && url_host(f->asks[f->at].url, host, sizeof(host)) &&
	       text_equal(host, f->limited_host);
}

/* Asked all the same, GitHub would shut us out for longer. */
void find_github_unasked(struct find *f)
{
	struct err e = {0};

	if (f->known != NULL && find_use_known(f, NULL))
		return;
	err_set(&e, ERR_HTTP, "%s is not asked: GitHub takes no more requests",
		find_ask_of(f)->url);
	inquiry_trace_note(f->q, find_ask_of(f)->url, "%s", e.text);
	find_ask_failed(f, &e, false);
}
