/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "updaters/lib/text.h"

#define URL "https://files.test/x.deb"

static struct http_response answer(int status, uint64_t size_bytes, const char *etag)
{
	struct http_response r = {.status = status, .size_bytes = size_bytes};

	text_copy_cut(r.url, sizeof(r.url), "https://cdn.test/x.deb");
	text_copy_cut(r.etag, sizeof(r.etag), etag);
	return r;
}

static void test_statuses(void **state)
{
	static const struct {
		int status;
		enum probe_state expected;
		bool by_range;
	} cases[] = {
		{200, PROBE_LIVE, false},
		{404, PROBE_DEAD, false},
		{410, PROBE_DEAD, false},
		{403, PROBE_ASKING, true},
		{405, PROBE_ASKING, true},
		{501, PROBE_ASKING, true},
		{500, PROBE_FAILED, false},
		{429, PROBE_FAILED, false},
		{0, PROBE_FAILED, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_response r = answer(cases[i].status, 5, "\"e\"");
		struct probe p;

		probe_init(&p, URL);
		probe_feed(&p, &r, NULL);
		assert_int_equal(p.state, cases[i].expected);
		assert_int_equal(p.by_range, cases[i].by_range);
		if (p.state == PROBE_FAILED)
			assert_non_null(strstr(p.error.text, URL));
	}
}

static void test_range_after_head(void **state)
{
	struct http_response refused = answer(403, 0, ""), partial = answer(206, 569, "W/\"e\"");
	struct http_request q = {0};
	struct probe p;

	(void)state;
	probe_init(&p, URL);
	probe_request(&p, &q);
	assert_int_equal(q.method, HTTP_HEAD);
	probe_feed(&p, &refused, NULL);
	q = (struct http_request){0};
	probe_request(&p, &q);
	assert_int_equal(q.method, HTTP_GET);
	assert_true(q.has_range && q.range_from == 0 && q.range_to == 0);
	probe_feed(&p, &partial, NULL);
	assert_int_equal(p.state, PROBE_LIVE);
	assert_int_equal(p.size_bytes, 569);
	assert_string_equal(p.etag, ""); /* weak: no use for If-Range */
	assert_string_equal(p.host, "cdn.test");

	/* Still 403: not there. */
	probe_init(&p, URL);
	probe_feed(&p, &refused, NULL);
	probe_feed(&p, &refused, NULL);
	assert_int_equal(p.state, PROBE_DEAD);
}

static void test_ranges_ignored_is_live(void **state)
{
	struct http_response refused = answer(405, 0, ""), whole = answer(200, 569, "\"e\"");
	struct err e = {0};
	struct probe p;

	(void)state;
	err_set(&e, ERR_TOO_BIG, "too big");
	probe_init(&p, URL);
	probe_feed(&p, &refused, NULL);
	probe_feed(&p, &whole, &e);
	assert_int_equal(p.state, PROBE_LIVE);
	assert_int_equal(p.size_bytes, 569);
}

static void test_unreachable_and_web_page(void **state)
{
	struct http_response none = {0}, page = answer(200, 10, "");
	struct err e = {0};
	struct probe p;

	(void)state;
	err_set(&e, ERR_TLS, "unknown CA");
	probe_init(&p, URL);
	probe_feed(&p, &none, &e);
	assert_int_equal(p.state, PROBE_FAILED);
	assert_int_equal(p.error.code, ERR_TLS);
	assert_non_null(strstr(p.error.text, URL));

	text_copy_cut(page.content_type, sizeof(page.content_type), "Text/HTML");
	probe_init(&p, URL);
	probe_feed(&p, &page, NULL);
	assert_int_equal(p.state, PROBE_FAILED);
	assert_int_equal(p.error.code, ERR_HTTP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_range_after_head),
		cmocka_unit_test(test_ranges_ignored_is_live),
		cmocka_unit_test(test_unreachable_and_web_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
