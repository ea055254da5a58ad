/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of documents to ask for, and what became of the source: what asking, answers and their
 * use all stand on. */
#include "updaters/deb/find_parts.h"

#include <stdlib.h>
#include <string.h>

const struct recipe *find_recipe(const struct find *f)
{
	return f->q->in.recipe;
}

struct find_ask *find_ask_of(struct find *f)
{
	return &f->asks[f->at];
}

struct find_outcome *find_outcome_of(struct find *f)
{
	return &f->outcomes[f->source];
}

void find_drop_asks(struct find *f)
{
	for (size_t i = 0; i < f->n_asks; i++) {
		free(f->asks[i].url);
		pairs_clear(&f->asks[i].inherited);
	}
	f->n_asks = f->at = 0;
}

bool find_judge(const struct find *f, const char *url, struct err *e)
{
	const struct strings *hosts = &find_recipe(f)->hosts;
	char host[URL_HOST_MAX];

	if (url_host(url, host, sizeof(host)) && text_equal(host, f->own_host))
		return true;
	if (find_recipe(f)->sources[f->source].kind == SOURCE_GITHUB &&
		text_equal(host, HTTP_GITHUB_API))
		return true;
	return url_is_listed(url, (const char *const *)hosts->items, hosts->n_items) ||
	       err_set(e, ERR_POLICY, "%s is neither the source's own host nor in hosts", url);
}

void find_ask_failed(struct find *f, const struct err *e, bool is_unreachable)
{
	struct find_outcome *o = find_outcome_of(f);

	if (err_is_set(&o->error))
		return;
	o->error = *e;
	o->is_unreachable = is_unreachable;
}

void find_add_ask(struct find *f, const struct source *s, unsigned depth, const char *url,
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

void find_next_ask(struct find *f)
{
	words_clear(&f->words);
	debhead_free(f->head);
	f->head = NULL;
	f->known = NULL;
	f->by_range = false;
	f->at++;
}

void find_range_begin(struct find *f, uint64_t len)
{
	f->by_range = true;
	f->range_from = 0;
	f->range_len = len;
}
