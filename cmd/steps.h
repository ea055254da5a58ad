/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way to a finding as a document: `explain`, and `recipe test`, which goes it on a saved page.
 */
#ifndef DEVUPD_CMD_STEPS_H
#define DEVUPD_CMD_STEPS_H

#include "cmd/options.h"
#include "updaters/run.h"

/* Of the plan's first entry; its error is the document's. */
void steps_document(
	const char *verb, const struct run *run, const struct options *o, int exit_code);

#endif
