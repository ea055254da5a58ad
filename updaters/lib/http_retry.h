/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Shall a request that failed be made again, and when? Decided without clock, chance or I/O, from
 * what is handed in; for http_transfer.c, and http_head.c for what a server asks.
 */
#ifndef DEVUPD_LIB_HTTP_RETRY_H
#define DEVUPD_LIB_HTTP_RETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HTTP_TRIES_MAX = 3,
	HTTP_TRIES_SLOW_MAX = 2,
	HTTP_WAIT_FIRST_MS = 1000, /* doubled with each try; half of it is left to chance */
	HTTP_WAIT_MAX_MS = 16000,
	HTTP_TRIES_TOLD_MAX = 160,
};

/* Why there was no answer. */
enum http_fault {
	HTTP_FAULT_NONE,    /* there was one: its status counts */
	HTTP_FAULT_LASTING, /* refused, wrong certificate, not on the list, ...: it stays so */
	HTTP_FAULT_PASSING, /* reset, cut */
	HTTP_FAULT_SLOW,    /* took long to find out, or may as well stay: once more, no oftener */
};

struct http_try {
	enum http_fault fault;
	int status;
	unsigned n_tries;  /* made so far, this one counted */
	unsigned most;     /* tries at most; 0 = HTTP_TRIES_MAX */
	uint64_t asked_ms; /* the server's word; 0 = none */
	uint64_t left_ms;  /* how long may be waited yet */
	uint32_t random;   /* any number, another one each time */
};

enum http_verdict {
	HTTP_ENOUGH,    /* it is what it is: no other try would help */
	HTTP_AGAIN,     /* after so long */
	HTTP_EXHAUSTED, /* it was tried often enough */
	HTTP_ASKS_TOO_LONG,
	HTTP_OUT_OF_TIME,
};

/* 429, 500, 502, 503 or 504: another time it may be otherwise. Source: RFC 9110 §15.6, RFC 6585 §4
 */
bool http_status_is_passing(int status);
/* out_wait_ms: set for HTTP_AGAIN alone. */
enum http_verdict http_retry(const struct http_try *last, uint64_t *out_wait_ms);
/* How often this one may be tried in all. */
unsigned http_retry_most(const struct http_try *last);

/*
 * Retry-After: seconds, or a date in one of HTTP's three forms. 0 = not told, or it is over.
 *
 * In:    now_unix_s   seconds since 1970
 * Source: RFC 9110 §10.2.3, §5.6.7
 */
uint64_t http_retry_after_s(const char *raw_value, int64_t now_unix_s);

/*
 * How much longer waiting may make all of it take: waits side by side count once.
 */
struct http_budget {
	uint64_t left_ms;
	uint64_t until_ms; /* the end of the last wait begun, on the monotonic clock */
};
uint64_t http_budget_left(const struct http_budget *b, uint64_t now_ms);
void http_budget_spend(struct http_budget *b, uint64_t now_ms, uint64_t wait_ms);

/* "tried 3 times in 4.2 s"; "" where there is nothing to tell. */
void http_retry_tell(const struct http_try *last, enum http_verdict verdict, uint64_t took_ms,
	char out[HTTP_TRIES_TOLD_MAX]);

#endif
