/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is the package signed by one whom the recipe names? The parent's part of verifying: gpgv judges,
 * in a process of its own; nothing that is not signed by a pinned key is read here.
 */
#ifndef DEVUPD_UPDATERS_DEB_SIGNATURE_H
#define DEVUPD_UPDATERS_DEB_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "config/recipe.h"
#include "updaters/deb/members.h"
#include "updaters/lib/err.h"

struct signature_case {
	const struct recipe *recipe;   /* with keys; members or detached as it says */
	int fd;                        /* the package */
	const struct members *members; /* proved; NULL with a detached signature */
	const void *detached;          /* NULL: there is none */
	size_t detached_len;
	const char *const *key_folders; /* NULL-ended */
	bool as_root;                   /* key files must be root's; gpgv runs as uid, gid */
	uid_t uid;
	gid_t gid;
};

/*
 * Out:   out_is_good   false: not signed, or its key is not here, and the policy is prefer
 *        out_note      what is to be told then; RECORD_TEXT_MAX bytes
 * Fails: ERR_SIGNATURE
 */
bool signature_check(const struct signature_case *c, bool *out_is_good, char *out_note,
	struct err *e) MUST_CHECK;

/*
 * Before anything is fetched: is there a key to judge it by, where the recipe does not go without?
 * Of c: recipe, key_folders, as_root. Fails: ERR_SIGNATURE, with the file to put in place
 */
bool signature_has_key(const struct signature_case *c, struct err *e) MUST_CHECK;

#endif
