/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Licences that a person accepted: each by its name and address, so that another one, later, under
 * the same recipe is asked about again.
 */
#ifndef DEVUPD_UPDATERS_LICENSE_H
#define DEVUPD_UPDATERS_LICENSE_H

#include <stdbool.h>

#include "config/recipe.h"
#include "updaters/state.h"

/* What this recipe asks to accept (it does: license_accept); who and when are left empty. */
void license_of(const struct recipe *recipe, struct state_license *out);

/* In: recipe  asks for acceptance. Out: was that very licence accepted, ever? */
bool license_is_accepted(
	struct state *s, const struct recipe *recipe, bool *out, struct err *e) MUST_CHECK;

#endif
