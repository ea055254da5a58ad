/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the members of a package lie: found by the verifying worker, which parses, and proved by
 * the parent, which only compares: each header is what it must be if the table is true, and
 * nothing of the file is left over.
 */
#ifndef DEVUPD_UPDATERS_DEB_MEMBERS_H
#define DEVUPD_UPDATERS_DEB_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/debfile.h"
#include "updaters/lib/err.h"
#include "updaters/lib/pack.h"
#include "updaters/records.h"

/* As the reader of packages has them. */
enum { MEMBERS_MAX = DEBFILE_MEMBERS_MAX, MEMBER_NAME_SIZE = DEBFILE_MEMBER_NAME_SIZE };

/* Among the documents of a verifying worker's result. */
#define MEMBERS_KEY "#members"

struct member {
	char name[MEMBER_NAME_SIZE];
	uint64_t offset, size_bytes; /* of its content */
};
struct members {
	struct member items[MEMBERS_MAX];
	size_t n_items;
};

bool members_put(const struct members *m, struct result *r) MUST_CHECK;
/* false: the worker said nothing, or nonsense. */
bool members_get(const struct result *r, struct members *out) MUST_CHECK;

/* Is this the table of that file? Fails: ERR_STRUCTURE */
bool members_prove(const struct members *m, int fd, struct err *e) MUST_CHECK;

#endif
