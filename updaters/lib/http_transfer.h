/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One request over all its hops: what it was given, what came, what its owner is told. For http.c
 * alone; it knows nothing of libcurl, whose things it carries unseen.
 */
#ifndef DEVUPD_LIB_HTTP_TRANSFER_H
#define DEVUPD_LIB_HTTP_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/http.h"
#include "updaters/lib/http_head.h"
#include "updaters/lib/http_queue.h"
#include "updaters/lib/text.h"

enum { TRANSFER_WORDS_MAX = 256 }; /* libcurl's CURL_ERROR_SIZE */

struct transfer {
	struct transfer *next, *previous;
	struct http *http;
	struct http_ticket ticket; /* while it waits for its host, or has a place there */
	struct http_request request;
	struct http_response response; /* its url is the present hop's */
	struct http_head head;
	struct strings visited;
	bool is_fresh;       /* its next hop was not looked at yet */
	unsigned n_tries;    /* begun, those of its owner counted */
	uint64_t first_ms;   /* when the first of them was */
	uint64_t wake_ms;    /* it waits until then to be tried again; 0 = it does not */
	bool owes_wait;      /* its owner tried before: it is to wait first */
	bool has_sink_begun; /* the owner was given the head: it can't be tried again unseen */
	void *easy;          /* libcurl's handle; NULL while it is not under way */
	void *fields;        /* libcurl's list of request fields */
	struct buf body;
	uint64_t received_bytes; /* of this hop */
	uint64_t head_bytes;     /* likewise, all its lines, interim answers' and trailers', too */
	uint64_t counted_ms, counted_bytes; /* since when, and what came: for the floor */
	uint64_t submitted_ms, started_ms;
	struct err error;               /* why we broke off */
	char words[TRANSFER_WORDS_MAX]; /* libcurl's, when it fails */
};

struct transfers {
	struct transfer *first, *last;
	size_t n, n_fresh, n_waiting;
	struct http_budget budget; /* of their waits */
};

struct transfer *transfer_add(
	struct transfers *list, struct http *http, const struct http_request *request);
/* easy and fields must be gone. */
void transfer_drop(struct transfers *list, struct transfer *t);
/* Drops it and tells its owner, who may submit anything then. e NULL = it came. */
void transfer_end(struct transfers *list, struct transfer *t, const struct err *e);

/* Is the fresh hop's address one that may be contacted? out_host: URL_HOST_MAX bytes. */
bool transfer_enter_hop(
	struct transfers *list, struct transfer *t, char *out_host, struct err *e) MUST_CHECK;
/* Starts this hop's clock and counters. Fails: ERR_TIMEOUT. out_left_ms UINT64_MAX = no end */
bool transfer_start_hop(struct transfer *t, uint64_t *out_left_ms, struct err *e) MUST_CHECK;
bool transfer_is_redirected(const struct transfer *t);
/* The answer was a redirect: the next address is t's now, and fresh. */
bool transfer_next_hop(struct transfers *list, struct transfer *t, struct err *e) MUST_CHECK;

/*
 * It failed: shall it be made again, from its first address on? Then it waits now, and its owner
 * was told. Else its response says what was tried.
 *
 * In:    e   NULL = an answer came
 */
bool transfer_try_again(
	struct transfers *list, struct transfer *t, enum http_fault fault, const struct err *e);
/* Its owner tried before: it waits now, or has failed as it did then. */
bool transfer_wait_first(struct transfers *list, struct transfer *t, struct err *e) MUST_CHECK;
/* Those that have waited long enough are fresh. The next one's time; UINT64_MAX = none waits. */
uint64_t transfers_wake(struct transfers *list, uint64_t now_ms);

/* What comes. false: break off; t->error says why, or the rest of a redirect is not wanted. */
bool transfer_take_head_line(struct transfer *t, const char *raw_line, size_t len);
bool transfer_take_bytes(struct transfer *t, const char *bytes, size_t len);

#endif
