/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/pool_worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "updaters/lib/child.h"
#include "updaters/lib/clock.h"

/* A session of its own: a terminal's Ctrl-C is for devupd, which decides about its workers. */
bool pool_worker_start(const char *path, struct pool_worker *out, struct err *e)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(e, ERR_WORKER, "can't start a worker: no socket");

	SCOPED_CLOSE int theirs = ends[1];
	const char *const argv[] = {path, NULL};
	const struct child_spec spec = {
		.argv = argv,
		.fds = {{.from = theirs, .to = WIRE_FD}},
		.n_fds = 1,
		.own_session = true,
		.dies_with_us = true,
	};
	struct pool_worker w = {0};

	if (!wire_new(ends[0], &w.wire, e))
		return false;
	if (!child_start(&spec, &w.pid, e)) {
		wire_free(w.wire);
		if (e != NULL)
			e->code = ERR_WORKER;
		return false;
	}
	*out = w;
	return true;
}

bool pool_worker_tell(struct pool_worker *w, const struct wire_start *start, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf packed = {0};

	if (w->is_told)
		return true;
	buf_init(&packed, WIRE_MESSAGE_MAX);
	wire_start_pack(start, &packed);
	w->is_told = true;
	w->heard_ms = clock_now_ms();
	return wire_send(w->wire, WIRE_START, 0, packed.data, packed.len, -1, e);
}

void pool_worker_kill(const struct pool_worker *w)
{
	if (w->pid != 0)
		kill(w->pid, SIGKILL);
}

/* true: it has ended within the time. */
static bool has_ended(pid_t pid, int grace_ms)
{
	SCOPED_CLOSE int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd polled = {.fd = fd, .events = POLLIN};

	return fd >= 0 && poll(&polled, 1, grace_ms) > 0;
}

void pool_worker_end(struct pool_worker *w, int grace_ms, char *out_how, size_t how_size)
{
	int status = 0;

	if (w->pid == 0)
		return;
	wire_free(w->wire); /* on which it ends by itself */
	if (!has_ended(w->pid, grace_ms))
		pool_worker_kill(w);
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (out_how != NULL && WIFSIGNALED(status))
		snprintf(out_how, how_size, "was killed by signal %d (%s)", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	else if (out_how != NULL)
		snprintf(out_how, how_size, "ended with status %d", WEXITSTATUS(status));
	*w = (struct pool_worker){0};
}
