/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * devupd-worker: what devupd starts to meet the net. Descriptor 3 is its one line to the world.
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "updaters/lib/log.h"
#include "updaters/wire.h"
#include "updaters/worker.h"

int main(void)
{
	/* Whoever presses Ctrl-C or stops the unit stops devupd, and that decides about us. */
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
	struct err e = {0};

	if (!worker_is_wire(WIRE_FD)) {
		fprintf(stderr,
			"devupd-worker: devupd starts this program itself; run devupd instead\n");
		return 2;
	}
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		signal(ignored[i], SIG_IGN);
	if (worker_run(WIRE_FD, getppid(), &e))
		return 0;
	log_error("worker: %s", e.text);
	return 1;
}
