/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings and steps put into the words of a result. For owner_worker.c alone. */
#ifndef DEVUPD_UPDATERS_OWNER_REPORT_H
#define DEVUPD_UPDATERS_OWNER_REPORT_H

#include "updaters/owner.h"

/* Items, the changes that their mends would make, and what they come to. */
void owner_report_look(const struct findings *f, struct result *out);
/* Items and what they come to, after mends: changes are in the result already. */
void owner_report_items(const struct findings *f, struct result *out);
/* What a mend's steps change, or would. */
void owner_report_steps(const struct mend *m, struct result *out);
void owner_report_change(struct result *out, const char *path, const char *from, const char *to);
/* All changes of one result told in another, too. */
void owner_report_changes(const struct result *from, struct result *out);
/* before becomes what was proved: repaired, updated, or current after all. */
void owner_report_mended(struct finding *before, const struct finding *now, const char *proof);

#endif
