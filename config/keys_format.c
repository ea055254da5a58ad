/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A field as it would be written in a file. */
#include "config/keys.h"

#include <string.h>

#include "config/amount.h"

/* 0 is "none", as for sizes. */
static void format_amount(uint64_t n, const struct unit *units, struct buf *out)
{
	char text[40];

	amount_print(n, units, text, sizeof(text));
	buf_puts(out, n ? text : "none");
}

/* Without quotes only what can't be anything else. */
static void format_text(const char *s, struct buf *out)
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

static void format_list(const struct strings *list, struct buf *out)
{
	buf_puts(out, "[");
	for (size_t i = 0; i < list->n_items; i++) {
		buf_puts(out, i ? ", " : "");
		format_text(list->items[i], out);
	}
	buf_puts(out, "]");
}

static void format_pairs(const struct pairs *pairs, struct buf *out)
{
	buf_puts(out, "{");
	for (size_t i = 0; i < pairs->keys.n_items; i++) {
		buf_puts(out, i ? ", " : "");
		format_text(pairs->keys.items[i], out);
		buf_puts(out, ": ");
		format_text(pairs->values.items[i], out);
	}
	buf_puts(out, "}");
}

static void format_group(const struct key *rows, const void *filled, struct buf *out)
{
	const char *separator = "";

	buf_puts(out, "{");
	for (; rows->name; rows++) {
		SCOPED_CLEAR(buf_clear) struct buf value = {0};

		buf_init(&value, out->limit_bytes);
		keys_format(rows, filled, &value);
		if (value.len == 0)
			continue;
		buf_printf(out, "%s%s: %s", separator, rows->name, buf_str(&value));
		separator = ", ";
	}
	buf_puts(out, "}");
}

void keys_format(const struct key *row, const void *filled, struct buf *out)
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
			format_text(*(char *const *)field, out);
		break;
	case KEY_LIST:
	case KEY_HOSTS:
	case KEY_REWRITES: format_list(field, out); break;
	case KEY_PAIRS: format_pairs(field, out); break;
	case KEY_YES_NO: buf_puts(out, *(const bool *)field ? "yes" : "no"); break;
	case KEY_CHOICE: buf_puts(out, row->allowed[*(const int *)field]); break;
	case KEY_COUNT:
		buf_printf(out, "%llu", (unsigned long long)*(const uint64_t *)field);
		break;
	case KEY_DURATION:
	case KEY_SIZE:
		format_amount(*(const uint64_t *)field,
			row->type == KEY_SIZE ? size_units : duration_units, out);
		break;
	case KEY_GROUP: format_group(row->children, filled, out); break;
	case KEY_SPECIAL:
	case KEY_LATER: break;
	}
}
