/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/pool.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>

#include "updaters/lib/clock.h"
#include "updaters/pool_shift.h"

enum {
	LANES_BY_ITSELF_MAX = 8,
	OUTSTANDING_MAX = 64,                /* of a lane */
	OWNER_LANES_MAX = 8,                 /* persons side by side */
	OWNER_LOOK_MAX_MS = 600000,          /* whatever it tells */
	OWNER_MEND_MAX_MS = 6 * 3600 * 1000, /* a brew may build for hours */
	OWNER_SILENCE = 6,     /* times as long as the others': it may be deep in a disk */
	STOP_GRACE_MS = 60000, /* for what is under way to end or to be taken back */
	STARTS_MAX = 3,        /* workers in a row that ended before they said anything */
	ASK_MS = 200,          /* how often is_stopped is asked */
	PATIENCE_MIN_MS = 600000,
	JOB_REQUESTS = 20 /* that one job may let time out, one after the other */
};

/* --- lines of jobs ----------------------------------------------------------- */

static const struct line empty_line = {NO_JOB, NO_JOB};

static uint32_t line_take(struct shift *s, struct line *line)
{
	uint32_t id = line->first;

	if (id != NO_JOB)
		line->first = s->places[id].next;
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
	p->patience_ms = PATIENCE_MIN_MS;
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
		pool_worker_kill(&p->lanes[i].worker);
	for (size_t i = 0; i < LANES_MAX; i++)
		pool_worker_end(&p->lanes[i].worker, GRACE_MS, NULL, 0);
	buf_clear(&p->message);
	free(p);
}

/* The longest that a job may be about nothing but requests without an answer. */
static uint64_t patience_of(const struct wire_start *start)
{
	uint64_t request_ms =
		start->timeout_ms > start->stall_ms ? start->timeout_ms : start->stall_ms;

	return (request_ms > PATIENCE_MIN_MS / JOB_REQUESTS ? request_ms * JOB_REQUESTS
							    : PATIENCE_MIN_MS) +
	       start->wait_budget_ms;
}

void pool_configure(struct pool *p, const struct pool_options *options,
	const struct wire_start *starts, size_t n_starts)
{
	p->max_workers = options->max_workers;
	p->silence_ms = options->silence_ms;
	p->patience_ms = options->patience_ms > 0 ? options->patience_ms : patience_of(&starts[0]);
	p->starts = starts;
	p->n_starts = n_starts;
}

/* --- giving work ------------------------------------------------------------- */

/* A worker that has begun as this job needs it; one that began otherwise is replaced. */
static bool lane_ready(struct shift *s, struct lane *lane, uint32_t id, struct err *e)
{
	struct pool_worker *worker = &lane->worker;
	uint32_t start = s->jobs[id].start;

	if (worker->is_told && worker->start != start)
		pool_worker_end(worker, GRACE_MS, NULL, 0);
	if (worker->pid == 0 && !pool_worker_start(s->pool->worker_path, worker, e))
		return false;
	worker->start = start;
	return pool_worker_tell(worker, &s->pool->starts[start], e);
}

static bool is_owners(const struct shift *s, uint32_t id)
{
	return s->pool->starts[s->jobs[id].start].is_owner;
}

/* May the lane's next job be sent beside those that are out? Owners do one thing at a time. */
static bool lane_has_room(const struct shift *s, const struct lane *lane)
{
	uint32_t id = lane->waiting.first;

	if (id == NO_JOB || lane->n_sent == 0)
		return id != NO_JOB;
	return !is_owners(s, id) && lane->worker.start == s->jobs[id].start &&
	       lane->n_sent < OUTSTANDING_MAX;
}

static void lane_send(struct shift *s, struct lane *lane, uint32_t id)
{
	struct pool *pool = s->pool;
	const struct job *job = &s->jobs[id];
	struct err e = {0};

	if (lane->n_sent == 0)
		lane->worker.heard_ms = lane->moved_ms = lane->began_ms = clock_now_ms();
	s->places[id].done_bytes = 0;
	s->places[id].lane = (uint32_t)(lane - pool->lanes);
	s->places[id].is_sent = true;
	lane->n_sent++;
	buf_reset(&pool->message);
	job_pack(job, &pool->message);
	if (pool->message.is_full || job->input.is_full)
		err_set(&e, ERR_TOO_BIG, "the job is over %d MiB", WIRE_BODY_MAX >> 20);
	if (err_is_set(&e) || !wire_send(lane->worker.wire, WIRE_JOB, id, pool->message.data,
				      pool->message.len, job->fd, &e))
		shift_fail_job(s, id, &e);
}

/* Where a lane has nothing left of its own, it takes a job that must run alone, in a new worker. */
static bool lane_take_alone(struct shift *s, struct lane *lane)
{
	if (lane->n_sent > 0)
		return false;
	if (lane->is_alone || (s->alone.first != NO_JOB && lane->worker.is_told))
		pool_worker_end(&lane->worker, 0, NULL, 0);
	lane->is_alone = s->alone.first != NO_JOB;
	return lane->is_alone;
}

/* Fails: no worker can be started */
static bool lane_feed(struct shift *s, struct lane *lane, struct err *e)
{
	if (lane->is_alone && lane->n_sent > 0)
		return true;
	if (lane->waiting.first == NO_JOB) {
		if (!lane_take_alone(s, lane))
			return true;
		if (!lane_ready(s, lane, s->alone.first, e))
			return false;
		lane_send(s, lane, line_take(s, &s->alone));
		return true;
	}
	lane->is_alone = false;
	while (lane_has_room(s, lane)) {
		if (!lane_ready(s, lane, lane->waiting.first, e))
			return false;
		lane_send(s, lane, line_take(s, &lane->waiting));
	}
	return true;
}

/* --- the loop ---------------------------------------------------------------- */

static bool is_stopped(struct shift *s, bool is_due)
{
	uint64_t now_ms = clock_now_ms();

	if (s->watch == NULL || s->watch->is_stopped == NULL ||
		(!is_due && now_ms - s->asked_ms < ASK_MS))
		return false;
	s->asked_ms = now_ms;
	return s->watch->is_stopped(s->watch->user);
}

static void look_at_owner(struct shift *s, struct lane *lane, uint64_t now_ms)
{
	bool may_change = s->watch != NULL && s->watch->lets_finish;
	uint64_t most_ms = may_change ? OWNER_MEND_MAX_MS : OWNER_LOOK_MAX_MS;

	if (now_ms - lane->worker.heard_ms > s->pool->silence_ms * OWNER_SILENCE)
		lane_crashed(s, lane, "said nothing for %.1f s",
			(double)(s->pool->silence_ms * OWNER_SILENCE) / 1000);
	else if (now_ms - lane->began_ms > most_ms)
		lane_crashed(s, lane, "did not end in %.0f min", (double)most_ms / 60000);
}

static void look_at_caged(struct shift *s, struct lane *lane, uint64_t now_ms)
{
	if (now_ms - lane->worker.heard_ms > s->pool->silence_ms)
		lane_crashed(
			s, lane, "said nothing for %.1f s", (double)s->pool->silence_ms / 1000);
	else if (now_ms - lane->moved_ms > s->pool->patience_ms)
		lane_crashed(
			s, lane, "got nowhere for %.1f s", (double)s->pool->patience_ms / 1000);
}

static void look_for_hung(struct shift *s)
{
	uint64_t now_ms = clock_now_ms();

	for (size_t i = 0; i < s->n_lanes; i++) {
		struct lane *lane = &s->pool->lanes[i];

		if (lane->n_sent > 0 && s->pool->starts[lane->worker.start].is_owner)
			look_at_owner(s, lane, now_ms);
		else if (lane->n_sent > 0)
			look_at_caged(s, lane, now_ms);
	}
}

/* Sends what waits, hears what came. out_is_interrupted: by a signal, or nothing came. */
static bool turn(struct shift *s, bool *out_is_interrupted, struct err *e)
{
	struct pollfd polled[LANES_MAX];
	struct lane *lanes = s->pool->lanes;
	struct err gone = {0};

	for (size_t i = 0; i < s->n_lanes; i++) {
		struct wire *wire = lanes[i].worker.wire;
		/* one that is gone is noticed in reading, after its last words */
		bool has_more = wire != NULL && wire_flush(wire, &gone) && wire_has_queue(wire);

		polled[i] = (struct pollfd){
			.fd = wire == NULL ? -1 : wire_fd(wire),
			.events = (short)(POLLIN | (has_more ? POLLOUT : 0)),
		};
	}

	uint64_t silence_ms = s->pool->silence_ms;
	int n = poll(polled, s->n_lanes, silence_ms < ASK_MS ? (int)silence_ms : ASK_MS);

	if (n < 0 && errno != EINTR)
		return err_sys(e, ERR_INTERNAL, "can't wait for workers");
	*out_is_interrupted = n <= 0;
	for (size_t i = 0; n > 0 && i < s->n_lanes; i++) {
		if (polled[i].revents != 0)
			lane_hear(s, &lanes[i]);
	}
	look_for_hung(s);
	return true;
}

/* What waits has failed; what is under way is told, and goes on to its end. */
static bool stop_gently(struct shift *s)
{
	struct err why = {0};

	if (s->watch == NULL || !s->watch->lets_finish)
		return false;
	s->is_stopping = true;
	s->stopped_ms = clock_now_ms();
	err_set(&why, ERR_WORKER, "stopped");
	for (size_t i = 0; i < s->n_lanes; i++) {
		struct lane *lane = &s->pool->lanes[i];

		if (lane->n_sent > 0 && lane->worker.wire != NULL)
			wire_end_sending(lane->worker.wire);
		lane->waiting = empty_line;
	}
	s->alone = empty_line;
	for (uint32_t id = 0; id < s->n_jobs; id++) {
		if (!s->places[id].is_done && !s->places[id].is_sent)
			shift_fail_job(s, id, &why);
	}
	return true;
}

static bool shift_work(struct shift *s, struct err *e)
{
	bool is_due = false;

	for (;;) {
		for (size_t i = 0; i < s->n_lanes; i++) {
			if (!lane_feed(s, &s->pool->lanes[i], e))
				return false;
		}
		if (s->n_done == s->n_jobs)
			return !s->is_stopping || err_set(e, ERR_WORKER, "stopped");
		if (!s->is_stopping && is_stopped(s, is_due) && !stop_gently(s))
			return err_set(e, ERR_WORKER, "stopped");
		if (s->is_stopping && clock_now_ms() - s->stopped_ms > STOP_GRACE_MS)
			return err_set(e, ERR_WORKER, "stopped, and did not end in time");
		if (!turn(s, &is_due, e))
			return false;
		if (s->n_bad_starts >= STARTS_MAX)
			return err_set(e, ERR_WORKER,
				"%s can't be started: it ends before it says a word; is devupd "
				"installed whole?",
				s->pool->worker_path);
	}
}

/* --- the plan: which job goes where ------------------------------------------ */

static size_t count_cores(void)
{
	cpu_set_t cores;

	return sched_getaffinity(0, sizeof(cores), &cores) == 0 ? (size_t)CPU_COUNT(&cores) : 1;
}

/*
 * The number of each job's group into place.lane; a job without a group is one by itself, all jobs
 * of one owner are one.
 */
static uint32_t number_groups(struct shift *s, bool of_owners, uint32_t *leaders)
{
	uint32_t n_groups = 0;

	for (uint32_t id = 0; id < s->n_jobs; id++) {
		const struct job *job = &s->jobs[id];
		uint32_t i = 0;

		if (is_owners(s, id) != of_owners)
			continue;
		while (i < n_groups && (s->jobs[leaders[i]].start != job->start ||
					       !text_equal(s->jobs[leaders[i]].group, job->group)))
			i++;
		if (!of_owners && job->group[0] == '\0')
			i = n_groups;
		if (i == n_groups)
			leaders[n_groups++] = id;
		s->places[id].lane = i;
	}
	return n_groups;
}

static size_t lanes_at_most(const struct shift *s)
{
	size_t cores = count_cores();

	if (s->pool->max_workers > 0)
		return s->pool->max_workers < LANES_MAX - OWNER_LANES_MAX
			       ? s->pool->max_workers
			       : LANES_MAX - OWNER_LANES_MAX;
	return cores < LANES_BY_ITSELF_MAX ? cores : LANES_BY_ITSELF_MAX;
}

static void place_job(struct shift *s, uint32_t id, size_t lane)
{
	s->places[id].lane = (uint32_t)lane;
	line_add(s, &s->pool->lanes[lane].waiting, id);
}

static void place_caged(struct shift *s, size_t n_lanes)
{
	for (uint32_t id = 0; id < s->n_jobs; id++) {
		if (!is_owners(s, id))
			place_job(s, id, s->places[id].lane % n_lanes);
	}
}

/* All of one person's before the next one's: each change of person is a new worker. */
static void place_owners(
	struct shift *s, size_t first, size_t n_lanes, const uint32_t *leaders, size_t n_people)
{
	for (size_t i = 0; i < n_people; i++) {
		for (uint32_t id = 0; id < s->n_jobs; id++) {
			if (s->jobs[id].start == s->jobs[leaders[i]].start)
				place_job(s, id, first + i % n_lanes);
		}
	}
}

/* Owners have lanes of their own: they look at disks while the others wait for the net. */
static bool lay_out(struct shift *s, struct err *e)
{
	SCOPED_FREE uint32_t *leaders = calloc(s->n_jobs, sizeof(*leaders));

	s->places = calloc(s->n_jobs, sizeof(*s->places));
	if (s->places == NULL || leaders == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for %u jobs", s->n_jobs);

	size_t top = lanes_at_most(s), n = number_groups(s, false, leaders);
	size_t n_owners = number_groups(s, true, leaders);

	size_t owner_lanes = n_owners < OWNER_LANES_MAX ? n_owners : OWNER_LANES_MAX;

	n = n < top ? n : top;
	s->n_lanes = n + owner_lanes;
	s->alone = empty_line;
	for (size_t i = 0; i < s->n_lanes; i++)
		s->pool->lanes[i].waiting = empty_line;
	for (uint32_t id = 0; id < s->n_jobs; id++)
		s->jobs[id].id = id;
	place_caged(s, n);
	place_owners(s, n, owner_lanes, leaders, n_owners);
	return true;
}

static void shift_clear(struct shift *s)
{
	free(s->places);
}

static void fail_all(struct shift *s, const struct err *e)
{
	for (uint32_t id = 0; id < s->n_jobs; id++) {
		if (!s->places[id].is_done)
			shift_fail_job(s, id, e);
	}
}

/* Workers that owe something are of no use to the next run. */
static void drop_busy(struct shift *s)
{
	for (size_t i = 0; i < s->n_lanes; i++) {
		struct lane *lane = &s->pool->lanes[i];

		if (lane->n_sent > 0)
			pool_worker_end(&lane->worker, 0, NULL, 0);
	}
}

bool pool_run(struct pool *p, struct job *jobs, size_t n, const struct pool_watch *watch,
	struct result *out_results, struct err *e)
{
	SCOPED_CLEAR(shift_clear)
	struct shift s = {.pool = p, .jobs = jobs, .watch = watch, .results = out_results};
	struct err why = {0};

	for (size_t i = 0; i < n; i++)
		result_init(&out_results[i]);
	if (n == 0)
		return true;
	if (n >= NO_JOB)
		return err_set(e, ERR_INTERNAL, "too many jobs");
	s.n_jobs = (uint32_t)n;
	if (lay_out(&s, &why) && shift_work(&s, &why))
		return true;
	drop_busy(&s);
	if (s.places != NULL)
		fail_all(&s, &why);
	if (e != NULL)
		*e = why;
	return false;
}
