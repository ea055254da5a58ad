/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of report share, and nobody else sees. */
#ifndef DEVUPD_CMD_REPORT_PARTS_H
#define DEVUPD_CMD_REPORT_PARTS_H

#include <stdio.h>

#include "cmd/options.h"
#include "updaters/run.h"

/* The table; on a terminal no line of it is wider than the window. */
void report_rows(const struct run *run, const struct options *o, FILE *out);

/* dpkg's version as the recipe compares it: without what only the vendor's build adds. */
void report_version(const struct entry *entry, const char *version, char *out, size_t out_size);

/* "NAME: TEXT", foreign bytes escaped, in full. */
void report_say(const char *name, const char *text, FILE *out);

#endif
