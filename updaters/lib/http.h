/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many HTTPS transfers at once over one libcurl multi handle. The only user of libcurl.
 *
 * https only. Redirects are hops of our own loop: each address is judged before it is contacted.
 * What may pass (5xx, 429, resets) is tried again after a while, from the first address on, while
 * others go on; what a server asks by Retry-After is obeyed.
 * A host gets one HTTP/2 connection with at most 64 transfers, or 4 HTTP/1.1 connections; what is
 * more waits in our queue. The request's owner says where bytes go.
 */
#ifndef DEVUPD_LIB_HTTP_H
#define DEVUPD_LIB_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "updaters/lib/err.h"
#include "updaters/lib/http_retry.h"
#include "updaters/lib/url.h"

enum { HTTP_FIELD_MAX = 512, HTTP_HOPS_MAX = 8 };

/* Gets the token, and one request at a time. */
#define HTTP_GITHUB_API "api.github.com"

enum http_method { HTTP_GET, HTTP_HEAD };

struct http_response {
	int status;                /* of the last hop; 0 where none came */
	char url[URL_MAX];         /* the last hop's address */
	char etag[HTTP_FIELD_MAX]; /* verbatim, with quotes and W/; "" = none */
	char last_modified[HTTP_FIELD_MAX];
	char content_type[HTTP_FIELD_MAX];
	uint64_t size_bytes;  /* Content-Length, or the total out of Content-Range; 0 = not told */
	uint64_t range_start; /* of a 206 */
	bool is_limited;      /* too many requests were made, by the server's word */
	uint64_t limited_until_s; /* seconds since 1970; 0 = not told */
	uint64_t retry_after_s;   /* 0 = not told */
	unsigned n_hops;
	unsigned n_tries; /* made for it, those before the request counted */
	bool may_go_on;   /* a sink's, that broke off: the rest may be asked for, by n_tries */
	char tries_told[HTTP_TRIES_TOLD_MAX]; /* why it was given up after these; "" = nothing to
						 tell. In an error's text it stands already. */
	uint64_t ms;                          /* from submission to the end */
	const char
		*body; /* collected, NUL-ended, borrowed until on_done returns; NULL with a sink */
	size_t body_len;
};

struct http_request {
	char url[URL_MAX];
	enum http_method method;
	char etag[HTTP_FIELD_MAX];          /* If-None-Match; with has_range: If-Range */
	char last_modified[HTTP_FIELD_MAX]; /* If-Modified-Since, where etag is "" */
	bool has_range;
	uint64_t range_from, range_to; /* inclusive; range_to UINT64_MAX = to the end */
	uint64_t max_bytes;            /* > 0: decoded body cap */
	uint64_t timeout_ms; /* > 0: the whole request; UINT64_MAX = only the stall limit */
	uint64_t stall_ms;   /* > 0: no byte for so long */
	uint64_t limit_rate; /* bytes a second, 0 = none */
	uint64_t floor_bytes, floor_ms; /* at least so much in so long; floor_ms 0 = no floor */
	bool is_download;               /* no content coding, not counted among the pages */

	unsigned tries_max; /* 0 = HTTP_TRIES_MAX */
	/* Tries that were made before, of which n_tries tells: it waits as long as they would have.
	 * last_error is what they ended with, borrowed until on_done. */
	unsigned n_tries;
	const struct err *last_error;
	uint64_t first_try_ms; /* when they began, by clock_now_ms */

	/* May this hop be contacted? Called for the first address too. NULL: only the first
	 * address' host. */
	bool (*judge)(void *user, const char *url, struct err *e);
	/* A sink instead of a collected body: called once when the final headers are there, then
	 * for the bytes; not for an answer by http_status_is_passing. false ends the transfer with
	 * e. */
	bool (*on_head)(void *user, const struct http_response *head, struct err *e);
	bool (*on_bytes)(void *user, const void *bytes, size_t len, struct err *e);
	/* It failed and is made again after so long; text says why. May be NULL. */
	void (*on_wait)(void *user, uint64_t wait_ms, const char *text);
	/* Always called exactly once; e is NULL on success. Any status is a success here. It may
	 * submit further requests. */
	void (*on_done)(void *user, const struct http_response *r, const struct err *e);
	void *user;
};

struct http_options {
	const char *user_agent;
	const char *proxy;        /* NULL or "": none */
	const char *no_proxy;     /* hosts without it (proxy.h); NULL or "": none */
	const char *github_token; /* NULL or "": none; sent to HTTP_GITHUB_API alone, and never
				     after a redirect */
	unsigned connect_timeout_ms;
	uint64_t wait_budget_ms; /* how much longer waiting for other tries may make it all; 0:
				    nothing is tried again */
};

struct http;
/* What libcurl and its libraries do once, and http_new would do else: for an idle moment before. */
void http_warm_up(void);
bool http_new(const struct http_options *options, struct http **out, struct err *e) MUST_CHECK;
void http_free(struct http *h); /* open transfers end without on_done */
DEFINE_SCOPED(struct http *, http_free);

/* The request is copied. Refusals (address, queue) come through on_done like all else, later. */
void http_submit(struct http *h, const struct http_request *request);
/*
 * Drive the transfers until something happened, extra_fd is readable (extra_writes: or writable),
 * or timeout_ms is over.
 * Out: out_extra_ready (may be NULL)
 */
bool http_drive(struct http *h, int extra_fd, bool extra_writes, int timeout_ms,
	bool *out_extra_ready, struct err *e) MUST_CHECK;

/*
 * What a failed response means, for messages: "404 Not Found", "connection refused", ...
 * Errors given to on_done: ERR_NETWORK (DNS, refused, reset), ERR_TLS (which: unknown CA, wrong
 * name, expired, old protocol), ERR_REDIRECT (loop, too long, not https), ERR_POLICY (judge),
 * ERR_TOO_BIG, ERR_STALLED, ERR_TIMEOUT, ERR_HTTP (broken answer)
 */
const char *http_status_text(int status);

enum { HTTP_ANSWER_TEXT_MAX = HTTP_TRIES_TOLD_MAX + 64 };
/* The same with what was tried: "503 Service Unavailable (tried 3 times in 4.2 s)". */
const char *http_answer_text(const struct http_response *r, char out[HTTP_ANSWER_TEXT_MAX]);

#endif
