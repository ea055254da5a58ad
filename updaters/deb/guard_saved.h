/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The photograph on disk while a transaction runs: killed in between, the next run finishes what
 * this one could not. It holds what apt's files hold, logins too: 0600, in root's own folder.
 */
#ifndef DEVUPD_UPDATERS_DEB_GUARD_SAVED_H
#define DEVUPD_UPDATERS_DEB_GUARD_SAVED_H

#include "updaters/deb/guard_photo.h"

/* Whose transaction: packages by name, a blank between. */
struct guard_saved {
	char run[64];
	char packages[GUARD_WHO_MAX];
	bool is_settled; /* compared, and what was to be put back is marked */
	struct guard_photo photo;
};
void guard_saved_clear(struct guard_saved *s);

/* Fails: ERR_STATE, ERR_SPACE */
bool guard_saved_write(const char *path, const struct guard_saved *s, struct err *e) MUST_CHECK;
/* Fails: ERR_STATE (not there: sys_errno ENOENT; damaged, or not root's alone), ERR_TOO_BIG */
bool guard_saved_read(const char *path, struct guard_saved *out, struct err *e) MUST_CHECK;

#endif
