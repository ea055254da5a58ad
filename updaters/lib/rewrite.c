/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/pattern.h"

#include <string.h>

enum { REWRITE_PIECES_MAX = 32, REWRITE_RESULT_MAX = 64 << 10, REWRITE_BUDGET_MS = 500 };

/* The template, cut up: each piece is some text, or the text of a group. */
struct piece {
	enum { PIECE_TEXT, PIECE_NUMBER, PIECE_NAME } kind;
	const char *text; /* PIECE_TEXT: into rewrite.text */
	size_t n;         /* bytes of text, or which group */
};

struct rewrite {
	char *text;
	struct pattern *pattern;
	struct piece pieces[REWRITE_PIECES_MAX];
	size_t n_pieces;
	bool is_global;
};

/* Where the separator stands next, escaped ones passed over; NULL where it doesn't. */
static char *separator_find(char *at, char separator)
{
	for (; *at != '\0' && *at != separator; at++)
		if (at[0] == '\\' && at[1] != '\0')
			at++;
	return *at == separator ? at : NULL;
}

static bool piece_add(struct rewrite *r, struct piece piece, struct err *e)
{
	if (r->n_pieces == REWRITE_PIECES_MAX)
		return err_set(e, ERR_PARSE, "more than %d pieces in a rewrite's template",
			REWRITE_PIECES_MAX);
	r->pieces[r->n_pieces++] = piece;
	return true;
}

static bool piece_find_name(const struct rewrite *r, const char *name, size_t len, size_t *out)
{
	const char *names[PATTERN_GROUPS_MAX];
	size_t n_names = pattern_group_names(r->pattern, names, PATTERN_GROUPS_MAX);

	for (size_t i = 0; i < n_names; i++) {
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0) {
			*out = i;
			return true;
		}
	}
	return false;
}

/* What begins at a "$": $$, $1 or ${name}. Out: *at behind it. */
static bool group_parse(struct rewrite *r, const char **at, struct err *e)
{
	const char *dollar = *at;
	const char *end = NULL;
	struct piece piece = {.kind = PIECE_NAME};

	*at += 2;
	if (dollar[1] == '$')
		return piece_add(r, (struct piece){PIECE_TEXT, dollar, 1}, e);
	if (dollar[1] >= '1' && dollar[1] <= '9') {
		piece = (struct piece){.kind = PIECE_NUMBER, .n = (size_t)(dollar[1] - '0')};
		if (piece.n <= pattern_n_groups(r->pattern))
			return piece_add(r, piece, e);
		return err_set(e, ERR_PARSE, "$%zu, but the pattern has %zu groups", piece.n,
			pattern_n_groups(r->pattern));
	}
	if (dollar[1] != '{' || (end = strchr(dollar, '}')) == NULL)
		return err_set(e, ERR_PARSE, "\"$\" without $1 to $9, ${name} or $$ behind it");
	*at = end + 1;
	if (piece_find_name(r, dollar + 2, (size_t)(end - dollar - 2), &piece.n))
		return piece_add(r, piece, e);
	return err_set(e, ERR_PARSE, "the pattern has no group \"%.*s\"", (int)(end - dollar - 2),
		dollar + 2);
}

static bool template_parse(struct rewrite *r, const char *at, size_t *out_offset, struct err *e)
{
	while (*at != '\0') {
		size_t n_plain = strcspn(at, "$\\");

		*out_offset = (size_t)(at - r->text);
		if (n_plain > 0) {
			if (!piece_add(r, (struct piece){PIECE_TEXT, at, n_plain}, e))
				return false;
			at += n_plain;
		} else if (*at == '$') {
			if (!group_parse(r, &at, e))
				return false;
		} else {
			if (at[1] == '\0')
				return err_set(e, ERR_PARSE, "a rewrite's template ends in \"\\\"");
			if (!piece_add(r, (struct piece){PIECE_TEXT, at + 1, 1}, e))
				return false;
			at += 2;
		}
	}
	return true;
}

/* "s/a/b/g" becomes three strings, by NULs in place of the separators. */
static bool rewrite_split(struct rewrite *r, char **out_template, size_t *out_offset, struct err *e)
{
	char separator = r->text[0] == 's' ? r->text[1] : '\0';
	char *pattern_end = NULL, *template_end = NULL;

	if (separator != '\0' && separator != '\\')
		pattern_end = separator_find(r->text + 2, separator);
	if (pattern_end != NULL)
		template_end = separator_find(pattern_end + 1, separator);
	if (template_end == NULL)
		return err_set(
			e, ERR_PARSE, "\"%.200s\" is not of the form s/PATTERN/TEMPLATE/", r->text);
	*out_offset = (size_t)(template_end + 1 - r->text);
	r->is_global = text_equal(template_end + 1, "g");
	if (template_end[1] != '\0' && !r->is_global)
		return err_set(e, ERR_PARSE, "\"%.20s\" behind a rewrite, only g may stand there",
			template_end + 1);
	*pattern_end = *template_end = '\0';
	*out_template = pattern_end + 1;
	return true;
}

bool rewrite_new(const char *text, struct rewrite **out, size_t *out_offset, struct err *e)
{
	SCOPED(rewrite_free) struct rewrite *r = calloc(1, sizeof(*r));
	char *template = NULL;
	size_t offset = 0;

	if (out_offset == NULL)
		out_offset = &offset;
	*out_offset = 0;
	if (r == NULL || (r->text = strdup(text)) == NULL)
		return err_sys(e, ERR_INTERNAL, "can't keep a rewrite");
	if (!rewrite_split(r, &template, out_offset, e))
		return false;
	if (!pattern_new(r->text + 2, false, &r->pattern, out_offset, e)) {
		*out_offset += 2;
		return false;
	}
	if (!template_parse(r, template, out_offset, e))
		return false;
	*out = MOVE_PTR(r);
	return true;
}

void rewrite_free(struct rewrite *r)
{
	if (r == NULL)
		return;
	pattern_free(r->pattern);
	free(r->text);
	free(r);
}

/* One rewriting: what was made so far, and the rest of the text that no match has passed. */
struct rewriting {
	const struct rewrite *rewrite;
	const char *rest;
	struct buf made;
};

static void rewriting_clear(struct rewriting *w)
{
	buf_clear(&w->made);
}

static bool rewriting_add(void *user, const struct pattern_match *m)
{
	struct rewriting *w = user;
	const struct rewrite *r = w->rewrite;

	buf_put(&w->made, w->rest, (size_t)(m->whole.start - w->rest));
	for (size_t i = 0; i < r->n_pieces; i++) {
		const struct piece *piece = &r->pieces[i];
		struct pattern_span span = {piece->text, piece->n};

		if (piece->kind == PIECE_NUMBER)
			span = m->numbers[piece->n];
		else if (piece->kind == PIECE_NAME)
			span = m->groups[piece->n];
		if (span.len > 0)
			buf_put(&w->made, span.start, span.len);
	}
	w->rest = m->whole.start + m->whole.len;
	return r->is_global && !w->made.is_full;
}

bool rewrite_apply(const struct rewrite *r, char *text, size_t size, struct err *e)
{
	SCOPED_CLEAR(rewriting_clear) struct rewriting w = {.rewrite = r, .rest = text};

	buf_init(&w.made, REWRITE_RESULT_MAX);
	if (!pattern_each(r->pattern, text, strlen(text), REWRITE_BUDGET_MS, rewriting_add, &w, e))
		return false;
	buf_puts(&w.made, w.rest);
	if (w.made.is_full || w.made.len >= size)
		return err_set(e, ERR_TOO_BIG, "rewritten by %.200s, \"%.100s\" gets too long",
			r->text, text);
	memcpy(text, buf_str(&w.made), w.made.len + 1);
	return true;
}
