/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is left, gathered from the rows of all states into one list. */
#ifndef DEVUPD_CMD_STATUS_LEFT_H
#define DEVUPD_CMD_STATUS_LEFT_H

#include "cmd/status.h"

/*
 * In:    root    its state, own: a person's; NULL = there is none
 *        user    the person's name, borrowed
 * Out:   s       left and ailing are filled
 */
bool status_left_read(struct status *s, struct state *root, struct state *own, const char *user,
	struct bus *bus, struct err *e) MUST_CHECK;

#endif
