/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PCRE2 patterns on hostile pages: JIT, named groups, bounded in time. The only user of pcre2.
 *
 * UTF with invalid bytes tolerated, MULTILINE, never DOTALL. A match limit does not bound time, so
 * a page is matched in windows of start positions and the clock is read between them.
 */
#ifndef DEVUPD_LIB_PATTERN_H
#define DEVUPD_LIB_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/err.h"
#include "updaters/lib/text.h"

enum {
	PATTERN_MAX = 4096,
	PATTERN_GROUPS_MAX = 16, /* named ones */
	PATTERN_NUMBERS_MAX = 10,
	PATTERN_SUBJECT_MAX = 8 << 20
};

struct pattern;

/*
 * In:    text       UTF-8, < PATTERN_MAX
 *        with_jit   false: only to see whether it is right (cheap); true: to be matched on pages
 * Fails: ERR_PARSE  what PCRE2 says, or a construct that can't be matched in windows (\G, (*SKIP),
 *                   (*COMMIT)); out_offset (may be NULL) is the byte in text where it is wrong
 */
bool pattern_new(const char *text, bool with_jit, struct pattern **out, size_t *out_offset,
	struct err *e) MUST_CHECK;
void pattern_free(struct pattern *p);
DEFINE_SCOPED(struct pattern *, pattern_free);

/* Names of the named groups, in the pattern's order; returns how many (<= PATTERN_GROUPS_MAX). */
size_t pattern_group_names(const struct pattern *p, const char **out_names, size_t max);

struct pattern_span {
	const char *start; /* into the subject; NULL where the group did not take part */
	size_t len;
};

struct pattern_match {
	struct pattern_span whole;
	struct pattern_span groups[PATTERN_GROUPS_MAX];   /* by pattern_group_names' order */
	struct pattern_span numbers[PATTERN_NUMBERS_MAX]; /* $0 to $9 */
};

/* How many groups it has, named or not. */
size_t pattern_n_groups(const struct pattern *p);

/*
 * Go through all matches in order.
 *
 * In:    subject     len <= PATTERN_SUBJECT_MAX bytes, not NUL-ended
 *        budget_ms   > 0, for the whole walk, calls of on_match included
 *        on_match    false ends the walk (no failure)
 * Fails: ERR_PARSE    budget used up, or PCRE2's own limits reached on this page: the text says
 *                     which pattern and that the pattern should be made more exact
 *        ERR_TOO_BIG  subject too long
 * Source: pcre2api(3), pcre2limits(3)
 */
bool pattern_each(const struct pattern *p, const char *subject, size_t len, uint64_t budget_ms,
	bool (*on_match)(void *user, const struct pattern_match *m), void *user,
	struct err *e) MUST_CHECK;

/* Does it match anywhere in a short text (version, address)? Same bounds. out_match may be NULL. */
bool pattern_find(const struct pattern *p, const char *subject, size_t len, bool *out_found,
	struct pattern_match *out_match, struct err *e) MUST_CHECK;

/* Append text to b with every special byte quoted, so that it stands for itself. */
void pattern_quote(struct buf *b, const char *text);

/*
 * A rewrite "s/PATTERN/TEMPLATE/[g]" ($1..$9, ${name}, $$; any separator byte after the s).
 */
struct rewrite;
bool rewrite_new(
	const char *text, struct rewrite **out, size_t *out_offset, struct err *e) MUST_CHECK;
void rewrite_free(struct rewrite *r);
DEFINE_SCOPED(struct rewrite *, rewrite_free);
/* In place; a text that does not match stays. Fails: ERR_TOO_BIG, ERR_PARSE */
bool rewrite_apply(const struct rewrite *r, char *text, size_t size, struct err *e) MUST_CHECK;

#endif
