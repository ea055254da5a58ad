/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/pool_shift.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/log.h"
#include "updaters/lib/sandbox.h"

enum {
	HOW_MAX = 256,
	OF_ONE_PERSON_MAX = 1024, /* items or changes of one name */
	MESSAGES_A_TURN = 256 /* one that never stops talking must not keep us from the others */
};

void line_add(struct shift *s, struct line *line, uint32_t id)
{
	s->places[id].next = NO_JOB;
	if (line->first == NO_JOB)
		line->first = id;
	else
		s->places[line->last].next = id;
	line->last = id;
}

/* --- the end of a job -------------------------------------------------------- */

static void job_done(struct shift *s, uint32_t id)
{
	struct place *place = &s->places[id];

	if (place->is_sent)
		s->pool->lanes[place->lane].n_sent--;
	place->is_sent = false;
	place->is_done = true;
	s->n_done++;
	log_debug("%s %s: %s after %" PRIu64 " ms", s->jobs[id].kind, s->jobs[id].name,
		outcome_token(s->results[id].outcome), s->results[id].ms);
	if (s->watch != NULL && s->watch->on_result != NULL)
		s->watch->on_result(s->watch->user, &s->jobs[id], &s->results[id]);
}

void shift_fail_job(struct shift *s, uint32_t id, const struct err *e)
{
	result_fail(&s->results[id], STEP_NONE, e);
	job_done(s, id);
}

/* --- the end of a worker ----------------------------------------------------- */

/* What may have changed something is not begun a second time: nobody knows how far it came. */
static bool may_have_changed(const struct shift *s, uint32_t id)
{
	return s->watch != NULL && s->watch->lets_finish &&
	       s->pool->starts[s->jobs[id].start].is_owner;
}

/*
 * Its unfinished jobs run again, alone, unless it said nothing at all: then it was not they. The
 * one that was alone already has killed its worker twice.
 */
static void lane_lost(struct shift *s, struct lane *lane, bool was_alive, const struct err *why)
{
	uint32_t number = (uint32_t)(lane - s->pool->lanes);

	s->n_bad_starts = was_alive ? 0 : s->n_bad_starts + 1;
	for (uint32_t id = 0; id < s->n_jobs && lane->n_sent > 0; id++) {
		struct place *place = &s->places[id];

		if (!place->is_sent || place->lane != number)
			continue;
		if (s->is_stopping || may_have_changed(s, id) || (was_alive && place->has_killed)) {
			shift_fail_job(s, id, why);
			continue;
		}
		place->is_sent = false;
		lane->n_sent--;
		place->has_killed = place->has_killed || was_alive;
		line_add(s, place->has_killed ? &s->alone : &lane->waiting, id);
	}
	lane->is_alone = false;
}

/*
 * A person may kill what is theirs as soon as it is them, READY or not: that is no sign of a devupd
 * that can't start workers, and must not end the work for others.
 */
static bool is_told_to_be_owner(const struct shift *s, const struct lane *lane)
{
	return lane->worker.is_told && s->pool->starts[lane->worker.start].is_owner;
}

/* format NULL: how its process ended says it. */
void lane_crashed(struct shift *s, struct lane *lane, const char *format, ...)
{
	char how[HOW_MAX] = "", what[HOW_MAX] = "";
	bool was_alive = lane->worker.is_alive || is_told_to_be_owner(s, lane);
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
	lane_lost(s, lane, was_alive, &why);
}

/* --- what a worker says ------------------------------------------------------ */

static bool take_result(
	struct shift *s, struct lane *lane, const struct wire_message *m, struct err *e)
{
	struct unpack u;
	struct result r;

	unpack_init(&u, m->body, m->len);
	if (!result_unpack(&u, &r, e))
		return false;
	if (s->pool->starts[lane->worker.start].is_owner)
		result_trim(&r, OF_ONE_PERSON_MAX);
	s->results[m->job_id] = r;
	if (!unpack_is_done(&u)) {
		result_clear(&s->results[m->job_id]);
		return err_set(e, ERR_WORKER, "a result with bytes behind it");
	}
	lane->moved_ms = clock_now_ms();
	job_done(s, m->job_id);
	return true;
}

/* Zeros are a sign of life, no more. */
static bool take_progress(
	struct shift *s, struct lane *lane, const struct wire_message *m, struct err *e)
{
	struct unpack u;

	unpack_init(&u, m->body, m->len);

	uint64_t done = unpack_u64(&u), total = unpack_u64(&u);

	if (!unpack_is_done(&u))
		return err_set(e, ERR_WORKER, "progress of the wrong size");
	if (done != s->places[m->job_id].done_bytes) { /* less, where it had to start again */
		s->places[m->job_id].done_bytes = done;
		lane->moved_ms = clock_now_ms();
	}
	if ((done > 0 || total > 0) && s->watch != NULL && s->watch->on_progress != NULL)
		s->watch->on_progress(s->watch->user, &s->jobs[m->job_id], done, total);
	return true;
}

static bool take_wait(
	struct shift *s, struct lane *lane, const struct wire_message *m, struct err *e)
{
	char raw_text[RECORD_TEXT_MAX];
	struct unpack u;

	(void)lane;
	unpack_init(&u, m->body, m->len);

	uint64_t wait_ms = unpack_u64(&u);

	unpack_str(&u, raw_text, sizeof(raw_text));
	if (!unpack_is_done(&u))
		return err_set(e, ERR_WORKER, "a wait of the wrong size");
	if (s->watch != NULL && s->watch->on_wait != NULL)
		s->watch->on_wait(s->watch->user, &s->jobs[m->job_id], wait_ms, raw_text);
	return true;
}

/* A page must not change, nor shrink, while somebody reads it. */
static bool is_sealed(int fd)
{
	const int needed = F_SEAL_WRITE | F_SEAL_SHRINK;
	int seals = fcntl(fd, F_GET_SEALS); /* -1: it can't have any, or there is no file */

	return seals >= 0 && (seals & needed) == needed;
}

static bool take_page(
	struct shift *s, struct lane *lane, const struct wire_message *m, struct err *e)
{
	char url[URL_MAX];
	struct unpack u;

	unpack_init(&u, m->body, m->len);
	(void)lane;
	unpack_str(&u, url, sizeof(url));
	if (!unpack_is_done(&u) || !is_sealed(m->fd))
		return err_set(e, ERR_WORKER, "a page without address or seal");
	if (s->watch != NULL && s->watch->on_page != NULL)
		s->watch->on_page(s->watch->user, &s->jobs[m->job_id], url, m->fd);
	return true;
}

/* Only about jobs that it was given and still owes. */
static bool is_owed(const struct shift *s, const struct lane *lane, uint32_t id)
{
	return id < s->n_jobs && s->places[id].is_sent &&
	       s->places[id].lane == (uint32_t)(lane - s->pool->lanes);
}

static const struct {
	bool is_of_job;
	bool (*take)(
		struct shift *s, struct lane *lane, const struct wire_message *m, struct err *e);
} sayings[WIRE_N_TYPES] = {
	[WIRE_PROGRESS] = {true, take_progress},
	[WIRE_PAGE] = {true, take_page},
	[WIRE_WAIT] = {true, take_wait},
	[WIRE_RESULT] = {true, take_result},
};

static bool take_message(
	struct shift *s, struct lane *lane, const struct wire_message *m, struct err *e)
{
	if (m->type == WIRE_READY)
		return true;
	if (sayings[m->type].take == NULL)
		return err_set(e, ERR_WORKER, "a message that only we may send");
	if (sayings[m->type].is_of_job && !is_owed(s, lane, m->job_id))
		return err_set(e, ERR_WORKER, "an answer that nobody asked for");
	return sayings[m->type].take(s, lane, m, e);
}

static void take_trapped(struct shift *s, struct lane *lane, const struct wire_message *m)
{
	struct unpack u;

	unpack_init(&u, m->body, m->len);

	uint32_t number = unpack_u32(&u);

	lane_crashed(s, lane, "called %s, which its cage forbids",
		sandbox_call_name((int)(number & INT32_MAX)));
}

/* All that it has said by now, or as much as one turn allows. */
void lane_hear(struct shift *s, struct lane *lane)
{
	for (int n = 0; n < MESSAGES_A_TURN && lane->worker.pid != 0; n++) {
		struct wire_message m = {.fd = -1};
		struct err e = {0};
		enum wire_got got = wire_receive(lane->worker.wire, &m, &e);
		SCOPED_CLOSE UNUSED int fd = m.fd;

		if (got == WIRE_GOT_NOTHING)
			return;
		if (got == WIRE_GOT_END) {
			lane_crashed(s, lane, NULL);
			return;
		}
		if (got == WIRE_GOT_MESSAGE && m.type == WIRE_TRAPPED) {
			take_trapped(s, lane, &m);
			return;
		}
		if (got == WIRE_GOT_GARBAGE || !take_message(s, lane, &m, &e)) {
			lane_crashed(s, lane, "sent garbage: %s", e.text);
			return;
		}
		lane->worker.is_alive = true;
		lane->worker.heard_ms = clock_now_ms();
	}
}
