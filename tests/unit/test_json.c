/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* The vendor's forms: feed, map of checksums, deep tree. */
static const char feed[] = "{\"version\":\"2026.08.2-4\",\"size\":596639744,\"pro\":false,"
			   "\"ratio\":1.50,\"none\":null,\"a/b\":{\"m~n\":[10,20,{\"x\":\"y\"}]},"
			   "\"\":\"empty\",\"neg\":-3,\"nul\":\"a\\u0000b\"}";

static struct json *parsed(const char *text)
{
	struct json *document = NULL;
	struct err e = {0};

	if (!json_parse(text, strlen(text), &document, &e))
		fail_msg("%s: %s", text, e.text);
	return document;
}

static void pointers_find_values(void **state)
{
	SCOPED(json_free) struct json *d = parsed(feed);
	static const struct {
		const char *pointer, *text;
	} cases[] = {{"/version", "2026.08.2-4"}, {"/size", "596639744"}, {"/pro", "false"},
		{"/ratio", "1.50"}, {"/none", NULL}, {"/a~1b/m~0n/0", "10"},
		{"/a~1b/m~0n/2/x", "y"}, {"/a~1b/m~0n/02", NULL}, {"/a~1b/m~0n/3", NULL},
		{"/a~1b/m~0n/-", NULL}, {"/a~1b/m~0n/99999999999999999999", NULL}, {"/", "empty"},
		{"", NULL}, {"/a~1b", NULL}, {"/absent/x", NULL}, {"/version/x", NULL},
		{"version", NULL}, {"/a~2b", NULL}, {"/a~", NULL}, {"/nul", NULL}, {"/neg", "-3"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *text = json_text(json_at(d, cases[i].pointer));

		if (!text_equal(text, cases[i].text))
			fail_msg("%s is %s", cases[i].pointer, text != NULL ? text : "NULL");
	}
	assert_ptr_equal(json_at(d, ""), d);
	assert_null(json_at(NULL, "/x"));
}

static void values_keep_their_type(void **state)
{
	SCOPED(json_free) struct json *d = parsed(feed);
	uint64_t n = 7;

	(void)state;
	assert_true(json_u64(json_at(d, "/size"), &n));
	assert_int_equal(n, 596639744);
	assert_false(json_u64(json_at(d, "/neg"), &n));
	assert_false(json_u64(json_at(d, "/ratio"), &n));
	assert_false(json_u64(json_at(d, "/version"), &n));
	assert_false(json_u64(NULL, &n));
	assert_int_equal(n, 596639744);
	assert_true(json_is_list(json_at(d, "/a~1b/m~0n")));
	assert_true(json_is_object(json_at(d, "/a~1b")));
	assert_false(json_is_object(NULL));
}

static void lists_and_objects_are_walked(void **state)
{
	SCOPED(json_free) struct json *d = parsed("{\"b\":1,\"a\":[\"x\",null,\"z\"]}");
	const struct json *list = json_at(d, "/a");
	const char *key = NULL;

	(void)state;
	assert_int_equal(json_count(d), 2);
	assert_string_equal(json_text(json_item(d, 0, &key)), "1");
	assert_string_equal(key, "b");
	assert_ptr_equal(json_item(d, 1, &key), list);
	assert_string_equal(key, "a");
	assert_null(json_item(d, 2, &key));
	assert_int_equal(json_count(list), 3);
	assert_string_equal(json_text(json_item(list, 2, NULL)), "z");
	assert_null(json_item(list, 1, NULL));
	assert_null(json_item(list, 3, NULL));
	assert_int_equal(json_count(json_at(d, "/b")), 0);
}

static void of_many_keys_the_first_are_counted(void **state)
{
	SCOPED_CLEAR(buf_clear) struct buf b = {0};
	SCOPED(json_free) struct json *d = NULL;
	const char *key = NULL;

	(void)state;
	buf_init(&b, 1 << 20);
	buf_puts(&b, "{\"k\":0");
	for (int i = 1; i < 2 * JSON_KEYS_MAX; i++)
		buf_printf(&b, ",\"k%d\":%d", i, i);
	buf_puts(&b, "}");
	d = parsed(buf_str(&b));
	assert_int_equal(json_count(d), JSON_KEYS_MAX);
	assert_non_null(json_item(d, JSON_KEYS_MAX - 1, &key));
	assert_string_equal(key, "k4095");
	assert_string_equal(json_text(json_at(d, "/k8000")), "8000");
}

static void wrong_documents_are_refused(void **state)
{
	static const char *const wrong[] = {"", " ", "{", "[1,", "{\"a\":}", "[1,]", "{\"a\":1,}",
		"{} x", "{}{}", "null", "[\"\xFF\"]", "\"a", "[1 2]", "{a:1}", "/* c */ {}",
		"<html>"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct json *d = NULL;
		struct err e = {0};

		if (json_parse(wrong[i], strlen(wrong[i]), &d, &e))
			fail_msg("%s was taken", wrong[i]);
		assert_null(d);
		assert_int_equal(e.code, ERR_PARSE);
		assert_non_null(strstr(e.text, "offset "));
	}
}

static void a_nul_byte_ends_nothing(void **state)
{
	static const char raw[] = "{\"a\":1}\0{\"a\":2}";
	struct json *d = NULL;
	struct err e = {0};

	(void)state;
	assert_false(json_parse(raw, sizeof(raw) - 1, &d, &e));
	assert_int_equal(e.code, ERR_PARSE);
	assert_string_equal(e.text, "offset 7: NUL byte");
}

static bool parses_nested(size_t depth)
{
	SCOPED_CLEAR(buf_clear) struct buf b = {0};
	SCOPED(json_free) struct json *d = NULL;

	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < depth; i++)
		buf_puts(&b, "[");
	for (size_t i = 0; i < depth; i++)
		buf_puts(&b, "]");
	return json_parse(buf_str(&b), b.len, &d, NULL);
}

static void depth_and_size_are_bounded(void **state)
{
	enum { TOO_LONG = (8 << 20) + 1 };
	SCOPED_FREE char *blanks = malloc(TOO_LONG);
	SCOPED(json_free) struct json *d = NULL;
	struct err e = {0};

	(void)state;
	assert_true(parses_nested(31));
	assert_false(parses_nested(33));
	assert_false(parses_nested(100000));
	memset(blanks, ' ', TOO_LONG);
	memcpy(blanks, "{}", 2);
	assert_false(json_parse(blanks, TOO_LONG, &d, &e));
	assert_int_equal(e.code, ERR_PARSE);
	assert_true(json_parse(blanks, TOO_LONG - 1, &d, &e));
}

static void bare_values_are_documents(void **state)
{
	SCOPED(json_free) struct json *number = parsed("12");
	SCOPED(json_free) struct json *text = parsed(" \"x\" \n");

	(void)state;
	assert_string_equal(json_text(number), "12");
	assert_string_equal(json_text(text), "x");
}

static void pointers_are_checked(void **state)
{
	static const char *const right[] = {"", "/", "/a", "/a/0/b~0~1", "//"};
	static const char *const wrong[] = {"a", "a/b", "/~", "/~2", "/a~", "#/a"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(right); i++)
		assert_true(json_pointer_is_valid(right[i]));
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_false(json_pointer_is_valid(wrong[i]));
}

/* --- writing ----------------------------------------------------------------- */

static void documents_are_written(void **state)
{
	SCOPED_CLEAR(buf_clear) struct buf b = {0};
	struct json_writer w;

	(void)state;
	buf_init(&b, 4096);
	json_writer_init(&w, &b);
	json_open(&w, NULL, '{');
	json_put_str(&w, "name", "positron");
	json_put_str(&w, "none", NULL);
	json_put_known(&w, "unknown", "");
	json_put_known(&w, "known", "k");
	json_put_u64(&w, "n", UINT64_MAX);
	json_put_bool(&w, "yes", true);
	json_open(&w, "items", '[');
	json_put_str(&w, NULL, "a");
	json_open(&w, NULL, '{');
	json_close(&w, '}');
	json_open(&w, NULL, '[');
	json_close(&w, ']');
	json_close(&w, ']');
	json_put_raw(&w, "raw", "{\"x\":1}");
	json_put_null(&w, "end");
	json_close(&w, '}');
	assert_string_equal(buf_str(&b),
		"{\"name\":\"positron\",\"none\":null,\"unknown\":null,\"known\":\"k\","
		"\"n\":18446744073709551615,\"yes\":true,\"items\":[\"a\",{},[]],"
		"\"raw\":{\"x\":1},\"end\":null}");
}

static void strings_are_escaped(void **state)
{
	static const struct {
		const char *text, *written;
	} cases[] = {{"a\"b\\c/d", "\"a\\\"b\\\\c/d\""}, {"\n\r\t\b\f", "\"\\n\\r\\t\\b\\f\""},
		{"\x01\x1B[31m\x7F", "\"\\u0001\\u001b[31m\\u007f\""},
		{"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80",
			"\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\""},
		{"\xC2\x9B", "\"\\u009b\""}, {"a\xFFz", "\"a\xEF\xBF\xBDz\""},
		{"\xE2\x82", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
		{"\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
		{"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_CLEAR(buf_clear) struct buf b = {0};
		struct json_writer w;

		buf_init(&b, 256);
		json_writer_init(&w, &b);
		json_put_str(&w, NULL, cases[i].text);
		assert_string_equal(buf_str(&b), cases[i].written);
	}
}

static void what_is_written_can_be_read(void **state)
{
	SCOPED_CLEAR(buf_clear) struct buf b = {0};
	SCOPED(json_free) struct json *d = NULL;
	struct json_writer w;
	char all[256];

	(void)state;
	for (size_t i = 0; i < 255; i++)
		all[i] = (char)(i + 1);
	all[255] = '\0';
	buf_init(&b, 4096);
	json_writer_init(&w, &b);
	json_open(&w, NULL, '{');
	json_put_str(&w, all, "v");
	json_put_str(&w, "k", all);
	json_close(&w, '}');
	d = parsed(buf_str(&b));
	assert_int_equal(json_count(d), 2);
	assert_memory_equal(json_text(json_at(d, "/k")), all, 127);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pointers_find_values),
		cmocka_unit_test(values_keep_their_type),
		cmocka_unit_test(lists_and_objects_are_walked),
		cmocka_unit_test(of_many_keys_the_first_are_counted),
		cmocka_unit_test(wrong_documents_are_refused),
		cmocka_unit_test(a_nul_byte_ends_nothing),
		cmocka_unit_test(depth_and_size_are_bounded),
		cmocka_unit_test(bare_values_are_documents),
		cmocka_unit_test(pointers_are_checked),
		cmocka_unit_test(documents_are_written),
		cmocka_unit_test(strings_are_escaped),
		cmocka_unit_test(what_is_written_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
