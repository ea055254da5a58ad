/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which minor versions of Python are there, and the same place of another one. Reads folders. */
#ifndef DEVUPD_EDITOR_NEWER_H
#define DEVUPD_EDITOR_NEWER_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/person.h"

/* BASE/lib/python3.13[/…]: its base and minor version; false: it is no such path. */
bool newer_split(const char *path, char out_base[PERSON_PATH_MAX], char out_minor[8]);
/*
 * Is there no program of this minor version any more: beside the base, on the person's PATH, in a
 * Homebrew, of uv or pyenv? Below a Homebrew only its own counts.
 */
bool newer_is_gone(struct person *p, const char *base, const char *minor);
/* All "python3.12" and "python@3.12" in it become 3.13's; false: there are none, or no room. */
bool newer_put(
	const char *path, const char *old_minor, const char *minor, char out[PERSON_PATH_MAX]);

/*
 * The same place of a newer minor version: the person's own first, then from the highest down.
 *
 * In:    first     the minor version that is tried first; "" = none
 *        is_good   says of each candidate whether it will do
 */
bool newer_place(const char *path, const char *old_minor, const char *first,
	bool (*is_good)(void *user, const char *candidate), void *user, char out[PERSON_PATH_MAX]);

#endif
