/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Take a staged file into packages/: moved where nobody else can write it any more, copied
 * otherwise; owned by us, read-only, hashed by us, compared with the digest expected before the
 * download began.
 */
#ifndef DEVUPD_UPDATERS_DEB_ADOPT_H
#define DEVUPD_UPDATERS_DEB_ADOPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "updaters/lib/digest.h"
#include "updaters/lib/err.h"

struct adopt_spec {
	const char *staging;            /* folder */
	const char *file_name;          /* in it: no slash */
	uid_t staging_owner;            /* who must own the staged file */
	const char *packages;           /* folder; ours, 0755 */
	const char *target_name;        /* in it: package_version_arch.deb */
	const struct digests *expected; /* none known: nothing is compared */
	uint64_t size_bytes;            /* expected, 0 = not told */
};
struct adopted {
	char path[512];
	struct digests digests; /* measured */
	uint64_t size_bytes;
	bool was_moved;
};
/*
 * Call it when no worker that runs as staging_owner is left: a lease proves that nobody has the
 * file open for writing, not that nobody is just about to. The staged file is gone afterwards.
 *
 * Fails: ERR_DIGEST, ERR_STRUCTURE (no regular file, several links, another owner), ERR_TOO_BIG,
 * ERR_SPACE, ERR_STATE. After a failure nothing is left in packages/; a file with a wrong digest or
 * size is gone from staging, too.
 */
bool adopt_file(const struct adopt_spec *spec, struct adopted *out, struct err *e) MUST_CHECK;

/* The same for a file in hand anywhere (FILE.deb): always copied, its descriptor given. */
bool adopt_copy(
	int fd, const struct adopt_spec *spec, struct adopted *out, struct err *e) MUST_CHECK;

#endif
