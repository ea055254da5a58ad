/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "updaters/records.h"

static void set(char *out, size_t out_size, const char *s)
{
	assert_true(text_copy(out, out_size, s));
}
#define SET(field, s) set(field, sizeof(field), s)

static void fill(struct result *r)
{
	struct err e = {0};
	struct document *document;

	result_init(r);
	err_set(&e, ERR_NO_MATCH, "no link on %s", "https://a.example/");
	result_fail(r, STEP_FIND, &e);
	r->reason = REASON_PENDING;
	SET(r->text, "jammy build");
	SET(r->installed, "1.0");
	SET(r->available, "2.0");
	SET(r->release.version, "2.0+1");
	SET(r->release.url, "https://a.example/x.deb");
	r->release.size_bytes = 596664320;
	r->release.sha256_from = DIGEST_FROM_FEED;
	r->verified_by = VERIFIED_BY_SHA256;
	r->ms = 77;
	SET(result_add_item(r)->path, "/home/a/venv");
	SET(result_add_change(r)->to, "/usr/bin/python3");
	SET(result_add_also(r)->package, "libfoo");
	SET(result_add_trace(r)->text, "taken");
	r->trace[0].status = 200;
	r->trace[0].is_taken = true;
	document = result_add_document(r);
	SET(document->etag, "\"abc\"");
	document->bytes = strdup("page");
	document->len = 4;
}

static void test_result_comes_back_whole(void **state)
{
	SCOPED_CLEAR(result_clear) struct result in;
	SCOPED_CLEAR(result_clear) struct result out = {0};
	SCOPED_CLEAR(buf_clear) struct buf packed = {0};
	struct unpack u;
	struct err e = {0};

	(void)state;
	buf_init(&packed, RECORD_BYTES_MAX);
	fill(&in);
	result_pack(&in, &packed);
	unpack_init(&u, packed.data, packed.len);
	assert_true(result_unpack(&u, &out, &e));
	assert_true(unpack_is_done(&u));
	assert_int_equal(out.outcome, OUTCOME_FAILED);
	assert_int_equal(out.reason, REASON_PENDING);
	assert_int_equal(out.step, STEP_FIND);
	assert_int_equal(out.error.code, ERR_NO_MATCH);
	assert_string_equal(out.error.text, in.error.text);
	assert_string_equal(out.text, "jammy build");
	assert_string_equal(out.installed, "1.0");
	assert_string_equal(out.available, "2.0");
	assert_memory_equal(&out.release, &in.release, sizeof(in.release));
	assert_int_equal(out.verified_by, VERIFIED_BY_SHA256);
	assert_int_equal(out.ms, 77);
	assert_int_equal(out.n_items, 1);
	assert_string_equal(out.items[0].path, "/home/a/venv");
	assert_string_equal(out.changes[0].to, "/usr/bin/python3");
	assert_string_equal(out.also[0].package, "libfoo");
	assert_true(out.trace[0].is_taken);
	assert_int_equal(out.trace[0].status, 200);
	assert_string_equal(out.documents[0].etag, "\"abc\"");
	assert_string_equal(out.documents[0].bytes, "page");
}

/* A worker may be captured: no cut and no flipped byte may do more than fail. */
static void test_each_cut_of_a_result_is_refused(void **state)
{
	SCOPED_CLEAR(result_clear) struct result in;
	SCOPED_CLEAR(buf_clear) struct buf packed = {0};

	(void)state;
	buf_init(&packed, RECORD_BYTES_MAX);
	fill(&in);
	result_pack(&in, &packed);
	for (size_t len = 0; len < packed.len; len++) {
		struct result out = {0};
		struct unpack u;
		struct err e = {0};

		unpack_init(&u, packed.data, len);
		assert_false(result_unpack(&u, &out, &e));
		assert_int_equal(e.code, ERR_WORKER);
		assert_null(out.documents);
	}
}

static void test_flipped_bytes_do_no_harm(void **state)
{
	SCOPED_CLEAR(result_clear) struct result in;
	SCOPED_CLEAR(buf_clear) struct buf packed = {0};

	(void)state;
	buf_init(&packed, RECORD_BYTES_MAX);
	fill(&in);
	result_pack(&in, &packed);
	for (size_t i = 0; i < packed.len; i++) {
		SCOPED_CLEAR(result_clear) struct result out = {0};
		struct unpack u;
		struct err e = {0};

		packed.data[i] = (char)~packed.data[i];
		unpack_init(&u, packed.data, packed.len);
		if (result_unpack(&u, &out, &e)) {
			assert_true(out.outcome < OUTCOME_N);
			assert_true(out.error.code < ERR_N_CODES);
		}
		packed.data[i] = (char)~packed.data[i];
	}
}

static void test_enums_out_of_range_are_refused(void **state)
{
	SCOPED_CLEAR(buf_clear) struct buf packed = {0};
	struct result out = {0};
	struct unpack u;
	struct err e = {0};

	(void)state;
	buf_init(&packed, RECORD_BYTES_MAX);
	fill(&out);
	result_pack(&out, &packed);
	result_clear(&out);
	packed.data[0] = OUTCOME_N;
	unpack_init(&u, packed.data, packed.len);
	assert_false(result_unpack(&u, &out, &e));
	assert_int_equal(e.code, ERR_WORKER);
}

static void test_job_comes_back_whole(void **state)
{
	SCOPED_CLEAR(job_clear) struct job in;
	SCOPED_CLEAR(job_clear) struct job out;
	SCOPED_CLEAR(buf_clear) struct buf packed = {0};
	struct unpack u;
	struct err e = {0};

	(void)state;
	job_init(&in);
	job_init(&out);
	buf_init(&packed, RECORD_BYTES_MAX);
	in.id = 7;
	SET(in.kind, "deb");
	SET(in.name, "positron");
	SET(in.group, "github.com");
	in.phase = PHASE_VERIFY;
	buf_puts(&in.input, "recipe");
	job_pack(&in, &packed);
	unpack_init(&u, packed.data, packed.len);
	assert_true(job_unpack(&u, &out, &e));
	assert_int_equal(out.id, 7);
	assert_string_equal(out.kind, "deb");
	assert_string_equal(out.name, "positron");
	assert_string_equal(out.group, "github.com");
	assert_int_equal(out.phase, PHASE_VERIFY);
	assert_string_equal(buf_str(&out.input), "recipe");
	assert_int_equal(out.fd, -1);
	for (size_t len = 0; len < packed.len; len++) {
		struct job cut;

		job_init(&cut);
		unpack_init(&u, packed.data, len);
		assert_false(job_unpack(&u, &cut, &e));
		assert_null(cut.input.data);
	}
}

static void test_lists_end_at_their_limit(void **state)
{
	SCOPED_CLEAR(result_clear) struct result r = {0};

	(void)state;
	for (size_t i = 0; i < RECORD_ITEMS_MAX; i++)
		assert_non_null(result_add_also(&r));
	assert_null(result_add_also(&r));
	assert_int_equal(r.n_also, RECORD_ITEMS_MAX);
}

static void test_tokens(void **state)
{
	enum outcome o = OUTCOME_FAILED;

	(void)state;
	assert_string_equal(outcome_token(OUTCOME_ROLLED_BACK), "rolled-back");
	assert_true(outcome_find("deferred", &o));
	assert_int_equal(o, OUTCOME_DEFERRED);
	assert_false(outcome_find("nonsense", &o));
	assert_string_equal(reason_token(REASON_COOL_DOWN), "cool-down");
	assert_string_equal(step_token(STEP_VERIFY), "verify");
	assert_string_equal(digest_from_token(DIGEST_FROM_FIRST_SIGHT), "first-sight");
	assert_string_equal(verified_by_token(VERIFIED_BY_SHA256), "sha256");
	assert_string_equal(phase_token(PHASE_PREPARE), "prepare");
}

static void test_trimmed_lists_go_on(void **state)
{
	SCOPED_CLEAR(result_clear) struct result r;

	(void)state;
	result_init(&r);
	for (int i = 0; i < 40; i++) {
		assert_non_null(result_add_item(&r));
		snprintf(result_add_change(&r)->path, 8, "%d", i);
	}
	result_trim(&r, 16);
	assert_int_equal(r.n_items, 16);
	assert_int_equal(r.n_changes, 16);
	assert_string_equal(r.changes[15].path, "15");
	assert_non_null(result_add_item(&r)); /* room is made anew */
	assert_non_null(result_add_change(&r));
	result_trim(&r, 100);
	assert_int_equal(r.n_items, 17);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trimmed_lists_go_on),
		cmocka_unit_test(test_result_comes_back_whole),
		cmocka_unit_test(test_each_cut_of_a_result_is_refused),
		cmocka_unit_test(test_flipped_bytes_do_no_harm),
		cmocka_unit_test(test_enums_out_of_range_are_refused),
		cmocka_unit_test(test_job_comes_back_whole),
		cmocka_unit_test(test_lists_end_at_their_limit),
		cmocka_unit_test(test_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
