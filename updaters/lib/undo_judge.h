/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * May a line of an undo be taken back: is what it speaks of as the mend left it? Asked of things as
 * they are, or as they would be once the lines behind were taken back. Reads alone.
 */
#ifndef DEVUPD_LIB_UNDO_JUDGE_H
#define DEVUPD_LIB_UNDO_JUDGE_H

#include <stddef.h>

#include "updaters/lib/err.h"
#include "updaters/lib/undo_file.h"

enum verdict { VERDICT_AS_LEFT, VERDICT_AS_BEFORE, VERDICT_CHANGED };

struct judge {
	const struct undo_mend *mend;
	size_t i;   /* the line that is judged */
	size_t end; /* lines i+1 … end-1 count as taken back (but not where is_void);
		       0: those behind were taken back in truth */
	char why[ERR_TEXT_MAX / 2]; /* Out: of VERDICT_CHANGED */
};
enum verdict judge(struct judge *j);

#endif
