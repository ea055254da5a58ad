/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The step of a mend that is a program: for mend_take.c alone. */
#ifndef DEVUPD_LIB_MEND_RUN_H
#define DEVUPD_LIB_MEND_RUN_H

#include <stdbool.h>

#include "updaters/lib/err.h"
#include "updaters/lib/mend.h"

/* Out: what it did to watched links is in the undo record, also where it failed */
bool mend_take_run(const struct mend_step *step, const struct mender *by, struct err *e) MUST_CHECK;

#endif
