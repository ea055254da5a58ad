/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a document held becomes candidates, or documents to follow. */
#include "updaters/deb/find_parts.h"

#include <inttypes.h>

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
			find_add_ask(f, follow, depth, url, &words);
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

const char *find_tally(const struct finding *found, char out[TALLY_MAX])
{
	if (found->n_seen > 0)
		snprintf(out, TALLY_MAX, "%zu of %" PRIu32, found->n_entries, found->n_seen);
	else
		snprintf(out, TALLY_MAX, "%zu", found->n_entries);
	return out;
}

/* What stands there instead of a release. */
static void nothing_usable(
	struct find *f, const struct finding *found, const struct http_response *r)
{
	static const struct {
		const char *none, *unit, *one;
	} words[SOURCE_N_KINDS] = {
		[SOURCE_PAGE] = {"no .deb link", "links match", "link matches"},
		[SOURCE_JSON] = {"no fitting item", "items fit", "item fits"},
		[SOURCE_REDIRECT] = {"no .deb address", "addresses match", "address matches"},
		[SOURCE_PACKAGE] = {"no package", "packages fit", "package fits"},
		[SOURCE_GITHUB] = {"no fitting asset", "assets fit", "asset fits"},
	};
	const struct find_ask *ask = find_ask_of(f);
	enum source_kind kind = ask->source->kind;
	char size[32] = "kept from last time", tally[TALLY_MAX], seen[TALLY_MAX + 32] = "";
	struct err e = {0};

	if (r != NULL && r->body != NULL)
		text_size(r->body_len, size, sizeof(size));
	/* a page of plain text has no links, and its pattern speaks of none */
	if (found->n_seen > 0)
		snprintf(seen, sizeof(seen), ", 0 of %" PRIu32 " %s", found->n_seen,
			words[kind].unit);
	if (kind == SOURCE_REDIRECT && found->n_entries == 0)
		err_set(&e, ERR_NO_MATCH, "%s leads to %s, which its pattern does not match",
			ask->url, found->base);
	else if (found->n_entries == 0)
		err_set(&e, ERR_NO_MATCH, "%s on %s (%d, %s%s)", words[kind].none, ask->url,
			r != NULL ? r->status : 0, size, seen);
	else
		err_set(&e, ERR_NO_MATCH, "%s %s on %s, none can be used: %s",
			find_tally(found, tally),
			found->n_seen <= 1 && found->n_entries == 1 ? words[kind].one
								    : words[kind].unit,
			ask->url, refusal(f));
	find_ask_failed(f, &e, false);
}

/* Releases, or pages to follow. */
void find_use(struct find *f, const struct finding *found, const struct http_response *r)
{
	/* A copy: following adds to the list that it is in. */
	const struct find_ask ask = *find_ask_of(f);
	size_t n_usable = 0;
	struct err e = {0};

	if (ask.source->follow != NULL && found->n_entries > 0) {
		follow_all(f, &ask, found);
		return;
	}
	if (ask.source->kind == SOURCE_GITHUB && find_github_leads_on(f, found))
		return;
	if (!candidates_take(f->candidates, find_recipe(f), ask.source, f->source, &ask.inherited,
		    found, ask.url, &n_usable, &e))
		find_ask_failed(f, &e, false);
	else if (n_usable == 0)
		nothing_usable(f, found, r);
	find_outcome_of(f)->n_usable += n_usable;
}

bool find_use_known(struct find *f, const struct http_response *r)
{
	SCOPED_CLEAR(finding_clear) struct finding found = {0};
	char age[80], tally[TALLY_MAX];

	if (!finding_unpack(f->known->bytes, f->known->len, &found))
		return false;
	inquiry_age(f->known, age, sizeof(age));
	inquiry_trace_request(f->q, find_ask_of(f)->url, r, true, "%s, %s match%s%s",
		r != NULL          ? "unchanged"
		: f->q->in.offline ? "offline"
				   : "kept from last time",
		find_tally(&found, tally), r != NULL ? "" : ", ", r != NULL ? "" : age);
	inquiry_keep_known(f->q, f->known, r != NULL);
	find_use(f, &found, r);
	return true;
}

/* To roll back, what the document held last time counts, too. */
void find_use_memory(struct find *f)
{
	SCOPED_CLEAR(finding_clear) struct finding found = {0};
	size_t n_usable = 0;
	struct err e = {0};

	if (f->q->in.below[0] == '\0' || f->known == NULL ||
		find_ask_of(f)->source->follow != NULL ||
		!finding_unpack(f->known->bytes, f->known->len, &found))
		return;
	if (candidates_take(f->candidates, find_recipe(f), find_ask_of(f)->source, f->source,
		    &find_ask_of(f)->inherited, &found, find_ask_of(f)->url, &n_usable, &e))
		find_outcome_of(f)->n_usable += n_usable;
}
