/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a transaction did beside what it was asked for: packages that apt changed along, what
 * scripts did to what apt trusts, files that run with somebody else's rights now.
 */
#ifndef DEVUPD_UPDATERS_DEB_BESIDE_H
#define DEVUPD_UPDATERS_DEB_BESIDE_H

#include "updaters/deb/guard.h"
#include "updaters/deb/setuid.h"
#include "updaters/deb/snapshot.h"
#include "updaters/lib/dpkg.h"

struct beside {
	const char *arch; /* borrowed: dpkg's own */
	struct snapshot packages;
	struct guard guard;
	struct strings names;        /* of the transaction */
	struct setuid_files *set_id; /* of each of them */
	bool is_begun;
};
void beside_clear(struct beside *b);

struct beside_spec {
	const char *arch;         /* dpkg's own [borrowed] */
	const char *state_folder; /* see guard_begin */
	const char *run;          /* id */
	struct dpkg_wait wait;    /* for dpkg's locks */
};
/*
 * Look, right before it is begun: once nobody holds dpkg's locks, and again where somebody has
 * taken them meanwhile.
 *
 * Out:   out   begun; what it held before is forgotten
 * Fails: ERR_LOCK, ERR_DPKG, ERR_STATE, ERR_SPACE, ERR_INTERNAL
 */
bool beside_begin(const struct beside_spec *spec, const struct strings *names, struct beside *out,
	struct err *e) MUST_CHECK;
/* Nothing of it was begun: whatever has changed meanwhile was others' work. */
void beside_drop(struct beside *b);

/*
 * Look again: also, changes and items of r, which may be NULL. Nothing where it was not begun.
 *
 * In:    is_named   those that were asked for by name are not "also"
 */
void beside_end(struct beside *b, bool (*is_named)(const void *user, const char *name),
	const void *user, struct result *r);

#endif
