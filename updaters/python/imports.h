/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Do these modules import? Tried in one start of the interpreter, each truly imported: a module
 * whose library is gone is found by nothing less.
 */
#ifndef DEVUPD_PYTHON_IMPORTS_H
#define DEVUPD_PYTHON_IMPORTS_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/owner.h"

struct import {
	const char *module; /* borrowed */
	char why[256];      /* "" = it imports; "ModuleNotFoundError: No module named 'x'" */
};

/*
 * In:    n > 0; each module by name alone
 * Out:   why of each
 * Fails: ERR_PYTHON (can't be started), ERR_COMMAND (stopped, or its time is up)
 */
bool imports_try(const struct owner *o, const char *python, struct import *imports, size_t n,
	struct err *e) MUST_CHECK;

#endif
