/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is installed, all of it, before and after a transaction: what apt changed beside. */
#ifndef DEVUPD_UPDATERS_DEB_SNAPSHOT_H
#define DEVUPD_UPDATERS_DEB_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/records.h"

struct snapshot_package {
	const char *name, *arch, *version; /* in text */
};
struct snapshot {
	char *text;                        /* of dpkg's status file, cut into strings */
	struct snapshot_package *packages; /* installed in whole or in part, by name and arch */
	size_t n_packages;
};
/* Fails: ERR_DPKG */
bool snapshot_take(const char *status_path, struct snapshot *out, struct err *e) MUST_CHECK;
void snapshot_clear(struct snapshot *s);

/*
 * Add to result->also what differs.
 *
 * In:    arch       dpkg's own; packages of another are given as NAME:ARCH
 *        is_named   those that were asked for by name are not "also"
 */
void snapshot_compare(const struct snapshot *before, const struct snapshot *after, const char *arch,
	bool (*is_named)(const void *user, const char *name), const void *user,
	struct result *result);

/* Did it come, go, or change its version, in any architecture? */
bool snapshot_is_changed(
	const struct snapshot *before, const struct snapshot *after, const char *package);

#endif
