/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Homebrew prefix as its folders tell of it: formulae with their kegs, and the links that lead to
 * them. Brew is not started.
 *
 * Knows the layout (Cellar/F/V, opt/F, bin/X, var/homebrew/{linked,pinned}/F; brew's own links are
 * relative and named as what they lead to), not what should be there: that is links.h.
 */
#ifndef DEVUPD_HOMEBREW_PREFIX_H
#define DEVUPD_HOMEBREW_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/err.h"
#include "updaters/lib/person.h"
#include "updaters/lib/text.h"

enum {
	PREFIX_FORMULAE_MAX = 10000,
	PREFIX_KEGS_MAX = 256, /* of one formula */
	PREFIX_LINKS_MAX = 200000,
	PREFIX_DEPTH_MAX = 12,
	FORMULA_NAME_MAX = 128,
	KEG_VERSION_MAX = 128
};

struct formula {
	char *name;
	struct strings kegs; /* versions, the newest last; never empty */
};

enum prefix_link_kind {
	LINK_ELSEWHERE, /* not into the Cellar */
	LINK_OWN,       /* into the Cellar, but not as brew makes them: somebody's own */
	LINK_BREWS
};
struct prefix_link {
	char *at; /* below the prefix: "bin/python3", "opt/jq", "var/homebrew/linked/jq" */
	char *to; /* as it says itself */
	enum prefix_link_kind kind;
	bool is_live; /* something is there */
	/* of brew's: where it leads */
	char formula[FORMULA_NAME_MAX];
	char version[KEG_VERSION_MAX];
};

struct prefix {
	char path[PERSON_PATH_MAX]; /* no links in it */
	uint32_t uid;               /* whose Cellar it is */
	bool lacks_cellar;          /* there is none, or it leads nowhere: a disk that is away */
	bool is_read_only;          /* its file system is, or we may not write there */
	bool is_cut;                /* more than the maxima above: not all was read */
	struct formula *formulae;   /* by name */
	size_t n_formulae;
	struct prefix_link *links; /* by at; of lib, include, share and etc only those that lead
				      nowhere */
	size_t n_links, n_broken;
};

enum prefix_depth {
	PREFIX_SHALLOW, /* opt, bin, sbin and brew's records */
	PREFIX_DEEP     /* all folders that brew links into, to the bottom */
};
/*
 * In:    path   absolute
 * Out:   false without an error text: there is no Homebrew (neither a Cellar nor bin/brew)
 * Fails: ERR_BREW (can't be read), ERR_INTERNAL
 */
bool prefix_read(
	const char *path, enum prefix_depth depth, struct prefix *out, struct err *e) MUST_CHECK;
void prefix_clear(struct prefix *p);
/* Is it this user's, as prefix.uid says? Nothing else is read. */
bool prefix_is_of(const char *path, uint32_t uid);

const struct formula *prefix_formula(const struct prefix *p, const char *name); /* NULL: none */
bool prefix_has_brew(const struct prefix *p); /* a program at bin/brew */
/* NULL: no link is there. */
const struct prefix_link *prefix_link(const struct prefix *p, const char *at);
/* The links in one folder of the prefix, "opt" or "var/homebrew/linked": the first, how many. */
const struct prefix_link *prefix_links_in(
	const struct prefix *p, const char *folder, size_t *out_n);
bool formula_has_keg(const struct formula *f, const char *version);
/* The keg that counts: the one that is linked, else opt's, else the newest. */
const char *prefix_keg(const struct prefix *p, const struct formula *f);
const char *formula_newest(const struct formula *f);
/* The record says that a keg of it is linked, and that keg is there. */
bool prefix_is_linked(const struct prefix *p, const char *formula);
bool prefix_is_pinned(const struct prefix *p, const char *formula);
/*
 * Does the formula want to stay out of bin? As its keg's own copy of its recipe says; for macOS
 * alone does not count.
 */
enum keg_only { KEG_LINKED, KEG_ONLY, KEG_ONLY_VERSIONED };
enum keg_only prefix_keg_only(const struct prefix *p, const char *formula, const char *version);
/* Is there a file at PREFIX/Cellar/F/V/below? */
bool prefix_keg_has(
	const struct prefix *p, const char *formula, const char *version, const char *below);

#endif
