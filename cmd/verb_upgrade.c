/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/change.h"
#include "cmd/verb.h"

int verb_upgrade(const struct options *o)
{
	return change_run(o, "upgrade", WISH_UPGRADE);
}
