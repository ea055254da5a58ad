/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The deb kind as the parent sees it: survey dpkg, make jobs, adopt, install, confirm. */
#ifndef DEVUPD_UPDATERS_DEB_DEB_H
#define DEVUPD_UPDATERS_DEB_DEB_H

#include "updaters/updater.h"

extern const struct updater deb_updater;

#endif
