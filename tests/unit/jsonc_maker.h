/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings as people and editors leave them behind, and edits of them, made from a seed. */
#ifndef DEVUPD_TESTS_UNIT_JSONC_MAKER_H
#define DEVUPD_TESTS_UNIT_JSONC_MAKER_H

#include <stdint.h>

#include "updaters/lib/jsonc.h"

/* Comments that say "keep" stand alone on their line: no edit may take them, unless they are in
 * what it takes. */
void jsonc_make(uint64_t seed, struct buf *out);

enum change_what { CHANGE_SET, CHANGE_APPEND, CHANGE_REPLACE, CHANGE_REMOVE, CHANGE_REMOVE_ITEM };

struct change {
	enum change_what what;
	const char *key, *value;
	size_t i;
};
/* An edit that is possible in that text; false: none is. */
bool change_choose(const struct jsonc *j, uint64_t seed, struct change *out);
bool change_apply(
	const struct jsonc *j, const struct change *change, struct buf *out, struct err *e);

#endif
