/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One seeded change to a package: of its bytes, its members, or what lies in its tars. */
#ifndef DEVUPD_TESTS_FUZZ_MUTATE_H
#define DEVUPD_TESTS_FUZZ_MUTATE_H

#include <stdint.h>

#include "updaters/lib/text.h"

/* Takes the next numbers out of seed. Returns what was done, for a message; a constant. */
const char *mutate_package(const struct buf *package, uint64_t *seed, struct buf *out);

#endif
