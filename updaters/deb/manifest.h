/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A signed list of a package's members, as dpkg-sig writes it. The signature proves the list alone:
 * here each member is measured and compared with its line.
 */
#ifndef DEVUPD_UPDATERS_DEB_MANIFEST_H
#define DEVUPD_UPDATERS_DEB_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/deb/members.h"
#include "updaters/lib/err.h"

/*
 * Each member must stand there with its size, MD5 and SHA-1, and nothing else; a signature may be
 * missing there, since it is checked for itself.
 *
 * In:    text   what gpgv says was signed; changed
 *        fd     the package; m is its proved table
 * Fails: ERR_SIGNATURE
 */
bool manifest_check(char *text, const struct members *m, int fd, struct err *e) MUST_CHECK;

/* _gpgbuilder and the like: is this member a signature? */
bool member_is_signature(const struct member *m);

#endif
