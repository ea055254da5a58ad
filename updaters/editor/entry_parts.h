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

#endif
