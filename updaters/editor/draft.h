/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One settings.json on paper: its text, edited again and again, and what was done to it in words.
 * Nothing is written. Knows keys and lists, not which of them are right.
 */
#ifndef DEVUPD_EDITOR_DRAFT_H
#define DEVUPD_EDITOR_DRAFT_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/err.h"
#include "updaters/lib/jsonc.h"
#include "updaters/lib/text.h"

struct draft {
	char *text;
	size_t len;
	struct jsonc *parsed; /* of text */
	size_t n_edits;
};
void draft_clear(struct draft *d);
/* In: raw   copied.  Fails: ERR_PARSE "LINE:COLUMN: what", ERR_TOO_BIG, ERR_INTERNAL */
bool draft_begin(struct draft *d, const char *raw, size_t len, struct err *e) MUST_CHECK;

/* As those of jsonc.h; the text is the new one then. */
bool draft_set(struct draft *d, const char *key, const char *value, struct err *e) MUST_CHECK;
bool draft_replace(
	struct draft *d, const char *key, size_t i, const char *value, struct err *e) MUST_CHECK;
bool draft_append(struct draft *d, const char *key, const char *value, struct err *e) MUST_CHECK;
bool draft_drop(struct draft *d, const char *key, size_t i, struct err *e) MUST_CHECK;

/* Strings of a list, NULL where it holds something else; none where the key is no list. */
struct draft_list {
	char **items;
	size_t n_items;
};
void draft_list_clear(struct draft_list *l);
void draft_list(const struct draft *d, const char *key, struct draft_list *out);
/* The line of a list's entry, else of the key's value; 0: there is none. */
size_t draft_line_of(const struct draft *d, const char *key, const char *entry);

#endif
