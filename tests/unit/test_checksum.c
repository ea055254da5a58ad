/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/checksum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define A "0e694502bdb876b7eea962b6dae3d77c7bcf22ebd0aedab7625e61520718dcea"
#define B "10765960b1aaba292685660f8efefe2387f56644afc88f50ea74495ef806064d"

static void test_forms(void **state)
{
	static const struct {
		const char *text, *expected; /* "" = no match, "!" = two that differ */
	} forms[] = {
		{A "  x.deb\n" B "  y.deb\n", A},
		{B " *y.deb\r\n" A " *./out/x.deb\r\n", A},
		{"x.deb " A "\ny.deb " B "\n", A},
		{"SHA256 (y.deb) = " B "\nSHA256 (x.deb) = " A "\n", A},
		{"0E694502BDB876B7EEA962B6DAE3D77C7BCF22EBD0AEDAB7625E61520718DCEA\n", A},
		{A, A},
		{A "\n" B "\n", ""},
		{A "  x.deb\n" A "  x.deb\n", A},
		{A "  x.deb\n" B "  x.deb\n", "!"},
		{B "  x.deb.sig\n" B "  prefix-x.deb\n", ""},
		{"0e694502  x.deb\n", ""},
		{A "0  x.deb\n", ""},
		{"", ""},
		{"\n\n  \n", ""},
		{"# made today\n\n" A "\tx.deb\n", A},
		{"SHA2-256(y.deb)= " B "\nSHA2-256(out/x.deb)= " A "\n", A},
		{"SHA256(x.deb)= " A "\n", A},
		{"SHA256 (x(1).deb) = " B "\nSHA256 (x.deb) = " A "\n", A},
		{"SHA2-512(x.deb)= " A "\nSHA512 (x.deb) = " A "\n", ""},
		{"SHA256 (x.deb) == " A "\nSHA256 x.deb)= " A "\nSHA256 (x.deb) = \n", ""},
		{"SHA256 () = " A "\nSHA256 (x.deb = " A "\n", ""},
		{"<html>" A "</html>", ""},
	};
	char hex[SHA256_HEX_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *text = forms[i].text, *expected = forms[i].expected;
		struct err e = {0};
		bool is_found = checksum_text_find(text, strlen(text), "x.deb", hex, &e);

		if (is_found)
			assert_string_equal(hex, expected);
		else
			assert_int_equal(e.code, expected[0] == '!' ? ERR_DIGEST : ERR_NO_MATCH);
		assert_int_equal(is_found, strlen(expected) > 1);
	}
}

static void test_bytes_are_hostile(void **state)
{
	static const char raw[] = "\0\0\n" A "  x\0.deb\n\xff\xfe  x.deb\n";
	char hex[SHA256_HEX_SIZE];
	struct err e = {0};

	(void)state;
	assert_false(checksum_text_find(raw, sizeof(raw) - 1, "x.deb", hex, &e));
}

static void test_json(void **state)
{
	static const char map[] = "{\"x.deb\": \"" A "\", \"a/b\": {\"c\": \"" B "\"}, \"n\": 5}";
	char hex[SHA256_HEX_SIZE];
	struct err e = {0};

	(void)state;
	assert_true(checksum_json_find(map, strlen(map), NULL, "x.deb", hex, &e));
	assert_string_equal(hex, A);
	assert_true(checksum_json_find(map, strlen(map), "/a~1b/c", "x.deb", hex, &e));
	assert_string_equal(hex, B);
	assert_false(checksum_json_find(map, strlen(map), NULL, "y.deb", hex, &e));
	assert_int_equal(e.code, ERR_NO_MATCH);
	assert_false(checksum_json_find(map, strlen(map), "/n", "x.deb", hex, &e));
	assert_false(checksum_json_find("[", 1, NULL, "x.deb", hex, &e));
	assert_int_equal(e.code, ERR_PARSE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_bytes_are_hostile),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
