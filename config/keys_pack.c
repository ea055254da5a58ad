/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a table filled: freed, packed for the wire, unpacked. */
#include "config/keys.h"

#include <stdlib.h>
#include <string.h>

enum { PACKED_TEXT_MAX = YAML_FILE_MAX, PACKED_LIST_MAX = YAML_FILE_MAX / 2 };

/* How a field lies in memory; several types share a form. */
enum form {
	FORM_NONE,
	FORM_TEXT,
	FORM_LIST,
	FORM_PAIRS,
	FORM_BOOL,
	FORM_INT,
	FORM_U64,
	FORM_GROUP
};

static const enum form forms[] = {
	[KEY_TEXT] = FORM_TEXT,
	[KEY_NAME] = FORM_TEXT,
	[KEY_ADDRESS] = FORM_TEXT,
	[KEY_TEMPLATE] = FORM_TEXT,
	[KEY_PATTERN] = FORM_TEXT,
	[KEY_POINTER] = FORM_TEXT,
	[KEY_LIST] = FORM_LIST,
	[KEY_TEMPLATES] = FORM_LIST,
	[KEY_ARGV] = FORM_LIST,
	[KEY_CODES] = FORM_LIST,
	[KEY_HOSTS] = FORM_LIST,
	[KEY_REWRITES] = FORM_LIST,
	[KEY_PAIRS] = FORM_PAIRS,
	[KEY_YES_NO] = FORM_BOOL,
	[KEY_CHOICE] = FORM_INT,
	[KEY_COUNT] = FORM_U64,
	[KEY_DURATION] = FORM_U64,
	[KEY_SIZE] = FORM_U64,
	[KEY_GROUP] = FORM_GROUP,
	[KEY_SPECIAL] = FORM_NONE,
};

void pairs_clear(struct pairs *p)
{
	strings_clear(&p->keys);
	strings_clear(&p->values);
}

void keys_clear(const struct key *rows, void *filled)
{
	for (; rows->name; rows++) {
		void *field = (char *)filled + rows->offset;

		switch (forms[rows->type]) {
		case FORM_TEXT:
			free(*(char **)field);
			*(char **)field = NULL;
			break;
		case FORM_LIST: strings_clear(field); break;
		case FORM_PAIRS: pairs_clear(field); break;
		case FORM_GROUP: keys_clear(rows->children, filled); break;
		default: break;
		}
	}
}

/* --- pack -------------------------------------------------------------------- */

static void pack_text(const char *text, struct buf *out)
{
	pack_u32(out, text != NULL);
	if (text)
		pack_str(out, text);
}

static void pack_list(const struct strings *list, struct buf *out)
{
	pack_u32(out, (uint32_t)list->n_items);
	for (size_t i = 0; i < list->n_items; i++)
		pack_str(out, list->items[i]);
}

void keys_pack(const struct key *rows, const void *filled, struct buf *out)
{
	for (; rows->name; rows++) {
		const void *field = (const char *)filled + rows->offset;

		switch (forms[rows->type]) {
		case FORM_TEXT: pack_text(*(char *const *)field, out); break;
		case FORM_LIST: pack_list(field, out); break;
		case FORM_PAIRS:
			pack_list(&((const struct pairs *)field)->keys, out);
			pack_list(&((const struct pairs *)field)->values, out);
			break;
		case FORM_BOOL: pack_u32(out, *(const bool *)field); break;
		case FORM_INT: pack_u32(out, (uint32_t) * (const int *)field); break;
		case FORM_U64: pack_u64(out, *(const uint64_t *)field); break;
		case FORM_GROUP: keys_pack(rows->children, filled, out); break;
		case FORM_NONE: break;
		}
	}
}

/* --- unpack ------------------------------------------------------------------ */

static void unpack_text(struct unpack *u, char **field)
{
	if (unpack_below(u, 2))
		*field = unpack_str_new(u, PACKED_TEXT_MAX);
}

/* Each item takes bytes of the message, so the message's own length bounds the loop. */
static void unpack_list(struct unpack *u, struct strings *list)
{
	uint32_t n = unpack_below(u, PACKED_LIST_MAX);

	for (uint32_t i = 0; i < n && !u->is_bad; i++) {
		SCOPED_FREE char *item = unpack_str_new(u, PACKED_TEXT_MAX);

		if (item && !strings_add(list, item))
			u->is_bad = true;
	}
}

static void unpack_pairs(struct unpack *u, struct pairs *pairs)
{
	unpack_list(u, &pairs->keys);
	unpack_list(u, &pairs->values);
	if (pairs->keys.n_items != pairs->values.n_items)
		u->is_bad = true;
}

static uint32_t n_words(const char *const *words)
{
	uint32_t n = 0;

	while (words[n])
		n++;
	return n;
}

bool keys_unpack(const struct key *rows, struct unpack *u, void *out, struct err *e)
{
	for (; rows->name && !u->is_bad; rows++) {
		void *field = (char *)out + rows->offset;

		switch (forms[rows->type]) {
		case FORM_TEXT: unpack_text(u, field); break;
		case FORM_LIST: unpack_list(u, field); break;
		case FORM_PAIRS: unpack_pairs(u, field); break;
		case FORM_BOOL: *(bool *)field = unpack_below(u, 2) == 1; break;
		case FORM_INT: *(int *)field = (int)unpack_below(u, n_words(rows->allowed)); break;
		case FORM_U64: *(uint64_t *)field = unpack_u64(u); break;
		case FORM_GROUP:
			if (!keys_unpack(rows->children, u, out, e))
				return false;
			break;
		case FORM_NONE: break;
		}
	}
	return !u->is_bad || err_set(e, ERR_WORKER, "a recipe arrived damaged");
}
