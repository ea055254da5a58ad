/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the sources of one recipe have answered lately, as root's state and a person's own remember
 * it: who reads both gets one story. Knows recipes and states; says it in words, shows nothing.
 */
#ifndef DEVUPD_UPDATERS_HEALTH_H
#define DEVUPD_UPDATERS_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/recipe.h"
#include "updaters/state_left.h"

enum { HEALTH_TEXT_MAX = 256 };

/* One address: a recipe may read it in several ways. */
struct source_health {
	char source[URL_MAX];      /* as resolved for this host */
	int64_t good_unix_ms;      /* the last good answer, 0 = never */
	uint64_t n_failures;       /* in a row, 0 = the last one was good, or it was never asked */
	int64_t failing_unix_ms;   /* since when, 0 = it does not */
	char reason[ERR_TEXT_MAX]; /* of the last failure; "" = none */
	/*
	 * It fails as far as is known. Sources are asked in their order, and those behind one that
	 * does are not asked: what failed there once, in an outage of the whole net perhaps, is no
	 * news any more when an earlier one has answered well since.
	 */
	bool is_ailing;
};
struct health {
	struct source_health *items; /* in the recipe's order, each address once */
	size_t n_items;
	size_t n_ailing;
};
void health_clear(struct health *h);

/* Was it never asked? A later source is asked only where those before it don't do. */
bool source_is_unasked(const struct source_health *s);

/*
 * In:    a, b   states to read, either may be NULL. Where they differ the newer knowledge wins: a
 *               source that answered well in one after it began to fail in the other is well; two
 *               that both fail are one failure since the earlier, with all attempts counted
 * Out:   none where the recipe has no sources (kinds that act as a person)
 * Fails: ERR_STATE, ERR_INTERNAL
 */
bool health_read(const struct recipe *r, struct state *a, struct state *b, struct health *out,
	struct err *e) MUST_CHECK;

/*
 * "source 1 of 3 ailing since 2 Sep 06:12: answers 404", "all 3 sources ailing since ...: ..."; ""
 * where none is. For a list: cut to out_size. Foreign bytes are escaped.
 */
void health_describe(const struct health *h, int64_t now_unix_ms, char *out, size_t out_size);
/* Of one: "good today 06:12", "3 failures since 2 Sep 06:12, last good 1 Sep 06:12: answers 404",
 * "never asked". Foreign bytes are escaped. */
void source_describe(
	const struct source_health *s, int64_t now_unix_ms, char *out, size_t out_size);

#endif
