/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

enum { FEED_BYTES = 64 << 10, ERRORS_MAX_BYTES = 4096, TICK_MS = 1000, STOP_LOOK_MS = 200 };

enum { PIPE_OUT, PIPE_ERRORS, N_PIPES };

/* One child that runs, and what it has said so far. */
struct errand {
	const struct child_spec *spec;
	const char *program;
	pid_t pid; /* 0 once it was waited for */
	int pid_fd;
	int pipes[N_PIPES]; /* our ends, -1 at their end */
	struct buf said[N_PIPES];
	int input_end; /* ours, -1 where it reads nothing of us, or has all of it */
	size_t at_range;
	uint64_t at_byte;     /* of that range */
	uint64_t tick_ms;     /* when the next is due */
	uint64_t deadline_ms; /* moved to the end of the grace once it was told to end */
	struct err why;       /* why it was told to */
};

/* A process that leads a session leads its group, too: the number stands for all in it. */
static void errand_signal(const struct errand *errand, int number)
{
	kill(errand->spec->own_session ? -errand->pid : errand->pid, number);
}

static void errand_clear(struct errand *errand)
{
	if (errand->pid > 0) {
		errand_signal(errand, SIGKILL);
		while (waitpid(errand->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	scope_close_fd(&errand->pid_fd);
	scope_close_fd(&errand->input_end);
	for (size_t i = 0; i < N_PIPES; i++) {
		scope_close_fd(&errand->pipes[i]);
		buf_clear(&errand->said[i]);
	}
}

static bool pipe_open(struct errand *errand, size_t i, int *out_child_end, struct err *e)
{
	int ends[2] = {-1, -1};

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, ERR_INTERNAL, "can't start %s: pipe", errand->program);
	errand->pipes[i] = ends[0];
	*out_child_end = ends[1];
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
		return err_sys(e, ERR_INTERNAL, "can't start %s: pipe", errand->program);
	return true;
}

/* A socket and no pipe: writing to a child that has gone is no signal then. */
static bool input_open(struct errand *errand, int *out_child_end, struct err *e)
{
	int ends[2] = {-1, -1};

	if (errand->spec->input == NULL)
		return true;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(e, ERR_INTERNAL, "can't start %s: socket", errand->program);
	errand->input_end = ends[0];
	*out_child_end = ends[1];
	return true;
}

static bool errand_start(struct errand *errand, struct err *e)
{
	struct child_spec with_pipes = *errand->spec;
	SCOPED_CLOSE int out_end = -1;
	SCOPED_CLOSE int errors_end = -1;
	SCOPED_CLOSE int in_end = -1;

	if (with_pipes.n_fds + N_PIPES + (with_pipes.input != NULL) > CHILD_FDS_MAX)
		return err_set(e, ERR_INTERNAL, "too many descriptors for %s", errand->program);
	if (!pipe_open(errand, PIPE_OUT, &out_end, e))
		return false;
	if (!with_pipes.merges_output && !pipe_open(errand, PIPE_ERRORS, &errors_end, e))
		return false;
	if (!input_open(errand, &in_end, e))
		return false;
	if (in_end >= 0)
		with_pipes.fds[with_pipes.n_fds++] = (struct child_fd){in_end, STDIN_FILENO};
	with_pipes.fds[with_pipes.n_fds++] = (struct child_fd){out_end, STDOUT_FILENO};
	with_pipes.fds[with_pipes.n_fds++] =
		(struct child_fd){with_pipes.merges_output ? out_end : errors_end, STDERR_FILENO};
	if (!child_start(&with_pipes, &errand->pid, e))
		return false;
	errand->pid_fd = (int)syscall(SYS_pidfd_open, errand->pid, 0);
	if (errand->pid_fd < 0)
		return err_sys(e, ERR_INTERNAL, "can't watch %s", errand->program);
	return true;
}

/* The oldest bytes go, as many as the new ones need. */
static bool said_roll(struct buf *said, const char *bytes, size_t n)
{
	size_t limit = said->limit_bytes;

	if (n > limit) {
		bytes += n - limit;
		n = limit;
	}
	if (n > limit - said->len) {
		size_t n_gone = n - (limit - said->len);

		memmove(said->data, said->data + n_gone, said->len - n_gone);
		said->len -= n_gone;
	}
	return buf_put(said, bytes, n);
}

/* Errors past their limit are dropped; of output past its limit the spec says what becomes. */
static bool errand_keep(struct errand *errand, size_t i, const char *bytes, size_t n, struct err *e)
{
	struct buf *said = &errand->said[i];
	enum child_excess excess = i == PIPE_OUT ? errand->spec->excess : CHILD_KEEP_START;
	size_t room = said->limit_bytes - said->len;

	if (excess == CHILD_REFUSE && n > room)
		return err_set(e, ERR_TOO_BIG, "%s printed more than %zu bytes", errand->program,
			said->limit_bytes);
	if (excess == CHILD_KEEP_END ? !said_roll(said, bytes, n)
				     : !buf_put(said, bytes, n < room ? n : room))
		return err_set(e, ERR_INTERNAL, "no memory for what %s printed", errand->program);
	return true;
}

/* All that is there now, but no more than a pipe can hold: who floods us is looked at in between.
 */
static bool errand_read(struct errand *errand, size_t i, struct err *e)
{
	char bytes[16384];

	for (int n_reads = 0; errand->pipes[i] >= 0 && n_reads < 64; n_reads++) {
		ssize_t n = read(errand->pipes[i], bytes, sizeof(bytes));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n < 0)
			return err_sys(e, ERR_INTERNAL, "can't read from %s", errand->program);
		if (n == 0) {
			close(MOVE_FD(errand->pipes[i]));
			return true;
		}
		if (!errand_keep(errand, i, bytes, (size_t)n, e))
			return false;
	}
	return true;
}

/* Some more of its input; its end when there is no more, or the child wants no more. */
static bool errand_feed(struct errand *errand, struct err *e)
{
	const struct child_spec *spec = errand->spec;
	char bytes[FEED_BYTES];
	size_t n = 0;
	ssize_t sent;

	while (errand->at_range < spec->n_input &&
		errand->at_byte == spec->input[errand->at_range].size_bytes) {
		errand->at_range++;
		errand->at_byte = 0;
	}
	if (errand->at_range == spec->n_input) {
		close(MOVE_FD(errand->input_end));
		return true;
	}

	const struct child_range *range = &spec->input[errand->at_range];
	uint64_t left = range->size_bytes - errand->at_byte;
	size_t wanted = left < sizeof(bytes) ? (size_t)left : sizeof(bytes);

	if (!fs_read_at(spec->input_fd, bytes, wanted, range->offset + errand->at_byte, &n))
		return err_sys(e, ERR_INTERNAL, "can't read what %s is to read", errand->program);
	if (n == 0) { /* the end of the file ends a range of any length */
		errand->at_range = spec->n_input;
		return true;
	}
	sent = send(errand->input_end, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
		close(MOVE_FD(errand->input_end));
	else if (sent < 0 && errno != EAGAIN && errno != EINTR)
		return err_sys(e, ERR_INTERNAL, "can't write to %s", errand->program);
	errand->at_byte += sent > 0 ? (uint64_t)sent : 0;
	return true;
}

/* Ask it to end, where it has a grace; false: it has none, or had it. */
static bool errand_end(struct errand *errand, uint64_t now_ms, const struct err *why, struct err *e)
{
	bool is_first = !err_is_set(&errand->why);

	if (is_first)
		errand->why = *why;
	if (is_first && errand->spec->grace_ms > 0) {
		errand_signal(errand, SIGTERM);
		errand->deadline_ms = now_ms + errand->spec->grace_ms;
		return true;
	}
	if (e != NULL)
		*e = errand->why;
	return false;
}

/* What is due by the clock: a tick, the end of its time, a stop. */
static bool errand_look(struct errand *errand, uint64_t now_ms, uint64_t timeout_ms, struct err *e)
{
	const struct child_spec *spec = errand->spec;
	struct err why = {0};

	if (spec->on_tick != NULL && now_ms >= errand->tick_ms) {
		spec->on_tick(spec->user);
		errand->tick_ms = now_ms + TICK_MS;
	}
	if (now_ms >= errand->deadline_ms) {
		/* no ERR_TIMEOUT: it says nothing of the network, nor of a vendor */
		err_set(&why, ERR_COMMAND, "%s did not end within %.1f s", errand->program,
			(double)timeout_ms / 1000);
		return errand_end(errand, now_ms, &why, e);
	}
	if (!err_is_set(&errand->why) && spec->is_stopped != NULL && spec->is_stopped(spec->user)) {
		err_set(&why, ERR_COMMAND, "%s was stopped", errand->program);
		return errand_end(errand, now_ms, &why, e);
	}
	return true;
}

/* How long to sleep at most: to the nearest of what is due. */
static int errand_nap(const struct errand *errand, uint64_t now_ms)
{
	uint64_t nap_ms = 60000;

	if (errand->deadline_ms - now_ms < nap_ms)
		nap_ms = errand->deadline_ms - now_ms;
	if (errand->spec->on_tick != NULL && errand->tick_ms - now_ms < nap_ms)
		nap_ms = errand->tick_ms - now_ms;
	if (errand->spec->is_stopped != NULL && nap_ms > STOP_LOOK_MS)
		nap_ms = STOP_LOOK_MS;
	return (int)nap_ms;
}

/* Until the child has ended: its own children may hold the pipes for longer. */
static bool errand_watch(struct errand *errand, uint64_t timeout_ms, struct err *e)
{
	errand->tick_ms = clock_now_ms() + TICK_MS;
	errand->deadline_ms = clock_now_ms() + timeout_ms;
	for (;;) {
		struct pollfd polled[] = {{.fd = errand->pipes[PIPE_OUT], .events = POLLIN},
			{.fd = errand->pipes[PIPE_ERRORS], .events = POLLIN},
			{.fd = errand->pid_fd, .events = POLLIN},
			{.fd = errand->input_end, .events = POLLOUT}};
		uint64_t now_ms = clock_now_ms();

		if (!errand_look(errand, now_ms, timeout_ms, e))
			return false;

		int n = poll(polled, ARRAY_SIZE(polled), errand_nap(errand, now_ms));

		if (n < 0 && errno != EINTR)
			return err_sys(e, ERR_INTERNAL, "can't watch %s", errand->program);
		if (n <= 0)
			continue;
		if (!errand_read(errand, PIPE_OUT, e) || !errand_read(errand, PIPE_ERRORS, e))
			return false;
		if (polled[3].revents != 0 && !errand_feed(errand, e))
			return false;
		if (polled[2].revents != 0)
			return errand_read(errand, PIPE_OUT, e) &&
			       errand_read(errand, PIPE_ERRORS, e);
	}
}

bool child_run(const struct child_spec *spec, uint64_t timeout_ms, size_t max_bytes,
	char **out_text, char **out_errors, int *out_status, struct err *e)
{
	SCOPED_CLEAR(errand_clear)
	struct errand errand = {.spec = spec,
		.program = spec->argv[0],
		.pid_fd = -1,
		.pipes = {-1, -1},
		.input_end = -1};

	buf_init(&errand.said[PIPE_OUT], max_bytes);
	buf_init(&errand.said[PIPE_ERRORS], ERRORS_MAX_BYTES);
	if (!errand_start(&errand, e) || !errand_watch(&errand, timeout_ms, e))
		return false;

	pid_t pid = errand.pid;

	if (err_is_set(&errand.why)) { /* it ended in its grace: what it left running goes, too */
		if (e != NULL)
			*e = errand.why;
		return false;
	}
	errand.pid = 0;
	if (!child_wait(pid, out_status, e))
		return false;
	*out_text = buf_move(&errand.said[PIPE_OUT]);
	if (out_errors != NULL)
		*out_errors = buf_move(&errand.said[PIPE_ERRORS]);
	return true;
}
