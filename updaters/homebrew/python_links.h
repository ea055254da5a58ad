/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which formula should give python3, whether it does, and the mend where it does not.
 *
 * Only the newest Python formula installs bin/python3; brew calls older ones "altinstall". So the
 * one that should is the newest whose keg holds it; if none does, the default has moved on to a
 * formula that is not installed.
 */
#ifndef DEVUPD_HOMEBREW_PYTHON_LINKS_H
#define DEVUPD_HOMEBREW_PYTHON_LINKS_H

#include <stdbool.h>

#include "updaters/homebrew/prefix.h"
#include "updaters/owner.h"

/* The formula that should give python3; NULL: none that is installed. */
const struct formula *python_main(const struct prefix *p);
/* The newest Python formula of all; NULL: none is installed. */
const struct formula *python_newest(const struct prefix *p);
/*
 * What brew means by python3, as its own memory of the last update tells: "python@3.14".
 * false: it does not tell.
 */
bool python_alias(const struct person *person, char *out, size_t out_size);

/*
 * All that is wrong with Python's links in a prefix; the last finding is the prefix itself, with
 * what python3 is. None at all: there is no Python of Homebrew's.
 */
bool python_links_find(const struct owner *o, const struct prefix *p, struct findings *out,
	struct err *e) MUST_CHECK;

#endif
