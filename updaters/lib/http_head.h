/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the head of an answer says, and whether it leads on: read without I/O, for http.c alone.
 */
#ifndef DEVUPD_LIB_HTTP_HEAD_H
#define DEVUPD_LIB_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/http.h"
#include "updaters/lib/text.h"

struct http_head {
	bool is_whole;         /* the empty line after the final head has come */
	bool has_length;       /* Content-Length was there and is one number */
	uint64_t length_bytes; /* of this answer's body, as it comes over the line */
	char raw_location[URL_MAX];
	size_t location_len; /* 0 = none; URL_MAX = it did not fit */
};

/*
 * One line of the head, a status line first; interim answers (1xx) are forgotten at the next status
 * line, lines after the end (trailers) are not looked at.
 */
void http_head_line(
	struct http_head *head, struct http_response *r, const char *raw_line, size_t len);

/* 301, 302, 303, 307 or 308 with a Location. Source: RFC 9110 §15.4 */
bool http_head_leads_on(const struct http_head *head, const struct http_response *r);

/*
 * The next hop's address.
 *
 * In:    visited   the addresses asked so far, r->url last
 * Out:   out       URL_MAX bytes
 * Fails: ERR_REDIRECT (not https, unreadable, a loop, more than HTTP_HOPS_MAX)
 */
bool http_head_next_hop(const struct http_head *head, const struct http_response *r,
	const struct strings *visited, char *out, struct err *e) MUST_CHECK;

#endif
