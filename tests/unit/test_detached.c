/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The detached signature of a release: asked for, kept, and asked for again only if it changed. */
#include "vendor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define PAGE    "https://files.test/"
#define DEB     "https://files.test/x_2.0.deb"
#define NEWER   "https://files.test/x_2.1.deb"
#define ASC     DEB ".asc"
#define ASC_NEW NEWER ".asc"

static const char yaml[] =
	"name: x\nkind: deb\npackage: xx\narch: [amd64]\nhosts: [files.test]\n"
	"sources: [{page: '" PAGE "', link: 'https://files\\.test/x_(?<version>[0-9.]+)\\.deb'}]\n"
	"signature: {detached: 'https://files.test/x_${raw_version}.deb.asc',\n"
	"            keys: [0123456789ABCDEF0123456789ABCDEF01234567], policy: require}\n";

static const struct document *signature_of(const struct result *r)
{
	for (size_t i = 0; i < r->n_documents; i++)
		if (text_equal(r->documents[i].url, SIGNATURE_KEY))
			return &r->documents[i];
	return NULL;
}

static void assert_kept(const struct result *r, const char *version, const char *bytes)
{
	const struct document *d = signature_of(r);
	char kept_version[DPKG_VERSION_MAX], url[URL_MAX];
	struct unpack u;
	size_t len = 0;
	const void *kept;

	if (r->outcome != OUTCOME_AVAILABLE)
		fail_msg("%s: %s", outcome_token(r->outcome), r->error.text);
	assert_non_null(d);
	unpack_init(&u, d->bytes, d->len);
	unpack_str(&u, kept_version, sizeof(kept_version));
	unpack_str(&u, url, sizeof(url));
	kept = unpack_blob(&u, &len);
	assert_true(unpack_is_done(&u));
	assert_string_equal(kept_version, version);
	assert_int_equal(len, strlen(bytes));
	assert_memory_equal(kept, bytes, len);
}

static void inspect(struct deb_inspect *in, struct answer *answers, size_t n, struct result *out)
{
	struct vendor vendor = {.answers = answers, .n_answers = n};

	text_copy_cut(in->installed, sizeof(in->installed), "1.0");
	for (size_t i = 0; i < in->n_documents; i++)
		document_clear(&in->documents[i]);
	free(in->documents);
	in->documents = out->documents; /* what was kept last time */
	in->n_documents = out->n_documents;
	out->documents = NULL;
	out->n_documents = 0;
	result_clear(out);
	vendor_inspect(&vendor, in, out);
}

static void test_asked_for_again_only_if_changed(void **state)
{
	struct answer answers[] = {{.url = PAGE, .status = 200, .body = DEB},
		{.url = DEB, .status = 200, .body = "x"},
		{.url = NEWER, .status = 200, .body = "x"},
		{.url = ASC, .status = 200, .body = "first", .etag = "\"same\""},
		{.url = ASC_NEW, .status = 200, .body = "other", .etag = "\"same\""}};
	SCOPED_CLEAR(deb_inspect_clear) struct deb_inspect in = {0};
	SCOPED_CLEAR(result_clear) struct result r = {0};

	(void)state;
	in.recipe = vendor_recipe("x", yaml, "noble");
	inspect(&in, answers, ARRAY_SIZE(answers), &r);
	assert_kept(&r, "2.0", "first");
	assert_int_equal(answers[3].n_bodies, 1);
	inspect(&in, answers, ARRAY_SIZE(answers), &r);
	assert_kept(&r, "2.0", "first");
	assert_int_equal(answers[3].n_asked, 1);
	assert_int_equal(answers[3].n_bodies, 0);
	answers[3].body = "second";
	answers[3].etag = "\"two\"";
	inspect(&in, answers, ARRAY_SIZE(answers), &r);
	assert_kept(&r, "2.0", "second");
	/* another version's: whatever its ETag, what is kept is not it */
	answers[0].body = NEWER;
	answers[3].etag = "\"same\"";
	inspect(&in, answers, ARRAY_SIZE(answers), &r);
	assert_kept(&r, "2.1", "other");
	assert_int_equal(answers[4].n_bodies, 1);
}

/* What was kept in another form, or is torn, is asked for whole. */
static void test_broken_memory_is_asked_anew(void **state)
{
	struct answer answers[] = {{.url = PAGE, .status = 200, .body = DEB},
		{.url = DEB, .status = 200, .body = "x"},
		{.url = ASC, .status = 200, .body = "first", .etag = "\"1\""}};
	SCOPED_CLEAR(deb_inspect_clear) struct deb_inspect in = {0};
	SCOPED_CLEAR(result_clear) struct result r = {0};

	(void)state;
	in.recipe = vendor_recipe("x", yaml, "noble");
	inspect(&in, answers, ARRAY_SIZE(answers), &r);
	for (size_t i = 0; i < r.n_documents; i++)
		if (text_equal(r.documents[i].url, SIGNATURE_KEY))
			r.documents[i].len -= 3;
	inspect(&in, answers, ARRAY_SIZE(answers), &r);
	assert_kept(&r, "2.0", "first");
	assert_int_equal(answers[2].n_bodies, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asked_for_again_only_if_changed),
		cmocka_unit_test(test_broken_memory_is_asked_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
