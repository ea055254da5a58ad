/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/state_left.h"

#include "updaters/lib/clock.h"
#include "updaters/lib/list.h"
#include "updaters/lib/text.h"
#include "updaters/state_query.h"

/* A recipe has at most 16 sources, with what they follow; names are files of a folder. */
enum { ROWS_MAX = 16384 };

static struct query query_of(struct state *s, enum state_ask ask, const char *name)
{
	struct query q = query_start(s, ask);

	query_put_text(&q, name);
	return q;
}

/* Room for one row more in a list of those; NULL is a fault of the query. */
static void *row_add(struct query *q, void **rows, size_t *n, size_t row_size)
{
	void *grown = list_grow(*rows, *n, ROWS_MAX, row_size);

	if (grown == NULL) {
		query_refuse(q);
		return NULL;
	}
	*rows = grown;
	return (char *)grown + row_size * (*n)++;
}

/* All rows of a question. Out: malloc'd, none where nothing is known */
static bool rows_list(struct query *q, size_t row_size, void (*read)(struct query *q, void *row),
	void **out, size_t *out_n, struct err *e)
{
	SCOPED_FREE void *rows = NULL;
	bool is_known = false;
	size_t n = 0;

	while (query_next(q)) {
		void *row = row_add(q, &rows, &n, row_size);

		if (row == NULL)
			break;
		read(q, row);
	}
	if (!query_end(q, &is_known, e))
		return false;
	*out_n = is_known ? n : 0;
	*out = is_known ? MOVE_PTR(rows) : NULL;
	return true;
}

/* --- what is left ------------------------------------------------------------ */

static void left_read(struct query *q, void *row)
{
	struct state_left *left = row;
	char outcome[16] = "", reason[16] = "";

	query_text(q, 0, left->name, sizeof(left->name));
	query_text(q, 1, outcome, sizeof(outcome));
	query_text(q, 2, reason, sizeof(reason));
	query_text(q, 3, left->version, sizeof(left->version));
	query_text(q, 4, left->text, sizeof(left->text));
	left->since_unix_ms = query_int(q, 5);
	left->told_unix_ms = query_int(q, 6);
	if (!outcome_find(outcome, &left->outcome) || !reason_find(reason, &left->reason))
		query_refuse(q);
}

bool state_left_list(struct state *s, struct state_left **out, size_t *out_n, struct err *e)
{
	struct query q = query_start(s, ASK_LEFT_LIST);
	void *rows = NULL;

	if (!rows_list(&q, sizeof(**out), left_read, &rows, out_n, e))
		return false;
	*out = rows;
	return true;
}

bool state_left_put(struct state *s, const struct state_left *left, struct err *e)
{
	struct query q = query_of(s, ASK_LEFT_PUT, left->name);

	query_put_text(&q, outcome_token(left->outcome));
	query_put_text(&q, reason_token(left->reason));
	query_put_text(&q, left->version);
	query_put_text(&q, left->text);
	query_put_int(&q, left->since_unix_ms);
	return query_run(&q, NULL, e);
}

bool state_left_drop(struct state *s, const char *name, struct err *e)
{
	struct query q = query_of(s, ASK_LEFT_DROP, name);

	return query_run(&q, NULL, e);
}

bool state_left_told(struct state *s, const char *name, int64_t when_unix_ms, struct err *e)
{
	struct query q = query_of(s, ASK_LEFT_TOLD, name);

	query_put_int(&q, when_unix_ms);
	return query_run(&q, NULL, e);
}

/* --- holds, and what is gone ------------------------------------------------- */

static void hold_read(struct query *q, void *row)
{
	struct state_hold *hold = row;

	query_text(q, 0, hold->name, sizeof(hold->name));
	hold->until_unix_ms = query_int(q, 1);
	hold->since_unix_ms = query_int(q, 2);
	query_text(q, 3, hold->reason, sizeof(hold->reason));
}

bool state_hold_list(struct state *s, struct state_hold **out, size_t *out_n, struct err *e)
{
	struct query q = query_start(s, ASK_HOLD_LIST);
	struct state_hold *holds;
	void *rows = NULL;
	size_t n = 0, n_kept = 0;

	if (!rows_list(&q, sizeof(**out), hold_read, &rows, &n, e))
		return false;
	holds = rows;
	for (size_t i = 0; i < n; i++) {
		if (holds[i].until_unix_ms == 0 || holds[i].until_unix_ms > clock_unix_ms())
			holds[n_kept++] = holds[i];
	}
	*out_n = n_kept;
	*out = holds;
	return true;
}

static void gone_read(struct query *q, void *row)
{
	struct state_gone *g = row;

	query_text(q, 0, g->name, sizeof(g->name));
	query_text(q, 1, g->version, sizeof(g->version));
	query_text(q, 2, g->who, sizeof(g->who));
	query_text(q, 3, g->command, sizeof(g->command));
	g->when_unix_ms = query_int(q, 4);
}

bool state_gone_get(
	struct state *s, const char *name, bool *out_found, struct state_gone *out, struct err *e)
{
	struct query q = query_of(s, ASK_GONE_GET, name);
	SCOPED_FREE struct state_gone *found = NULL;
	void *rows = NULL;
	size_t n = 0;

	if (!rows_list(&q, sizeof(*out), gone_read, &rows, &n, e))
		return false;
	found = rows;
	*out_found = n > 0;
	*out = n > 0 ? found[0] : (struct state_gone){0};
	return true;
}

bool state_gone_list(struct state *s, struct state_gone **out, size_t *out_n, struct err *e)
{
	struct query q = query_start(s, ASK_GONE_LIST);
	void *rows = NULL;

	if (!rows_list(&q, sizeof(**out), gone_read, &rows, out_n, e))
		return false;
	*out = rows;
	return true;
}

bool state_gone_put(struct state *s, const struct state_gone *g, struct err *e)
{
	struct query q = query_of(s, ASK_GONE_PUT, g->name);

	query_put_text(&q, g->version);
	query_put_text(&q, g->who);
	query_put_text(&q, g->command);
	query_put_int(&q, g->when_unix_ms);
	return query_run(&q, NULL, e);
}

/* --- runs -------------------------------------------------------------------- */

static void run_read(struct query *q, void *row)
{
	struct state_run *run = row;

	query_text(q, 0, run->run, sizeof(run->run));
	query_text(q, 1, run->verb, sizeof(run->verb));
	run->started_unix_ms = query_int(q, 2);
	run->finished_unix_ms = query_int(q, 3);
	run->exit_code = (int)query_int(q, 4);
}

bool state_run_list(
	struct state *s, size_t n_most, struct state_run **out, size_t *out_n, struct err *e)
{
	struct query q = query_start(s, ASK_RUN_LIST);
	void *rows = NULL;

	query_put_int(&q, (int64_t)n_most);
	if (!rows_list(&q, sizeof(**out), run_read, &rows, out_n, e))
		return false;
	*out = rows;
	return true;
}

/* --- what waits -------------------------------------------------------------- */

static void wait_read(struct query *q, void *row)
{
	struct state_wait *w = row;
	int64_t from, by;

	query_text(q, 0, w->name, sizeof(w->name));
	query_text(q, 1, w->version, sizeof(w->version));
	query_text(q, 2, w->path, sizeof(w->path));
	query_text(q, 3, w->sha256, sizeof(w->sha256));
	query_text(q, 4, w->url, sizeof(w->url));
	from = query_int(q, 5);
	by = query_int(q, 6);
	w->allow_downgrade = query_int(q, 7) != 0;
	w->since_unix_ms = query_int(q, 8);
	query_text(q, 9, w->run, sizeof(w->run));
	w->is_rollback = query_int(q, 10) != 0;
	query_text(q, 11, w->typed, sizeof(w->typed));
	w->reinstall = query_int(q, 12) != 0;
	w->takes_changed = query_int(q, 13) != 0;
	if (from < 0 || from >= DIGEST_FROM_N || by < 0 || by >= VERIFIED_BY_N) {
		query_refuse(q);
		return;
	}
	w->sha256_from = (enum digest_from)from;
	w->verified_by = (enum verified_by)by;
}

bool state_wait_list(struct state *s, struct state_wait **out, size_t *out_n, struct err *e)
{
	struct query q = query_start(s, ASK_WAIT_LIST);
	void *rows = NULL;

	if (!rows_list(&q, sizeof(**out), wait_read, &rows, out_n, e))
		return false;
	*out = rows;
	return true;
}

bool state_wait_put(struct state *s, const struct state_wait *w, struct err *e)
{
	struct query q = query_of(s, ASK_WAIT_PUT, w->name);

	query_put_text(&q, w->version);
	query_put_text(&q, w->path);
	query_put_text(&q, w->sha256);
	query_put_text(&q, w->url);
	query_put_int(&q, w->sha256_from);
	query_put_int(&q, w->verified_by);
	query_put_int(&q, w->allow_downgrade);
	query_put_int(&q, w->since_unix_ms);
	query_put_text(&q, w->run);
	query_put_int(&q, w->is_rollback);
	query_put_text(&q, w->typed);
	query_put_int(&q, w->reinstall);
	query_put_int(&q, w->takes_changed);
	return query_run(&q, NULL, e);
}

bool state_wait_drop(struct state *s, const char *name, struct err *e)
{
	struct query q = query_of(s, ASK_WAIT_DROP, name);

	return query_run(&q, NULL, e);
}

/* --- first sight ------------------------------------------------------------- */

/* 2026-01-01: nobody saw anything with this program before there was any. */
#define SIGHT_UNIX_MS_MIN INT64_C(1767225600000)

bool state_sight_find(struct state *s, const char *name, const char *version, int64_t now_unix_ms,
	int64_t *out_when_unix_ms, struct err *e)
{
	struct query q = query_of(s, ASK_SIGHT_GET, name);
	int64_t when_unix_ms = 0;
	bool is_known = false;

	query_put_text(&q, version);
	if (query_next(&q))
		when_unix_ms = query_int(&q, 0);
	if (!query_end(&q, &is_known, e))
		return false;
	/* a clock that was wrong then: it must neither cut a wait short nor make it endless */
	is_known = is_known && when_unix_ms >= SIGHT_UNIX_MS_MIN && when_unix_ms <= now_unix_ms;
	*out_when_unix_ms = is_known ? when_unix_ms : 0;
	return true;
}

bool state_sight_put(
	struct state *s, const char *name, const char *version, int64_t when_unix_ms, struct err *e)
{
	struct query q;

	if (state_is_read_only(s))
		return true;
	q = query_of(s, ASK_SIGHT_PUT, name);
	query_put_text(&q, version);
	query_put_int(&q, when_unix_ms);
	return query_run(&q, NULL, e);
}

/* --- how sources answered ---------------------------------------------------- */

static void health_read(struct query *q, void *row)
{
	struct state_health *h = row;

	query_text(q, 0, h->name, sizeof(h->name));
	query_text(q, 1, h->source, sizeof(h->source));
	h->good_unix_ms = query_int(q, 2);
	h->n_failures = (uint64_t)query_int(q, 3);
	h->failing_unix_ms = query_int(q, 4);
	query_text(q, 5, h->reason, sizeof(h->reason));
}

bool state_health_list(
	struct state *s, const char *name, struct state_health **out, size_t *out_n, struct err *e)
{
	struct query q = query_of(s, ASK_HEALTH_LIST, name);
	void *rows = NULL;

	if (!rows_list(&q, sizeof(**out), health_read, &rows, out_n, e))
		return false;
	*out = rows;
	return true;
}

bool state_health_note(struct state *s, const char *name, const char *source, int64_t now_unix_ms,
	const char *reason, struct err *e)
{
	bool is_good = reason[0] == '\0';
	struct query q = query_of(s, is_good ? ASK_HEALTH_GOOD : ASK_HEALTH_BAD, name);

	query_put_text(&q, source);
	query_put_int(&q, now_unix_ms);
	if (!is_good)
		query_put_text(&q, reason);
	return query_run(&q, NULL, e);
}
