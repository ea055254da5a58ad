/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is a package there? HEAD, or one byte by range where HEAD is refused. Without I/O: asked for the
 * next request, fed with its answer.
 */
#ifndef DEVUPD_UPDATERS_DEB_PROBE_H
#define DEVUPD_UPDATERS_DEB_PROBE_H

#include <stdbool.h>

#include "updaters/lib/http.h"
#include "updaters/records.h"

enum probe_state {
	PROBE_ASKING,
	PROBE_LIVE,   /* release has size and ETag */
	PROBE_DEAD,   /* 403, 404 or 410: not there (yet) */
	PROBE_FAILED, /* can't be known: error says why */
};

struct probe {
	enum probe_state state;
	bool by_range;
	char url[URL_MAX];
	int status;
	uint64_t size_bytes;     /* 0 = not told */
	char etag[256];          /* strong only; "" = none */
	char host[URL_HOST_MAX]; /* that answered in the end */
	struct err error;
};

void probe_init(struct probe *p, const char *url);
/* While state is PROBE_ASKING. Limits and judge are the caller's. */
void probe_request(const struct probe *p, struct http_request *out);
void probe_feed(struct probe *p, const struct http_response *r, const struct err *e);

/* Is this what a login page between us and the vendor answers? */
bool probe_is_web_page(const struct http_response *r);

#endif
