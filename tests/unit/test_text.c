/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static void test_buf_grows_to_its_limit(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_string_equal(buf_str(&b), "");
	for (size_t i = 0; i < 100; i++)
		assert_true(buf_printf(&b, "%09zu ", i));
	assert_int_equal(b.len, 1000);
	assert_int_equal(strlen(buf_str(&b)), 1000);
	assert_true(buf_put(&b, "", 0));
	assert_false(b.is_full);
	assert_false(buf_puts(&b, "x"));
	assert_true(b.is_full);
	assert_false(buf_put(&b, "", 0)); /* once full, always full */
	assert_int_equal(b.len, 1000);
	buf_reset(&b);
	assert_string_equal(buf_str(&b), "");
	assert_true(buf_puts(&b, "again"));
	assert_string_equal(buf_str(&b), "again");
	buf_clear(&b);
	assert_null(b.data);
}

static void test_buf_hostile_length(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_true(buf_puts(&b, "12345"));
	assert_false(buf_put(&b, "x", SIZE_MAX));
	assert_false(buf_printf(&b, "%s", "1"));
	assert_string_equal(buf_str(&b), "12345");
	buf_clear(&b);
	buf_init(&b, SIZE_MAX);
	assert_true(buf_puts(&b, "x"));
	buf_clear(&b);
}

static void test_buf_move(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);

	SCOPED_FREE char *empty = buf_move(&b);

	assert_string_equal(empty, "");
	assert_true(buf_put(&b, "a\0b", 3));
	assert_int_equal(b.len, 3);

	SCOPED_FREE char *moved = buf_move(&b);

	assert_memory_equal(moved, "a\0b", 4);
	assert_null(b.data);
	assert_int_equal(b.limit_bytes, 10);
}

static void test_copy(void **state)
{
	char out[5] = "old";

	(void)state;
	assert_true(text_copy(out, sizeof(out), "1234"));
	assert_string_equal(out, "1234");
	assert_false(text_copy(out, sizeof(out), "12345"));
	assert_string_equal(out, "");
	assert_true(text_copy_n(out, sizeof(out), "123456", 3));
	assert_string_equal(out, "123");
	assert_false(text_copy(out, 0, ""));
	text_copy_cut(out, sizeof(out), "123\xc3\xa9");
	assert_string_equal(out, "123");
	text_copy_cut(out, sizeof(out), "12\xc3\xa9");
	assert_string_equal(out, "12\xc3\xa9");
	text_copy_cut(out, sizeof(out), "1\xe2\x82\xac\xe2\x82\xac");
	assert_string_equal(out, "1\xe2\x82\xac");
}

static void test_comparing(void **state)
{
	(void)state;
	assert_true(text_equal("a", "a"));
	assert_false(text_equal("a", "b"));
	assert_true(text_equal(NULL, NULL));
	assert_false(text_equal(NULL, "a"));
	assert_false(text_equal("a", NULL));
	assert_true(text_starts("abc", "ab"));
	assert_true(text_starts("abc", ""));
	assert_false(text_starts("ab", "abc"));
	assert_true(text_ends("abc.deb", ".deb"));
	assert_false(text_ends("deb", ".deb"));
}

static void test_escape(void **state)
{
	static const struct {
		const char *raw, *escaped;
	} rows[] = {
		{"plain, \"quoted\" \\ and caf\xc3\xa9", "plain, \"quoted\" \\ and caf\xc3\xa9"},
		{"\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"},
		{"a\tb\r\nc", "a\\x09b\\x0d\\x0ac"},
		{"\x7f", "\\x7f"},
		{"\xc2\x9b"
		 "2J",
			"\\xc2\\x9b2J"},                      /* C1: CSI as one character */
		{"\x9b", "\\x9b"},                            /* and as a bare byte */
		{"\xe2\x80\xae", "\\xe2\\x80\\xae"},          /* right-to-left override */
		{"\xe2\x81\xa6", "\\xe2\\x81\\xa6"},          /* left-to-right isolate */
		{"\xe2\x80\xa8", "\\xe2\\x80\\xa8"},          /* line separator */
		{"\xe2\x80\x8b", "\\xe2\\x80\\x8b"},          /* zero width space */
		{"\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81"}, /* a tag */
		{"\xc0\xaf", "\\xc0\\xaf"},                   /* overlong */
		{"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},          /* surrogate */
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* too high */
		{"\xff\xfe", "\\xff\\xfe"},
		{"\xe2\x82", "\\xe2\\x82"}, /* cut short */
		{"\xe2\x82\xac \xf0\x9f\x98\x80", "\xe2\x82\xac \xf0\x9f\x98\x80"},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		text_escape(rows[i].raw, strlen(rows[i].raw), out, sizeof(out));
		assert_string_equal(out, rows[i].escaped);
	}
	text_escape("a\0b", 3, out, sizeof(out));
	assert_string_equal(out, "a\\x00b");
}

static void test_escape_cuts_whole(void **state)
{
	char out[8];

	(void)state;
	text_escape("12345\x1b", 6, out, sizeof(out));
	assert_string_equal(out, "12345");
	text_escape("123\x1b", 4, out, sizeof(out));
	assert_string_equal(out, "123\\x1b");
	text_escape("123456\xc3\xa9", 8, out, sizeof(out));
	assert_string_equal(out, "123456");
	text_escape("x", 1, out, 1);
	assert_string_equal(out, "");
}

/* Whatever bytes come, what goes out is UTF-8 without controls, and escaping it again changes
 * nothing. */
static void test_escape_any_bytes(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		char raw[24], once[128], twice[128];

		for (size_t i = 0; i < sizeof(raw); i++) {
			seed = seed * 1664525U + 1013904223U;
			raw[i] = (char)(seed >> 24);
		}
		text_escape(raw, sizeof(raw), once, sizeof(once));
		assert_true(text_is_utf8(once, strlen(once)));
		for (const char *c = once; *c != '\0'; c++)
			assert_false((unsigned char)*c < 0x20 || *c == 0x7f);
		text_escape(once, strlen(once), twice, sizeof(twice));
		assert_string_equal(once, twice);
	}
}

static void test_utf8(void **state)
{
	(void)state;
	assert_true(text_is_utf8("", 0));
	assert_true(text_is_utf8("a\0\xc3\xa9", 4));
	assert_false(text_is_utf8("\xc3\xa9", 1));
	assert_false(text_is_utf8("\xc3", 1));
	assert_false(text_is_utf8("\xf8\x88\x80\x80\x80", 5));
}

static void test_columns(void **state)
{
	(void)state;
	assert_int_equal(text_columns(""), 0);
	assert_int_equal(text_columns("positron"), 8);
	assert_int_equal(text_columns("caf\xc3\xa9"), 4);
	assert_int_equal(text_columns("cafe\xcc\x81"), 4);             /* combining */
	assert_int_equal(text_columns("\xe6\xbc\xa2\xe5\xad\x97"), 4); /* CJK */
	assert_int_equal(text_columns("\xf0\x9f\x98\x80"), 2);         /* emoji */
	assert_int_equal(text_columns("\xe3\x82\xab\xe3\x82\x99"), 2); /* kana, its mark */
	assert_int_equal(text_columns("\xe2\x94\x81\xe2\x95\xb8"), 2); /* a bar's pieces */
	assert_int_equal(text_columns("\xef\xbc\xa1\xef\xbd\xb1"), 3); /* full, half width */
	assert_int_equal(text_columns("\xff"), 1);
}

static void test_numbers(void **state)
{
	static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "0x1", "18446744073709551616",
		"99999999999999999999999"};
	uint64_t n = 5;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(text_to_u64(bad[i], &n));
	assert_int_equal(n, 5);
	assert_true(text_to_u64("18446744073709551615", &n));
	assert_true(n == UINT64_MAX);
	assert_true(text_to_u64("007", &n));
	assert_int_equal(n, 7);
	assert_true(text_is_hex("09afAF", 6));
	assert_false(text_is_hex("09af", 6));
	assert_false(text_is_hex("09afg0", 6));
}

static void test_words(void **state)
{
	char text[] = "a::b", white[] = " \t x y\r\n", none[] = "  ", mixed[] = "AbZ\xc3\x89";
	char *cursor = text;

	(void)state;
	assert_string_equal(text_next(&cursor, ':'), "a");
	assert_string_equal(text_next(&cursor, ':'), "");
	assert_string_equal(text_next(&cursor, ':'), "b");
	assert_null(text_next(&cursor, ':'));
	assert_null(text_next(&cursor, ':'));
	assert_string_equal(text_trim(white), "x y");
	assert_string_equal(text_trim(none), "");
	text_lower(mixed);
	assert_string_equal(mixed, "abz\xc3\x89");
}

static void test_nearest(void **state)
{
	static const char *const verbs[] = {
		"check", "status", "upgrade", "install", "hold", "unhold", "list", NULL};
	char longest[100];

	(void)state;
	assert_string_equal(text_nearest("chekc", verbs), "check");
	assert_string_equal(text_nearest("upgrad", verbs), "upgrade");
	assert_string_equal(text_nearest("unold", verbs), "unhold");
	assert_string_equal(text_nearest("lst", verbs), "list");
	assert_null(text_nearest("frobnicate", verbs));
	assert_null(text_nearest("", verbs));
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_null(text_nearest(longest, verbs));
}

static void test_utf8_len(void **state)
{
	static const struct {
		const char *raw;
		size_t len;
	} rows[] = {{"a\xff", 1}, {"\xc3\xa4", 2}, {"\xe2\x82\xac!", 3}, {"\xf0\x9f\x98\x80", 4},
		{"\xc3", 0}, {"\xe2\x82", 0}, {"\xff", 0}, {"\x80", 0}, {"\xc0\x80", 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(text_utf8_len(rows[i].raw, strlen(rows[i].raw)), rows[i].len);
}

static void test_size_of(void **state)
{
	static const struct {
		uint64_t done, total;
		const char *text;
	} rows[] = {{412000000, 569000000, "412 of 569 MB"}, {999000, 2000000, "999 kB of 2.0 MB"},
		{412000000, 0, "412 MB"}, {0, 1500, "0 B of 1.5 kB"}};
	char text[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		text_size_of(rows[i].done, rows[i].total, text, sizeof(text));
		assert_string_equal(text, rows[i].text);
	}
}

static void test_sizes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {{0, "0 B"}, {999, "999 B"}, {1000, "1.0 kB"}, {12000, "12 kB"},
		{312345, "312 kB"}, {999499, "999 kB"}, {999500, "1.0 MB"}, {569000000, "569 MB"},
		{1900000000, "1.9 GB"}, {9949999999, "9.9 GB"}, {9960000000, "10 GB"},
		{UINT64_MAX, "18 EB"}};
	char out[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		text_size(rows[i].bytes, out, sizeof(out));
		assert_string_equal(out, rows[i].text);
	}
}

static void test_durations(void **state)
{
	static const struct {
		uint64_t ms;
		const char *text;
	} rows[] = {{0, "0.0 s"}, {412, "0.4 s"}, {9999, "9.9 s"}, {12345, "12 s"}, {59999, "59 s"},
		{72000, "1 min 12 s"}, {3599999, "59 min 59 s"}, {10920000, "3 h 2 min"}};
	char out[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		text_duration(rows[i].ms, out, sizeof(out));
		assert_string_equal(out, rows[i].text);
	}
}

static void test_strings(void **state)
{
	SCOPED_CLEAR(strings_clear) struct strings list = {0};

	(void)state;
	assert_false(strings_has(&list, "a"));
	assert_true(strings_add(&list, "a"));
	assert_true(strings_add(&list, "b"));
	assert_int_equal(list.n_items, 2);
	assert_null(list.items[2]);
	assert_true(strings_has(&list, "b"));
	assert_false(strings_has(&list, "c"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buf_grows_to_its_limit),
		cmocka_unit_test(test_buf_hostile_length),
		cmocka_unit_test(test_buf_move),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_comparing),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_escape_cuts_whole),
		cmocka_unit_test(test_escape_any_bytes),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_utf8_len),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_size_of),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
