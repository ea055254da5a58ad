/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names that act as a person, for a person: each venv, editor, prefix, and what is done to it.
 */
#ifndef DEVUPD_CMD_REPORT_OWNER_H
#define DEVUPD_CMD_REPORT_OWNER_H

#include <stdio.h>

#include "updaters/updater.h"

/*
 * Below the table: the things that are not sound, where there are several; with_changes: and what
 * would be done, step by step.
 */
void report_owner_plan(const struct entry *entry, bool with_changes, FILE *out);
/* After a change: "homebrew-python  brew unlink python@3.13, …  python3 runs: 3.13.14", and each
 * thing where there are several. */
void report_owner_change(const struct entry *entry, int width, FILE *out);
/* "brew link python@3.13" or "bin/x -> y", escaped for a terminal. */
void report_owner_deed(const struct change *c, char *out, size_t out_size);

#endif
