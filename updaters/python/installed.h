/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is installed in a site-packages folder, read from its metadata: names, exact versions, and
 * where those came from that are not from an index. Starts nothing. Used by venvs and packages.
 */
#ifndef DEVUPD_PYTHON_INSTALLED_H
#define DEVUPD_PYTHON_INSTALLED_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/err.h"
#include "updaters/lib/text.h"

enum { INSTALLED_MAX = 4096, REQUIREMENT_MAX = 2048 };

enum dist_from {
	DIST_INDEX,
	DIST_EDITABLE, /* of a folder, by direct_url.json or an .egg-link */
	DIST_VCS,
	DIST_FILE, /* a folder, wheel or archive on this machine, or at an address */
	DIST_N_FROMS
};

struct dist {
	char name[128];
	char version[64]; /* exact */
	enum dist_from from;
	char requirement[REQUIREMENT_MAX]; /* a line for pip; "" = it can't be had again */
	char lost[256];                    /* why not */
	char folder[256];                  /* its metadata, below the site-packages */
};
struct dists {
	struct dist *items; /* by name */
	size_t n_items;
};
void dists_clear(struct dists *d);

/* One that is missing is empty. Fails: ERR_PYTHON (it can't be read), ERR_INTERNAL */
bool installed_read(const char *site, struct dists *out, struct err *e) MUST_CHECK;
/* Modules that they bring, as `import` takes them; of each the first; at most max in all. Names
 * that begin with "_" and pip's own family are left out. */
bool installed_modules(
	const char *site, const struct dists *d, size_t max, struct strings *out) MUST_CHECK;

#endif
