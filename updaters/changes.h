/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a change looks like in JSON: the trail and the report write it in the same words. */
#ifndef DEVUPD_UPDATERS_CHANGES_H
#define DEVUPD_UPDATERS_CHANGES_H

#include "updaters/lib/json.h"
#include "updaters/records.h"

/* "changes": [{"path", "from", "to"} or {"command": [...]}, ...] */
void changes_put(struct json_writer *w, const struct result *r);

#endif
