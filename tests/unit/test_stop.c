/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/stop.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static void open_it(struct stop *s)
{
	struct err e = {0};

	if (!stop_open(s, &e))
		fail_msg("%s", e.text);
}

static bool is_readable(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	return poll(&wait, 1, 0) == 1;
}

static void nothing_came(void **state)
{
	struct stop s;

	(void)state;
	open_it(&s);
	assert_false(stop_is_asked(&s));
	assert_false(is_readable(s.fd));
	assert_int_equal(s.signal, 0);
	stop_close(&s);
}

static void each_of_the_three_is_a_question(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct stop s;

		open_it(&s);
		assert_int_equal(raise(signals[i]), 0); /* and we live */
		assert_true(is_readable(s.fd));
		assert_true(stop_is_asked(&s));
		assert_int_equal(s.signal, signals[i]);
		assert_true(stop_is_asked(&s)); /* it is not forgotten */
		stop_close(&s);
	}
}

static void the_first_that_came_counts(void **state)
{
	struct stop s;

	(void)state;
	open_it(&s);
	assert_int_equal(raise(SIGTERM), 0);
	assert_true(stop_is_asked(&s));
	assert_int_equal(raise(SIGINT), 0);
	assert_true(stop_is_asked(&s));
	assert_int_equal(s.signal, SIGTERM);
	/* Whoever waits on the descriptor must not be woken again and again. */
	assert_false(is_readable(s.fd));
	stop_close(&s);
}

/* A reader that has gone is an error of write, not the end. */
static void a_closed_pipe_does_not_end_us(void **state)
{
	struct stop s;
	int ends[2];

	(void)state;
	open_it(&s);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	assert_int_equal(write(ends[1], "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	close(ends[1]);
	stop_close(&s);
}

/* What the other half told, each way: s->signal afterwards. */
static int heard_from_peer(int told)
{
	struct err e = {0};
	struct stop s;
	int ends[2];

	open_it(&s);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_true(stop_listen(&s, ends[0], &e));
	assert_false(stop_is_asked(&s));
	assert_int_equal(write(ends[0], "{}", 2), 2); /* our document, unread at its end */
	if (told != 0)
		stop_tell(ends[1], told);
	else
		close(ends[1]);
	assert_true(is_readable(s.fd));
	assert_true(stop_is_asked(&s));
	assert_false(is_readable(s.fd));
	close(ends[0]);
	if (told != 0)
		close(ends[1]);
	stop_close(&s);
	return s.signal;
}

static void the_other_half_tells_what_it_got(void **state)
{
	(void)state;
	assert_int_equal(heard_from_peer(SIGTERM), SIGTERM);
	assert_int_equal(heard_from_peer(SIGINT), SIGINT);
	assert_int_equal(heard_from_peer(SIGKILL), SIGHUP);
	assert_int_equal(heard_from_peer(0), SIGHUP); /* it was killed */
}

static void what_is_no_socket_is_no_other_half(void **state)
{
	struct err e = {0};
	struct stop s;
	int ends[2];

	(void)state;
	open_it(&s);
	assert_int_equal(pipe(ends), 0);
	assert_true(stop_listen(&s, ends[1], &e));
	close(ends[0]);
	assert_false(stop_is_asked(&s));
	assert_false(is_readable(s.fd));
	close(ends[1]);
	stop_close(&s);
}

static void one_that_was_never_opened(void **state)
{
	struct stop s = {.fd = -1};

	(void)state;
	assert_false(stop_is_asked(&s));
	stop_close(&s);
	open_it(&s);
	stop_close(&s);
	stop_close(&s); /* twice is once */
	assert_int_equal(s.fd, -1);
	assert_false(stop_is_asked(&s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_came),
		cmocka_unit_test(each_of_the_three_is_a_question),
		cmocka_unit_test(the_first_that_came_counts),
		cmocka_unit_test(a_closed_pipe_does_not_end_us),
		cmocka_unit_test(the_other_half_tells_what_it_got),
		cmocka_unit_test(what_is_no_socket_is_no_other_half),
		cmocka_unit_test(one_that_was_never_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
