/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which virtual environments a recipe means: its globs, and what lies below its roots. */
#ifndef DEVUPD_PYTHON_VENV_FIND_H
#define DEVUPD_PYTHON_VENV_FIND_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/err.h"
#include "updaters/lib/text.h"
#include "updaters/owner.h"

/* A text of the recipe: its words put in, "~" and "~/x" the person's home. false: a word has no
 * value for this person, or it does not fit */
bool venv_expand(const struct owner *o, const char *text, char *out, size_t out_size) MUST_CHECK;

/*
 * Out:   out_paths   folders that hold a pyvenv.cfg, or that `venvs:` names and that may not be
 * gone into; sorted, each once out_kept    those that were put aside by a rebuild: PATH.devupd-DATE
 *        out_remote  mounts that were passed over
 */
bool venvs_find(const struct owner *o, struct strings *out_paths, struct strings *out_kept,
	struct strings *out_remote, struct err *e) MUST_CHECK;
/* Those that were put aside beside this one, whatever globs and roots say. */
bool venv_kept_beside(const char *path, struct strings *out_kept) MUST_CHECK;

#endif
