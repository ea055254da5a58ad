/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#include "updaters/lib/clock.h"

enum { HEAP_LIMIT_KIB = 16 << 10, JIT_STACK_MIN = 32 << 10, JIT_STACK_MAX = 4 << 20 };
enum { FIND_BUDGET_MS = 500 };

/*
 * One call of pcre2_match looks at n_starts starting places and takes at most match_limit steps at
 * each: their product bounds the call, and the clock is read after it. A page is first walked in
 * long strides with few steps, which costs next to nothing more than one straight pass. Where the
 * steps don't suffice, the same place is tried again in short strides with many.
 */
struct stride {
	size_t n_starts;
	uint32_t match_limit;
};
static const struct {
	struct stride quick, careful;
} strides[] = {
	[false] = {{16 << 10, 500}, {256, 100000}},  /* the interpreter */
	[true] = {{64 << 10, 2000}, {1024, 100000}}, /* JIT */
};

struct pattern {
	char *text;
	pcre2_code *code;
	bool has_jit;
	bool is_anchored; /* can match only where the walk starts */
	size_t n_groups;
	size_t n_names;
	struct {
		const char *name; /* in code's own table */
		size_t number;
	} names[PATTERN_GROUPS_MAX];
};

/* What would see the border of a stride, and so match otherwise than in one straight pass. */
static const char *const bad_verbs[] = {"(*SKIP", "(*COMMIT"};

static bool is_windowable(const char *text, size_t *out_offset, struct err *e)
{
	for (const char *at = text; *at != '\0'; at++) {
		*out_offset = (size_t)(at - text);
		if (at[0] == '\\' && at[1] == 'G')
			return err_set(e, ERR_PARSE, "\\G can't be used here");
		if (at[0] == '\\' && at[1] != '\0') {
			at++; /* whatever it is, it stands for itself */
			continue;
		}
		for (size_t i = 0; i < ARRAY_SIZE(bad_verbs); i++)
			if (text_starts(at, bad_verbs[i]))
				return err_set(
					e, ERR_PARSE, "%s...) can't be used here", bad_verbs[i]);
	}
	return true;
}

static bool pattern_compile(struct pattern *p, size_t *out_offset, struct err *e)
{
	const uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_MULTILINE |
				 PCRE2_USE_OFFSET_LIMIT | PCRE2_NEVER_BACKSLASH_C;
	int code = 0;
	PCRE2_UCHAR why[256] = "";

	p->code = pcre2_compile(
		(PCRE2_SPTR)p->text, strlen(p->text), options, &code, out_offset, NULL);
	if (p->code != NULL)
		return true;
	pcre2_get_error_message(code, why, sizeof(why));
	return err_set(e, ERR_PARSE, "%s at offset %zu of \"%.200s\"", (const char *)why,
		*out_offset, p->text);
}

/* The table is sorted by name; ours goes by number, which is the order in the pattern. */
static bool pattern_read_names(struct pattern *p, struct err *e)
{
	PCRE2_SPTR table = NULL;
	uint32_t n_names = 0, entry_size = 0, n_groups = 0, options = 0, has_j = 0;

	pcre2_pattern_info(p->code, PCRE2_INFO_NAMECOUNT, &n_names);
	pcre2_pattern_info(p->code, PCRE2_INFO_NAMEENTRYSIZE, &entry_size);
	pcre2_pattern_info(p->code, PCRE2_INFO_NAMETABLE, &table);
	pcre2_pattern_info(p->code, PCRE2_INFO_CAPTURECOUNT, &n_groups);
	pcre2_pattern_info(p->code, PCRE2_INFO_ALLOPTIONS, &options);
	pcre2_pattern_info(p->code, PCRE2_INFO_JCHANGED, &has_j);
	p->n_groups = n_groups;
	p->is_anchored = (options & PCRE2_ANCHORED) != 0;
	if (n_names > PATTERN_GROUPS_MAX)
		return err_set(e, ERR_PARSE, "%u named groups, at most %d are allowed", n_names,
			PATTERN_GROUPS_MAX);
	if (has_j != 0)
		return err_set(e, ERR_PARSE, "(?J) can't be used here");
	for (uint32_t i = 0; i < n_names; i++, table += entry_size) {
		size_t number = (size_t)(table[0] << 8 | table[1]);
		size_t at = p->n_names++;

		for (; at > 0 && p->names[at - 1].number > number; at--)
			p->names[at] = p->names[at - 1];
		p->names[at].number = number;
		p->names[at].name = (const char *)table + 2;
	}
	return true;
}

bool pattern_new(
	const char *text, bool with_jit, struct pattern **out, size_t *out_offset, struct err *e)
{
	SCOPED(pattern_free) struct pattern *p = calloc(1, sizeof(*p));
	size_t offset = 0;

	if (out_offset == NULL)
		out_offset = &offset;
	*out_offset = 0;
	if (strnlen(text, PATTERN_MAX) == PATTERN_MAX)
		return err_set(e, ERR_PARSE, "pattern longer than %d bytes", PATTERN_MAX - 1);
	if (p == NULL || (p->text = strdup(text)) == NULL)
		return err_sys(e, ERR_INTERNAL, "can't keep a pattern");
	if (!is_windowable(text, out_offset, e) || !pattern_compile(p, out_offset, e) ||
		!pattern_read_names(p, e))
		return false;
	/* Where memory may not be made executable, or for this CPU, the interpreter does it. */
	p->has_jit = with_jit && pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE) == 0;
	*out = MOVE_PTR(p);
	return true;
}

void pattern_free(struct pattern *p)
{
	if (p == NULL)
		return;
	pcre2_code_free(p->code);
	free(p->text);
	free(p);
}

size_t pattern_group_names(const struct pattern *p, const char **out_names, size_t max)
{
	for (size_t i = 0; i < p->n_names && i < max; i++)
		out_names[i] = p->names[i].name;
	return p->n_names;
}

size_t pattern_n_groups(const struct pattern *p)
{
	return p->n_groups;
}

/* One walk over one subject. */
struct walk {
	const struct pattern *pattern;
	const char *subject;
	size_t len;
	size_t at;        /* the next match starts here or behind */
	size_t stop;      /* the last start of this stride; PCRE2_UNSET: to the end */
	bool after_empty; /* an empty match at `at` was given already */
	bool is_careful;
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
};

static void walk_clear(struct walk *w)
{
	pcre2_match_data_free(w->data);
	pcre2_match_context_free(w->context);
	pcre2_jit_stack_free(w->stack);
}

static bool walk_init(struct walk *w, struct err *e)
{
	w->data = pcre2_match_data_create_from_pattern(w->pattern->code, NULL);
	w->context = pcre2_match_context_create(NULL);
	if (w->data == NULL || w->context == NULL)
		return err_set(e, ERR_INTERNAL, "no memory to match a pattern");
	pcre2_set_heap_limit(w->context, HEAP_LIMIT_KIB);
	return true;
}

/*
 * Is there more to give to a call that failed: more steps in short strides, or a stack in place of
 * the 32 KB that JIT takes from ours? Few pages need either, so they are given only then.
 */
static bool walk_can_retry(struct walk *w, int code)
{
	if (code == PCRE2_ERROR_MATCHLIMIT && !w->is_careful) {
		w->is_careful = true;
		return true;
	}
	if (code != PCRE2_ERROR_JIT_STACKLIMIT || w->stack != NULL)
		return false;
	w->stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL);
	pcre2_jit_stack_assign(w->context, NULL, w->stack);
	return w->stack != NULL;
}

static bool is_inside_character(const char *subject, size_t at)
{
	return ((unsigned char)subject[at] & 0xC0) == 0x80;
}

static void walk_set_stride(struct walk *w)
{
	const struct stride *s = w->is_careful ? &strides[w->pattern->has_jit].careful
					       : &strides[w->pattern->has_jit].quick;

	w->stop = PCRE2_UNSET;
	if (s->n_starts < w->len - w->at && !w->pattern->is_anchored) {
		w->stop = w->at + s->n_starts - 1;
		/* The next stride has to begin with a whole character. */
		for (int i = 0; i < 3 && is_inside_character(w->subject, w->stop + 1); i++)
			if (++w->stop + 1 == w->len) {
				w->stop = PCRE2_UNSET;
				break;
			}
	}
	pcre2_set_offset_limit(w->context, w->stop);
	pcre2_set_match_limit(w->context, s->match_limit);
}

static bool walk_fail(const struct walk *w, int code, struct err *e)
{
	PCRE2_UCHAR why[256] = "";

	if (code == PCRE2_ERROR_MATCHLIMIT || code == PCRE2_ERROR_HEAPLIMIT ||
		code == PCRE2_ERROR_DEPTHLIMIT || code == PCRE2_ERROR_JIT_STACKLIMIT)
		return err_set(e, ERR_PARSE,
			"pattern \"%.200s\" tries too many ways at byte %zu of the text; "
			"make it more exact",
			w->pattern->text, w->at);
	pcre2_get_error_message(code, why, sizeof(why));
	return err_set(
		e, ERR_INTERNAL, "pattern \"%.200s\": %s", w->pattern->text, (const char *)why);
}

/* One call, then on to where the next one starts. Out: *out_is_match, *out_is_end. */
static bool walk_step(struct walk *w, bool *out_is_match, bool *out_is_end, struct err *e)
{
	const size_t *ends = pcre2_get_ovector_pointer(w->data);
	int code = pcre2_match(w->pattern->code, (PCRE2_SPTR)w->subject, w->len, w->at,
		w->after_empty ? PCRE2_NOTEMPTY_ATSTART : 0, w->data, w->context);

	*out_is_match = code > 0;
	*out_is_end = code == PCRE2_ERROR_NOMATCH && w->stop == PCRE2_UNSET;
	if (walk_can_retry(w, code))
		return true;
	if (code == PCRE2_ERROR_NOMATCH && !*out_is_end) {
		w->at = w->stop + 1;
		w->after_empty = false;
	} else if (code > 0) {
		/* Only \K in a look-around, which PCRE2 refuses by itself, could go back. */
		if (ends[1] < w->at || ends[0] > ends[1])
			return walk_fail(w, PCRE2_ERROR_INTERNAL, e);
		w->at = ends[1];
		w->after_empty = ends[0] == ends[1];
	} else if (!*out_is_end) {
		return walk_fail(w, code, e);
	}
	return true;
}

static struct pattern_span walk_span(const struct walk *w, size_t number)
{
	const size_t *ends = pcre2_get_ovector_pointer(w->data);

	if (number >= pcre2_get_ovector_count(w->data) || ends[2 * number] == PCRE2_UNSET)
		return (struct pattern_span){0};
	return (struct pattern_span){
		w->subject + ends[2 * number], ends[2 * number + 1] - ends[2 * number]};
}

static void walk_fill(const struct walk *w, struct pattern_match *m)
{
	for (size_t i = 0; i < PATTERN_NUMBERS_MAX; i++)
		m->numbers[i] = walk_span(w, i);
	for (size_t i = 0; i < w->pattern->n_names; i++)
		m->groups[i] = walk_span(w, w->pattern->names[i].number);
	m->whole = m->numbers[0];
}

bool pattern_each(const struct pattern *p, const char *subject, size_t len, uint64_t budget_ms,
	bool (*on_match)(void *user, const struct pattern_match *m), void *user, struct err *e)
{
	SCOPED_CLEAR(walk_clear) struct walk w = {.pattern = p, .subject = subject, .len = len};
	struct pattern_match match = {0};
	bool is_match = false, is_end = false;
	const uint64_t started_ms = clock_now_ms();

	if (len > PATTERN_SUBJECT_MAX)
		return err_set(e, ERR_TOO_BIG, "text of %zu bytes, patterns take at most %d", len,
			PATTERN_SUBJECT_MAX);
	if (!walk_init(&w, e))
		return false;
	while (!is_end) {
		walk_set_stride(&w);
		if (!walk_step(&w, &is_match, &is_end, e))
			return false;
		if (is_match) {
			walk_fill(&w, &match);
			if (!on_match(user, &match))
				return true;
		}
		if (!is_end && clock_now_ms() - started_ms > budget_ms)
			return err_set(e, ERR_PARSE,
				"pattern \"%.200s\" took over %llu ms; make it more exact", p->text,
				(unsigned long long)budget_ms);
	}
	return true;
}

struct first_match {
	bool is_found;
	struct pattern_match match;
};

static bool keep_first(void *user, const struct pattern_match *m)
{
	struct first_match *first = user;

	first->is_found = true;
	first->match = *m;
	return false;
}

bool pattern_find(const struct pattern *p, const char *subject, size_t len, bool *out_found,
	struct pattern_match *out_match, struct err *e)
{
	struct first_match first = {0};

	if (!pattern_each(p, subject, len, FIND_BUDGET_MS, keep_first, &first, e))
		return false;
	*out_found = first.is_found;
	if (first.is_found && out_match != NULL)
		*out_match = first.match;
	return true;
}

void pattern_quote(struct buf *b, const char *text)
{
	static const char special[] = "\\^$.[]|()?*+{}-# \t\n\r\f\v";

	for (; *text != '\0'; text++) {
		if (strchr(special, *text) != NULL)
			buf_put(b, "\\", 1);
		buf_put(b, text, 1);
	}
}
