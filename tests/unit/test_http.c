/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/http.h"
#include "updaters/lib/http_head.h"
#include "updaters/lib/http_queue.h"
#include "updaters/lib/http_transfer.h"

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

/* --- the floor --------------------------------------------------------------- */

enum { FLOOR_BYTES = 1000, FLOOR_MS = 50 };

/* So many bytes, then one more when the time that is counted is over. */
static bool takes(struct transfer *t, size_t len)
{
	static const char bytes[2 * FLOOR_BYTES];

	assert_true(transfer_take_bytes(t, bytes, len));
	usleep((FLOOR_MS + 10) * 1000);
	return transfer_take_bytes(t, bytes, 1);
}

static void test_a_trickle_is_broken_off(void **state)
{
	struct transfer t = {.request = {.max_bytes = UINT64_MAX,
				     .timeout_ms = UINT64_MAX,
				     .floor_bytes = FLOOR_BYTES,
				     .floor_ms = FLOOR_MS}};
	uint64_t left_ms = 0;
	struct err e = {0};

	(void)state;
	buf_init(&t.body, 1 << 20);
	assert_true(transfer_start_hop(&t, &left_ms, &e));
	assert_true(takes(&t, FLOOR_BYTES));
	assert_false(takes(&t, 1));
	assert_int_equal(t.error.code, ERR_STALLED);
	assert_true(transfer_start_hop(&t, &left_ms, &e)); /* counted anew */
	assert_true(takes(&t, FLOOR_BYTES));
	t.request.floor_ms = 0;
	assert_true(takes(&t, 1));
	buf_clear(&t.body);
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

/* --- other tries ------------------------------------------------------------- */

struct waits {
	unsigned n_waits, n_done;
	uint64_t wait_ms;
	char text[1024];
	struct http_response last;
	struct err e;
};

static void on_wait(void *user, uint64_t wait_ms, const char *text)
{
	struct waits *w = user;

	w->n_waits++;
	w->wait_ms = wait_ms;
	text_copy_cut(w->text, sizeof(w->text), text);
}

static void on_end(void *user, const struct http_response *r, const struct err *e)
{
	struct waits *w = user;

	w->n_done++;
	w->last = *r;
	if (e != NULL)
		w->e = *e;
}

static struct transfer *add_transfer(struct transfers *list, struct waits *w)
{
	const struct http_request request = {.url = "https://a.example/page",
		.max_bytes = 1000,
		.on_wait = on_wait,
		.on_done = on_end,
		.user = w};

	return transfer_add(list, NULL, &request);
}

static void fall_over(struct transfers *list, struct transfer *t, int status)
{
	t->response.status = status;
	t->response.n_hops = 2;
	assert_true(strings_add(&t->visited, t->request.url));
	if (t->is_fresh) { /* it was under way */
		t->is_fresh = false;
		list->n_fresh--;
	}
	assert_true(transfer_try_again(list, t, HTTP_FAULT_NONE, NULL));
}

/* While it waits it is not fresh; then it begins where it began. */
static void test_waits_and_begins_anew(void **state)
{
	struct transfers list = {.budget = {.left_ms = 60000}};
	struct waits w = {0};
	struct transfer *t = add_transfer(&list, &w);
	uint64_t wake_ms;

	(void)state;
	assert_int_equal(transfers_wake(&list, clock_now_ms()), UINT64_MAX);
	memcpy(t->response.url, "https://b.example/x", 20);
	fall_over(&list, t, 503);
	assert_int_equal(w.n_waits, 1);
	assert_in_range(w.wait_ms, 500, 1000);
	assert_non_null(strstr(w.text, "https://b.example/x answers 503 Service Unavailable; "));
	assert_non_null(strstr(w.text, "(2 of 3)"));
	wake_ms = transfers_wake(&list, clock_now_ms());
	assert_int_equal(wake_ms, t->wake_ms);
	assert_int_equal(list.n_fresh, 0);
	assert_int_equal(transfers_wake(&list, wake_ms), UINT64_MAX);
	assert_true(t->is_fresh);
	assert_int_equal(list.n_fresh, 1);
	assert_int_equal(list.n_waiting, 0);
	assert_string_equal(t->response.url, "https://a.example/page");
	assert_int_equal(t->response.n_hops, 0); /* the token is for the first hop alone */
	assert_int_equal(t->visited.n_items, 0); /* no loop is seen where none is */
	fall_over(&list, t, 500);
	transfers_wake(&list, UINT64_MAX - 1);
	t->response.status = 502;
	assert_false(transfer_try_again(&list, t, HTTP_FAULT_NONE, NULL));
	transfer_end(&list, t, NULL);
	assert_int_equal(w.n_done, 1);
	assert_int_equal(w.last.n_tries, 3);
	assert_non_null(strstr(w.last.tries_told, "tried 3 times in"));
	assert_int_equal(list.n_fresh, 0);
}

static void test_dropped_while_it_waits(void **state)
{
	struct transfers list = {.budget = {.left_ms = 60000}};
	struct waits w = {0};
	struct transfer *t = add_transfer(&list, &w);

	(void)state;
	fall_over(&list, t, 503);
	transfer_drop(&list, t);
	assert_int_equal(list.n_waiting, 0);
	assert_int_equal(transfers_wake(&list, UINT64_MAX - 1), UINT64_MAX);
	assert_int_equal(w.n_done, 0);
}

/* What a sink was given can't be made undone: its owner is told that it may go on. */
static void test_begun_sink_is_left_to_its_owner(void **state)
{
	struct transfers list = {.budget = {.left_ms = 60000}};
	struct waits w = {0};
	struct transfer *t = add_transfer(&list, &w);
	struct err e = {0};

	(void)state;
	err_set(&e, ERR_NETWORK, "cut");
	t->has_sink_begun = true;
	assert_false(transfer_try_again(&list, t, HTTP_FAULT_PASSING, &e));
	transfer_end(&list, t, &e);
	assert_true(w.last.may_go_on);
	assert_string_equal(w.e.text, "cut");
	assert_int_equal(w.n_waits, 0);
	t = add_transfer(&list, &w);
	t->has_sink_begun = true;
	assert_false(transfer_try_again(&list, t, HTTP_FAULT_LASTING, &e));
	transfer_end(&list, t, &e);
	assert_false(w.last.may_go_on);
}

static void test_owner_that_tried_before_waits_first(void **state)
{
	struct transfers list = {.budget = {.left_ms = 60000}};
	struct waits w = {0};
	struct err cut = {0}, e = {0};
	struct transfer *t;

	(void)state;
	err_set(&cut, ERR_NETWORK, "cut");
	for (unsigned n_tries = 1; n_tries <= 4; n_tries++) {
		struct http_request request = {.url = "https://a.example/page",
			.max_bytes = 1000,
			.on_wait = on_wait,
			.on_done = on_end,
			.n_tries = n_tries,
			.tries_max = 4,
			.last_error = &cut,
			.first_try_ms = clock_now_ms(),
			.user = &w};

		w = (struct waits){0};
		t = transfer_add(&list, NULL, &request);
		assert_true(t->owes_wait);
		assert_int_equal(transfer_wait_first(&list, t, &e), n_tries < 4);
		assert_int_equal(w.n_waits, n_tries < 4);
		if (n_tries < 4) {
			assert_non_null(strstr(w.text, "cut; trying again in"));
			transfers_wake(&list, UINT64_MAX - 1);
			assert_int_equal(t->n_tries, n_tries + 1);
			transfer_end(&list, t, NULL);
		} else {
			transfer_end(&list, t, &e);
			assert_non_null(strstr(w.e.text, "cut (tried 4 times in"));
		}
		assert_int_equal(list.n_waiting + list.n_fresh, 0);
	}
}

/* GitHub's API says when there are requests again, or wants a minute. */
static void test_limits_are_waited_for(void **state)
{
	static const struct {
		const char *url;
		uint64_t in_s; /* X-RateLimit-Reset, from now */
		bool is_limited, waits;
	} cases[] = {
		{"https://api.github.com/x", 0, false, false},
		{"https://a.example/x", 0, false, true}, {"https://a.example/x", 3600, true, false},
		{"https://a.example/x", 10, true, true},
		{"https://a.example/x", 3600, false, true}, /* some are left */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct transfers list = {.budget = {.left_ms = 45000}};
		struct waits w = {0};
		struct transfer *t = add_transfer(&list, &w);

		text_copy_cut(t->response.url, sizeof(t->response.url), cases[i].url);
		t->response.status = 429;
		t->response.is_limited = cases[i].is_limited;
		t->response.limited_until_s =
			cases[i].in_s == 0 ? 0 : (uint64_t)clock_unix_ms() / 1000 + cases[i].in_s;
		assert_int_equal(
			transfer_try_again(&list, t, HTTP_FAULT_NONE, NULL), cases[i].waits);
		assert_int_equal(
			cases[i].waits, strstr(t->response.tries_told, "it asks to wait") == NULL);
		transfer_drop(&list, t);
	}
}

static void test_head_without_end(void **state)
{
	static const char line[] = "X-Line: 0123456789012345678901234567890123456789\r\n";
	struct transfers list = {0};
	struct waits w = {0};
	struct transfer *t = add_transfer(&list, &w);
	uint64_t left_ms, n_lines = 0;
	struct err e = {0};

	(void)state;
	t->request.timeout_ms = UINT64_MAX;
	assert_true(transfer_start_hop(t, &left_ms, &e));
	assert_true(transfer_take_head_line(t, "HTTP/2 200\r\n", 12));
	while (n_lines < 100000 && transfer_take_head_line(t, line, sizeof(line) - 1))
		n_lines++;
	assert_int_equal(n_lines, ((256 << 10) - 12) / (sizeof(line) - 1));
	assert_int_equal(t->error.code, ERR_TOO_BIG);
	/* the next hop has as much room again */
	assert_true(transfer_start_hop(t, &left_ms, &e));
	assert_true(transfer_take_head_line(t, "HTTP/2 200\r\n", 12));
	transfer_drop(&list, t);
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
		cmocka_unit_test(test_a_trickle_is_broken_off),
		cmocka_unit_test(test_queue_by_host),
		cmocka_unit_test(test_waits_and_begins_anew),
		cmocka_unit_test(test_dropped_while_it_waits),
		cmocka_unit_test(test_begun_sink_is_left_to_its_owner),
		cmocka_unit_test(test_owner_that_tried_before_waits_first),
		cmocka_unit_test(test_limits_are_waited_for),
		cmocka_unit_test(test_head_without_end),
		cmocka_unit_test(test_refused_before_contact),
		cmocka_unit_test(test_connection_refused),
		cmocka_unit_test(test_extra_descriptor_ends_the_wait),
		cmocka_unit_test(test_status_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
