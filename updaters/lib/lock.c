/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <string.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

enum { STEP_MS = 100, TELL_MS = 1000 };

struct lock {
	int fd;
};

struct holder {
	pid_t pid; /* 0 = the file does not say */
	char verb[32];
};

void lock_release(struct lock *l)
{
	if (l == NULL)
		return;
	close(l->fd);
	free(l);
}

/* "PID VERB\n": for people only, the flock alone decides. */
static void holder_read(int fd, struct holder *out)
{
	char raw_text[64] = "", *cursor = raw_text;
	ssize_t len = pread(fd, raw_text, sizeof(raw_text) - 1, 0);
	uint64_t pid = 0;

	*out = (struct holder){0};
	raw_text[len > 0 ? len : 0] = '\0';

	char *line = text_next(&cursor, '\n');
	char *number = line != NULL ? text_next(&line, ' ') : NULL;

	if (number == NULL || line == NULL || !text_to_u64(number, &pid) || pid > INT32_MAX)
		return;
	out->pid = (pid_t)pid;
	text_escape(line, strlen(line), out->verb, sizeof(out->verb));
}

static bool holder_write(const struct lock_options *o, int fd, struct err *e)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "%d %.31s\n", (int)getpid(), o->verb);

	if (ftruncate(fd, 0) < 0)
		return err_sys(e, ERR_STATE, "can't empty %s", o->path);
	return fs_write_all(fd, text, (size_t)len, o->path, e);
}

static bool lock_try(int fd, bool *out_is_ours, const char *path, struct err *e)
{
	*out_is_ours = flock(fd, LOCK_EX | LOCK_NB) == 0;
	return *out_is_ours || errno == EWOULDBLOCK || errno == EINTR ||
	       err_sys(e, ERR_STATE, "can't lock %s", path);
}

static bool lock_refuse(int fd, bool is_stopped, struct err *e)
{
	struct holder holder;

	holder_read(fd, &holder);
	if (holder.pid == 0)
		return err_set(e, ERR_LOCK, "another devupd is at work%s",
			is_stopped ? ", and the wait for it was ended" : "");
	return err_set(e, ERR_LOCK, "another devupd is at work (%s, pid %d)%s", holder.verb,
		(int)holder.pid, is_stopped ? ", and the wait for it was ended" : "");
}

static void wait_step(const struct lock_options *o, int fd, uint64_t *next_tell_ms)
{
	struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
	uint64_t now_ms = clock_now_ms();

	if (o->on_wait != NULL && now_ms >= *next_tell_ms) {
		struct holder holder;

		holder_read(fd, &holder);
		o->on_wait(o->user, holder.pid, holder.verb);
		*next_tell_ms = now_ms + TELL_MS;
	}
	nanosleep(&step, NULL);
}

static bool lock_wait(const struct lock_options *o, int fd, struct err *e)
{
	uint64_t start_ms = clock_now_ms(), next_tell_ms = start_ms;
	bool is_ours = false;

	while (lock_try(fd, &is_ours, o->path, e)) {
		if (is_ours)
			return true;
		if (o->is_stopped != NULL && o->is_stopped(o->user))
			return lock_refuse(fd, true, e);
		if (o->wait_ms != UINT64_MAX && clock_now_ms() - start_ms >= o->wait_ms)
			return lock_refuse(fd, false, e);
		wait_step(o, fd, &next_tell_ms);
	}
	return false;
}

bool lock_take(const struct lock_options *o, struct lock **out, struct err *e)
{
	SCOPED_CLOSE int fd = open(o->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_sys(e, errno == EACCES || errno == EPERM ? ERR_ROOT : ERR_STATE,
			"can't open the lock %s", o->path);
	if (!lock_wait(o, fd, e) || !holder_write(o, fd, e))
		return false;

	struct lock *lock = malloc(sizeof(*lock));

	if (lock == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for the lock");
	lock->fd = MOVE_FD(fd);
	*out = lock;
	return true;
}

/* --- asked from outside ------------------------------------------------------ */

pid_t lock_look(const char *path, char *out_verb, size_t verb_size)
{
	SCOPED_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct holder told = {0};
	pid_t found = 0;

	if (fd >= 0)
		holder_read(fd, &told);
	if (!lock_holder(path, &found))
		found = 0;
	if (found < 0) /* the kernel does not say which: then it is who wrote there last */
		found = told.pid;
	text_copy_cut(out_verb, verb_size, found != 0 && found == told.pid ? told.verb : "");
	return found;
}
