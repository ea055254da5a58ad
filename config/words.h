/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words: ${arch}, ${base}, ${raw_version}: what stands behind them, and putting them into texts. */
#ifndef DEVUPD_CONFIG_WORDS_H
#define DEVUPD_CONFIG_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/err.h"
#include "updaters/lib/text.h"

enum { WORDS_MAX = 48, WORD_NAME_MAX = 33 };

struct words {
	struct {
		char name[WORD_NAME_MAX];
		char *value;
	} items[WORDS_MAX];
	size_t n_items;
};

void words_clear(struct words *w);
/* "${arch}, ${base}": for messages. */
void words_list(const struct words *w, struct buf *out);
/* A later value replaces an earlier one. false: table full, name invalid, no memory. */
bool words_set(struct words *w, const char *name, const char *value) MUST_CHECK;
const char *words_get(const struct words *w, const char *name); /* NULL: not defined */
bool words_copy(const struct words *from, struct words *out) MUST_CHECK;

enum words_mode {
	WORDS_INTO_TEXT,    /* inserted as they are */
	WORDS_INTO_PATTERN, /* inserted quoted, so that they stand for themselves */
};
/*
 * Expand ${name}; "$" before anything else stands for itself.
 *
 * In:    keep_unknown   an undefined word stays as written (to be filled in later), else it fails
 * Fails: ERR_CONFIG     names the undefined word and those that are defined; ERR_TOO_BIG
 */
bool words_expand(const struct words *w, const char *text, enum words_mode mode, bool keep_unknown,
	struct buf *out, struct err *e) MUST_CHECK;

/* Calls on_word for each ${name} in text; a "${" without end fails. For checking at load. */
bool words_each(const char *text, bool (*on_word)(void *user, const char *name, size_t offset),
	void *user, struct err *e) MUST_CHECK;

#endif
