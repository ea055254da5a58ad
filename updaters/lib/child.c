/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/process.h"
#include "updaters/lib/text.h"

enum { ERRORS_MAX_BYTES = 4096, EXIT_NOT_STARTED = 127 };

static const char *const clean_env[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};

/* What the child tells when it did not come to be the program: read by the parent as it stands. */
enum child_step { STEP_FDS, STEP_USER, STEP_PARENT, STEP_FOLDER, STEP_EXEC, N_STEPS };
static const char *const step_texts[N_STEPS] = {
	[STEP_FDS] = "descriptors",
	[STEP_USER] = "change of user",
	[STEP_PARENT] = "parent has gone",
	[STEP_FOLDER] = "working folder",
	[STEP_EXEC] = "exec",
};
struct child_fault {
	int step;
	int sys_errno;
};

/* --- in the child, between fork and exec: no memory is asked for, no lock taken --- */

static void reset_signals(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		sigaction(number, &action, NULL); /* refused for SIGKILL and glibc's own: fine */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * Put each descriptor in its place, /dev/null where 0-2 are free, and let exec close the rest. All
 * move out of the way first: one's place may be another's number.
 */
static bool place_fds(const struct child_spec *spec, int *fault_fd)
{
	int moved[CHILD_FDS_MAX], above = 3;

	for (size_t i = 0; i < spec->n_fds; i++)
		above = spec->fds[i].to >= above ? spec->fds[i].to + 1 : above;

	int moved_fault = fcntl(*fault_fd, F_DUPFD_CLOEXEC, above);

	if (moved_fault < 0)
		return false;
	*fault_fd = moved_fault;
	for (size_t i = 0; i < spec->n_fds; i++) {
		moved[i] = fcntl(spec->fds[i].from, F_DUPFD_CLOEXEC, above);
		if (moved[i] < 0)
			return false;
	}

	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return false;
	for (int to = 0; to < 3; to++) {
		/* dup2 onto itself would leave close-on-exec set */
		if (null == to ? fcntl(null, F_SETFD, 0) < 0 : dup2(null, to) < 0)
			return false;
	}
	for (size_t i = 0; i < spec->n_fds; i++) {
		if (dup2(moved[i], spec->fds[i].to) < 0)
			return false;
	}
	return true;
}

static enum child_step prepare_child(const struct child_spec *spec, pid_t parent, int *fault_fd)
{
	if (spec->own_session)
		setsid(); /* a new process leads no group: this can't fail */
	umask(022);
	if (!place_fds(spec, fault_fd))
		return STEP_FDS;
	if (spec->change_user && !process_become(spec->uid, spec->gid))
		return STEP_USER;
	if (spec->dies_with_us && !process_bind(parent))
		return STEP_PARENT;
	if (chdir(spec->folder == NULL ? "/" : spec->folder) < 0)
		return STEP_FOLDER;
	return STEP_EXEC;
}

NORETURN static void be_child(const struct child_spec *spec, pid_t parent, int fault_fd)
{
	const char *const *envp = spec->envp == NULL ? clean_env : spec->envp;
	struct child_fault fault = {0};

	reset_signals();
	fault.step = (int)prepare_child(spec, parent, &fault_fd);
	if (fault.step == STEP_EXEC)
		execve(spec->argv[0], (char *const *)spec->argv, (char *const *)envp);
	fault.sys_errno = errno;
	if (write(fault_fd, &fault, sizeof(fault)) < 0)
		_exit(EXIT_NOT_STARTED); /* nobody listens any more */
	_exit(EXIT_NOT_STARTED);
}

/* --- in the parent ----------------------------------------------------------- */

/* Signals wait until the child has dropped our handlers: none of ours may run in it. */
static pid_t fork_quietly(const struct child_spec *spec, int fault_fd)
{
	sigset_t all, saved;
	pid_t parent = getpid();

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &saved);

	pid_t pid = fork();

	if (pid == 0)
		be_child(spec, parent, fault_fd);
	sigprocmask(SIG_SETMASK, &saved, NULL);
	return pid;
}

/* End of file means that exec has closed the pipe: the program runs. */
static bool read_fault(int fd, struct child_fault *out)
{
	ssize_t n;

	do
		n = read(fd, out, sizeof(*out));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*out) && out->step >= 0 && out->step < N_STEPS;
}

bool child_start(const struct child_spec *spec, pid_t *out_pid, struct err *e)
{
	const char *program = spec->argv[0];
	struct child_fault fault = {0};
	int ends[2] = {-1, -1};
	int status = 0;

	if (program == NULL || program[0] != '/' || spec->n_fds > CHILD_FDS_MAX)
		return err_set(e, ERR_INTERNAL,
			"can't start %s: not an absolute path, or too many "
			"descriptors",
			program == NULL ? "nothing" : program);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, ERR_INTERNAL, "can't start %s: pipe", program);

	SCOPED_CLOSE int read_end = ends[0];
	SCOPED_CLOSE int write_end = ends[1];
	pid_t pid = fork_quietly(spec, write_end);

	if (pid < 0)
		return err_sys(e, ERR_INTERNAL, "can't start %s: fork", program);
	close(MOVE_FD(write_end));
	if (!read_fault(read_end, &fault)) {
		*out_pid = pid;
		return true;
	}
	if (!child_wait(pid, &status, e))
		return err_within(e, "can't start %s", program);
	errno = fault.sys_errno;
	return err_sys(e, ERR_INTERNAL, "can't start %s: %s", program, step_texts[fault.step]);
}

bool child_wait(pid_t pid, int *out_status, struct err *e)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return err_sys(e, ERR_INTERNAL, "can't wait for process %d", (int)pid);
	}
	*out_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return true;
}

/* --- run to the end ---------------------------------------------------------- */

enum { PIPE_OUT, PIPE_ERRORS, N_PIPES };

/* One child that runs, and what it has said so far. */
struct errand {
	const char *program;
	pid_t pid; /* 0 once it was waited for */
	int pid_fd;
	int pipes[N_PIPES]; /* our ends, -1 at their end */
	struct buf said[N_PIPES];
};

static void errand_clear(struct errand *errand)
{
	if (errand->pid > 0) {
		kill(errand->pid, SIGKILL);
		while (waitpid(errand->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	scope_close_fd(&errand->pid_fd);
	for (size_t i = 0; i < N_PIPES; i++) {
		scope_close_fd(&errand->pipes[i]);
		buf_clear(&errand->said[i]);
	}
}

static bool errand_start(struct errand *errand, const struct child_spec *spec, struct err *e)
{
	struct child_spec with_pipes = *spec;
	int out[2] = {-1, -1}, errors[2] = {-1, -1};

	if (spec->n_fds + N_PIPES > CHILD_FDS_MAX)
		return err_set(e, ERR_INTERNAL, "too many descriptors for %s", errand->program);
	if (pipe2(out, O_CLOEXEC) < 0)
		return err_sys(e, ERR_INTERNAL, "can't start %s: pipe", errand->program);

	SCOPED_CLOSE int out_end = out[1];

	errand->pipes[PIPE_OUT] = out[0];
	if (pipe2(errors, O_CLOEXEC) < 0)
		return err_sys(e, ERR_INTERNAL, "can't start %s: pipe", errand->program);

	SCOPED_CLOSE int errors_end = errors[1];

	errand->pipes[PIPE_ERRORS] = errors[0];
	with_pipes.fds[with_pipes.n_fds++] = (struct child_fd){out_end, STDOUT_FILENO};
	with_pipes.fds[with_pipes.n_fds++] = (struct child_fd){errors_end, STDERR_FILENO};
	if (fcntl(out[0], F_SETFL, O_NONBLOCK) < 0 || fcntl(errors[0], F_SETFL, O_NONBLOCK) < 0)
		return err_sys(e, ERR_INTERNAL, "can't start %s: pipe", errand->program);
	if (!child_start(&with_pipes, &errand->pid, e))
		return false;
	errand->pid_fd = (int)syscall(SYS_pidfd_open, errand->pid, 0);
	if (errand->pid_fd < 0)
		return err_sys(e, ERR_INTERNAL, "can't watch %s", errand->program);
	return true;
}

/* All that is there now. Errors past their limit are dropped; output past its limit ends the run.
 */
static bool errand_read(struct errand *errand, size_t i, struct err *e)
{
	char bytes[16384];
	struct buf *said = &errand->said[i];

	while (errand->pipes[i] >= 0) {
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

		size_t room = said->limit_bytes - said->len;

		if (i == PIPE_OUT && (size_t)n > room)
			return err_set(e, ERR_TOO_BIG, "%s printed more than %zu bytes",
				errand->program, said->limit_bytes);
		if (!buf_put(said, bytes, (size_t)n < room ? (size_t)n : room))
			return err_set(
				e, ERR_INTERNAL, "no memory for what %s printed", errand->program);
	}
	return true;
}

/* Until the child has ended: its own children may hold the pipes for longer. */
static bool errand_watch(struct errand *errand, uint64_t timeout_ms, struct err *e)
{
	uint64_t deadline_ms = clock_now_ms() + timeout_ms;

	for (;;) {
		struct pollfd polled[] = {{.fd = errand->pipes[PIPE_OUT], .events = POLLIN},
			{.fd = errand->pipes[PIPE_ERRORS], .events = POLLIN},
			{.fd = errand->pid_fd, .events = POLLIN}};
		uint64_t now_ms = clock_now_ms();

		if (now_ms >= deadline_ms)
			return err_set(e, ERR_TIMEOUT, "%s did not end within %.1f s",
				errand->program, (double)timeout_ms / 1000);

		uint64_t left_ms = deadline_ms - now_ms;
		int n = poll(polled, ARRAY_SIZE(polled), left_ms < 60000 ? (int)left_ms : 60000);

		if (n < 0 && errno != EINTR)
			return err_sys(e, ERR_INTERNAL, "can't watch %s", errand->program);
		if (n <= 0)
			continue;
		if (!errand_read(errand, PIPE_OUT, e) || !errand_read(errand, PIPE_ERRORS, e))
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
	struct errand errand = {.program = spec->argv[0], .pid_fd = -1, .pipes = {-1, -1}};

	buf_init(&errand.said[PIPE_OUT], max_bytes);
	buf_init(&errand.said[PIPE_ERRORS], ERRORS_MAX_BYTES);
	if (!errand_start(&errand, spec, e) || !errand_watch(&errand, timeout_ms, e))
		return false;

	pid_t pid = errand.pid;

	errand.pid = 0;
	if (!child_wait(pid, out_status, e))
		return false;
	*out_text = buf_move(&errand.said[PIPE_OUT]);
	if (out_errors != NULL)
		*out_errors = buf_move(&errand.said[PIPE_ERRORS]);
	return true;
}
