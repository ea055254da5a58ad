/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an inspection tells beside the release: how each source answered, when it was published. */
#include "vendor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "updaters/lib/clock.h"

#define PAGE      "https://github.com/posit-dev/positron/releases"
#define FEED      "https://cdn.posit.co/positron/releases/deb/x86_64/releases.json"
#define DOWNLOADS "https://positron.posit.co/download.html"
#define HEAD      "name: x\nkind: deb\npackage: xx\narch: [amd64]\nhosts: [files.test]\n"

struct scene {
	struct deb_inspect in;
	struct vendor vendor;
	struct result result;
};

static void scene_clear(struct scene *s)
{
	deb_inspect_clear(&s->in);
	result_clear(&s->result);
}

static void ask(struct scene *s, const char *installed, struct answer *answers, size_t n)
{
	text_copy_cut(s->in.installed, sizeof(s->in.installed), installed);
	s->vendor = (struct vendor){.answers = answers, .n_answers = n};
	result_clear(&s->result);
	vendor_inspect(&s->vendor, &s->in, &s->result);
}

#define ASK(scene, installed, answers) ask(scene, installed, answers, ARRAY_SIZE(answers))

/* Ask again with what was kept. */
static void remember(struct scene *s)
{
	s->in.documents = s->result.documents;
	s->in.n_documents = s->result.n_documents;
	s->result.documents = NULL;
	s->result.n_documents = 0;
}

static const char *reason_of(const struct scene *s, const char *source)
{
	for (size_t i = 0; i < s->result.n_replies; i++)
		if (text_equal(s->result.replies[i].source, source))
			return s->result.replies[i].reason;
	fail_msg("no reply of %s", source);
	return NULL;
}

/* --- replies ----------------------------------------------------------------- */

/* What was not asked is not told of; a 304 is as good as the page. */
static void test_a_good_one_alone(void **state)
{
	SCOPED_FREE char *page = vendor_fixture("pages/positron-releases.html", NULL);
	struct answer answers[] = {{.url = PAGE, .status = 200, .body = page, .etag = "\"p\""}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_shipped_recipe("positron", "noble");
	for (int round = 0; round < 2; round++) {
		ASK(&s, "2026.08.2+4-1755790000", answers);
		assert_int_equal(answers[0].n_bodies, round == 0);
		assert_int_equal(s.result.n_replies, 1);
		assert_string_equal(reason_of(&s, PAGE), "");
		if (round == 0)
			remember(&s);
	}
	s.in.offline = true;
	ASK(&s, "2026.08.2+4-1755790000", answers);
	assert_int_equal(s.result.n_replies, 0);
}

/* Each says in one line why not. Two sources read one page: the ailing one is heard. */
static void test_why_not(void **state)
{
	SCOPED_FREE char *page = vendor_fixture("pages/positron-releases.html", NULL);
	struct answer answers[] = {{.url = PAGE, .status = 404}, {.url = FEED, .error = ERR_TLS},
		{.url = DOWNLOADS, .status = 200, .body = page}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_shipped_recipe("positron", "noble");
	ASK(&s, "2026.08.2+4-1755790000", answers);
	assert_int_equal(s.result.outcome, OUTCOME_CURRENT);
	assert_int_equal(s.result.n_replies, 3);
	assert_non_null(strstr(reason_of(&s, PAGE), "404"));
	assert_string_not_equal(reason_of(&s, FEED), "");
	assert_non_null(strstr(reason_of(&s, DOWNLOADS), "no .deb link"));
}

/* Asked for its digest only: it counts, too. */
static void test_of_digests(void **state)
{
	static const char first[] = "https://files.test/x-2.0.deb";
	struct answer answers[] = {{.url = "https://files.test/", .status = 200, .body = first},
		{.url = first, .status = 200, .body = "deb"},
		{.url = "https://files.test/feed", .status = 200, .body = "<html>\x1b[2J"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_recipe("x",
		HEAD "sources:\n"
		     "  - {page: 'https://files.test/', link: "
		     "'https://files\\.test/x-(?<version>[0-9.]+)\\.deb'}\n"
		     "  - {json: 'https://files.test/feed', version: /v, url: /u, sha256: /s}\n",
		"noble");
	ASK(&s, "1.0", answers);
	assert_int_equal(s.result.outcome, OUTCOME_AVAILABLE);
	assert_int_equal(s.result.n_replies, 2);
	assert_string_equal(reason_of(&s, "https://files.test/"), "");
	assert_string_not_equal(reason_of(&s, "https://files.test/feed"), "");
	assert_null(strchr(reason_of(&s, "https://files.test/feed"), '\x1b'));
}

/* --- dates ------------------------------------------------------------------- */

static int64_t date_in_feed(const char *json_value)
{
	SCOPED_CLEAR(scene_clear) struct scene s = {0};
	char body[300];
	struct answer answers[] = {{.url = "https://files.test/feed", .status = 200, .body = body},
		{.url = "https://files.test/x.deb", .status = 200, .body = "deb"}};

	snprintf(body, sizeof(body),
		"{\"v\": \"2.0\", \"u\": \"https://files.test/x.deb\", \"d\": %s}", json_value);
	s.in.recipe = vendor_recipe("x",
		HEAD
		"sources: [{json: 'https://files.test/feed', version: /v, url: /u, date: /d}]\n",
		"noble");
	ASK(&s, "1.0", answers);
	if (s.result.outcome != OUTCOME_AVAILABLE)
		fail_msg("%s: %s", json_value, s.result.error.text);
	return s.result.release.date_unix_ms;
}

static void test_forms_of_dates(void **state)
{
	static const struct {
		const char *value;
		int64_t date_ms;
	} rows[] = {
		{"\"2025-06-04T10:16:52Z\"", INT64_C(1749032212000)},
		{"\"2025-06-04T12:16:52.5+02:00\"", INT64_C(1749032212500)},
		{"\"2025-06-04 10:16:52 UTC\"", INT64_C(1749032212000)},
		{"\"2025-06-04\"", INT64_C(1748995200000)},
		{"\"1749032212\"", INT64_C(1749032212000)},
		{"1749032212", INT64_C(1749032212000)},
		/* none of these is a fault */
		{"\"20250604\"", 0},
		{"\"June 4, 2025\"", 0},
		{"\"2025-13-04\"", 0},
		{"\"2025-06-04 10:16:52 CET\"", 0},
		{"\"9999-01-01\"", 0},
		{"\"99999999999999999999999\"", 0},
		{"18446744073709551615", 0},
		{"-1749032212", 0},
		{"\"\"", 0},
		{"null", 0},
		{"[1]", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t found = date_in_feed(rows[i].value);

		if (found != rows[i].date_ms)
			fail_msg("%s: %lld", rows[i].value, (long long)found);
	}
}

/* The page that was chosen has no date, the feed that is asked for its digest has. */
static void test_another_source_knows_the_date(void **state)
{
	static const char first[] = "https://files.test/x-2.0.deb";
	static const char feed[] =
		"{\"v\": \"2.0\", \"u\": \"https://files.test/x-2.0.deb\", \"d\": \"2025-06-04\", "
		"\"s\": \"\"}";
	struct answer answers[] = {{.url = "https://files.test/", .status = 200, .body = first},
		{.url = first, .status = 200, .body = "deb"},
		{.url = "https://files.test/feed", .status = 200, .body = feed}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};
	bool is_told = false;

	(void)state;
	s.in.with_trace = true;
	s.in.recipe = vendor_recipe("x",
		HEAD "sources:\n"
		     "  - {page: 'https://files.test/', link: "
		     "'https://files\\.test/x-(?<version>[0-9.]+)\\.deb'}\n"
		     "  - {json: 'https://files.test/feed', version: /v, url: /u, sha256: /s, "
		     "date: /d}\n",
		"noble");
	ASK(&s, "1.0", answers);
	assert_int_equal(s.result.outcome, OUTCOME_AVAILABLE);
	assert_string_equal(s.result.release.source, "https://files.test/");
	assert_true(s.result.release.date_unix_ms == INT64_C(1748995200000));
	for (size_t i = 0; i < s.result.n_trace; i++)
		is_told |= strstr(s.result.trace[i].text, ", of 2025-06-04") != NULL;
	assert_true(is_told);
}

static void test_date_in_a_link(void **state)
{
	struct answer answers[] = {
		{.url = "https://files.test/",
			.status = 200,
			.body = "<time>2025-06-04</time> https://files.test/x-2.0.deb"},
		{.url = "https://files.test/x-2.0.deb", .status = 200, .body = "deb"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_recipe("x",
		HEAD "sources:\n"
		     "  - {page: 'https://files.test/', link: '<time>(?<date>[^<]*)</time> "
		     "(?<url>https://files\\.test/x-(?<version>[0-9.]+)\\.deb)'}\n",
		"noble");
	ASK(&s, "1.0", answers);
	assert_int_equal(s.result.outcome, OUTCOME_AVAILABLE);
	assert_true(s.result.release.date_unix_ms == INT64_C(1748995200000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_good_one_alone),
		cmocka_unit_test(test_why_not),
		cmocka_unit_test(test_of_digests),
		cmocka_unit_test(test_forms_of_dates),
		cmocka_unit_test(test_another_source_knows_the_date),
		cmocka_unit_test(test_date_in_a_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
