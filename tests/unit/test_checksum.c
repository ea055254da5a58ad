/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/checksum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "updaters/lib/text.h"
#include "updaters/lib/yaml.h"

#define A "0e694502bdb876b7eea962b6dae3d77c7bcf22ebd0aedab7625e61520718dcea"
#define B "10765960b1aaba292685660f8efefe2387f56644afc88f50ea74495ef806064d"

/* SHA-512 of "abc", of "abd", and the same in base64. */
#define L                                                                                          \
	"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"                         \
	"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
#define L64                                                                                        \
	"3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw=="
#define M                                                                                          \
	"1a9840c27a5cf22dab060cdd8a83da2b0fbcb1aeb52d4f9d3894b639083e205a"                         \
	"5ab3f6afaeeb21b8e99b5e0fe93daafaabeef274da5d6eadcc9db36e5b6f64c4"
#define M64                                                                                        \
	"GphAwnpc8i2rBgzdioPaKw+8sa61LU+dOJS2OQg+IFpas/avrushuOmbXg/pPar6q+7ydNpdbq3MnbNuW29kxA=="

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
		{L "  x.deb\n" A "  y.deb\n", L},
		{A "  y.deb\n" L " *./out/x.deb\r\n", L},
		{"x.deb " L "\n", L},
		{L, L},
		{"SHA512 (y.deb) = " L "\nSHA512 (out/x.deb) = " L "\n", L},
		{"SHA2-512(x.deb)= " L "\n", L},
		{"SHA256 (x.deb) = " L "\nSHA384 (x.deb) = " L "\n", ""},
		{L "0  x.deb\n", ""},
		{L "  x.deb\n" M "  x.deb\n", "!"},
	};
	struct checksum sum;

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *text = forms[i].text, *expected = forms[i].expected;
		struct err e = {0};
		bool is_found = checksum_text_find(text, strlen(text), "x.deb", &sum, &e);

		if (is_found) {
			bool is_sha512 = strlen(expected) == SHA512_HEX_SIZE - 1;

			assert_string_equal(
				is_sha512 ? sum.digests.sha512 : sum.digests.sha256, expected);
			assert_string_equal(
				is_sha512 ? sum.digests.sha256 : sum.digests.sha512, "");
			assert_string_equal(sum.version, "");
		} else
			assert_int_equal(e.code, expected[0] == '!' ? ERR_DIGEST : ERR_NO_MATCH);
		assert_int_equal(is_found, strlen(expected) > 1);
	}
}

static void test_bytes_are_hostile(void **state)
{
	static const char raw[] = "\0\0\n" A "  x\0.deb\n\xff\xfe  x.deb\n";
	struct checksum sum;
	struct err e = {0};

	(void)state;
	assert_false(checksum_text_find(raw, sizeof(raw) - 1, "x.deb", &sum, &e));
}

static void test_both_are_kept(void **state)
{
	static const char text[] = "SHA256 (x.deb) = " A "\nSHA512 (x.deb) = " L "\n";
	struct checksum sum;
	struct err e = {0};

	(void)state;
	assert_true(checksum_text_find(text, strlen(text), "x.deb", &sum, &e));
	assert_string_equal(sum.digests.sha256, A);
	assert_string_equal(sum.digests.sha512, L);
}

/* electron-builder's, of today, with the other files of a release; and of old. */
static void test_electron_builder(void **state)
{
	static const struct {
		const char *text;
		enum err_code fault; /* ERR_INTERNAL = found */
	} files[] = {
		{"version: 1.2\nfiles:\n  - url: x.AppImage\n    sha512: " M64
		 "\n    size: 7\n    blockMapSize: 1\n  - url: x.deb\n    sha512: " L64
		 "\n    size: 5\npath: x.AppImage\nsha512: " M64
		 "\nreleaseDate: '2026-08-21T10:21:45.000Z'\n",
			ERR_INTERNAL},
		{"version: 1.2\r\npath: x.deb\r\nsha512: " L64 "\r\n", ERR_INTERNAL},
		{"version: '1.2'\npath: x.deb\nsha512: " L "\n", ERR_INTERNAL},
		{"version: 1.2\nfiles:\n- {url: 'https://h.test/a%20b/x%2edeb', sha512: " L64 "}\n",
			ERR_INTERNAL},
		/* the same twice is fine, another one is not */
		{"version: 1.2\nfiles: [{url: x.deb, sha512: " L64 "}]\npath: x.deb\nsha512: " L64,
			ERR_INTERNAL},
		{"version: 1.2\nfiles: [{url: x.deb, sha512: " L64 "}]\npath: x.deb\nsha512: " M64,
			ERR_DIGEST},
		{"files:\n- url: x.deb\n  sha512: " L64 "\n- url: x.deb\n  sha512: " M64 "\n",
			ERR_DIGEST},
		{"files:\n- url: y.deb\n  sha512: " L64 "\n", ERR_NO_MATCH},
		{"files:\n- url: x.deb.blockmap\n  sha512: " L64 "\n", ERR_NO_MATCH},
		{"files:\n- url: x.deb\n", ERR_NO_MATCH},
		{"files:\n- url: x.deb\n  sha512: " A "\n", ERR_NO_MATCH},
		{"files:\n- url: x.deb\n  sha512: [" L64 "]\n", ERR_NO_MATCH},
		{"files:\n- url: x.deb\n  sha256: " A "\n", ERR_NO_MATCH},
		{"files: x.deb\n", ERR_NO_MATCH},
		{"files:\n- x.deb\n- [x.deb]\n", ERR_NO_MATCH},
		/* what an honest file never has */
		{"a: &a x.deb\nfiles:\n- url: *a\n  sha512: " L64 "\n", ERR_PARSE},
		{"files:\n- url: x.deb\n  url: x.deb\n  sha512: " L64 "\n", ERR_PARSE},
		{"files:\n- url: !x x.deb\n  sha512: " L64 "\n", ERR_PARSE},
		{"files:\n- url: x.deb\n\tsha512: " L64 "\n", ERR_PARSE},
		{"files: [[[[[[[[[[[[[[[[[[[[[[[[x.deb]]]]]]]]]]]]]]]]]]]]]]]]\n", ERR_PARSE},
		{"files: {\n", ERR_PARSE},
	};
	struct checksum sum;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const char *text = files[i].text;
		struct err e = {0};
		bool is_found = checksum_text_find(text, strlen(text), "x.deb", &sum, &e);

		if (is_found != (files[i].fault == ERR_INTERNAL) || e.code != files[i].fault)
			fail_msg("%zu: %s", i, e.text);
		if (!is_found)
			continue;
		assert_string_equal(sum.digests.sha512, L);
		assert_string_equal(sum.digests.sha256, "");
		assert_string_equal(sum.version, "1.2");
	}
}

static void test_yaml_is_bounded(void **state)
{
	SCOPED_CLEAR(buf_clear) struct buf text = {0};
	struct checksum sum;
	struct err e = {0};

	(void)state;
	buf_init(&text, CHECKSUM_BYTES_MAX);
	buf_printf(&text, "files:\n");
	while (text.len < YAML_FILE_MAX)
		buf_printf(&text, "- {url: y, sha512: " L64 "}\n");
	buf_printf(&text, "- {url: x.deb, sha512: " L64 "}\n");
	assert_false(checksum_text_find(buf_str(&text), text.len, "x.deb", &sum, &e));
	assert_int_equal(e.code, ERR_PARSE);
}

static void test_json(void **state)
{
	static const char map[] = "{\"x.deb\": \"" A "\", \"a/b\": {\"c\": \"" B "\"}, \"n\": 5}";
	static const char all[] = "{\"h\": \"" L "\", \"b\": \"" L64 "\", \"x\": \"" L "0\"}";
	struct digests found;
	struct err e = {0};

	(void)state;
	assert_true(checksum_json_find(map, strlen(map), NULL, "x.deb", &found, &e));
	assert_string_equal(found.sha256, A);
	assert_true(checksum_json_find(map, strlen(map), "/a~1b/c", "x.deb", &found, &e));
	assert_string_equal(found.sha256, B);
	assert_false(checksum_json_find(map, strlen(map), NULL, "y.deb", &found, &e));
	assert_int_equal(e.code, ERR_NO_MATCH);
	assert_false(checksum_json_find(map, strlen(map), "/n", "x.deb", &found, &e));
	assert_false(checksum_json_find("[", 1, NULL, "x.deb", &found, &e));
	assert_int_equal(e.code, ERR_PARSE);
	/* SHA-512 by its length, in hex or in base64 */
	for (const char *pointer = "h"; pointer != NULL; pointer = *pointer == 'h' ? "b" : NULL) {
		assert_true(checksum_json_find(all, strlen(all), NULL, pointer, &found, &e));
		assert_string_equal(found.sha512, L);
		assert_string_equal(found.sha256, "");
	}
	assert_false(checksum_json_find(all, strlen(all), NULL, "x", &found, &e));
	assert_int_equal(e.code, ERR_NO_MATCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_bytes_are_hostile),
		cmocka_unit_test(test_both_are_kept),
		cmocka_unit_test(test_electron_builder),
		cmocka_unit_test(test_yaml_is_bounded),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
