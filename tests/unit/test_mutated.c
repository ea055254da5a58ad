/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whatever crosses a process border may have been made by a captured worker: valid messages,
 * mutated at random from fixed seeds, are refused or read, never half taken. What was read is then
 * packed and read again, and must come out the same: so each field is what the packing side may
 * hold. The sanitizers watch over memory.
 */
#include "vendor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "updaters/deb/finding.h"
#include "updaters/wire.h"

enum { N_MUTANTS = 10000, PACKED_MAX = 1 << 20 };

/* Reads the bytes, and packs what it read. false: refused, and nothing packed. */
typedef bool taker(const void *bytes, size_t len, struct buf *out);

/* --- what is read ------------------------------------------------------------ */

static bool take_recipe(const void *bytes, size_t len, struct buf *out)
{
	SCOPED(recipe_free) struct recipe *r = NULL;
	struct err e = {0};
	struct unpack u;

	unpack_init(&u, bytes, len);
	if (!recipe_unpack(&u, &r, &e)) {
		assert_true(err_is_set(&e));
		assert_null(r);
		return false;
	}
	recipe_pack(r, out);
	return unpack_is_done(&u);
}

static bool take_result(const void *bytes, size_t len, struct buf *out)
{
	SCOPED_CLEAR(result_clear) struct result r;
	struct err e = {0};
	struct unpack u;

	result_init(&r);
	unpack_init(&u, bytes, len);
	if (!result_unpack(&u, &r, &e)) {
		assert_true(err_is_set(&e));
		assert_int_equal(r.n_items + r.n_trace + r.n_documents, 0);
		return false;
	}
	/* what tables are asked with */
	assert_non_null(outcome_token(r.outcome));
	assert_true(r.reason < REASON_N && r.step < STEP_N && r.verified_by < VERIFIED_BY_N);
	assert_non_null(err_token(r.error.code));
	result_pack(&r, out);
	return unpack_is_done(&u);
}

static bool take_job(const void *bytes, size_t len, struct buf *out)
{
	SCOPED_CLEAR(job_clear) struct job j;
	struct err e = {0};
	struct unpack u;

	job_init(&j);
	unpack_init(&u, bytes, len);
	if (!job_unpack(&u, &j, &e)) {
		assert_true(err_is_set(&e));
		return false;
	}
	assert_true(j.phase < PHASE_N && j.fd == -1);
	job_pack(&j, out);
	return unpack_is_done(&u);
}

static bool take_start(const void *bytes, size_t len, struct buf *out)
{
	struct wire_start s = {0};
	struct unpack u;

	unpack_init(&u, bytes, len);
	if (!wire_start_unpack(&u, &s))
		return false;
	wire_start_pack(&s, out);
	return unpack_is_done(&u);
}

static bool take_finding(const void *bytes, size_t len, struct buf *out)
{
	SCOPED_CLEAR(finding_clear) struct finding f = {0};

	if (!finding_unpack(bytes, len, &f)) {
		assert_int_equal(f.n_entries, 0);
		return false;
	}
	finding_pack(&f, out);
	return true;
}

/* The three inputs of the deb kind differ in their names alone. */
#define TAKE_DEB(phase)                                                                            \
	static bool take_##phase(const void *bytes, size_t len, struct buf *out)                   \
	{                                                                                          \
		SCOPED_CLEAR(deb_##phase##_clear) struct deb_##phase in = {0};                     \
		struct err e = {0};                                                                \
		struct unpack u;                                                                   \
                                                                                                   \
		unpack_init(&u, bytes, len);                                                       \
		if (!deb_##phase##_unpack(&u, &in, &e)) {                                          \
			assert_true(err_is_set(&e));                                               \
			assert_null(in.recipe);                                                    \
			return false;                                                              \
		}                                                                                  \
		deb_##phase##_pack(&in, out);                                                      \
		return true;                                                                       \
	}
TAKE_DEB(inspect)
TAKE_DEB(fetch)
TAKE_DEB(verify)
#undef TAKE_DEB

/* --- what is mutated --------------------------------------------------------- */

static void make_recipe(struct buf *out)
{
	SCOPED(recipe_free) struct recipe *r = vendor_shipped_recipe("positron", "noble");

	recipe_pack(r, out);
}

static void fill_release(struct release *r)
{
	text_copy_cut(r->version, sizeof(r->version), "2026.08.2+4");
	text_copy_cut(r->url, sizeof(r->url), "https://a.test/x.deb");
	memset(r->digests.sha256, 'a', sizeof(r->digests.sha256) - 1);
	r->sha256_from = DIGEST_FROM_FEED;
	r->size_bytes = 5;
}

static void fill_document(struct document *d)
{
	text_copy_cut(d->url, sizeof(d->url), "https://a.test/");
	text_copy_cut(d->etag, sizeof(d->etag), "\"e\"");
	d->bytes = strdup("bytes");
	d->len = 5;
}

static void make_result(struct buf *out)
{
	SCOPED_CLEAR(result_clear) struct result r;

	result_init(&r);
	err_set(&r.error, ERR_DIGEST, "not what was promised");
	text_copy_cut(r.text, sizeof(r.text), "why");
	fill_release(&r.release);
	text_copy_cut(result_add_item(&r)->path, RECORD_TEXT_MAX, "/home/ana/venv");
	text_copy_cut(result_add_change(&r)->command, RECORD_TEXT_MAX, "brew\x1fupgrade");
	text_copy_cut(result_add_also(&r)->package, DPKG_NAME_MAX, "libx");
	result_add_trace(&r)->status = 200;
	result_add_trace(&r)->kind = TRACE_CANDIDATE;
	fill_document(result_add_document(&r));
	result_pack(&r, out);
}

static void make_job(struct buf *out)
{
	SCOPED_CLEAR(job_clear) struct job j;

	job_init(&j);
	j.id = 7;
	text_copy_cut(j.kind, sizeof(j.kind), "deb");
	text_copy_cut(j.name, sizeof(j.name), "positron");
	text_copy_cut(j.group, sizeof(j.group), "a.test");
	buf_puts(&j.input, "input");
	job_pack(&j, out);
}

static void make_start(struct buf *out)
{
	struct wire_start s = {0};

	wire_start_pack(&s, out);
}

static void make_finding(struct buf *out)
{
	SCOPED_CLEAR(finding_clear) struct finding f = {.n_seen = 41};

	text_copy_cut(f.base, sizeof(f.base), "https://a.test/");
	for (int i = 0; i < 5; i++) {
		struct pairs entry = {0};
		char version[16];
		int n = snprintf(version, sizeof(version), "2026.08.%d", i);

		assert_true(pairs_add(&entry, "version", version, (size_t)n));
		assert_true(finding_add(&f, &entry));
	}
	finding_pack(&f, out);
}

static void make_inspect(struct buf *out)
{
	SCOPED_CLEAR(deb_inspect_clear) struct deb_inspect in = {.with_digest = true};

	in.recipe = vendor_shipped_recipe("rstudio", "noble");
	text_copy_cut(in.installed, sizeof(in.installed), "1.0");
	in.documents = calloc(1, sizeof(*in.documents));
	in.n_documents = 1;
	fill_document(in.documents);
	deb_inspect_pack(&in, out);
}

static void make_fetch(struct buf *out)
{
	SCOPED_CLEAR(deb_fetch_clear) struct deb_fetch in = {.max_bytes = 9};

	in.recipe = vendor_shipped_recipe("rstudio", "noble");
	fill_release(&in.release);
	text_copy_cut(in.file_name, sizeof(in.file_name), "x_1_amd64.deb");
	deb_fetch_pack(&in, out);
}

static void make_verify(struct buf *out)
{
	SCOPED_CLEAR(deb_verify_clear) struct deb_verify in = {.size_bytes = 9};

	in.recipe = vendor_shipped_recipe("rstudio", "noble");
	text_copy_cut(in.version, sizeof(in.version), "1.0");
	deb_verify_pack(&in, out);
}

/* --- mutating ---------------------------------------------------------------- */

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

/* One change; what grows is cut at the buffer's size. */
static size_t mutate(unsigned char *bytes, size_t len, size_t size, uint32_t *seed)
{
	static const uint32_t telling[] = {
		0, 1, 2, 0x7F, 0xFF, 0x100, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF};
	uint32_t number = telling[next_random(seed) % ARRAY_SIZE(telling)];
	size_t at = next_random(seed) % len, n = 1 + next_random(seed) % 8;

	n = n < len - at ? n : len - at;
	switch (next_random(seed) % 6) {
	case 0: bytes[at] ^= (unsigned char)(1U << (next_random(seed) % 8)); return len;
	case 1: bytes[at] = (unsigned char)next_random(seed); return len;
	case 2: /* a length, a count, an enum */
		for (size_t i = 0; i < 4 && at + i < len; i++)
			bytes[at + i] = (unsigned char)(number >> (8 * i));
		return len;
	case 3: /* taken out */
		memmove(bytes + at, bytes + at + n, len - at - n);
		return len - n > 0 ? len - n : 1;
	case 4: /* said twice */
		n = n < size - len ? n : size - len;
		memmove(bytes + at + n, bytes + at, len - at);
		return len + n;
	default: return at > 0 ? at : 1; /* cut off */
	}
}

static void assert_comes_out_the_same(taker *take, const struct buf *once)
{
	SCOPED_CLEAR(buf_clear) struct buf twice = {0};

	buf_init(&twice, PACKED_MAX);
	assert_true(take(once->data, once->len, &twice));
	assert_int_equal(twice.len, once->len);
	assert_memory_equal(twice.data, once->data, once->len);
}

static void run_mutants(taker *take, const struct buf *valid, uint32_t seed)
{
	size_t size = valid->len + 64, n_taken = 0;
	SCOPED_FREE unsigned char *bytes = malloc(size);

	assert_non_null(bytes);
	for (int i = 0; i < N_MUTANTS; i++) {
		SCOPED_CLEAR(buf_clear) struct buf out = {0};
		size_t len = valid->len;

		buf_init(&out, PACKED_MAX);
		memcpy(bytes, valid->data, valid->len);
		for (uint32_t n = 1 + next_random(&seed) % 3; n > 0; n--)
			len = mutate(bytes, len, size, &seed);

		/* a copy of just that length: a step beyond it is seen */
		SCOPED_FREE unsigned char *exact = malloc(len);

		assert_non_null(exact);
		memcpy(exact, bytes, len);
		if (!take(exact, len, &out))
			continue;
		n_taken++;
		assert_comes_out_the_same(take, &out);
	}
	/* else the mutations are too wild, or nothing is refused */
	assert_in_range(n_taken, 1, N_MUTANTS * 9 / 10);
}

struct form {
	const char *name;
	void (*make)(struct buf *out);
	taker *take;
};

static void test_form(void **state)
{
	const struct form *form = *state;
	SCOPED_CLEAR(buf_clear) struct buf valid = {0};

	buf_init(&valid, PACKED_MAX);
	form->make(&valid);
	assert_comes_out_the_same(form->take, &valid);
	run_mutants(form->take, &valid, 20261122);
}

int main(void)
{
	static struct form forms[] = {
		{"recipe", make_recipe, take_recipe},
		{"result", make_result, take_result},
		{"job", make_job, take_job},
		{"start", make_start, take_start},
		{"finding", make_finding, take_finding},
		{"deb inspect", make_inspect, take_inspect},
		{"deb fetch", make_fetch, take_fetch},
		{"deb verify", make_verify, take_verify},
	};
	struct CMUnitTest tests[ARRAY_SIZE(forms)];

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		tests[i] = (struct CMUnitTest){
			.name = forms[i].name, .test_func = test_form, .initial_state = &forms[i]};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
