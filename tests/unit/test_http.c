/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/http.h"
#include "updaters/lib/http_head.h"
#include "updaters/lib/http_queue.h"

/* --- heads ------------------------------------------------------------------- */

static void read_head(
	struct http_head *head, struct http_response *r, const char *const *lines, size_t n)
{
	*head = (struct http_head){0};
	*r = (struct http_response){.url = "https://a.example/dir/page"};
	for (size_t i = 0; i < n; i++)
		http_head_line(head, r, lines[i], strlen(lines[i]));
}
#define READ_HEAD(head, r, ...)                                                                    \
	read_head(head, r, (const char *const[]){__VA_ARGS__},                                     \
		ARRAY_SIZE(((const char *const[]){__VA_ARGS__})))

static void test_fields(void **state)
{
	struct http_head head;
	struct http_response r;

	(void)state;
	READ_HEAD(&head, &r, "HTTP/1.1 103 Early Hints\r\n", "ETag: \"hint\"\r\n", "\r\n",
		"HTTP/2 200 \r\n", "etag:   W/\"abc\"  \r\n", "LAST-MODIFIED: today\r\n",
		"content-type: text/html\r\n", "Content-Length: 4096\r\n", "no colon here\r\n");
	assert_false(head.is_whole);
	http_head_line(&head, &r, "\r\n", 2);
	assert_true(head.is_whole);
	http_head_line(&head, &r, "ETag: \"of a trailer\"\r\n", 22);
	assert_int_equal(r.status, 200);
	assert_string_equal(r.etag, "W/\"abc\"");
	assert_string_equal(r.last_modified, "today");
	assert_string_equal(r.content_type, "text/html");
	assert_int_equal(r.size_bytes, 4096);
	assert_false(http_head_leads_on(&head, &r));
}

static void test_limits(void **state)
{
	struct http_head head;
	struct http_response r;

	(void)state;
	READ_HEAD(&head, &r, "HTTP/2 403", "x-ratelimit-limit: 60", "x-ratelimit-remaining: 0",
		"x-ratelimit-reset: 1790000000", "");
	assert_true(r.is_limited);
	assert_int_equal(r.limited_until_s, 1790000000);
	assert_int_equal(r.retry_after_s, 0);
	READ_HEAD(&head, &r, "HTTP/2 200", "x-ratelimit-remaining: 10",
		"x-ratelimit-reset: 1790000000", "");
	assert_false(r.is_limited);
	READ_HEAD(&head, &r, "HTTP/2 429", "retry-after: 60", "");
	assert_true(r.is_limited);
	assert_int_equal(r.retry_after_s, 60);
	READ_HEAD(&head, &r, "HTTP/2 429", "retry-after: Fri, 31 Dec 1999 23:59:59 GMT", "");
	assert_true(r.is_limited);
	assert_int_equal(r.retry_after_s, 0);
	READ_HEAD(&head, &r, "HTTP/2 103", "retry-after: 60", "", "HTTP/2 200", "");
	assert_false(r.is_limited);
}

static void test_range_tells_the_total(void **state)
{
	struct http_head head;
	struct http_response r;

	(void)state;
	READ_HEAD(&head, &r, "HTTP/1.1 206 Partial Content", "Content-Range: bytes 100-199/4096",
		"Content-Length: 100", "");
	assert_int_equal(r.size_bytes, 4096);
	assert_int_equal(r.range_start, 100);
	assert_int_equal(head.length_bytes, 100);
	READ_HEAD(&head, &r, "HTTP/1.1 206 x", "Content-Range: bytes -/-", "");
	assert_int_equal(r.range_start, 0);
	READ_HEAD(&head, &r, "HTTP/1.1 200 x", "Content-Length: -1", "");
	assert_false(head.has_length);
}

static void test_interim_answer_is_no_answer(void **state)
{
	struct http_head head;
	struct http_response r;

	(void)state;
	READ_HEAD(&head, &r, "HTTP/1.1 100 Continue", "");
	assert_false(head.is_whole);
	READ_HEAD(&head, &r, "HTTP/1.1 nonsense", "");
	assert_int_equal(r.status, 0);
	assert_false(head.is_whole);
}

static void test_field_that_does_not_fit_did_not_come(void **state)
{
	static char line[3000] = "ETag: ";
	struct http_head head;
	struct http_response r;

	(void)state;
	memset(line + 6, 'x', 1000);
	READ_HEAD(&head, &r, "HTTP/1.1 200 OK", line, "");
	assert_string_equal(r.etag, "");
}

/* --- hops -------------------------------------------------------------------- */

static bool hop(const char *location, const struct strings *visited, char *out, struct err *e)
{
	static char line[4000];
	struct http_head head;
	struct http_response r;

	snprintf(line, sizeof(line), "Location: %s\r\n", location);
	READ_HEAD(&head, &r, "HTTP/1.1 302 Found", line, "");
	assert_true(http_head_leads_on(&head, &r));
	return http_head_next_hop(&head, &r, visited, out, e);
}

static void assert_hop_refused(const char *location, const char *word)
{
	SCOPED_CLEAR(strings_clear) struct strings visited = {0};
	char url[URL_MAX] = "";
	struct err e = {0};

	assert_true(strings_add(&visited, "https://a.example/dir/page"));
	assert_false(hop(location, &visited, url, &e));
	assert_int_equal(e.code, ERR_REDIRECT);
	assert_non_null(strstr(e.text, word));
	assert_string_equal(url, "");
}

static void test_hops(void **state)
{
	SCOPED_CLEAR(strings_clear) struct strings visited = {0};
	char url[URL_MAX];
	struct err e = {0};

	(void)state;
	assert_true(hop("https://b.example/x", &visited, url, &e));
	assert_string_equal(url, "https://b.example/x");
	assert_true(hop("other?x=1", &visited, url, &e));
	assert_string_equal(url, "https://a.example/dir/other?x=1");
	assert_true(hop("/root", &visited, url, &e));
	assert_string_equal(url, "https://a.example/root");
	assert_true(hop("//c.example/y", &visited, url, &e));
	assert_string_equal(url, "https://c.example/y");
}

static void test_hops_refused(void **state)
{
	static char large[3000];

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	assert_hop_refused("http://a.example/x", "redirects to");
	assert_hop_refused("file:///etc/passwd", "redirects to");
	assert_hop_refused("https://127.0.0.1/x", "redirects to");
	assert_hop_refused("https://user@a.example/x", "redirects to");
	assert_hop_refused("/dir/page", "loop");
	assert_hop_refused(large, "too long");
}

static void test_too_many_hops(void **state)
{
	SCOPED_CLEAR(strings_clear) struct strings visited = {0};
	char url[URL_MAX];
	struct err e = {0};

	(void)state;
	for (int i = 0; i < HTTP_HOPS_MAX; i++) {
		snprintf(url, sizeof(url), "https://a.example/%d", i);
		assert_true(strings_add(&visited, url));
	}
	assert_true(hop("/next", &visited, url, &e));
	assert_true(strings_add(&visited, "https://a.example/last"));
	assert_false(hop("/next", &visited, url, &e));
	assert_int_equal(e.code, ERR_REDIRECT);
}

static void test_status_without_location_is_no_redirect(void **state)
{
	struct http_head head;
	struct http_response r;

	(void)state;
	READ_HEAD(&head, &r, "HTTP/1.1 302 Found", "");
	assert_false(http_head_leads_on(&head, &r));
	READ_HEAD(&head, &r, "HTTP/1.1 304 Not Modified", "Location: /x", "");
	assert_false(http_head_leads_on(&head, &r));
}

/* --- the queue --------------------------------------------------------------- */

static void test_queue_by_host(void **state)
{
	enum { N = 70 };
	struct http_queue q = {0};
	struct http_ticket many[N] = {0}, api[3] = {0};

	(void)state;
	for (size_t i = 0; i < N; i++)
		assert_true(http_queue_add(&q, &many[i], "a.example"));
	for (size_t i = 0; i < 64; i++)
		assert_ptr_equal(http_queue_next(&q), &many[i]);
	assert_null(http_queue_next(&q));
	for (size_t i = 0; i < 3; i++)
		assert_true(http_queue_add(&q, &api[i], "api.github.com"));
	assert_ptr_equal(http_queue_next(&q), &api[0]);
	assert_null(http_queue_next(&q)); /* one at a time */
	http_queue_leave(&api[2]);        /* cancelled while it waited */
	http_queue_leave(&api[0]);
	assert_ptr_equal(http_queue_next(&q), &api[1]);
	http_queue_leave(&api[1]);
	assert_null(http_queue_next(&q));
	http_queue_leave(&many[64]);
	http_queue_leave(&many[0]);
	assert_ptr_equal(http_queue_next(&q), &many[65]);
	assert_null(http_queue_next(&q));
	http_queue_clear(&q);
}

/* --- refusals that reach no network ------------------------------------------ */

struct answer {
	size_t n;
	struct err e;
};

static void on_done(void *user, const struct http_response *r, const struct err *e)
{
	struct answer *answer = user;

	answer->n++;
	assert_int_equal(r->status, 0);
	assert_non_null(e);
	answer->e = *e;
}

static bool refuse(void *user, const char *url, struct err *e)
{
	(void)user;
	return err_set(e, ERR_POLICY, "%s is not on the list", url);
}

static struct http *http_open(void)
{
	const struct http_options options = {.user_agent = "test", .connect_timeout_ms = 1000};
	struct http *h = NULL;
	struct err e = {0};

	assert_true(http_new(&options, &h, &e));
	return h;
}

static struct answer ask(const char *url, bool (*judge)(void *, const char *, struct err *))
{
	SCOPED(http_free) struct http *h = http_open();
	struct answer answer = {0};
	struct http_request request = {.max_bytes = 1000,
		.timeout_ms = 3000,
		.stall_ms = 1000,
		.judge = judge,
		.on_done = on_done,
		.user = &answer};
	struct err e = {0};

	assert_true(text_copy(request.url, sizeof(request.url), url));
	http_submit(h, &request);
	assert_int_equal(answer.n, 0); /* later, like all else */
	for (int i = 0; i < 100 && answer.n == 0; i++)
		assert_true(http_drive(h, -1, false, 100, NULL, &e));
	assert_int_equal(answer.n, 1);
	return answer;
}

static void test_refused_before_contact(void **state)
{
	(void)state;
	assert_int_equal(ask("http://a.example/", NULL).e.code, ERR_POLICY);
	assert_int_equal(ask("file:///etc/passwd", NULL).e.code, ERR_POLICY);
	assert_int_equal(ask("https://127.0.0.1/", NULL).e.code, ERR_POLICY);
	assert_int_equal(ask("https://a.example/", refuse).e.code, ERR_POLICY);
}

static void test_connection_refused(void **state)
{
	(void)state;
	assert_int_equal(ask("https://localhost:1/", NULL).e.code, ERR_NETWORK);
	assert_int_equal(ask("https://no-such-name.invalid/", NULL).e.code, ERR_NETWORK);
}

static void test_extra_descriptor_ends_the_wait(void **state)
{
	SCOPED(http_free) struct http *h = http_open();
	int ends[2];
	bool ready = false;
	struct err e = {0};
	uint64_t began_ms = clock_now_ms();

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_true(http_drive(h, ends[0], false, 20, &ready, &e));
	assert_false(ready);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_true(http_drive(h, ends[0], false, 30000, &ready, &e));
	assert_true(ready);
	ready = false;
	assert_true(http_drive(h, ends[1], true, 30000, &ready, &e));
	assert_true(ready);
	assert_true(clock_now_ms() - began_ms < 20000);
	close(ends[0]);
	close(ends[1]);
}

static void test_status_texts(void **state)
{
	(void)state;
	assert_string_equal(http_status_text(404), "404 Not Found");
	assert_string_equal(http_status_text(418), "a refusal");
	assert_string_equal(http_status_text(0), "no answer");
	assert_string_equal(http_status_text(-5), "no answer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_range_tells_the_total),
		cmocka_unit_test(test_interim_answer_is_no_answer),
		cmocka_unit_test(test_field_that_does_not_fit_did_not_come),
		cmocka_unit_test(test_hops),
		cmocka_unit_test(test_hops_refused),
		cmocka_unit_test(test_too_many_hops),
		cmocka_unit_test(test_status_without_location_is_no_redirect),
		cmocka_unit_test(test_queue_by_host),
		cmocka_unit_test(test_refused_before_contact),
		cmocka_unit_test(test_connection_refused),
		cmocka_unit_test(test_extra_descriptor_ends_the_wait),
		cmocka_unit_test(test_status_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
