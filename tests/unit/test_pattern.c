/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { MATCHES_MAX = 1 << 18, BUDGET_MS = 200000, BOOK_LEN_MAX = 3000 };

/* --- what a pattern is ------------------------------------------------------- */

static void names_come_in_the_patterns_order(void **state)
{
	SCOPED(pattern_free) struct pattern *p = NULL;
	const char *names[PATTERN_GROUPS_MAX];
	struct err e = {0};

	(void)state;
	assert_true(pattern_new("(?<zeta>a)(b)(?<alpha>c)", true, &p, NULL, &e));
	assert_int_equal(pattern_group_names(p, names, PATTERN_GROUPS_MAX), 2);
	assert_string_equal(names[0], "zeta");
	assert_string_equal(names[1], "alpha");
	assert_int_equal(pattern_n_groups(p), 3);
}

static void one_name_in_two_branches_is_one_group(void **state)
{
	SCOPED(pattern_free) struct pattern *p = NULL;
	struct pattern_match m = {0};
	struct err e = {0};
	bool found = false;

	(void)state;
	assert_true(pattern_new("(?|x(?<v>1)|y(?<v>2))", true, &p, NULL, &e));
	assert_true(pattern_find(p, "--y2", 4, &found, &m, &e));
	assert_true(found);
	assert_int_equal(m.groups[0].len, 1);
	assert_memory_equal(m.groups[0].start, "2", 1);
}

static void wrong_patterns_say_where(void **state)
{
	static const struct {
		const char *text;
		size_t offset;
	} wrong[] = {{"ab(c", 4}, {"a\\Gb", 1}, {"x(*SKIP)(*F)", 1}, {"(*COMMIT:a)x", 0},
		{"a\\Cb", 3}, {"(?<n>a)(?<n>b)", 12}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		SCOPED(pattern_free) struct pattern *p = NULL;
		struct err e = {0};
		size_t offset = 99;

		assert_false(pattern_new(wrong[i].text, false, &p, &offset, &e));
		assert_null(p);
		assert_int_equal(e.code, ERR_PARSE);
		assert_int_equal(offset, wrong[i].offset);
	}
}

static void limits_of_a_pattern_hold(void **state)
{
	char text[PATTERN_MAX + 1];
	SCOPED_CLEAR(buf_clear) struct buf b = {0};
	SCOPED(pattern_free) struct pattern *p = NULL;
	struct err e = {0};

	(void)state;
	memset(text, 'a', PATTERN_MAX);
	text[PATTERN_MAX] = '\0';
	assert_false(pattern_new(text, false, &p, NULL, &e));
	assert_int_equal(e.code, ERR_PARSE);
	buf_init(&b, PATTERN_MAX);
	for (int i = 0; i <= PATTERN_GROUPS_MAX; i++)
		buf_printf(&b, "(?<g%d>a)", i);
	assert_false(pattern_new(buf_str(&b), false, &p, NULL, &e));
	assert_int_equal(e.code, ERR_PARSE);
	assert_false(pattern_new("(?J)(?<a>x)|(?<a>y)", false, &p, NULL, &e));
	assert_int_equal(e.code, ERR_PARSE);
	assert_true(pattern_new("\\\\G", false, &p, NULL, &e)); /* a backslash and a G */
}

/* --- strides against one straight pass --------------------------------------- */

struct span {
	size_t start, end;
};
struct spans {
	const char *subject;
	struct span *items;
	size_t n;
};

static bool spans_add(void *user, const struct pattern_match *m)
{
	struct spans *s = user;
	size_t start = (size_t)(m->whole.start - s->subject);

	assert_true(s->n < MATCHES_MAX);
	s->items[s->n++] = (struct span){start, start + m->whole.len};
	return true;
}

/*
 * One pass without any limit. An empty match is gone past as pcre2demo(3) does it (is_by_the_book,
 * which JIT can't do), or with one option less, which on whole characters comes to the same.
 */
static void straight_pass(const char *text, bool with_jit, bool is_by_the_book, const char *subject,
	size_t len, struct spans *out)
{
	int code = 0;
	size_t offset = 0, at = 0;
	uint32_t options = 0;
	const uint32_t after_empty = PCRE2_NOTEMPTY_ATSTART | (is_by_the_book ? PCRE2_ANCHORED : 0);
	pcre2_code *re = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
		PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_MULTILINE, &code, &offset, NULL);
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(re, NULL);
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	pcre2_jit_stack *stack = pcre2_jit_stack_create(32 << 10, 64 << 20, NULL);

	if (with_jit)
		assert_int_equal(pcre2_jit_compile(re, PCRE2_JIT_COMPLETE), 0);
	pcre2_jit_stack_assign(context, NULL, stack);
	while (at <= len) {
		const size_t *ends = pcre2_get_ovector_pointer(data);

		code = pcre2_match(re, (PCRE2_SPTR)subject, len, at, options, data, context);
		if (code == PCRE2_ERROR_NOMATCH && (options & PCRE2_ANCHORED) == 0)
			break;
		if (code == PCRE2_ERROR_NOMATCH) {
			for (at++; at < len && ((unsigned char)subject[at] & 0xC0) == 0x80;)
				at++;
			options = 0;
			continue;
		}
		assert_true(code > 0);
		out->items[out->n++] = (struct span){ends[0], ends[1]};
		at = ends[1];
		options = ends[0] == ends[1] ? after_empty : 0;
	}
	pcre2_jit_stack_free(stack);
	pcre2_match_context_free(context);
	pcre2_match_data_free(data);
	pcre2_code_free(re);
}

static void assert_same_matches(const char *text, bool with_jit, const char *subject, size_t len)
{
	SCOPED(pattern_free) struct pattern *p = NULL;
	SCOPED_FREE struct span *expected = calloc(MATCHES_MAX, sizeof(*expected));
	SCOPED_FREE struct span *got = calloc(MATCHES_MAX, sizeof(*got));
	struct spans straight = {subject, expected, 0}, strides = {subject, got, 0};
	struct err e = {0};

	straight_pass(text, with_jit, len <= BOOK_LEN_MAX, subject, len, &straight);
	assert_true(pattern_new(text, with_jit, &p, NULL, &e));
	if (!pattern_each(p, subject, len, BUDGET_MS, spans_add, &strides, &e))
		fail_msg("%s: %s", text, e.text);
	for (size_t i = 0; i < straight.n && i < strides.n; i++)
		if (memcmp(&expected[i], &got[i], sizeof(got[i])) != 0)
			fail_msg("%s: match %zu is %zu-%zu, not %zu-%zu", text, i, got[i].start,
				got[i].end, expected[i].start, expected[i].end);
	assert_int_equal(strides.n, straight.n);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

/* Bytes drawn from an alphabet, so that each kind of subject has its own difficulties. */
static void fill(char *out, size_t len, const char *alphabet, size_t n, uint32_t seed)
{
	for (size_t i = 0; i < len; i++)
		out[i] = alphabet[next_random(&seed) % n];
}

static const char *const patterns[] = {"a*", "^", "$", "^.*$", "(?<=b)a", "(?<=\\n)", "x|", "\\b",
	"\xC3\xA9+", "[^a]*", "\\Aa*", "(?<v>[0-9]+)\\.(?<w>[0-9]+)?", "a\\Kb", "(?s)a.{5000}b",
	"(?:a|b|\\n)+c", ".", "(?!a)", "a(?=b)|\\n", "(?-m)^a|b$"};

static const struct {
	const char *bytes;
	size_t n;
} alphabets[] = {{"ab\n", 3}, {"ab1.\n x", 7}, {"a\xC3\xA9\xE2\x82\xACxb", 8}, {"\x80\xBF", 2},
	{"aaaaaaaaaaaaaaab\n", 17}};

static void strides_give_what_one_pass_gives(void **state)
{
	enum { LEN = 150000 }; /* three strides of the JIT's long ones */
	SCOPED_FREE char *subject = malloc(LEN);

	(void)state;
	for (size_t a = 0; a < ARRAY_SIZE(alphabets); a++) {
		fill(subject, LEN, alphabets[a].bytes, alphabets[a].n, (uint32_t)a + 1);
		for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
			assert_same_matches(patterns[i], true, subject, LEN);
	}
}

static void empty_matches_go_by_the_book(void **state)
{
	static const size_t whole_characters[] = {0, 1, 4}; /* of alphabets */
	char subject[BOOK_LEN_MAX];

	(void)state;
	for (size_t a = 0; a < ARRAY_SIZE(whole_characters); a++) {
		size_t which = whole_characters[a];

		fill(subject, BOOK_LEN_MAX, alphabets[which].bytes, alphabets[which].n, 5);
		for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
			assert_same_matches(patterns[i], true, subject, BOOK_LEN_MAX);
			assert_same_matches(patterns[i], false, subject, BOOK_LEN_MAX);
		}
	}
}

static void the_interpreter_gives_the_same(void **state)
{
	static const char *const few[] = {"^.*$", "b(?=\\n)|$", "(?<=b)a{9,}", "a{12}\\Kb"};
	enum { LEN = 40000 };
	SCOPED_FREE char *subject = malloc(LEN);

	(void)state;
	fill(subject, LEN, alphabets[4].bytes, alphabets[4].n, 7);
	for (size_t i = 0; i < ARRAY_SIZE(few); i++)
		assert_same_matches(few[i], false, subject, LEN);
}

/* Many steps at single places: the long strides give way to the short ones. */
static void short_strides_give_the_same(void **state)
{
	enum { LEN = 200000 };
	SCOPED_FREE char *subject = malloc(LEN);

	(void)state;
	memset(subject, 'a', LEN);
	for (size_t i = 0; i < LEN; i += 5000)
		subject[i] = '\n';
	subject[5003] = subject[65536] = subject[70001] = subject[LEN - 1] = 'c';
	assert_same_matches("(?:a|b)*?c", true, subject, LEN);
	assert_same_matches("(?:a|b)*c|\\n", true, subject, LEN);
	assert_same_matches("(?<=\\n)(?:a|b)*?c|$", true, subject, LEN);
	assert_same_matches(
		"(?:.|\\n)*c", true, subject, 20000); /* and more than JIT's own stack */
}

static void every_length_around_a_border_works(void **state)
{
	char subject[70000];

	(void)state;
	memset(subject, 'x', sizeof(subject));
	for (size_t at = (64 << 10) - 6; at < (64 << 10) + 6; at++) {
		memcpy(subject + at, "\xE2\x82\xAC", 3);
		for (size_t len = (64 << 10) - 3; len < (64 << 10) + 12; len++) {
			assert_same_matches("\xE2\x82\xAC", true, subject, len);
			assert_same_matches(
				"(?<=\xE2\x82\xAC)x|x(?=\xE2\x82\xAC)", true, subject, len);
		}
		memset(subject + at, 'x', 3);
	}
}

/* --- bounds ------------------------------------------------------------------ */

static bool go_on(void *user, const struct pattern_match *m)
{
	(void)m;
	++*(size_t *)user;
	return true;
}

static void hostile_pages_end_with_an_error(void **state)
{
	static const char *const catastrophic[] = {"(a+)+[bc]", "(?:a|a?)+[bc]", "(?:.|\\n)*[01]",
		"(x?a)*(a+)+[01]", "\\w(?:\\w+\\s?)*[01]"};
	enum { LEN = 300 << 10 };
	SCOPED_FREE char *page = malloc(LEN);

	(void)state;
	memset(page, 'a', LEN);
	alarm(60); /* a hang kills the test */
	for (size_t i = 0; i < 2 * ARRAY_SIZE(catastrophic); i++) {
		const char *text = catastrophic[i / 2];
		SCOPED(pattern_free) struct pattern *p = NULL;
		struct err e = {0};
		size_t n = 0;

		assert_true(pattern_new(text, i % 2 == 0, &p, NULL, &e));
		if (pattern_each(p, page, LEN, 500, go_on, &n, &e))
			fail_msg("%s went through", text);
		assert_int_equal(e.code, ERR_PARSE);
		assert_non_null(strstr(e.text, "more exact"));
	}
	alarm(0);
}

/* Each start is under the step limit; only the clock ends it. */
static void the_clock_ends_a_walk(void **state)
{
	enum { LEN = 4 << 20 };
	SCOPED_FREE char *page = malloc(LEN);
	SCOPED(pattern_free) struct pattern *p = NULL;
	struct err e = {0};
	size_t n = 0;

	(void)state;
	memset(page, 'a', LEN);
	for (size_t i = 0; i < LEN; i += 60000)
		page[i] = '\n';
	assert_true(pattern_new("(?:b|a)(?:a|b)*?[01]", true, &p, NULL, &e));
	alarm(60);
	assert_false(pattern_each(p, page, LEN, 50, go_on, &n, &e));
	alarm(0);
	assert_int_equal(e.code, ERR_PARSE);
	assert_non_null(strstr(e.text, "over 50 ms"));
}

static void a_text_may_be_too_long(void **state)
{
	SCOPED_FREE char *page = calloc(1, PATTERN_SUBJECT_MAX + 1);
	SCOPED(pattern_free) struct pattern *p = NULL;
	struct err e = {0};
	size_t n = 0;

	(void)state;
	assert_true(pattern_new("a", true, &p, NULL, &e));
	assert_true(pattern_each(p, page, PATTERN_SUBJECT_MAX, BUDGET_MS, go_on, &n, &e));
	assert_false(pattern_each(p, page, PATTERN_SUBJECT_MAX + 1, BUDGET_MS, go_on, &n, &e));
	assert_int_equal(e.code, ERR_TOO_BIG);
}

/* --- groups, finding, quoting ------------------------------------------------ */

static void groups_are_found(void **state)
{
	static const char page[] =
		"<a href=\"x/p-1.2-3.deb\"> \xFF\xFE <a href=\"x/p-1.10-1.deb\">";
	SCOPED(pattern_free) struct pattern *p = NULL;
	struct pattern_match m = {0};
	struct err e = {0};
	bool found = false;

	(void)state;
	assert_true(pattern_new("p-(?<v>[0-9.]+)-(\\d+)(?<odd>z)?\\.deb", true, &p, NULL, &e));
	assert_true(pattern_find(p, page, sizeof(page) - 1, &found, &m, &e));
	assert_true(found);
	assert_memory_equal(m.groups[0].start, "1.2", m.groups[0].len);
	assert_int_equal(m.groups[0].len, 3);
	assert_null(m.groups[1].start);
	assert_memory_equal(m.numbers[2].start, "3", 1);
	assert_null(m.numbers[4].start);
	assert_int_equal(m.whole.len, strlen("p-1.2-3.deb"));
	assert_true(pattern_find(p, "nothing", 7, &found, NULL, &e));
	assert_false(found);
}

static bool stop_at_three(void *user, const struct pattern_match *m)
{
	(void)m;
	return ++*(size_t *)user < 3;
}

static void a_walk_can_be_ended(void **state)
{
	SCOPED(pattern_free) struct pattern *p = NULL;
	struct err e = {0};
	size_t n = 0;

	(void)state;
	assert_true(pattern_new("a", true, &p, NULL, &e));
	assert_true(pattern_each(p, "aaaaaaa", 7, BUDGET_MS, stop_at_three, &n, &e));
	assert_int_equal(n, 3);
	n = 0;
	assert_true(pattern_each(p, "", 0, BUDGET_MS, stop_at_three, &n, &e));
	assert_int_equal(n, 0);
}

static void quoted_text_stands_for_itself(void **state)
{
	char all[128] = "";
	SCOPED_CLEAR(buf_clear) struct buf b = {0};
	SCOPED(pattern_free) struct pattern *p = NULL;
	SCOPED(pattern_free) struct pattern *spaced = NULL;
	struct pattern_match m = {0};
	struct err e = {0};
	bool found = false;

	(void)state;
	for (size_t i = 1; i < sizeof(all); i++)
		all[i - 1] = (char)i;
	buf_init(&b, 1024);
	buf_puts(&b, "(?x)");
	pattern_quote(&b, all);
	pattern_quote(&b, "\xC3\xA9{2}");
	assert_true(pattern_new(buf_str(&b) + 4, true, &p, NULL, &e));
	assert_true(pattern_new(buf_str(&b), true, &spaced, NULL, &e));
	buf_reset(&b);
	buf_printf(&b, "%s\xC3\xA9{2}", all);
	assert_true(pattern_find(p, buf_str(&b), b.len, &found, &m, &e));
	assert_true(found && m.whole.len == b.len);
	assert_true(pattern_find(spaced, buf_str(&b), b.len, &found, &m, &e));
	assert_true(found && m.whole.len == b.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_come_in_the_patterns_order),
		cmocka_unit_test(one_name_in_two_branches_is_one_group),
		cmocka_unit_test(wrong_patterns_say_where),
		cmocka_unit_test(limits_of_a_pattern_hold),
		cmocka_unit_test(strides_give_what_one_pass_gives),
		cmocka_unit_test(empty_matches_go_by_the_book),
		cmocka_unit_test(the_interpreter_gives_the_same),
		cmocka_unit_test(short_strides_give_the_same),
		cmocka_unit_test(every_length_around_a_border_works),
		cmocka_unit_test(hostile_pages_end_with_an_error),
		cmocka_unit_test(the_clock_ends_a_walk),
		cmocka_unit_test(a_text_may_be_too_long),
		cmocka_unit_test(groups_are_found),
		cmocka_unit_test(a_walk_can_be_ended),
		cmocka_unit_test(quoted_text_stands_for_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
