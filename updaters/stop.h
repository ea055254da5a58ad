/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIGINT, SIGTERM and SIGHUP as a question that is asked between two steps: nothing is interrupted,
 * and no global is set. From stop_open on they are blocked and waited for on a descriptor; SIGPIPE
 * is ignored.
 */
#ifndef DEVUPD_UPDATERS_STOP_H
#define DEVUPD_UPDATERS_STOP_H

#include <stdbool.h>

#include "updaters/lib/err.h"

struct stop {
	int fd;     /* readable when one has come */
	int signal; /* the first that came, 0 = none */
};

bool stop_open(struct stop *s, struct err *e) MUST_CHECK;
void stop_close(struct stop *s);
/* Shaped for the callbacks that ask; user is the struct stop. */
bool stop_is_asked(void *user);

#endif
