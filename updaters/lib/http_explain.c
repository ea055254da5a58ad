/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/http_explain.h"

#include <string.h>

#include "updaters/lib/http.h"
#include "updaters/lib/proxy.h"
#include "updaters/lib/text.h"

/* Verdicts of X509_verify_cert(3), which libcurl hands on as they are. */
static const struct {
	long verdict;
	const char *text;
} tls_faults[] = {
	{2, "its certificate is from an unknown authority"},
	{9, "its certificate is not valid yet (is this computer's clock right?)"},
	{10, "its certificate has expired (is this computer's clock right?)"},
	{18, "its certificate is self-signed"},
	{19, "its certificate is from an unknown authority"},
	{20, "its certificate is from an unknown authority"},
	{21, "its certificate is from an unknown authority"},
	{23, "its certificate was revoked"},
	{62, "its certificate is for another name"},
};

static const char *tls_fault(const struct http_ending *ending)
{
	const char *words = ending->words;

	for (size_t i = 0; i < ARRAY_SIZE(tls_faults); i++) {
		if (tls_faults[i].verdict == ending->verdict)
			return tls_faults[i].text;
	}
	if (ending->end == HTTP_END_TLS && strstr(words, "name") != NULL)
		return "its certificate is for another name";
	if (ending->end == HTTP_END_HANDSHAKE &&
		(strstr(words, "version") != NULL || strstr(words, "protocol") != NULL))
		return "it speaks only an old TLS protocol, or none";
	return words;
}

static bool is_of_tls(const struct http_ending *ending)
{
	return ending->end == HTTP_END_HANDSHAKE || ending->end == HTTP_END_TLS;
}

/* The line broke before TLS could say anything: that is no verdict of TLS. */
static bool is_cut_in_handshake(const struct http_ending *ending)
{
	return ending->end == HTTP_END_HANDSHAKE &&
	       (strstr(ending->words, "SSL_ERROR_SYSCALL") != NULL ||
		       strstr(ending->words, "Connection reset") != NULL);
}

static const struct {
	enum http_end end;
	enum http_fault fault;
	const char *text; /* NULL: libcurl's own words */
} faults[] = {
	/* libcurl does not tell a name that is none from a resolver that does not answer */
	{HTTP_END_NAME, HTTP_FAULT_SLOW, "its name is not known (DNS)"},
	{HTTP_END_CONNECT, HTTP_FAULT_LASTING, NULL},
	{HTTP_END_NOTHING, HTTP_FAULT_PASSING, "the connection was closed without an answer"},
	{HTTP_END_CUT, HTTP_FAULT_PASSING, "the connection was cut in the middle"},
	{HTTP_END_STREAM, HTTP_FAULT_PASSING, "the answer broke off"},
	{HTTP_END_LINE, HTTP_FAULT_PASSING, NULL},
};

static enum http_fault explain_slowness(
	const struct http_ending *ending, const char *url, struct err *e)
{
	if (text_starts(ending->words, "Operation too slow"))
		err_set(e, ERR_STALLED, "%s: no byte came for %llu s", url,
			(unsigned long long)(ending->stall_ms + 999) / 1000);
	else
		err_set(e, ERR_TIMEOUT, "%s: %s", url, ending->words);
	/* A page has had its time; what came of a package is not to be lost. Of a connection the
	 * kernel itself has asked five times. */
	return ending->has_begun || !ending->is_connected ? HTTP_FAULT_SLOW : HTTP_FAULT_LASTING;
}

/* What it answered instead of opening the way. */
static void explain_proxy_status(
	const struct http_ending *ending, const char *url, const char *told, struct err *e)
{
	if (ending->proxy_status == 407 && proxy_has_login(ending->proxy))
		err_set(e, ERR_NETWORK,
			"%s: the proxy %s refuses the login that it was given (407)", url, told);
	else if (ending->proxy_status == 407)
		err_set(e, ERR_NETWORK,
			"%s: the proxy %s asks for a login (407): it takes a line "
			"https_proxy=http://USER:PASSWORD@HOST:PORT in the settings' env_file",
			url, told);
	else
		err_set(e, ERR_NETWORK, "%s: the proxy %s answers %s", url, told,
			http_status_text(ending->proxy_status));
}

/* The proxy's own faults are no vendor's. false: it is not one of them. */
static bool explain_proxy(const struct http_ending *ending, const char *url,
	enum http_fault *out_fault, struct err *e)
{
	char told[PROXY_MAX];

	if (ending->proxy == NULL)
		return false;
	proxy_tell(ending->proxy, told);
	*out_fault = HTTP_FAULT_LASTING;
	if (ending->proxy_status >= 300) {
		explain_proxy_status(ending, url, told, e);
		if (http_status_is_passing(ending->proxy_status))
			*out_fault = HTTP_FAULT_PASSING;
	} else if (ending->end == HTTP_END_CONNECT || ending->end == HTTP_END_PROXY) {
		err_set(e, ERR_NETWORK, "%s: the proxy %s: %s", url, told, ending->words);
	} else if (ending->end == HTTP_END_PROXY_NAME) {
		err_set(e, ERR_NETWORK, "%s: the proxy %s: its name is not known (DNS)", url, told);
		*out_fault = HTTP_FAULT_SLOW;
	} else if (is_of_tls(ending) && ending->proxy_status == 0 &&
		   text_starts(ending->proxy, "https://")) {
		err_set(e, ERR_TLS, "%s: the proxy %s: %s", url, told, tls_fault(ending));
	} else {
		return false;
	}
	return true;
}

enum http_fault http_explain(const struct http_ending *ending, const char *url, struct err *e)
{
	enum http_fault fault = HTTP_FAULT_LASTING;

	if (explain_proxy(ending, url, &fault, e))
		return fault;
	if (is_cut_in_handshake(ending)) {
		err_set(e, ERR_NETWORK, "%s: the connection was cut before TLS began", url);
		return HTTP_FAULT_PASSING;
	}
	if (is_of_tls(ending)) {
		err_set(e, ERR_TLS, "%s: %s", url, tls_fault(ending));
		return HTTP_FAULT_LASTING;
	}
	if (ending->end == HTTP_END_SLOW)
		return explain_slowness(ending, url, e);
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		if (faults[i].end == ending->end) {
			err_set(e, ERR_NETWORK, "%s: %s", url,
				faults[i].text != NULL ? faults[i].text : ending->words);
			return faults[i].fault;
		}
	}
	err_set(e, ERR_HTTP, "%s: a broken answer: %s", url, ending->words);
	return HTTP_FAULT_LASTING;
}
