/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What one document of a vendor held: for each match its words ("url", "version", "sha256",
 * "size", "date" and the pattern's own groups), raw, before anything is compared with what is
 * installed. So it can be kept, and a 304 answers as the document itself would.
 *
 * Knows neither recipe nor net. Its packed form is hostile when it is read back.
 */
#ifndef DEVUPD_UPDATERS_DEB_FINDING_H
#define DEVUPD_UPDATERS_DEB_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/recipe.h"
#include "updaters/lib/pack.h"
#include "updaters/lib/pattern.h"
#include "updaters/lib/url.h"

enum {
	FINDING_ENTRIES_MAX = 256,
	FINDING_WORDS_MAX = PATTERN_GROUPS_MAX * 4,
	FINDING_VALUE_MAX = URL_MAX,
	FINDING_PACKED_MAX = 256 << 10
};

struct finding {
	char base[URL_MAX];    /* the document's own address, after redirects */
	struct pairs *entries; /* different from each other, in the document's order */
	size_t n_entries;
	uint32_t n_seen; /* links or items that were looked at; 0 = not counted */
	bool is_cut;     /* there were more than FINDING_ENTRIES_MAX */
};

void finding_clear(struct finding *f);
/* Takes the words out of entry, whatever becomes of them; an entry that is there already is
 * dropped. false: no memory, or no room (is_cut is set). */
bool finding_add(struct finding *f, struct pairs *entry);
/* A word longer than FINDING_VALUE_MAX is refused. */
bool pairs_add(struct pairs *p, const char *key, const char *value, size_t len) MUST_CHECK;
const char *pairs_get(const struct pairs *p, const char *key); /* the last one; NULL: none */

void finding_pack(const struct finding *f, struct buf *out);
bool finding_unpack(const void *bytes, size_t len, struct finding *out) MUST_CHECK;

#endif
