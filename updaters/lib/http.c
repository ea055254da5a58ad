/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/http.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/http_explain.h"
#include "updaters/lib/http_queue.h"
#include "updaters/lib/http_transfer.h"
#include "updaters/lib/proxy.h"
#include "updaters/lib/text.h"

enum { HTTP1_CONNECTIONS_MAX = 4, IDLE_MAX = 64, POLL_MAX_MS = 60000 };

#define CA_FOLDER "/etc/ssl/certs"
#define CA_BUNDLE "/etc/ssl/certs/ca-certificates.crt"

struct http {
	CURLM *multi;
	CURL *idle[IDLE_MAX]; /* a reused handle costs nothing to make */
	size_t n_idle;
	struct http_queue queue;
	struct transfers transfers;
	bool has_ca_folder;
	unsigned connect_timeout_ms;
	char user_agent[128];
	char proxy[PROXY_MAX];
	char no_proxy[PROXY_SPARED_MAX];
	char github_token[256];
};

_Static_assert((int)TRANSFER_WORDS_MAX >= CURL_ERROR_SIZE, "room for libcurl's words");

/* --- the set ----------------------------------------------------------------- */

/* Loading the bundle costs 18 ms, the hashed folder nothing; some systems have only the bundle. */
static bool has_hashed_links(const char *folder)
{
	DIR *entries = opendir(folder);
	const struct dirent *entry;
	bool found = false;

	if (entries == NULL)
		return false;
	while (!found && (entry = readdir(entries)) != NULL)
		found = strlen(entry->d_name) == 10 && text_ends(entry->d_name, ".0") &&
			strspn(entry->d_name, "0123456789abcdef") == 8;
	closedir(entries);
	return found;
}

void http_warm_up(void)
{
	/* if it fails, http_new says so */
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

bool http_new(const struct http_options *options, struct http **out, struct err *e)
{
	SCOPED(http_free) struct http *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for transfers");
	if (!text_copy(h->no_proxy, sizeof(h->no_proxy),
		    options->no_proxy == NULL ? "" : options->no_proxy))
		return err_set(e, ERR_CONFIG, "the list of hosts without a proxy is too long");
	if (!text_copy(h->user_agent, sizeof(h->user_agent), options->user_agent) ||
		!text_copy(
			h->proxy, sizeof(h->proxy), options->proxy == NULL ? "" : options->proxy))
		return err_set(e, ERR_CONFIG, "the proxy's address is too long");
	if (options->github_token != NULL &&
		!text_copy(h->github_token, sizeof(h->github_token), options->github_token))
		return err_set(e, ERR_CONFIG, "GitHub's token is too long");
	h->connect_timeout_ms = options->connect_timeout_ms;
	h->transfers.budget.left_ms = options->wait_budget_ms;
	h->has_ca_folder = has_hashed_links(CA_FOLDER);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(e, ERR_INTERNAL, "libcurl can't be started");
	h->multi = curl_multi_init();
	if (h->multi == NULL ||
		curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX) !=
			CURLM_OK ||
		curl_multi_setopt(h->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
			(long)HTTP1_CONNECTIONS_MAX) != CURLM_OK)
		return err_set(e, ERR_INTERNAL, "libcurl can't be started");
	*out = MOVE_PTR(h);
	return true;
}

/* Takes the handle out of its transfer, for the next one. */
static void give_back(struct transfer *t)
{
	struct http *h = t->http;

	if (t->easy == NULL)
		return;
	curl_multi_remove_handle(h->multi, t->easy);
	if (h->n_idle < IDLE_MAX) {
		curl_easy_reset(t->easy);
		h->idle[h->n_idle++] = t->easy;
	} else {
		curl_easy_cleanup(t->easy);
	}
	t->easy = NULL;
	curl_slist_free_all(t->fields);
	t->fields = NULL;
}

static void http_drop_transfer(struct transfer *t)
{
	give_back(t);
	transfer_drop(&t->http->transfers, t);
}

static void http_end_transfer(struct transfer *t, const struct err *e)
{
	give_back(t);
	transfer_end(&t->http->transfers, t, e);
}

void http_free(struct http *h)
{
	if (h == NULL)
		return;
	while (h->transfers.first != NULL)
		http_drop_transfer(h->transfers.first);
	while (h->n_idle > 0)
		curl_easy_cleanup(h->idle[--h->n_idle]);
	if (h->multi != NULL)
		curl_multi_cleanup(h->multi);
	http_queue_clear(&h->queue);
	explicit_bzero(h->github_token, sizeof(h->github_token));
	explicit_bzero(h->proxy, sizeof(h->proxy));
	free(h);
}

void http_submit(struct http *h, const struct http_request *request)
{
	transfer_add(&h->transfers, h, request);
}

/* --- what libcurl calls ------------------------------------------------------ */

static size_t on_head_line(char *raw_line, size_t size, size_t n, void *user)
{
	return transfer_take_head_line(user, raw_line, size * n) ? size * n : 0;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *user)
{
	return transfer_take_bytes(user, bytes, size * n) ? size * n : 0;
}

/* --- one hop ----------------------------------------------------------------- */

#define SET(easy, option, value) (curl_easy_setopt(easy, option, value) == CURLE_OK)

static bool set_trust(CURL *easy, const struct http *h)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	bool is_https_only = SET(easy, CURLOPT_PROTOCOLS_STR, "https");
#else
	bool is_https_only = SET(easy, CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTPS);
#endif
	return is_https_only && SET(easy, CURLOPT_SSL_VERIFYPEER, 1L) &&
	       SET(easy, CURLOPT_SSL_VERIFYHOST, 2L) &&
	       SET(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       SET(easy, CURLOPT_CAINFO, h->has_ca_folder ? NULL : CA_BUNDLE) &&
	       SET(easy, CURLOPT_CAPATH, h->has_ca_folder ? CA_FOLDER : NULL) &&
	       SET(easy, CURLOPT_FOLLOWLOCATION, 0L) &&
	       SET(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
}

/* Each libcurl reads no_proxy in its own way, and does not tell: so we do. */
static bool is_proxied(const struct transfer *t)
{
	const struct http *h = t->http;
	char host[URL_HOST_MAX];

	return h->proxy[0] != '\0' &&
	       (!url_host(t->response.url, host, sizeof(host)) || !proxy_spares(h->no_proxy, host));
}

/* The way to the proxy may be TLS, too; within, the vendor's own is checked as ever. */
static bool set_proxy(CURL *easy, const struct transfer *t)
{
	const struct http *h = t->http;

	/* "" and not NULL: what the environment says is not looked at */
	return SET(easy, CURLOPT_PROXY, is_proxied(t) ? h->proxy : "") &&
	       SET(easy, CURLOPT_NOPROXY, "") && SET(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) &&
	       SET(easy, CURLOPT_PROXY_SSL_VERIFYPEER, 1L) &&
	       SET(easy, CURLOPT_PROXY_SSL_VERIFYHOST, 2L) &&
	       SET(easy, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       SET(easy, CURLOPT_PROXY_CAINFO, h->has_ca_folder ? NULL : CA_BUNDLE) &&
	       SET(easy, CURLOPT_PROXY_CAPATH, h->has_ca_folder ? CA_FOLDER : NULL);
}

/* 0 means "none" to libcurl. */
static long as_long(uint64_t n)
{
	return n > LONG_MAX ? LONG_MAX : (long)n;
}

static bool set_limits(CURL *easy, const struct transfer *t, uint64_t left_ms)
{
	const struct http_request *request = &t->request;

	return SET(easy, CURLOPT_NOSIGNAL, 1L) &&
	       SET(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)t->http->connect_timeout_ms) &&
	       SET(easy, CURLOPT_TIMEOUT_MS, left_ms == UINT64_MAX ? 0L : as_long(left_ms)) &&
	       SET(easy, CURLOPT_LOW_SPEED_LIMIT, 1L) &&
	       SET(easy, CURLOPT_LOW_SPEED_TIME, as_long((request->stall_ms + 999) / 1000)) &&
	       SET(easy, CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)as_long(request->limit_rate));
}

static bool set_callbacks(CURL *easy, struct transfer *t)
{
	return SET(easy, CURLOPT_ERRORBUFFER, t->words) && SET(easy, CURLOPT_PRIVATE, t) &&
	       SET(easy, CURLOPT_HEADERFUNCTION, on_head_line) &&
	       SET(easy, CURLOPT_HEADERDATA, t) && SET(easy, CURLOPT_WRITEFUNCTION, on_body) &&
	       SET(easy, CURLOPT_WRITEDATA, t);
}

static bool add_field(struct transfer *t, const char *name, const char *value)
{
	char line[HTTP_FIELD_MAX + 64];
	int len = snprintf(line, sizeof(line), "%s: %s", name, value);

	if (len < 0 || (size_t)len >= sizeof(line) || strpbrk(line, "\r\n") != NULL)
		return false;

	struct curl_slist *longer = curl_slist_append(t->fields, line);

	if (longer != NULL)
		t->fields = longer;
	return longer != NULL;
}

/*
 * A range must be of the very file that the first part came from: with a weak validator alone the
 * whole is asked for. CURLOPT_RANGE and not RESUME_FROM: with that, a full answer is an error.
 * Source: RFC 9110 §13.1.5
 */
static bool set_range(CURL *easy, struct transfer *t)
{
	const struct http_request *request = &t->request;
	bool is_strong = request->etag[0] != '\0' && !text_starts(request->etag, "W/");
	const char *validator = is_strong ? request->etag : request->last_modified;
	char range[48];

	if (request->etag[0] != '\0' && validator[0] == '\0')
		return true;
	if (request->range_to == UINT64_MAX)
		snprintf(range, sizeof(range), "%llu-", (unsigned long long)request->range_from);
	else
		snprintf(range, sizeof(range), "%llu-%llu", (unsigned long long)request->range_from,
			(unsigned long long)request->range_to);
	return SET(easy, CURLOPT_RANGE, range) &&
	       (validator[0] == '\0' || add_field(t, "If-Range", validator));
}

static bool set_conditions(CURL *easy, struct transfer *t)
{
	const struct http_request *request = &t->request;

	if (request->has_range)
		return set_range(easy, t);
	if (request->etag[0] != '\0')
		return add_field(t, "If-None-Match", request->etag);
	return request->last_modified[0] == '\0' ||
	       add_field(t, "If-Modified-Since", request->last_modified);
}

/*
 * By the whole name of the host, on the first hop: whoever is redirected to has no right to it, be
 * it the same host again.
 */
static bool set_token(struct transfer *t)
{
	const char *token = t->http->github_token;
	char host[URL_HOST_MAX], value[sizeof(t->http->github_token) + 16];

	if (token[0] == '\0' || t->response.n_hops > 0 ||
		!url_host(t->response.url, host, sizeof(host)) ||
		!text_equal(host, HTTP_GITHUB_API))
		return true;
	snprintf(value, sizeof(value), "Bearer %s", token);
	return add_field(t, "Authorization", value);
}

static bool set_request(CURL *easy, struct transfer *t)
{
	const struct http_request *request = &t->request;
	bool is_page = request->method == HTTP_GET && !request->has_range && !request->is_download;

	if (is_page ? !SET(easy, CURLOPT_ACCEPT_ENCODING, "gzip")
		    : !add_field(t, "Accept-Encoding", "identity"))
		return false;
	if (request->method == HTTP_HEAD && !SET(easy, CURLOPT_NOBODY, 1L))
		return false;
	return set_conditions(easy, t) && set_token(t) && SET(easy, CURLOPT_URL, t->response.url) &&
	       SET(easy, CURLOPT_PATH_AS_IS, 1L) &&
	       SET(easy, CURLOPT_USERAGENT, t->http->user_agent) &&
	       SET(easy, CURLOPT_HTTPHEADER, t->fields) &&
	       SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS) &&
	       SET(easy, CURLOPT_PIPEWAIT, 1L);
}

static bool start_hop(struct transfer *t, struct err *e)
{
	struct http *h = t->http;
	uint64_t left_ms = 0;

	if (!transfer_start_hop(t, &left_ms, e))
		return false;
	t->easy = h->n_idle > 0 ? h->idle[--h->n_idle] : curl_easy_init();
	if (t->easy == NULL || !set_trust(t->easy, h) || !set_proxy(t->easy, t) ||
		!set_limits(t->easy, t, left_ms) || !set_callbacks(t->easy, t) ||
		!set_request(t->easy, t) || curl_multi_add_handle(h->multi, t->easy) != CURLM_OK)
		return err_set(e, ERR_INTERNAL, "%s: libcurl refuses the request", t->response.url);
	return true;
}

/* A download starts at once; a page waits until its host has room. */
static bool enter_hop(struct transfer *t, struct err *e)
{
	struct http *h = t->http;
	char host[URL_HOST_MAX];

	if (t->owes_wait)
		return transfer_wait_first(&h->transfers, t, e);
	if (!transfer_enter_hop(&h->transfers, t, host, e))
		return false;
	if (t->request.is_download)
		return start_hop(t, e);
	return http_queue_add(&h->queue, &t->ticket, host) ||
	       err_set(e, ERR_INTERNAL, "no memory for %s", t->response.url);
}

/* --- the end of a hop -------------------------------------------------------- */

static const struct {
	CURLcode code;
	enum http_end end;
} ends[] = {
	{CURLE_COULDNT_RESOLVE_HOST, HTTP_END_NAME},
	{CURLE_COULDNT_RESOLVE_PROXY, HTTP_END_PROXY_NAME},
	{CURLE_COULDNT_CONNECT, HTTP_END_CONNECT},
	{CURLE_PROXY, HTTP_END_PROXY},
	{CURLE_GOT_NOTHING, HTTP_END_NOTHING},
	{CURLE_PARTIAL_FILE, HTTP_END_CUT},
	{CURLE_HTTP2_STREAM, HTTP_END_STREAM},
	{CURLE_SEND_ERROR, HTTP_END_LINE},
	{CURLE_RECV_ERROR, HTTP_END_LINE},
	{CURLE_HTTP2, HTTP_END_LINE},
	{CURLE_OPERATION_TIMEDOUT, HTTP_END_SLOW},
	{CURLE_SSL_CONNECT_ERROR, HTTP_END_HANDSHAKE},
	{CURLE_PEER_FAILED_VERIFICATION, HTTP_END_TLS},
	{CURLE_SSL_CACERT_BADFILE, HTTP_END_TLS},
	{CURLE_SSL_CIPHER, HTTP_END_TLS},
	{CURLE_SSL_ISSUER_ERROR, HTTP_END_TLS},
	{CURLE_SSL_INVALIDCERTSTATUS, HTTP_END_TLS},
};

/* What libcurl says of it. */
static struct http_ending ending_of(const struct transfer *t, CURLcode code)
{
	struct http_ending out = {.end = HTTP_END_OTHER,
		.has_begun = t->has_sink_begun,
		.stall_ms = t->request.stall_ms,
		.words = t->words[0] != '\0' ? t->words : curl_easy_strerror(code)};
	curl_off_t connected_us = 0;
	long proxy_status = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		if (ends[i].code == code)
			out.end = ends[i].end;
	}
	curl_easy_getinfo(t->easy, CURLINFO_CONNECT_TIME_T, &connected_us);
	curl_easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
	curl_easy_getinfo(t->easy, CURLINFO_SSL_VERIFYRESULT, &out.verdict);
	if (out.verdict == 0)
		curl_easy_getinfo(t->easy, CURLINFO_PROXY_SSL_VERIFYRESULT, &out.verdict);
	out.is_connected = connected_us > 0;
	out.proxy = is_proxied(t) ? t->http->proxy : NULL;
	out.proxy_status = (int)proxy_status;
	return out;
}

/* A hop is over. Is the request, too? */
static bool finish_hop(struct transfer *t, CURLcode code)
{
	struct transfers *list = &t->http->transfers;
	struct err e = t->error;
	bool is_redirected = transfer_is_redirected(t);
	bool is_cut_redirect = is_redirected && code == CURLE_WRITE_ERROR;
	const struct http_ending ending = ending_of(t, code);
	enum http_fault fault = HTTP_FAULT_LASTING;

	/* where we broke off ourselves, e says why */
	if (!err_is_set(&e) && code != CURLE_OK && !is_cut_redirect)
		fault = http_explain(&ending, t->response.url, &e);
	give_back(t);
	http_queue_leave(&t->ticket);
	if (!err_is_set(&e) && is_redirected && transfer_next_hop(list, t, &e))
		return false;
	if (transfer_try_again(
		    list, t, err_is_set(&e) ? fault : HTTP_FAULT_NONE, err_is_set(&e) ? &e : NULL))
		return false;
	http_end_transfer(t, err_is_set(&e) ? &e : NULL);
	return true;
}

/* --- the loop ---------------------------------------------------------------- */

/* Those just submitted or redirected, then whom the queue lets through. How many ended by it? */
static size_t start_all(struct http *h)
{
	size_t n_ended = 0;
	struct http_ticket *ticket;
	struct transfer *next;

	for (struct transfer *t = h->transfers.first; t != NULL && h->transfers.n_fresh > 0;
		t = next) {
		struct err e = {0};

		next = t->next;
		if (t->is_fresh && !enter_hop(t, &e)) {
			http_end_transfer(t, &e);
			n_ended++;
			next = h->transfers.first; /* on_done may have cancelled any */
		}
	}
	while ((ticket = http_queue_next(&h->queue)) != NULL) {
		struct transfer *t =
			(struct transfer *)((char *)ticket - offsetof(struct transfer, ticket));
		struct err e = {0};

		if (!start_hop(t, &e)) {
			http_end_transfer(t, &e);
			n_ended++;
		}
	}
	return n_ended;
}

static size_t collect(struct http *h)
{
	size_t n_ended = 0;
	int n_left = 0;
	CURLMsg *message;

	while ((message = curl_multi_info_read(h->multi, &n_left)) != NULL) {
		struct transfer *t = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		CURLcode code = message->data.result;

		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		if (t != NULL)
			n_ended += finish_hop(t, code);
	}
	return n_ended;
}

static bool wait_for(struct http *h, int extra_fd, bool extra_writes, int timeout_ms,
	bool *out_extra_ready, struct err *e)
{
	struct curl_waitfd extra = {
		.fd = extra_fd,
		.events = (short)(CURL_WAIT_POLLIN | (extra_writes ? CURL_WAIT_POLLOUT : 0)),
	};
	CURLMcode code = curl_multi_poll(h->multi, &extra, extra_fd >= 0 ? 1 : 0, timeout_ms, NULL);

	if (code != CURLM_OK)
		return err_set(
			e, ERR_INTERNAL, "can't wait for transfers: %s", curl_multi_strerror(code));
	*out_extra_ready = extra.revents != 0;
	return true;
}

bool http_drive(struct http *h, int extra_fd, bool extra_writes, int timeout_ms,
	bool *out_extra_ready, struct err *e)
{
	uint64_t end_ms = clock_now_ms() + (uint64_t)(timeout_ms < 0 ? POLL_MAX_MS : timeout_ms);
	bool extra_ready = false;
	int n_running = 0;

	for (;;) {
		size_t n_ended = start_all(h);
		CURLMcode code = curl_multi_perform(h->multi, &n_running);

		if (code != CURLM_OK)
			return err_set(e, ERR_INTERNAL, "transfers can't go on: %s",
				curl_multi_strerror(code));
		n_ended += collect(h);
		if (n_ended > 0 || extra_ready)
			break;
		if (h->transfers.n_fresh > 0)
			continue; /* a redirect: its next hop starts at once */

		uint64_t now_ms = clock_now_ms();
		uint64_t wake_ms = transfers_wake(&h->transfers, now_ms);

		if (h->transfers.n_fresh > 0)
			continue;
		if (now_ms >= end_ms)
			break;
		if (wake_ms > end_ms)
			wake_ms = end_ms;
		if (!wait_for(h, extra_fd, extra_writes, (int)(wake_ms - now_ms), &extra_ready, e))
			return false;
	}
	if (out_extra_ready != NULL)
		*out_extra_ready = extra_ready;
	return true;
}
