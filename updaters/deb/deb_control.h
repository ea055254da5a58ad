/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a package must say of itself to be the one that recipe and plan promise: judged by the
 * worker in the stream and in the whole file, and once more by the parent, of what dpkg-deb reads.
 */
#ifndef DEVUPD_UPDATERS_DEB_DEB_CONTROL_H
#define DEVUPD_UPDATERS_DEB_DEB_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

#include "config/recipe.h"
#include "updaters/lib/dpkg.h"
#include "updaters/lib/err.h"

/* Any spelling (page's, package's, dpkg's) -> the one that candidates have. */
bool deb_version_of(const struct recipe *r, const char *any_spelling, char *out, size_t out_size,
	struct err *e) MUST_CHECK;

/*
 * In:    version   promised; "" = any. Compared on both sides after version.installed
 * Fails: ERR_NAME ERR_ARCHITECTURE ERR_VERSION, ERR_POLICY (Essential, Protected or Important)
 */
bool deb_control_check(const struct recipe *r, const char *version,
	const struct dpkg_control *control, struct err *e) MUST_CHECK;

#endif
