/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose a file is, as dpkg's lists say: what goes or comes with its package is no surprise. */
#ifndef DEVUPD_UPDATERS_DEB_GUARD_OWNER_H
#define DEVUPD_UPDATERS_DEB_GUARD_OWNER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Ask dpkg-query whose these are. Paths that it would take for patterns are left out, and so is
 * everything where it can't be asked: then nobody is known to own them.
 *
 * In:    on_owner   called for each that has one; owners "code" or "apt, gpg", without architecture
 */
void guard_owners_find(const char *const *paths, size_t n,
	void (*on_owner)(void *user, const char *path, const char *owners), void *user);

/* Is one of a list such as "apt, gpg" fit? */
bool guard_owner_is_any(const char *owners, bool (*is_fit)(const void *user, const char *package),
	const void *user);

#endif
