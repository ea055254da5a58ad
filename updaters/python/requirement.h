/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which package a requirement speaks of: "Foo_Bar[x]>=2" and "foo-bar" are one (PEP 503, 508). */
#ifndef DEVUPD_PYTHON_REQUIREMENT_H
#define DEVUPD_PYTHON_REQUIREMENT_H

#include <stdbool.h>

#include "updaters/python/installed.h"

enum { REQUIREMENT_NAME_MAX = 128 };

/* false: it begins with no name */
bool requirement_name(const char *requirement, char out[REQUIREMENT_NAME_MAX]) MUST_CHECK;
/* What is installed under that name; NULL: nothing. */
const struct dist *requirement_find(const struct dists *installed, const char *requirement);

#endif
