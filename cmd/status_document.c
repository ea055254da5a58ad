/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/report.h"
#include "cmd/report_line.h"
#include "cmd/status.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/json.h"
#include "updaters/verdict.h"

enum { BODY_MAX = 64 << 20 };

static void put_last(struct json_writer *w, const struct status_side *side)
{
	const struct state_run *last = &side->last;
	char text[256];

	if (!side->has_last) {
		json_put_null(w, "last_run");
		return;
	}
	json_open(w, "last_run", '{');
	json_put_str(w, "run", last->run);
	json_put_str(w, "verb", last->verb);
	json_put_known(w, "by", side->by);
	report_put_time(w, "started", last->started_unix_ms);
	report_put_time(w, "finished", last->finished_unix_ms);
	if (last->finished_unix_ms != 0) {
		verdict_describe(last->exit_code, text, sizeof(text));
		json_put_u64(w, "run_exit", (uint64_t)last->exit_code);
		json_put_str(w, "text", text);
	} else {
		json_put_null(w, "run_exit");
		json_put_null(w, "text");
	}
	json_close(w, '}');
}

static void put_under_way(struct json_writer *w, const struct status_side *side)
{
	if (side->holder == 0) {
		json_put_null(w, "under_way");
		return;
	}
	json_open(w, "under_way", '{');
	json_put_u64(w, "pid", (uint64_t)side->holder);
	json_put_known(w, "run", side->under_way.run);
	json_put_known(w, "verb", side->under_way.verb);
	report_put_time(w, "started", side->under_way.started_unix_ms);
	json_close(w, '}');
}

static void put_side(struct json_writer *w, const struct status_side *side)
{
	put_last(w, side);
	put_under_way(w, side);
	report_put_time(w, "next_run", side->next_unix_ms);
}

static void put_left(struct json_writer *w, const struct status_left *l, int64_t now_unix_ms)
{
	char state[2 * RECORD_TEXT_MAX];

	status_say_left(l, now_unix_ms, state, sizeof(state));
	json_open(w, NULL, '{');
	json_put_str(w, "name", l->left.name);
	json_put_known(w, "user", l->user);
	json_put_str(w, "outcome", outcome_token(l->left.outcome));
	json_put_known(w, "reason", reason_token(l->left.reason));
	json_put_known(w, "version", l->left.version);
	report_put_time(w, "since", l->left.since_unix_ms);
	json_put_str(w, "state", state);
	json_put_known(w, "text", l->left.text);
	json_put_bool(w, "waiting", l->is_waiting);
	report_put_time(w, "fetched", l->fetched_unix_ms);
	if (!l->is_waiting || l->has_unit == BUS_UNKNOWN)
		json_put_null(w, "unit_active");
	else
		json_put_bool(w, "unit_active", l->has_unit == BUS_YES);
	json_close(w, '}');
}

static void put_ailing(struct json_writer *w, const struct status_ailing *a)
{
	json_open(w, NULL, '{');
	json_put_str(w, "name", a->health.name);
	json_put_known(w, "user", a->user);
	json_put_str(w, "source", a->health.source);
	json_put_u64(w, "failures", a->health.n_failures);
	report_put_time(w, "since", a->health.failing_unix_ms);
	report_put_time(w, "good", a->health.good_unix_ms);
	json_put_known(w, "text", a->health.reason);
	json_close(w, '}');
}

void status_document(const struct status *s, const struct options *o, FILE *out)
{
	SCOPED_CLEAR(buf_clear) struct buf body = {0};
	int64_t now_unix_ms = clock_unix_ms();
	struct json_writer w;

	buf_init(&body, BODY_MAX);
	json_writer_init(&w, &body);
	report_put_host(&w, &s->host);
	put_side(&w, &s->sides[0]);
	if (s->n_sides > 1) {
		json_open(&w, "own", '{');
		json_put_str(&w, "user", s->sides[1].user);
		put_side(&w, &s->sides[1]);
		json_close(&w, '}');
	} else {
		json_put_null(&w, "own");
	}
	json_open(&w, "left", '[');
	for (size_t i = 0; i < s->n_left; i++)
		put_left(&w, &s->left[i], now_unix_ms);
	json_close(&w, ']');
	json_open(&w, "ailing", '[');
	for (size_t i = 0; i < s->n_ailing; i++)
		put_ailing(&w, &s->ailing[i]);
	json_close(&w, ']');
	report_own_document("status", o, EXIT_DONE, NULL, buf_str(&body), out);
}
