/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "updaters/wire.h"

/* Two wires, or a wire and the bare socket of one who does not keep to the rules. */
struct ends {
	struct wire *ours;
	struct wire *theirs; /* NULL: raw */
	int raw;
};

static void ends_open(struct ends *ends, bool with_raw)
{
	int fds[2];
	struct err e = {0};

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	assert_true(wire_new(fds[0], &ends->ours, &e));
	ends->theirs = NULL;
	ends->raw = fds[1];
	if (!with_raw)
		assert_true(wire_new(fds[1], &ends->theirs, &e));
}

static void ends_close(struct ends *ends)
{
	wire_free(ends->ours);
	if (ends->theirs != NULL)
		wire_free(ends->theirs);
	else if (ends->raw >= 0)
		close(ends->raw);
}

static void assert_garbage(const void *bytes, size_t len, const char *word)
{
	struct ends ends;
	struct wire_message m;
	struct err e = {0};

	ends_open(&ends, true);
	assert_int_equal(send(ends.raw, bytes, len, 0), (ssize_t)len);
	assert_int_equal(wire_receive(ends.ours, &m, &e), WIRE_GOT_GARBAGE);
	assert_non_null(strstr(e.text, word));
	ends_close(&ends);
}

static void test_small_message(void **state)
{
	struct ends ends;
	struct wire_message m;
	struct err e = {0};

	(void)state;
	ends_open(&ends, false);
	assert_int_equal(wire_receive(ends.theirs, &m, &e), WIRE_GOT_NOTHING);
	assert_true(wire_send(ends.ours, WIRE_PROGRESS, 9, "hello", 5, -1, &e));
	assert_true(wire_send(ends.ours, WIRE_READY, 0, NULL, 0, -1, &e));
	assert_int_equal(wire_receive(ends.theirs, &m, &e), WIRE_GOT_MESSAGE);
	assert_int_equal(m.type, WIRE_PROGRESS);
	assert_int_equal(m.job_id, 9);
	assert_int_equal(m.len, 5);
	assert_memory_equal(m.body, "hello", 5);
	assert_int_equal(m.fd, -1);
	assert_int_equal(wire_receive(ends.theirs, &m, &e), WIRE_GOT_MESSAGE);
	assert_int_equal(m.len, 0);
	ends_close(&ends);
}

/* Both ends send 8 MiB at once, which no socket holds: neither may wait for the other. */
static void test_large_messages_both_ways(void **state)
{
	struct ends ends;
	struct wire_message m = {0};
	struct err e = {0};
	SCOPED_FREE unsigned char *body = malloc(WIRE_BODY_MAX);
	bool ours_came = false, theirs_came = false;

	(void)state;
	assert_non_null(body);
	for (size_t i = 0; i < WIRE_BODY_MAX; i++)
		body[i] = (unsigned char)(i * 31 >> 3);
	ends_open(&ends, false);
	assert_true(wire_send(ends.ours, WIRE_JOB, 1, body, WIRE_BODY_MAX, -1, &e));
	assert_true(wire_send(ends.theirs, WIRE_RESULT, 2, body, WIRE_BODY_MAX - 1, -1, &e));
	assert_true(wire_has_queue(ends.ours));
	for (int i = 0; i < 10000 && !(ours_came && theirs_came); i++) {
		assert_true(wire_flush(ends.ours, &e) && wire_flush(ends.theirs, &e));
		if (!theirs_came && wire_receive(ends.theirs, &m, &e) == WIRE_GOT_MESSAGE) {
			assert_int_equal(m.len, WIRE_BODY_MAX);
			assert_memory_equal(m.body, body, m.len);
			theirs_came = true;
		}
		if (!ours_came && wire_receive(ends.ours, &m, &e) == WIRE_GOT_MESSAGE) {
			assert_int_equal(m.len, WIRE_BODY_MAX - 1);
			assert_memory_equal(m.body, body, m.len);
			ours_came = true;
		}
	}
	assert_true(ours_came && theirs_came);
	assert_false(wire_send(ends.ours, WIRE_JOB, 1, body, WIRE_BODY_MAX + 1, -1, &e));
	assert_int_equal(e.code, ERR_TOO_BIG);
	ends_close(&ends);
}

/* Descriptors go with their own message, also out of the queue. */
static void test_descriptors(void **state)
{
	enum { N = 400 };
	struct ends ends;
	struct wire_message m;
	struct err e = {0};
	char body[2000] = "";

	(void)state;
	ends_open(&ends, false);
	for (uint32_t i = 0; i < N; i++) {
		int pipe_ends[2];
		char byte = (char)i;

		assert_int_equal(pipe2(pipe_ends, O_CLOEXEC), 0);
		assert_int_equal(write(pipe_ends[1], &byte, 1), 1);
		assert_true(
			wire_send(ends.ours, WIRE_PAGE, i, body, sizeof(body), pipe_ends[0], &e));
		close(pipe_ends[0]);
		close(pipe_ends[1]);
	}
	assert_true(wire_has_queue(ends.ours));
	for (uint32_t i = 0; i < N; i++) {
		char byte = 0;

		assert_true(wire_flush(ends.ours, &e));
		assert_int_equal(wire_receive(ends.theirs, &m, &e), WIRE_GOT_MESSAGE);
		assert_int_equal(m.job_id, i);
		assert_true(m.fd >= 0);
		assert_int_equal(fcntl(m.fd, F_GETFD), FD_CLOEXEC);
		assert_int_equal(read(m.fd, &byte, 1), 1);
		assert_int_equal(byte, (char)i);
		close(m.fd);
	}
	ends_close(&ends);
}

static void test_end(void **state)
{
	struct ends ends;
	struct wire_message m;
	struct err e = {0};

	(void)state;
	ends_open(&ends, true);
	close(ends.raw);
	ends.raw = -1;
	assert_int_equal(wire_receive(ends.ours, &m, &e), WIRE_GOT_END);
	assert_true(wire_send(ends.ours, WIRE_JOB, 0, "x", 1, -1, &e));
	assert_false(wire_flush(ends.ours, &e));
	assert_int_equal(e.code, ERR_WORKER);
	ends_close(&ends);
}

static void test_garbage(void **state)
{
	static const char large[WIRE_MESSAGE_MAX + 1];
	const uint32_t unknown[] = {WIRE_N_TYPES, 0, 0, 1};
	const uint32_t no_parts[] = {WIRE_RESULT, 0, 0, 0};
	const uint32_t many_parts[] = {WIRE_RESULT, 0, 0, UINT32_MAX};
	const uint32_t late_part[] = {WIRE_RESULT, 0, 1, 2};
	const uint32_t cut_part[] = {WIRE_RESULT, 0, 0, 2, 42};

	(void)state;
	assert_garbage("hello", 5, "too short");
	assert_garbage(large, sizeof(large), "oversized");
	assert_garbage(unknown, sizeof(unknown), "unknown type");
	assert_garbage(no_parts, sizeof(no_parts), "number of parts");
	assert_garbage(many_parts, sizeof(many_parts), "number of parts");
	assert_garbage(late_part, sizeof(late_part), "out of order");
	assert_garbage(cut_part, sizeof(cut_part), "cut short");
}

static void test_mixed_parts_are_garbage(void **state)
{
	static uint32_t part[WIRE_MESSAGE_MAX / 4] = {WIRE_RESULT, 5, 0, 3};
	struct ends ends;
	struct wire_message m;
	struct err e = {0};

	(void)state;
	ends_open(&ends, true);
	assert_int_equal(send(ends.raw, part, sizeof(part), 0), sizeof(part));
	assert_int_equal(wire_receive(ends.ours, &m, &e), WIRE_GOT_NOTHING);
	part[1] = 6;
	part[2] = 1;
	assert_int_equal(send(ends.raw, part, sizeof(part), 0), sizeof(part));
	assert_int_equal(wire_receive(ends.ours, &m, &e), WIRE_GOT_GARBAGE);
	assert_non_null(strstr(e.text, "mixed"));
	ends_close(&ends);
}

static void test_trapped_call(void **state)
{
	const uint32_t number = 59;
	struct ends ends;
	struct wire_message m;
	struct err e = {0};

	(void)state;
	ends_open(&ends, true);
	assert_int_equal(send(ends.raw, &number, sizeof(number), 0), sizeof(number));
	assert_int_equal(wire_receive(ends.ours, &m, &e), WIRE_GOT_MESSAGE);
	assert_int_equal(m.type, WIRE_TRAPPED);
	assert_int_equal(m.len, sizeof(number));
	assert_memory_equal(m.body, &number, sizeof(number));
	ends_close(&ends);
}

static void test_start_comes_back_whole(void **state)
{
	struct wire_start in = {.proxy = "http://proxy:3128",
		.no_proxy = "a.test",
		.wait_budget_ms = 45000,
		.write_folder = "/var/cache/x",
		.with_network = true,
		.uid = 900,
		.gid = 901,
		.timeout_ms = 1,
		.stall_ms = 2,
		.max_file_bytes = UINT64_C(1) << 40,
		.limit_rate = 3};
	struct wire_start out = {0};
	SCOPED_CLEAR(buf_clear) struct buf packed = {0};
	struct unpack u;

	(void)state;
	buf_init(&packed, WIRE_MESSAGE_MAX);
	wire_start_pack(&in, &packed);
	unpack_init(&u, packed.data, packed.len);
	assert_true(wire_start_unpack(&u, &out));
	assert_string_equal(out.version, DEVUPD_VERSION);
	assert_string_equal(out.proxy, in.proxy);
	assert_string_equal(out.no_proxy, in.no_proxy);
	assert_int_equal(out.wait_budget_ms, in.wait_budget_ms);
	assert_string_equal(out.write_folder, in.write_folder);
	assert_true(out.with_network && !out.change_user);
	assert_int_equal(out.gid, 901);
	assert_int_equal(out.max_file_bytes, UINT64_C(1) << 40);
	unpack_init(&u, packed.data, packed.len - 1);
	assert_false(wire_start_unpack(&u, &out));
}

/* However little the rest is what ours would be: it is known who sent it. */
static void test_start_of_another_version(void **state)
{
	struct wire_start out = {0};
	SCOPED_CLEAR(buf_clear) struct buf packed = {0};
	struct unpack u;

	(void)state;
	buf_init(&packed, WIRE_MESSAGE_MAX);
	pack_str(&packed, "9.9");
	pack_u8(&packed, 1);
	unpack_init(&u, packed.data, packed.len);
	assert_false(wire_start_unpack(&u, &out));
	assert_string_equal(out.version, "9.9");
	unpack_init(&u, "", 0);
	assert_false(wire_start_unpack(&u, &out));
	assert_string_equal(out.version, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_message),
		cmocka_unit_test(test_large_messages_both_ways),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_mixed_parts_are_garbage),
		cmocka_unit_test(test_trapped_call),
		cmocka_unit_test(test_start_comes_back_whole),
		cmocka_unit_test(test_start_of_another_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
