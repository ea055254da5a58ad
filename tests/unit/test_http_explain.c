/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "updaters/lib/http_explain.h"
#include "updaters/lib/scope.h"

#define LOGIN "http://ana:secret@proxy.test:3128"

struct ending_case {
	struct http_ending ending;
	enum err_code code;
	enum http_fault fault;
	const char *says;
};

static void assert_explained(const struct ending_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct http_ending ending = cases[i].ending;
		struct err e = {0};

		if (ending.words == NULL)
			ending.words = "libcurl's words";
		ending.stall_ms = 30000;
		assert_int_equal(http_explain(&ending, "https://a.test/x", &e), cases[i].fault);
		assert_int_equal(e.code, cases[i].code);
		if (strstr(e.text, cases[i].says) == NULL)
			fail_msg("no '%s' in: %s", cases[i].says, e.text);
		assert_null(strstr(e.text, "secret"));
		assert_non_null(strstr(e.text, "https://a.test/x"));
	}
}

static void test_lines(void **state)
{
	static const struct ending_case cases[] = {
		{{.end = HTTP_END_NAME}, ERR_NETWORK, HTTP_FAULT_SLOW, "DNS"},
		{{.end = HTTP_END_CONNECT}, ERR_NETWORK, HTTP_FAULT_LASTING, "libcurl's words"},
		{{.end = HTTP_END_NOTHING}, ERR_NETWORK, HTTP_FAULT_PASSING, "without an answer"},
		{{.end = HTTP_END_CUT}, ERR_NETWORK, HTTP_FAULT_PASSING, "cut in the middle"},
		{{.end = HTTP_END_STREAM}, ERR_NETWORK, HTTP_FAULT_PASSING, "broke off"},
		{{.end = HTTP_END_LINE}, ERR_NETWORK, HTTP_FAULT_PASSING, "libcurl's words"},
		{{.end = HTTP_END_OTHER}, ERR_HTTP, HTTP_FAULT_LASTING, "a broken answer"},
	};

	(void)state;
	assert_explained(cases, ARRAY_SIZE(cases));
}

static void test_slowness(void **state)
{
	static const struct ending_case cases[] = {
		{{.end = HTTP_END_SLOW, .words = "Operation too slow. Less", .is_connected = true},
			ERR_STALLED, HTTP_FAULT_LASTING, "no byte came for 30 s"},
		{{.end = HTTP_END_SLOW,
			 .words = "Operation too slow. Less",
			 .is_connected = true,
			 .has_begun = true},
			ERR_STALLED, HTTP_FAULT_SLOW, "no byte came for 30 s"},
		{{.end = HTTP_END_SLOW, .is_connected = true}, ERR_TIMEOUT, HTTP_FAULT_LASTING,
			"libcurl's words"},
		{{.end = HTTP_END_SLOW}, ERR_TIMEOUT, HTTP_FAULT_SLOW, "libcurl's words"},
	};

	(void)state;
	assert_explained(cases, ARRAY_SIZE(cases));
}

static void test_certificates(void **state)
{
	static const struct ending_case cases[] = {
		{{.end = HTTP_END_TLS, .verdict = 10}, ERR_TLS, HTTP_FAULT_LASTING, "expired"},
		{{.end = HTTP_END_TLS, .verdict = 18}, ERR_TLS, HTTP_FAULT_LASTING, "self-signed"},
		{{.end = HTTP_END_TLS, .verdict = 20}, ERR_TLS, HTTP_FAULT_LASTING, "unknown auth"},
		{{.end = HTTP_END_TLS, .words = "no alternative certificate subject name"}, ERR_TLS,
			HTTP_FAULT_LASTING, "for another name"},
		{{.end = HTTP_END_HANDSHAKE, .words = "alert protocol version"}, ERR_TLS,
			HTTP_FAULT_LASTING, "old TLS protocol"},
		{{.end = HTTP_END_HANDSHAKE, .words = "SSL_connect: SSL_ERROR_SYSCALL"},
			ERR_NETWORK, HTTP_FAULT_PASSING, "cut before TLS began"},
		{{.end = HTTP_END_HANDSHAKE, .words = "Connection reset by peer"}, ERR_NETWORK,
			HTTP_FAULT_PASSING, "cut before TLS began"},
		{{.end = HTTP_END_HANDSHAKE}, ERR_TLS, HTTP_FAULT_LASTING, "libcurl's words"},
	};

	(void)state;
	assert_explained(cases, ARRAY_SIZE(cases));
}

/* What the proxy did is told as the proxy's, and its login never. */
static void test_proxies(void **state)
{
	static const struct ending_case cases[] = {
		{{.end = HTTP_END_LINE, .proxy = "http://p.test:1", .proxy_status = 407},
			ERR_NETWORK, HTTP_FAULT_LASTING,
			"the proxy http://p.test:1 asks for a login (407): it takes a line "
			"https_proxy="},
		{{.end = HTTP_END_LINE, .proxy = LOGIN, .proxy_status = 407}, ERR_NETWORK,
			HTTP_FAULT_LASTING,
			"the proxy http://…@proxy.test:3128 refuses the login that it was given"},
		{{.end = HTTP_END_LINE, .proxy = LOGIN, .proxy_status = 403}, ERR_NETWORK,
			HTTP_FAULT_LASTING,
			"the proxy http://…@proxy.test:3128 answers 403 Forbidden"},
		{{.end = HTTP_END_LINE, .proxy = LOGIN, .proxy_status = 503}, ERR_NETWORK,
			HTTP_FAULT_PASSING, "answers 503 Service Unavailable"},
		{{.end = HTTP_END_CONNECT, .proxy = LOGIN}, ERR_NETWORK, HTTP_FAULT_LASTING,
			"the proxy http://…@proxy.test:3128: libcurl's words"},
		{{.end = HTTP_END_PROXY_NAME, .proxy = LOGIN}, ERR_NETWORK, HTTP_FAULT_SLOW,
			"the proxy http://…@proxy.test:3128: its name is not known (DNS)"},
		{{.end = HTTP_END_TLS, .verdict = 20, .proxy = "https://p.test:1"}, ERR_TLS,
			HTTP_FAULT_LASTING, "the proxy https://p.test:1: its certificate is from"},
		/* within the proxy's tunnel it is the vendor's */
		{{.end = HTTP_END_TLS, .verdict = 20, .proxy = LOGIN, .proxy_status = 200}, ERR_TLS,
			HTTP_FAULT_LASTING, "https://a.test/x: its certificate is from"},
		{{.end = HTTP_END_CUT, .proxy = LOGIN, .proxy_status = 200}, ERR_NETWORK,
			HTTP_FAULT_PASSING, "https://a.test/x: the connection was cut"},
	};

	(void)state;
	assert_explained(cases, ARRAY_SIZE(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_slowness),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_proxies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
