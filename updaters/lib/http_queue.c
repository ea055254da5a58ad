/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/http_queue.h"

#include <stdlib.h>

#include "updaters/lib/http.h"
#include "updaters/lib/text.h"
#include "updaters/lib/url.h"

/* More than the streams a connection may carry would make libcurl open further connections. */
enum { ACTIVE_MAX = 64 };

/* Hosts that ask for less. Source: GitHub's REST API, "make requests serially" */
static const struct {
	const char *name;
	size_t max_active;
} limits[] = {
	{HTTP_GITHUB_API, 1},
};

struct http_host {
	struct http_host *next;
	char name[URL_HOST_MAX];
	size_t max_active, n_active;
	struct http_ticket *first, *last; /* waiting */
};

void http_queue_clear(struct http_queue *q)
{
	while (q->hosts != NULL) {
		struct http_host *host = q->hosts;

		q->hosts = host->next;
		free(host);
	}
}

static struct http_host *host_add(struct http_queue *q, const char *name)
{
	struct http_host *host = calloc(1, sizeof(*host));

	if (host == NULL || !text_copy(host->name, sizeof(host->name), name)) {
		free(host);
		return NULL;
	}
	host->max_active = ACTIVE_MAX;
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		if (text_equal(name, limits[i].name))
			host->max_active = limits[i].max_active;
	}
	host->next = q->hosts;
	q->hosts = host;
	return host;
}

bool http_queue_add(struct http_queue *q, struct http_ticket *ticket, const char *name)
{
	struct http_host *host = q->hosts;

	while (host != NULL && !text_equal(host->name, name))
		host = host->next;
	if (host == NULL)
		host = host_add(q, name);
	if (host == NULL)
		return false;
	*ticket = (struct http_ticket){.host = host};
	if (host->last == NULL)
		host->first = ticket;
	else
		host->last->next = ticket;
	host->last = ticket;
	return true;
}

struct http_ticket *http_queue_next(struct http_queue *q)
{
	for (struct http_host *host = q->hosts; host != NULL; host = host->next) {
		struct http_ticket *ticket = host->first;

		if (ticket == NULL || host->n_active >= host->max_active)
			continue;
		host->first = ticket->next;
		if (host->first == NULL)
			host->last = NULL;
		ticket->next = NULL;
		ticket->is_active = true;
		host->n_active++;
		return ticket;
	}
	return NULL;
}

static void stop_waiting(struct http_host *host, const struct http_ticket *ticket)
{
	struct http_ticket **link = &host->first;
	struct http_ticket *before = NULL;

	while (*link != ticket) {
		before = *link;
		link = &before->next;
	}
	*link = ticket->next;
	if (host->last == ticket)
		host->last = before;
}

void http_queue_leave(struct http_ticket *ticket)
{
	if (ticket->host == NULL)
		return;
	if (ticket->is_active)
		ticket->host->n_active--;
	else
		stop_waiting(ticket->host, ticket);
	*ticket = (struct http_ticket){0};
}
