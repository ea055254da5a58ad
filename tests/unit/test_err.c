/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "updaters/lib/text.h"

static void test_set(void **state)
{
	struct err e = {0};

	(void)state;
	assert_false(err_is_set(&e));
	assert_false(err_set(&e, ERR_NO_MATCH, "no link on %s (%d links)", "https://x", 41));
	assert_true(err_is_set(&e));
	assert_int_equal(e.code, ERR_NO_MATCH);
	assert_int_equal(e.sys_errno, 0);
	assert_string_equal(e.text, "no link on https://x (41 links)");
	assert_false(err_set(NULL, ERR_USAGE, "nobody asks"));
	assert_false(err_sys(NULL, ERR_USAGE, "nobody asks"));
	assert_false(err_within(NULL, "nobody asks"));
}

static void test_foreign_bytes(void **state)
{
	struct err e = {0};

	(void)state;
	err_set(&e, ERR_PARSE, "found %s", "\x1b[2J\n\xff\xe2\x80\xae");
	assert_string_equal(e.text, "found \\x1b[2J\\x0a\\xff\\xe2\\x80\\xae");
}

static void test_sys(void **state)
{
	struct err e = {0};

	(void)state;
	errno = ENOENT;
	assert_false(err_sys(&e, ERR_STATE, "can't open %s", "/x"));
	assert_int_equal(e.code, ERR_STATE);
	assert_int_equal(e.sys_errno, ENOENT);
	assert_string_equal(e.text, "can't open /x: No such file or directory");
	errno = ENOSPC;
	err_sys(&e, ERR_STATE, "can't write");
	assert_int_equal(e.code, ERR_SPACE);
}

static void test_within(void **state)
{
	struct err e = {0};

	(void)state;
	errno = EACCES;
	err_sys(&e, ERR_CONFIG, "can't open x");
	assert_false(err_within(&e, "recipe %s", "rstudio"));
	assert_string_equal(e.text, "recipe rstudio: can't open x: Permission denied");
	assert_int_equal(e.code, ERR_CONFIG);
	assert_int_equal(e.sys_errno, EACCES);
}

/* Whatever is put in, the text stays one whole string of whole characters. */
static void test_too_long(void **state)
{
	char longest[ERR_TEXT_MAX * 2];
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i + 2 < sizeof(longest); i += 2)
		memcpy(longest + i, "\xc3\xa9", 3);
	for (size_t i = 0; i < 20; i++) {
		err_set(&e, ERR_PARSE, "%.*s%s", (int)i, "xxxxxxxxxxxxxxxxxxxx", longest);
		err_within(&e, "%s", "before");
		assert_true(strlen(e.text) < ERR_TEXT_MAX);
		assert_true(text_is_utf8(e.text, strlen(e.text)));
		assert_true(text_starts(e.text, "before: "));
	}
	memset(longest, 'y', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	err_sys(&e, ERR_PARSE, "%s", longest);
	assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
}

static void test_tokens(void **state)
{
	(void)state;
	for (size_t i = 0; i < ERR_N_CODES; i++) {
		enum err_code code = ERR_N_CODES;
		const char *token = err_token((enum err_code)i);

		assert_true(err_code_find(token, &code));
		assert_int_equal(code, i);
	}

	enum err_code code = ERR_APT;

	assert_false(err_code_find("nonsense", &code));
	assert_int_equal(code, ERR_APT);
	assert_string_equal(err_token(ERR_HALF_CONFIGURED), "half-configured");
	assert_string_equal(err_token(ERR_N_CODES), "internal");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_foreign_bytes),
		cmocka_unit_test(test_sys),
		cmocka_unit_test(test_within),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
