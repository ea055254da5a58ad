/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A rotated file of the trail that somebody had logrotate compress, line by line. It is unpacked by
 * the program that packed it (gzip, xz, zstd, bzip2), so that the program that root starts has no
 * such parser in it, and never stands in memory as a whole. Part of audit_trail.c's inside; nobody
 * else includes it.
 */
#ifndef DEVUPD_UPDATERS_AUDIT_UNPACK_H
#define DEVUPD_UPDATERS_AUDIT_UNPACK_H

#include "updaters/audit_trail.h"

/* The suffix of a name that ends in one of those, "" where it has none. Static. */
const char *unpack_suffix(const char *name);

/*
 * In:    fd         the packed file, from its beginning
 *        suffix     of unpack_suffix, not ""
 *        line       its file is filled in, and number 0
 * Out:   out_go_on  false when on_line had enough
 * Fails: ERR_INTERNAL. Damage, more than TRAIL_FILE_MAX bytes, a program that is not there: no
 *        failure, a last line says so by its fault
 */
bool unpack_walk(int fd, const char *suffix, struct trail_line *line, trail_on_line *on_line,
	void *user, bool *out_go_on, struct err *e) MUST_CHECK;

#endif
