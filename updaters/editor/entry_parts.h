/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What entry.c (import paths) and entry_interpreter.c share; nobody else includes it. */
#ifndef DEVUPD_EDITOR_ENTRY_PARTS_H
#define DEVUPD_EDITOR_ENTRY_PARTS_H

#include <stdbool.h>

#include "updaters/editor/entry.h"

/* What we may not look at is not said to be gone. */
bool entry_lives(const char *path);
/* Anything of that name in a folder, a broken link, too. */
bool entry_has_below(const char *folder, const char *name);
/* Make the words: what is wrong, and why there is a better one or none ("" = nothing to add). */
void entry_conclude(struct entry *out, const char *what, const char *why);
/* What can be done about one that nothing takes the place of, if that is not said yet; venv: the
 * removed one that it lay in, or NULL. */
void entry_way_out(const char *venv, struct entry *out);
/* What is wrong with a path below a keg. */
const char *entry_keg_fault(const char *text, bool lives);

#endif
