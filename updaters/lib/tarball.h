/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One small file out of a packed tar in memory. The only user of libarchive, which is loaded at the
 * first call: a worker that opens no package doesn't pay for it.
 */
#ifndef DEVUPD_LIB_TARBALL_H
#define DEVUPD_LIB_TARBALL_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/err.h"
#include "updaters/lib/text.h"

/*
 * In:    suffix     how it is packed: "", ".gz", ".xz" or ".zst"; nothing else is tried
 *        raw, len   the whole tar
 *        name       path in it, found as "./name", too
 * Out:   out        empty, its limit is the file's; after a failure its content is undefined
 * Fails: ERR_STRUCTURE  damaged, not there, there twice, no regular file, empty, over the limit, or
 *                       all entries together over 64 MiB
 *        ERR_INTERNAL   libarchive can't be loaded
 */
bool tarball_extract(const char *suffix, const char *raw, size_t len, const char *name,
	struct buf *out, struct err *e) MUST_CHECK;

#endif
