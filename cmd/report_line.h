/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the table and the lines around it share: how a name's words and its version are written. */
#ifndef DEVUPD_CMD_REPORT_LINE_H
#define DEVUPD_CMD_REPORT_LINE_H

#include <stdio.h>

#include "updaters/lib/host.h"
#include "updaters/lib/json.h"
#include "updaters/plan.h"

/* "NAME: TEXT", foreign bytes escaped, in full. */
void report_say(const char *name, const char *text, FILE *out);

/* dpkg's version as the recipe compares it: without what only the vendor's build adds. */
void report_version(const struct entry *entry, const char *version, char *out, size_t out_size);

/* "Linux Mint 22 (Ubuntu noble), amd64" */
void report_host(const struct host *h, char *out, size_t out_size);
/* "host": {"arch", "os", "os_version", "base"} */
void report_put_host(struct json_writer *w, const struct host *h);
/* "key": an RFC 3339 time; null where it is 0. */
void report_put_time(struct json_writer *w, const char *key, int64_t unix_ms);

#endif
