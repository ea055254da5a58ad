/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The packages half of the kind: what must import in an interpreter, and what an upgrade left
 * behind. Looks and plans; pip does the work, as the person, when the steps are taken.
 *
 * Called by python.c alone.
 */
#ifndef DEVUPD_PYTHON_PACKAGES_H
#define DEVUPD_PYTHON_PACKAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/owner.h"

/* finding.tag */
enum packages_tag {
	PACKAGES_IMPORT = 100, /* path: the venv or program that must have them */
	PACKAGES_LEFT_BEHIND,  /* path: a site-packages folder of another minor version */
};

/*
 * One finding for the recipe's interpreter where it names packages; and, where it names neither
 * venvs nor roots, one for each folder that holds packages of the person's: of every minor version,
 * also while all is well, for whoever must know what rests on it.
 *
 * In:    o->mode   OWNER_DOCTOR: nothing is added, for a package runs no interpreter
 * Fails: ERR_CONFIG (an interpreter that is no path), ERR_INTERNAL
 */
bool packages_look(const struct owner *o, struct findings *out, struct err *e) MUST_CHECK;

/*
 * The imports again; of what was left behind, that the new place has it.
 *
 * Fails: ERR_PYTHON   names what is missing still
 */
bool packages_prove(const struct owner *o, const struct finding *before, const struct finding *now,
	char *out_text, size_t text_size, struct err *e) MUST_CHECK;

#endif
