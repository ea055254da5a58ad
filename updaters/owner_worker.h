/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The worker's side of all kinds that act as the owner of what they touch: the person's own
 * settings, their lock, the undo record, and the order look, mend, look again, prove.
 */
#ifndef DEVUPD_UPDATERS_OWNER_WORKER_H
#define DEVUPD_UPDATERS_OWNER_WORKER_H

#include "updaters/worker_updater.h"

extern const struct worker_updater owner_worker_updater;

#endif
