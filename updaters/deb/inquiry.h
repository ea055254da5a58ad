/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What all steps of inspecting one name share: the job's input, what is known from last time, the
 * result with its trace, and the limits of a request.
 */
#ifndef DEVUPD_UPDATERS_DEB_INQUIRY_H
#define DEVUPD_UPDATERS_DEB_INQUIRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/deb/deb_job.h"
#include "updaters/deb/finding.h"
#include "updaters/deb/source_read.h"
#include "updaters/worker_updater.h"

enum { INQUIRY_KEY_MAX = URL_MAX, INQUIRY_KEPT_MAX = 32 };

struct inquiry {
	struct deb_inspect in;
	const struct worker_host *host;
	uint32_t job_id;
	struct result result;
	struct pattern_cache cache;
	/* A trial: what each source is read from instead of being asked; NULL: none. Then offline.
	 */
	char *page;
	size_t page_len;
};
void inquiry_clear(struct inquiry *q);

/* A GET of a page with the worker's limits. */
void inquiry_request(const struct inquiry *q, const char *url, struct http_request *out);

/* One line of the trace, where one is wanted. r NULL: no request was made. */
void inquiry_trace_request(struct inquiry *q, const char *url, const struct http_response *r,
	bool is_cached, const char *format, ...) PRINTF_LIKE(5, 6);
void inquiry_trace_note(struct inquiry *q, const char *url, const char *format, ...)
	PRINTF_LIKE(3, 4);
void inquiry_trace_candidate(struct inquiry *q, const char *url, bool is_taken, const char *format,
	...) PRINTF_LIKE(4, 5);

/* What would be asked for, and is not: offline it is not known. */
void inquiry_trace_unasked(struct inquiry *q, const char *url);

/* The name under which a finding is kept: one address may be read by several sources. */
bool inquiry_key(const char *url, const char *reader, char out[INQUIRY_KEY_MAX]) MUST_CHECK;
/* NULL: nothing known. */
const struct document *inquiry_known(const struct inquiry *q, const char *key);
/* Where pages are wanted, they are asked for whole. */
void inquiry_ask_if_changed(
	const struct inquiry *q, const struct document *known, struct http_request *out);
/* "known for 3 h 2 min" */
void inquiry_age(const struct document *d, char *out, size_t out_size);
/* For the next time. What can't be kept is asked for anew then. */
void inquiry_keep(
	struct inquiry *q, const char *key, const struct http_response *r, const struct finding *f);
/* The same of bytes that nobody here reads. */
void inquiry_keep_bytes(struct inquiry *q, const char *key, const struct http_response *r,
	const void *bytes, size_t len);
void inquiry_keep_known(struct inquiry *q, const struct document *known, bool is_confirmed);
/* What was known and not asked for now is kept, too, up to INQUIRY_KEPT_MAX. */
void inquiry_keep_rest(struct inquiry *q);

/* explain --save */
void inquiry_save_page(struct inquiry *q, const struct http_response *r);

#endif
