/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Releases on GitHub: by its pages, by its API, and when it takes no more requests. */
#include "vendor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "updaters/deb/source_read.h"
#include "updaters/lib/clock.h"

#define REPO    "https://github.com/acme/tool/releases"
#define FILES   REPO "/expanded_assets/"
#define GET(v)  REPO "/download/" v
#define API     "https://api.github.com/repos/acme/tool/releases?per_page=10"
#define SHA_A   "0e694502bdb876b7eea962b6dae3d77c7bcf22ebd0aedab7625e61520718dcea"
#define SHA_B   "10765960b1aaba292685660f8efefe2387f56644afc88f50ea74495ef806064d"
#define OLD_DEB GET("v1.9") "/tool_1.9_amd64.deb"
#define NEW_DEB GET("v2.0") "/tool_2.0_amd64.deb"

static const char recipe_yaml[] =
	"name: tool\nkind: deb\npackage: tool\narch: [amd64]\n"
	"hosts: [github.com/acme/tool/]\n"
	"sources: [{github: acme/tool, asset: '^tool_[0-9.]+_${arch}\\.deb$'}]\n";

/* One release on the page of releases; the assets are not there. */
#define RELEASE(tag, label)                                                                        \
	"<section><a href=\"/acme/tool/releases/tag/" tag "\">" tag "</a>" label                   \
	"<a href=\"" GET("v0.1") "/tool_0.1_amd64.deb\">see there</a>"                             \
				 "<include-fragment loading=\"lazy\" src=\"" FILES tag             \
				 "\"></include-fragment></section>\n"
#define PRE "<span class=\"Label Label--warning\">Pre-release</span>"

/* One asset on the page of a release's. */
#define ASSET(tag, file, digest)                                                                   \
	"<li><a href=\"/acme/tool/releases/download/" tag "/" file "\">" file "</a>" digest        \
	"<relative-time datetime=\"2026-07-03T10:21:45Z\">x</relative-time></li>\n"
#define DIGEST(sha)    "<span>sha256:" sha "</span><clipboard-copy value=\"sha256:" sha "\">"
#define SOURCE_OF(tag) "<a href=\"/acme/tool/archive/refs/tags/" tag ".zip\">"

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

static void ask(struct scene *s, struct answer *answers, size_t n)
{
	s->vendor.answers = answers;
	s->vendor.n_answers = n;
	result_clear(&s->result);
	vendor_inspect(&s->vendor, &s->in, &s->result);
}
#define ASK(scene, answers) ask(scene, answers, ARRAY_SIZE(answers))

static void assert_found(const struct scene *s, const char *version, const char *url)
{
	if (s->result.outcome != OUTCOME_AVAILABLE)
		fail_msg("%s: %s %s", outcome_token(s->result.outcome), s->result.error.text,
			s->result.text);
	assert_string_equal(s->result.release.version, version);
	assert_string_equal(s->result.release.url, url);
}

static void assert_says(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

/* What was kept goes into the next look. */
static void remember(struct scene *s)
{
	for (size_t i = 0; i < s->in.n_documents; i++)
		document_clear(&s->in.documents[i]);
	free(s->in.documents);
	s->in.documents = s->result.documents;
	s->in.n_documents = s->result.n_documents;
	s->result.documents = NULL;
	s->result.n_documents = 0;
}

static void test_pages_with_the_digest(void **state)
{
	struct answer answers[] = {
		{.url = REPO, .status = 200, .body = RELEASE("v2.0", "") RELEASE("v1.9", "")},
		{.url = FILES "v2.0",
			.status = 200,
			.body = ASSET("v2.0", "tool_2.0_arm64.deb", DIGEST(SHA_B))
				ASSET("v2.0", "tool_2.0_amd64.deb", DIGEST(SHA_A)) ASSET(
					"v2.0", "tool_2.0.rpm", DIGEST(SHA_B)) SOURCE_OF("v2.0")},
		{.url = NEW_DEB, .status = 200, .body = "x"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_recipe("tool", recipe_yaml, "noble");
	ASK(&s, answers);
	assert_found(&s, "2.0", NEW_DEB);
	assert_string_equal(s.result.release.digests.sha256, SHA_A);
	assert_int_equal(s.result.release.sha256_from, DIGEST_FROM_GITHUB);
	assert_string_equal(s.result.release.raw_version, "2.0");
	assert_true(s.result.release.date_unix_ms > 0);
	assert_int_equal(s.vendor.n_requests, 3); /* not the older release, not the API */
}

static void test_an_asset_of_before_digests(void **state)
{
	struct answer answers[] = {{.url = REPO, .status = 200, .body = RELEASE("v2.0", "")},
		{.url = FILES "v2.0",
			.status = 200,
			.body = ASSET("v2.0", "tool_2.0_amd64.deb", "")
				ASSET("v2.0", "tool_2.0.rpm", DIGEST(SHA_B))},
		{.url = NEW_DEB, .status = 200, .body = "x"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_recipe("tool", recipe_yaml, "noble");
	ASK(&s, answers);
	assert_found(&s, "2.0", NEW_DEB);
	assert_string_equal(s.result.release.digests.sha256, ""); /* not that of its neighbour */
}

static void test_releases_without_the_asset_are_passed_over(void **state)
{
	struct answer answers[] = {{.url = REPO,
					   .status = 200,
					   .body = RELEASE("v2.1", "") RELEASE("nightly", "")
						   RELEASE("v2.0", "") RELEASE("v1.9", "")},
		{.url = FILES "v2.1",
			.status = 200,
			.body = ASSET("v2.1", "tool_2.1_arm64.deb", "")},
		{.url = FILES "v2.0",
			.status = 200,
			.body = ASSET("v2.0", "tool_2.0_amd64.deb", "")},
		{.url = FILES "nightly", .status = 500},
		{.url = NEW_DEB, .status = 200, .body = "x"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_recipe("tool", recipe_yaml, "noble");
	ASK(&s, answers);
	assert_found(&s, "2.0", NEW_DEB);
	assert_int_equal(answers[3].n_asked, 0); /* its tag is no version */
}

/* Who goes back, or names a version, is not stopped by the newest. */
static void test_an_older_one_is_looked_for(void **state)
{
	struct answer answers[] = {
		{.url = REPO, .status = 200, .body = RELEASE("v2.0", "") RELEASE("v1.9", "")},
		{.url = FILES "v2.0",
			.status = 200,
			.body = ASSET("v2.0", "tool_2.0_amd64.deb", "")},
		{.url = FILES "v1.9",
			.status = 200,
			.body = ASSET("v1.9", "tool_1.9_amd64.deb", "")},
		{.url = OLD_DEB, .status = 200, .body = "x"}};
	SCOPED_CLEAR(scene_clear) struct scene below = {.in.below = "2.0"};
	SCOPED_CLEAR(scene_clear) struct scene wanted = {.in.wanted = "1.9"};

	(void)state;
	below.in.recipe = vendor_recipe("tool", recipe_yaml, "noble");
	wanted.in.recipe = vendor_recipe("tool", recipe_yaml, "noble");
	ASK(&below, answers);
	assert_found(&below, "1.9", OLD_DEB);
	ASK(&wanted, answers);
	assert_found(&wanted, "1.9", OLD_DEB);
}

static void test_no_more_than_ten(void **state)
{
	struct answer answers[] = {{.url = REPO,
		.status = 200,
		.body = RELEASE("v20", "") RELEASE("v19", "") RELEASE("v18", "") RELEASE("v17", "")
			RELEASE("v16", "") RELEASE("v15", "") RELEASE("v14", "") RELEASE("v13", "")
				RELEASE("v12", "") RELEASE("v11", "") RELEASE("v10", "")
					RELEASE("v9", "")}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_recipe("tool", recipe_yaml, "noble");
	ASK(&s, answers);
	assert_int_equal(s.result.outcome, OUTCOME_FAILED);
	assert_int_equal(s.vendor.n_requests, 11);
}

static void test_prereleases(void **state)
{
	static const char with_them[] =
		"name: tool\nkind: deb\npackage: tool\narch: [amd64]\n"
		"hosts: [github.com/acme/tool/]\n"
		"sources: [{github: acme/tool, asset: '^tool_.*_${arch}\\.deb$', prerelease: "
		"yes}]\n";
	struct answer answers[] = {
		{.url = REPO, .status = 200, .body = RELEASE("v2.0", PRE) RELEASE("v1.9", "")},
		{.url = FILES "v2.0",
			.status = 200,
			.body = ASSET("v2.0", "tool_2.0_amd64.deb", "")},
		{.url = FILES "v1.9",
			.status = 200,
			.body = ASSET("v1.9", "tool_1.9_amd64.deb", "")},
		{.url = NEW_DEB, .status = 200, .body = "x"},
		{.url = OLD_DEB, .status = 200, .body = "x"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0}, all = {0};

	(void)state;
	s.in.recipe = vendor_recipe("tool", recipe_yaml, "noble");
	ASK(&s, answers);
	assert_found(&s, "1.9", OLD_DEB);
	all.in.recipe = vendor_recipe("tool", with_them, "noble");
	ASK(&all, answers);
	assert_found(&all, "2.0", NEW_DEB);
}

/* A tag of another form gives the version, or the asset's name does. */
static void test_tags(void **state)
{
	static const char yaml[] =
		"name: tool\nkind: deb\npackage: tool\narch: [amd64]\n"
		"hosts: [github.com/acme/tool/]\n"
		"sources: [{github: acme/tool, tag: '^release-(?<number>[0-9.]+)@x$', "
		"asset: '^tool_(?<version>[0-9.]+)_${arch}\\.deb$'}]\n";
	struct answer answers[] = {
		{.url = REPO,
			.status = 200,
			.body = RELEASE("v9.0", "") RELEASE("release-2.0%40x", "")},
		{.url = FILES "release-2.0%40x",
			.status = 200,
			.body = ASSET("release-2.0%40x", "tool_2.0.1_amd64.deb", "")},
		{.url = GET("release-2.0%40x") "/tool_2.0.1_amd64.deb",
			.status = 200,
			.body = "x"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_recipe("tool", yaml, "noble");
	ASK(&s, answers);
	assert_found(&s, "2.0.1", GET("release-2.0%40x") "/tool_2.0.1_amd64.deb");
}

static void test_the_real_page_of_assets(void **state)
{
	static const char yaml[] =
		"name: deck\nkind: deb\npackage: deck\narch: [amd64]\n"
		"hosts: [github.com/iloveflfl/yt-deck-player/]\n"
		"sources: [{github: iloveflfl/yt-deck-player, asset: '-setup\\.exe$'}]\n";
	SCOPED_FREE char *page = vendor_fixture("github/expanded_assets-2026-07.real.html", NULL);
	struct answer answers[] = {{.url = "https://github.com/iloveflfl/yt-deck-player/releases",
					   .status = 200,
					   .body = page},
		{.url = "https://github.com/iloveflfl/yt-deck-player/releases/download/v2.8.0/"
			"YTDeckPlayer-2.8.0-setup.exe",
			.status = 200,
			.body = "x"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_recipe("deck", yaml, "noble");
	ASK(&s, answers);
	assert_found(&s, "2.8.0", answers[1].url);
	assert_string_equal(s.result.release.digests.sha256,
		"228e9b3c89c70497887ffcd6681d75f788190de956c370ba3364f0b8d66bd46d");
}

/* --- the API ----------------------------------------------------------------- */

#define API_ASSET(tag, file, digest)                                                               \
	"{\"name\": \"" file "\", \"browser_download_url\": \"" GET(                               \
		tag) "/" file "\", \"size\": 1024, \"digest\": " digest "}"
#define API_RELEASE(tag, more, assets)                                                             \
	"{\"tag_name\": \"" tag "\", \"published_at\": \"2026-07-03T10:21:45Z\", " more            \
	"\"assets\": [" assets "]}"

static const char api_json[] = "[" API_RELEASE("v3.0", "\"draft\": true, ",
	API_ASSET("v3.0", "tool_3.0_amd64.deb", "null")) "," API_RELEASE("v2.9",
	"\"prerelease\": true, ",
	API_ASSET("v2.9", "tool_2.9_amd64.deb", "null")) "," API_RELEASE("v2.1", "",
	"") "," API_RELEASE("v2.0", "\"prerelease\": false, ",
	API_ASSET("v2.0", "tool_2.0_amd64.deb", "\"sha256:" SHA_A "\"")) "]";

static void test_the_api_comes_last_and_with_a_token(void **state)
{
	struct answer answers[] = {{.url = REPO, .status = 500},
		{.url = API, .status = 200, .body = api_json, .etag = "\"a\""},
		{.url = NEW_DEB, .status = 200, .body = "x"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_recipe("tool", recipe_yaml, "noble");
	ASK(&s, answers);
	assert_int_equal(s.result.outcome, OUTCOME_FAILED);
	assert_int_equal(answers[1].n_asked, 0);
	s.vendor.has_github_token = true;
	ASK(&s, answers);
	assert_found(&s, "2.0", NEW_DEB);
	assert_string_equal(s.result.release.digests.sha256, SHA_A);
	assert_int_equal(s.result.release.sha256_from, DIGEST_FROM_GITHUB);
	assert_true(s.result.release.date_unix_ms > 0);
	remember(&s);
	ASK(&s, answers);
	assert_found(&s, "2.0", NEW_DEB);
	assert_int_equal(answers[1].n_bodies, 0); /* 304 */
}

static void test_the_api_serves_no_other_source(void **state)
{
	static const char yaml[] = "name: tool\nkind: deb\npackage: tool\narch: [amd64]\n"
				   "hosts: [github.com/acme/tool/]\n"
				   "sources: [{page: 'https://files.test/', link: "
				   "'https://[^\"]*_(?<version>[0-9.]+)\\.deb'}]\n";
	struct answer answers[] = {{.url = "https://files.test/",
		.status = 200,
		.final_url = "https://api.github.com/x",
		.body = "x"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_recipe("tool", yaml, "noble");
	ASK(&s, answers);
	assert_int_equal(s.vendor.n_refused, 1);
}

/* --- limits ------------------------------------------------------------------ */

static void test_limited_with_nothing_kept(void **state)
{
	const uint64_t now_s = (uint64_t)clock_unix_ms() / 1000;
	struct {
		struct answer answer;
		const char *says;
	} cases[] = {
		{{.url = REPO, .status = 403, .is_limited = true, .limited_until_s = now_s + 3600},
			"403 Forbidden: GitHub takes no more requests until "},
		{{.url = REPO, .status = 429, .is_limited = true, .retry_after_s = 600},
			"429 Too Many Requests: GitHub takes no more requests until "},
		{{.url = REPO, .status = 429}, "GitHub takes no more requests now"},
		{{.url = REPO, .status = 403, .is_limited = true, .limited_until_s = 5},
			"GitHub takes no more requests now"},
		{{.url = REPO, .status = 403, .is_limited = true, .limited_until_s = UINT64_MAX},
			"GitHub takes no more requests now"},
		{{.url = REPO, .status = 403}, "answers 403 Forbidden"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_CLEAR(scene_clear) struct scene s = {0};

		s.in.recipe = vendor_recipe("tool", recipe_yaml, "noble");
		ask(&s, &cases[i].answer, 1);
		assert_int_equal(s.result.outcome, OUTCOME_FAILED);
		assert_says(s.result.error.text, cases[i].says);
	}
}

/* Pages that fail hide nothing of what the API says. */
static void test_limited_after_another_fault(void **state)
{
	struct answer answers[] = {
		{.url = REPO, .status = 503}, {.url = API, .status = 403, .is_limited = true}};
	SCOPED_CLEAR(scene_clear) struct scene s = {.vendor.has_github_token = true};

	(void)state;
	s.in.recipe = vendor_recipe("tool", recipe_yaml, "noble");
	ASK(&s, answers);
	assert_int_equal(s.result.outcome, OUTCOME_FAILED);
	assert_says(s.result.error.text, "503");
	assert_says(s.result.error.text, "GitHub takes no more requests now");
}

static void test_limited_uses_what_is_kept_and_says_so(void **state)
{
	struct answer answers[] = {{.url = REPO, .status = 200, .body = RELEASE("v2.0", "")},
		{.url = FILES "v2.0",
			.status = 200,
			.body = ASSET("v2.0", "tool_2.0_amd64.deb", DIGEST(SHA_A))},
		{.url = NEW_DEB, .status = 200, .body = "x"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};
	int64_t fetched_ms;

	(void)state;
	s.in.recipe = vendor_recipe("tool", recipe_yaml, "noble");
	ASK(&s, answers);
	assert_found(&s, "2.0", NEW_DEB);
	assert_string_equal(s.result.text, "");
	remember(&s);
	fetched_ms = s.in.documents[0].fetched_unix_ms -= 7200000;
	answers[0].status = answers[1].status = 429;
	answers[0].is_limited = answers[1].is_limited = true;
	answers[0].retry_after_s = answers[1].retry_after_s = 600;
	ASK(&s, answers);
	assert_found(&s, "2.0", NEW_DEB);
	assert_string_equal(s.result.release.digests.sha256, SHA_A);
	assert_says(s.result.text, "as of ");
	assert_says(s.result.text, ": GitHub takes no more requests until ");
	assert_int_equal(answers[0].n_asked, 1);
	assert_int_equal(answers[1].n_asked, 0); /* what is kept does, without asking again */
	/* it grows no younger by that */
	for (size_t i = 0; i < s.result.n_documents; i++)
		if (strstr(s.result.documents[i].url, "expanded") == NULL)
			assert_int_equal(s.result.documents[i].fetched_unix_ms, fetched_ms);
}

/* The releases' page is there, that of the newest's assets is limited. */
#define LIMITED_PAGES                                                                              \
	{.url = REPO, .status = 200, .body = RELEASE("v2.1", "") RELEASE("v2.0", "")},             \
		{.url = FILES "v2.1", .status = 403, .is_limited = true},                          \
	{                                                                                          \
		.url = FILES "v2.0", .status = 200,                                                \
		.body = ASSET("v2.0", "tool_2.0_amd64.deb", DIGEST(SHA_A))                         \
	}

/* Neither the next release's page nor the API. */
static void test_limited_asks_nothing_more_without_a_token(void **state)
{
	struct answer answers[] = {LIMITED_PAGES, {.url = API, .status = 200, .body = api_json}};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	(void)state;
	s.in.recipe = vendor_recipe("tool", recipe_yaml, "noble");
	ASK(&s, answers);
	assert_int_equal(s.result.outcome, OUTCOME_FAILED);
	assert_says(s.result.error.text, "403 Forbidden: GitHub takes no more requests");
	assert_says(s.result.error.text, "a token is allowed more");
	assert_int_equal(s.vendor.n_requests, 2);
	assert_int_equal(answers[2].n_asked + answers[3].n_asked, 0);
}

/* A token has a quota of its own, of the API. */
static void test_limited_pages_leave_the_api_to_a_token(void **state)
{
	struct answer answers[] = {LIMITED_PAGES, {.url = API, .status = 200, .body = api_json},
		{.url = NEW_DEB, .status = 200, .body = "x"}};
	SCOPED_CLEAR(scene_clear) struct scene s = {.vendor.has_github_token = true};

	(void)state;
	s.in.recipe = vendor_recipe("tool", recipe_yaml, "noble");
	ASK(&s, answers);
	assert_found(&s, "2.0", NEW_DEB);
	assert_int_equal(answers[1].n_asked, 1);
	assert_int_equal(answers[2].n_asked, 0); /* of the host that is limited: no more */
	assert_int_equal(answers[3].n_asked, 1);
}

/* Once, and that is the end. */
static void test_limited_pages_and_a_limited_api(void **state)
{
	struct answer answers[] = {LIMITED_PAGES, {.url = API, .status = 429, .is_limited = true}};
	SCOPED_CLEAR(scene_clear) struct scene s = {.vendor.has_github_token = true};

	(void)state;
	s.in.recipe = vendor_recipe("tool", recipe_yaml, "noble");
	ASK(&s, answers);
	assert_int_equal(s.result.outcome, OUTCOME_FAILED);
	assert_says(s.result.error.text, "403 Forbidden: GitHub takes no more requests");
	assert_says(s.result.error.text, API " answers 429");
	assert_int_equal(s.vendor.n_requests, 3);
	assert_int_equal(answers[2].n_asked, 0);
	assert_int_equal(answers[3].n_asked, 1);
}

/* --- what somebody else may have written ------------------------------------- */

#define EVIL_API                                                                                   \
	"[{\"tag_name\": \"v1.0\", \"assets\": [{\"name\": \"tool_1.0_amd64.deb\", "               \
	"\"browser_download_url\": \"https://evil.test/x.deb\"}]}]"

static void test_hostile_pages(void **state)
{
	static const char *const pages[] = {"", "[", "{}", "[1, null, {\"assets\": 5}]",
		"\"/releases/expanded_assets/", "/releases/expanded_assets/\"",
		"\"/releases/download/\"", "\"/releases/download/v1\"",
		"\"/releases/download/v1/%00.deb\"",
		"src=\"https://evil.test/releases/expanded_assets/v1.0\"",
		"href=\"https://evil.test/releases/download/v1.0/tool_1.0_amd64.deb\"",
		"href=\"//evil.test/releases/download/v1.0/tool_1.0_amd64.deb\"",
		"href=\"/evil/tool/releases/download/v1.0/tool_1.0_amd64.deb\"",
		"href=\"/acme/tool/../../evil/tool/releases/download/v1.0/tool_1.0_amd64.deb\"",
		EVIL_API};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		struct answer answers[] = {{.url = REPO, .status = 200, .body = pages[i]}};
		SCOPED_CLEAR(scene_clear) struct scene s = {0};

		s.in.recipe = vendor_recipe("tool", recipe_yaml, "noble");
		ASK(&s, answers);
		if (s.result.outcome != OUTCOME_FAILED || s.vendor.n_requests != 1)
			fail_msg("%s: %s, %u requests", pages[i], outcome_token(s.result.outcome),
				s.vendor.n_requests);
	}
}

/* A page of n assets of this name. */
static bool read_many(
	const char *asset, const char *name, size_t n, struct finding *out, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf page = {0};
	SCOPED_CLEAR(buf_clear) struct buf yaml = {0};
	SCOPED_CLEAR(words_clear) struct words words = {0};
	SCOPED(recipe_free) struct recipe *r = NULL;
	struct pattern_cache cache = {0};
	bool is_read;

	buf_init(&page, SOURCE_PAGE_MAX);
	buf_init(&yaml, 4096);
	buf_printf(&yaml,
		"name: tool\nkind: deb\npackage: tool\narch: [amd64]\nhosts: [github.com/a/t/]\n"
		"sources: [{github: a/t, asset: '%s'}]\n",
		asset);
	for (size_t i = 0; i < n; i++)
		buf_printf(&page, "\"/a/t/releases/download/v%zu/%s\"", i, name);
	assert_false(page.is_full);
	r = vendor_recipe("tool", buf_str(&yaml), "noble");
	is_read = source_github_read(
		&r->sources[0], &words, &cache, buf_str(&page), page.len, out, e);
	pattern_cache_clear(&cache);
	return is_read;
}

static void test_no_more_than_can_be_kept(void **state)
{
	SCOPED_CLEAR(finding_clear) struct finding found = {0};
	struct err e = {0};

	(void)state;
	assert_true(read_many("^x", "x.deb", 50000, &found, &e));
	assert_true(found.is_cut);
	assert_int_equal(found.n_entries, FINDING_ENTRIES_MAX);
	assert_int_equal(found.n_seen, FINDING_ENTRIES_MAX + 1);
}

/* One clock for the whole page: each asset alone is fast enough for the pattern. */
static void test_hostile_to_the_pattern(void **state)
{
	SCOPED_CLEAR(finding_clear) struct finding found = {0};
	struct err e = {0};

	(void)state;
	assert_false(read_many("^(x+x+)+y$", "xxxxxxxxxxxxxx!y", 130000, &found, &e));
	assert_int_equal(e.code, ERR_PARSE); /* no fault of the network */
	assert_says(e.text, "to look through it");
	assert_true(found.n_seen > 0 && found.n_seen < 130000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages_with_the_digest),
		cmocka_unit_test(test_an_asset_of_before_digests),
		cmocka_unit_test(test_releases_without_the_asset_are_passed_over),
		cmocka_unit_test(test_an_older_one_is_looked_for),
		cmocka_unit_test(test_no_more_than_ten),
		cmocka_unit_test(test_prereleases),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_the_real_page_of_assets),
		cmocka_unit_test(test_the_api_comes_last_and_with_a_token),
		cmocka_unit_test(test_the_api_serves_no_other_source),
		cmocka_unit_test(test_limited_with_nothing_kept),
		cmocka_unit_test(test_limited_after_another_fault),
		cmocka_unit_test(test_limited_uses_what_is_kept_and_says_so),
		cmocka_unit_test(test_limited_asks_nothing_more_without_a_token),
		cmocka_unit_test(test_limited_pages_leave_the_api_to_a_token),
		cmocka_unit_test(test_limited_pages_and_a_limited_api),
		cmocka_unit_test(test_hostile_pages),
		cmocka_unit_test(test_no_more_than_can_be_kept),
		cmocka_unit_test(test_hostile_to_the_pattern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
