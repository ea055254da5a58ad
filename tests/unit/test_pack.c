/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void make_message(struct buf *b)
{
	buf_init(b, 1000);
	pack_u8(b, 0xfe);
	pack_u32(b, 0x12345678);
	pack_u64(b, 0x1122334455667788);
	pack_str(b, "positron");
	pack_str(b, NULL);
	pack_blob(b, "a\0b", 3);
	pack_u32(b, 4);
}

static void read_message(struct unpack *u)
{
	char name[9];
	size_t len = 0;

	assert_int_equal(unpack_u8(u), 0xfe);
	assert_int_equal(unpack_u32(u), 0x12345678);
	assert_true(unpack_u64(u) == 0x1122334455667788);
	unpack_str(u, name, sizeof(name));
	assert_string_equal(name, "positron");

	SCOPED_FREE char *empty = unpack_str_new(u, 10);

	assert_string_equal(empty, "");

	const void *blob = unpack_blob(u, &len);

	assert_int_equal(len, 3);
	assert_memory_equal(blob, "a\0b", 3);
	assert_int_equal(unpack_below(u, 5), 4);
}

static void test_there_and_back(void **state)
{
	struct buf b;
	struct unpack u;

	(void)state;
	make_message(&b);
	assert_memory_equal(b.data + 1, "\x78\x56\x34\x12\x88\x77\x66\x55\x44\x33\x22\x11", 12);
	unpack_init(&u, b.data, b.len);
	read_message(&u);
	assert_true(unpack_is_done(&u));
	buf_clear(&b);
}

/* A message cut anywhere is bad, yields zeros from there, and nothing behind its end is read. */
static void test_cut_anywhere(void **state)
{
	struct buf b;

	(void)state;
	make_message(&b);
	for (size_t cut = 0; cut < b.len; cut++) {
		SCOPED_FREE char *bytes = malloc(cut + 1);
		struct unpack u;
		char name[9];
		size_t len = 0;

		assert_non_null(bytes);
		memcpy(bytes, b.data, cut);
		unpack_init(&u, bytes, cut);
		unpack_u8(&u);
		unpack_u32(&u);
		unpack_u64(&u);
		unpack_str(&u, name, sizeof(name));
		free(unpack_str_new(&u, 10));
		unpack_blob(&u, &len);
		assert_int_equal(unpack_u32(&u), 0);
		assert_true(u.is_bad);
		assert_false(unpack_is_done(&u));
	}
	buf_clear(&b);
}

static void test_left_over_is_not_done(void **state)
{
	struct unpack u;

	(void)state;
	unpack_init(&u, "ab", 2);
	unpack_u8(&u);
	assert_false(unpack_is_done(&u));
	assert_false(u.is_bad);
	unpack_u8(&u);
	assert_true(unpack_is_done(&u));
}

static void test_hostile_fields(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
		{"\x05\0\0\0abcd", 8},   /* longer than what is there */
		{"\xff\xff\xff\xff", 4}, /* and far longer */
		{"\x05\0\0\0abcde", 9},  /* too long for the field */
		{"\x03\0\0\0a\0b", 7},   /* NUL inside */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct unpack u;
		char field[5] = "old";

		unpack_init(&u, bad[i].bytes, bad[i].len);
		unpack_str(&u, field, sizeof(field));
		assert_true(u.is_bad);
		assert_string_equal(field, "");
		unpack_init(&u, bad[i].bytes, bad[i].len);
		assert_null(unpack_str_new(&u, 4));
		assert_true(u.is_bad);
	}
}

static void test_bad_stays_bad(void **state)
{
	struct unpack u;
	size_t len = 9;

	(void)state;
	unpack_init(&u, "\x05\0\0\0\x01\0\0\0", 8);
	assert_int_equal(unpack_below(&u, 5), 0);
	assert_true(u.is_bad);
	assert_int_equal(unpack_u32(&u), 0);
	assert_int_equal(unpack_u8(&u), 0);
	assert_null(unpack_blob(&u, &len));
	assert_int_equal(len, 0);
	assert_null(unpack_str_new(&u, 10));
	assert_false(unpack_is_done(&u));
}

static void test_full_buffer(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 6);
	pack_u32(&b, 1);
	pack_str(&b, "x");
	assert_true(b.is_full);
	assert_int_equal(b.len, 4);
	buf_clear(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_left_over_is_not_done),
		cmocka_unit_test(test_hostile_fields),
		cmocka_unit_test(test_bad_stays_bad),
		cmocka_unit_test(test_full_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
