/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The repair of a package that dpkg left half-way: set up again, without the network and without
 * another version. What became of it is what dpkg's status says afterwards.
 */
#ifndef DEVUPD_UPDATERS_DEB_CONFIGURE_H
#define DEVUPD_UPDATERS_DEB_CONFIGURE_H

#include "updaters/deb/install.h"

/* Add to r->changes the command that configure_run would start for this package. */
void configure_tell(struct result *r, const char *package);

/*
 * dpkg --configure for each item that is a repair; apt-get -f install after it where all it lacks
 * is a dependency. Other items are left alone.
 *
 * Fails: ERR_LOCK (nothing was done), ERR_APT (dpkg can't be started). true: look at each item.
 */
bool configure_run(const struct install_options *o, struct install_item *items, size_t n,
	struct err *e) MUST_CHECK;

#endif
