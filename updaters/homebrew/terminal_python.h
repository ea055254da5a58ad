/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which python3 new terminals run, in words: said, never changed. */
#ifndef DEVUPD_HOMEBREW_TERMINAL_PYTHON_H
#define DEVUPD_HOMEBREW_TERMINAL_PYTHON_H

#include "updaters/homebrew/prefix.h"
#include "updaters/owner.h"

/* Behind what was said of the prefix's python3: is_sound or not. */
void terminal_python_say(
	const struct owner *o, const struct prefix *p, bool is_sound, struct buf *out);

#endif
