/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker's life: told where it may write, caged, then fed with jobs over one wire. Knows tasks,
 * no kind; it parses nothing that came from the net itself.
 */
#ifndef DEVUPD_UPDATERS_WORKER_H
#define DEVUPD_UPDATERS_WORKER_H

#include <stdbool.h>
#include <sys/types.h>

#include "updaters/lib/err.h"

/* Is this descriptor what a worker is given: a Unix socket that keeps messages apart? */
bool worker_is_wire(int fd);

/*
 * Work until the other end of the wire is closed.
 *
 * In:    fd       taken over
 *        parent   who started us: we die with it
 * Fails: ERR_WORKER (nonsense on the wire, the wire broke), ERR_INTERNAL. The process is to end
 * then.
 */
bool worker_run(int fd, pid_t parent, struct err *e) MUST_CHECK;

#endif
