/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What upgrade, install and rollback share: look, show the plan, ask once, get root as late as can
 * be, change, report.
 */
#ifndef DEVUPD_CMD_CHANGE_H
#define DEVUPD_CMD_CHANGE_H

#include "cmd/options.h"
#include "updaters/updater.h"

/* Returns the exit code. */
int change_run(const struct options *o, const char *verb, enum wish wish);

#endif
