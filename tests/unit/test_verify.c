/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vendor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "updaters/lib/fs.h"

static const char recipe_yaml[] =
	"name: x\ntitle: X\nkind: deb\npackage: xx\narch: [amd64]\nhosts: [files.test]\n"
	"sources: [{page: 'https://files.test/', link: 'x_(?<version>[0-9.]+)'}]\n"
	"version: {rewrite: ['s/-([0-9]+)$/+$1/'], installed: ['s/-[0-9]{9,}$//']}\n";

static int open_bytes(const void *bytes, size_t len)
{
	struct err e = {0};
	int fd = memfd_create("deb", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(fs_write_all(fd, bytes, len, "memory", &e));
	return fd;
}

static void on_progress(void *user, uint32_t job_id, uint64_t done_bytes, uint64_t total_bytes)
{
	(void)job_id;
	(void)total_bytes;
	assert_true(done_bytes >= *(uint64_t *)user);
	*(uint64_t *)user = done_bytes;
}

static void verify(const void *deb, size_t len, struct deb_verify *in, struct result *out)
{
	uint64_t told_bytes = 0;
	const struct worker_host host = {
		.write_folder_fd = -1, .progress = on_progress, .user = &told_bytes};
	SCOPED_CLEAR(buf_clear) struct buf input = {0};
	struct vendor nobody = {0};

	buf_init(&input, RECORD_BYTES_MAX);
	in->recipe = vendor_recipe("x", recipe_yaml, "noble");
	deb_verify_pack(in, &input);
	vendor_run(&nobody, PHASE_VERIFY, &input, open_bytes(deb, len), &host, out);
	assert_int_equal(nobody.n_requests, 0);
	/* reading may take longer than the parent waits */
	if (err_is_set(&out->error))
		assert_in_range(told_bytes, len / 8, len);
	else
		assert_int_equal(told_bytes, len);
	deb_verify_clear(in);
}

static void test_good(void **state)
{
	static const char *const spellings[] = {
		"", "2.0+5", "2.0-5", "2.0+5-1755790000", "2.0+5-1755799999"};
	size_t len = 0;
	SCOPED_FREE char *deb = vendor_package("xx", "2.0+5-1755790000", "amd64", 4000, &len);
	char sha256[SHA256_HEX_SIZE];
	struct err e = {0};

	(void)state;
	assert_true(digest_of(deb, len, sha256, &e));
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		struct deb_verify in = {.size_bytes = len};
		SCOPED_CLEAR(result_clear) struct result r = {0};

		text_copy_cut(in.version, sizeof(in.version), spellings[i]);
		memcpy(in.sha256, sha256, sizeof(sha256));
		verify(deb, len, &in, &r);
		if (err_is_set(&r.error))
			fail_msg("%s", r.error.text);
		assert_string_equal(r.release.version, "2.0+5-1755790000");
		assert_string_equal(r.release.digests.sha256, sha256);
		assert_int_equal(r.release.size_bytes, len);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *package, *version, *arch, *expected;
		enum err_code code;
	} cases[] = {{"yy", "2.0", "amd64", "2.0", ERR_NAME},
		{"xx", "2.0", "arm64", "2.0", ERR_ARCHITECTURE},
		{"xx", "2.1", "amd64", "2.0", ERR_VERSION},
		{"xx", "2.0", "all", "2.0", ERR_N_CODES}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len = 0;
		SCOPED_FREE char *deb = vendor_package(
			cases[i].package, cases[i].version, cases[i].arch, 400, &len);
		struct deb_verify in = {0};
		SCOPED_CLEAR(result_clear) struct result r = {0};

		text_copy_cut(in.version, sizeof(in.version), cases[i].expected);
		verify(deb, len, &in, &r);
		assert_int_equal(err_is_set(&r.error), cases[i].code != ERR_N_CODES);
		if (err_is_set(&r.error)) {
			assert_int_equal(r.error.code, cases[i].code);
			assert_int_equal(r.step, STEP_VERIFY);
			assert_int_equal(r.outcome, OUTCOME_FAILED);
		}
	}
}

static void test_essential_is_refused(void **state)
{
	static const char *const fields[] = {"Essential: yes\n", "Protected: yes\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		size_t len = 0;
		SCOPED_FREE char *deb =
			vendor_package_with("xx", "2.0", "amd64", fields[i], 400, &len);
		struct deb_verify in = {0};
		SCOPED_CLEAR(result_clear) struct result r = {0};

		verify(deb, len, &in, &r);
		assert_int_equal(r.outcome, OUTCOME_FAILED);
		assert_int_equal(r.error.code, ERR_POLICY);
	}
}

static void test_bytes(void **state)
{
	static const char zeros[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	size_t len = 0;
	SCOPED_FREE char *deb = vendor_package("xx", "2.0", "amd64", 4000, &len);
	struct deb_verify in = {.size_bytes = len + 1};
	SCOPED_CLEAR(result_clear) struct result size = {0}, digest = {0}, cut = {0};

	(void)state;
	verify(deb, len, &in, &size);
	assert_int_equal(size.error.code, ERR_STRUCTURE);
	memcpy(in.sha256, zeros, sizeof(zeros));
	verify(deb, len, &in, &digest);
	assert_int_equal(digest.error.code, ERR_DIGEST);
	assert_non_null(strstr(digest.error.text, zeros));
	verify(deb, len - 1000, &in, &cut);
	assert_int_equal(cut.error.code, ERR_STRUCTURE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_essential_is_refused),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
