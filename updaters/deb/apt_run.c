/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/apt_run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "updaters/lib/child.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

enum { LOOK_MS = 200, WORDS_MAX = 1 << 20, LINE_SIZE = 4096 };

/*
 * Nothing of the caller's: no question is asked, no service restarted, no configuration replaced.
 * Source: debconf(7), apt-listchanges(1), needrestart(1), ucf(1)
 */
static const char *const apt_env[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/root",
	"LC_ALL=C",
	"DEBIAN_FRONTEND=noninteractive",
	"APT_LISTCHANGES_FRONTEND=none",
	"NEEDRESTART_SUSPEND=1",
	"UCF_FORCE_CONFFOLD=1",
	NULL,
};

/* --- the log ----------------------------------------------------------------- */

static bool header_write(int fd, const struct apt_run *r, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf line = {0};
	char now[CLOCK_TEXT_MAX];

	clock_format(clock_unix_ms(), now, sizeof(now));
	buf_init(&line, 64 << 10);
	buf_printf(&line, "== %s run %s:", now, r->run);
	for (size_t i = 0; r->argv[i] != NULL; i++)
		buf_printf(&line, " %s", r->argv[i]);
	buf_puts(&line, "\n");
	return fs_write_all(fd, buf_str(&line), line.len, r->log_path, e);
}

/* Who may read its folder reads it, too: group adm. Without that it is root's alone. */
static void log_share(int fd, const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	struct stat st;

	if (slash == NULL || !text_copy_n(folder, sizeof(folder), path, (size_t)(slash - path)) ||
		stat(folder, &st) != 0)
		return;
	(void)!fchown(fd, (uid_t)-1, st.st_gid);
}

/* Out: out_start, where the words of this run begin */
static bool log_open(const struct apt_run *r, int *out_fd, off_t *out_start, struct err *e)
{
	const int flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
	SCOPED_CLOSE int fd = open(r->log_path, flags, 0640);
	struct stat st;

	if (fd < 0)
		return err_sys(e, ERR_APT, "can't open %s", r->log_path);
	if (fstat(fd, &st) == 0 && st.st_size == 0)
		log_share(fd, r->log_path);
	if (!header_write(fd, r, e)) {
		if (e != NULL && e->code == ERR_STATE)
			e->code = ERR_APT;
		return false;
	}
	if (fstat(fd, &st) < 0)
		return err_sys(e, ERR_APT, "can't look at %s", r->log_path);
	*out_start = st.st_size;
	*out_fd = MOVE_FD(fd);
	return true;
}

static bool words_read(int fd, off_t start, const char *path, char **out, struct err *e)
{
	SCOPED_FREE char *words = calloc(1, WORDS_MAX + 1);
	size_t len = 0;
	struct stat st;

	if (words == NULL || fstat(fd, &st) < 0)
		return err_sys(e, ERR_APT, "can't look at %s", path);
	if (st.st_size - start > WORDS_MAX)
		start = st.st_size - WORDS_MAX;
	if (!fs_read_at(fd, words, WORDS_MAX, (uint64_t)start, &len))
		return err_sys(e, ERR_APT, "can't read %s", path);
	*out = MOVE_PTR(words);
	return true;
}

/* --- Status-Fd --------------------------------------------------------------- */

struct status_lines {
	const struct apt_run *run;
	char line[LINE_SIZE];
	size_t len; /* LINE_SIZE: too long, passed over to its end */
};

static void lines_feed(struct status_lines *lines, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct apt_status status;

		if (bytes[i] != '\n') {
			if (lines->len < LINE_SIZE)
				lines->line[lines->len++] = bytes[i];
			continue;
		}
		if (lines->len < LINE_SIZE) {
			lines->line[lines->len] = '\0';
			if (apt_status_parse(lines->line, &status))
				lines->run->on_status(lines->run->user, &status);
		}
		lines->len = 0;
	}
}

/* false: the pipe has ended */
static bool lines_read(struct status_lines *lines, int fd)
{
	char bytes[4096];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	if (n > 0)
		lines_feed(lines, bytes, (size_t)n);
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static bool has_ended(pid_t pid)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == pid;
}

/*
 * Until the pipe ends, or the child has: a daemon that a maintainer script started may hold the
 * pipe open for ever.
 */
static void status_follow(const struct apt_run *r, int fd, pid_t pid)
{
	struct status_lines lines = {.run = r};
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	for (bool is_over = false; !is_over;) {
		is_over = has_ended(pid);
		if (r->is_stopped != NULL)
			(void)!r->is_stopped(r->stop_user);
		if (poll(&poll_fd, 1, is_over ? 0 : LOOK_MS) > 0)
			is_over = !lines_read(&lines, fd);
	}
}

/* --- the run ----------------------------------------------------------------- */

static bool pipe_open(int *out_read, int *out_write, struct err *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, ERR_APT, "can't make a pipe");
	*out_read = ends[0];
	*out_write = ends[1];
	/* only our end: apt-get writes blockingly */
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	return true;
}

bool apt_run(const struct apt_run *r, char **out_words, struct err *e)
{
	SCOPED_CLOSE int log_fd = -1, read_fd = -1, write_fd = -1;
	off_t start = 0;
	pid_t pid = -1;
	int status = 0;

	if (!log_open(r, &log_fd, &start, e) || !pipe_open(&read_fd, &write_fd, e))
		return false;

	struct child_spec child = {
		.argv = r->argv,
		.envp = apt_env,
		.fds = {{log_fd, 1}, {log_fd, 2}, {write_fd, APT_STATUS_FD}},
		.n_fds = r->on_status != NULL ? 3 : 2,
		.own_session = true,
	};
	if (!child_start(&child, &pid, e)) {
		if (e != NULL)
			e->code = ERR_APT;
		return false;
	}
	close(MOVE_FD(write_fd));
	if (r->on_status != NULL)
		status_follow(r, read_fd, pid);

	/* it has run: what we fail to learn from here on is no reason to say that it has not */
	struct err unread = {0};

	if (!child_wait(pid, &status, &unread) ||
		!words_read(log_fd, start, r->log_path, out_words, &unread))
		*out_words = NULL;
	return true;
}
