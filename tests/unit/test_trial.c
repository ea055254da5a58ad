/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recipe tried on a saved page: which source it fits, what is picked, what would be asked. */
#include "vendor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "updaters/lib/fs.h"

#define HEAD "name: x\nkind: deb\npackage: xx\narch: [amd64]\nhosts: [files.test]\n"

/* Tries a recipe on a page, which may hold any bytes. The recipe is taken over. */
static void try_on(struct recipe *recipe, const char *page, size_t len, struct result *out)
{
	const struct worker_host host = {
		.write_folder_fd = -1, .timeout_ms = 30000, .stall_ms = 30000};
	SCOPED_CLEAR(deb_inspect_clear)
	struct deb_inspect in = {.recipe = recipe, .with_trace = true};
	SCOPED_CLEAR(buf_clear) struct buf input = {0};
	struct vendor nobody = {0};
	int fd = memfd_create("page", MFD_CLOEXEC);
	struct err e = {0};

	assert_true(fd >= 0);
	assert_true(fs_write_all(fd, page, len, "a page", &e));
	buf_init(&input, RECORD_BYTES_MAX);
	deb_inspect_pack(&in, &input);
	vendor_run(&nobody, PHASE_INSPECT, &input, fd, &host, out);
	assert_int_equal(nobody.n_requests, 0);
	assert_int_equal(out->n_documents, 0);
	assert_int_equal(out->n_replies, 0);
}

static void try_text(const char *yaml, const char *page, struct result *out)
{
	try_on(vendor_recipe("x", yaml, "noble"), page, strlen(page), out);
}

static bool says(const struct result *r, const char *part)
{
	for (size_t i = 0; i < r->n_trace; i++)
		if (strstr(r->trace[i].text, part) != NULL)
			return true;
	return false;
}

static void assert_says(const struct result *r, const char *part)
{
	if (!says(r, part))
		fail_msg("no step says \"%s\"; %s", part, r->error.text);
}

static void test_shipped_on_a_saved_page(void **state)
{
	size_t len = 0;
	SCOPED_FREE char *page = vendor_fixture("pages/positron-releases.html", &len);
	SCOPED_CLEAR(result_clear) struct result r = {0};

	(void)state;
	try_on(vendor_shipped_recipe("positron", "noble"), page, len, &r);
	assert_int_equal(r.outcome, OUTCOME_AVAILABLE);
	assert_string_equal(r.release.version, "2026.08.2+4");
	assert_string_equal(r.release.raw_version, "2026.08.2-4");
	assert_says(&r, "2026.08.2+4: taken; from source 1 (");
	assert_says(&r, "2026.08.1+2: another one was taken");
	assert_says(&r, "would now ask https://cdn.posit.co/positron/releases/deb/x86_64/"
			"Positron-2026.08.2-4-x64.deb");
	assert_says(&r, "would now ask https://cdn.posit.co/positron/releases/checksums/");
	/* each source is tried, in its order */
	assert_says(&r, "0 of ");
}

/* A feed is no page, though a page's pattern would find addresses in it. Of one page that several
 * sources read, each gets what it finds: the digest, the date. */
static void test_each_source_gets_its_part(void **state)
{
	size_t len = 0;
	SCOPED_FREE char *json = vendor_fixture("rstudio/downloads-desktop-2024.12.1.json", &len);
	SCOPED_CLEAR(result_clear) struct result r = {0}, table = {0};
	SCOPED_FREE char *page = NULL;

	(void)state;
	try_on(vendor_shipped_recipe("rstudio", "noble"), json, len, &r);
	assert_int_equal(r.outcome, OUTCOME_AVAILABLE);
	assert_string_equal(r.release.source, "https://posit.co/wp-content/uploads/downloads.json");
	assert_string_equal(r.release.version, "2024.12.1+563");
	assert_int_equal(strlen(r.release.digests.sha256), 64);
	assert_true(r.release.date_unix_ms == INT64_C(1739404800000));

	page = vendor_fixture("positron/download-page.frozen.md", &len);
	try_on(vendor_shipped_recipe("positron", "noble"), page, len, &table);
	assert_int_equal(table.outcome, OUTCOME_AVAILABLE);
	assert_says(&table, "from source 1 (");
	assert_says(&table, "from source 3 (");
	assert_int_equal(strlen(table.release.digests.sha256), 64);
}

static void test_no_match_names_each(void **state)
{
	SCOPED_CLEAR(result_clear) struct result r = {0};

	(void)state;
	try_on(vendor_shipped_recipe("rstudio", "noble"), "<a href=x>", 10, &r);
	assert_int_equal(r.outcome, OUTCOME_FAILED);
	assert_int_equal(r.error.code, ERR_NO_RELEASE);
	assert_non_null(strstr(r.error.text, "no .deb link on https://posit.co/"));
	assert_non_null(strstr(r.error.text, "0 of 1 links match"));
	assert_says(&r, "a redirect is tried on a file that holds the address it ends at");
}

static void test_host_off_the_list(void **state)
{
	SCOPED_CLEAR(result_clear) struct result r = {0};

	(void)state;
	try_text(HEAD "sources: [{page: 'https://files.test/', link: "
		      "'https://[a-z.]+/x-(?<version>[0-9.]+)\\.deb'}]\n",
		"https://evil.test/x-9.deb https://files.test/x-2.deb", &r);
	assert_int_equal(r.outcome, OUTCOME_AVAILABLE);
	assert_string_equal(r.release.version, "2");
	assert_says(&r, "9: not on the recipe's list of hosts");
}

static void test_redirect_is_an_address(void **state)
{
	static const char yaml[] = HEAD "sources: [{redirect: 'https://files.test/latest', link: "
					"'/x-(?<version>[0-9.]+)\\.deb$'}]\n";
	static const char *const bad[] = {"", "\n", "https://files.test/x-2.deb and more",
		"https://evil.test/x-2.deb", "http://files.test/x-2.deb", "/x-2.deb"};
	SCOPED_CLEAR(result_clear) struct result r = {0};

	(void)state;
	try_text(yaml, " https://files.test/x-2.deb\r\n", &r);
	assert_int_equal(r.outcome, OUTCOME_AVAILABLE);
	assert_string_equal(r.release.version, "2");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		SCOPED_CLEAR(result_clear) struct result refused = {0};

		try_text(yaml, bad[i], &refused);
		if (refused.outcome != OUTCOME_FAILED)
			fail_msg("taken: %s", bad[i]);
	}
}

#define FOLLOWING                                                                                  \
	HEAD "sources:\n"                                                                          \
	     "  - page: https://files.test/\n"                                                     \
	     "    link: 'href=\"(?<url>/r/[^\"]*)\"'\n"                                            \
	     "    follow: {link: 'https://files\\.test/x-(?<version>[0-9.]+)\\.deb'}\n"

static void test_follow_is_told_not_done(void **state)
{
	SCOPED_CLEAR(result_clear) struct result outer = {0}, inner = {0};

	(void)state;
	try_text(FOLLOWING, "<a href=\"/r/2\"> <a href=\"/r/1\">", &outer);
	assert_int_equal(outer.outcome, OUTCOME_DEFERRED);
	assert_int_equal(outer.reason, REASON_OFFLINE);
	assert_says(&outer, "would now ask https://files.test/r/2");
	assert_says(&outer, "would now ask https://files.test/r/1");

	/* … and the page may be one of those that it leads to */
	try_text(FOLLOWING, "https://files.test/x-3.deb", &inner);
	assert_int_equal(inner.outcome, OUTCOME_AVAILABLE);
	assert_string_equal(inner.release.version, "3");
	assert_says(&inner, "tried as a page that https://files.test/ leads to");
}

static void test_package_has_no_page(void **state)
{
	SCOPED_CLEAR(result_clear) struct result r = {0};

	(void)state;
	try_text(HEAD "sources: [{package: 'https://files.test/x.deb'}]\n", "x", &r);
	assert_int_equal(r.outcome, OUTCOME_FAILED);
	assert_non_null(strstr(r.error.text, "nothing to try on a page"));
}

/* No digest is known before the others are asked: that is no refusal here. */
static void test_required_digest_is_not_missed(void **state)
{
	SCOPED_CLEAR(result_clear) struct result r = {0};

	(void)state;
	try_text(HEAD "checksum: {text: 'https://files.test/SUMS', policy: require}\n"
		      "sources: [{page: 'https://files.test/', link: "
		      "'https://files\\.test/x-(?<version>[0-9.]+)\\.deb'}]\n",
		"https://files.test/x-2.deb", &r);
	assert_int_equal(r.outcome, OUTCOME_AVAILABLE);
	assert_says(&r, "would now ask https://files.test/SUMS");
}

static void test_hostile_bytes(void **state)
{
	enum { PAGE_LEN = 8 << 20 };
	SCOPED_FREE char *page = malloc(PAGE_LEN);
	static const char tail[] =
		"\x1b]0;owned\a https://cdn.posit.co/positron/releases/deb/x86_64/"
		"Positron-2026.08.2-4-x64.deb\x1b[2J";
	SCOPED_CLEAR(result_clear) struct result r = {0};

	(void)state;
	assert_non_null(page);
	for (size_t i = 0; i < PAGE_LEN; i++)
		page[i] = (char)(i % 251 == 0 ? 0 : i * 31);
	memcpy(page + PAGE_LEN - sizeof(tail) + 1, tail, sizeof(tail) - 1);
	try_on(vendor_shipped_recipe("positron", "noble"), page, PAGE_LEN, &r);
	assert_int_equal(r.outcome, OUTCOME_AVAILABLE);
	assert_string_equal(r.release.version, "2026.08.2+4");
	for (size_t i = 0; i < r.n_trace; i++)
		assert_null(strchr(r.trace[i].text, '\x1b'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shipped_on_a_saved_page),
		cmocka_unit_test(test_each_source_gets_its_part),
		cmocka_unit_test(test_no_match_names_each),
		cmocka_unit_test(test_host_off_the_list),
		cmocka_unit_test(test_redirect_is_an_address),
		cmocka_unit_test(test_follow_is_told_not_done),
		cmocka_unit_test(test_package_has_no_page),
		cmocka_unit_test(test_required_digest_is_not_missed),
		cmocka_unit_test(test_hostile_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
