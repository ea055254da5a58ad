/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A first line as a rewrite and as a pattern, what follows as the text: the result fits and is
 * what the matches say; a quoted text stands for itself and nothing else.
 */
#include "target.h"

#include "updaters/lib/pattern.h"

enum { RESULT_MAX = 256 };

static void check_rewrite(const char *line, const char *text)
{
	SCOPED(rewrite_free) struct rewrite *r = NULL;
	char result[RESULT_MAX], again[RESULT_MAX];
	size_t offset = 0;
	struct err e = {0};

	if (!rewrite_new(line, &r, &offset, &e)) {
		must_be_told(&e);
		must(offset <= strlen(line), "wrong beyond its end");
		return;
	}
	text_copy_cut(result, sizeof(result), text);
	memcpy(again, result, sizeof(again));
	if (!rewrite_apply(r, result, sizeof(result), &e)) {
		must_be_told(&e);
		return;
	}
	must(strnlen(result, sizeof(result)) < sizeof(result), "no end");
	must(rewrite_apply(r, again, sizeof(again), &e) && text_equal(result, again),
		"another result the second time");
}

/* Matches come in order, none before the one that it follows. */
struct order {
	const char *subject, *end, *last;
	size_t n;
};

static bool on_match(void *user, const struct pattern_match *m)
{
	struct order *o = user;

	must(m->whole.start >= o->subject && m->whole.start + m->whole.len <= o->end,
		"a match outside of the text");
	must(m->whole.start >= o->last, "matches out of order");
	o->last = m->whole.start + m->whole.len;
	return ++o->n < 1000;
}

static void check_pattern(const char *line, const char *text)
{
	SCOPED(pattern_free) struct pattern *p = NULL;
	struct order order = {text, text + strlen(text), text, 0};
	bool is_found = false;
	struct err e = {0};

	if (strlen(line) >= PATTERN_MAX || !pattern_new(line, true, &p, NULL, &e))
		return;
	if (!pattern_each(p, text, strlen(text), 200, on_match, &order, &e)) {
		must_be_told(&e);
		return;
	}
	if (pattern_find(p, text, strlen(text), &is_found, NULL, &e))
		must(is_found == (order.n > 0), "found, and not found");
}

static void check_quoted(const char *text)
{
	SCOPED(pattern_free) struct pattern *p = NULL;
	SCOPED_CLEAR(buf_clear) struct buf quoted = {0};
	struct pattern_match m;
	bool is_found = false;
	struct err e = {0};

	buf_init(&quoted, PATTERN_MAX - 1);
	pattern_quote(&quoted, text);
	if (text[0] == '\0' || quoted.is_full || !text_is_utf8(text, strlen(text)))
		return;
	must(pattern_new(buf_str(&quoted), false, &p, NULL, &e), e.text);
	must(pattern_find(p, text, strlen(text), &is_found, &m, &e) && is_found &&
			m.whole.start == text && m.whole.len == strlen(text),
		"a quoted text is not found in itself");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED_FREE char *input = text_of(data, size);
	char *text = input, *line = text_next(&text, '\n');

	text = text != NULL ? text : input + strlen(input);
	check_rewrite(line, text);
	check_pattern(line, text);
	check_quoted(line);
	return 0;
}
