/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fetching from fabricated answers into a real folder. */
#include "vendor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"

#define URL  "https://files.test/x.deb"
#define NAME "x_2.0_amd64.deb"

/* The clock is ours here: how long things take is not waited for. */
static uint64_t passed_ms;
uint64_t __real_clock_now_ms(void);
uint64_t __wrap_clock_now_ms(void);
uint64_t __wrap_clock_now_ms(void)
{
	return __real_clock_now_ms() + passed_ms;
}

struct scene {
	char folder[32];
	int folder_fd;
	char *deb;
	size_t len;
	char sha256[SHA256_HEX_SIZE];
	struct deb_fetch in;
	struct answer answer;
	struct vendor vendor;
	struct result result;
	uint64_t told_bytes;
	unsigned n_lives; /* progress of zeros: signs of life */
	uint64_t limit_rate;
	uint64_t pass_ms; /* so long the first bytes take */
};

static const char recipe_yaml[] =
	"name: x\ntitle: X\nkind: deb\npackage: xx\narch: [amd64]\nhosts: [files.test]\n"
	"sources: [{page: 'https://files.test/', link: 'x_(?<version>[0-9.]+)'}]\n"
	"version: {installed: ['s/-[0-9]{9,}$//']}\n";

static int setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct err e = {0};

	assert_non_null(s);
	text_copy_cut(s->folder, sizeof(s->folder), "/tmp/devupd-fetch-XXXXXX");
	assert_non_null(mkdtemp(s->folder));
	s->folder_fd = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s->deb = vendor_package("xx", "2.0-1755790000", "amd64", 50000, &s->len);
	assert_true(digest_of(s->deb, s->len, s->sha256, &e));
	s->in.recipe = vendor_recipe("x", recipe_yaml, "noble");
	s->in.max_bytes = 1 << 20;
	text_copy_cut(s->in.file_name, sizeof(s->in.file_name), NAME);
	text_copy_cut(s->in.release.url, sizeof(s->in.release.url), URL);
	text_copy_cut(s->in.release.version, sizeof(s->in.release.version), "2.0");
	memcpy(s->in.release.digests.sha256, s->sha256, sizeof(s->sha256));
	s->answer = (struct answer){
		.url = URL, .status = 200, .body = s->deb, .body_len = s->len, .etag = "\"v1\""};
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {NAME, NAME ".part", NAME ".meta"};
	struct scene *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unlinkat(s->folder_fd, names[i], 0);
	close(s->folder_fd);
	assert_int_equal(rmdir(s->folder), 0);
	deb_fetch_clear(&s->in);
	result_clear(&s->result);
	free(s->deb);
	free(s);
	return 0;
}

static void on_progress(void *user, uint32_t job_id, uint64_t done_bytes, uint64_t total_bytes)
{
	struct scene *s = user;

	assert_int_equal(job_id, 7);
	assert_true((total_bytes == 0 || done_bytes <= total_bytes) && done_bytes >= s->told_bytes);
	s->told_bytes = done_bytes;
	s->n_lives += done_bytes == 0 && total_bytes == 0;
	passed_ms += s->pass_ms;
	s->pass_ms = 0;
}

static void fetch(struct scene *s)
{
	const struct worker_host host = {.write_folder_fd = s->folder_fd,
		.timeout_ms = 30000,
		.stall_ms = 30000,
		.limit_rate = s->limit_rate,
		.progress = on_progress,
		.user = s};
	SCOPED_CLEAR(buf_clear) struct buf input = {0};

	buf_init(&input, RECORD_BYTES_MAX);
	deb_fetch_pack(&s->in, &input);
	result_clear(&s->result);
	s->told_bytes = 0;
	s->n_lives = 0;
	s->answer.n_asked = 0;
	s->vendor = (struct vendor){.answers = &s->answer, .n_answers = 1};
	vendor_run(&s->vendor, PHASE_PREPARE, &input, -1, &host, &s->result);
}

static off_t size_of(const struct scene *s, const char *name)
{
	struct stat st;

	return fstatat(s->folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_size : -1;
}

static void assert_fetched(const struct scene *s)
{
	if (s->result.outcome != OUTCOME_DOWNLOADED)
		fail_msg("%s", s->result.error.text);
	assert_string_equal(s->result.release.digests.sha256, s->sha256);
	assert_int_equal(s->result.release.size_bytes, s->len);
	assert_int_equal(size_of(s, NAME), (off_t)s->len);
	assert_int_equal(size_of(s, NAME ".part"), -1);
	assert_int_equal(size_of(s, NAME ".meta"), -1);
}

static void assert_refused(const struct scene *s, enum err_code code)
{
	if (s->result.outcome != OUTCOME_FAILED || s->result.error.code != code)
		fail_msg("%s: %s", err_token(s->result.error.code), s->result.error.text);
	assert_int_equal(s->result.step, STEP_FETCH);
	assert_int_equal(size_of(s, NAME), -1);
}

static void test_whole_then_known(void **state)
{
	struct scene *s = *state;

	fetch(s);
	assert_fetched(s);
	assert_int_equal(s->told_bytes, s->len);
	assert_int_equal(s->n_lives, 0);
	fetch(s);
	assert_fetched(s);
	assert_true(s->n_lives > 0); /* hashing it may take long */
	assert_int_equal(s->vendor.n_requests, 0);
}

static void test_cut_goes_on_by_range(void **state)
{
	struct scene *s = *state;

	s->answer.cut_after = 20000;
	fetch(s);
	assert_fetched(s);
	assert_int_equal(s->vendor.n_requests, 2);
	assert_int_equal(s->vendor.last_range_from, 20000);
	assert_string_equal(s->vendor.last_etag, "\"v1\"");
}

static void leave_part(struct scene *s, size_t n, const char *etag)
{
	char path[128], meta[256];
	struct err e = {0};

	snprintf(path, sizeof(path), "%s/%s.part", s->folder, NAME);
	assert_true(fs_replace(path, s->deb, n, 0600, &e));
	snprintf(path, sizeof(path), "%s/%s.meta", s->folder, NAME);
	snprintf(meta, sizeof(meta), "%s\n%s\n", URL, etag);
	assert_true(fs_replace(path, meta, strlen(meta), 0600, &e));
}

static void test_sha512_is_compared_in_the_stream(void **state)
{
	struct scene *s = *state;
	char *sha512 = s->in.release.digests.sha512;
	SCOPED(digest_free) struct digest *d = digest_new_of(DIGEST_SHA512);
	struct err e = {0};

	digest_add(d, s->deb, s->len);
	assert_true(digest_finish_of(d, sha512, SHA512_HEX_SIZE, &e));
	s->in.release.digests.sha256[0] = '\0';
	leave_part(s, 30000, "\"v1\""); /* what came before counts */
	fetch(s);
	assert_fetched(s);
	assert_string_equal(s->result.release.digests.sha512, sha512);
	/* complete, and the right one: nothing is asked */
	fetch(s);
	assert_int_equal(s->vendor.n_requests, 0);
	sha512[0] = sha512[0] == '0' ? '1' : '0';
	fetch(s);
	assert_int_equal(s->vendor.n_requests, 1);
	assert_int_equal(s->result.error.code, ERR_DIGEST);
	assert_non_null(strstr(s->result.error.text, sha512));
	assert_non_null(strstr(s->result.error.text, "has SHA-512 "));
	assert_int_equal(size_of(s, NAME ".part"), -1);
}

enum { HOUR_MS = 3600 * 1000 };

/* One end for all tries: else each of them would have as long again. */
static void test_what_was_spent_is_not_there_for_another_try(void **state)
{
	struct scene *s = *state;

	s->answer.cut_after = 20000;
	s->pass_ms = 4 * HOUR_MS;
	fetch(s);
	assert_fetched(s);
	assert_int_equal(s->vendor.n_requests, 2);
	assert_true(s->vendor.last_timeout_ms <= 2 * HOUR_MS);
	assert_true(s->vendor.last_timeout_ms > HOUR_MS);
}

static void test_its_time_is_over(void **state)
{
	struct scene *s = *state;

	s->answer.cut_after = 20000;
	s->pass_ms = 6 * HOUR_MS;
	fetch(s);
	assert_refused(s, ERR_NETWORK);
	assert_int_equal(s->vendor.n_requests, 1);
	assert_non_null(strstr(s->result.error.text, "kept, run again to continue"));
	assert_int_equal(size_of(s, NAME ".part"), 20000);
	fetch(s);
	assert_fetched(s);
	assert_int_equal(s->vendor.last_range_from, 20000);
}

/* A rate that a person set makes it long: that cuts no download. */
static void test_a_rate_that_was_set_gives_time(void **state)
{
	static const struct {
		uint64_t limit_rate, least_ms, most_ms;
	} cases[] = {
		{0, 5 * HOUR_MS, 6 * HOUR_MS},
		{4096, 72 * HOUR_MS, 79 * HOUR_MS}, /* 72.8 hours, and as long as ever */
		{UINT64_MAX, 5 * HOUR_MS, 6 * HOUR_MS},
	};
	struct scene *s = *state;

	s->in.max_bytes = 1 << 30;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		s->limit_rate = cases[i].limit_rate;
		fetch(s);
		assert_fetched(s);
		assert_true(s->vendor.last_timeout_ms > cases[i].least_ms);
		assert_true(s->vendor.last_timeout_ms <= cases[i].most_ms);
		unlinkat(s->folder_fd, NAME, 0);
	}
}

/* Without a strong ETag nothing promises that the rest is of the same file. */
static void test_cut_without_etag_starts_again(void **state)
{
	static const char *const etags[] = {NULL, "W/\"v1\""};
	struct scene *s = *state;

	s->in.release.digests.sha256[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(etags); i++) {
		s->answer.etag = etags[i];
		s->answer.cut_after = 20000;
		fetch(s);
		assert_fetched(s);
		assert_int_equal(s->vendor.n_requests, 2);
		assert_int_equal(s->vendor.last_range_from, 0);
	}
}

static void test_range_of_another_file_starts_again(void **state)
{
	struct scene *s = *state;

	leave_part(s, 30000, "\"v0\"");
	s->answer.ignores_if_range = true;
	fetch(s);
	assert_fetched(s);
	assert_int_equal(s->vendor.n_requests, 2);
	assert_int_equal(s->vendor.last_range_from, 0);
}

/* Complete by its own size, but not what the vendor published. */
static void test_short_file(void **state)
{
	struct scene *s = *state;

	s->answer.body_len = 30000;
	fetch(s);
	assert_refused(s, ERR_DIGEST);
	assert_int_equal(size_of(s, NAME ".part"), -1);
}

static void test_parts_of_an_earlier_run(void **state)
{
	static const struct {
		size_t part_bytes;
		const char *etag;
		uint64_t range_from;
	} cases[] = {
		{30000, "\"v1\"", 30000}, /* the same bytes: by range */
		{30000, "\"v0\"", 30000}, /* other bytes: a full answer starts again */
		{30000, "W/\"v1\"", 0},   /* weak: not asked for by range */
		{100, "\"v1\"", 100},     /* the control member is still to come */
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		leave_part(s, cases[i].part_bytes, cases[i].etag);
		fetch(s);
		assert_fetched(s);
		assert_int_equal(s->vendor.n_requests, 1);
		assert_int_equal(s->vendor.last_range_from, cases[i].range_from);
		unlinkat(s->folder_fd, NAME, 0);
	}
	/* Longer than what is there: 416, then the whole. */
	leave_part(s, s->len, "\"v1\"");
	fetch(s);
	assert_fetched(s);
	assert_int_equal(s->vendor.n_requests, 2);
}

static void test_network_gone(void **state)
{
	struct scene *s = *state;

	leave_part(s, 30000, "\"v1\"");
	s->answer.status = 0;
	s->answer.error = ERR_NETWORK;
	fetch(s);
	assert_refused(s, ERR_NETWORK);
	assert_int_equal(s->vendor.n_requests, 1); /* other tries are http's */
	assert_non_null(strstr(s->result.error.text, "30 kB kept, run again to continue"));
	assert_int_equal(size_of(s, NAME ".part"), 30000);
	assert_true(s->n_lives > 0); /* so may reading it again */
}

static void test_wrong_package_is_dropped_at_its_head(void **state)
{
	static const struct {
		const char *package, *version, *arch;
		enum err_code code;
	} cases[] = {{"yy", "2.0", "amd64", ERR_NAME}, {"xx", "2.1", "amd64", ERR_VERSION},
		{"xx", "2.0", "arm64", ERR_ARCHITECTURE}};
	struct scene *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len = 0;
		SCOPED_FREE char *deb = vendor_package(
			cases[i].package, cases[i].version, cases[i].arch, 500000, &len);

		s->answer.body = deb;
		s->answer.body_len = len;
		fetch(s);
		assert_refused(s, cases[i].code);
		assert_int_equal(s->vendor.n_requests, 1);
		assert_int_equal(size_of(s, NAME ".part"), -1);
	}
}

static void test_refusals(void **state)
{
	struct scene *s = *state;
	const struct answer fine = s->answer;

	s->answer.status = 404;
	fetch(s);
	assert_refused(s, ERR_HTTP);

	s->answer = fine;
	s->answer.type = "text/html";
	fetch(s);
	assert_refused(s, ERR_HTTP);

	s->answer = fine;
	s->answer.final_url = "https://evil.test/x.deb";
	fetch(s);
	assert_refused(s, ERR_POLICY);

	s->answer = fine;
	s->in.max_bytes = s->len - 1;
	fetch(s);
	assert_refused(s, ERR_TOO_BIG);
	s->answer.hides_size = true;
	fetch(s);
	assert_refused(s, ERR_TOO_BIG);
	s->in.max_bytes = 1 << 20;

	s->answer = fine;
	s->answer.body = "!<arc> no package";
	s->answer.body_len = 0;
	fetch(s);
	assert_refused(s, ERR_STRUCTURE);
	s->answer.body = "\n <!DOCTYPE html><title>Welcome to the hotel</title>";
	fetch(s);
	assert_refused(s, ERR_HTTP);
	assert_non_null(strstr(s->result.error.text, "web page"));

	s->answer = fine;
	s->deb[s->len - 10] ^= 1;
	fetch(s);
	assert_refused(s, ERR_DIGEST);
	assert_non_null(strstr(s->result.error.text, s->sha256));
	assert_int_equal(size_of(s, NAME ".part"), -1);
}

/* What others left at the name is no file of ours. */
static void test_links_are_not_followed(void **state)
{
	struct scene *s = *state;

	assert_int_equal(symlinkat("/dev/null", s->folder_fd, NAME ".part"), 0);
	fetch(s);
	assert_refused(s, ERR_STATE);
	assert_int_equal(s->vendor.n_requests, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_whole_then_known),
		TEST(test_cut_goes_on_by_range),
		TEST(test_sha512_is_compared_in_the_stream),
		TEST(test_what_was_spent_is_not_there_for_another_try),
		TEST(test_its_time_is_over),
		TEST(test_a_rate_that_was_set_gives_time),
		TEST(test_cut_without_etag_starts_again),
		TEST(test_range_of_another_file_starts_again),
		TEST(test_short_file),
		TEST(test_parts_of_an_earlier_run),
		TEST(test_network_gone),
		TEST(test_wrong_package_is_dropped_at_its_head),
		TEST(test_refusals),
		TEST(test_links_are_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
