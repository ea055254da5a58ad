/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "updaters/lib/text.h"

static void a_message_shows_no_password(void **state)
{
	static const char *const cases[][2] = {
		{"https://ana:secret@a/x", "https://...@a/x"},
		{"https://a@b:secret@c/x", "https://...@c/x"},
		{"//ana:secret@a", "//...@a"},
		{"https://a/x@y", "https://a/x@y"},
		{"https://a?secret@b", "https://a?secret@b"},
		{"no address", "no address"},
		{"", ""},
	};
	char told[URL_TOLD_MAX], out[URL_MAX];
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		url_tell(cases[i][0], told);
		assert_string_equal(told, cases[i][1]);
	}
	assert_false(url_check("https://ana:secret@a/x", &e));
	assert_null(strstr(e.text, "secret"));
	assert_false(url_resolve("https://b/", "https://ana:secret@a/x", 22, out, sizeof(out), &e));
	assert_null(strstr(e.text, "secret"));
}

static void only_https_addresses_pass(void **state)
{
	static const struct {
		const char *url;
		enum err_code code; /* ERR_N_CODES: it passes */
	} cases[] = {
		{"https://cdn.posit.co/positron/a_b-1.2+3~4.deb?x=1&y=%20", ERR_N_CODES},
		{"https://a", ERR_N_CODES},
		{"HTTPS://A.b:8443/#f", ERR_N_CODES},
		{"https://xn--bcher-kva.example/x", ERR_N_CODES},
		{"https://a.example./", ERR_PARSE},
		{"https://1.2.3.4.example/", ERR_N_CODES},
		{"http://a/", ERR_POLICY},
		{"ftp://a/", ERR_POLICY},
		{"file:///etc/passwd", ERR_POLICY},
		{"javascript:alert(1)", ERR_POLICY},
		{"/relative", ERR_POLICY},
		{"", ERR_POLICY},
		{"https:/a/", ERR_POLICY},
		{"https://user@a/", ERR_POLICY},
		{"https://user:word@a/", ERR_POLICY},
		{"https://cdn.posit.co:443@evil.example/", ERR_POLICY},
		{"https://127.0.0.1/", ERR_POLICY},
		{"https://2130706433/", ERR_POLICY},
		{"https://0x7f000001/", ERR_POLICY},
		{"https://127.1./", ERR_POLICY},
		{"https://127.0.0.0x1/", ERR_POLICY},
		{"https://[::1]/", ERR_POLICY},
		{"https://[::1]:443/", ERR_POLICY},
		{"https:///path", ERR_PARSE},
		{"https://", ERR_PARSE},
		{"https://a..b/", ERR_PARSE},
		{"https://-a/", ERR_PARSE},
		{"https://a-/", ERR_PARSE},
		{"https://a_b/", ERR_PARSE},
		{"https://a:0/", ERR_PARSE},
		{"https://a:65536/", ERR_PARSE},
		{"https://a:/", ERR_PARSE},
		{"https://a:8a/", ERR_PARSE},
		{"https://a/ b", ERR_PARSE},
		{"https://a/\n", ERR_PARSE},
		{"https://a/\x1B[2J", ERR_PARSE},
		{"https://a\\b/", ERR_PARSE},
		{"https://b\xC3\xBC"
		 "cher.example/",
			ERR_PARSE},
		{"https://a/\xC3\xBC", ERR_PARSE},
		{"https://a%2eb/", ERR_PARSE},
		{"https://a/%", ERR_PARSE},
		{"https://a/%2", ERR_PARSE},
		{"https://a/%zz", ERR_PARSE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err e = {.code = ERR_N_CODES};
		bool passes = url_check(cases[i].url, &e);

		if (passes != (cases[i].code == ERR_N_CODES) || e.code != cases[i].code)
			fail_msg("%s: %d %s", cases[i].url, passes, e.text);
	}
}

static void long_addresses_are_refused(void **state)
{
	char url[URL_MAX + 1] = "https://a/", host[400] = "https://";

	(void)state;
	memset(url + 10, 'x', URL_MAX - 10);
	assert_false(url_check(url, NULL));
	url[URL_MAX - 1] = '\0';
	assert_true(url_check(url, NULL));
	memset(host + 8, 'x', 64);
	assert_false(url_check(host, NULL));
	host[8 + 63] = '\0';
	assert_true(url_check(host, NULL));
	for (size_t i = 8; i < 8 + 254; i++)
		host[i] = i % 2 == 0 ? 'x' : '.';
	assert_false(url_check(host, NULL));
}

struct link {
	const char *link, *url; /* url NULL: refused */
};

static void assert_links(const char *base, const struct link *links, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char url[URL_MAX] = "kept";
		struct err e = {0};
		bool ok = url_resolve(
			base, links[i].link, strlen(links[i].link), url, sizeof(url), &e);

		if (ok != (links[i].url != NULL))
			fail_msg("%s: %s %s", links[i].link, url, e.text);
		assert_string_equal(url, ok ? links[i].url : "kept");
		assert_true(ok || e.code == ERR_PARSE || e.code == ERR_POLICY);
	}
}

/* RFC 3986 §5.4, with https for its scheme and no user, as far as it concerns us. */
static void relative_links_are_resolved(void **state)
{
	static const struct link links[] = {
		{"g", "https://a/b/c/g"},
		{"./g", "https://a/b/c/g"},
		{"g/", "https://a/b/c/g/"},
		{"/g", "https://a/g"},
		{"//g", "https://g/"},
		{"?y", "https://a/b/c/d;p?y"},
		{"g?y", "https://a/b/c/g?y"},
		{"#s", "https://a/b/c/d;p?q"},
		{"g#s", "https://a/b/c/g"},
		{"g?y#s", "https://a/b/c/g?y"},
		{";x", "https://a/b/c/;x"},
		{"g;x", "https://a/b/c/g;x"},
		{".", "https://a/b/c/"},
		{"./", "https://a/b/c/"},
		{"..", "https://a/b/"},
		{"../", "https://a/b/"},
		{"../g", "https://a/b/g"},
		{"../..", "https://a/"},
		{"../../", "https://a/"},
		{"../../g", "https://a/g"},
		{"../../../g", "https://a/g"},
		{"../../../../g", "https://a/g"},
		{"/./g", "https://a/g"},
		{"/../g", "https://a/g"},
		{"g.", "https://a/b/c/g."},
		{".g", "https://a/b/c/.g"},
		{"g..", "https://a/b/c/g.."},
		{"..g", "https://a/b/c/..g"},
		{"./../g", "https://a/b/g"},
		{"./g/.", "https://a/b/c/g/"},
		{"g/./h", "https://a/b/c/g/h"},
		{"g/../h", "https://a/b/c/h"},
		{"g;x=1/./y", "https://a/b/c/g;x=1/y"},
		{"g;x=1/../y", "https://a/b/c/y"},
		{"g?y/./x", "https://a/b/c/g?y/./x"},
		{"g?y/../x", "https://a/b/c/g?y/../x"},
		{"g//h", "https://a/b/c/g//h"},
	};
	static const struct link at_root[] = {
		{"g", "https://a/g"}, {"?y", "https://a/?y"}, {"../g", "https://a/g"}};

	(void)state;
	assert_links("https://a/b/c/d;p?q", links, ARRAY_SIZE(links));
	assert_links("https://a", at_root, ARRAY_SIZE(at_root));
}

static void links_are_cleaned(void **state)
{
	static const struct link links[] = {
		{"HTTPS://Cdn.Posit.CO:443/X.deb", "https://cdn.posit.co/X.deb"},
		{"https://a:8443/x", "https://a:8443/x"},
		{"https://a", "https://a/"},
		{"https://a?q", "https://a/?q"},
		{" \n\t/x \r\n", "https://p.example/x"},
		{"/a b", "https://p.example/a%20b"},
		{"/x?a=1&amp;b=2", "https://p.example/x?a=1&b=2"},
		{"/x?a=1&b=2&ampere=3", "https://p.example/x?a=1&b=2&ampere=3"},
		{"/&#38;&#x26;&#X2B;&#43;", "https://p.example/&&++"},
		{"/&lt;&gt;&quot;&apos;", "https://p.example/%3C%3E%22'"},
		{"/&#233;&#x20AC;&#x1F600;", "https://p.example/%C3%A9%E2%82%AC%F0%9F%98%80"},
		{"/\xC3\xA9", "https://p.example/%C3%A9"},
		{"/%2B%e9", "https://p.example/%2B%e9"},
		{"/100%", "https://p.example/100%25"},
		{"/%4", "https://p.example/%254"},
		{"/a\\b^{|}`", "https://p.example/a%5Cb%5E%7B%7C%7D%60"},
		{"/&unknown;&#xD800;&#1114112;&#;&#x;&#99999999999;",
			"https://p.example/&unknown;&"}, /* from "#" it is a fragment */
		{"//h.example/x", "https://h.example/x"},
		/* refused */
		{"", NULL},
		{"  ", NULL},
		{"/a\nb", NULL},
		{"/a&#10;b", NULL},
		{"/a&#0;b", NULL},
		{"http://a/x", NULL},
		{"javascript:x", NULL},
		{"java&#115;cript:x", NULL},
		{"data:text/html,x", NULL},
		{"https:x", NULL},
		{"https:/x", NULL},
		{"https://a:/x", NULL},
		{"//u@h/x", NULL},
		{"//h&#64;e/x", NULL},
		{"https://u@h/", NULL},
		{"//127.0.0.1/", NULL},
		{"//[::1]/", NULL},
		{"//b\xC3\xBC"
		 "cher/",
			NULL},
		{"///x", NULL},
		{"//h:99999/", NULL},
	};

	(void)state;
	assert_links("https://p.example/q/r?s", links, ARRAY_SIZE(links));
}

static void too_long_links_are_refused(void **state)
{
	char link[3 * URL_MAX], url[URL_MAX], small[16];
	struct err e = {0};

	(void)state;
	memset(link, ' ', sizeof(link));
	link[0] = link[sizeof(link) - 1] = 'x';
	assert_false(url_resolve("https://a/", link, sizeof(link), url, sizeof(url), &e));
	assert_int_equal(e.code, ERR_PARSE);
	memset(link, 'x', URL_MAX);
	assert_false(url_resolve("https://a/", link, URL_MAX - 5, url, sizeof(url), &e));
	assert_true(url_resolve("https://a/", link, URL_MAX - 11, url, sizeof(url), &e));
	assert_false(url_resolve("https://a/", "0123456789", 10, small, sizeof(small), &e));
	assert_false(url_resolve("http://a/", "x", 1, url, sizeof(url), &e));
}

/* --- parts, lists ------------------------------------------------------------ */

static void parts_are_given(void **state)
{
	static const struct {
		const char *url, *host, *path, *file; /* file NULL: none */
	} cases[] = {
		{"https://A.b:443/x/y%2Bz.deb?q/r#f", "a.b", "/x/y%2Bz.deb", "y+z.deb"},
		{"https://a:8443", "a:8443", "/", NULL},
		{"https://a/x/", "a", "/x/", NULL},
		{"https://a/x%2Fy", "a", "/x%2Fy", NULL},
		{"https://a/x%00", "a", "/x%00", NULL},
		{"https://a/x%0a", "a", "/x%0a", NULL},
		{"https://a/%2e%2e", "a", "/%2e%2e", NULL},
		{"https://a/b/.", "a", "/b/.", NULL},
		{"https://a?x=/y", "a", "/", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char out[URL_MAX] = "";

		assert_true(url_host(cases[i].url, out, sizeof(out)));
		assert_string_equal(out, cases[i].host);
		assert_true(url_path(cases[i].url, out, sizeof(out)));
		assert_string_equal(out, cases[i].path);
		assert_int_equal(
			url_file_name(cases[i].url, out, sizeof(out)), cases[i].file != NULL);
		if (cases[i].file != NULL)
			assert_string_equal(out, cases[i].file);
		assert_false(url_host(cases[i].url, out, 1));
	}
}

static void lists_cover_what_they_say(void **state)
{
	static const char *const list[] = {"cdn.posit.co", "h.example:8443", "d.example:443",
		"s3.amazonaws.com/rstudio-desktop/", "t.example/a~b/"};
	static const struct {
		const char *url;
		bool is_listed;
	} cases[] = {
		{"https://cdn.posit.co/x", true},
		{"https://CDN.posit.co:443/x/../y", true},
		{"https://cdn.posit.co", true},
		{"https://cdn.posit.co:8443/x", false},
		{"https://evil-cdn.posit.co/x", false},
		{"https://cdn.posit.co.evil.example/x", false},
		{"https://posit.co/x", false},
		{"https://h.example/x", false},
		{"https://h.example:8443/x", true},
		{"https://d.example/x", true},
		{"https://s3.amazonaws.com/rstudio-desktop/electron/x.deb", true},
		{"https://s3.amazonaws.com/rstudio-desktop/", true},
		{"https://s3.amazonaws.com/rstudio-desktop", false},
		{"https://s3.amazonaws.com/rstudio-desktop-evil/x", false},
		{"https://s3.amazonaws.com/other/x", false},
		{"https://s3.amazonaws.com/", false},
		{"https://s3.amazonaws.com/rstudio%2Ddesktop/x", true},
		{"https://s3.amazonaws.com/rstudio-desktop%2Fx", false},
		{"https://s3.amazonaws.com/rstudio-desktop/../evil/x", false},
		{"https://s3.amazonaws.com/rstudio-desktop/%2e%2e/evil/x", false},
		{"https://s3.amazonaws.com/rstudio-desktop/.%2E/evil/x", false},
		{"https://s3.amazonaws.com/rstudio-desktop/x%2f..%2f..%2fevil", false},
		{"https://s3.amazonaws.com/rstudio-desktop/x%5c..%5cevil", false},
		{"https://s3.amazonaws.com/rstudio-desktop/..", false},
		{"https://s3.amazonaws.com/rstudio-desktop/a..b/...", true},
		{"https://t.example/a%7eb/x", true},
		{"http://cdn.posit.co/x", false},
		{"https://x@cdn.posit.co/x", false},
		{"https://evil.example/?https://cdn.posit.co/", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (url_is_listed(cases[i].url, list, ARRAY_SIZE(list)) != cases[i].is_listed)
			fail_msg("%s", cases[i].url);
	assert_false(url_is_listed("https://a/", list, 0));
}

static void entries_are_checked(void **state)
{
	static const char *const right[] = {
		"a", "cdn.posit.co", "a.b:8443", "a/b/", "a/", "a:1/B/c/"};
	static const char *const wrong[] = {"", "https://a", "a/b", "A.b", "a b", "u@a", "a:x",
		"*.a", "a/b/?q/", "a/b/#/", "a/../", "a/%2e%2e/", "1.2.3.4", "[::1]", "/b/",
		"h\xC3\xBC/"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(right); i++)
		assert_true(url_check_host_entry(right[i], NULL));
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct err e = {0};

		if (url_check_host_entry(wrong[i], &e))
			fail_msg("%s was taken", wrong[i]);
		assert_true(err_is_set(&e));
	}
}

static void shared_hosts_are_known(void **state)
{
	static const char *const shared[] = {"github.com", "github.com:8443", "s3.amazonaws.com",
		"s3.eu-west-1.amazonaws.com", "s3-us-west-2.amazonaws.com",
		"storage.googleapis.com", "github.com/posit-dev/"};
	static const char *const own[] = {"cdn.posit.co", "download1.rstudio.org",
		"rstudio-ide-build.s3.amazonaws.com", "s3.example"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(shared); i++)
		assert_true(url_is_shared_host(shared[i]));
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		assert_false(url_is_shared_host(own[i]));
}

/* --- links as they stand on the vendors' pages ------------------------------- */

/* Resolves what stands between before and the byte end; returns how many end in suffix. */
static size_t count_links(
	const char *name, const char *base, const char *before, char end, const char *suffix)
{
	char path[512], url[URL_MAX];
	static char page[1 << 16];
	size_t n_found = 0;

	snprintf(path, sizeof(path), "%s/%s", DEVUPD_FIXTURES, name);
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	fclose(file);
	for (const char *at = page; (at = strstr(at, before)) != NULL; at += strlen(before)) {
		const char *link = at + strlen(before);
		const char *stop = strchr(link, end);
		struct err e = {0};

		if (stop == NULL || link == stop)
			continue;
		if (!url_resolve(base, link, (size_t)(stop - link), url, sizeof(url), &e))
			continue;
		assert_true(url_check(url, &e));
		n_found += text_ends(url, suffix);
	}
	return n_found;
}

static void links_of_real_pages_resolve(void **state)
{
	(void)state;
	assert_int_equal(
		count_links("positron/download-page.frozen.md",
			"https://positron.posit.co/download.html", "href=\"", '"', "-x64.deb"),
		2);
	assert_int_equal(count_links("github/expanded_assets-2026-07.real.html",
				 "https://github.com/x/y/releases/expanded_assets/v1", "href=\"",
				 '"', ".tar.gz"),
		1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_https_addresses_pass),
		cmocka_unit_test(a_message_shows_no_password),
		cmocka_unit_test(long_addresses_are_refused),
		cmocka_unit_test(relative_links_are_resolved),
		cmocka_unit_test(links_are_cleaned),
		cmocka_unit_test(too_long_links_are_refused),
		cmocka_unit_test(parts_are_given),
		cmocka_unit_test(lists_cover_what_they_say),
		cmocka_unit_test(entries_are_checked),
		cmocka_unit_test(shared_hosts_are_known),
		cmocka_unit_test(links_of_real_pages_resolve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
