/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/json.h"
#include "updaters/lib/jsonc.h"

/* --- helpers ----------------------------------------------------------------- */

static struct jsonc *parse(const char *text)
{
	struct jsonc *j = NULL;
	struct err e = {0};

	if (!jsonc_parse(text, strlen(text), &j, &e))
		fail_msg("%s\n%s", e.text, text);
	return j;
}

static void refuse_bytes(const char *text, size_t len, enum err_code code, const char *says)
{
	struct jsonc *j = NULL;
	struct err e = {0};

	if (jsonc_parse(text, len, &j, &e))
		fail_msg("was taken: %s", text);
	assert_null(j);
	assert_int_equal(e.code, code);
	if (!text_starts(e.text, says))
		fail_msg("\"%s\" does not start with \"%s\"", e.text, says);
}

static void refuse(const char *text, const char *says)
{
	refuse_bytes(text, strlen(text), ERR_PARSE, says);
}

enum edit { SET, APPEND, REPLACE, REMOVE, REMOVE_ITEM };

static bool edit(const char *text, enum edit what, const char *key, size_t i, const char *value,
	struct buf *out, struct err *e)
{
	SCOPED(jsonc_free) struct jsonc *j = parse(text);

	switch (what) {
	case SET: return jsonc_set_string(j, key, value, out, e);
	case APPEND: return jsonc_append_item(j, key, value, out, e);
	case REPLACE: return jsonc_replace_item(j, key, i, value, out, e);
	case REMOVE: return jsonc_remove(j, key, out, e);
	case REMOVE_ITEM: return jsonc_remove_item(j, key, i, out, e);
	}
	return false;
}

static void expect(const char *text, enum edit what, const char *key, size_t i, const char *value,
	const char *wanted)
{
	SCOPED_CLEAR(buf_clear) struct buf out;
	struct err e = {0};

	buf_init(&out, JSONC_TEXT_MAX);
	if (!edit(text, what, key, i, value, &out, &e))
		fail_msg("%s\n%s", e.text, text);
	assert_string_equal(buf_str(&out), wanted);

	SCOPED(jsonc_free) struct jsonc *again = parse(buf_str(&out));

	assert_non_null(again);
}

static void expect_refused(const char *text, enum edit what, const char *key, size_t i,
	const char *value, enum err_code code, const char *says)
{
	SCOPED_CLEAR(buf_clear) struct buf out;
	struct err e = {0};

	buf_init(&out, JSONC_TEXT_MAX);
	buf_puts(&out, "untouched");
	assert_false(edit(text, what, key, i, value, &out, &e));
	assert_int_equal(e.code, code);
	assert_string_equal(e.text, says);
	assert_string_equal(buf_str(&out), "untouched");
}

/* Added, it is the wanted text; taken away again, the first one. */
static void expect_there_and_back(
	const char *text, enum edit what, const char *key, const char *wanted)
{
	SCOPED(jsonc_free) struct jsonc *j = parse(text);
	char **items = NULL;
	size_t n = 0;
	bool has_array = jsonc_strings(j, key, &items, &n);

	jsonc_strings_free(items, n);
	expect(text, what, key, 0, "v", wanted);
	expect(wanted, has_array ? REMOVE_ITEM : REMOVE, key, n, NULL, text);
}

/* --- the cases that the editors' own library was measured with ----------------- */

/* What has to come out; NULL where it is what the library makes of it, too. */
static const struct {
	const char *name, *out;
} cases[] = {
	{"empty file", "{\n    \"python.analysis.extraPaths\": [\n        \"/a\"\n    ]\n}\n"},
	{"comment only", "// only a comment\n{\n    \"k\": \"1\"\n}\n"},
	{"empty object multi-line", NULL},
	{"append", NULL},
	{"append after trailing line comment", "{\n    \"a\": 1, // one\n    \"k\": \"v\"\n}\n"},
	{"append with block comment tail",
		"{\n    \"a\": 1, /* x */\n    \"k\": \"v\"\n    /* tail */\n}\n"},
	{"replace array (inner comments lost)",
		"{\n    \"k\": [\n        // keep me?\n        \"/x\",\n        \"/y\"\n    ],\n"
		"    \"b\": 2\n}\n"},
	{"append into array with trailing comma", NULL},
	{"replace array item", NULL},
	{"remove last array item", "{\n    \"k\": [\"/x\"]\n}\n"},
	{"remove last property", "{\n    \"b\": 2 // two\n}\n"},
	{"tabs file + 4 spaces option", "{\n\t\"a\": 1,\n\t\"k\": \"v\"\n}\n"},
	{"BOM", NULL},
	{"nested create", "{\n    \"a\": 1,\n    \"o\": \"v\"\n}\n"}, /* we set top-level keys */
	{"one-line file", "{\"a\":1,\"b\":[1,2],\"k\":\"v\"}"},
	{"broken: single quotes", "2:5: expected a key in double quotes, found \"'\""},
};

static bool pointer_u64(const struct json *value, const char *pointer, uint64_t *out)
{
	const struct json *at = json_at(value, pointer);

	return at != NULL && json_u64(at, out);
}

/* The same edit, as our functions have it. */
static void run_case(const struct json *c, const char *wanted)
{
	const char *in = json_text(json_at(c, "/in")), *key = json_text(json_at(c, "/path/0"));
	const struct json *value = json_at(c, "/value");
	bool is_removal = text_equal(json_text(json_at(c, "/op")), "remove");
	bool is_item = json_at(c, "/path/1") != NULL && !text_equal(key, "o");
	uint64_t i = 0;

	if (is_removal && is_item) {
		assert_true(pointer_u64(c, "/path/1", &i));
		expect(in, REMOVE_ITEM, key, i, NULL, wanted);
	} else if (is_removal) {
		expect(in, REMOVE, key, 0, NULL, wanted);
	} else if (json_is_list(value)) { /* all but the last item are there already */
		const struct json *last = json_item(value, json_count(value) - 1, NULL);

		expect(in, APPEND, key, 0, json_text(last), wanted);
	} else if (is_item && pointer_u64(c, "/path/1", &i)) {
		expect(in, REPLACE, key, i, json_text(value), wanted);
	} else if (is_item) {
		expect(in, APPEND, key, 0, json_text(value), wanted);
	} else {
		expect(in, SET, key, 0, json_text(value), wanted);
	}
}

static void test_measured_cases(void **state)
{
	static const char path[] = DEVUPD_FIXTURES "/jsonc/jsonc-parser-3.3.1-edits.json";
	SCOPED_FREE char *raw = NULL;
	SCOPED(json_free) struct json *document = NULL;
	size_t len = 0;
	struct err e = {0};

	(void)state;
	if (!fs_read(path, 1 << 20, &raw, &len, &e) || !json_parse(raw, len, &document, &e))
		fail_msg("%s", e.text);
	assert_int_equal(json_count(document), ARRAY_SIZE(cases));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct json *c = json_item(document, i, NULL);
		const char *theirs = json_text(json_at(c, "/out"));

		assert_string_equal(json_text(json_at(c, "/name")), cases[i].name);
		if (text_starts(cases[i].name, "broken"))
			refuse(json_text(json_at(c, "/in")), cases[i].out);
		else
			run_case(c, cases[i].out == NULL ? theirs : cases[i].out);
	}
}

/* --- reading ----------------------------------------------------------------- */

static void test_values(void **state)
{
	SCOPED(jsonc_free)
	struct jsonc *j =
		parse("\xef\xbb\xbf/* a */{ // b\r\n\"s\": \"\\u00e9\\ud83d\\ude00\\n\\/\",\r\n"
		      "\"\\u0061\": [\"x\", 1, \"\\u0000\", \"\\ud800\", [\"deep\"], \"\",],\r\n"
		      "\"n\": -1.5e+3, \"t\": true, \"z\": null, \"o\": {\"k\": [],},\r\n"
		      "\"s2\": 1, \"s2\": \"last\", }\r\n// end");
	char text[16], small[3] = "xx";
	char **items = NULL;
	size_t n = 0, line = 0, column = 0;

	(void)state;
	assert_true(jsonc_string(j, "s", text, sizeof(text)));
	assert_string_equal(text, "\xc3\xa9\xf0\x9f\x98\x80\n/");
	assert_false(jsonc_string(j, "s", small, sizeof(small)));
	assert_string_equal(small, "");
	assert_true(jsonc_string(j, "s2", text, sizeof(text)));
	assert_string_equal(text, "last");
	assert_false(jsonc_string(j, "n", text, sizeof(text)));
	assert_int_equal(jsonc_type_of(j, "n"), JSONC_NUMBER);
	assert_int_equal(jsonc_type_of(j, "t"), JSONC_BOOL);
	assert_int_equal(jsonc_type_of(j, "z"), JSONC_NULL);
	assert_int_equal(jsonc_type_of(j, "o"), JSONC_OBJECT);
	assert_int_equal(jsonc_type_of(j, "k"), JSONC_NONE);
	assert_true(jsonc_strings(j, "a", &items, &n));
	assert_int_equal(n, 6);
	assert_string_equal(items[0], "x");
	for (size_t i = 1; i < 5; i++)
		assert_null(items[i]);
	assert_string_equal(items[5], "");
	jsonc_strings_free(items, n);
	assert_false(jsonc_strings(j, "s", &items, &n));
	assert_true(jsonc_place(j, "a", &line, &column));
	assert_int_equal(line, 3);
	assert_int_equal(column, 11);
	assert_false(jsonc_place(j, "none", &line, &column));
}

static void test_blank_files(void **state)
{
	static const char *const texts[] = {"", "\xef\xbb\xbf", " \r\n\t", "// c", "/* c */\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		SCOPED(jsonc_free) struct jsonc *j = parse(texts[i]);

		assert_int_equal(jsonc_type_of(j, "k"), JSONC_NONE);
		expect(texts[i], REMOVE, "k", 0, NULL, texts[i]);
	}
	expect("\xef\xbb\xbf", SET, "k", 0, "v", "\xef\xbb\xbf{\n    \"k\": \"v\"\n}\n");
	expect("// c", SET, "k", 0, "v", "// c\n{\n    \"k\": \"v\"\n}");
	expect("// c\r\n", APPEND, "k", 0, "v",
		"// c\r\n{\r\n    \"k\": [\r\n        \"v\"\r\n    ]\r\n}\r\n");
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} refused[] = {
		{"{", "1:2: expected a key in double quotes, found the end of the file"},
		{"{\r\n\"a\"\r\n1}", "3:1: expected ':' after a key, found \"1\""},
		{"\xef\xbb\xbf{x}", "1:2: expected a key"},
		{"{\"\xc3\xa9\": x}", "1:7: expected a value, found \"x\""},
		{"{\"a\": 1 \"b\": 2}", "1:9: expected ',' or '}', found \"\"\""},
		{"{,}", "1:2: expected a key"},
		{"[1,,2]", "1:4: expected a value, found \",\""},
		{"[1}", "1:3: expected ',' or ']', found \"}\""},
		{"{} {}", "1:4: expected nothing more, found \"{\""},
		{"[01]", "1:3: "},
		{"[-]", "1:3: expected a digit"},
		{"[1.]", "1:4: expected a digit"},
		{"[1e]", "1:4: expected a digit"},
		{"[truth]", "1:2: expected a value"},
		{"[true1]", "1:6: expected ','"},
		{"[\"a", "1:2: this string has no end"},
		{"[\"a\n\"]", "1:2: this string does not end on its line"},
		{"[\"a\t\"]", "1:4: control character"},
		{"[\"\\x\"]", "1:3: unknown escape"},
		{"[\"\\u12g4\"]", "1:3: \\u needs four"},
		{"[\"\\", "1:3: unknown escape"},
		{"[\"\xff\"]", "1:3: a string that is not UTF-8"},
		{"[\"\xed\xa0\x80\"]", "1:3: a string that is not UTF-8"},
		{"/* a", "1:1: this comment has no end"},
		{"/*/", "1:1: this comment has no end"},
		{"/", "1:1: expected a value or a comment"},
		{"# a", "1:1: expected a value, found \"#\""},
		{" \xef\xbb\xbf{}", "1:2: expected a value"},
		{"{a: 1}", "1:2: expected a key"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		refuse(refused[i].text, refused[i].says);
	refuse_bytes("[1]\0", 4, ERR_PARSE, "1:4: expected nothing more");
}

static void test_depth_and_size(void **state)
{
	SCOPED_CLEAR(buf_clear) struct buf text;
	SCOPED(jsonc_free) struct jsonc *j = NULL;
	SCOPED_FREE char *large = malloc(JSONC_TEXT_MAX + 1);
	struct err e = {0};

	(void)state;
	buf_init(&text, 1 << 20);
	for (size_t i = 0; i < JSONC_DEPTH_MAX; i++)
		buf_puts(&text, "[");
	for (size_t i = 0; i < JSONC_DEPTH_MAX; i++)
		buf_puts(&text, "]");
	assert_true(jsonc_parse(text.data, text.len, &j, &e));
	buf_reset(&text);
	for (size_t i = 0; i < 500000; i++)
		buf_puts(&text, "[");
	refuse_bytes(text.data, text.len, ERR_TOO_BIG, "1:129: nested deeper than 128");
	assert_non_null(large);
	memset(large, ' ', JSONC_TEXT_MAX + 1);
	refuse_bytes(large, JSONC_TEXT_MAX + 1, ERR_TOO_BIG, "");
	memcpy(large, "{}", 2);
	large[JSONC_TEXT_MAX] = '\0';
	expect_refused(large, SET, "k", 0, "v", ERR_TOO_BIG,
		"the settings would become larger than 4 MiB");
}

/* --- edits ------------------------------------------------------------------- */

static void test_additions(void **state)
{
	static const struct {
		enum edit what;
		const char *text, *wanted;
	} rows[] = {
		{SET, "{}", "{\"k\": \"v\"}"},
		{SET, "{ }", "{ \"k\": \"v\" }"},
		{SET, "{ /* a */ }", "{ /* a */ \"k\": \"v\" }"},
		{SET, "{ // a\n}", "{ // a\n    \"k\": \"v\"\n}"},
		{SET, "{\n  // a\n}", "{\n  // a\n  \"k\": \"v\"\n}"},
		{SET, "{\n /* a */ }", "{\n /* a */\n \"k\": \"v\" }"},
		{SET, "{\"a\":1}", "{\"a\":1,\"k\":\"v\"}"},
		{SET, "{\"a\": 1 /* a */}", "{\"a\": 1 /* a */, \"k\": \"v\"}"},
		{SET, "{\"a\": 1, }", "{\"a\": 1, \"k\": \"v\", }"},
		{SET, "{\"a\": 1 // a\n}", "{\"a\": 1, // a\n    \"k\": \"v\"\n}"},
		{SET, "{\r\n\t\"a\": 1\t\r\n}", "{\r\n\t\"a\": 1,\t\r\n\t\"k\": \"v\"\r\n}"},
		{SET, "{\n  \"a\": 1,\n}", "{\n  \"a\": 1,\n  \"k\": \"v\",\n}"},
		{SET, "{\n  \"a\": 1}", "{\n  \"a\": 1,\n  \"k\": \"v\"}"},
		{SET, "{\n  \"a\" : 1\n}", "{\n  \"a\" : 1,\n  \"k\" : \"v\"\n}"},
		{APPEND, "{\n\t\"a\": 1\n}", "{\n\t\"a\": 1,\n\t\"k\": [\n\t\t\"v\"\n\t]\n}"},
		{APPEND, "{\"a\": 1}", "{\"a\": 1, \"k\": [\"v\"]}"},
		{APPEND, "{\n  \"k\": []\n}", "{\n  \"k\": [\"v\"]\n}"},
		{APPEND, "{\n  \"k\": [\n  ]\n}", "{\n  \"k\": [\n    \"v\"\n  ]\n}"},
		{APPEND, "{\"k\": [1,2]}", "{\"k\": [1,2,\"v\"]}"},
		{APPEND, "{\"k\":[1]}", "{\"k\":[1,\"v\"]}"},
		{APPEND, "{\"k\": [\n 1, // a\n ]}", "{\"k\": [\n 1, // a\n \"v\",\n ]}"},
		{APPEND, "{\"k\": [0], \"k\": [1]}", "{\"k\": [0], \"k\": [1, \"v\"]}"},
		{APPEND, "{\"\\u006b\": []}", "{\"\\u006b\": [\"v\"]}"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		expect_there_and_back(rows[i].text, rows[i].what, "k", rows[i].wanted);
}

static void test_removals(void **state)
{
	static const struct {
		size_t i;
		const char *text, *wanted;
	} rows[] = {
		{0, "[1]", "[]"},
		{0, "[ 1 ]", "[ ]"},
		{0, "[1, 2]", "[2]"},
		{1, "[1, 2]", "[1]"},
		{1, "[1, 2, 3]", "[1, 3]"},
		{1, "[1, 2,]", "[1,]"},
		{1, "[1, /* two */ 2, 3]", "[1, 3]"},
		{1, "[1, 2 /* two */]", "[1]"},
		{1, "[1, // one\n 2]", "[1 // one\n ]"},
		{1, "[\n 1, // one\n 2 // two\n]", "[\n 1 // one\n]"},
		{0, "[\n 1, // one\n 2 // two\n]", "[\n 2 // two\n]"},
		{1, "[\n 1,\n // about 2\n 2\n]", "[\n 1\n // about 2\n]"},
		{2, "[\n 1, 2,\n 3, 4\n]", "[\n 1, 2,\n 4\n]"},
		{1, "[\n 1, 2,\n 3, 4\n]", "[\n 1,\n 3, 4\n]"},
		{1, "[\n 1,\n 2]", "[\n 1]"},
		{0, "[ 1, // one\n 2]", "[\n 2]"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[128], wanted[128];

		snprintf(text, sizeof(text), "{\"k\": %s}\n", rows[i].text);
		snprintf(wanted, sizeof(wanted), "{\"k\": %s}\n", rows[i].wanted);
		expect(text, REMOVE_ITEM, "k", rows[i].i, NULL, wanted);
	}
}

static void test_duplicates(void **state)
{
	(void)state;
	expect("{\"k\": \"a\", \"k\": \"b\"}", SET, "k", 0, "v", "{\"k\": \"a\", \"k\": \"v\"}");
	expect("{\"k\": 1, \"k\": 2, \"b\": 3}", REMOVE, "k", 0, NULL, "{\"b\": 3}");
	expect("{\"b\": 3, \"k\": 1, \"\\u006B\": 2}", REMOVE, "k", 0, NULL, "{\"b\": 3}");
	expect("{\"k\": 1, \"b\": 3, \"k\": 2}", REMOVE, "k", 0, NULL, "{\"b\": 3}");
	expect("{\"k\": 1, \"k\": 2}", REMOVE, "k", 0, NULL, "{}");
	expect("{\n\t\"k\": 1,\n\t\"b\": 3, // b\n\t\"k\": 2\n}", REMOVE, "k", 0, NULL,
		"{\n\t\"b\": 3 // b\n}");
}

static void test_strings_are_escaped(void **state)
{
	(void)state;
	expect("{}", SET, "a\"b", 0, "\\\n\x01\xc3\xa9",
		"{\"a\\\"b\": \"\\\\\\n\\u0001\xc3\xa9\"}");
	expect_refused("{}", SET, "k", 0, "\xff", ERR_PARSE,
		"\"k\": \"\\xff\" is not UTF-8, so JSON can't hold it");
}

static void test_other_types(void **state)
{
	(void)state;
	expect_refused(
		"{\n \"k\": []}", SET, "k", 0, "v", ERR_PARSE, "2:7: k is an array, not a string");
	expect_refused("{\"k\": \"a\"}", APPEND, "k", 0, "v", ERR_PARSE,
		"1:7: k is a string, not an array");
	expect_refused("{\"k\": [null]}", REPLACE, "k", 0, "v", ERR_PARSE,
		"1:8: the item is null, not a string");
	expect_refused("{\"k\": [1]}", REMOVE_ITEM, "k", 1, NULL, ERR_INTERNAL,
		"\"k\" has 1 items, none at 1");
	expect_refused(
		"{}", REMOVE_ITEM, "k", 0, NULL, ERR_INTERNAL, "there is no \"k\" in the settings");
	expect_refused(
		" []", SET, "k", 0, "v", ERR_PARSE, "1:2: the file is an array, not an object");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_measured_cases),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_blank_files),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_depth_and_size),
		cmocka_unit_test(test_additions),
		cmocka_unit_test(test_removals),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_strings_are_escaped),
		cmocka_unit_test(test_other_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
