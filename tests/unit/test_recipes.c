/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folders of recipes, overrides, and the shipped recipes against the vendors' own pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/recipe.h"
#include "updaters/lib/dpkg.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/pattern.h"

#define SHIPPED DEVUPD_FIXTURES "/../../config/recipes"

static struct host host_of(const char *arch, const char *base, const char *family)
{
	struct host h = {0};

	assert_true(text_copy(h.arch, sizeof(h.arch), arch));
	assert_true(text_copy(h.os, sizeof(h.os), "linuxmint"));
	assert_true(text_copy(h.base, sizeof(h.base), base));
	assert_true(text_copy(h.base_family, sizeof(h.base_family), family));
	return h;
}

static void load_shipped(const struct host *h, struct recipes *out)
{
	const char *folder = SHIPPED;
	struct err e = {0};

	if (!recipes_load(&folder, 1, NULL, h, false, out, &e))
		fail_msg("%s", e.text);
	for (size_t i = 0; i < out->n_items; i++)
		if (!out->items[i].recipe)
			fail_msg("%s", out->items[i].errors.first.text);
}

static void test_shipped_recipes_load(void **state)
{
	struct host h = host_of("amd64", "noble", "ubuntu");
	SCOPED_CLEAR(recipes_clear) struct recipes all = {0};
	const struct recipe *r;

	(void)state;
	load_shipped(&h, &all);
	r = recipes_find(&all, "positron")->recipe;
	assert_int_equal(r->fit, RECIPE_FITS);
	assert_string_equal(words_get(&r->words, "dir"), "x86_64");
	assert_string_equal(r->vendor_base, "noble");
	assert_int_equal(r->license_accept, 1);
	assert_int_equal(r->n_sources, 4);
	r = recipes_find(&all, "rstudio")->recipe;
	assert_int_equal(r->fit, RECIPE_FITS);
	assert_int_equal(r->license_accept, 0);
	assert_int_equal(r->sources[3].kind, SOURCE_REDIRECT);
}

static void test_rstudio_falls_back_to_jammy(void **state)
{
	static const struct {
		const char *base, *family, *vendor;
	} cases[] = {
		{"jammy", "ubuntu", "jammy"},
		{"noble", "ubuntu", "jammy"},
		{"questing", "ubuntu", "jammy"},
		{"resolute", "ubuntu", "jammy"},
		{"zesty-unknown", "ubuntu", "jammy"},
		{"bookworm", "debian", "jammy"},
		{"trixie", "debian", "jammy"},
		{"forky", "debian", "jammy"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct host h = host_of("amd64", cases[i].base, cases[i].family);
		SCOPED_CLEAR(recipes_clear) struct recipes all = {0};

		load_shipped(&h, &all);
		assert_string_equal(
			recipes_find(&all, "rstudio")->recipe->vendor_base, cases[i].vendor);
	}
}

static void test_rstudio_is_not_for_focal_or_arm(void **state)
{
	struct host focal = host_of("amd64", "focal", "ubuntu");
	struct host arm = host_of("arm64", "noble", "ubuntu");
	SCOPED_CLEAR(recipes_clear) struct recipes on_focal = {0};
	SCOPED_CLEAR(recipes_clear) struct recipes on_arm = {0};
	const struct recipe *r;

	(void)state;
	load_shipped(&focal, &on_focal);
	r = recipes_find(&on_focal, "rstudio")->recipe;
	assert_int_equal(r->fit, RECIPE_OTHER_BASE);
	assert_non_null(strstr(r->fit_text, "focal"));
	load_shipped(&arm, &on_arm);
	r = recipes_find(&on_arm, "rstudio")->recipe;
	assert_int_equal(r->fit, RECIPE_OTHER_ARCH);
	assert_string_equal(r->fit_text, "for amd64 only, not for arm64");
	assert_int_equal(recipes_find(&on_arm, "positron")->recipe->fit, RECIPE_FITS);
}

/* D1, D2: what the page says, what the package says and what dpkg says must meet. */
static void test_versions_meet(void **state)
{
	static const struct {
		const char *name, *raw, *dpkg, *same;
	} cases[] = {
		{"positron", "2026.08.2-4", "2026.08.2+4-1755790000", "2026.08.2+4"},
		{"positron", "2026.08.0-331", "2026.08.0+331-1755790000", "2026.08.0+331"},
		{"rstudio", "2025.05.1-513", "2025.05.1+513", "2025.05.1+513"},
		{"rstudio", "2024.12.1+563", "2024.12.1+563", "2024.12.1+563"},
	};
	struct host h = host_of("amd64", "noble", "ubuntu");
	SCOPED_CLEAR(recipes_clear) struct recipes all = {0};
	char text[DPKG_VERSION_MAX];
	struct err e = {0};

	(void)state;
	load_shipped(&h, &all);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct recipe *r = recipes_find(&all, cases[i].name)->recipe;

		assert_true(recipe_version_rewrite(r, cases[i].raw, text, sizeof(text), &e));
		assert_string_equal(text, cases[i].same);
		assert_true(recipe_version_installed(r, cases[i].dpkg, text, sizeof(text), &e));
		assert_string_equal(text, cases[i].same);
	}
	assert_true(recipe_version_raw(
		recipes_find(&all, "positron")->recipe, "2026.08.2+4", text, sizeof(text), &e));
	assert_string_equal(text, "2026.08.2-4");
	assert_false(recipe_version_rewrite(
		recipes_find(&all, "positron")->recipe, "2026.08.2-4", text, 5, &e));
	assert_int_equal(e.code, ERR_TOO_BIG);
}

/* --- the patterns against real pages ----------------------------------------- */

struct seen {
	const struct pattern *p;
	size_t n;
	char version[64], url[256], sha256[80];
};

static void keep(const struct seen *s, const struct pattern_match *m, const char *group, char *out,
	size_t out_size)
{
	const char *names[PATTERN_GROUPS_MAX];
	size_t n = pattern_group_names(s->p, names, PATTERN_GROUPS_MAX);

	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], group) == 0)
			assert_true(
				text_copy_n(out, out_size, m->groups[i].start, m->groups[i].len));
}

static bool on_match(void *user, const struct pattern_match *m)
{
	struct seen *s = user;

	s->n++;
	assert_true(text_copy_n(s->url, sizeof(s->url), m->whole.start, m->whole.len) ||
		    m->whole.len >= sizeof(s->url));
	keep(s, m, "version", s->version, sizeof(s->version));
	keep(s, m, "sha256", s->sha256, sizeof(s->sha256));
	keep(s, m, "url", s->url, sizeof(s->url));
	return true;
}

/* The link of a source on a text: the last match, and how many there were. */
static struct seen match_page(const struct recipe *r, size_t source, const char *text, size_t len)
{
	SCOPED_CLEAR(buf_clear) struct buf filled = {0};
	SCOPED(pattern_free) struct pattern *p = NULL;
	struct seen seen = {0};
	struct err e = {0};

	buf_init(&filled, PATTERN_MAX);
	assert_true(words_expand(
		&r->words, r->sources[source].link, WORDS_INTO_PATTERN, false, &filled, &e));
	assert_true(pattern_new(buf_str(&filled), true, &p, NULL, &e));
	seen.p = p;
	if (!pattern_each(p, text, len, 2000, on_match, &seen, &e))
		fail_msg("%s", e.text);
	return seen;
}

static void test_positron_patterns_on_its_page(void **state)
{
	static const struct {
		const char *arch, *url, *sha256;
	} cases[] = {
		{"amd64",
			"https://cdn.posit.co/positron/releases/deb/x86_64/"
			"Positron-2026.08.2-4-x64.deb",
			"0e694502bdb876b7eea962b6dae3d77c7bcf22ebd0aedab7625e61520718dcea"},
		{"arm64",
			"https://cdn.posit.co/positron/releases/deb/arm64/"
			"Positron-2026.08.2-4-arm64.deb",
			"10765960b1aaba292685660f8efefe2387f56644afc88f50ea74495ef806064d"},
	};
	SCOPED_FREE char *page = NULL;
	size_t len;
	struct err e = {0};

	(void)state;
	assert_true(fs_read(
		DEVUPD_FIXTURES "/positron/download-page.frozen.md", 1 << 20, &page, &len, &e));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct host h = host_of(cases[i].arch, "noble", "ubuntu");
		SCOPED_CLEAR(recipes_clear) struct recipes all = {0};
		const struct recipe *r;
		struct seen seen;

		load_shipped(&h, &all);
		r = recipes_find(&all, "positron")->recipe;
		seen = match_page(r, 2, page, len);
		assert_int_equal(seen.n, 1);
		assert_string_equal(seen.url, cases[i].url);
		assert_string_equal(seen.version, "2026.08.2-4");
		assert_string_equal(seen.sha256, cases[i].sha256);
		seen = match_page(r, 3, page, len);
		assert_int_equal(seen.n, 2); /* the card and the table of checksums */
		assert_string_equal(seen.url, cases[i].url);
	}
}

static void test_positron_passes_over_other_channels(void **state)
{
	static const char notes[] = "<a "
				    "href=\"https://cdn.posit.co/positron/dailies/deb/x86_64/"
				    "Positron-2026.10.0-5-x64.deb\">\n"
				    "<a "
				    "href=\"https://cdn.posit.co/positron/prereleases/deb/x86_64/"
				    "Positron-2026.09.0-5-x64.deb\">\n"
				    "<a "
				    "href=\"https://cdn.posit.co/positron/releases/deb/x86_64/"
				    "Positron-2026.08.2-4-x64.deb\">\n"
				    "<a "
				    "href=\"https://cdn.posit.co/positron/releases/deb/arm64/"
				    "Positron-2026.08.3-1-arm64.deb\">\n"
				    "<a "
				    "href=\"https://evil.example/positron/releases/deb/x86_64/"
				    "Positron-2026.08.9-4-x64.deb\">\n";
	struct host h = host_of("amd64", "noble", "ubuntu");
	SCOPED_CLEAR(recipes_clear) struct recipes all = {0};
	struct seen seen;

	(void)state;
	load_shipped(&h, &all);
	seen = match_page(recipes_find(&all, "positron")->recipe, 0, notes, strlen(notes));
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.version, "2026.08.2-4");
}

static void test_rstudio_patterns(void **state)
{
	static const char page[] = "<a "
				   "href=\"https://download1.rstudio.org/electron/jammy/amd64/"
				   "rstudio-2026.08.0-187-amd64.deb\">\n"
				   "<a "
				   "href=\"https://download1.rstudio.org/electron/focal/amd64/"
				   "rstudio-2024.12.1-563-amd64.deb\">\n"
				   "<a "
				   "href=\"https://s3.amazonaws.com/rstudio-ide-build/electron/"
				   "jammy/amd64/rstudio-2026.09.0-daily-146-amd64.deb\">\n"
				   "<a "
				   "href=\"https://download1.rstudio.org/electron/jammy/amd64/"
				   "rstudio-2026.09.0-daily-146-amd64.deb\">\n";
	static const char final[] = "https://s3.amazonaws.com/rstudio-desktop/electron/jammy/amd64/"
				    "rstudio-2026.08.0-187-amd64.deb";
	struct host h = host_of("amd64", "resolute", "ubuntu");
	SCOPED_CLEAR(recipes_clear) struct recipes all = {0};
	const struct recipe *r;
	struct seen seen;

	(void)state;
	load_shipped(&h, &all);
	r = recipes_find(&all, "rstudio")->recipe;
	for (size_t i = 0; i < 2; i++) {
		seen = match_page(r, i, page, strlen(page));
		assert_int_equal(seen.n, 1);
		assert_string_equal(seen.version, "2026.08.0-187");
	}
	seen = match_page(r, 3, final, strlen(final));
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.url, final);
}

/* --- folders and overrides --------------------------------------------------- */

static char folder[2][64];

static int make_folders(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(folder[i], sizeof(folder[i]), "/tmp/devupd-recipes-XXXXXX");
		if (!mkdtemp(folder[i]))
			return -1;
	}
	return 0;
}

static int remove_folders(void **state)
{
	char path[192];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (int n = 0; n < 1000; n++) {
			(void)snprintf(path, sizeof(path), "%s/r%d.yaml", folder[i], n);
			(void)unlink(path);
		}
		if (rmdir(folder[i]) != 0)
			return -1;
	}
	return 0;
}

static void put_recipe(size_t where, int n, const char *more)
{
	char path[128], text[2048];
	struct err e = {0};

	(void)snprintf(path, sizeof(path), "%s/r%d.yaml", folder[where], n);
	(void)snprintf(text, sizeof(text),
		"name: r%d\nkind: deb\npackage: r%d\narch: {amd64: {file: x64}, arm64: {file: "
		"arm}}\n"
		"hosts: [example.org]\nchannel: {stable: releases, daily: dailies}\nsources:\n"
		"  - page: https://example.org/${channel}/\n"
		"    link: 'r-(?<version>[0-9.]+)-${file}\\.deb'\n"
		"  - json: https://example.org/r.json\n    version: /version\n    url: /url\n"
		"version:\n  rewrite: ['s/-([0-9]+)$/+$1/']\n%s",
		n, n, more);
	assert_true(fs_replace(path, text, strlen(text), 0644, &e));
}

static void load_both(const char *settings, struct recipes *out)
{
	const char *folders[] = {folder[0], folder[1], "/nonexistent/devupd"};
	struct host h = host_of("amd64", "noble", "ubuntu");
	SCOPED(yaml_node_free) struct yaml_node *root = NULL;
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	struct err e = {0};

	assert_true(yaml_parse("devupd.yaml", settings, strlen(settings), &root, &errors));
	assert_true(recipes_load(folders, 3, yaml_get(root, "updaters"), &h, false, out, &e));
}

static void test_later_folder_and_override(void **state)
{
	SCOPED_CLEAR(recipes_clear) struct recipes all = {0};
	const struct recipe *r;

	(void)state;
	put_recipe(0, 1, "title: shipped\n");
	put_recipe(0, 2, "title: shipped\n");
	put_recipe(1, 2, "title: own\n");
	load_both("updaters:\n  r1:\n    channel: daily\n    enabled: no\n    version: {raw: "
		  "['s/a/b/']}\n",
		&all);
	assert_int_equal(all.n_items, 2);
	r = recipes_find(&all, "r1")->recipe;
	assert_non_null(r);
	assert_string_equal(words_get(&r->words, "channel"), "dailies");
	assert_false(r->enabled);
	assert_int_equal(r->rewrite.n_items, 1); /* a map is merged, not replaced */
	assert_int_equal(r->raw.n_items, 1);
	r = recipes_find(&all, "r2")->recipe;
	assert_string_equal(r->title, "own");
	assert_string_equal(words_get(&r->words, "channel"), "releases");
}

static void expect_broken(const char *settings, const char *name, const char *says)
{
	SCOPED_CLEAR(recipes_clear) struct recipes all = {0};
	const struct recipe_entry *entry;

	load_both(settings, &all);
	entry = recipes_find(&all, name);
	assert_non_null(entry);
	assert_null(entry->recipe);
	assert_int_equal(entry->errors.first.code, ERR_CONFIG);
	if (!strstr(entry->errors.first.text, says))
		fail_msg("\"%s\" lacks \"%s\"", entry->errors.first.text, says);
	for (size_t i = 0; i < all.n_items; i++)
		if (strcmp(all.items[i].name, name) != 0)
			assert_non_null(all.items[i].recipe); /* the others are unharmed */
}

static void test_bad_overrides_name_the_settings_file(void **state)
{
	(void)state;
	put_recipe(0, 1, "");
	put_recipe(0, 2, "");
	expect_broken("updaters:\n  r1:\n    channel: nightly\n", "r1",
		"devupd.yaml:3:14: channel: found \"nightly\", allowed: stable, daily");
	expect_broken("updaters:\n  r1:\n    pakage: x\n", "r1",
		"devupd.yaml:3:5: unknown key \"pakage\", did you mean \"package\"?");
	expect_broken("updaters:\n  r1: [a]\n", "r1", "devupd.yaml:2:7: updaters: r1");
	expect_broken("updaters:\n  r9: {enabled: no}\n", "r9",
		"devupd.yaml:2:3: updaters: no recipe is called \"r9\"");
	put_recipe(1, 2, "wrong: [\n");
	expect_broken("", "r2", "r2.yaml:");
}

static void test_root_refuses_what_others_may_write(void **state)
{
	const char *folders[] = {folder[0]};
	struct host h = host_of("amd64", "noble", "ubuntu");
	SCOPED_CLEAR(recipes_clear) struct recipes all = {0};
	struct err e = {0};

	(void)state;
	put_recipe(0, 1, "");
	/* /tmp is a folder of everybody */
	assert_true(recipes_load(folders, 1, NULL, &h, true, &all, &e));
	assert_null(recipes_find(&all, "r1")->recipe);
	assert_non_null(strstr(recipes_find(&all, "r1")->errors.first.text, "r1.yaml"));
}

static double load_ms(size_t n)
{
	struct timespec a, b;
	SCOPED_CLEAR(recipes_clear) struct recipes all = {0};

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	load_both("", &all);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	assert_int_equal(all.n_items, n);
	return (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
}

static void test_a_thousand_recipes_take_linear_time(void **state)
{
	double few, many;

	(void)state;
	for (int i = 0; i < 50; i++)
		put_recipe(0, i, "");
	few = load_ms(50);
	for (int i = 50; i < 1000; i++)
		put_recipe(0, i, "");
	many = load_ms(1000);
	print_message("50 recipes: %.1f ms, 1000: %.1f ms\n", few, many);
	assert_true(many < few * 20 * 4 + 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shipped_recipes_load),
		cmocka_unit_test(test_rstudio_falls_back_to_jammy),
		cmocka_unit_test(test_rstudio_is_not_for_focal_or_arm),
		cmocka_unit_test(test_versions_meet),
		cmocka_unit_test(test_positron_patterns_on_its_page),
		cmocka_unit_test(test_positron_passes_over_other_channels),
		cmocka_unit_test(test_rstudio_patterns),
		cmocka_unit_test_setup_teardown(
			test_later_folder_and_override, make_folders, remove_folders),
		cmocka_unit_test_setup_teardown(
			test_bad_overrides_name_the_settings_file, make_folders, remove_folders),
		cmocka_unit_test_setup_teardown(
			test_root_refuses_what_others_may_write, make_folders, remove_folders),
		cmocka_unit_test_setup_teardown(
			test_a_thousand_recipes_take_linear_time, make_folders, remove_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
