/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who may start: transfers wait here, by host and in order, until their host has room. For http.c
 * alone; it knows nothing of libcurl.
 */
#ifndef DEVUPD_LIB_HTTP_QUEUE_H
#define DEVUPD_LIB_HTTP_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/scope.h"

struct http_host;
/* Part of each transfer. All zeros: in no queue. */
struct http_ticket {
	struct http_ticket *next; /* waiting for the same host */
	struct http_host *host;   /* NULL = in no queue */
	bool is_active;           /* was handed out by http_queue_next */
};
struct http_queue {
	struct http_host *hosts;
};

void http_queue_clear(struct http_queue *q);
/* false: no memory. host in lower case. */
bool http_queue_add(struct http_queue *q, struct http_ticket *ticket, const char *host) MUST_CHECK;
/* The next one that may start now, or NULL. */
struct http_ticket *http_queue_next(struct http_queue *q);
/* Waiting or active: it is no more, and its place is free. In no queue: fine. */
void http_queue_leave(struct http_ticket *ticket);

#endif
