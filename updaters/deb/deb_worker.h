/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The deb kind as the worker sees it: find, probe, fetch, verify. */
#ifndef DEVUPD_UPDATERS_DEB_DEB_WORKER_H
#define DEVUPD_UPDATERS_DEB_DEB_WORKER_H

#include "updaters/worker_updater.h"

extern const struct worker_updater deb_worker_updater;

#endif
