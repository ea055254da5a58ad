/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/fetch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "updaters/deb/deb_control.h"
#include "updaters/deb/deb_job.h"
#include "updaters/deb/part.h"
#include "updaters/deb/probe.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/debfile.h"
#include "updaters/lib/fs.h"

/* What a download may take in all, with its other tries, and the least that must come of it: a
 * modem gives several times that. */
enum { FETCH_MAX_MS = 6 * 3600 * 1000, FLOOR_RATE = 1 << 10, FLOOR_MS = 120 * 1000 };

struct fetch {
	struct task task; /* first */
	const struct worker_host *host;
	uint32_t job_id;
	struct deb_fetch in;
	struct part part;
	struct measuring *measuring; /* of the bytes in part */
	struct debhead *head;        /* likewise */
	bool is_control_fine;
	char etag[256];       /* of the bytes in part, "" = can't be resumed */
	uint64_t total_bytes; /* announced by the answer, 0 = not told */
	bool takes_body;      /* the answer is the package, not an error page */
	bool is_bad;          /* the bytes were refused: none stay, no second try */
	bool has_changed;     /* there is another file now: from the start */
	unsigned n_tries;
	struct err last_error; /* of them */
	bool is_done;
	uint64_t told_ms, started_ms;
	struct result result;
};

static void fetch_fail(struct fetch *t, const struct err *e)
{
	result_fail(&t->result, STEP_FETCH, e);
	t->is_done = true;
	if (t->is_bad)
		part_drop(&t->part);
	else
		part_close(&t->part);
}

/* Refuse the bytes themselves. */
static bool refuse_bytes(struct fetch *t)
{
	t->is_bad = true;
	return false;
}

/* --- the stream -------------------------------------------------------------- */

static bool check_head(struct fetch *t, const void *bytes, size_t len, struct err *e)
{
	struct dpkg_control control = {0};

	if (t->is_control_fine)
		return true;
	switch (debhead_feed(t->head, bytes, len, e)) {
	case DEBHEAD_MORE: return true;
	case DEBHEAD_BAD: err_within(e, "%s", t->in.release.url); return refuse_bytes(t);
	case DEBHEAD_READY: break;
	}
	t->is_control_fine = debhead_control(t->head, &control, e) &&
			     deb_control_check(t->in.recipe, t->in.release.version, &control, e);
	return t->is_control_fine || refuse_bytes(t);
}

static void tell_progress(struct fetch *t, uint64_t done_bytes, uint64_t total_bytes)
{
	uint64_t now_ms = clock_now_ms();

	if (t->host->progress == NULL || now_ms - t->told_ms < FETCH_PROGRESS_MS)
		return;
	t->told_ms = now_ms;
	t->host->progress(t->host->user, t->job_id, done_bytes, total_bytes);
}

static bool fetch_restart(struct fetch *t, struct err *e)
{
	measuring_restart(t->measuring);
	debhead_restart(t->head);
	t->is_control_fine = false;
	t->etag[0] = '\0';
	return part_restart(&t->part, e);
}

static bool refuse_too_big(struct fetch *t, struct err *e)
{
	char limit[32];

	text_size(t->in.max_bytes, limit, sizeof(limit));
	err_set(e, ERR_TOO_BIG, "%s is larger than the %s that download.max_size allows",
		t->in.release.url, limit);
	return refuse_bytes(t);
}

/* A server that cuts out ranges whatever If-Range says. */
static bool is_of_another_file(const struct fetch *t, const struct http_response *r)
{
	return r->status == 206 && r->etag[0] == '"' && !text_equal(r->etag, t->etag);
}

/* A portal, as a rule. */
static bool refuse_page(const struct fetch *t, struct err *e)
{
	return err_set(e, ERR_HTTP,
		"%s answers with a web page where a package should be: does the network ask for a "
		"login?",
		t->in.release.url);
}

/* Whatever it is called: no package begins so. */
static bool is_page(const char *bytes, size_t len)
{
	size_t at = 0;

	while (at < len &&
		(bytes[at] == ' ' || bytes[at] == '\n' || bytes[at] == '\r' || bytes[at] == '\t'))
		at++;
	return at < len && bytes[at] == '<';
}

static bool fetch_on_head(void *user, const struct http_response *r, struct err *e)
{
	struct fetch *t = user;

	t->takes_body = r->status == 200 || r->status == 206;
	if (!t->takes_body)
		return true;
	if (probe_is_web_page(r))
		return refuse_page(t, e);
	/* A full answer starts again: these may be other bytes. */
	if (r->status == 200 && t->part.size_bytes > 0 && !fetch_restart(t, e))
		return false;
	t->has_changed = is_of_another_file(t, r);
	if (t->has_changed)
		return fetch_restart(t, e) &&
		       err_set(e, ERR_NETWORK, "%s has changed meanwhile", t->in.release.url);
	if (r->status == 206 && r->range_start != t->part.size_bytes) {
		err_set(e, ERR_HTTP, "%s answers from byte %" PRIu64 ", asked for was %" PRIu64,
			t->in.release.url, r->range_start, t->part.size_bytes);
		return refuse_bytes(t);
	}
	t->total_bytes = r->size_bytes;
	if (t->total_bytes > t->in.max_bytes)
		return refuse_too_big(t, e);
	if (!part_reserve(&t->part, t->total_bytes, e))
		return false;
	if (r->status == 206)
		return true;
	if (!text_copy(t->etag, sizeof(t->etag), r->etag[0] == '"' ? r->etag : ""))
		t->etag[0] = '\0';
	return part_describe(&t->part, t->in.release.url, t->etag, e);
}

static bool fetch_on_bytes(void *user, const void *bytes, size_t len, struct err *e)
{
	struct fetch *t = user;

	if (!t->takes_body)
		return true;
	if (len > t->in.max_bytes - t->part.size_bytes)
		return refuse_too_big(t, e);
	if (t->part.size_bytes == 0 && is_page(bytes, len))
		return refuse_page(t, e);
	if (!check_head(t, bytes, len, e) || !part_append(&t->part, bytes, len, e))
		return false;
	measuring_add(t->measuring, bytes, len);
	tell_progress(t, t->part.size_bytes, t->total_bytes);
	return true;
}

/* --- what was there before --------------------------------------------------- */

/* Reading what is there fetches nothing, but may take longer than the parent waits for a word. */
static void tell_life(void *user, uint64_t done_bytes)
{
	(void)done_bytes;
	tell_progress(user, 0, 0);
}

static bool use_complete(struct fetch *t)
{
	const struct digest_watch watch = {.on_read = tell_life, .user = t};
	struct err ignored = {0};
	struct release *r = &t->result.release;
	const struct digests *expected = &t->in.release.digests;
	struct digests measured;
	uint64_t size_bytes = 0;

	if (!digests_are_known(expected))
		return false;

	SCOPED_CLOSE int fd = part_open_complete(t->host->write_folder_fd, t->in.file_name);

	if (fd < 0 || !digests_of_fd(fd, expected, &watch, &measured, &size_bytes, &ignored) ||
		!digests_check(expected, &measured, t->in.file_name, &ignored))
		return false;
	*r = t->in.release;
	r->size_bytes = size_bytes;
	t->result.outcome = OUTCOME_DOWNLOADED;
	t->is_done = true;
	return true;
}

/* The part's bytes go through digest and head once more; false: it can't be gone on with. */
static bool read_part(struct fetch *t)
{
	SCOPED_FREE char *piece = malloc(FETCH_PIECE_BYTES);
	struct err ignored = {0};
	size_t n = 0;

	for (uint64_t at = 0; piece != NULL && at < t->part.size_bytes; at += n) {
		if (!fs_read_at(t->part.fd, piece, FETCH_PIECE_BYTES, at, &n) || n == 0 ||
			!check_head(t, piece, n, &ignored))
			return false;
		measuring_add(t->measuring, piece, n);
		tell_life(t, at);
	}
	return piece != NULL;
}

static bool open_part(struct fetch *t, struct err *e)
{
	if (!part_open(&t->part, t->host->write_folder_fd, t->in.file_name, e))
		return false;
	part_known_etag(&t->part, t->in.release.url, t->etag, sizeof(t->etag));
	if (t->part.size_bytes == 0)
		return true;
	if (t->etag[0] != '\0' && t->part.size_bytes < t->in.max_bytes && read_part(t))
		return true;
	t->is_bad = false;
	return fetch_restart(t, e);
}

/*
 * What comes so slowly that it would hold the run, and its lock, for weeks is broken off: what came
 * is kept, and the next run goes on from there. A rate that was set is as slow as was wanted.
 */
static uint64_t fetch_left_ms(const struct fetch *t)
{
	uint64_t limit_rate = t->host->limit_rate, all_ms = FETCH_MAX_MS;
	uint64_t spent_ms = clock_now_ms() - t->started_ms;

	if (limit_rate != 0)
		all_ms += t->in.max_bytes * 1000 / limit_rate;
	return spent_ms < all_ms ? all_ms - spent_ms : 0;
}

static void fetch_bound(const struct fetch *t, struct http_request *out)
{
	uint64_t limit_rate = t->host->limit_rate, left_ms = fetch_left_ms(t);

	out->timeout_ms = left_ms > 0 ? left_ms : 1;
	out->limit_rate = limit_rate;
	if (limit_rate != 0 && limit_rate < 2 * FLOOR_RATE)
		return;
	out->floor_ms = FLOOR_MS;
	out->floor_bytes = (uint64_t)FLOOR_RATE * FLOOR_MS / 1000;
}

/* --- answers ----------------------------------------------------------------- */

static void finish_package(struct fetch *t)
{
	struct release *r = &t->result.release;
	const struct digests *expected = &t->in.release.digests;
	struct err e = {0};

	*r = t->in.release;
	r->size_bytes = t->part.size_bytes;
	if (!t->is_control_fine) {
		err_set(&e, ERR_STRUCTURE, "%s ends before its control member", r->url);
		refuse_bytes(t);
	} else if (measuring_finish(t->measuring, &r->digests, &e) &&
		   !digests_check(expected, &r->digests, r->url, &e)) {
		refuse_bytes(t);
	}
	if (err_is_set(&e) || !part_finish(&t->part, &e)) {
		fetch_fail(t, &e);
		return;
	}
	if (t->host->progress != NULL)
		t->host->progress(t->host->user, t->job_id, r->size_bytes, r->size_bytes);
	t->result.outcome = OUTCOME_DOWNLOADED;
	t->is_done = true;
}

static void add_what_is_kept(const struct fetch *t, struct err *e)
{
	char amount[64], text[ERR_TEXT_MAX];

	if (t->etag[0] == '\0' || t->part.size_bytes == 0)
		return;
	text_size_of(t->part.size_bytes, t->total_bytes, amount, sizeof(amount));
	text_copy_cut(text, sizeof(text), e->text);
	err_set(e, e->code, "%s; %s kept, run again to continue", text, amount);
}

static void fail_with_what_is_kept(struct fetch *t, const struct err *e)
{
	struct err mine = *e;

	if (strstr(mine.text, t->in.release.url) == NULL)
		err_within(&mine, "%s", t->in.release.url);
	add_what_is_kept(t, &mine);
	fetch_fail(t, &mine);
}

/*
 * A connection that was cut: by range from where it ended, a few times, after a wait (http.h), as
 * long as its time is not over; from the start where no strong ETag promises that what comes then
 * is of the same file. RFC 9110 §14.4
 */
static void go_on_after_cut(struct fetch *t, const struct http_response *r, const struct err *e)
{
	t->n_tries = r->n_tries > t->n_tries ? r->n_tries : t->n_tries + 1;
	t->last_error = *e;
	if (t->n_tries >= FETCH_TRIES_MAX || fetch_left_ms(t) == 0) {
		fail_with_what_is_kept(t, e);
		return;
	}

	struct err mine = {0};

	if (t->etag[0] == '\0' && t->part.size_bytes > 0 && !fetch_restart(t, &mine))
		fetch_fail(t, &mine);
}

static bool is_of_the_net(const struct err *e)
{
	return e->code == ERR_NETWORK || e->code == ERR_STALLED || e->code == ERR_TIMEOUT;
}

static void feed_error(struct fetch *t, const struct http_response *r, const struct err *e)
{
	bool may_go_on = !t->is_bad && (r->may_go_on || t->has_changed);

	t->has_changed = false;
	if (may_go_on)
		go_on_after_cut(t, r, e);
	else if (!t->is_bad && is_of_the_net(e))
		fail_with_what_is_kept(t, e);
	else
		fetch_fail(t, e);
}

static void feed_status(struct fetch *t, const struct http_response *r)
{
	char answer[HTTP_ANSWER_TEXT_MAX];
	struct err e = {0};

	err_set(&e, ERR_HTTP, "%s answers %s", t->in.release.url, http_answer_text(r, answer));
	if (http_status_is_passing(r->status))
		fail_with_what_is_kept(t, &e);
	else
		fetch_fail(t, &e);
}

static void fetch_feed(struct task *task, const struct http_response *r, const struct err *e)
{
	struct fetch *t = (struct fetch *)task;
	struct err mine = {0};

	if (e != NULL) {
		feed_error(t, r, e);
	} else if (r->status == 416 && t->part.size_bytes > 0) {
		/* The part is longer than what is there now. */
		if (!fetch_restart(t, &mine))
			fetch_fail(t, &mine);
	} else if (r->status != 200 && r->status != 206) {
		feed_status(t, r);
	} else if (t->total_bytes > 0 && t->part.size_bytes < t->total_bytes) {
		err_set(&mine, ERR_NETWORK, "%s ended early", t->in.release.url);
		go_on_after_cut(t, r, &mine);
	} else if (t->total_bytes > 0 && t->part.size_bytes > t->total_bytes) {
		err_set(&mine, ERR_HTTP, "%s sent more than it announced", t->in.release.url);
		refuse_bytes(t);
		fetch_fail(t, &mine);
	} else {
		finish_package(t);
	}
}

/* --- the task ---------------------------------------------------------------- */

static bool fetch_judge(void *user, const char *url, struct err *e)
{
	const struct fetch *t = user;
	const struct strings *hosts = &t->in.recipe->hosts;

	return url_is_listed(url, (const char *const *)hosts->items, hosts->n_items) ||
	       err_set(e, ERR_POLICY, "%s is not on the recipe's list of hosts", url);
}

static bool fetch_next(struct task *task, struct http_request *out)
{
	struct fetch *t = (struct fetch *)task;

	if (t->is_done)
		return false;
	*out = (struct http_request){
		.method = HTTP_GET,
		.max_bytes = t->in.max_bytes,
		.stall_ms = t->host->stall_ms,
		.is_download = true,
		.tries_max = FETCH_TRIES_MAX,
		.n_tries = t->n_tries,
		.last_error = &t->last_error,
		.first_try_ms = t->started_ms,
		.judge = fetch_judge,
		.on_head = fetch_on_head,
		.on_bytes = fetch_on_bytes,
		.user = t,
	};
	fetch_bound(t, out);
	text_copy_cut(out->url, sizeof(out->url), t->in.release.url);
	t->takes_body = false;
	if (t->part.size_bytes == 0)
		return true;
	out->has_range = true;
	out->range_from = t->part.size_bytes;
	out->range_to = UINT64_MAX;
	text_copy_cut(out->etag, sizeof(out->etag), t->etag);
	return true;
}

static void fetch_result(struct task *task, struct result *out)
{
	struct fetch *t = (struct fetch *)task;

	t->result.ms = clock_now_ms() - t->started_ms;
	*out = t->result;
	result_init(&t->result);
}

static void fetch_free(struct task *task)
{
	struct fetch *t = (struct fetch *)task;

	part_close(&t->part);
	measuring_free(t->measuring);
	debhead_free(t->head);
	deb_fetch_clear(&t->in);
	result_clear(&t->result);
	free(t);
}

static const struct task_ops fetch_ops = {
	.next = fetch_next,
	.feed = fetch_feed,
	.result = fetch_result,
	.free = fetch_free,
};

static bool fetch_make_readers(struct fetch *t, struct err *e)
{
	t->measuring = measuring_new(&t->in.release.digests);
	t->head = debhead_new();
	return (t->measuring != NULL && t->head != NULL) ||
	       err_set(e, ERR_INTERNAL, "out of memory");
}

bool fetch_begin(
	const struct job *job, const struct worker_host *host, struct task **out, struct err *e)
{
	struct fetch *t = calloc(1, sizeof(*t));
	struct err why = {0};
	struct unpack u;

	if (t == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	t->task.ops = &fetch_ops;
	t->host = host;
	t->job_id = job->id;
	t->started_ms = clock_now_ms();
	t->part.fd = -1;
	result_init(&t->result);
	unpack_init(&u, job->input.data, job->input.len);
	if (!deb_fetch_unpack(&u, &t->in, e) || !fetch_make_readers(t, e)) {
		fetch_free(&t->task);
		return false;
	}
	if (!use_complete(t) && !open_part(t, &why))
		fetch_fail(t, &why);
	*out = &t->task;
	return true;
}
