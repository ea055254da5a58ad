/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whose things a run looks after: the caller alone, or, under root, everybody with a home of their
 * own. One of the few readers of the environment, and of it only where the caller is the person.
 */
#ifndef DEVUPD_CONFIG_PEOPLE_H
#define DEVUPD_CONFIG_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "updaters/lib/person.h"

struct people {
	struct person *items; /* by name */
	size_t n_items;
};
void people_clear(struct people *p);

/*
 * In:    as_root   everybody of `users:`, else everybody with a login shell and a home of their
 * own, and who called by sudo; never root. Else the caller alone, as their environment says Out:
 * out       none at all is no failure Fails: ERR_CONFIG (a name in `users:` that nobody has, or
 * whose home can't be theirs), ERR_OWNER (who runs this has no entry in the password database)
 */
bool people_find(
	const struct config *c, bool as_root, struct people *out, struct err *e) MUST_CHECK;
/*
 * One more, by user id, if not there yet: a prefix may belong to somebody who is nobody's idea of a
 * user. false: no entry, root, or no memory.
 */
bool people_add_uid(struct people *p, uint32_t uid);

#endif
