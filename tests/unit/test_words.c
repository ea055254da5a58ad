/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/words.h"

static void expect(const struct words *w, const char *text, enum words_mode mode, bool keep,
	const char *wanted)
{
	SCOPED_CLEAR(buf_clear) struct buf out = {0};
	struct err e = {0};

	buf_init(&out, 200);
	if (!words_expand(w, text, mode, keep, &out, &e))
		fail_msg("%s: %s", text, e.text);
	assert_string_equal(buf_str(&out), wanted);
}

static void refuse(const struct words *w, const char *text, enum err_code code, const char *says)
{
	SCOPED_CLEAR(buf_clear) struct buf out = {0};
	struct err e = {0};

	buf_init(&out, 20);
	assert_false(words_expand(w, text, WORDS_INTO_TEXT, false, &out, &e));
	assert_int_equal(e.code, code);
	if (!strstr(e.text, says))
		fail_msg("\"%s\" lacks \"%s\"", e.text, says);
}

static void test_expand(void **state)
{
	SCOPED_CLEAR(words_clear) struct words w = {0};

	(void)state;
	assert_true(words_set(&w, "arch", "amd64"));
	assert_true(words_set(&w, "v", "1.0+2"));
	assert_true(words_set(&w, "v", "1.0+3")); /* replaced */
	assert_int_equal(w.n_items, 2);
	expect(&w, "a/${arch}/${v}.deb", WORDS_INTO_TEXT, false, "a/amd64/1.0+3.deb");
	expect(&w, "$ $1 $$ {arch} ${arch}", WORDS_INTO_TEXT, false, "$ $1 $$ {arch} amd64");
	expect(&w, "${arch}${new}", WORDS_INTO_TEXT, true, "amd64${new}");
	expect(&w, "^${v}$", WORDS_INTO_PATTERN, false, "^1\\.0\\+3$");
	expect(&w, "", WORDS_INTO_TEXT, false, "");
}

static void test_what_is_refused(void **state)
{
	SCOPED_CLEAR(words_clear) struct words w = {0};

	(void)state;
	refuse(&w, "${nothing}", ERR_CONFIG, "${nothing} is not defined; there are: none");
	assert_true(words_set(&w, "arch", "amd64"));
	assert_true(words_set(&w, "long", "0123456789012345678901234567890"));
	refuse(&w, "${archh}", ERR_CONFIG, "${archh} is not defined; there are: ${arch}, ${long}");
	refuse(&w, "a${", ERR_CONFIG, "\"${\" must be followed");
	refuse(&w, "a${arch", ERR_CONFIG, "\"${\" must be followed");
	refuse(&w, "a${}", ERR_CONFIG, "\"${\" must be followed");
	refuse(&w, "a${1}", ERR_CONFIG, "\"${\" must be followed");
	refuse(&w, "${abcdefghijabcdefghijabcdefghijabc}", ERR_CONFIG, "longer than 32");
	refuse(&w, "${long}", ERR_TOO_BIG, "over 20 bytes");
	assert_false(words_set(&w, "a-b", "x"));
	assert_false(words_set(&w, "", "x"));
	assert_false(words_set(&w, "1a", "x"));
}

static void test_table_is_bounded(void **state)
{
	SCOPED_CLEAR(words_clear) struct words w = {0}, copy = {0};
	char name[16];

	(void)state;
	for (int i = 0; i < WORDS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "w%d", i);
		assert_true(words_set(&w, name, name));
	}
	assert_false(words_set(&w, "one_more", "x"));
	assert_true(words_copy(&w, &copy));
	assert_string_equal(words_get(&copy, "w47"), "w47");
	assert_null(words_get(&copy, "one_more"));
}

static bool count(void *user, const char *name, size_t offset)
{
	size_t *sum = user;

	*sum += offset * 10 + strlen(name);
	return true;
}

static void test_each_names_word_and_place(void **state)
{
	struct err e = {0};
	size_t sum = 0;

	(void)state;
	assert_true(words_each("a${bc}-${d}", count, &sum, &e));
	assert_int_equal(sum, 10 + 2 + 70 + 1);
	assert_false(words_each("a${bc", count, &sum, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expand),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_table_is_bounded),
		cmocka_unit_test(test_each_names_word_and_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
