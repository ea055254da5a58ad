/* SPDX-License-Identifier: GPL-3.0-or-later */
/* After the mend: the settings are read again from the disk, and the interpreter is run. */
#ifndef DEVUPD_EDITOR_PROOF_H
#define DEVUPD_EDITOR_PROOF_H

#include "updaters/owner.h"

/*
 * owner_updater's prove: all that was planned stands in the file.
 *
 * Fails: ERR_EDITOR, ERR_PARSE, ERR_PYTHON, as settings_read
 */
bool proof_of(const struct owner *o, const struct finding *before, const struct finding *now,
	char *out_text, size_t text_size, struct err *e) MUST_CHECK;

#endif
