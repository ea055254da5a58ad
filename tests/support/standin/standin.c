/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Workers that misbehave, each in its own way: built once for each row of the table below, as
 * standin_NAME. What the pool does about them is tested with these in the place of devupd-worker.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "updaters/wire.h"

#ifndef STANDIN
#error "STANDIN says which one this is"
#endif

static bool wait_for(struct wire *w)
{
	short events = (short)(POLLIN | (wire_has_queue(w) ? POLLOUT : 0));
	struct pollfd polled = {.fd = wire_fd(w), .events = events};

	return poll(&polled, 1, -1) > 0 || errno == EINTR;
}

/* --- what is done with a job
 * ----------------------------------------------------------------------- */

/* An honest answer: what was asked, and a document of n_bytes. */
static void answer_with(struct wire *w, const struct job *job, size_t n_bytes)
{
	SCOPED_CLEAR(result_clear) struct result r = {0};
	SCOPED_CLEAR(buf_clear) struct buf packed = {0};
	struct err e = {0};

	r.outcome = OUTCOME_CURRENT;
	text_copy_cut(r.text, sizeof(r.text), job->name);
	text_copy_cut(r.available, sizeof(r.available), buf_str(&job->input));
	if (n_bytes > 0) {
		struct document *d = result_add_document(&r);

		d->bytes = calloc(1, n_bytes);
		d->len = n_bytes;
	}
	buf_init(&packed, RECORD_BYTES_MAX);
	result_pack(&r, &packed);
	if (!wire_send(w, WIRE_RESULT, job->id, packed.data, packed.len, -1, &e))
		_exit(1);
}

static void answer(struct wire *w, const struct job *job)
{
	answer_with(w, job, 0);
}

static void answer_at_length(struct wire *w, const struct job *job)
{
	answer_with(w, job, 1 << 20);
}

static void crash(struct wire *w, const struct job *job)
{
	(void)w;
	(void)job;
	raise(SIGKILL);
}

static void crash_on_poison(struct wire *w, const struct job *job)
{
	if (text_equal(job->name, "poison"))
		crash(w, job);
	answer(w, job);
}

static void hang(struct wire *w, const struct job *job)
{
	(void)w;
	(void)job;
	for (;;)
		pause();
}

static void tell_progress(struct wire *w, const struct job *job, uint64_t done_bytes)
{
	SCOPED_CLEAR(buf_clear) struct buf packed = {0};
	struct err e = {0};

	buf_init(&packed, WIRE_MESSAGE_MAX);
	pack_u64(&packed, done_bytes);
	pack_u64(&packed, done_bytes);
	if (!wire_send(w, WIRE_PROGRESS, job->id, packed.data, packed.len, -1, &e) ||
		!wire_flush(w, &e))
		_exit(1);
}

/* Says that it lives, and does nothing. */
static void idle(struct wire *w, const struct job *job)
{
	for (;;) {
		tell_progress(w, job, 0);
		usleep(20000);
	}
}

/* Says so as fast as it is heard. */
static void chatter(struct wire *w, const struct job *job)
{
	struct err e = {0};

	for (;;) {
		tell_progress(w, job, 1);
		while (wire_has_queue(w)) {
			if (!wait_for(w) || !wire_flush(w, &e))
				_exit(1);
		}
	}
}

/* Slow, but it gets on. */
static void plod(struct wire *w, const struct job *job)
{
	for (uint64_t i = 1; i <= 8; i++) {
		usleep(100000);
		tell_progress(w, job, i);
	}
	answer(w, job);
}

static void send_raw(struct wire *w, const void *bytes, size_t len)
{
	while (send(wire_fd(w), bytes, len, MSG_NOSIGNAL) < 0 && errno == EAGAIN)
		wait_for(w);
}

static void send_garbage(struct wire *w, const struct job *job)
{
	char bytes[100];

	(void)job;
	memset(bytes, 0xa5, sizeof(bytes));
	send_raw(w, bytes, sizeof(bytes));
}

static void send_short(struct wire *w, const struct job *job)
{
	(void)job;
	send_raw(w, "short", 5);
}

static void send_oversized(struct wire *w, const struct job *job)
{
	static const char bytes[64 << 10];

	(void)job;
	send_raw(w, bytes, sizeof(bytes));
}

static void send_cut_result(struct wire *w, const struct job *job)
{
	struct err e = {0};

	if (!wire_send(w, WIRE_RESULT, job->id, "cut", 3, -1, &e))
		_exit(1);
}

/* A result that nobody asked for. */
static void lie(struct wire *w, const struct job *job)
{
	struct job other = *job;

	other.id = 123456;
	answer(w, &other);
}

/* A page in what can't even be sealed: whoever sent it may still change it. */
static void send_page(struct wire *w, const struct job *job)
{
	SCOPED_CLEAR(buf_clear) struct buf packed = {0};
	SCOPED_CLOSE int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct err e = {0};

	buf_init(&packed, WIRE_MESSAGE_MAX);
	pack_str(&packed, "https://vendor.test/");
	if (fd < 0 || !wire_send(w, WIRE_PAGE, job->id, packed.data, packed.len, fd, &e) ||
		!wire_flush(w, &e))
		_exit(1);
	answer(w, job);
}

static void call_execve(struct wire *w, const struct job *job)
{
	uint32_t number = SYS_execve;

	(void)job;
	send_raw(w, &number, sizeof(number));
	_exit(159);
}

/* Who it was told to be. */
static char whose[64];

/* Says whose it is and which process; looks whether a second job waits beside the first. */
static void act_as_person(struct wire *w, const struct job *job)
{
	struct pollfd polled = {.fd = wire_fd(w), .events = POLLIN};
	struct job said = *job;

	if (text_equal(job->name, "crash once") &&
		open(buf_str(&job->input), O_CREAT | O_EXCL | O_CLOEXEC, 0600) >= 0)
		raise(SIGKILL);
	while (text_equal(job->name, "slow") && !wire_is_ended(w)) {
		tell_progress(w, job, 1);
		usleep(20000);
	}
	if (!wire_is_ended(w) && poll(&polled, 1, 50) > 0)
		snprintf(said.name, sizeof(said.name), "two at once");
	else
		snprintf(said.name, sizeof(said.name), "%.40s %d", whose, (int)getpid());
	answer(w, &said);
}

/* mallory kills what is hers before it says a word. */
static void start_as_person(const struct wire_message *m)
{
	struct wire_start start;
	struct unpack u;

	unpack_init(&u, m->body, m->len);
	if (!wire_start_unpack(&u, &start) || text_equal(start.user, "mallory"))
		raise(SIGKILL);
	text_copy_cut(whose, sizeof(whose), start.user);
}

/* --- the table
 * --------------------------------------------------------------------------------------- */

enum before { BEFORE_NOTHING, BEFORE_EXIT, BEFORE_PAUSE };

static const struct standin {
	const char *name;
	enum before before; /* the first word */
	void (*on_job)(struct wire *w, const struct job *job);
	bool stays; /* also when the wire is closed, and ignores SIGTERM */
} standins[] = {
	{"echo", BEFORE_NOTHING, answer, false},
	{"large", BEFORE_NOTHING, answer_at_length, false},
	{"crash", BEFORE_NOTHING, crash, false},
	{"poison", BEFORE_NOTHING, crash_on_poison, false},
	{"hang", BEFORE_NOTHING, hang, false},
	{"garbage", BEFORE_NOTHING, send_garbage, false},
	{"short", BEFORE_NOTHING, send_short, false},
	{"oversized", BEFORE_NOTHING, send_oversized, false},
	{"cut", BEFORE_NOTHING, send_cut_result, false},
	{"liar", BEFORE_NOTHING, lie, false},
	{"unsealed", BEFORE_NOTHING, send_page, false},
	{"idle", BEFORE_NOTHING, idle, false},
	{"chatter", BEFORE_NOTHING, chatter, false},
	{"plod", BEFORE_NOTHING, plod, false},
	{"trapped", BEFORE_NOTHING, call_execve, false},
	{"stubborn", BEFORE_NOTHING, answer, true},
	{"person", BEFORE_NOTHING, act_as_person, false},
	{"exit", BEFORE_EXIT, answer, false},
	{"silent", BEFORE_PAUSE, answer, false},
};

static const struct standin *find_standin(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(standins); i++) {
		if (text_equal(standins[i].name, STANDIN))
			return &standins[i];
	}
	return NULL;
}

static void take_job(struct wire *w, const struct standin *self, const struct wire_message *m)
{
	SCOPED_CLEAR(job_clear) struct job job;
	struct unpack u;
	struct err e = {0};

	job_init(&job);
	unpack_init(&u, m->body, m->len);
	if (!job_unpack(&u, &job, &e))
		_exit(1);
	job.id = m->job_id;
	self->on_job(w, &job);
}

/* false: the wire is closed. */
static bool hear(struct wire *w, const struct standin *self)
{
	struct wire_message m = {.fd = -1};
	struct err e = {0};
	enum wire_got got = wire_receive(w, &m, &e);

	if (got == WIRE_GOT_NOTHING)
		return wire_flush(w, &e) && wait_for(w);
	if (got != WIRE_GOT_MESSAGE)
		return false;
	if (m.type == WIRE_START && text_equal(self->name, "person"))
		start_as_person(&m);
	if (m.type == WIRE_JOB)
		take_job(w, self, &m);
	else if (!wire_send(w, WIRE_READY, 0, "", 0, -1, &e))
		return false;
	return true;
}

int main(void)
{
	const struct standin *self = find_standin();
	struct wire *w = NULL;
	struct err e = {0};

	if (self == NULL || self->before == BEFORE_EXIT || !wire_new(WIRE_FD, &w, &e))
		return 1;
	if (self->before == BEFORE_PAUSE || self->stays)
		signal(SIGTERM, SIG_IGN);
	while (self->before == BEFORE_PAUSE)
		pause();
	while (hear(w, self))
		continue;
	while (self->stays)
		pause();
	wire_free(w);
	return 0;
}
