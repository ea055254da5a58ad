/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "updaters/lib/text.h"
#include "updaters/lib/yaml.h"

static struct yaml_node *parse(const char *text)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	struct yaml_node *root = NULL;

	if (!yaml_parse("f.yaml", text, strlen(text), &root, &errors))
		fail_msg("%s", errors.first.text);
	return root;
}

static void refuse_bytes(const char *text, size_t len, const char *says)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	struct yaml_node *root = NULL;

	assert_false(yaml_parse("f.yaml", text, len, &root, &errors));
	assert_null(root);
	assert_true(errors.n_items > 0);
	assert_int_equal(errors.first.code, ERR_CONFIG);
	if (!strstr(errors.first.text, says))
		fail_msg("\"%s\" lacks \"%s\"", errors.first.text, says);
}

static void refuse(const char *text, const char *says)
{
	refuse_bytes(text, strlen(text), says);
}

static void test_tree_has_places(void **state)
{
	SCOPED(yaml_node_free)
	struct yaml_node *root = parse("a: one\nb:\n  - 'yes'\n  - yes\nc: {d: \"x\\ty\"}\n");
	const struct yaml_node *b = yaml_get(root, "b"), *d = yaml_get(yaml_get(root, "c"), "d");

	(void)state;
	assert_int_equal(root->kind, YAML_MAP);
	assert_string_equal(yaml_get(root, "a")->scalar, "one");
	assert_int_equal(b->key_line, 2);
	assert_int_equal(b->children->line, 3);
	assert_int_equal(b->children->column, 5);
	assert_false(b->children->is_plain);
	assert_true(b->children->is_verbatim);
	assert_true(b->children->next->is_plain);
	assert_int_equal(d->line, 5);
	assert_int_equal(d->column, 8);
	assert_string_equal(d->scalar, "x\ty");
	assert_false(d->is_verbatim); /* an escape: offsets are no columns */
	assert_string_equal(d->file, "f.yaml");
	assert_null(yaml_get(root, "z"));
	assert_null(yaml_get(b, "z"));
}

static void test_empty_is_an_empty_map(void **state)
{
	static const char *const texts[] = {"", "\n\n", "# only a comment\n", "---\n", "{}\n",
		"\xEF\xBB\xBF# with a byte order mark\n", "---\n...\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		SCOPED(yaml_node_free) struct yaml_node *root = parse(texts[i]);

		assert_int_equal(root->kind, YAML_MAP);
		assert_null(root->children);
	}
}

static void test_bad_input_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"a: 1\nb: &x 2\n", "f.yaml:2:4: anchors"},
		{"a: 1\nb: *x\n", "f.yaml:2:4: aliases"},
		{"a: !!int 1\n", "f.yaml:1:4: tags"},
		{"a: !x {b: c}\n", "f.yaml:1:4: tags"},
		{"a: ! 1\n", "f.yaml:1:4: tags"},
		{"a: &x [b]\n", "f.yaml:1:4: anchors"},
		{"a: 1\nb: 2\na: 3\n", "f.yaml:3:1: key \"a\" is there twice, first in line 1"},
		{"a:\n\tb: 1\n", "f.yaml:2:1: a tab in the indentation"},
		{"a:\n  b: 1\n \tc: 2\n", "f.yaml:3:2: a tab in the indentation"},
		{"a: b\xFF\n", "f.yaml:1:5: the byte 0xFF is not UTF-8"},
		{"a: 1\n# \xC3\xA4\xC3\nb: 2\n", "f.yaml:2:4: the byte 0xC3 is not UTF-8"},
		{"a: \xED\xA0\x80\n", "f.yaml:1:4: the byte 0xED is not UTF-8"},
		{"\xFF\xFE"
		 "a",
			"f.yaml:1:1: the byte 0xFF"},
		{"a: 1\nb: x\x01y\n", "f.yaml:2:5: control characters are not allowed"},
		{"a: [1\n", "f.yaml:"},
		{"a: 'open\n", "f.yaml:"},
		{"- a\n", "f.yaml:1:1: \"key: value\" lines are expected"},
		{"text\n", "f.yaml:1:1: \"key: value\" lines are expected"},
		{"a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document"},
		{"%YAML 1.1\n---\na: 1\n", "f.yaml:1:1: directives"},
		{"? [a]\n: b\n", "f.yaml:1:3: a key must be a text"},
		{"a: \"x\\0y\"\n", "f.yaml:1:4: a NUL character"},
		{"a: [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]\n",
			"f.yaml:1:19: lists and maps are nested"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		refuse(cases[i].text, cases[i].says);
	refuse_bytes("a: \0b\n", 6, "f.yaml:1:4:");
}

static void test_all_errors_at_once(void **state)
{
	static const char text[] = "a: &x 1\nb: *x\na: !t 2\n";
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	struct yaml_node *root = NULL;

	(void)state;
	assert_false(yaml_parse("f.yaml", text, strlen(text), &root, &errors));
	assert_int_equal(errors.n_items, 2); /* an alias ends the reading */
}

static void test_too_large_is_not_parsed(void **state)
{
	size_t len = YAML_FILE_MAX + 1;
	SCOPED_FREE char *text = malloc(len + 1);

	(void)state;
	memset(text, '\xFF', len); /* would be another complaint, if it were looked at */
	refuse_bytes(text, len, "f.yaml: larger than 64 KiB");
	memset(text, '#', len);
	text[len - 1] = '\0';
	yaml_node_free(parse(text)); /* exactly 64 KiB is fine */
}

/* Nothing but one-letter keys: what a quadratic check for duplicates would suffer from. */
static void test_many_keys_take_milliseconds(void **state)
{
	SCOPED_CLEAR(buf_clear) struct buf text = {0};
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	struct yaml_node *root = NULL;
	struct timespec a, b;
	double ms;

	(void)state;
	buf_init(&text, YAML_FILE_MAX);
	for (int i = 0; text.len < YAML_FILE_MAX - 10; i++)
		buf_printf(&text, "k%d:\n", i % 8000);
	clock_gettime(CLOCK_MONOTONIC, &a);
	assert_false(yaml_parse("f.yaml", text.data, text.len, &root, &errors));
	clock_gettime(CLOCK_MONOTONIC, &b);
	ms = (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
	print_message("64 KiB of keys: %.1f ms\n", ms);
	assert_true(ms < 500); /* under a sanitizer; 10 ms without */
	assert_int_equal(errors.n_items, 50);
	assert_true(errors.n_more > 0);
}

static void test_merge_keeps_places(void **state)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	SCOPED(yaml_node_free) struct yaml_node *base = NULL, *over = NULL, *merged = NULL;
	static const char one[] = "a: 1\nm: {x: 1, y: 2}\nl: [1, 2]\n";
	static const char two[] = "l: [3]\nm: {y: 9, z: 8}\nn: new\n";

	(void)state;
	assert_true(yaml_parse("one", one, strlen(one), &base, &errors));
	assert_true(yaml_parse("two", two, strlen(two), &over, &errors));
	merged = yaml_merge(base, over);
	assert_string_equal(yaml_get(merged, "a")->file, "one");
	assert_string_equal(yaml_get(yaml_get(merged, "m"), "x")->file, "one");
	assert_string_equal(yaml_get(yaml_get(merged, "m"), "y")->scalar, "9");
	assert_string_equal(yaml_get(yaml_get(merged, "m"), "y")->file, "two");
	assert_string_equal(yaml_get(yaml_get(merged, "m"), "z")->scalar, "8");
	assert_string_equal(yaml_get(merged, "l")->children->scalar, "3");
	assert_null(yaml_get(merged, "l")->children->next);
	assert_string_equal(yaml_get(merged, "n")->scalar, "new");
	assert_string_equal(yaml_get(yaml_get(base, "m"), "y")->scalar, "2");
	assert_null(yaml_merge(NULL, NULL));
}

static void test_complaint_inside_a_text(void **state)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	SCOPED(yaml_node_free) struct yaml_node *root = parse("a: '\xC3\xA4xyz'\n");

	(void)state;
	assert_false(yaml_complain_inside(&errors, "f", yaml_get(root, "a"), 3, "here\n"));
	assert_string_equal(errors.first.text, "f.yaml:1:7: here\\x0a");
}

static void test_all_complaints_as_one(void **state)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	struct err e = {0};

	(void)state;
	assert_false(yaml_complain(&errors, "f", NULL, "one"));
	yaml_errors_join(&errors, &e);
	assert_string_equal(e.text, "f: one");
	assert_int_equal(e.code, ERR_CONFIG);
	assert_false(yaml_complain(&errors, "f", NULL, "two"));
	yaml_errors_join(&errors, &e);
	assert_string_equal(e.text, "f: one; f: two");
	for (int i = 0; i < 100; i++)
		assert_false(yaml_complain(&errors, "f", NULL, "a complaint of some length %d", i));
	yaml_errors_join(&errors, &e);
	assert_true(text_ends(e.text, " more"));

	size_t n = 1;

	for (const char *at = e.text; (at = strstr(at, "; ")) != NULL; at++)
		n++;
	/* those that are named, and how many are not */
	assert_int_equal(strtoul(strstr(e.text, "; and ") + 6, NULL, 10), 102 - (n - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree_has_places),
		cmocka_unit_test(test_empty_is_an_empty_map),
		cmocka_unit_test(test_bad_input_is_refused_with_its_place),
		cmocka_unit_test(test_all_errors_at_once),
		cmocka_unit_test(test_too_large_is_not_parsed),
		cmocka_unit_test(test_many_keys_take_milliseconds),
		cmocka_unit_test(test_merge_keeps_places),
		cmocka_unit_test(test_complaint_inside_a_text),
		cmocka_unit_test(test_all_complaints_as_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
