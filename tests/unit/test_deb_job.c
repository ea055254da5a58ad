/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What crosses between parent and worker, and what must not. */
#include "vendor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "updaters/deb/finding.h"

static void fill_inspect(struct deb_inspect *in)
{
	in->recipe = vendor_shipped_recipe("positron", "noble");
	text_copy_cut(in->installed, sizeof(in->installed), "1");
	text_copy_cut(in->wanted, sizeof(in->wanted), "2");
	text_copy_cut(in->below, sizeof(in->below), "3");
	text_copy_cut(in->skip_exactly, sizeof(in->skip_exactly), "4");
	text_copy_cut(in->skip_up_to, sizeof(in->skip_up_to), "5");
	in->with_digest = in->with_pages = true;
	in->documents = calloc(1, sizeof(*in->documents));
	in->n_documents = 1;
	text_copy_cut(in->documents[0].url, sizeof(in->documents[0].url), "https://a.test/#x");
	in->documents[0].bytes = strdup("bytes");
	in->documents[0].len = 5;
}

static void test_inspect(void **state)
{
	SCOPED_CLEAR(deb_inspect_clear) struct deb_inspect in = {0}, out = {0};
	SCOPED_CLEAR(buf_clear) struct buf packed = {0};
	struct err e = {0};
	struct unpack u;

	(void)state;
	fill_inspect(&in);
	buf_init(&packed, RECORD_BYTES_MAX);
	deb_inspect_pack(&in, &packed);
	unpack_init(&u, packed.data, packed.len);
	assert_true(deb_inspect_unpack(&u, &out, &e));
	assert_string_equal(out.recipe->name, "positron");
	assert_string_equal(out.installed, "1");
	assert_string_equal(out.skip_up_to, "5");
	assert_true(out.with_digest && out.with_pages && !out.offline && !out.with_trace);
	assert_int_equal(out.n_documents, 1);
	assert_memory_equal(out.documents[0].bytes, "bytes", 5);
}

/* Cut anywhere, the input is refused, never half taken. */
static void test_cut_inputs(void **state)
{
	SCOPED_CLEAR(deb_inspect_clear) struct deb_inspect in = {0};
	SCOPED_CLEAR(buf_clear) struct buf packed = {0};
	struct unpack u;

	(void)state;
	fill_inspect(&in);
	buf_init(&packed, RECORD_BYTES_MAX);
	deb_inspect_pack(&in, &packed);
	for (size_t len = 0; len < packed.len;
		len += len < 200 || len + 200 > packed.len ? 1 : 37) {
		struct deb_inspect out = {0};
		struct err e = {0};

		unpack_init(&u, packed.data, len);
		assert_false(deb_inspect_unpack(&u, &out, &e));
		assert_true(err_is_set(&e));
		assert_null(out.recipe);
	}
}

static void test_fetch_names(void **state)
{
	static const struct {
		const char *name;
		bool is_fine;
	} cases[] = {{"x_1_amd64.deb", true}, {"", false}, {"../x.deb", false}, {"a/b.deb", false},
		{".hidden", false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_CLEAR(deb_fetch_clear) struct deb_fetch in = {.max_bytes = 9}, out = {0};
		SCOPED_CLEAR(buf_clear) struct buf packed = {0};
		struct err e = {0};
		struct unpack u;

		in.recipe = vendor_shipped_recipe("rstudio", "noble");
		text_copy_cut(in.file_name, sizeof(in.file_name), cases[i].name);
		buf_init(&packed, RECORD_BYTES_MAX);
		deb_fetch_pack(&in, &packed);
		unpack_init(&u, packed.data, packed.len);
		assert_int_equal(deb_fetch_unpack(&u, &out, &e), cases[i].is_fine);
	}
}

static void test_findings(void **state)
{
	SCOPED_CLEAR(finding_clear) struct finding f = {.n_seen = 41}, out = {0};
	SCOPED_CLEAR(buf_clear) struct buf packed = {0};
	char version[16];

	(void)state;
	text_copy_cut(f.base, sizeof(f.base), "https://a.test/");
	for (int i = 0; i < 2 * FINDING_ENTRIES_MAX + 10; i++) {
		struct pairs entry = {0};
		int n = snprintf(version, sizeof(version), "%d", i / 2); /* each twice */

		assert_true(pairs_add(&entry, "version", version, (size_t)n));
		finding_add(&f, &entry);
	}
	assert_int_equal(f.n_entries, FINDING_ENTRIES_MAX);
	assert_true(f.is_cut);
	buf_init(&packed, FINDING_PACKED_MAX);
	finding_pack(&f, &packed);
	assert_true(finding_unpack(packed.data, packed.len, &out));
	assert_int_equal(out.n_entries, FINDING_ENTRIES_MAX);
	assert_string_equal(pairs_get(&out.entries[200], "version"), "200");
	for (size_t len = 0; len < packed.len; len += 13) {
		struct finding none = {0};

		assert_false(finding_unpack(packed.data, len, &none));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inspect),
		cmocka_unit_test(test_cut_inputs),
		cmocka_unit_test(test_fetch_names),
		cmocka_unit_test(test_findings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
