/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/process.h"
#include "updaters/lib/sandbox.h"
#include "updaters/wire.h"
#include "updaters/worker_updater.h"

enum { HEARTBEAT_MS = 1000, PROGRESS_MS = 100, CONNECT_TIMEOUT_MS = 20000 };

/* A job under way. */
struct work {
	struct work *next, *previous;
	struct worker *worker;
	uint32_t job_id;
	struct task *task;
	uint64_t started_ms, told_ms;
};

struct worker {
	struct wire *wire;
	struct http *http; /* NULL: without network */
	struct wire_start start;
	struct worker_host host;
	struct owner_memory memory;
	struct err fault; /* why this worker can do nothing: each job fails with it */
	struct work *first;
	uint64_t told_ms;   /* when the parent last heard of us */
	uint64_t n_alive;   /* signs of life: each is a step on, so that patience does not end */
	struct buf message; /* reused */
};

bool worker_is_wire(int fd)
{
	int type = 0, domain = 0;
	socklen_t type_size = sizeof(type), domain_size = sizeof(domain);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size) == 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_size) == 0 &&
	       type == SOCK_SEQPACKET && domain == AF_UNIX;
}

/* --- telling the parent ------------------------------------------------------ */

/* What can't even be queued ends the wire: wire_flush says so in the loop. */
static void tell(struct worker *w, enum wire_type type, uint32_t job_id, int fd)
{
	struct err e = {0};

	w->told_ms = clock_now_ms();
	if (!wire_send(w->wire, type, job_id, w->message.data, w->message.len, fd, &e))
		w->fault = e;
}

static void tell_progress(struct worker *w, uint32_t job_id, uint64_t done, uint64_t total)
{
	buf_reset(&w->message);
	pack_u64(&w->message, done);
	pack_u64(&w->message, total);
	tell(w, WIRE_PROGRESS, job_id, -1);
}

static struct work *work_find(struct worker *w, uint32_t job_id)
{
	struct work *work = w->first;

	while (work != NULL && work->job_id != job_id)
		work = work->next;
	return work;
}

/* Told by a task after each few bytes; the parent need not hear them all. */
static void on_progress(void *user, uint32_t job_id, uint64_t done_bytes, uint64_t total_bytes)
{
	struct worker *w = user;
	struct work *work = work_find(w, job_id);
	uint64_t now_ms = clock_now_ms();

	if (work != NULL && done_bytes != total_bytes && now_ms - work->told_ms < PROGRESS_MS)
		return;
	if (work != NULL)
		work->told_ms = now_ms;
	tell_progress(w, job_id, done_bytes, total_bytes);
}

/* Told by a task that keeps us in its `begin`. */
static void on_alive(void *user, uint32_t job_id)
{
	struct worker *w = user;
	struct err ignored = {0}; /* a parent that is gone is heard of in the loop */

	tell_progress(w, job_id, ++w->n_alive, 0);
	(void)!wire_flush(w->wire, &ignored);
}

static bool on_is_stopped(void *user)
{
	struct worker *w = user;

	return wire_is_ended(w->wire);
}

static void on_page(void *user, uint32_t job_id, const char *url, const void *bytes, size_t len)
{
	struct worker *w = user;
	SCOPED_CLOSE int fd = memfd_create("page", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	struct err ignored = {0}; /* a page that can't be shown is no reason to fail */

	if (fd < 0 || !fs_write_all(fd, bytes, len, "a page", &ignored) ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) <
			0)
		return;
	buf_reset(&w->message);
	pack_str(&w->message, url);
	tell(w, WIRE_PAGE, job_id, fd);
}

/* A request failed and is made again later: a person may wonder what takes so long. */
static void on_wait(void *user, uint64_t wait_ms, const char *text)
{
	const struct task *task = user;
	const struct work *work = task->owner;
	struct worker *w = work->worker;

	buf_reset(&w->message);
	pack_u64(&w->message, wait_ms);
	pack_str(&w->message, text);
	tell(w, WIRE_WAIT, work->job_id, -1);
}

static void tell_result(struct worker *w, uint32_t job_id, const struct result *r)
{
	buf_reset(&w->message);
	result_pack(r, &w->message);
	if (w->message.is_full) {
		SCOPED_CLEAR(result_clear) struct result failed = {0};
		struct err e = {0};

		err_set(&e, ERR_TOO_BIG, "the result is over %d MiB", RECORD_BYTES_MAX >> 20);
		result_fail(&failed, r->step, &e);
		buf_reset(&w->message);
		result_pack(&failed, &w->message);
	}
	tell(w, WIRE_RESULT, job_id, -1);
}

/* --- one job ----------------------------------------------------------------- */

static void work_free(struct work *work)
{
	if (work->previous == NULL)
		work->worker->first = work->next;
	else
		work->previous->next = work->next;
	if (work->next != NULL)
		work->next->previous = work->previous;
	if (work->task != NULL)
		work->task->ops->free(work->task);
	free(work);
}

static void work_finish(struct work *work)
{
	SCOPED_CLEAR(result_clear) struct result r = {0};

	work->task->ops->result(work->task, &r);
	r.ms = clock_now_ms() - work->started_ms;
	tell_result(work->worker, work->job_id, &r);
	work_free(work);
}

static void on_done(void *user, const struct http_response *r, const struct err *e);

static void request_fill(const struct worker *w, struct task *task, struct http_request *request)
{
	request->user = task;
	request->on_done = on_done;
	request->on_wait = on_wait;
	if (request->timeout_ms == 0)
		request->timeout_ms = request->is_download ? UINT64_MAX : w->start.timeout_ms;
	if (request->stall_ms == 0)
		request->stall_ms = w->start.stall_ms;
	if (request->limit_rate == 0 && request->is_download)
		request->limit_rate = w->start.limit_rate;
}

/* On to the task's next request, or to its result. */
static void work_advance(struct work *work)
{
	struct worker *w = work->worker;
	struct task *task = work->task;
	struct http_request request = {0};
	struct http_response none = {0};
	struct err refused = {0};

	err_set(&refused, ERR_POLICY, "this worker has no network");
	while (task->ops->next(task, &request)) {
		if (w->http != NULL) {
			request_fill(w, task, &request);
			http_submit(w->http, &request);
			return;
		}
		task->ops->feed(task, &none, &refused);
		request = (struct http_request){0};
	}
	work_finish(work);
}

static void on_done(void *user, const struct http_response *r, const struct err *e)
{
	struct task *task = user;
	struct work *work = task->owner;

	task->ops->feed(task, r, e);
	work_advance(work);
}

static bool task_begin(struct worker *w, const struct job *job, struct task **out, struct err *e)
{
	const struct worker_updater *updater = worker_registry_find(job->kind);

	if (updater != NULL)
		return updater->begin(job, &w->host, out, e);
	if (job->fd >= 0)
		close(job->fd);
	return err_set(e, ERR_WORKER, "this worker knows no kind '%s'", job->kind);
}

static void work_start(struct worker *w, const struct job *job)
{
	struct work *work = calloc(1, sizeof(*work));
	struct err e = {0};

	if (work == NULL)
		abort(); /* the parent runs the job again, in another worker */
	*work = (struct work){.worker = w, .job_id = job->id, .started_ms = clock_now_ms()};
	work->next = w->first;
	if (w->first != NULL)
		w->first->previous = work;
	w->first = work;
	if (task_begin(w, job, &work->task, &e)) {
		work->task->owner = work;
		work_advance(work);
		return;
	}

	SCOPED_CLEAR(result_clear) struct result failed = {0};

	result_fail(&failed, STEP_NONE, &e);
	tell_result(w, job->id, &failed);
	work_free(work);
}

/* A message that is no job comes of a parent gone mad, and ends us. A job that can't be read fails,
 * and so does each where this worker can do nothing. */
static bool take_message(struct worker *w, const struct wire_message *m, struct err *e)
{
	SCOPED_CLOSE int fd = m->fd;
	SCOPED_CLEAR(job_clear) struct job job;
	struct unpack u;

	job_init(&job);
	if (m->type != WIRE_JOB)
		return err_set(e, ERR_WORKER, "the parent sent no job but type %d", m->type);
	unpack_init(&u, m->body, m->len);

	struct err bad = w->fault;

	if (err_is_set(&bad) || !job_unpack(&u, &job, &bad)) {
		SCOPED_CLEAR(result_clear) struct result failed = {0};

		result_fail(&failed, STEP_NONE, &bad);
		tell_result(w, m->job_id, &failed);
		return true;
	}
	job.id = m->job_id;
	job.fd = MOVE_FD(fd);
	work_start(w, &job);
	return true;
}

/* --- the start --------------------------------------------------------------- */

static bool open_write_folder(struct worker *w, struct err *e)
{
	const char *folder = w->start.write_folder;

	w->host.write_folder_fd = -1;
	if (folder[0] == '\0')
		return true;
	w->host.write_folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return w->host.write_folder_fd >= 0 || err_sys(e, ERR_STATE, "can't open %s", folder);
}

/* No cage: programs are run here. So it must be nobody else than the owner, and never root. */
static bool worker_become_owner(const struct worker *w, pid_t parent, struct err *e)
{
	const struct wire_start *start = &w->start;

	if (start->uid == 0 || start->gid == 0)
		return err_set(e, ERR_OWNER, "root is nobody whose things are looked after");
	if (start->change_user && (initgroups(start->user, start->gid) != 0 ||
					  setresgid(start->gid, start->gid, start->gid) != 0 ||
					  setresuid(start->uid, start->uid, start->uid) != 0))
		return err_sys(e, ERR_OWNER, "can't become %s", start->user);
	if (getuid() != start->uid || geteuid() != start->uid)
		return err_set(e, ERR_OWNER, "can't become %s", start->user);
	return process_bind(parent) || err_sys(e, ERR_WORKER, "the parent has gone");
}

static bool worker_enter_cage(const struct worker *w, pid_t parent, struct err *e)
{
	const struct wire_start *start = &w->start;
	const struct sandbox sandbox = {
		.change_user = start->change_user,
		.uid = start->uid,
		.gid = start->gid,
		.write_folder = start->write_folder[0] == '\0' ? NULL : start->write_folder,
		.with_network = start->with_network,
		.report_fd = wire_fd(w->wire),
		.max_file_bytes = start->max_file_bytes,
		.parent = parent,
	};

	return sandbox_enter(&sandbox, e);
}

static bool worker_prepare(struct worker *w, pid_t parent, struct err *e)
{
	const struct http_options options = {
		.user_agent = "devupd/" DEVUPD_VERSION,
		.proxy = w->start.proxy,
		.no_proxy = w->start.no_proxy,
		.github_token = w->start.github_token,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
		.wait_budget_ms = w->start.wait_budget_ms,
	};

	if (w->start.github_token[0] != '\0' || proxy_has_login(w->start.proxy))
		process_hide();
	w->host.timeout_ms = w->start.timeout_ms;
	w->host.stall_ms = w->start.stall_ms;
	w->host.limit_rate = w->start.limit_rate;
	w->host.progress = on_progress;
	w->host.page = on_page;
	w->host.memory = &w->memory;
	w->host.alive = on_alive;
	w->host.is_stopped = on_is_stopped;
	w->host.is_owner = w->start.is_owner;
	w->host.has_github_token = w->start.github_token[0] != '\0';
	w->host.user = w;
	if (w->start.is_owner)
		return worker_become_owner(w, parent, e);
	if (!open_write_folder(w, e) || !worker_enter_cage(w, parent, e))
		return false;
	return !w->start.with_network || http_new(&options, &w->http, e);
}

/* Wait for the wire, without transfers. */
static bool wait_for_wire(const struct worker *w, int timeout_ms, struct err *e)
{
	short events = (short)(POLLIN | (wire_has_queue(w->wire) ? POLLOUT : 0));
	struct pollfd polled = {.fd = wire_fd(w->wire), .events = events};

	if (poll(&polled, 1, timeout_ms) < 0 && errno != EINTR)
		return err_sys(e, ERR_INTERNAL, "can't wait for the wire");
	return true;
}

/* We were upgraded under a devupd that runs: its jobs and our results may mean something else. */
static void worker_check_start(struct worker *w, bool is_read)
{
	const char *version = w->start.version;

	if (!is_read || !text_equal(version, DEVUPD_VERSION))
		err_set(&w->fault, ERR_WORKER,
			"this worker is devupd %s, what started it is devupd %s: it was upgraded "
			"meanwhile, run it again",
			DEVUPD_VERSION, version[0] != '\0' ? version : "(unknown)");
}

/*
 * The first message. out_is_over: the parent went away instead, which is no error. What comes from
 * another devupd is this worker's fault.
 */
static bool worker_take_start(struct worker *w, bool *out_is_over, struct err *e)
{
	struct wire_message m = {.fd = -1};
	struct unpack u;
	enum wire_got got;

	while ((got = wire_receive(w->wire, &m, e)) == WIRE_GOT_NOTHING) {
		if (!wait_for_wire(w, -1, e))
			return false;
	}
	*out_is_over = got == WIRE_GOT_END;
	if (got != WIRE_GOT_MESSAGE)
		return *out_is_over;
	scope_close_fd(&m.fd);
	unpack_init(&u, m.body, m.len);
	if (m.type != WIRE_START)
		return err_set(e, ERR_WORKER, "the parent did not say how to start");
	worker_check_start(w, wire_start_unpack(&u, &w->start));
	return true;
}

/* --- the loop ---------------------------------------------------------------- */

/* All that the parent has said by now. */
static bool worker_hear(struct worker *w, bool *out_is_over, struct err *e)
{
	for (;;) {
		struct wire_message m = {.fd = -1};

		switch (wire_receive(w->wire, &m, e)) {
		case WIRE_GOT_NOTHING: return true;
		case WIRE_GOT_GARBAGE: return false;
		case WIRE_GOT_END: *out_is_over = true; return true;
		case WIRE_GOT_MESSAGE:
			if (!take_message(w, &m, e))
				return false;
		}
	}
}

static bool worker_loop(struct worker *w, struct err *e)
{
	bool is_over = false;

	while (worker_hear(w, &is_over, e) && !is_over) {
		bool ready = false;

		if (!wire_flush(w->wire, e))
			return false;
		if (w->http == NULL ? !wait_for_wire(w, HEARTBEAT_MS, e)
				    : !http_drive(w->http, wire_fd(w->wire),
					      wire_has_queue(w->wire), HEARTBEAT_MS, &ready, e))
			return false;
		if (w->first != NULL && clock_now_ms() - w->told_ms >= HEARTBEAT_MS)
			tell_progress(w, w->first->job_id, 0, 0);
	}
	return is_over;
}

static void worker_clear(struct worker *w)
{
	http_free(w->http); /* first: its transfers point at tasks */
	while (w->first != NULL)
		work_free(w->first);
	scope_close_fd(&w->host.write_folder_fd);
	buf_clear(&w->message);
	wire_free(w->wire);
}

bool worker_run(int fd, pid_t parent, struct err *e)
{
	SCOPED_CLEAR(worker_clear) struct worker w = {.host.write_folder_fd = -1};
	bool is_over = false;

	buf_init(&w.message, RECORD_BYTES_MAX);
	http_warm_up(); /* the parent still reads its settings */
	if (!wire_new(fd, &w.wire, e) || !worker_take_start(&w, &is_over, e))
		return false;
	if (is_over)
		return true;
	/* A worker of another devupd, or that can't be caged, lives on to say so: it takes no job.
	 */
	if (!err_is_set(&w.fault) && worker_prepare(&w, parent, &w.fault)) {
		buf_reset(&w.message);
		tell(&w, WIRE_READY, 0, -1);
	}
	return worker_loop(&w, e);
}
