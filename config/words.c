/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/words.h"

#include <stdlib.h>
#include <string.h>

#include "updaters/lib/pattern.h"

void words_clear(struct words *w)
{
	for (size_t i = 0; i < w->n_items; i++)
		free(w->items[i].value);
	w->n_items = 0;
}

/* A PCRE2 group name, so that every group can become a word. */
static size_t name_length(const char *s)
{
	size_t len = 0;

	while ((s[len] >= 'a' && s[len] <= 'z') || (s[len] >= 'A' && s[len] <= 'Z') ||
		s[len] == '_' || (len > 0 && s[len] >= '0' && s[len] <= '9'))
		len++;
	return len;
}

/* [A-Za-z_][A-Za-z0-9_]*, shorter than WORD_NAME_MAX: what a named group may be called. */
static bool name_is_valid(const char *name)
{
	size_t len = name_length(name);

	return len > 0 && len < WORD_NAME_MAX && name[len] == '\0';
}

bool words_set(struct words *w, const char *name, const char *value)
{
	size_t i = 0;
	char *copy;

	while (i < w->n_items && strcmp(w->items[i].name, name) != 0)
		i++;
	if (i == WORDS_MAX || !name_is_valid(name))
		return false;
	copy = strdup(value);
	if (!copy)
		return false;
	if (i == w->n_items) {
		w->n_items++;
		(void)!text_copy(w->items[i].name, sizeof(w->items[i].name), name);
	} else {
		free(w->items[i].value);
	}
	w->items[i].value = copy;
	return true;
}

const char *words_get(const struct words *w, const char *name)
{
	for (size_t i = 0; i < w->n_items; i++)
		if (strcmp(w->items[i].name, name) == 0)
			return w->items[i].value;
	return NULL;
}

bool words_copy(const struct words *from, struct words *out)
{
	for (size_t i = 0; i < from->n_items; i++)
		if (!words_set(out, from->items[i].name, from->items[i].value))
			return false;
	return true;
}

/*
 * The next ${name} at or after *at: literal text before it, its name.
 *
 * Out:   out_start   the "$", or the end of the text where no more follows (name is "" then)
 */
static bool next_word(
	const char *at, const char **out_start, char name[WORD_NAME_MAX], struct err *e)
{
	const char *start = strstr(at, "${");
	size_t len;

	name[0] = '\0';
	if (!start) {
		*out_start = at + strlen(at);
		return true;
	}
	len = name_length(start + 2);
	if (len == 0 || start[2 + len] != '}')
		return err_set(e, ERR_CONFIG,
			"\"${\" must be followed by a word and \"}\", as in ${arch}");
	if (!text_copy_n(name, WORD_NAME_MAX, start + 2, len))
		return err_set(e, ERR_CONFIG, "the word after \"${\" is longer than 32 characters");
	*out_start = start;
	return true;
}

void words_list(const struct words *w, struct buf *out)
{
	for (size_t i = 0; i < w->n_items; i++)
		buf_printf(out, "%s${%s}", i ? ", " : "", w->items[i].name);
}

static bool undefined(const struct words *w, const char *name, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf known = {0};

	buf_init(&known, ERR_TEXT_MAX);
	words_list(w, &known);
	return err_set(e, ERR_CONFIG, "${%s} is not defined; there are: %s", name,
		w->n_items ? buf_str(&known) : "none");
}

bool words_expand(const struct words *w, const char *text, enum words_mode mode, bool keep_unknown,
	struct buf *out, struct err *e)
{
	char name[WORD_NAME_MAX];
	const char *start;

	for (const char *at = text;; at = strchr(start, '}') + 1) {
		const char *value;

		if (!next_word(at, &start, name, e))
			return false;
		buf_put(out, at, (size_t)(start - at));
		if (name[0] == '\0')
			break;
		value = words_get(w, name);
		if (!value && !keep_unknown)
			return undefined(w, name, e);
		if (!value)
			buf_printf(out, "${%s}", name);
		else if (mode == WORDS_INTO_PATTERN)
			pattern_quote(out, value);
		else
			buf_puts(out, value);
	}
	return !out->is_full ||
	       err_set(e, ERR_TOO_BIG, "with its words filled in, the text is over %zu bytes",
		       out->limit_bytes);
}

bool words_each(const char *text, bool (*on_word)(void *user, const char *name, size_t offset),
	void *user, struct err *e)
{
	char name[WORD_NAME_MAX];
	const char *start;

	for (const char *at = text;; at = strchr(start, '}') + 1) {
		if (!next_word(at, &start, name, e))
			return false;
		if (name[0] == '\0' || !on_word(user, name, (size_t)(start - text)))
			return true;
	}
}
