/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void texts_are_rewritten(void **state)
{
	static const struct {
		const char *rewrite, *text, *result;
	} cases[] = {
		/* the vendors' spellings */
		{"s/-([0-9]+)$/+$1/", "2026.08.2-4", "2026.08.2+4"},
		{"s/\\+([0-9]+)$/-$1/", "2026.08.2+4", "2026.08.2-4"},
		{"s/-[0-9]{9,}$//", "2026.08.2+4-1755790000", "2026.08.2+4"},
		{"s/-[0-9]{9,}$//", "2026.08.2+4", "2026.08.2+4"},
		{"s/-daily-([0-9]+)$/-daily+$1/", "2026.09.0-daily-146", "2026.09.0-daily+146"},
		/* the grammar */
		{"s/a/b/", "aaa", "baa"},
		{"s/a/b/g", "aaa", "bbb"},
		{"s|/|-|g", "a/b/c", "a-b-c"},
		{"s/\\//-/g", "a/b/c", "a-b-c"},
		{"s/-/\\//g", "a-b", "a/b"},
		{"s/(?<x>b)(c)/[$2${x}$$]/", "abcd", "a[cb$]d"},
		{"s/(a)|(b)/<$1$2>/g", "abc", "<a><b>c"},
		{"s/x*/-/g", "abc", "-a-b-c-"},
		{"s/b/\\\\/", "abc", "a\\c"},
		{"s/^v//", "v1.2", "1.2"},
		{"s/$/!/", "", "!"},
		{"s/(a)(b)(c)(d)(e)(f)(g)(h)(i)/$9$1/", "abcdefghi", "ia"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED(rewrite_free) struct rewrite *r = NULL;
		char text[64] = "";
		struct err e = {0};

		memcpy(text, cases[i].text, strlen(cases[i].text) + 1);
		if (!rewrite_new(cases[i].rewrite, &r, NULL, &e))
			fail_msg("%s: %s", cases[i].rewrite, e.text);
		assert_true(rewrite_apply(r, text, sizeof(text), &e));
		assert_string_equal(text, cases[i].result);
	}
}

static void wrong_rewrites_say_where(void **state)
{
	static const struct {
		const char *rewrite;
		size_t offset;
	} cases[] = {{"", 0}, {"s", 0}, {"x/a/b/", 0}, {"s/a/b", 0}, {"s/a", 0}, {"s\\a\\b\\", 0},
		{"s/a/b/i", 6}, {"s/a(/b/", 4}, {"s/a/$1/", 4}, {"s/a/x$/", 5}, {"s/a/${n}/", 4},
		{"s/a/${n/", 4}, {"s/a/\\/", 0}, {"s/(a)/$0/", 6}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED(rewrite_free) struct rewrite *r = NULL;
		struct err e = {0};
		size_t offset = 99;

		if (rewrite_new(cases[i].rewrite, &r, &offset, &e))
			fail_msg("%s was taken", cases[i].rewrite);
		assert_int_equal(e.code, ERR_PARSE);
		assert_int_equal(offset, cases[i].offset);
	}
}

static void a_template_has_a_limit(void **state)
{
	SCOPED(rewrite_free) struct rewrite *r = NULL;
	SCOPED_CLEAR(buf_clear) struct buf b = {0};
	struct err e = {0};

	(void)state;
	buf_init(&b, 1024);
	buf_puts(&b, "s/a/");
	for (int i = 0; i < 40; i++)
		buf_puts(&b, "$$");
	buf_puts(&b, "/");
	assert_false(rewrite_new(buf_str(&b), &r, NULL, &e));
	assert_int_equal(e.code, ERR_PARSE);
}

static void a_result_must_fit(void **state)
{
	SCOPED(rewrite_free) struct rewrite *r = NULL;
	char text[8] = "aaaa";
	struct err e = {0};

	(void)state;
	assert_true(rewrite_new("s/a/bb/g", &r, NULL, &e));
	assert_false(rewrite_apply(r, text, sizeof(text), &e));
	assert_int_equal(e.code, ERR_TOO_BIG);
	assert_string_equal(text, "aaaa");
	text[3] = '\0';
	assert_true(rewrite_apply(r, text, sizeof(text), &e));
	assert_string_equal(text, "bbbbbb");
}

static void a_rewrite_is_bounded_in_time(void **state)
{
	SCOPED(rewrite_free) struct rewrite *r = NULL;
	char text[2000];
	struct err e = {0};

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_true(rewrite_new("s/(a+)+[bc]/x/", &r, NULL, &e));
	assert_false(rewrite_apply(r, text, sizeof(text), &e));
	assert_int_equal(e.code, ERR_PARSE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_rewritten),
		cmocka_unit_test(wrong_rewrites_say_where),
		cmocka_unit_test(a_template_has_a_limit),
		cmocka_unit_test(a_result_must_fit),
		cmocka_unit_test(a_rewrite_is_bounded_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
