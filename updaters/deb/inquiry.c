/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/inquiry.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "updaters/lib/clock.h"

void inquiry_clear(struct inquiry *q)
{
	deb_inspect_clear(&q->in);
	result_clear(&q->result);
	pattern_cache_clear(&q->cache);
	free(q->page);
	q->page = NULL;
}

void inquiry_request(const struct inquiry *q, const char *url, struct http_request *out)
{
	*out = (struct http_request){
		.method = HTTP_GET,
		.max_bytes = SOURCE_PAGE_MAX,
		.timeout_ms = q->host->timeout_ms,
		.stall_ms = q->host->stall_ms,
	};
	text_copy_cut(out->url, sizeof(out->url), url);
}

/* --- trace ------------------------------------------------------------------- */

static struct trace *trace_add(struct inquiry *q, enum trace_kind kind, const char *url,
	const char *format, va_list args) PRINTF_LIKE(4, 0);

static struct trace *trace_add(
	struct inquiry *q, enum trace_kind kind, const char *url, const char *format, va_list args)
{
	struct trace *t = q->in.with_trace ? result_add_trace(&q->result) : NULL;
	char text[RECORD_TEXT_MAX];

	if (t == NULL)
		return NULL;
	t->kind = kind;
	text_copy_cut(t->url, sizeof(t->url), url);
	vsnprintf(text, sizeof(text), format, args);
	text_escape(text, strlen(text), t->text, sizeof(t->text));
	return t;
}

void inquiry_trace_request(struct inquiry *q, const char *url, const struct http_response *r,
	bool is_cached, const char *format, ...)
{
	struct trace *t;
	va_list args;

	va_start(args, format);
	t = trace_add(q, q->page == NULL ? TRACE_REQUEST : TRACE_TRIED, url, format, args);
	va_end(args);
	if (t == NULL || q->page != NULL)
		return;
	t->is_cached = is_cached;
	if (r != NULL) {
		t->status = r->status;
		t->size_bytes = r->body != NULL ? r->body_len : r->size_bytes;
		t->ms = r->ms;
	}
}

void inquiry_trace_note(struct inquiry *q, const char *url, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	trace_add(q, TRACE_NOTE, url, format, args);
	va_end(args);
}

void inquiry_trace_candidate(
	struct inquiry *q, const char *url, bool is_taken, const char *format, ...)
{
	struct trace *t;
	va_list args;

	va_start(args, format);
	t = trace_add(q, TRACE_CANDIDATE, url, format, args);
	va_end(args);
	if (t != NULL)
		t->is_taken = is_taken;
}

void inquiry_trace_unasked(struct inquiry *q, const char *url)
{
	if (q->page != NULL)
		inquiry_trace_note(q, url, "would now ask %s", url);
	else
		inquiry_trace_note(q, url, "not known offline");
}

/* --- what is known ----------------------------------------------------------- */

bool inquiry_key(const char *url, const char *reader, char out[INQUIRY_KEY_MAX])
{
	int n = snprintf(out, INQUIRY_KEY_MAX, "%s#%s", url, reader);

	return n > 0 && n < INQUIRY_KEY_MAX;
}

const struct document *inquiry_known(const struct inquiry *q, const char *key)
{
	for (size_t i = 0; i < q->in.n_documents; i++)
		if (text_equal(q->in.documents[i].url, key))
			return &q->in.documents[i];
	return NULL;
}

void inquiry_ask_if_changed(
	const struct inquiry *q, const struct document *known, struct http_request *out)
{
	if (known == NULL || q->in.with_pages)
		return;
	text_copy_cut(out->etag, sizeof(out->etag), known->etag);
	text_copy_cut(out->last_modified, sizeof(out->last_modified), known->last_modified);
}

void inquiry_age(const struct document *d, char *out, size_t out_size)
{
	int64_t age_ms = clock_unix_ms() - d->fetched_unix_ms;
	char text[64];

	text_duration(age_ms > 0 ? (uint64_t)age_ms : 0, text, sizeof(text));
	snprintf(out, out_size, "known for %s", text);
}

static bool is_kept(const struct inquiry *q, const char *key)
{
	for (size_t i = 0; i < q->result.n_documents; i++)
		if (text_equal(q->result.documents[i].url, key))
			return true;
	return false;
}

static struct document *kept_add(struct inquiry *q, const char *key, const void *bytes, size_t len)
{
	void *copy = malloc(len + 1);
	struct document *d;

	if (copy == NULL)
		return NULL;
	d = is_kept(q, key) || q->result.n_documents == DEB_DOCUMENTS_MAX
		    ? NULL
		    : result_add_document(&q->result);
	if (d == NULL) {
		free(copy);
		return NULL;
	}
	memcpy(copy, bytes, len);
	text_copy_cut(d->url, sizeof(d->url), key);
	d->bytes = copy;
	d->len = len;
	return d;
}

void inquiry_keep_bytes(struct inquiry *q, const char *key, const struct http_response *r,
	const void *bytes, size_t len)
{
	struct document *d = q->page == NULL ? kept_add(q, key, bytes, len) : NULL;

	if (d == NULL)
		return;
	text_copy_cut(d->etag, sizeof(d->etag), r->etag);
	text_copy_cut(d->last_modified, sizeof(d->last_modified), r->last_modified);
	d->fetched_unix_ms = clock_unix_ms();
}

void inquiry_keep(
	struct inquiry *q, const char *key, const struct http_response *r, const struct finding *f)
{
	SCOPED_CLEAR(buf_clear) struct buf packed = {0};

	buf_init(&packed, FINDING_PACKED_MAX);
	finding_pack(f, &packed);
	if (!packed.is_full)
		inquiry_keep_bytes(q, key, r, packed.data, packed.len);
}

void inquiry_keep_known(struct inquiry *q, const struct document *known, bool is_confirmed)
{
	struct document *d = kept_add(q, known->url, known->bytes, known->len);

	if (d == NULL)
		return;
	text_copy_cut(d->etag, sizeof(d->etag), known->etag);
	text_copy_cut(d->last_modified, sizeof(d->last_modified), known->last_modified);
	d->fetched_unix_ms = is_confirmed ? clock_unix_ms() : known->fetched_unix_ms;
}

void inquiry_keep_rest(struct inquiry *q)
{
	for (size_t i = 0; i < q->in.n_documents && q->result.n_documents < INQUIRY_KEPT_MAX; i++)
		inquiry_keep_known(q, &q->in.documents[i], false);
}

void inquiry_save_page(struct inquiry *q, const struct http_response *r)
{
	if (q->in.with_pages && r->body != NULL && q->host->page != NULL)
		q->host->page(q->host->user, q->job_id, r->url, r->body, r->body_len);
}
