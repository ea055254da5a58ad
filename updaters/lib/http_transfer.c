/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/http_transfer.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "updaters/lib/clock.h"

enum { API_WAIT_MS = 60000, HEAD_BYTES_MAX = 256 << 10 };
enum { REDIRECT_BODY_MAX = 64 << 10 }; /* of a page that only says "moved": read to keep the line */

struct transfer *transfer_add(
	struct transfers *list, struct http *http, const struct http_request *request)
{
	struct transfer *t = calloc(1, sizeof(*t));

	if (t == NULL)
		abort(); /* the worker ends here, its jobs run again in another */
	t->http = http;
	t->request = *request;
	memcpy(t->response.url, request->url, sizeof(t->response.url));
	t->is_fresh = true;
	t->submitted_ms = clock_now_ms();
	t->owes_wait = request->n_tries > 0;
	t->n_tries = t->owes_wait ? request->n_tries : 1;
	t->first_ms = t->owes_wait ? request->first_try_ms : t->submitted_ms;
	buf_init(&t->body, request->max_bytes);
	t->previous = list->last;
	if (list->last == NULL)
		list->first = t;
	else
		list->last->next = t;
	list->last = t;
	list->n++;
	list->n_fresh++;
	return t;
}

void transfer_drop(struct transfers *list, struct transfer *t)
{
	http_queue_leave(&t->ticket);
	if (t->previous == NULL)
		list->first = t->next;
	else
		t->previous->next = t->next;
	if (t->next == NULL)
		list->last = t->previous;
	else
		t->next->previous = t->previous;
	list->n--;
	list->n_fresh -= t->is_fresh;
	list->n_waiting -= t->wake_ms != 0;
	strings_clear(&t->visited);
	buf_clear(&t->body);
	free(t);
}

/* What the owner is told lives on here, without the transfer. */
struct telling {
	void (*on_done)(void *user, const struct http_response *r, const struct err *e);
	void *user;
	struct http_response response;
	struct err error;
};

void transfer_end(struct transfers *list, struct transfer *t, const struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf body = t->body;
	struct telling telling = {
		.on_done = t->request.on_done,
		.user = t->request.user,
		.response = t->response,
		.error = e == NULL ? (struct err){0} : *e,
	};

	t->body = (struct buf){0};
	telling.response.ms = clock_now_ms() - t->submitted_ms;
	telling.response.n_tries = t->n_tries;
	if (e != NULL && t->response.tries_told[0] != '\0')
		err_set(&telling.error, e->code, "%s (%s)", e->text, t->response.tries_told);
	if (t->request.on_bytes == NULL) {
		telling.response.body = buf_str(&body);
		telling.response.body_len = body.len;
	}
	transfer_drop(list, t);
	if (telling.on_done != NULL)
		telling.on_done(telling.user, &telling.response, e == NULL ? NULL : &telling.error);
}

/* --- hops -------------------------------------------------------------------- */

/* Without a judge only the first address' host may be contacted. */
static bool judge_hop(const struct transfer *t, const char *host, struct err *e)
{
	char first[URL_HOST_MAX];

	if (t->request.judge != NULL)
		return t->request.judge(t->request.user, t->response.url, e);
	if (t->response.n_hops == 0 ||
		(url_host(t->request.url, first, sizeof(first)) && text_equal(first, host)))
		return true;
	return err_set(e, ERR_POLICY, "%s redirects to another host, %s", t->request.url, host);
}

bool transfer_enter_hop(struct transfers *list, struct transfer *t, char *out_host, struct err *e)
{
	const char *url = t->response.url;

	list->n_fresh--;
	t->is_fresh = false;
	if (!url_check(url, e))
		return false;
	if (!strings_add(&t->visited, url))
		return err_set(e, ERR_INTERNAL, "no memory for %s", url);
	if (!url_host(url, out_host, URL_HOST_MAX))
		return err_set(e, ERR_PARSE, "%s: no host in it", url);
	if (judge_hop(t, out_host, e))
		return true;
	return err_is_set(e) ? false : err_set(e, ERR_POLICY, "%s is refused", url);
}

bool transfer_start_hop(struct transfer *t, uint64_t *out_left_ms, struct err *e)
{
	uint64_t now_ms = clock_now_ms(), timeout_ms = t->request.timeout_ms;

	if (t->started_ms == 0)
		t->started_ms = now_ms;
	if (timeout_ms != UINT64_MAX && now_ms - t->started_ms >= timeout_ms)
		return err_set(e, ERR_TIMEOUT, "%s: no answer within %llu ms", t->response.url,
			(unsigned long long)timeout_ms);
	t->head = (struct http_head){0};
	t->received_bytes = t->head_bytes = 0;
	t->counted_bytes = 0;
	t->counted_ms = now_ms;
	t->words[0] = '\0';
	buf_reset(&t->body);
	*out_left_ms =
		timeout_ms == UINT64_MAX ? UINT64_MAX : timeout_ms - (now_ms - t->started_ms);
	return true;
}

bool transfer_is_redirected(const struct transfer *t)
{
	return http_head_leads_on(&t->head, &t->response);
}

bool transfer_next_hop(struct transfers *list, struct transfer *t, struct err *e)
{
	char url[URL_MAX];

	if (!http_head_next_hop(&t->head, &t->response, &t->visited, url, e))
		return false;
	memcpy(t->response.url, url, sizeof(url));
	t->response.n_hops++;
	t->response.status = 0; /* no answer from there yet */
	t->response.size_bytes = 0;
	t->is_fresh = true;
	list->n_fresh++;
	return true;
}

/* --- other tries ------------------------------------------------------------- */

/* A number for the jitter: nothing depends on its being good. */
static uint32_t any_number(void)
{
	uint32_t number = 0;

	return getrandom(&number, sizeof(number), GRND_NONBLOCK) == sizeof(number)
		       ? number
		       : (uint32_t)clock_now_ms();
}

/*
 * Retry-After; else, where all requests are used up, when they are as many as before; GitHub's API
 * wants a minute where it says nothing. Source: GitHub's REST API, "rate limits"
 */
static uint64_t asked_ms(const struct http_response *r)
{
	uint64_t now_s = (uint64_t)clock_unix_ms() / 1000;
	char host[URL_HOST_MAX];

	if (r->retry_after_s > 0)
		return r->retry_after_s * 1000;
	if (!r->is_limited || r->limited_until_s <= now_s)
		return r->status == 429 && url_host(r->url, host, sizeof(host)) &&
				       text_equal(host, HTTP_GITHUB_API)
			       ? API_WAIT_MS
			       : 0;
	return r->limited_until_s < UINT64_MAX / 1000 ? (r->limited_until_s - now_s) * 1000
						      : UINT64_MAX;
}

static enum http_verdict judge_try(const struct transfers *list, const struct transfer *t,
	enum http_fault fault, struct http_try *out, uint64_t *out_wait_ms)
{
	*out = (struct http_try){
		.fault = fault,
		.status = t->response.status,
		.n_tries = t->n_tries,
		.most = t->request.tries_max,
		.asked_ms = fault == HTTP_FAULT_NONE ? asked_ms(&t->response) : 0,
		.left_ms = http_budget_left(&list->budget, clock_now_ms()),
		.random = any_number(),
	};
	return http_retry(out, out_wait_ms);
}

static void begin_wait(struct transfers *list, struct transfer *t, const struct http_try *last,
	uint64_t wait_ms, const struct err *why)
{
	uint64_t now_ms = clock_now_ms();
	char text[ERR_TEXT_MAX + 128], wait[32];

	http_budget_spend(&list->budget, now_ms, wait_ms);
	t->wake_ms = now_ms + wait_ms;
	list->n_waiting++;
	text_duration(wait_ms, wait, sizeof(wait));
	snprintf(text, sizeof(text), "%s; trying again in %s (%u of %u)", why->text, wait,
		t->n_tries + 1, http_retry_most(last));
	if (t->request.on_wait != NULL)
		t->request.on_wait(t->request.user, wait_ms, text);
}

static void tell_tries(struct transfer *t, const struct http_try *last, enum http_verdict verdict)
{
	http_retry_tell(last, verdict, clock_now_ms() - t->first_ms, t->response.tries_told);
}

bool transfer_try_again(
	struct transfers *list, struct transfer *t, enum http_fault fault, const struct err *e)
{
	struct err answer = {0};
	struct http_try last;
	uint64_t wait_ms = 0;
	enum http_verdict verdict = judge_try(list, t, fault, &last, &wait_ms);

	t->response.may_go_on = t->has_sink_begun && verdict == HTTP_AGAIN;
	if (verdict == HTTP_AGAIN && !t->has_sink_begun) {
		err_set(&answer, ERR_HTTP, "%s answers %s", t->response.url,
			http_status_text(t->response.status));
		begin_wait(list, t, &last, wait_ms, e != NULL ? e : &answer);
		return true;
	}
	if (verdict != HTTP_AGAIN)
		tell_tries(t, &last, verdict);
	return false;
}

bool transfer_wait_first(struct transfers *list, struct transfer *t, struct err *e)
{
	struct http_try last;
	uint64_t wait_ms = 0;
	enum http_verdict verdict = judge_try(list, t, HTTP_FAULT_PASSING, &last, &wait_ms);

	list->n_fresh--;
	t->is_fresh = t->owes_wait = false;
	if (verdict == HTTP_AGAIN) {
		begin_wait(list, t, &last, wait_ms, t->request.last_error);
		return true;
	}
	tell_tries(t, &last, verdict);
	*e = *t->request.last_error;
	return false;
}

/* From the first address on: where that led may have been good for minutes only. */
static void begin_anew(struct transfers *list, struct transfer *t)
{
	t->wake_ms = 0;
	list->n_waiting--;
	t->n_tries++;
	t->response = (struct http_response){0};
	memcpy(t->response.url, t->request.url, sizeof(t->response.url));
	strings_clear(&t->visited);
	t->started_ms = 0;
	t->error = (struct err){0};
	t->is_fresh = true;
	list->n_fresh++;
}

uint64_t transfers_wake(struct transfers *list, uint64_t now_ms)
{
	uint64_t next_ms = UINT64_MAX;

	for (struct transfer *t = list->first; t != NULL && list->n_waiting > 0; t = t->next) {
		if (t->wake_ms != 0 && t->wake_ms <= now_ms)
			begin_anew(list, t);
		else if (t->wake_ms != 0 && t->wake_ms < next_ms)
			next_ms = t->wake_ms;
	}
	return next_ms;
}

/* --- what comes -------------------------------------------------------------- */

/* The final head is there: may the body come? */
static bool accept_head(struct transfer *t)
{
	const struct http_request *request = &t->request;

	if (transfer_is_redirected(t))
		return true;
	if (request->method != HTTP_HEAD && t->head.has_length &&
		t->head.length_bytes > request->max_bytes)
		return err_set(&t->error, ERR_TOO_BIG,
			"%s: %llu bytes are announced, at most %llu are taken", t->response.url,
			(unsigned long long)t->head.length_bytes,
			(unsigned long long)request->max_bytes);
	/* the pages of many jobs grow side by side: each in one piece spares them the moving */
	if (request->method != HTTP_HEAD && request->on_bytes == NULL && t->head.has_length)
		buf_reserve(&t->body, (size_t)t->head.length_bytes);
	if (request->on_head == NULL || http_status_is_passing(t->response.status))
		return true;
	t->has_sink_begun = true;
	return request->on_head(request->user, &t->response, &t->error);
}

bool transfer_take_head_line(struct transfer *t, const char *raw_line, size_t len)
{
	bool was_whole = t->head.is_whole;

	/* libcurl keeps them all */
	t->head_bytes += len;
	if (t->head_bytes > HEAD_BYTES_MAX)
		return err_set(&t->error, ERR_TOO_BIG, "%s: more than %d kB of head came",
			t->response.url, HEAD_BYTES_MAX >> 10);
	http_head_line(&t->head, &t->response, raw_line, len);
	return was_whole || !t->head.is_whole || accept_head(t);
}

/* A byte now and then is no stall, and would never end. */
static bool is_fast_enough(struct transfer *t, size_t len)
{
	const struct http_request *request = &t->request;
	uint64_t now_ms = clock_now_ms(), counted_bytes = t->counted_bytes += len;

	if (request->floor_ms == 0 || now_ms - t->counted_ms < request->floor_ms)
		return true;
	t->counted_bytes = 0;
	t->counted_ms = now_ms;
	return counted_bytes >= request->floor_bytes ||
	       err_set(&t->error, ERR_STALLED,
		       "%s: only %llu bytes came in %llu s: too slow to go on", t->response.url,
		       (unsigned long long)counted_bytes,
		       (unsigned long long)request->floor_ms / 1000);
}

bool transfer_take_bytes(struct transfer *t, const char *bytes, size_t len)
{
	const struct http_request *request = &t->request;

	t->received_bytes += len;
	if (transfer_is_redirected(t))
		return t->received_bytes <= REDIRECT_BODY_MAX;
	if (t->received_bytes > request->max_bytes)
		return err_set(&t->error, ERR_TOO_BIG, "%s: more than %llu bytes came",
			t->response.url, (unsigned long long)request->max_bytes);
	if (!is_fast_enough(t, len))
		return false;
	if (request->on_bytes != NULL)
		return http_status_is_passing(t->response.status) ||
		       request->on_bytes(request->user, bytes, len, &t->error);
	return buf_put(&t->body, bytes, len) ||
	       err_set(&t->error, ERR_INTERNAL, "%s: no memory for it", t->response.url);
}
