/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* RFC 4648 §10, and what stands around such text */
static void test_decoded(void **state)
{
	static const struct {
		const char *text, *bytes;
	} cases[] = {{"", ""}, {"Zg==", "f"}, {"Zm8=", "fo"}, {"Zm9v", "foo"}, {"Zm9vYg==", "foob"},
		{"Zm9vYmE=", "fooba"}, {"Zm9vYmFy", "foobar"}, {"\nZm9v\r\nYm Fy\n", "foobar"},
		{"Zg==\n", "f"}, {"+/+/", "\xfb\xff\xbf"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_CLEAR(buf_clear) struct buf out = {0};

		buf_init(&out, 100);
		if (!base64_decode(cases[i].text, strlen(cases[i].text), &out))
			fail_msg("%s", cases[i].text);
		assert_string_equal(buf_str(&out), cases[i].bytes);
		assert_int_equal(out.len, strlen(cases[i].bytes));
	}
}

static void test_refused(void **state)
{
	static const char *const cases[] = {"Z", "Zg", "Zg=", "Zg===", "=",
		"Zm9v=", "Zm9v====", "Zg==Zg==", "Zm-v", "Zm_v", "Zm9v\x80", "Zm9v!"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_CLEAR(buf_clear) struct buf out = {0};

		buf_init(&out, 100);
		if (base64_decode(cases[i], strlen(cases[i]), &out))
			fail_msg("%s", cases[i]);
	}

	SCOPED_CLEAR(buf_clear) struct buf full = {0};

	buf_init(&full, 5);
	assert_false(base64_decode("Zm9vYmFy", 8, &full));
	buf_reset(&full);
	assert_false(base64_decode("Zm\0v", 4, &full));
}

#define BEGIN "-----BEGIN PGP PUBLIC KEY BLOCK-----\n"
#define END   "-----END PGP PUBLIC KEY BLOCK-----\n"

static void test_armor(void **state)
{
	static const struct {
		const char *text, *bytes; /* NULL: refused */
	} cases[] = {{BEGIN "\nZm9v\nYmFy\n=abcd\n" END, "foobar"},
		{"Comment: x\n" BEGIN "Version: 1\nComment: y\n\nZm9v\n" END, "foo"},
		{BEGIN "\r\nZm9v\r\n=abcd\r\n" END, "foo"}, {BEGIN "\nZm8=\n=abcd\n" END, "fo"},
		{BEGIN "\nZm9v\n" END "between\n" BEGIN "\nYmFy\n" END, "foobar"}, {"", NULL},
		{"Zm9v\n", NULL}, {BEGIN "\nZm9v\n", NULL}, {BEGIN END, NULL},
		{BEGIN "Zm9v\n" END, NULL}, {BEGIN "\nZm9\n" END, NULL},
		{BEGIN "\nZm9v\n" END BEGIN "\nYm", NULL},
		{"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nZm9v\n", NULL}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_CLEAR(buf_clear) struct buf out = {0};
		struct err e = {0};

		buf_init(&out, 100);
		if (armor_keys_decode(cases[i].text, &out, &e) != (cases[i].bytes != NULL))
			fail_msg("%s: %s", cases[i].text, e.text);
		if (cases[i].bytes != NULL)
			assert_string_equal(buf_str(&out), cases[i].bytes);
		else
			assert_int_equal(e.code, ERR_PARSE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decoded),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_armor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
