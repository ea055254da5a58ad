/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is installed in a site-packages folder, as its metadata tell: nothing is started.
 * A folder of thousands is fine; what is not metadata, or is damaged, is passed over.
 */
#ifndef DEVUPD_PYTHON_INSTALLED_H
#define DEVUPD_PYTHON_INSTALLED_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/err.h"

enum { INSTALLED_MAX = 4096, INSTALLED_NAME_MAX = 128 };

struct distribution {
	char name[INSTALLED_NAME_MAX]; /* as its metadata spell it */
	char version[64];
	bool is_editable;
	char direct_url[512]; /* what pip takes in place of a version: "git+https://…@COMMIT",
				 "https://…/x.whl", an editable's folder; "" = it is of an index */
	char info[256];       /* the folder of its metadata, in site-packages */
};
struct distributions {
	struct distribution *items; /* by name */
	size_t n_items;
};
void distributions_clear(struct distributions *d);

/*
 * Out:   out    a folder that is missing is empty
 * Fails: ERR_INTERNAL (no memory), ERR_PYTHON (can't be read; or over INSTALLED_MAX)
 */
bool installed_list(const char *site_packages, struct distributions *out, struct err *e) MUST_CHECK;
/* By name, whatever its spelling: "Foo.Bar" is "foo-bar" (PEP 503). NULL: none. */
const struct distribution *installed_find(const struct distributions *d, const char *name);
/* PEP 503's spelling of a name, or of the name in a requirement: "Foo_Bar[x]>=2" -> "foo-bar". */
bool installed_normalize(const char *name, char out[INSTALLED_NAME_MAX]) MUST_CHECK;

#endif
