/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Releases that sources named, and which of them is the best one to take.
 *
 * Knows recipes and Debian's order, neither the net nor documents' forms.
 */
#ifndef DEVUPD_UPDATERS_DEB_CANDIDATE_H
#define DEVUPD_UPDATERS_DEB_CANDIDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/recipe.h"
#include "updaters/deb/deb_control.h"
#include "updaters/deb/deb_job.h"
#include "updaters/deb/finding.h"
#include "updaters/records.h"

enum { CANDIDATES_MAX = 512 };

struct candidate {
	size_t source; /* index in the recipe; RECIPE_SOURCES_MAX = the recipe's archive */
	char *version; /* the package's spelling, without what version.installed takes away */
	char *raw_version;
	char *url;
	char *page;                   /* where it was found */
	char sha256[SHA256_HEX_SIZE]; /* "" = not told */
	enum digest_from sha256_from;
	uint64_t size_bytes;
	int64_t date_unix_ms; /* published; 0 = not told, or not to be believed */
	struct pairs words;   /* of its match, for templates to come */
	bool is_refused;      /* never to be taken; why says for what */
	bool is_dead;         /* 403, 404 or 410: announced, not there */
	char *why;            /* why not, for the trace; NULL = nothing against it */
};

struct candidates {
	struct candidate *items;
	size_t n_items;
};
void candidates_clear(struct candidates *c);

/*
 * Turn what a document held into candidates. An entry that is no usable release is kept as refused.
 *
 * In:    inherited   groups of the pages that led here
 *        source      index of the recipe's source; s is it or the `follow` below it
 * Out:   out_n_new   how many usable ones the finding has
 */
bool candidates_take(struct candidates *c, const struct recipe *r, const struct source *s,
	size_t source, const struct pairs *inherited, const struct finding *f, const char *page,
	size_t *out_n_usable, struct err *e) MUST_CHECK;

/* The recipe's archive address of this version (package's spelling). Fails: ERR_NO_RELEASE */
bool candidates_add_archive(struct candidates *c, const struct recipe *r, const char *version,
	struct candidate **out, struct err *e) MUST_CHECK;

/* What is looked for, in candidates' spelling. */
struct choice {
	char installed[DPKG_VERSION_MAX];
	char wanted[DPKG_VERSION_MAX];
	char below[DPKG_VERSION_MAX];
	char skip_exactly[DPKG_VERSION_MAX];
	char skip_up_to[DPKG_VERSION_MAX];
	bool with_reinstall;
};
bool choice_init(struct choice *c, const struct deb_inspect *in, struct err *e) MUST_CHECK;

/* NULL: it may be chosen; else why not: "older than installed", ... A constant. */
const char *choice_objection(const struct choice *choice, const struct candidate *c);
/* The best one of this source that may be chosen, by the source's pick; NULL: none. */
struct candidate *choice_best(
	const struct choice *choice, const struct recipe *r, struct candidates *c, size_t source);

/* All words for an address made for this candidate: recipe's, its own, ${version}, ${raw_version}.
 */
bool candidate_words(
	const struct recipe *r, const struct candidate *c, struct words *out) MUST_CHECK;
void candidate_release(const struct candidate *c, struct release *out);

#endif
