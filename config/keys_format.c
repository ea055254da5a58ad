/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A field as it would be written in a file, and as JSON has it. */
#include "config/keys.h"

#include <stdlib.h>
#include <string.h>

#include "config/amount.h"
#include "config/words.h"
#include "updaters/lib/json.h"

/* The words of this host filled in; a text that can't be expanded stays as it is. */
static const char *format_fill(const struct words *words, const char *text, struct buf *whole)
{
	struct err ignored = {0};

	buf_init(whole, YAML_FILE_MAX);
	if (words && words_expand(words, text, WORDS_INTO_TEXT, true, whole, &ignored))
		return buf_str(whole);
	return text;
}

/* 0 is "none", as for sizes. */
static void format_amount(uint64_t n, const struct unit *units, struct buf *out)
{
	char text[40];

	amount_print(n, units, text, sizeof(text));
	buf_puts(out, n ? text : "none");
}

/* Without quotes only what can't be anything else. */
static void format_plain(const char *s, struct buf *out)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._+-";

	if (s[0] && !strchr("._+-", s[0]) && s[strspn(s, plain)] == '\0') {
		buf_puts(out, s);
		return;
	}
	buf_puts(out, "'");
	for (; *s; s++)
		buf_puts(out, *s == '\'' ? "''" : (char[]){*s, '\0'});
	buf_puts(out, "'");
}

/* In double quotes, the only ones that have escapes. */
static void format_escaped(const char *s, struct buf *out)
{
	SCOPED_CLEAR(buf_clear) struct buf quoted = {0};

	buf_init(&quoted, 2 * strlen(s) + 1);
	for (; *s; s++)
		buf_printf(&quoted, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s);

	size_t size = 4 * quoted.len + 1;
	SCOPED_FREE char *escaped = malloc(size);

	if (escaped) {
		text_escape(buf_str(&quoted), quoted.len, escaped, size);
		buf_printf(out, "\"%s\"", escaped);
	}
}

void keys_format_text(const char *text, const struct words *words, struct buf *out)
{
	SCOPED_CLEAR(buf_clear) struct buf whole = {0};
	const char *s = format_fill(words, text, &whole);
	size_t size = 4 * strlen(s) + 1;
	SCOPED_FREE char *clean = malloc(size);

	if (clean)
		text_escape(s, strlen(s), clean, size);
	if (clean && strcmp(clean, s) == 0)
		format_plain(s, out);
	else
		format_escaped(s, out); /* it would rule a terminal */
}

static void format_list(const struct strings *list, const struct words *words, struct buf *out)
{
	for (size_t i = 0; i < list->n_items; i++) {
		buf_puts(out, i ? ", " : "[");
		keys_format_text(list->items[i], words, out);
	}
	buf_puts(out, list->n_items ? "]" : "");
}

static void format_pairs(const struct pairs *pairs, const struct words *words, struct buf *out)
{
	for (size_t i = 0; i < pairs->keys.n_items; i++) {
		buf_puts(out, i ? ", " : "{");
		keys_format_text(pairs->keys.items[i], words, out);
		buf_puts(out, ": ");
		keys_format_text(pairs->values.items[i], words, out);
	}
	buf_puts(out, pairs->keys.n_items ? "}" : "");
}

/* A group without what it can't be without is not there, whatever the defaults of the rest. */
static bool group_is_set(const struct key *rows, const void *filled)
{
	for (; rows->name; rows++) {
		SCOPED_CLEAR(buf_clear) struct buf value = {0};

		buf_init(&value, YAML_FILE_MAX);
		if (rows->is_required)
			keys_format(rows, filled, NULL, &value);
		if (rows->is_required && value.len == 0)
			return false;
	}
	return true;
}

static void format_group(
	const struct key *rows, const void *filled, const struct words *words, struct buf *out)
{
	size_t n = 0;

	if (!group_is_set(rows, filled))
		return;
	for (; rows->name; rows++) {
		SCOPED_CLEAR(buf_clear) struct buf value = {0};

		buf_init(&value, out->limit_bytes);
		keys_format(rows, filled, words, &value);
		if (value.len == 0)
			continue;
		buf_printf(out, "%s%s: %s", n++ ? ", " : "{", rows->name, buf_str(&value));
	}
	buf_puts(out, n ? "}" : "");
}

void keys_format(
	const struct key *row, const void *filled, const struct words *words, struct buf *out)
{
	const void *field = (const char *)filled + row->offset;

	switch (row->type) {
	case KEY_TEXT:
	case KEY_NAME:
	case KEY_ADDRESS:
	case KEY_TEMPLATE:
	case KEY_PATTERN:
	case KEY_POINTER:
		if (*(char *const *)field)
			keys_format_text(*(char *const *)field, words, out);
		break;
	case KEY_LIST:
	case KEY_TEMPLATES:
	case KEY_ARGV:
	case KEY_CODES:
	case KEY_HOSTS: format_list(field, words, out); break;
	case KEY_REWRITES: format_list(field, NULL, out); break; /* the $ is theirs */
	case KEY_PAIRS: format_pairs(field, words, out); break;
	case KEY_YES_NO: buf_puts(out, *(const bool *)field ? "yes" : "no"); break;
	case KEY_CHOICE: buf_puts(out, row->allowed[*(const int *)field]); break;
	case KEY_COUNT:
		buf_printf(out, "%llu", (unsigned long long)*(const uint64_t *)field);
		break;
	case KEY_DURATION:
	case KEY_SIZE:
		if (*(const uint64_t *)field == UINT64_MAX)
			break;
		format_amount(*(const uint64_t *)field,
			row->type == KEY_SIZE ? size_units : duration_units, out);
		break;
	case KEY_GROUP: format_group(row->children, filled, words, out); break;
	case KEY_SPECIAL: break;
	}
}

/* --- as JSON ----------------------------------------------------------------- */

static void json_put_filled(
	struct json_writer *w, const char *key, const char *text, const struct words *words)
{
	SCOPED_CLEAR(buf_clear) struct buf whole = {0};

	json_put_str(w, key, format_fill(words, text, &whole));
}

static void json_list(const struct key *row, const struct strings *list, const struct words *words,
	struct json_writer *w)
{
	json_open(w, row->name, '[');
	for (size_t i = 0; i < list->n_items; i++)
		json_put_filled(w, NULL, list->items[i], words);
	json_close(w, ']');
}

static void json_pairs(const struct key *row, const struct pairs *pairs, const struct words *words,
	struct json_writer *w)
{
	json_open(w, row->name, '{');
	for (size_t i = 0; i < pairs->keys.n_items; i++) {
		SCOPED_CLEAR(buf_clear) struct buf key = {0};

		json_put_filled(w, format_fill(words, pairs->keys.items[i], &key),
			pairs->values.items[i], words);
	}
	json_close(w, '}');
}

void keys_json(
	const struct key *row, const void *filled, const struct words *words, struct json_writer *w)
{
	SCOPED_CLEAR(buf_clear) struct buf text = {0};
	const void *field = (const char *)filled + row->offset;

	buf_init(&text, YAML_FILE_MAX);
	switch (row->type) {
	case KEY_LIST:
	case KEY_TEMPLATES:
	case KEY_ARGV:
	case KEY_CODES:
	case KEY_HOSTS: json_list(row, field, words, w); break;
	case KEY_REWRITES: json_list(row, field, NULL, w); break;
	case KEY_PAIRS: json_pairs(row, field, words, w); break;
	case KEY_YES_NO: json_put_bool(w, row->name, *(const bool *)field); break;
	case KEY_COUNT: json_put_u64(w, row->name, *(const uint64_t *)field); break;
	case KEY_CHOICE:
	case KEY_DURATION:
	case KEY_SIZE:
		keys_format(row, filled, words, &text);
		json_put_known(w, row->name, buf_str(&text));
		break;
	case KEY_GROUP:
		if (!group_is_set(row->children, filled)) {
			json_put_null(w, row->name);
			break;
		}
		json_open(w, row->name, '{');
		for (const struct key *child = row->children; child->name; child++)
			keys_json(child, filled, words, w);
		json_close(w, '}');
		break;
	case KEY_SPECIAL: break;
	default:
		if (*(char *const *)field)
			json_put_filled(w, row->name, *(char *const *)field, words);
		else
			json_put_null(w, row->name);
	}
}
