/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The health of a name's sources, for the documents of `list` and `show`. */
#ifndef DEVUPD_CMD_REPORT_HEALTH_H
#define DEVUPD_CMD_REPORT_HEALTH_H

#include "updaters/health.h"
#include "updaters/lib/json.h"
#include "updaters/run.h"

/* What both states of a run know of a recipe; nothing where there is none. A fault is told as a
 * note: it keeps nobody from the rest. */
void report_health_read(const struct run *run, const struct recipe *r, struct health *out);
/* A list of {source, last_good, failures, failing_since, reason, ailing}. */
void report_health_put(struct json_writer *w, const char *key, const struct health *h);

#endif
