/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/change.h"
#include "cmd/verb.h"

int verb_repair(const struct options *o)
{
	return change_run(o, "repair", o->undo ? WISH_UNDO : WISH_REPAIR);
}
