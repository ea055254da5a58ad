/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the words of a path tell of an interpreter; nothing is looked at. For interpreter.c alone.
 */
#ifndef DEVUPD_LIB_INTERPRETER_WORDS_H
#define DEVUPD_LIB_INTERPRETER_WORDS_H

#include <stdbool.h>
#include <string.h>

#include "updaters/lib/interpreter.h"

/* PREFIX/Cellar/FORMULA/VERSION/rest */
struct keg {
	char prefix[PERSON_PATH_MAX], formula[64], version[32];
	const char *rest; /* inside the path: "/bin/python3", "" */
};
bool interpreter_keg_of(const char *path, struct keg *out) MUST_CHECK;

/* "3.13" at the start of "3.13.14_1" or "3.13t"; false where there is no such number. */
bool interpreter_minor_at(const char *s, char out[8]) MUST_CHECK;

static inline const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

#endif
