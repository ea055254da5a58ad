/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

/* FIPS 180-2, appendix B */
static const char of_nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char of_abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char of_a_million_a[] =
	"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

#define ABC_SHA512                                                                                 \
	"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"                         \
	"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
#define ABC_BASE64                                                                                 \
	"3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw=="

static void known_digests_come_out(void **state)
{
	char hex[SHA256_HEX_SIZE];
	struct err e = {0};

	(void)state;
	assert_true(digest_of("", 0, hex, &e));
	assert_string_equal(hex, of_nothing);
	assert_true(digest_of("abc", 3, hex, &e));
	assert_string_equal(hex, of_abc);
}

static void others_digests_come_out(void **state)
{
	SCOPED(digest_free) struct digest *md5 = digest_new_of(DIGEST_MD5);
	SCOPED(digest_free) struct digest *sha1 = digest_new_of(DIGEST_SHA1);
	char md5_hex[MD5_HEX_SIZE], sha1_hex[SHA1_HEX_SIZE];
	struct err e = {0};

	(void)state;
	digest_add(md5, "abc", 3);
	digest_add(sha1, "abc", 3);
	assert_true(digest_finish_of(md5, md5_hex, sizeof(md5_hex), &e));
	assert_true(digest_finish_of(sha1, sha1_hex, sizeof(sha1_hex), &e));
	assert_string_equal(md5_hex, "900150983cd24fb0d6963f7d28e17f72");
	assert_string_equal(sha1_hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
	digest_restart(md5);
	assert_false(digest_finish_of(md5, sha1_hex, sizeof(sha1_hex), &e)); /* no room is no use */
}

static void pieces_and_restarts_give_the_same(void **state)
{
	SCOPED(digest_free) struct digest *d = digest_new();
	char hex[SHA256_HEX_SIZE];
	char tens[] = "aaaaaaaaaa";
	struct err e = {0};

	(void)state;
	digest_add(d, "rubbish", 7);
	digest_restart(d);
	for (int i = 0; i < 100000; i++)
		digest_add(d, tens, 10);
	assert_true(digest_finish(d, hex, &e));
	assert_string_equal(hex, of_a_million_a);
	assert_false(digest_finish(d, hex, &e)); /* not without a restart */
	assert_int_equal(e.code, ERR_INTERNAL);
	digest_restart(d);
	digest_add(d, NULL, 0);
	assert_true(digest_finish(d, hex, &e));
	assert_string_equal(hex, of_nothing);
}

static void a_file_is_read_from_its_start(void **state)
{
	SCOPED_CLOSE int fd = memfd_create("digest", MFD_CLOEXEC);
	SCOPED_FREE char *million = malloc(1000000);
	char hex[SHA256_HEX_SIZE];
	uint64_t size = 0;
	struct err e = {0};

	(void)state;
	memset(million, 'a', 1000000);
	assert_int_equal(write(fd, million, 1000000), 1000000);
	assert_int_equal(lseek(fd, 17, SEEK_SET), 17);
	assert_true(digest_of_fd(fd, hex, &size, &e));
	assert_string_equal(hex, of_a_million_a);
	assert_int_equal(size, 1000000);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 17);
	assert_false(digest_of_fd(-1, hex, &size, &e));
	assert_int_equal(e.code, ERR_INTERNAL);
}

static void only_sixty_four_digits_are_a_digest(void **state)
{
	char hex[SHA256_HEX_SIZE] = "kept";
	char upper[SHA256_HEX_SIZE];

	(void)state;
	assert_false(digest_is_sha256("", hex));
	assert_false(digest_is_sha256("0e69450", hex));
	assert_false(digest_is_sha256(
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ag", hex));
	assert_false(digest_is_sha256(
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0", hex));
	assert_string_equal(hex, "kept");
	for (size_t i = 0; i < sizeof(upper); i++)
		upper[i] = (char)(of_abc[i] >= 'a' ? of_abc[i] - 32 : of_abc[i]);
	assert_true(digest_is_sha256(upper, hex));
	assert_string_equal(hex, of_abc);
}

static void sha512_is_read_in_hex_and_in_base64(void **state)
{
	static const char *const wrong[] = {"", "3a81", ABC_BASE64 "=", " " ABC_BASE64,
		/* without its padding, with another letter than there is, and longer */
		"3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/"
		"uu9RU1EI2Q86A4qmslPpUyknw",
		"!a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/"
		"uu9RU1EI2Q86A4qmslPpUyknw==",
		"3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/"
		"uu9RU1EI2Q86A4qmslPpUyknw+=",
		"3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/"
		"uu9RU1EI2Q86A4qmslPpUykn\n=="};
	char hex[SHA512_HEX_SIZE] = "kept";

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(digest_from_base64(wrong[i], hex));
	assert_false(digest_is_sha512(of_abc, hex));
	assert_string_equal(hex, "kept");
	assert_true(digest_from_base64(ABC_BASE64, hex));
	assert_string_equal(hex, ABC_SHA512);
	assert_true(digest_is_sha512(ABC_SHA512, hex));
	assert_string_equal(hex, ABC_SHA512);
}

static void what_is_expected_is_measured_and_compared(void **state)
{
	struct digests expected = {0}, measured;
	struct err e = {0};

	(void)state;
	assert_false(digests_are_known(&expected));
	for (int i = 0; i < 2; i++) {
		SCOPED(measuring_free) struct measuring *m = measuring_new(&expected);

		measuring_add(m, "rubbish", 7);
		measuring_restart(m);
		measuring_add(m, "ab", 2);
		measuring_add(m, "c", 1);
		assert_true(measuring_finish(m, &measured, &e));
		assert_false(measuring_finish(m, &measured, &e)); /* not without a restart */
		assert_string_equal(measured.sha256, of_abc);
		assert_string_equal(measured.sha512, i == 0 ? "" : ABC_SHA512);
		assert_true(digests_check(&expected, &measured, "x", &e));
		memcpy(expected.sha512, ABC_SHA512, sizeof(ABC_SHA512));
		assert_true(digests_are_known(&expected));
	}
	memcpy(expected.sha256, of_nothing, sizeof(expected.sha256));
	assert_false(digests_check(&expected, &measured, "x", &e));
	assert_int_equal(e.code, ERR_DIGEST);
	assert_non_null(strstr(e.text, of_nothing));
	assert_non_null(strstr(e.text, of_abc));
	expected.sha256[0] = '\0';
	expected.sha512[0] = '0';
	assert_false(digests_check(&expected, &measured, "x", &e));
	assert_non_null(strstr(e.text, "has SHA-512 " ABC_SHA512));
	/* expected, and nobody measured it: that is no match */
	measured.sha512[0] = '\0';
	assert_false(digests_check(&expected, &measured, "x", &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_digests_come_out),
		cmocka_unit_test(others_digests_come_out),
		cmocka_unit_test(pieces_and_restarts_give_the_same),
		cmocka_unit_test(a_file_is_read_from_its_start),
		cmocka_unit_test(only_sixty_four_digits_are_a_digest),
		cmocka_unit_test(sha512_is_read_in_hex_and_in_base64),
		cmocka_unit_test(what_is_expected_is_measured_and_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
