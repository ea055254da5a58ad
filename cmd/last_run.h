/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which run `repair --undo` of root takes back, where none was named: the last of root's own that
 * changed people's things. What they have repaired themselves is theirs to take back.
 */
#ifndef DEVUPD_CMD_LAST_RUN_H
#define DEVUPD_CMD_LAST_RUN_H

#include "updaters/run.h"

/* false: the trail knows of none. */
bool last_run_find(const char *audit_log, char out_run[RUN_ID_SIZE]);

#endif
