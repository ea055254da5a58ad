/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why no answer came, in words for a person, and whether it may pass. For http.c alone; it knows
 * nothing of libcurl but some of its words.
 */
#ifndef DEVUPD_LIB_HTTP_EXPLAIN_H
#define DEVUPD_LIB_HTTP_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "updaters/lib/err.h"
#include "updaters/lib/http_retry.h"

enum http_end {
	HTTP_END_OTHER,
	HTTP_END_NAME,
	HTTP_END_PROXY_NAME,
	HTTP_END_CONNECT,
	HTTP_END_PROXY, /* it spoke nonsense */
	HTTP_END_NOTHING,
	HTTP_END_CUT,
	HTTP_END_STREAM,
	HTTP_END_LINE,
	HTTP_END_SLOW,
	HTTP_END_HANDSHAKE,
	HTTP_END_TLS,
};

struct http_ending {
	enum http_end end;
	bool is_connected; /* to the host, or to the proxy */
	bool has_begun;    /* the body had begun to come */
	uint64_t stall_ms;
	long verdict;      /* on the certificate, by X509_verify_cert(3) */
	const char *proxy; /* that it went through, login and all; NULL = none */
	int proxy_status;  /* of its answer to CONNECT; 0 = none */
	const char *words; /* libcurl's */
};

/* Sets e: ERR_NETWORK, ERR_TLS, ERR_STALLED, ERR_TIMEOUT, ERR_HTTP. No login of a proxy is in it.
 */
enum http_fault http_explain(const struct http_ending *ending, const char *url, struct err *e);

#endif
