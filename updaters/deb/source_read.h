/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Read one document of a source: what it holds becomes a finding. Without I/O.
 */
#ifndef DEVUPD_UPDATERS_DEB_SOURCE_READ_H
#define DEVUPD_UPDATERS_DEB_SOURCE_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "config/recipe.h"
#include "updaters/deb/finding.h"
#include "updaters/lib/pattern.h"

enum { SOURCE_PAGE_MAX = 8 << 20, SOURCE_BUDGET_MS = 500, PATTERN_CACHE_N = 8 };

/* Patterns compiled in this job, so that each is compiled once. */
struct pattern_cache {
	struct {
		char *text;
		struct pattern *pattern;
	} items[PATTERN_CACHE_N];
	size_t n_items;
};
void pattern_cache_clear(struct pattern_cache *c);
/* The clock of one document, set at its beginning; false: it takes too long (ERR_PARSE). */
uint64_t source_end_ms(void);
bool source_is_in_time(uint64_t end_ms, struct err *e) MUST_CHECK;
/* Words filled in, quoted. Borrowed from the cache until PATTERN_CACHE_N others were asked for. */
bool pattern_cache_get(struct pattern_cache *c, const struct words *w, const char *text,
	const struct pattern **out, struct err *e) MUST_CHECK;

/*
 * A text matched by the source's `link`: a page, or the final address of a redirect.
 *
 * Out:   out   entries with "url" (group url, else a page's whole match, a redirect's whole
 *              address, however little of it the pattern speaks of) and the other groups;
 *              n_seen = 1 for an address, links on a page where none of them matches
 * Fails: ERR_PARSE (the page is hostile to the pattern), ERR_TOO_BIG, ERR_CONFIG
 */
bool source_page_read(const struct source *s, const struct words *w, struct pattern_cache *cache,
	const char *body, size_t len, struct finding *out, struct err *e) MUST_CHECK;

/*
 * A JSON document.
 *
 * Out:   out   entries with "version", "url", "sha256", "size", "date" where the source has
 *              pointers for them, and the groups of `match`; n_seen = items
 * Fails: ERR_PARSE, ERR_NO_MATCH (nothing at `items`), ERR_CONFIG
 */
bool source_json_read(const struct source *s, const struct words *w, struct pattern_cache *cache,
	const char *body, size_t len, struct finding *out, struct err *e) MUST_CHECK;

/*
 * GitHub's releases: a page of them, of one's assets, or the API's list.
 *
 * Out:   out   assets: entries with "url", "version" (of tag or asset), where told "sha256",
 * "size", "date"; of a page that has none: one entry for each release with the address of its
 *              assets in SOURCE_ASSETS_WORD. n_seen = assets or releases
 * Fails: ERR_PARSE, ERR_NO_MATCH (JSON, and no releases), ERR_CONFIG
 */
#define SOURCE_ASSETS_WORD "assets_page"
bool source_github_read(const struct source *s, const struct words *w, struct pattern_cache *cache,
	const char *body, size_t len, struct finding *out, struct err *e) MUST_CHECK;

#endif
