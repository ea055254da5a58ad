/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the guard found, in a result: a change for the record, an item for a person to read. */
#ifndef DEVUPD_UPDATERS_DEB_GUARD_TELL_H
#define DEVUPD_UPDATERS_DEB_GUARD_TELL_H

#include "updaters/deb/guard_mend.h"
#include "updaters/records.h"

enum { GUARD_TOLD_MAX = 256 };

/*
 * In:    packages   of the transaction, a blank between: whose scripts it was
 *        is_cut     there was more than the photographs hold
 * Logins (auth.conf) are told without their digests.
 */
void guard_tell(const struct guard_bench *bench, const char *packages,
	const struct guard_finding *findings, size_t n, bool is_cut, struct result *r);

#endif
