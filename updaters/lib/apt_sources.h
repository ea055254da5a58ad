/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a file of apt's sources names: addresses of repositories, and key files. Hostile text is
 * read by bounds and strictly: what apt would not take is passed over.
 *
 * Source: sources.list(5)
 */
#ifndef DEVUPD_LIB_APT_SOURCES_H
#define DEVUPD_LIB_APT_SOURCES_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/text.h"

enum { APT_SOURCE_WORD_MAX = 2048, APT_SOURCE_WORDS_MAX = 512 };

struct apt_sources {
	struct strings uris;     /* of what is enabled, as written */
	struct strings keyrings; /* absolute paths that Signed-By names, enabled or not */
	bool is_cut;             /* it names more than APT_SOURCE_WORDS_MAX, or memory ran out */
};
void apt_sources_clear(struct apt_sources *s);

/* Is it a name that apt reads sources from? "x.list", "x.sources", "sources.list" */
bool apt_sources_is_file(const char *path);

/* In: path decides the form: one line each, or deb822 (".sources"); raw may hold any bytes */
void apt_sources_read(const char *path, const char *raw, size_t len, struct apt_sources *out);

/*
 * Do two addresses name the same repository? However it is fetched (http, https, a mirror method),
 * whoever logs in, with or without slashes at the end.
 */
bool apt_uri_is_same(const char *a, const char *b);

/* The first address of a that b names, too; NULL: none. */
const char *apt_sources_common(const struct apt_sources *a, const struct apt_sources *b);

#endif
