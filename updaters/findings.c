/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "updaters/lib/list.h"
#include "updaters/owner.h"

struct finding *findings_add(struct findings *f, const char *path)
{
	struct finding *grown =
		list_grow(f->items, f->n_items, RECORD_ITEMS_MAX, sizeof(*f->items));

	if (grown == NULL)
		return NULL;
	f->items = grown;

	struct finding *added = &f->items[f->n_items++];

	added->item.outcome = OUTCOME_CURRENT;
	text_copy_cut(added->item.path, sizeof(added->item.path), path);
	return added;
}

void findings_clear(struct findings *f)
{
	for (size_t i = 0; i < f->n_items; i++)
		mend_clear(&f->items[i].mend);
	free(f->items);
	*f = (struct findings){0};
}

void finding_set(
	struct finding *f, const char *state, enum outcome outcome, const char *format, ...)
{
	va_list args;

	text_copy_cut(f->item.state, sizeof(f->item.state), state);
	f->item.outcome = outcome;
	va_start(args, format);
	vsnprintf(f->item.text, sizeof(f->item.text), format, args);
	va_end(args);
}
