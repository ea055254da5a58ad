/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From pages to a release, driven by fabricated answers. */
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
#define DEB(v)    "https://cdn.posit.co/positron/releases/deb/x86_64/Positron-" v "-x64.deb"
#define SUMS      "https://cdn.posit.co/positron/releases/checksums/positron-2026.08.2-4-checksums.json"
#define DOWNLOADS "https://positron.posit.co/download.html"
#define SHA       "0e694502bdb876b7eea962b6dae3d77c7bcf22ebd0aedab7625e61520718dcea"
#define OTHER_SHA "10765960b1aaba292685660f8efefe2387f56644afc88f50ea74495ef806064d"

#define HEAD      "name: x\ntitle: X\nkind: deb\npackage: xx\narch: [amd64]\nhosts: [files.test]\n"

static const char feed_json[] = "{\"version\": \"2026.08.2-4\", \"url\": \"" DEB(
	"2026.08.2-4") "\", \"sha256hash\": \"" SHA "\"}";

/* One test's world. */
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

static void assert_outcome(const struct scene *s, enum outcome expected)
{
	if (s->result.outcome != expected)
		fail_msg("%s: %s %s", outcome_token(s->result.outcome), s->result.error.text,
			s->result.text);
}

static void assert_says(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static bool trace_has(const struct result *r, const char *part)
{
	for (size_t i = 0; i < r->n_trace; i++)
		if (strstr(r->trace[i].text, part) != NULL)
			return true;
	return false;
}

static void test_current_is_one_request(void **state)
{
	SCOPED_FREE char *page = vendor_fixture("pages/positron-releases.html", NULL);
	struct answer answers[] = {{.url = PAGE, .status = 200, .body = page}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_shipped_recipe("positron", "noble");
	ASK(&s, "2026.08.2+4-1755790000", answers);
	assert_outcome(&s, OUTCOME_CURRENT);
	assert_int_equal(s.vendor.n_requests, 1);
	assert_string_equal(s.result.text, "");
}

/* Highest over build numbers that start again; dailies and prereleases are not for us. */
static void test_available_with_digests(void **state)
{
	SCOPED_FREE char *page = vendor_fixture("pages/positron-releases.html", NULL);
	SCOPED_FREE char *downloads = vendor_fixture("positron/download-page.frozen.md", NULL);
	SCOPED_FREE char *sums = vendor_fixture("positron/checksums-2026.08.2-4.shape.json", NULL);
	struct answer answers[] = {{.url = PAGE, .status = 200, .body = page, .etag = "\"p\""},
		{.url = DEB("2026.08.2-4"), .status = 200, .body = "deb", .etag = "\"d\""},
		{.url = SUMS, .status = 200, .body = sums, .etag = "\"s\""},
		{.url = FEED, .status = 200, .body = feed_json, .etag = "\"f\""},
		{.url = DOWNLOADS, .status = 200, .body = downloads, .etag = "\"w\""}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};
	unsigned n_first;

	(void)state;
	s.in.recipe = vendor_shipped_recipe("positron", "noble");
	s.in.with_trace = true;
	ASK(&s, "2026.08.0+331-1755790000", answers);
	assert_outcome(&s, OUTCOME_AVAILABLE);
	assert_string_equal(s.result.available, "2026.08.2+4");
	assert_string_equal(s.result.release.version, "2026.08.2+4");
	assert_string_equal(s.result.release.raw_version, "2026.08.2-4");
	assert_string_equal(s.result.release.url, DEB("2026.08.2-4"));
	assert_string_equal(s.result.release.source, PAGE);
	assert_string_equal(s.result.release.digests.sha256, SHA);
	assert_int_equal(s.result.release.sha256_from, DIGEST_FROM_CHECKSUMS);
	assert_string_equal(s.result.release.etag, "\"d\"");
	assert_int_equal(s.result.release.size_bytes, 3);
	assert_true(trace_has(&s.result, "2026.08.0+331: the same as installed; from source 1 ("));
	assert_true(trace_has(&s.result, "2026.07.1+5: older than installed"));
	assert_true(trace_has(
		&s.result, "2026.08.1+2: another one was taken; from source 1 (" PAGE ")"));
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		assert_int_equal(answers[i].n_asked, 1);
	n_first = s.vendor.n_requests;

	/* Once more, with what was kept: the same answer, and no body comes. */
	s.in.documents = s.result.documents;
	s.in.n_documents = s.result.n_documents;
	s.result.documents = NULL;
	s.result.n_documents = 0;
	ASK(&s, "2026.08.0+331-1755790000", answers);
	assert_outcome(&s, OUTCOME_AVAILABLE);
	assert_int_equal(s.vendor.n_requests, n_first);
	assert_string_equal(s.result.release.digests.sha256, SHA);
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		assert_int_equal(answers[i].n_bodies, 0);
	assert_int_equal(s.result.n_documents, s.in.n_documents);

	/* And offline: no request at all. */
	s.in.offline = true;
	ASK(&s, "2026.08.0+331-1755790000", answers);
	assert_outcome(&s, OUTCOME_AVAILABLE);
	assert_int_equal(s.vendor.n_requests, 0);
	assert_string_equal(s.result.release.digests.sha256, SHA);
	assert_true(trace_has(&s.result, "known for"));
}

static void test_broken_memory_is_asked_anew(void **state)
{
	SCOPED_FREE char *page = vendor_fixture("pages/positron-releases.html", NULL);
	struct answer answers[] = {{.url = PAGE, .status = 200, .body = page, .etag = "\"p\""}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_shipped_recipe("positron", "noble");
	ASK(&s, "2026.08.2+4", answers);
	assert_int_equal(s.result.n_documents, 1);
	s.in.documents = s.result.documents;
	s.in.n_documents = 1;
	s.result.documents = NULL;
	s.result.n_documents = 0;
	((char *)s.in.documents[0].bytes)[2] = '\xff';
	ASK(&s, "2026.08.2+4", answers);
	assert_outcome(&s, OUTCOME_CURRENT);
	assert_string_equal(s.vendor.last_etag, "");
	assert_int_equal(answers[0].n_bodies, 1);
}

static void test_offline_without_memory(void **state)
{
	struct answer answers[] = {{.url = PAGE, .status = 200}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_shipped_recipe("positron", "noble");
	s.in.offline = true;
	ASK(&s, "2026.08.2+4", answers);
	assert_outcome(&s, OUTCOME_FAILED);
	assert_int_equal(s.vendor.n_requests, 0);
	assert_says(s.result.error.text, "is not known offline");
}

static void test_falls_to_next_source(void **state)
{
	struct answer answers[] = {{.url = PAGE, .status = 503},
		{.url = FEED, .status = 200, .body = feed_json},
		{.url = DEB("2026.08.2-4"), .status = 200, .body = "deb"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_shipped_recipe("positron", "noble");
	s.in.with_trace = true;
	ASK(&s, "", answers);
	assert_outcome(&s, OUTCOME_AVAILABLE);
	assert_string_equal(s.result.release.source, FEED);
	assert_int_equal(s.result.release.sha256_from, DIGEST_FROM_FEED);
	assert_true(trace_has(&s.result, "503"));
}

static void test_download_page_table(void **state)
{
	SCOPED_FREE char *downloads = vendor_fixture("positron/download-page.frozen.md", NULL);
	struct answer answers[] = {{.url = PAGE, .status = 200, .body = "<a href=x>nothing</a>"},
		{.url = FEED, .status = 200, .body = "{\"other\": 1}"},
		{.url = DOWNLOADS, .status = 200, .body = downloads},
		{.url = DEB("2026.08.2-4"), .status = 200, .body = "deb"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_shipped_recipe("positron", "noble");
	ASK(&s, "2026.07.0+365-1755790000", answers);
	assert_outcome(&s, OUTCOME_AVAILABLE);
	assert_string_equal(s.result.release.digests.sha256, SHA);
	assert_int_equal(s.result.release.sha256_from, DIGEST_FROM_PAGE);
}

static void test_nothing_found_names_each(void **state)
{
	SCOPED_FREE char *login = vendor_fixture("pages/login.html", NULL);
	struct answer answers[] = {{.url = PAGE, .status = 200, .body = login},
		{.url = FEED, .status = 200, .body = login}, {.url = DOWNLOADS, .status = 404}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_shipped_recipe("positron", "noble");
	ASK(&s, "2026.07.0+365", answers);
	assert_outcome(&s, OUTCOME_FAILED);
	assert_int_equal(s.result.error.code, ERR_NO_RELEASE);
	assert_int_equal(s.result.step, STEP_FIND);
	assert_says(s.result.error.text, "no .deb link on " PAGE " (200, ");
	assert_says(s.result.error.text, "0 of 1 links match); next source: ");
	assert_says(s.result.error.text, FEED);
	assert_says(s.result.error.text, DOWNLOADS " answers 404");
}

static void test_unreachable(void **state)
{
	struct answer answers[] = {{.url = PAGE, .error = ERR_NETWORK},
		{.url = FEED, .error = ERR_NETWORK}, {.url = DOWNLOADS, .error = ERR_NETWORK}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_shipped_recipe("positron", "noble");
	ASK(&s, "2026.07.0+365", answers);
	assert_int_equal(s.result.error.code, ERR_NETWORK);
}

static void test_dead_gives_way_then_pending(void **state)
{
	SCOPED_FREE char *page = vendor_fixture("pages/positron-releases.html", NULL);
	struct answer answers[] = {{.url = PAGE, .status = 200, .body = page},
		{.url = FEED, .status = 200, .body = feed_json},
		{.url = DEB("2026.08.1-2"), .status = 200, .body = "deb"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_shipped_recipe("positron", "noble");
	ASK(&s, "2026.08.0+331", answers);
	assert_outcome(&s, OUTCOME_AVAILABLE);
	assert_string_equal(s.result.available, "2026.08.1+2");

	answers[2].status = 410;
	ASK(&s, "2026.08.0+331", answers);
	assert_outcome(&s, OUTCOME_DEFERRED);
	assert_int_equal(s.result.reason, REASON_PENDING);
	assert_string_equal(s.result.available, "2026.08.2+4");
	assert_says(s.result.text, "2026.08.2+4 is announced on " PAGE);
}

static void test_login_page_and_refused_head(void **state)
{
	SCOPED_FREE char *page = vendor_fixture("pages/positron-releases.html", NULL);
	struct answer answers[] = {{.url = PAGE, .status = 200, .body = page},
		{.url = DEB("2026.08.2-4"), .status = 200, .body = "deb", .refuses_head = true}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_shipped_recipe("positron", "noble");
	ASK(&s, "2026.08.1+2", answers);
	assert_outcome(&s, OUTCOME_AVAILABLE);
	assert_int_equal(answers[1].n_asked, 2);
	assert_int_equal(s.result.release.size_bytes, 3);

	answers[1].refuses_head = false;
	answers[1].type = "text/html; charset=utf-8";
	ASK(&s, "2026.08.1+2", answers);
	assert_outcome(&s, OUTCOME_FAILED);
	assert_int_equal(s.result.step, STEP_PROBE);
	assert_says(s.result.error.text, "web page");
}

static void test_digests_must_agree(void **state)
{
	SCOPED_FREE char *page = vendor_fixture("pages/positron-releases.html", NULL);
	struct answer answers[] = {{.url = PAGE, .status = 200, .body = page},
		{.url = DEB("2026.08.2-4"), .status = 200, .body = "deb"},
		{.url = SUMS,
			.status = 200,
			.body = "{\"Positron-2026.08.2-4-x64.deb\": \"" OTHER_SHA "\"}"},
		{.url = FEED, .status = 200, .body = feed_json}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_shipped_recipe("positron", "noble");
	ASK(&s, "2026.08.1+2", answers);
	assert_outcome(&s, OUTCOME_FAILED);
	assert_int_equal(s.result.error.code, ERR_DIGEST);
	assert_says(s.result.error.text, SUMS " says " OTHER_SHA);
	assert_says(s.result.error.text, FEED " says " SHA);

	/* A dead place counts only where the recipe requires it. */
	answers[2].status = 404;
	ASK(&s, "2026.08.1+2", answers);
	assert_outcome(&s, OUTCOME_AVAILABLE);
	s.in.recipe->checksum_policy = CHECKSUM_REQUIRE;
	ASK(&s, "2026.08.1+2", answers);
	assert_outcome(&s, OUTCOME_FAILED);
	assert_says(s.result.error.text, "requires");
	assert_int_equal(s.result.error.code, ERR_DIGEST);
}

static void test_digests_of_one_page_must_agree(void **state)
{
	static const char page[] =
		"x_1.2.deb " SHA "\nx_1.2.deb " OTHER_SHA "\nx_1.1.deb " OTHER_SHA;
	struct answer answers[] = {{.url = "https://files.test/", .status = 200, .body = page},
		{.url = "https://files.test/x_1.2.deb", .status = 200, .body = "deb"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_recipe("x",
		HEAD "sources: [{page: 'https://files.test/', "
		     "link: '(?<url>x_(?<version>[0-9.]+)\\.deb) (?<sha256>[0-9a-f]{64})'}]\n",
		"noble");
	ASK(&s, "1.0", answers);
	assert_outcome(&s, OUTCOME_FAILED);
	assert_int_equal(s.result.error.code, ERR_DIGEST);
	assert_says(s.result.error.text, SHA);
	assert_says(s.result.error.text, OTHER_SHA);
}

static void test_choices_of_a_person(void **state)
{
	SCOPED_FREE char *page = vendor_fixture("pages/positron-releases.html", NULL);
	struct answer answers[] = {{.url = PAGE, .status = 200, .body = page},
		{.url = DEB("2026.08.2-4"), .status = 200, .body = "deb"},
		{.url = DEB("2026.08.1-2"), .status = 200, .body = "deb"},
		{.url = DEB("2026.08.0-331"), .status = 200, .body = "deb"},
		{.url = DEB("2025.01.0-9"), .status = 200, .body = "deb"}};
	static const char *const spellings[] = {
		"2026.08.0-331", "2026.08.0+331", "2026.08.0+331-1755790000"};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_shipped_recipe("positron", "noble");
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		text_copy_cut(s.in.wanted, sizeof(s.in.wanted), spellings[i]);
		ASK(&s, "2026.08.2+4-1755790000", answers);
		assert_outcome(&s, OUTCOME_AVAILABLE);
		assert_string_equal(s.result.available, "2026.08.0+331");
	}
	/* On no page: the archive has it. */
	text_copy_cut(s.in.wanted, sizeof(s.in.wanted), "2025.01.0+9");
	ASK(&s, "2026.08.2+4", answers);
	assert_outcome(&s, OUTCOME_AVAILABLE);
	assert_string_equal(s.result.release.url, DEB("2025.01.0-9"));
	text_copy_cut(s.in.wanted, sizeof(s.in.wanted), "2025.02.0+9");
	ASK(&s, "2026.08.2+4", answers);
	assert_int_equal(s.result.error.code, ERR_NO_RELEASE);
	assert_says(s.result.error.text, "2026.08.1+2");
	s.in.wanted[0] = '\0';

	text_copy_cut(s.in.below, sizeof(s.in.below), "2026.08.2+4-1755790000");
	ASK(&s, "2026.08.2+4-1755790000", answers);
	assert_string_equal(s.result.available, "2026.08.1+2");
	s.in.below[0] = '\0';

	text_copy_cut(s.in.skip_exactly, sizeof(s.in.skip_exactly), "2026.08.2-4");
	ASK(&s, "2026.08.0+331", answers);
	assert_string_equal(s.result.available, "2026.08.1+2");
	text_copy_cut(s.in.skip_up_to, sizeof(s.in.skip_up_to), "2026.08.2+4-1755790000");
	ASK(&s, "2026.08.0+331", answers);
	assert_outcome(&s, OUTCOME_SKIPPED);
	assert_says(s.result.text, "devupd unskip positron");
	s.in.skip_exactly[0] = s.in.skip_up_to[0] = '\0';

	s.in.with_reinstall = true;
	ASK(&s, "2026.08.2+4-1755790000", answers);
	assert_outcome(&s, OUTCOME_AVAILABLE);
	assert_string_equal(s.result.available, "2026.08.2+4");
	s.in.with_reinstall = false;
	s.in.with_digest = true;
	ASK(&s, "2026.08.2+4-1755790000", answers);
	assert_outcome(&s, OUTCOME_CURRENT);
	s.in.with_digest = false;

	ASK(&s, "2026.09.0+1-1755790000", answers);
	assert_outcome(&s, OUTCOME_CURRENT);
	assert_string_equal(s.result.text, "the vendor now offers 2026.08.2+4, older than the "
					   "2026.09.0+1 installed: withdrawn? devupd rollback "
					   "positron");
}

/* --- rstudio ----------------------------------------------------------------- */

#define RS_PAGE "https://posit.co/download/rstudio-desktop/"
#define RS_JSON "https://posit.co/wp-content/uploads/downloads.json"
#define RS_LAST "https://rstudio.org/download/latest/stable/desktop/jammy/rstudio-latest-amd64.deb"

static void test_rstudio_on_noble(void **state)
{
	static const char deb[] = "https://download1.rstudio.org/electron/jammy/amd64/"
				  "rstudio-2024.12.1-563-amd64.deb";
	SCOPED_FREE char *page = vendor_fixture("pages/rstudio-desktop.html", NULL);
	SCOPED_FREE char *json = vendor_fixture("rstudio/downloads-desktop-2024.12.1.json", NULL);
	struct answer answers[] = {{.url = RS_PAGE, .status = 200, .body = page},
		{.url = RS_JSON, .status = 200, .body = json},
		{.url = deb, .status = 200, .body = "deb"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_shipped_recipe("rstudio", "noble");
	ASK(&s, "2026.08.1+195", answers);
	assert_outcome(&s, OUTCOME_CURRENT);
	assert_int_equal(s.vendor.n_requests, 1);

	answers[0].status = 404;
	ASK(&s, "", answers);
	assert_outcome(&s, OUTCOME_AVAILABLE);
	assert_string_equal(s.result.release.url, deb);
	assert_string_equal(s.result.available, "2024.12.1+563");
	assert_int_equal(s.result.release.sha256_from, DIGEST_FROM_FEED);
}

static void test_redirect(void **state)
{
	static const char final[] = "https://s3.amazonaws.com/rstudio-desktop/electron/jammy/amd64/"
				    "rstudio-2026.08.1-195-amd64.deb";
	struct answer answers[] = {{.url = RS_LAST, .status = 200, .final_url = final},
		{.url = final, .status = 200, .body = "deb"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_shipped_recipe("rstudio", "noble");
	ASK(&s, "2026.05.0+218", answers);
	assert_outcome(&s, OUTCOME_AVAILABLE);
	assert_string_equal(s.result.release.url, final);

	/* A hop to a host that the recipe does not name is refused before it is contacted. */
	answers[0].final_url = "https://s3.amazonaws.com/somebody/rstudio-2026.08.1-195-amd64.deb";
	ASK(&s, "2026.05.0+218", answers);
	assert_outcome(&s, OUTCOME_FAILED);
	assert_int_equal(s.vendor.n_refused, 1);
}

/* What two sources name is named once; a page without links is not said to have 0 of 0. */
static void test_what_there_is_instead(void **state)
{
	static const char recipe[] = HEAD "sources:\n"
					  "  - {page: 'https://files.test/a', link: "
					  "'https://files\\.test/x_(?<version>[0-9.]+)\\.deb'}\n"
					  "  - {page: 'https://files.test/b', link: "
					  "'https://files\\.test/y_(?<version>[0-9.]+)\\.deb'}\n";
	struct answer answers[] = {
		{.url = "https://files.test/a",
			.status = 200,
			.body = "https://files.test/x_1.5.deb https://files.test/x_1.4.deb"},
		{.url = "https://files.test/b",
			.status = 200,
			.body = "https://files.test/y_1.5.deb"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_recipe("x", recipe, "noble");
	text_copy_cut(s.in.wanted, sizeof(s.in.wanted), "3.0");
	ASK(&s, "1.0", answers);
	assert_outcome(&s, OUTCOME_FAILED);
	assert_true(text_ends(s.result.error.text, "there are: 1.5, 1.4"));

	s.in.wanted[0] = '\0';
	answers[0].body = answers[1].body = "nothing here";
	ASK(&s, "1.0", answers);
	assert_outcome(&s, OUTCOME_FAILED);
	assert_says(s.result.error.text, "no .deb link on https://files.test/a (200, 12 B);");
}

static void test_redirect_matched_in_part(void **state)
{
	static const char final[] = "https://files.test/pub/x_1.5_amd64.deb?token=1";
	static const char *const recipes[] = {
		HEAD "sources: [{redirect: 'https://files.test/latest', link: "
		     "'x_(?<version>[0-9.]+)_amd64'}]\n",
		HEAD "sources: [{redirect: 'https://files.test/latest', link: "
		     "'(?<url>https://.*x_(?<version>[0-9.]+)_amd64\\.deb)'}]\n",
	};
	static const char *const expected[] = {final, "https://files.test/pub/x_1.5_amd64.deb"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(recipes); i++) {
		struct answer answers[] = {
			{.url = "https://files.test/latest", .status = 200, .final_url = final},
			{.url = expected[i], .status = 200, .body = "deb"}};
		SCOPED_CLEAR(scene_clear) struct scene s = {0};

		s.in.recipe = vendor_recipe("x", recipes[i], "noble");
		ASK(&s, "1.0", answers);
		assert_outcome(&s, OUTCOME_AVAILABLE);
		assert_string_equal(s.result.release.url, expected[i]);
	}
}

/* --- made recipes ------------------------------------------------------------ */

static void test_links_as_they_stand_in_html(void **state)
{
	static const char page[] = "<a href=\"../get/x_1.5_amd64.deb?a=1&amp;b=2\">\n"
				   "<a href='//files.test/x_1.10_amd64.deb'>\n"
				   "<a href=\"https://evil.test/x_9.9_amd64.deb\">\n"
				   "<a href=\"http://files.test/x_9.8_amd64.deb\">\n";
	struct answer answers[] = {{.url = "https://files.test/pub/", .status = 200, .body = page},
		{.url = "https://files.test/get/x_1.5_amd64.deb?a=1&b=2",
			.status = 200,
			.body = "deb"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_recipe("x",
		HEAD "sources: [{page: 'https://files.test/pub/', link: "
		     "'(?<url>[^\"'']*x_(?<version>[0-9.]+)_amd64\\.deb[^\"'']*)'}]\n",
		"noble");
	s.in.with_trace = true;
	ASK(&s, "1.0", answers); /* 1.10 is dead */
	assert_outcome(&s, OUTCOME_AVAILABLE);
	assert_string_equal(s.result.available, "1.5");
	assert_string_equal(s.result.release.url, answers[1].url);
	assert_true(trace_has(&s.result, "not on the recipe's list of hosts"));
	assert_true(trace_has(&s.result, "is not an https address"));
}

static void test_follow(void **state)
{
	struct answer answers[] = {{.url = "https://www.test/news",
					   .status = 200,
					   .body = "href=\"/news/v2\" href=\"/news/v1\" "
						   "href=\"//other.test/news/v3\""},
		{.url = "https://www.test/news/v2", .status = 200, .body = "x-amd64.deb"},
		{.url = "https://www.test/news/v1", .status = 500},
		{.url = "https://files.test/2/x.deb", .status = 200, .body = "deb"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_recipe("x",
		HEAD "sources:\n  - page: https://www.test/news\n"
		     "    link: 'href=\"(?<url>[^\"]*/news/v(?<version>[0-9]+))'\n"
		     "    follow: {link: 'x-${arch}\\.deb', url: "
		     "'https://files.test/${raw_version}/x.deb'}\n",
		"noble");
	s.in.with_trace = true;
	ASK(&s, "1", answers);
	assert_outcome(&s, OUTCOME_AVAILABLE);
	assert_string_equal(s.result.release.url, "https://files.test/2/x.deb");
	assert_int_equal(s.vendor.n_requests, 4);
	assert_true(trace_has(&s.result, "not followed"));
}

static void test_json_items(void **state)
{
	SCOPED_FREE char *json = vendor_fixture("quarto/quarto_download.json", NULL);
	static const char deb[] = "https://github.com/quarto-dev/quarto-cli/releases/download/"
				  "v1.7.34/quarto-1.7.34-linux-amd64.deb";
	struct answer answers[] = {
		{.url = "https://quarto.test/d.json", .status = 200, .body = json},
		{.url = deb, .status = 200, .body = "deb"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_recipe("quarto",
		"name: quarto\ntitle: Q\nkind: deb\npackage: quarto\narch: [amd64]\n"
		"hosts: [github.com/quarto-dev/]\nsources:\n"
		"  - json: https://quarto.test/d.json\n    items: /assets\n    version: /version\n"
		"    match: {/name: '^quarto-[0-9.]+-linux-${arch}\\.deb$'}\n"
		"    url: /download_url\n    sha256: /checksum\n    size: /size\n",
		"noble");
	ASK(&s, "1.6", answers);
	assert_outcome(&s, OUTCOME_AVAILABLE);
	assert_string_equal(s.result.release.url, deb);
	assert_string_equal(s.result.available, "1.7.34");
	assert_string_equal(s.result.release.digests.sha256,
		"d95a529c6b43541dd56006b52e1126e850066346707923c885e70f39b1f8bc8a");
}

static void test_hostile_page_ends(void **state)
{
	const size_t len = 300000;
	SCOPED_FREE char *page = malloc(len + 1);
	struct answer answers[] = {{.url = "https://files.test/", .status = 200}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	assert_non_null(page);
	memset(page, 'a', len);
	memcpy(page + len - 5, "!.deb", 6); /* else PCRE2 sees at once that nothing can match */
	answers[0].body = page;
	s.in.recipe = vendor_recipe("x",
		HEAD "sources: [{page: 'https://files.test/', link: '(?<version>(a+)+)\\.deb'}]\n",
		"noble");
	ASK(&s, "1", answers);
	assert_outcome(&s, OUTCOME_FAILED);
	assert_says(s.result.error.text, "make it more exact");
}

/* Control bytes, NULs and endless versions from a page reach neither a terminal nor a version. */
static void test_hostile_bytes(void **state)
{
	static const char page[] =
		"x_\x1b[2J\x07_amd64.deb\nx_1\0_amd64.deb\nx_\xff\xfe_amd64.deb\n"
		"x_-1_amd64.deb\nx_$(id)_amd64.deb\n";
	struct answer answers[] = {{.url = "https://files.test/",
		.status = 200,
		.body = page,
		.body_len = sizeof(page) - 1}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_recipe("x",
		HEAD "sources: [{page: 'https://files.test/', link: "
		     "'x_(?<version>[^_]*)_amd64\\.deb'}]\n",
		"noble");
	s.in.with_trace = true;
	ASK(&s, "0", answers);
	assert_outcome(&s, OUTCOME_FAILED);
	assert_int_equal(s.result.error.code, ERR_NO_RELEASE);
	for (size_t i = 0; i < s.result.n_trace; i++)
		assert_null(strpbrk(s.result.trace[i].text, "\x1b\x07\xff"));
	assert_null(strpbrk(s.result.error.text, "\x1b\x07\xff"));
}

static void test_pick_and_version_from(void **state)
{
	static const char page[] =
		"href=\"/d/1.2/x.deb\" href=\"/d/1.4/x.deb\" href=\"/d/1.3/x.deb\"";
	static const struct {
		const char *pick, *version;
	} picks[] = {{"first", "1.2"}, {"last", "1.3"}, {"highest", "1.4"}};
	struct answer answers[] = {{.url = "https://files.test/", .status = 200, .body = page},
		{.url = "https://files.test/d/1.2/x.deb", .status = 200, .body = "deb"},
		{.url = "https://files.test/d/1.3/x.deb", .status = 200, .body = "deb"},
		{.url = "https://files.test/d/1.4/x.deb", .status = 200, .body = "deb"}};
	char yaml[600];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(picks); i++) {
		SCOPED_CLEAR(scene_clear) struct scene s = {0};

		snprintf(yaml, sizeof(yaml),
			HEAD "sources: [{page: 'https://files.test/', link: '/d/[^\"]*\\.deb', "
			     "version-from: '/d/(?<version>[0-9.]+)/', pick: %s}]\n",
			picks[i].pick);
		s.in.recipe = vendor_recipe("x", yaml, "noble");
		ASK(&s, "1.1", answers);
		assert_outcome(&s, OUTCOME_AVAILABLE);
		assert_string_equal(s.result.available, picks[i].version);
	}
}

static void test_package_by_range(void **state)
{
	size_t len = 0;
	SCOPED_FREE char *deb = vendor_package("xx", "2.0-1", "amd64", 100000, &len);
	struct answer answers[] = {{.url = "https://files.test/x.deb",
		.status = 200,
		.body = deb,
		.body_len = len,
		.etag = "\"v2\""}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_recipe(
		"x", HEAD "sources: [{package: 'https://files.test/x.deb'}]\n", "noble");
	ASK(&s, "1.9", answers);
	assert_outcome(&s, OUTCOME_AVAILABLE);
	assert_string_equal(s.result.available, "2.0-1");
	assert_int_equal(s.result.release.size_bytes, len);
	ASK(&s, "2.0-1", answers);
	assert_outcome(&s, OUTCOME_CURRENT);
	assert_int_equal(s.vendor.n_requests, 1);

	/* Unchanged: a HEAD is enough. */
	s.in.documents = s.result.documents;
	s.in.n_documents = s.result.n_documents;
	s.result.documents = NULL;
	s.result.n_documents = 0;
	ASK(&s, "2.0-1", answers);
	assert_outcome(&s, OUTCOME_CURRENT);
	assert_int_equal(answers[0].n_bodies, 0);

	/* Another package at that address is none of ours. */
	free(s.in.recipe->package);
	s.in.recipe->package = strdup("yy");
	document_clear(&s.in.documents[0]);
	s.in.n_documents = 0;
	ASK(&s, "1.9", answers);
	assert_outcome(&s, OUTCOME_FAILED);
	assert_says(s.result.error.text, "the package there is xx, not yy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_current_is_one_request),
		cmocka_unit_test(test_available_with_digests),
		cmocka_unit_test(test_broken_memory_is_asked_anew),
		cmocka_unit_test(test_offline_without_memory),
		cmocka_unit_test(test_falls_to_next_source),
		cmocka_unit_test(test_download_page_table),
		cmocka_unit_test(test_nothing_found_names_each),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_dead_gives_way_then_pending),
		cmocka_unit_test(test_login_page_and_refused_head),
		cmocka_unit_test(test_digests_must_agree),
		cmocka_unit_test(test_digests_of_one_page_must_agree),
		cmocka_unit_test(test_choices_of_a_person),
		cmocka_unit_test(test_rstudio_on_noble),
		cmocka_unit_test(test_redirect),
		cmocka_unit_test(test_redirect_matched_in_part),
		cmocka_unit_test(test_what_there_is_instead),
		cmocka_unit_test(test_links_as_they_stand_in_html),
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_json_items),
		cmocka_unit_test(test_package_by_range),
		cmocka_unit_test(test_hostile_page_ends),
		cmocka_unit_test(test_hostile_bytes),
		cmocka_unit_test(test_pick_and_version_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
