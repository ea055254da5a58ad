/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/telling_desktop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "updaters/lib/child.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"

#define NOTIFY_PROGRAM DEVUPD_LIBEXECDIR "/devupd-notify"

enum { TOGETHER_MS = 5000, PAUSE_MS = 20 };

/* logind's folder of the person, and in it a socket that is theirs. Source: file-hierarchy(7) */
bool telling_has_session(const struct person *p)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/run/user/%u", (unsigned)p->uid);
	if (lstat(path, &st) != 0 || !S_ISDIR(st.st_mode) || st.st_uid != p->uid)
		return false;
	snprintf(path, sizeof(path), "/run/user/%u/bus", (unsigned)p->uid);
	return lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_uid == p->uid;
}

/* A file without a name: nobody has to read it for us to be done with it. */
static bool open_notice(const struct notice *n, int *out_fd, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf json = {0};
	SCOPED_CLOSE int fd = memfd_create("notice", MFD_CLOEXEC);

	buf_init(&json, NOTICE_JSON_MAX);
	if (fd < 0)
		return err_sys(e, ERR_INTERNAL, "no file in memory for a notice");
	if (!notice_write(n, &json))
		return err_set(e, ERR_TOO_BIG, "the notice does not fit");
	if (!fs_write_all(fd, json.data, json.len, "the notice", e))
		return false;
	if (lseek(fd, 0, SEEK_SET) != 0)
		return err_sys(e, ERR_INTERNAL, "the notice");
	*out_fd = MOVE_FD(fd);
	return true;
}

static bool call_start(struct telling_call *call, bool becomes)
{
	static const char *const argv[] = {NOTIFY_PROGRAM, NULL};
	SCOPED_CLOSE int fd = -1;
	char bus[80], runtime[64];
	const char *envp[] = {
		"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", bus, runtime, NULL};
	struct child_spec spec = {
		.argv = argv,
		.envp = envp,
		.own_session = true,
		.change_user = becomes,
		.uid = call->person->uid,
		.gid = call->person->gid,
		.n_fds = 1,
	};

	snprintf(bus, sizeof(bus), "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/%u/bus",
		(unsigned)call->person->uid);
	snprintf(runtime, sizeof(runtime), "XDG_RUNTIME_DIR=/run/user/%u",
		(unsigned)call->person->uid);
	if (!open_notice(&call->notice, &fd, &call->error))
		return false;
	spec.fds[0] = (struct child_fd){.from = fd, .to = STDIN_FILENO};
	return child_start(&spec, &call->pid, &call->error);
}

/* false: it is still at it. */
static bool call_has_ended(struct telling_call *call)
{
	int status = 0;
	pid_t pid = waitpid(call->pid, &status, WNOHANG);

	if (pid == 0 || (pid < 0 && errno == EINTR))
		return false;
	call->pid = -1;
	call->is_told = pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (!call->is_told)
		err_set(&call->error, ERR_INTERNAL,
			"%s's session takes no notifications (devupd-notify ended with %d)",
			call->person->name, WIFEXITED(status) ? WEXITSTATUS(status) : 128);
	return true;
}

static void call_give_up(struct telling_call *call)
{
	struct err ignored = {0};
	int status;

	if (call->pid <= 0)
		return;
	kill(call->pid, SIGKILL);
	(void)!child_wait(call->pid, &status, &ignored);
	call->pid = -1;
	err_set(&call->error, ERR_TIMEOUT, "%s's session did not take a notification within %d s",
		call->person->name, TOGETHER_MS / 1000);
}

/* --- for who is away ---------------------------------------------------------- */

/* Theirs to read and to empty, in a folder where only root makes files. */
static bool keep_write(
	const char *path, const struct buf *text, const struct person *person, struct err *e)
{
	return fs_replace(path, buf_str(text), text->len, 0600, e) &&
	       (lchown(path, person->uid, person->gid) == 0 ||
		       err_sys(e, ERR_STATE, "%s can't be given to %s", path, person->name));
}

/* A line more behind what they have not read yet. */
static bool call_keep(struct telling_call *call, const char *folder, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf text = {0};
	SCOPED_FREE char *unread = NULL;
	struct err none = {0};
	char path[PERSON_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%u", folder, (unsigned)call->person->uid);
	buf_init(&text, NOTICE_KEPT_MAX);
	if (!fs_make_folders(folder, 0755, e))
		return false;
	if (fs_read(path, NOTICE_KEPT_MAX, &unread, NULL, &none) && text_ends(unread, "\n"))
		buf_puts(&text, unread);
	if (!notice_write(&call->notice, &text) || !buf_puts(&text, "\n")) {
		buf_reset(&text);
		if (!notice_write(&call->notice, &text) || !buf_puts(&text, "\n"))
			return err_set(e, ERR_TOO_BIG, "the notice does not fit");
	}
	return keep_write(path, &text, call->person, e);
}

/* --- all ---------------------------------------------------------------------- */

static void call_all(struct telling_call *calls, size_t n, bool becomes)
{
	uint64_t end_ms = clock_now_ms() + TOGETHER_MS;
	size_t n_open = 0;

	for (size_t i = 0; i < n; i++) {
		calls[i].pid = -1;
		n_open += telling_has_session(calls[i].person) && call_start(&calls[i], becomes);
	}
	while (n_open > 0 && clock_now_ms() < end_ms) {
		for (size_t i = 0; i < n; i++)
			n_open -= calls[i].pid > 0 && call_has_ended(&calls[i]);
		if (n_open > 0)
			poll(NULL, 0, PAUSE_MS);
	}
	for (size_t i = 0; i < n; i++)
		call_give_up(&calls[i]);
}

void telling_desktop(struct telling_call *calls, size_t n, const char *keep_folder)
{
	call_all(calls, n, keep_folder != NULL);
	for (size_t i = 0; keep_folder != NULL && i < n; i++) {
		if (!calls[i].is_told)
			calls[i].is_told = call_keep(&calls[i], keep_folder, &calls[i].error);
	}
}
