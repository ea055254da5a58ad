/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A vendor's scripts run as root. What apt trusts is photographed before a transaction and compared
 * after it; what a script deleted is put back, unless that would stand against what came in its
 * place (DESIGN "Trust"). What came or changed is told and left.
 *
 * The photograph lies on disk meanwhile: killed in between, the next run finishes (guard_recover).
 */
#ifndef DEVUPD_UPDATERS_DEB_GUARD_H
#define DEVUPD_UPDATERS_DEB_GUARD_H

#include "updaters/deb/guard_saved.h"
#include "updaters/records.h"

struct guard {
	char folder[512]; /* the state's; "" = nothing is kept on disk */
	struct guard_saved saved;
};
void guard_clear(struct guard *g);

/*
 * In:    folder     of the state, NULL or "" = nothing is kept on disk
 *        packages   of the transaction, a blank between
 * Fails: ERR_STATE, ERR_SPACE, ERR_INTERNAL: without a photograph no transaction
 */
bool guard_begin(const char *folder, const char *run, const char *packages, struct guard *out,
	struct err *e) MUST_CHECK;

/*
 * Compare, put back, tell: changes and items are added to r, whose `also` is there already.
 *
 * In:    is_changed   did this package's version change? NULL = nobody knows; those of the
 *                     transaction count always
 */
void guard_end(struct guard *g, bool (*is_changed)(const void *user, const char *package),
	const void *user, struct result *r);

/*
 * The same for a run that was cut off, once nothing of it runs any more. A folder that changed
 * after dpkg was done is left as it is. Nothing is there to be done for any other run.
 */
void guard_recover(const char *folder, const char *run, struct result *r);
/* What is left when nothing is to be recovered. */
void guard_forget(const char *folder);

#endif
