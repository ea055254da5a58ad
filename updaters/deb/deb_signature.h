/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The signature of one entry's package: what a worker brought of it, and what gpgv says. */
#ifndef DEVUPD_UPDATERS_DEB_DEB_SIGNATURE_H
#define DEVUPD_UPDATERS_DEB_DEB_SIGNATURE_H

#include "updaters/updater.h"

/* Before anything is fetched. Fails: ERR_SIGNATURE   the recipe requires a key that is not here */
bool deb_has_key(const struct facts *f, const struct entry *entry, struct err *e) MUST_CHECK;

/*
 * In:    r   of the verifying worker
 * Out:   out_is_good   false: not signed, or no key is here, and that is no refusal: it is said
 *                      then. Nothing is said where the recipe names no keys.
 * Fails: ERR_SIGNATURE ERR_STRUCTURE
 */
bool deb_check_signature(const struct facts *f, struct entry *entry, const struct result *r,
	bool *out_is_good, struct err *e) MUST_CHECK;

#endif
