/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * On a terminal: a bar for each download with speed and time left, one line for apt's progress,
 * redrawn in place, whatever the width; in a pipe or with --no-progress: plain lines, one at the
 * start and one at the end.
 */
#ifndef DEVUPD_CMD_PROGRESS_H
#define DEVUPD_CMD_PROGRESS_H

#include "cmd/options.h"
#include "updaters/run.h"

struct progress;
struct progress *progress_new(const struct options *o); /* writes to stderr; NULL without memory */
void progress_free(struct progress *p);                 /* takes the bars off the screen first */
DEFINE_SCOPED(struct progress *, progress_free);
void progress_watch(struct progress *p, struct run_watch *out);
/* Take the bars away: something else is going to be printed. */
void progress_pause(struct progress *p);

#endif
