/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the minor versions of Python are: their programs, and folders of packages. Reads only. */
#ifndef DEVUPD_PYTHON_MINORS_H
#define DEVUPD_PYTHON_MINORS_H

#include <stdbool.h>

#include "updaters/lib/person.h"
#include "updaters/lib/text.h"

/* Which programs of one minor version there are. */
struct minor_places {
	bool is_in_prefix; /* in that Homebrew prefix */
	bool is_elsewhere; /* on PATH, of the system, pyenv's, uv's, another prefix's */
};
/* In:    prefix   "" = none is meant */
void minor_places_find(
	const struct person *p, const char *minor, const char *prefix, struct minor_places *out);

/* LIB/pythonX.Y/site-packages, oldest first. false: no memory */
bool minors_list(const char *lib, struct strings *out) MUST_CHECK;

/* Homebrew prefixes that are the person's own: `first` and the known places. false: no memory */
bool minors_prefixes(const struct person *p, const char *first, struct strings *out) MUST_CHECK;

#endif
