/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "updaters/lib/process.h"

enum { EXIT_NOT_STARTED = 127 };

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
