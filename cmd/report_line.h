/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the table and the lines around it share: how a name's words and its version are written. */
#ifndef DEVUPD_CMD_REPORT_LINE_H
#define DEVUPD_CMD_REPORT_LINE_H

#include <stdio.h>

#include "updaters/plan.h"

/* "NAME: TEXT", foreign bytes escaped, in full. */
void report_say(const char *name, const char *text, FILE *out);

/* dpkg's version as the recipe compares it: without what only the vendor's build adds. */
void report_version(const struct entry *entry, const char *version, char *out, size_t out_size);

#endif
