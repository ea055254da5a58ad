/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIGINT, SIGTERM and SIGHUP as a question that is asked between two steps: nothing is interrupted,
 * and no global is set. From stop_open on they are blocked and waited for on a descriptor; SIGPIPE
 * is ignored. Behind sudo the half that started us tells what it got: nobody may signal root.
 */
#ifndef DEVUPD_UPDATERS_STOP_H
#define DEVUPD_UPDATERS_STOP_H

#include <stdbool.h>
#include <stdint.h>

#include "updaters/lib/err.h"

struct stop {
	int fd; /* readable when one has come; the next two are behind it */
	int signals_fd;
	int peer_fd;       /* not ours to close; -1 = none */
	int signal;        /* the first that came, 0 = none */
	uint64_t alive_ms; /* when a manager's watchdog last heard of us */
};

bool stop_open(struct stop *s, struct err *e) MUST_CHECK;
void stop_close(struct stop *s);
/*
 * Hear the other half, too: a byte on this socket is the signal that it got, its end is a hangup.
 * What is no socket is left alone (sudo may stand between, to log).
 */
bool stop_listen(struct stop *s, int peer_fd, struct err *e) MUST_CHECK;
/* The other side of stop_listen. */
void stop_tell(int peer_fd, int signal);
/*
 * Shaped for the callbacks that ask; user is the struct stop. Whoever waits for anything asks now
 * and then, so that this is also where the watchdog of a service manager hears that we are alive.
 */
bool stop_is_asked(void *user);

#endif
