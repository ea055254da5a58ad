/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rules, applied to one settings.json on paper: what does not last is replaced, what is missing
 * is added, all else stays. Says each change in words; writes nothing.
 */
#ifndef DEVUPD_EDITOR_AMEND_H
#define DEVUPD_EDITOR_AMEND_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/editor/draft.h"
#include "updaters/editor/editors.h"
#include "updaters/editor/entry.h"

enum { AMEND_ENTRIES_MAX = 1024 }; /* of one list; those beyond are left alone */

/* What is wrong and can't be put right here: a person has to say what they want. */
struct amend_left {
	const char *key;
	char path[PERSON_PATH_MAX]; /* the entry */
	const char *state;
	char text[1024]; /* what is wrong, and what to do */
};
/* What was changed, for the proof. */
enum amend_tag { AMEND_PATHS = 1, AMEND_INTERPRETER = 2 };

struct amendment {
	struct draft draft;
	struct buf notes;  /* "a -> b (why); c added" */
	const char *state; /* of the first change; NULL = there is none */
	unsigned tag;      /* enum amend_tag, or-ed */
	struct amend_left *left;
	size_t n_left;
};
void amendment_clear(struct amendment *a);
/* As draft_begin. */
bool amendment_begin(struct amendment *a, const char *raw, size_t len, struct err *e) MUST_CHECK;
/*
 * In:    paths   that must be listed; those that hold no packages are passed over
 * Fails: ERR_PARSE ERR_TOO_BIG ERR_INTERNAL
 */
bool amend(const struct entry_world *w, const struct editor *editor, const struct strings *paths,
	struct amendment *a, struct err *e) MUST_CHECK;

/* The default interpreter alone. */
bool amend_interpreter(const struct entry_world *w, struct amendment *a, struct err *e) MUST_CHECK;

#define AMEND_INTERPRETER_KEY "python.defaultInterpreterPath"

#endif
