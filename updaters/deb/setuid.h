/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which of a package's files run with somebody else's rights (set-user-id, set-group-id), by what
 * lies there: dpkg unpacked it so, or a script made it so. Told where the version before had not.
 */
#ifndef DEVUPD_UPDATERS_DEB_SETUID_H
#define DEVUPD_UPDATERS_DEB_SETUID_H

#include "updaters/records.h"

enum { SETUID_MAX = 1024, SETUID_TOLD_MAX = 64 };

struct setuid_files {
	struct strings paths;
	bool was_there; /* the package, in any version */
};
void setuid_clear(struct setuid_files *s);

/* In: info  dpkg's folder of lists; a package that is not there, or whose list can't be read, has
 * none */
void setuid_find(const char *info, const char *package, const char *arch, struct setuid_files *out);

/* Those of now that were not so before: a change and an item each. */
void setuid_tell(
	const struct setuid_files *before, const struct setuid_files *now, struct result *r);

#endif
