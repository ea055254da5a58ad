/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trial: a saved page stands for what each source would answer, and nothing is asked for. */
#include "updaters/deb/find_parts.h"

#include <string.h>

#include "updaters/lib/json.h"

static void refuse(struct find *f, const struct err *e)
{
	inquiry_trace_note(f->q, find_ask_of(f)->url, "%s: %s", find_ask_of(f)->url, e->text);
	find_ask_failed(f, e, false);
	find_next_ask(f);
}

/* What a redirect is tried on is an address: the one that it ends at, as the only word. */
static bool read_address(const struct find *f, char out[URL_MAX], struct err *e)
{
	const char *blank = " \t\r\n", *page = f->q->page;
	size_t from = strspn(page, blank), len = strcspn(page + from, blank);

	if (!text_copy_n(out, URL_MAX, page + from, len) || len == 0 ||
		from + len + strspn(page + from + len, blank) != f->q->page_len ||
		!url_check(out, e))
		return err_set(e, ERR_NO_MATCH,
			"a redirect is tried on a file that holds the address it ends at");
	return find_judge(f, out, e);
}

static bool reads_json(const struct source *s)
{
	while (s != NULL && s->kind != SOURCE_JSON)
		s = s->follow;
	return s != NULL;
}

/* A feed holds addresses as a page does: any pattern would find them, and hide what is meant. */
static bool is_anothers_feed(const struct find *f)
{
	SCOPED(json_free) struct json *root = NULL;
	struct err ignored = {0};
	bool has_reader = false;

	for (size_t i = 0; i < find_recipe(f)->n_sources; i++)
		has_reader |= reads_json(&find_recipe(f)->sources[i]);
	return has_reader && json_parse(f->q->page, f->q->page_len, &root, &ignored);
}

/* As the net would give it. false: it is no answer to this kind of source. */
static bool answer_with_page(
	const struct find *f, const struct find_ask *ask, struct http_response *out, struct err *e)
{
	*out = (struct http_response){
		.status = 200, .body = f->q->page, .body_len = f->q->page_len};
	text_copy_cut(out->url, sizeof(out->url), ask->url);
	switch (ask->source->kind) {
	case SOURCE_PACKAGE:
		return err_set(e, ERR_NO_MATCH,
			"it reads a package's head: there is nothing to try on a page");
	case SOURCE_REDIRECT: return read_address(f, out->url, e);
	case SOURCE_PAGE:
		return !is_anothers_feed(f) ||
		       err_set(e, ERR_NO_MATCH, "the page is JSON, which another source reads");
	default: return true;
	}
}

void find_try(struct find *f)
{
	/* A copy: following adds to the list that it is in. */
	const struct find_ask ask = *find_ask_of(f);
	const size_t n_before = f->n_asks;
	struct http_response r;
	struct err e = {0};

	if (ask.depth > 0 && !f->goes_deeper) {
		inquiry_trace_unasked(f->q, ask.url);
		find_outcome_of(f)->n_unasked++;
		find_next_ask(f);
		return;
	}
	if (!find_prepare(f)) {
		err_set(&e, ERR_INTERNAL, "too many words");
		refuse(f, &e);
		return;
	}
	if (!answer_with_page(f, &ask, &r, &e)) {
		refuse(f, &e);
		return;
	}
	find_feed(f, &r, NULL);
	f->goes_deeper = find_outcome_of(f)->n_usable == 0 && f->n_asks == n_before &&
			 ask.source->follow != NULL;
	if (f->goes_deeper) {
		inquiry_trace_note(f->q, ask.url, "tried as a page that %s leads to", ask.url);
		find_add_ask(f, ask.source->follow, ask.depth + 1, ask.url, NULL);
	}
}
