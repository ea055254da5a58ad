/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packages of the person's that a new minor version of Python no longer sees: in
 * ~/.local/lib/pythonX.Y/site-packages, and in PREFIX/lib/pythonX.Y/site-packages of a Homebrew
 * prefix that is theirs.
 *
 * Left behind they are where no python X.Y is left, or where the only ones left are of a Homebrew
 * prefix whose python3 has moved on to a newer one. While another python X.Y is there (the
 * system's, pyenv's, uv's), somebody may well be using them. What the new place has by name, in
 * whatever version, is not left behind. pip, setuptools and wheel do not count: each python brings
 * its own; nor does what Homebrew's own formulae put there.
 */
#ifndef DEVUPD_PYTHON_LEFT_BEHIND_H
#define DEVUPD_PYTHON_LEFT_BEHIND_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/owner.h"

/* One finding a folder that holds packages: its tag is PACKAGES_LEFT_BEHIND.
 * Fails: ERR_CONFIG, ERR_INTERNAL */
bool left_behind_look(const struct owner *o, struct findings *out, struct err *e) MUST_CHECK;
/* That the new place's own python knows all of them. Fails: ERR_PYTHON */
bool left_behind_prove(const struct owner *o, const struct finding *before, char *out_text,
	size_t text_size, struct err *e) MUST_CHECK;

#endif
