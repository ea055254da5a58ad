/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table NAME INSTALLED AVAILABLE STATE. Only report.c calls it. */
#ifndef DEVUPD_CMD_REPORT_TABLE_H
#define DEVUPD_CMD_REPORT_TABLE_H

#include <stdio.h>

#include "cmd/options.h"
#include "updaters/run.h"

/* On a terminal no line of it is wider than the window. */
void report_rows(const struct run *run, const struct options *o, FILE *out);

#endif
