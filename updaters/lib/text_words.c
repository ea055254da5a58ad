/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words: the nearest of a list, and lists that own their strings. */
#include "updaters/lib/text.h"

#include <stdint.h>
#include <string.h>

enum { WORD_MAX = 64 };

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Edits from one to the other, adjacent swaps counted once (optimal string alignment): three rows
 * of the table are enough. Words over 64 bytes count as far. */
static size_t text_distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1] = {{0}};
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > WORD_MAX || b_len > WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			bool is_same = a[i - 1] == b[j - 1];

			row[j] = min3(row[j - 1] + 1, above[j] + 1, above[j - 1] + !is_same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = min3(row[j], above2[j - 2] + 1, SIZE_MAX);
		}
	}
	return rows[a_len % 3][b_len];
}

const char *text_nearest(const char *word, const char *const *words)
{
	const char *nearest = NULL;
	size_t least = 2 + strlen(word) / 4; /* farther than one edit in four is another word */

	for (; *words != NULL; words++) {
		size_t distance = text_distance(word, *words);

		if (distance < least && distance < strlen(*words)) {
			least = distance;
			nearest = *words;
		}
	}
	return nearest;
}

bool strings_add(struct strings *list, const char *s)
{
	char **items = realloc(list->items, (list->n_items + 2) * sizeof(*items));

	if (items == NULL)
		return false;
	list->items = items;
	items[list->n_items] = strdup(s);
	if (items[list->n_items] == NULL)
		return false;
	items[++list->n_items] = NULL;
	return true;
}

bool strings_has(const struct strings *list, const char *s)
{
	for (size_t i = 0; i < list->n_items; i++) {
		if (strcmp(list->items[i], s) == 0)
			return true;
	}
	return false;
}

void strings_clear(struct strings *list)
{
	for (size_t i = 0; i < list->n_items; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct strings){0};
}
