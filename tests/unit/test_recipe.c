/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One recipe: what is refused and where, what is resolved, packing there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/recipe.h"

/* Line numbers below count on these 8 lines. */
#define HEAD                                                                                       \
	"name: x\n"                                                                                \
	"kind: deb\n"                                                                              \
	"package: x\n"                                                                             \
	"arch: {amd64: {file: x64}, arm64: {file: arm}}\n"                                         \
	"hosts: [example.org]\n"                                                                   \
	"channel: {stable: rel, daily: day}\n"                                                     \
	"base: {noble: jammy}\n"                                                                   \
	"sources:\n"
#define PAGE                                                                                       \
	HEAD "  - page: https://example.org/${base}/\n    link: 'x-(?<version>[0-9.]+)\\.deb'\n"

static struct recipe *load_for(const char *arch, const char *text, struct yaml_errors *errors)
{
	SCOPED(yaml_node_free) struct yaml_node *root = NULL;
	struct host h = {.os = "linuxmint", .base = "noble", .base_family = "ubuntu"};
	struct recipe *r = NULL;

	assert_true(text_copy(h.arch, sizeof(h.arch), arch));
	if (yaml_parse("x.yaml", text, strlen(text), &root, errors) &&
		!recipe_load(root, "x.yaml", "x", &h, &r, errors))
		assert_true(errors->n_items > 0);
	return r;
}

static struct recipe *load(const char *text)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	struct recipe *r = load_for("amd64", text, &errors);

	if (!r)
		fail_msg("%s", errors.first.text);
	return r;
}

/* Says what failed and goes on, so that all bad cases of a table are seen. */
static bool refuse(const char *text, const char *says)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	SCOPED(recipe_free) struct recipe *r = load_for("amd64", text, &errors);
	bool is_said = false;

	assert_null(r);
	for (size_t i = 0; i < errors.n_items; i++)
		is_said = is_said || strstr(errors.items[i].text, says);
	if (!is_said)
		print_error("not \"%s\" but \"%s\"\n", says, errors.first.text);
	return is_said;
}

static void test_resolved_for_this_host(void **state)
{
	SCOPED(recipe_free) struct recipe *r = load(PAGE "enabled: no\n");

	(void)state;
	assert_string_equal(words_get(&r->words, "file"), "x64");
	assert_string_equal(words_get(&r->words, "arch"), "amd64");
	assert_string_equal(words_get(&r->words, "base"), "jammy");
	assert_string_equal(words_get(&r->words, "os"), "linuxmint");
	assert_string_equal(words_get(&r->words, "channel"), "rel");
	assert_string_equal(r->title, "x");
	assert_string_equal(r->sources[0].address, "https://example.org/${base}/");
	assert_int_equal(r->sources[0].line, 9);
	assert_false(r->enabled);
	assert_true(text_is_hex(r->digest, 64));
}

static void test_a_license_to_accept_can_be_read(void **state)
{
	static const char *const texts[] = {PAGE "license: {accept: required}\n",
		PAGE "license: {name: X, accept: required}\n",
		PAGE "license: {url: 'https://example.org/l', accept: required}\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_true(
			refuse(texts[i], "x.yaml:11:10: license: accept: required needs a name"));
}

static void test_other_architecture_is_no_error(void **state)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	SCOPED(recipe_free) struct recipe *r = load_for("riscv64", PAGE, &errors);

	(void)state;
	assert_non_null(r);
	assert_int_equal(r->fit, RECIPE_OTHER_ARCH);
	assert_string_equal(r->fit_text, "for amd64, arm64 only, not for riscv64");
}

static void test_a_kind_has_keys_of_its_own(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"name: x\nkind: homebrew\npackage: x\n", "x.yaml:3:1: unknown key \"package\""},
		{"name: x\nkind: command\n", "key \"run\" is missing"},
		{"name: x\nkind: command\nrun: uv self update\n",
			"x.yaml:3:6: run: found \"uv self update\", expected a list"},
		{"name: x\nkind: command\nrun: [a]\nok: [256]\n", "expected an exit code"},
		{"name: x\nkind: command\nrun: [a]\nuser: root\n", "root runs no commands"},
		{"name: x\nkind: command\nrun: [a, '${homes}']\n", "${homes} is not defined"},
		{"name: x\nkind: editor\npaths: ['${hom}/x']\n", "${hom} is not defined"},
		{"name: x\nkind: homebrew\nupgrade: maybe\n", "expected one of ask, yes or no"},
		{"name: x\nkind: python\nvenvs: ~/x\n", "venvs: a list is expected"},
		{"name: x\nkind: python\nvenvs: [{python: x}]\n", "key \"path\" is missing"},
		{"name: x\nkind: python\nvenvs: [{path: x, packages: [a], from: b}]\n",
			"packages and from exclude each other"},
		{"name: x\nkind: python\npackages: ['--index-url=x']\n", "is an option"},
		{"name: x\nkind: python\npackages: ['3d']\n", "is no module's name"},
	};
	bool ok = true;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ok = refuse(cases[i].text, cases[i].says) && ok;
	assert_true(ok);
}

static void test_bad_sources_on_github_are_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{HEAD "  - github: a/b\n", "a source of kind github needs asset: a pattern"},
		{HEAD "  - github: a\n    asset: c\n",
			"x.yaml:9:13: github: OWNER/NAME is expected"},
		{HEAD "  - github: a/b/c\n    asset: c\n", "OWNER/NAME is expected"},
		{HEAD "  - github: a/../b\n    asset: c\n", "OWNER/NAME is expected"},
		{HEAD "  - github: ${arch}/b\n    asset: c\n", "OWNER/NAME is expected"},
		{HEAD "  - github: a/b\n    asset: c\n    tag: x\n", "no version: "},
		{HEAD "  - github: a/b\n    asset: c\n    link: x\n",
			"link: not a key of a source of kind github"},
		{HEAD "  - page: https://a.org/\n    link: (?<version>1)\n    asset: c\n",
			"asset: not a key of a source of kind page"},
	};
	bool ok = true;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ok = refuse(cases[i].text, cases[i].says) && ok;
	assert_true(ok);
}

static void test_bad_signatures_are_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{PAGE "signature: {member: auto}\n", "key \"keys\" is missing: whole fingerprints"},
		{PAGE "signature: {keys: []}\n",
			"x.yaml:11:1: signature: needs keys: the fingerprints"},
		{PAGE "signature: {keys: [BB19F92D60]}\n",
			"x.yaml:11:19: keys: found \"BB19F92D60\", expected a whole fingerprint"},
		{PAGE "signature: {keys: [8B65E5A107BBEFE3BA99C59751C0B5BB19F92D6G]}\n",
			"expected a whole fingerprint of 40 digits"},
		{PAGE "signature: {keys: [8B65E5A107BBEFE3BA99C59751C0B5BB19F92D60], policy: "
		      "record}\n",
			"policy: found \"record\", expected one of require or prefer"},
		{PAGE "signature: {keys: [8B65E5A107BBEFE3BA99C59751C0B5BB19F92D60], member: auto, "
		      "detached: 'https://example.org/a.asc'}\n",
			"signature: member and detached exclude each other"},
		{PAGE "signature: {keys: [8B65E5A107BBEFE3BA99C59751C0B5BB19F92D60], "
		      "detached: 'http://example.org/a.asc'}\n",
			"detached: "},
	};
	bool ok = true;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ok = refuse(cases[i].text, cases[i].says) && ok;
	assert_true(ok);
}

static void test_bad_input_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{PAGE "pakage: y\n",
			"x.yaml:11:1: unknown key \"pakage\", did you mean \"package\"?"},
		{PAGE "zzzzzzzzz: y\n",
			"x.yaml:11:1: unknown key \"zzzzzzzzz\"; allowed: name, title"},
		{PAGE "license: {nam: y}\n",
			"x.yaml:11:11: unknown key \"nam\", did you mean \"name\"?"},
		{PAGE "title: [a]\n", "x.yaml:11:8: title: found a list, expected a text"},
		{PAGE "title:\n", "title: found nothing, expected a text"},
		{PAGE "enabled: 'yes'\n",
			"x.yaml:11:10: enabled: found the quoted \"yes\", expected yes or no"},
		{PAGE "enabled: on\n", "x.yaml:11:10: enabled: found \"on\", expected yes or no"},
		{PAGE "license: {accept: maybe}\n",
			"x.yaml:11:19: accept: found \"maybe\", expected one of no or required"},
		{PAGE "cool_down: soon\n", "x.yaml:11:12: cool_down: "},
		{PAGE "running: {a: b}\n", "x.yaml:11:10: running: found a map, expected a list"},
		{PAGE "running: [[a]]\n", "x.yaml:11:11: running: found a list, expected a text"},
		{PAGE "homepage: http://example.org/\n", "x.yaml:11:11: homepage: "},
		{PAGE "homepage: https://example.org/${version}\n",
			"x.yaml:11:31: ${version} is not defined here; there are: "},
		{PAGE "archive: https://example.org/${v}\n",
			"x.yaml:11:30: ${v} is not defined here"},
		{PAGE "checksum: {json: 'https://example.org/${', policy: prefer}\n",
			"x.yaml:11:39: \"${\" must be followed"},
		{PAGE "checksum: {text: 'https://example.org/a', at: /b}\n",
			"x.yaml:11:43: at: belongs to checksum: json"},
		{PAGE "checksum: {json: 'https://example.org/a', at: b}\n",
			"is not a JSON Pointer"},
		{PAGE "version: {rewrite: ['s/(/x/']}\n", "x.yaml:11:2"},
		{PAGE "version: {raw: [nonsense]}\n", "x.yaml:11:17: raw: "},
		{PAGE "name: x\n", "x.yaml:11:1: key \"name\" is there twice"},
		{"kind: deb\n", "x.yaml:1:1: key \"name\" is missing"},
		{"name: y\nkind: deb\n",
			"x.yaml:1:7: name: found \"y\", but the file is called x.yaml"},
		{"name: X\nkind: deb\n", "x.yaml:1:7: name: found \"X\", expected a name"},
		{"name: x\nkind: rpm\n", "x.yaml:2:7: kind: found \"rpm\", allowed: deb, homebrew, "
					 "python, editor, command"},
		{"hosts: ['https://example.org']\n", "x.yaml:1:9: hosts: "},
		{"hosts: [github.com]\n", "x.yaml:1:9: hosts: github.com is shared by many owners"},
		{"hosts: [s3.amazonaws.com]\n", "x.yaml:1:9: hosts: s3.amazonaws.com is shared"},
		{"arch: {amd64: {file: a}, arm64: {other: b}}\n",
			"x.yaml:1:26: arch: arm64 lacks the word \"file\""},
		{"arch: {amd64: {version: a}}\n", "x.yaml:1:16: ${version} is devupd's own word"},
		{"arch: {amd64: {a-b: c}}\n", "x.yaml:1:16: \"a-b\" can't be a word"},
		{"arch: amd64\n", "x.yaml:1:7: arch: a list such as"},
		{"sources: []\n", "x.yaml:1:10: sources: a list of at least one"},
		{HEAD "  - link: a\n",
			"x.yaml:9:5: a source needs one of page, json, redirect, package, github"},
		{HEAD "  - page: https://a.org/\n    json: https://a.org/\n", "json beside page"},
		{HEAD "  - text\n", "x.yaml:9:5: a source is a map of keys"},
		{HEAD "  - page: https://a.org/\n    items: /a\n",
			"x.yaml:10:5: items: not a key of a source of kind page"},
		{HEAD "  - package: https://a.org/x.deb\n    link: a\n",
			"x.yaml:10:5: link: not a key of a source of kind package"},
		{HEAD "  - page: https://a.org/\n", "x.yaml:9:5: a source of this kind needs link"},
		{HEAD "  - page: https://a.org/\n    link: a\n",
			"x.yaml:9:5: no version: name a group"},
		{HEAD "  - page: https://a.org/\n    link: 'a(?<version>b'\n",
			"x.yaml:10:25: link: "},
		{HEAD "  - page: https://a.org/\n    link: '${nix}(?<version>b)'\n",
			"x.yaml:10:12: ${nix} is not defined here; there are: ${file}, ${arch}"},
		{HEAD "  - page: https://a.org/\n    link: '(?<version>b)'\n    url: "
		      "'https://a.org/${nix}'\n",
			"x.yaml:11:25: ${nix} is not defined here"},
		{HEAD "  - page: https://a.org/\n    link: a\n    version-from: b\n",
			"x.yaml:11:19: version-from: the pattern needs a group named version"},
		{HEAD "  - page: ftp://a.org/\n    link: '(?<version>b)'\n", "x.yaml:9:11: page: "},
		{HEAD "  - json: https://a.org/\n    version: /v\n",
			"x.yaml:9:5: a source of kind json needs url"},
		{HEAD "  - json: https://a.org/\n    version: /v\n    url: /u~2\n",
			"x.yaml:11:10: url: \"/u~2\" is not a JSON Pointer"},
		{HEAD "  - json: https://a.org/\n    version: /v\n    url: /u\n    where: {a: b}\n",
			"x.yaml:12:13: pointer: \"a\" is not a JSON Pointer"},
		{HEAD "  - json: https://a.org/\n    version: /v\n    url: /u\n    match: {/a: "
		      "'('}\n",
			"x.yaml:12:1"},
		{HEAD "  - page: https://a.org/\n    link: '(?<v>a)'\n    follow: {link: "
		      "'${w}(?<version>b)'}\n",
			"x.yaml:11:21: ${w} is not defined here"},
		{HEAD "  - page: https://a.org/\n    link: a\n    follow: {follow: {follow: "
		      "{follow: {link: a}}}}\n",
			"follow: at most 3 inside each other"},
	};

	bool ok = true;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ok = refuse(cases[i].text, cases[i].says) && ok;
	assert_true(ok);
}

static void test_all_errors_at_once(void **state)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	SCOPED(recipe_free)
	struct recipe *r = load_for("amd64",
		PAGE "enabled: 'no'\nhomepge: a\ncool_down: -1\nnotes: 'https://a.org/${x}${y}'\n",
		&errors);

	(void)state;
	assert_null(r);
	assert_int_equal(errors.n_items, 5);
}

static void test_words_of_the_match(void **state)
{
	static const char text[] =
		PAGE "  - page: https://a.org/\n"
		     "    link: '/tag/(?<tag>[^\"]+)'\n"
		     "    follow: {page: 'https://a.org/assets/${tag}', link: "
		     "'x-${tag}-(?<version>.*)\\.deb'}\n"
		     "  - json: https://a.org/list.json\n"
		     "    items: ''\n"
		     "    match: {/name: '^x_(?<version>[0-9]+)_${arch}'}\n"
		     "    where: {/os: '${os}'}\n"
		     "    url: 'https://a.org/${raw_version}/x.deb'\n"
		     "  - page: https://a.org/version\n"
		     "    link: '^(?<version>[0-9.]+)$'\n"
		     "    url: 'https://a.org/x-${version}.deb'\n"
		     "  - package: https://a.org/${channel}/x.deb\n"
		     "checksum: {text: 'https://a.org/${raw_version}/SHA256SUMS'}\n";
	SCOPED(recipe_free) struct recipe *r = load(text);

	(void)state;
	assert_int_equal(r->n_sources, 5);
	assert_int_equal(r->sources[1].follow->kind, SOURCE_PAGE);
	assert_string_equal(r->sources[1].follow->address, "https://a.org/assets/${tag}");
	assert_string_equal(r->sources[2].items, "");
	assert_int_equal(r->sources[4].kind, SOURCE_PACKAGE);
	assert_string_equal(source_kind_name(r->sources[2].kind), "json");
}

/* A group that only one source has can't stand in what holds for all. */
static void test_checksum_has_the_common_groups(void **state)
{
	(void)state;
	assert_true(refuse(PAGE "  - page: https://a.org/\n    link: '(?<t>a)(?<version>b)'\n"
				"checksum: {text: 'https://a.org/${t}'}\n",
		"x.yaml:13:33: ${t} is not defined here"));
	recipe_free(load(HEAD "  - page: https://a.org/\n    link: '(?<t>a)(?<version>b)'\n"
			      "checksum: {text: 'https://a.org/${t}'}\n"));
}

/* --- packing ----------------------------------------------------------------- */

#define FULL                                                                                       \
	PAGE "  - json: https://a.org/l\n    items: /a\n    where: {/b: c}\n    match: {/d: e}\n"  \
	     "    version: /v\n    url: /u\n    sha256: /s\n    size: /z\n    pick: last\n"        \
	     "  - page: https://a.org/\n    link: '(?<t>a)'\n    follow: {link: "                  \
	     "'(?<version>b)'}\n"                                                                  \
	     "license: {name: L, url: 'https://a.org/l', accept: required}\n"                      \
	     "version: {rewrite: ['s/a/b/', 's/c/d/'], raw: ['s/b/a/']}\n"                         \
	     "running: [/usr/share/x/]\nbackground: [y]\n"

static void test_pack_there_and_back(void **state)
{
	SCOPED(recipe_free) struct recipe *r = load(FULL), *copy = NULL;
	SCOPED_CLEAR(buf_clear) struct buf one = {0}, two = {0};
	struct unpack u;
	struct err e = {0};
	char version[32];

	(void)state;
	buf_init(&one, 1 << 20);
	buf_init(&two, 1 << 20);
	recipe_pack(r, &one);
	unpack_init(&u, one.data, one.len);
	if (!recipe_unpack(&u, &copy, &e))
		fail_msg("%s", e.text);
	assert_true(unpack_is_done(&u));
	recipe_pack(copy, &two);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.data, two.data, one.len);
	assert_string_equal(copy->digest, r->digest);
	assert_int_equal(copy->license_accept, 1);
	assert_int_equal(copy->sources[1].pick, PICK_LAST);
	assert_null(copy->sources[2].follow->address);
	assert_string_equal(copy->sources[1].where.values.items[0], "c");
	assert_string_equal(words_get(&copy->words, "base"), "jammy");
	assert_true(recipe_version_rewrite(copy, "ac", version, sizeof(version), &e));
	assert_string_equal(version, "bd");
}

static void unpack_must_survive(const void *bytes, size_t len)
{
	SCOPED(recipe_free) struct recipe *r = NULL;
	struct unpack u;
	struct err e = {0};

	unpack_init(&u, bytes, len);
	if (!recipe_unpack(&u, &r, &e))
		assert_true(err_is_set(&e));
}

/* Cut anywhere, and each byte wrong in turn: refused or read, never a crash. */
static void test_hostile_bytes(void **state)
{
	SCOPED(recipe_free) struct recipe *r = load(FULL);
	SCOPED_CLEAR(buf_clear) struct buf packed = {0};
	SCOPED_FREE char *copy = NULL;
	static const unsigned char wrong[] = {0x00, 0x01, 0x7F, 0xFF};

	(void)state;
	buf_init(&packed, 1 << 20);
	recipe_pack(r, &packed);
	for (size_t len = 0; len < packed.len; len++) {
		struct recipe *none = NULL;
		struct unpack u;

		unpack_init(&u, packed.data, len);
		assert_false(recipe_unpack(&u, &none, NULL));
	}
	copy = malloc(packed.len);
	assert_non_null(copy);
	for (size_t i = 0; i < packed.len; i++) {
		memcpy(copy, packed.data, packed.len);
		copy[i] = (char)wrong[i % sizeof(wrong)];
		unpack_must_survive(copy, packed.len);
	}
}

static void test_digest_follows_content(void **state)
{
	SCOPED(recipe_free) struct recipe *a = load(PAGE), *b = load(PAGE);
	SCOPED(recipe_free) struct recipe *c = load(PAGE "title: other\n");
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	SCOPED(recipe_free) struct recipe *d = load_for("arm64", PAGE, &errors);

	(void)state;
	assert_string_equal(a->digest, b->digest);
	assert_string_not_equal(a->digest, c->digest);
	assert_string_not_equal(a->digest, d->digest); /* other words */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolved_for_this_host),
		cmocka_unit_test(test_other_architecture_is_no_error),
		cmocka_unit_test(test_a_license_to_accept_can_be_read),
		cmocka_unit_test(test_a_kind_has_keys_of_its_own),
		cmocka_unit_test(test_bad_input_is_refused_with_its_place),
		cmocka_unit_test(test_bad_signatures_are_refused),
		cmocka_unit_test(test_bad_sources_on_github_are_refused),
		cmocka_unit_test(test_all_errors_at_once),
		cmocka_unit_test(test_words_of_the_match),
		cmocka_unit_test(test_checksum_has_the_common_groups),
		cmocka_unit_test(test_pack_there_and_back),
		cmocka_unit_test(test_hostile_bytes),
		cmocka_unit_test(test_digest_follows_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
