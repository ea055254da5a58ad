/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Links of a prefix that are not as brew would have them, as findings with their mends: what holds
 * for every formula. What is Python's alone is python_links.h.
 */
#ifndef DEVUPD_HOMEBREW_LINKS_H
#define DEVUPD_HOMEBREW_LINKS_H

#include <stdbool.h>

#include "updaters/homebrew/prefix.h"
#include "updaters/owner.h"

/* What a finding is about, for the proof of its mend. */
enum links_tag {
	LINKS_TAG_NONE,
	LINKS_TAG_RECORD,  /* opt, a pin */
	LINKS_TAG_FORMULA, /* links of one formula */
	LINKS_TAG_GONE,    /* links of one that is not installed */
	LINKS_TAG_PYTHON3, /* bin/python3 and what belongs to it */
	LINKS_TAG_PIN,     /* a formula that is to be held back */
	LINKS_TAG_UPGRADE
};

/* "python@3.13", "python", "python3"; not python-tk@3.13, pypy, python-packaging. */
bool formula_is_python(const char *name);

/* What lies where a keg's links belong. */
struct obstacles {
	struct strings foreign; /* below the prefix: files, and links that are not brew's */
	struct strings missing; /* names of the keg's bin and sbin with nothing in their place, or
				   a foreign link that leads nowhere */
	struct strings others;  /* … that are another formula's live links */
	bool has_older;         /* … that are live links to another keg of the same formula */
	bool is_cut;            /* too many */
};
enum obstacles_in { OBSTACLES_IN_PROGRAMS, OBSTACLES_EVERYWHERE }; /* bin and sbin alone? */
/* Fails: ERR_BREW (the keg can't be read), ERR_INTERNAL (no memory) */
bool obstacles_find(const struct prefix *p, const char *formula, const char *version,
	enum obstacles_in where, struct obstacles *out, struct err *e) MUST_CHECK;
void obstacles_clear(struct obstacles *o);

/* Steps: each broken link of the formula goes. false: no memory. */
bool links_drop_broken(struct mend *m, const struct prefix *p, const char *formula) MUST_CHECK;
/* Steps: what is not brew's goes aside, with a date. */
bool links_move_aside(struct mend *m, const struct prefix *p, const struct obstacles *o) MUST_CHECK;

/* More is in its way than a plan can hold: nothing is planned then. */
void links_say_cut(struct finding *found, const char *formula);

/*
 * opt and pin records that lead to a keg that is gone, Python's or all the others': led to the one
 * that is there. To be mended before anything else.
 */
bool links_find_records(
	const struct prefix *p, bool wants_python, struct findings *out, struct err *e) MUST_CHECK;
/* The broken links of a formula: one of them, and how many; NULL: none. */
const struct prefix_link *links_broken(const struct prefix *p, const char *formula, size_t *out_n);
/* The links of one formula. */
bool links_find_formula(const struct prefix *p, const struct formula *f, struct findings *out,
	struct err *e) MUST_CHECK;
/* All formulae but Python's: their links, and those whose formula is gone. */
bool links_find_all(const struct prefix *p, struct findings *out, struct err *e) MUST_CHECK;
/* Broken links to formulae that are gone, Python's or all the others'. */
bool links_find_gone(
	const struct prefix *p, bool wants_python, struct findings *out, struct err *e) MUST_CHECK;

/* A new finding at PREFIX/at; NULL: e is set. */
struct finding *links_finding(
	const struct prefix *p, const char *at, struct findings *out, struct err *e);

#endif
