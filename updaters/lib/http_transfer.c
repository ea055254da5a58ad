/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/http_transfer.h"

#include <string.h>

#include "updaters/lib/clock.h"

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
	t->received_bytes = 0;
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
	return request->on_head == NULL || request->on_head(request->user, &t->response, &t->error);
}

bool transfer_take_head_line(struct transfer *t, const char *raw_line, size_t len)
{
	bool was_whole = t->head.is_whole;

	http_head_line(&t->head, &t->response, raw_line, len);
	return was_whole || !t->head.is_whole || accept_head(t);
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
	if (request->on_bytes != NULL)
		return request->on_bytes(request->user, bytes, len, &t->error);
	return buf_put(&t->body, bytes, len) ||
	       err_set(&t->error, ERR_INTERNAL, "%s: no memory for it", t->response.url);
}
