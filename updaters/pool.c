/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/log.h"
#include "updaters/lib/sandbox.h"
#include "updaters/pool_worker.h"

enum {
	LANES_MAX = 64,
	LANES_BY_ITSELF_MAX = 8,
	OUTSTANDING_MAX = 64, /* of a lane */
	STARTS_MAX = 3,       /* workers in a row that ended before they said anything */
	ASK_MS = 200,         /* how often is_stopped is asked */
	GRACE_MS = 300,       /* from the end of the wire to SIGKILL */
	HOW_MAX = 256
};

#define NO_JOB UINT32_MAX

/* Jobs in order, linked through their plans. */
struct line {
	uint32_t first, last;
};

/* What we know of a job beyond itself. */
struct plan {
	uint32_t next;
	uint32_t lane;
	bool is_sent; /* its lane's worker owes its result */
	bool is_done;
	bool has_killed; /* once: it runs alone now */
};

/* A place where a worker runs, one after the other if need be. */
struct lane {
	struct pool_worker worker;
	struct line waiting;
	size_t n_sent;
	bool is_alone; /* one job that has killed a worker, and this worker is for it only */
};

struct pool {
	char worker_path[512];
	unsigned max_workers;
	uint64_t silence_ms;
	struct wire_start start;
	struct lane lanes[LANES_MAX];
	struct buf message; /* reused */
};

/* One pool_run. */
struct run {
	struct pool *pool;
	struct job *jobs;
	struct plan *plans;
	uint32_t n_jobs, n_done;
	size_t n_lanes;
	struct line alone; /* waiting to run by themselves */
	unsigned n_bad_starts;
	uint64_t asked_ms;
	const struct pool_watch *watch;
	struct result *results;
};

/* --- lines of jobs ----------------------------------------------------------- */

static const struct line empty_line = {NO_JOB, NO_JOB};

static void line_add(struct run *run, struct line *line, uint32_t id)
{
	run->plans[id].next = NO_JOB;
	if (line->first == NO_JOB)
		line->first = id;
	else
		run->plans[line->last].next = id;
	line->last = id;
}

static uint32_t line_take(struct run *run, struct line *line)
{
	uint32_t id = line->first;

	if (id != NO_JOB)
		line->first = run->plans[id].next;
	return id;
}

/* --- the pool's life --------------------------------------------------------- */

bool pool_open(const struct pool_options *options, struct pool **out, struct err *e)
{
	const char *path = options->worker_path == NULL ? DEVUPD_LIBEXECDIR "/devupd-worker"
							: options->worker_path;
	SCOPED(pool_close) struct pool *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for workers");
	if (!text_copy(p->worker_path, sizeof(p->worker_path), path))
		return err_set(e, ERR_INTERNAL, "the worker's path is too long");
	p->max_workers = options->max_workers;
	p->silence_ms = options->silence_ms;
	buf_init(&p->message, WIRE_BODY_MAX);
	if (!pool_worker_start(p->worker_path, &p->lanes[0].worker, e))
		return false;
	*out = MOVE_PTR(p);
	return true;
}

void pool_close(struct pool *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < LANES_MAX; i++) /* all at once, then wait for each */
		pool_worker_hang_up(&p->lanes[i].worker);
	for (size_t i = 0; i < LANES_MAX; i++)
		pool_worker_end(&p->lanes[i].worker, GRACE_MS, NULL, 0);
	buf_clear(&p->message);
	free(p);
}

void pool_configure(
	struct pool *p, const struct pool_options *options, const struct wire_start *start)
{
	p->max_workers = options->max_workers;
	p->silence_ms = options->silence_ms;
	p->start = *start;
}

/* --- the end of a job -------------------------------------------------------- */

static void job_done(struct run *run, uint32_t id)
{
	struct plan *plan = &run->plans[id];

	if (plan->is_sent)
		run->pool->lanes[plan->lane].n_sent--;
	plan->is_sent = false;
	plan->is_done = true;
	run->n_done++;
	if (run->watch != NULL && run->watch->on_result != NULL)
		run->watch->on_result(run->watch->user, &run->jobs[id], &run->results[id]);
}

static void job_fail(struct run *run, uint32_t id, const struct err *e)
{
	result_fail(&run->results[id], STEP_NONE, e);
	job_done(run, id);
}

static void fail_all(struct run *run, const struct err *e)
{
	for (uint32_t id = 0; id < run->n_jobs; id++) {
		if (!run->plans[id].is_done)
			job_fail(run, id, e);
	}
}

/* --- the end of a worker ----------------------------------------------------- */

/*
 * Its unfinished jobs run again, alone, unless it said nothing at all: then it was not they. The
 * one that was alone already has killed its worker twice.
 */
static void lane_lost(struct run *run, struct lane *lane, bool was_alive, const struct err *why)
{
	uint32_t number = (uint32_t)(lane - run->pool->lanes);

	run->n_bad_starts = was_alive ? 0 : run->n_bad_starts + 1;
	for (uint32_t id = 0; id < run->n_jobs && lane->n_sent > 0; id++) {
		struct plan *plan = &run->plans[id];

		if (!plan->is_sent || plan->lane != number)
			continue;
		if (was_alive && plan->has_killed) {
			job_fail(run, id, why);
			continue;
		}
		plan->is_sent = false;
		lane->n_sent--;
		plan->has_killed = plan->has_killed || was_alive;
		line_add(run, plan->has_killed ? &run->alone : &lane->waiting, id);
	}
	lane->is_alone = false;
}

static void lane_crashed(struct run *run, struct lane *lane, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* format NULL: how its process ended says it. */
static void lane_crashed(struct run *run, struct lane *lane, const char *format, ...)
{
	char how[HOW_MAX] = "", what[HOW_MAX] = "";
	bool was_alive = lane->worker.is_alive;
	struct err why = {0};
	va_list args;

	pool_worker_end(&lane->worker, format == NULL ? GRACE_MS : 0, how, sizeof(how));
	if (format != NULL) {
		va_start(args, format);
		vsnprintf(what, sizeof(what), format, args);
		va_end(args);
	}
	err_set(&why, ERR_WORKER, "the worker %s", format != NULL ? what : how);
	log_verbose("%s", why.text);
	lane_lost(run, lane, was_alive, &why);
}

/* --- what a worker says
 * --------------------------------------------------------------------------------- */

static bool take_result(struct run *run, const struct wire_message *m, struct err *e)
{
	struct unpack u;
	struct result r;

	unpack_init(&u, m->body, m->len);
	if (!result_unpack(&u, &r, e))
		return false;
	run->results[m->job_id] = r;
	if (!unpack_is_done(&u)) {
		result_clear(&run->results[m->job_id]);
		return err_set(e, ERR_WORKER, "a result with bytes behind it");
	}
	job_done(run, m->job_id);
	return true;
}

/* Zeros are a sign of life, no more. */
static bool take_progress(struct run *run, const struct wire_message *m, struct err *e)
{
	struct unpack u;

	unpack_init(&u, m->body, m->len);

	uint64_t done = unpack_u64(&u), total = unpack_u64(&u);

	if (!unpack_is_done(&u))
		return err_set(e, ERR_WORKER, "progress of the wrong size");
	if ((done > 0 || total > 0) && run->watch != NULL && run->watch->on_progress != NULL)
		run->watch->on_progress(run->watch->user, &run->jobs[m->job_id], done, total);
	return true;
}

/* A page must not change, nor shrink, while somebody reads it. */
static bool take_page(struct run *run, const struct wire_message *m, struct err *e)
{
	const int needed = F_SEAL_WRITE | F_SEAL_SHRINK;
	char url[URL_MAX];
	struct unpack u;

	unpack_init(&u, m->body, m->len);
	unpack_str(&u, url, sizeof(url));
	if (!unpack_is_done(&u) || m->fd < 0 || (fcntl(m->fd, F_GET_SEALS) & needed) != needed)
		return err_set(e, ERR_WORKER, "a page without address or seal");
	if (run->watch != NULL && run->watch->on_page != NULL)
		run->watch->on_page(run->watch->user, &run->jobs[m->job_id], url, m->fd);
	return true;
}

/* Only about jobs that it was given and still owes. */
static bool is_owed(const struct run *run, const struct lane *lane, uint32_t id)
{
	return id < run->n_jobs && run->plans[id].is_sent &&
	       run->plans[id].lane == (uint32_t)(lane - run->pool->lanes);
}

static const struct {
	bool is_of_job;
	bool (*take)(struct run *run, const struct wire_message *m, struct err *e);
} sayings[WIRE_N_TYPES] = {
	[WIRE_PROGRESS] = {true, take_progress},
	[WIRE_PAGE] = {true, take_page},
	[WIRE_RESULT] = {true, take_result},
};

static bool take_message(
	struct run *run, const struct lane *lane, const struct wire_message *m, struct err *e)
{
	if (m->type == WIRE_READY)
		return true;
	if (sayings[m->type].take == NULL)
		return err_set(e, ERR_WORKER, "a message that only we may send");
	if (sayings[m->type].is_of_job && !is_owed(run, lane, m->job_id))
		return err_set(e, ERR_WORKER, "an answer that nobody asked for");
	return sayings[m->type].take(run, m, e);
}

static void take_trapped(struct run *run, struct lane *lane, const struct wire_message *m)
{
	struct unpack u;

	unpack_init(&u, m->body, m->len);

	uint32_t number = unpack_u32(&u);

	lane_crashed(run, lane, "called %s, which its cage forbids",
		sandbox_call_name((int)(number & INT32_MAX)));
}

/* All that it has said by now. */
static void lane_hear(struct run *run, struct lane *lane)
{
	while (lane->worker.pid != 0) {
		struct wire_message m = {.fd = -1};
		struct err e = {0};
		enum wire_got got = wire_receive(lane->worker.wire, &m, &e);
		SCOPED_CLOSE UNUSED int fd = m.fd;

		if (got == WIRE_GOT_NOTHING)
			return;
		if (got == WIRE_GOT_END) {
			lane_crashed(run, lane, NULL);
			return;
		}
		if (got == WIRE_GOT_MESSAGE && m.type == WIRE_TRAPPED) {
			take_trapped(run, lane, &m);
			return;
		}
		if (got == WIRE_GOT_GARBAGE || !take_message(run, lane, &m, &e)) {
			lane_crashed(run, lane, "sent garbage: %s", e.text);
			return;
		}
		lane->worker.is_alive = true;
		lane->worker.heard_ms = clock_now_ms();
	}
}

/* --- giving work
 * ------------------------------------------------------------------------------------------ */

static bool lane_ready(struct run *run, struct lane *lane, struct err *e)
{
	struct pool_worker *worker = &lane->worker;

	return (worker->pid != 0 || pool_worker_start(run->pool->worker_path, worker, e)) &&
	       pool_worker_tell(worker, &run->pool->start, e);
}

static void lane_send(struct run *run, struct lane *lane, uint32_t id)
{
	struct pool *pool = run->pool;
	const struct job *job = &run->jobs[id];
	struct err e = {0};

	if (lane->n_sent == 0)
		lane->worker.heard_ms = clock_now_ms();
	run->plans[id].lane = (uint32_t)(lane - pool->lanes);
	run->plans[id].is_sent = true;
	lane->n_sent++;
	buf_reset(&pool->message);
	job_pack(job, &pool->message);
	if (pool->message.is_full || job->input.is_full)
		err_set(&e, ERR_TOO_BIG, "the job is over %d MiB", WIRE_BODY_MAX >> 20);
	if (err_is_set(&e) || !wire_send(lane->worker.wire, WIRE_JOB, id, pool->message.data,
				      pool->message.len, job->fd, &e))
		job_fail(run, id, &e);
}

/* Where a lane has nothing left of its own, it takes a job that must run alone, in a new worker. */
static bool lane_take_alone(struct run *run, struct lane *lane)
{
	if (lane->n_sent > 0)
		return false;
	if (lane->is_alone || (run->alone.first != NO_JOB && lane->worker.is_told))
		pool_worker_end(&lane->worker, 0, NULL, 0);
	lane->is_alone = run->alone.first != NO_JOB;
	return lane->is_alone;
}

/* Fails: no worker can be started */
static bool lane_feed(struct run *run, struct lane *lane, struct err *e)
{
	if (lane->is_alone && lane->n_sent > 0)
		return true;
	if (lane->waiting.first == NO_JOB) {
		if (!lane_take_alone(run, lane))
			return true;
		if (!lane_ready(run, lane, e))
			return false;
		lane_send(run, lane, line_take(run, &run->alone));
		return true;
	}
	lane->is_alone = false;
	if (!lane_ready(run, lane, e))
		return false;
	while (lane->waiting.first != NO_JOB && lane->n_sent < OUTSTANDING_MAX)
		lane_send(run, lane, line_take(run, &lane->waiting));
	return true;
}

/* --- the loop
 * ------------------------------------------------------------------------------------------------
 */

static bool is_stopped(struct run *run, bool is_due)
{
	uint64_t now_ms = clock_now_ms();

	if (run->watch == NULL || run->watch->is_stopped == NULL ||
		(!is_due && now_ms - run->asked_ms < ASK_MS))
		return false;
	run->asked_ms = now_ms;
	return run->watch->is_stopped(run->watch->user);
}

static void look_for_hung(struct run *run)
{
	uint64_t now_ms = clock_now_ms();

	for (size_t i = 0; i < run->n_lanes; i++) {
		struct lane *lane = &run->pool->lanes[i];

		if (lane->n_sent > 0 && now_ms - lane->worker.heard_ms > run->pool->silence_ms)
			lane_crashed(run, lane, "said nothing for %.1f s",
				(double)run->pool->silence_ms / 1000);
	}
}

/* Sends what waits, hears what came. out_is_interrupted: by a signal, or nothing came. */
static bool turn(struct run *run, bool *out_is_interrupted, struct err *e)
{
	struct pollfd polled[LANES_MAX];
	struct lane *lanes = run->pool->lanes;
	struct err gone = {0};

	for (size_t i = 0; i < run->n_lanes; i++) {
		struct wire *wire = lanes[i].worker.wire;
		/* one that is gone is noticed in reading, after its last words */
		bool has_more = wire != NULL && wire_flush(wire, &gone) && wire_has_queue(wire);

		polled[i] = (struct pollfd){
			.fd = wire == NULL ? -1 : wire_fd(wire),
			.events = (short)(POLLIN | (has_more ? POLLOUT : 0)),
		};
	}

	uint64_t silence_ms = run->pool->silence_ms;
	int n = poll(polled, run->n_lanes, silence_ms < ASK_MS ? (int)silence_ms : ASK_MS);

	if (n < 0 && errno != EINTR)
		return err_sys(e, ERR_INTERNAL, "can't wait for workers");
	*out_is_interrupted = n <= 0;
	for (size_t i = 0; n > 0 && i < run->n_lanes; i++) {
		if (polled[i].revents != 0)
			lane_hear(run, &lanes[i]);
	}
	look_for_hung(run);
	return true;
}

static bool run_all(struct run *run, struct err *e)
{
	bool is_due = false;

	for (;;) {
		for (size_t i = 0; i < run->n_lanes; i++) {
			if (!lane_feed(run, &run->pool->lanes[i], e))
				return false;
		}
		if (run->n_done == run->n_jobs)
			return true;
		if (is_stopped(run, is_due))
			return err_set(e, ERR_WORKER, "stopped");
		if (!turn(run, &is_due, e))
			return false;
		if (run->n_bad_starts >= STARTS_MAX)
			return err_set(e, ERR_WORKER,
				"%s can't be started: it ends before it says a word; is devupd "
				"installed whole?",
				run->pool->worker_path);
	}
}

/* --- the plan: which job goes where
 * ----------------------------------------------------------------------------- */

static size_t count_cores(void)
{
	cpu_set_t cores;

	return sched_getaffinity(0, sizeof(cores), &cores) == 0 ? (size_t)CPU_COUNT(&cores) : 1;
}

/* The number of each job's group into plan.lane; a job without a group is one by itself. */
static uint32_t number_groups(struct run *run, uint32_t *leaders)
{
	uint32_t n_groups = 0;

	for (uint32_t id = 0; id < run->n_jobs; id++) {
		const char *group = run->jobs[id].group;
		uint32_t i = 0;

		while (group[0] != '\0' && i < n_groups &&
			!text_equal(run->jobs[leaders[i]].group, group))
			i++;
		if (group[0] == '\0')
			i = n_groups;
		if (i == n_groups)
			leaders[n_groups++] = id;
		run->plans[id].lane = i;
	}
	return n_groups;
}

static bool lay_out(struct run *run, struct err *e)
{
	SCOPED_FREE uint32_t *leaders = calloc(run->n_jobs, sizeof(*leaders));

	run->plans = calloc(run->n_jobs, sizeof(*run->plans));
	if (run->plans == NULL || leaders == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for %u jobs", run->n_jobs);

	size_t n_lanes = number_groups(run, leaders);
	size_t cores = count_cores();
	size_t top = cores < LANES_BY_ITSELF_MAX ? cores : LANES_BY_ITSELF_MAX;

	if (run->pool->max_workers > 0)
		top = run->pool->max_workers < LANES_MAX ? run->pool->max_workers : LANES_MAX;
	run->n_lanes = n_lanes < top ? n_lanes : top;
	run->alone = empty_line;
	for (size_t i = 0; i < run->n_lanes; i++)
		run->pool->lanes[i].waiting = empty_line;
	for (uint32_t id = 0; id < run->n_jobs; id++) {
		run->jobs[id].id = id;
		run->plans[id].lane %= (uint32_t)run->n_lanes;
		line_add(run, &run->pool->lanes[run->plans[id].lane].waiting, id);
	}
	return true;
}

static void run_clear(struct run *run)
{
	free(run->plans);
}

/* Workers that owe something are of no use to the next run. */
static void drop_busy(struct run *run)
{
	for (size_t i = 0; i < run->n_lanes; i++) {
		struct lane *lane = &run->pool->lanes[i];

		if (lane->n_sent > 0)
			pool_worker_end(&lane->worker, 0, NULL, 0);
	}
}

bool pool_run(struct pool *p, struct job *jobs, size_t n, const struct pool_watch *watch,
	struct result *out_results, struct err *e)
{
	SCOPED_CLEAR(run_clear)
	struct run run = {.pool = p, .jobs = jobs, .watch = watch, .results = out_results};
	struct err why = {0};

	for (size_t i = 0; i < n; i++)
		result_init(&out_results[i]);
	if (n == 0)
		return true;
	if (n >= NO_JOB)
		return err_set(e, ERR_INTERNAL, "too many jobs");
	run.n_jobs = (uint32_t)n;
	if (lay_out(&run, &why) && run_all(&run, &why))
		return true;
	drop_busy(&run);
	if (run.plans != NULL)
		fail_all(&run, &why);
	if (e != NULL)
		*e = why;
	return false;
}
