/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each kind of place that names a digest, through the whole of an inspection. */
#include "vendor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define A "0e694502bdb876b7eea962b6dae3d77c7bcf22ebd0aedab7625e61520718dcea"
#define B "10765960b1aaba292685660f8efefe2387f56644afc88f50ea74495ef806064d"
/* SHA-512 of "abc", in hex and in base64; and another one. */
#define L                                                                                          \
	"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"                         \
	"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
#define L64                                                                                        \
	"3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw=="
#define M    "00000000000000000000000000000000" B "00000000000000000000000000000000"

#define HEAD "name: x\ntitle: X\nkind: deb\npackage: xx\narch: [amd64]\nhosts: [files.test]\n"
#define PAGE "sources: [{page: 'https://files.test/', link: 'x_(?<version>[0-9.]+)\\.deb'}]\n"
#define FEED                                                                                       \
	"sources:\n- {page: 'https://files.test/', link: 'x_(?<version>[0-9.]+)\\.deb'}\n"         \
	"- {json: 'https://files.test/feed', version: /v, url: /u, sha256: /s}\n"
#define SUMS "https://files.test/sums"
#define DEB  "https://files.test/x_1.2.deb"

struct scene {
	struct deb_inspect in;
	struct vendor vendor;
	struct result result;
	struct answer answers[4];
};

static void scene_clear(struct scene *s)
{
	deb_inspect_clear(&s->in);
	result_clear(&s->result);
}

/* In: sums   what the checksum file holds; NULL: there is none. feed   likewise */
static void ask(struct scene *s, const char *recipe, const char *sums, const char *feed)
{
	recipe_free(s->in.recipe);
	s->in.recipe = vendor_recipe("x", recipe, "noble");
	text_copy_cut(s->in.installed, sizeof(s->in.installed), "1.0");
	s->answers[0] = (struct answer){
		.url = "https://files.test/", .status = 200, .body = "<a href=x_1.2.deb>"};
	s->answers[1] = (struct answer){.url = DEB, .status = 200, .body = "deb"};
	s->answers[2] = (struct answer){
		.url = SUMS, .status = sums != NULL ? 200 : 404, .body = sums, .etag = "\"s\""};
	s->answers[3] = (struct answer){
		.url = "https://files.test/feed", .status = feed != NULL ? 200 : 404, .body = feed};
	s->vendor = (struct vendor){.answers = s->answers, .n_answers = ARRAY_SIZE(s->answers)};
	result_clear(&s->result);
	vendor_inspect(&s->vendor, &s->in, &s->result);
}

static void assert_digests(const struct scene *s, const char *sha256, const char *sha512)
{
	if (s->result.outcome != OUTCOME_AVAILABLE)
		fail_msg("%s", s->result.error.text);
	assert_string_equal(s->result.release.digests.sha256, sha256);
	assert_string_equal(s->result.release.digests.sha512, sha512);
}

static void assert_refused(const struct scene *s, const char *one, const char *other)
{
	if (s->result.error.code != ERR_DIGEST || strstr(s->result.error.text, one) == NULL ||
		strstr(s->result.error.text, other) == NULL)
		fail_msg("%s: %s", err_token(s->result.error.code), s->result.error.text);
	assert_int_equal(s->result.outcome, OUTCOME_FAILED);
	assert_int_equal(s->result.step, STEP_VERIFY);
}

/* The forms that checksum files have, each under `require`: what is not read is refused. */
static void test_every_form_is_read(void **state)
{
	static const struct {
		const char *what, *checksum, *sums, *sha256, *sha512;
	} forms[] = {
		{"json by name", "json: '" SUMS "'", "{\"x_1.2.deb\": \"" A "\"}", A, ""},
		{"json by pointer", "json: '" SUMS "', at: '/${raw_version}/0/h'",
			"{\"1.2\": [{\"h\": \"" A "\"}]}", A, ""},
		{"sha256sum", "text: '" SUMS "'", B "  x_1.1.deb\n" A "  x_1.2.deb\n", A, ""},
		{"bsd", "text: '" SUMS "'", "SHA256 (x_1.1.deb) = " B "\nSHA256 (x_1.2.deb) = " A,
			A, ""},
		{"per asset, with its name", "text: '" SUMS "'", A "  x_1.2.deb\n", A, ""},
		{"per asset, a lone hash", "text: '" SUMS "'", A "\n", A, ""},
		{"hash after the name", "text: '" SUMS "'", "x_1.1.deb " B "\nx_1.2.deb " A "\n", A,
			""},
		{"sha512sum", "text: '" SUMS "'", M "  x_1.1.deb\n" L "  x_1.2.deb\n", "", L},
		{"bsd of both", "text: '" SUMS "'",
			"SHA256 (x_1.2.deb) = " A "\nSHA512 (x_1.2.deb) = " L "\n", A, L},
		{"electron-builder", "text: '" SUMS "'",
			"version: 1.2\nfiles:\n  - url: x_1.2.deb\n    sha512: " L64 "\n", "", L},
		{"json, base64", "json: '" SUMS "', at: /h", "{\"h\": \"" L64 "\"}", "", L},
	};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};
	char recipe[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		snprintf(recipe, sizeof(recipe), HEAD PAGE "checksum: {%s, policy: require}\n",
			forms[i].checksum);
		ask(&s, recipe, forms[i].sums, NULL);
		if (s.result.outcome != OUTCOME_AVAILABLE)
			fail_msg("%s: %s", forms[i].what, s.result.error.text);
		assert_digests(&s, forms[i].sha256, forms[i].sha512);
		assert_int_equal(s.result.release.sha256_from, DIGEST_FROM_CHECKSUMS);
		/* there, but not for this file */
		ask(&s, recipe, "x_1.3.deb " A "\n", NULL);
		assert_int_equal(s.result.outcome, OUTCOME_FAILED);
		assert_refused(&s, "requires it", SUMS);
	}
}

/* An attribute of the page, and a feed: the match itself has it. */
static void test_page_and_feed_name_one(void **state)
{
	static const char feed[] = "{\"v\": \"1.2\", \"u\": \"" DEB "\", \"s\": \"" A "\"}";
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	ask(&s,
		HEAD "sources: [{page: 'https://files.test/sums', link: "
		     "'(?<url>x_(?<version>[0-9.]+)\\.deb)\" data-sum=\"(?<sha256>[0-9a-f]+)'}]\n",
		"<a href=\"x_1.2.deb\" data-sum=\"" A "\">", NULL);
	assert_digests(&s, A, "");
	assert_int_equal(s.result.release.sha256_from, DIGEST_FROM_PAGE);
	ask(&s, HEAD FEED, NULL, feed);
	assert_digests(&s, A, "");
	assert_int_equal(s.result.release.sha256_from, DIGEST_FROM_FEED);
}

static void test_none_where_one_is_required(void **state)
{
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	ask(&s, HEAD PAGE "checksum: {text: '" SUMS "', policy: require}\n", NULL, NULL);
	assert_refused(&s, "requires it", SUMS);
	ask(&s, HEAD PAGE "checksum: {text: '" SUMS "', policy: prefer}\n", NULL, NULL);
	assert_digests(&s, "", "");
	assert_int_equal(s.result.release.sha256_from, DIGEST_FROM_NONE);
}

/* SHA-256 and SHA-512 can't be compared here: both are kept for the bytes to come. */
static void test_two_that_differ(void **state)
{
	static const char feed[] = "{\"v\": \"1.2\", \"u\": \"" DEB "\", \"s\": \"" A "\"}";
	static const char recipe[] = HEAD FEED "checksum: {text: '" SUMS "'}\n";
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	ask(&s, recipe, B "  x_1.2.deb\n", feed);
	assert_refused(&s, SUMS " says " B, "https://files.test/feed says " A);
	ask(&s, recipe, A "  x_1.2.deb\n", feed);
	assert_digests(&s, A, "");
	ask(&s, recipe, L "  x_1.2.deb\n", feed);
	assert_digests(&s, A, L);
	assert_int_equal(s.result.release.sha256_from, DIGEST_FROM_FEED);
	ask(&s, recipe, L "  x_1.2.deb\n" M "  x_1.2.deb\n", feed);
	assert_refused(&s, L, M);
}

/* latest-linux.yml has one address for all releases: it may still be that of the one before. */
static void test_a_file_of_another_release_says_nothing(void **state)
{
	static const char yaml[] = "version: 1.1\nfiles: [{url: x_1.2.deb, sha512: " L64 "}]\n";
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	ask(&s, HEAD PAGE "checksum: {text: '" SUMS "', policy: prefer}\n", yaml, NULL);
	assert_digests(&s, "", "");
	ask(&s, HEAD PAGE "checksum: {text: '" SUMS "', policy: require}\n", yaml, NULL);
	assert_refused(&s, "of version 1.1", "1.2");
}

/* What was kept answers as the file itself would. */
static void test_it_is_remembered(void **state)
{
	static const char recipe[] = HEAD PAGE "checksum: {text: '" SUMS "', policy: require}\n";
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	ask(&s, recipe, L "  x_1.2.deb\n", NULL);
	s.in.documents = s.result.documents;
	s.in.n_documents = s.result.n_documents;
	s.result.documents = NULL;
	s.result.n_documents = 0;
	ask(&s, recipe, L "  x_1.2.deb\n", NULL);
	assert_digests(&s, "", L);
	assert_int_equal(s.answers[2].n_asked, 1);
	assert_int_equal(s.answers[2].n_bodies, 0);
	s.in.offline = true;
	ask(&s, recipe, NULL, NULL);
	assert_digests(&s, "", L);
	assert_int_equal(s.vendor.n_requests, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_form_is_read),
		cmocka_unit_test(test_page_and_feed_name_one),
		cmocka_unit_test(test_none_where_one_is_required),
		cmocka_unit_test(test_two_that_differ),
		cmocka_unit_test(test_a_file_of_another_release_says_nothing),
		cmocka_unit_test(test_it_is_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
