/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which interpreter a virtual environment may rest on instead of the one that is gone. */
#ifndef DEVUPD_PYTHON_VENV_PYTHON_H
#define DEVUPD_PYTHON_VENV_PYTHON_H

#include <stdbool.h>

#include "updaters/lib/interpreter.h"
#include "updaters/owner.h"
#include "updaters/python/venv.h"

/* A path that lasts to one of the venv's own minor version: where it was, by opt, of the same
 * maker, of another. false: there is none on this machine */
bool venv_python_same(
	const struct owner *o, const struct venv *v, struct interpreter *out) MUST_CHECK;
/* One for a new venv: Homebrew's newest where the old one rested on Homebrew, else the person's
 * python3. wish = "3.13" or a path, of the settings; NULL = none. */
bool venv_python_new(const struct owner *o, const struct venv *old, const char *wish,
	struct interpreter *out) MUST_CHECK;

/* Is the folder root's or theirs? What another person put there is not run as this one, unless they
 * chose it themselves. */
bool venv_python_is_ours(const struct person *p, const char *folder);

#endif
