/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What apt-get says, read: Status-Fd lines, its words in the log. Pure
 * parsers; who starts apt-get is updaters/deb/install.c.
 */
#ifndef DEVUPD_LIB_APT_H
#define DEVUPD_LIB_APT_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/err.h"

enum apt_status_kind { APT_DOWNLOAD, APT_PACKAGE, APT_ERROR, APT_CONFFILE, APT_MEDIA };

struct apt_status {
	enum apt_status_kind kind;
	char package[256]; /* a name, or a .deb path, or "dpkg-exec" */
	double percent;    /* 0..100 as apt counts: it may never reach 100 */
	char text[256];    /* escaped */
};
/* One line without its newline; false where it is none of the known forms. */
bool apt_status_parse(const char *line, struct apt_status *out);

enum apt_trouble {
	APT_FINE,
	APT_LOCKED,      /* could not get lock */
	APT_INTERRUPTED, /* dpkg was interrupted */
	APT_UNMET,       /* unmet dependencies: known, not installable */
	APT_STALE_LISTS, /* 404 Not Found, Unable to fetch some archives, or a dependency that the
			    lists have not, or only older than is needed */
	APT_WOULD_REMOVE,
	APT_WOULD_DOWNGRADE,
	APT_HELD_CHANGED,
	APT_NO_SPACE,
	APT_SOURCES_BROKEN, /* The list of sources could not be read */
	APT_DPKG_FAILED,    /* Sub-process ... returned an error code */
	APT_OTHER,
};
/*
 * What ended this run of apt-get, and the line that says so.
 *
 * In:    words   what it printed, LC_ALL=C
 * Out:   out_line   the telling line, escaped ("E: ..." first); "" for APT_FINE
 */
enum apt_trouble apt_trouble_find(const char *words, char *out_line, size_t out_size);

#endif
