/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/finding.h"

#include <stdlib.h>
#include <string.h>

#include "updaters/lib/list.h"

void finding_clear(struct finding *f)
{
	for (size_t i = 0; i < f->n_entries; i++)
		pairs_clear(&f->entries[i]);
	free(f->entries);
	*f = (struct finding){0};
}

bool pairs_add(struct pairs *p, const char *key, const char *value, size_t len)
{
	char copy[FINDING_VALUE_MAX];

	if (p->keys.n_items >= FINDING_WORDS_MAX || !text_copy_n(copy, sizeof(copy), value, len) ||
		strlen(copy) != len)
		return false;
	return strings_add(&p->keys, key) && strings_add(&p->values, copy);
}

const char *pairs_get(const struct pairs *p, const char *key)
{
	for (size_t i = p->values.n_items; i-- > 0;)
		if (text_equal(p->keys.items[i], key))
			return p->values.items[i];
	return NULL;
}

static bool strings_equal(const struct strings *a, const struct strings *b)
{
	if (a->n_items != b->n_items)
		return false;
	for (size_t i = 0; i < a->n_items; i++)
		if (!text_equal(a->items[i], b->items[i]))
			return false;
	return true;
}

static bool finding_has(const struct finding *f, const struct pairs *entry)
{
	for (size_t i = 0; i < f->n_entries; i++)
		if (strings_equal(&f->entries[i].values, &entry->values) &&
			strings_equal(&f->entries[i].keys, &entry->keys))
			return true;
	return false;
}

bool finding_add(struct finding *f, struct pairs *entry)
{
	SCOPED_CLEAR(pairs_clear) struct pairs mine = *entry;
	struct pairs *grown;

	*entry = (struct pairs){0};
	if (finding_has(f, &mine))
		return true;
	f->is_cut = f->is_cut || f->n_entries == FINDING_ENTRIES_MAX;
	if (f->is_cut)
		return false;
	grown = list_grow(f->entries, f->n_entries, FINDING_ENTRIES_MAX, sizeof(*grown));
	if (grown == NULL)
		return false;
	f->entries = grown;
	f->entries[f->n_entries++] = mine;
	mine = (struct pairs){0};
	return true;
}

void finding_pack(const struct finding *f, struct buf *out)
{
	pack_str(out, f->base);
	pack_u32(out, f->n_seen);
	pack_u32(out, (uint32_t)f->n_entries);
	for (size_t i = 0; i < f->n_entries; i++) {
		const struct pairs *entry = &f->entries[i];

		pack_u32(out, (uint32_t)entry->values.n_items);
		for (size_t k = 0; k < entry->values.n_items; k++) {
			pack_str(out, entry->keys.items[k]);
			pack_str(out, entry->values.items[k]);
		}
	}
}

static bool unpack_entry(struct unpack *u, struct finding *f)
{
	SCOPED_CLEAR(pairs_clear) struct pairs entry = {0};
	uint32_t n = unpack_below(u, FINDING_WORDS_MAX + 1);
	char key[WORD_NAME_MAX], value[FINDING_VALUE_MAX];

	for (uint32_t i = 0; i < n; i++) {
		unpack_str(u, key, sizeof(key));
		unpack_str(u, value, sizeof(value));
		if (u->is_bad || !pairs_add(&entry, key, value, strlen(value)))
			return false;
	}
	return !u->is_bad && finding_add(f, &entry);
}

bool finding_unpack(const void *bytes, size_t len, struct finding *out)
{
	SCOPED_CLEAR(finding_clear) struct finding f = {0};
	struct unpack u;
	uint32_t n;

	unpack_init(&u, bytes, len);
	unpack_str(&u, f.base, sizeof(f.base));
	f.n_seen = unpack_u32(&u);
	n = unpack_below(&u, FINDING_ENTRIES_MAX + 1);
	for (uint32_t i = 0; i < n; i++)
		if (!unpack_entry(&u, &f))
			return false;
	if (!unpack_is_done(&u) || !url_check(f.base, NULL))
		return false;
	*out = f;
	f = (struct finding){0};
	return true;
}
