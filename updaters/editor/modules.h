/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a folder of an import path holds, by the names in it alone: distributions (numpy-2.1.dist-
 * info) and modules (numpy/, six.py, _x.so). Nothing is imported.
 */
#ifndef DEVUPD_EDITOR_MODULES_H
#define DEVUPD_EDITOR_MODULES_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/text.h"

enum { MODULES_MAX = 8192 }; /* names that are counted of one folder */

struct modules {
	struct strings distributions; /* as PEP 503 normalises them; sorted */
	struct strings modules;       /* sorted */
};
void modules_clear(struct modules *m);
/* false: there is no such folder, or it can't be read. */
bool modules_read(const char *folder, struct modules *out) MUST_CHECK;
bool modules_is_empty(const struct modules *m);
/*
 * How many of `wanted`'s distributions (where it has none: modules) are not in m; pip and its kin
 * don't count, each interpreter has its own.
 *
 * Out:   out_first   the first of them, borrowed from wanted; NULL = none
 */
size_t modules_missing(
	const struct modules *m, const struct modules *wanted, const char **out_first);

#endif
