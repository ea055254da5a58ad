/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/editor/amend.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "updaters/lib/list.h"

enum { NOTES_MAX = 2000, SHORT_MAX = 512 };

typedef void judge_fn(const struct entry_world *w, const char *text, struct entry *out);

/* One file at work. */
struct amending {
	const struct entry_world *w;
	struct amendment *a;
	struct err *e;
};

void amendment_clear(struct amendment *a)
{
	draft_clear(&a->draft);
	buf_clear(&a->notes);
	free(a->left);
	*a = (struct amendment){0};
}

bool amendment_begin(struct amendment *a, const char *raw, size_t len, struct err *e)
{
	*a = (struct amendment){0};
	buf_init(&a->notes, NOTES_MAX);
	return draft_begin(&a->draft, raw, len, e);
}

/* --- in words -------------------------------------------------------------------------------- */

static void PRINTF_LIKE(3, 4) note(struct amendment *a, const char *state, const char *format, ...)
{
	char line[2 * SHORT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	buf_printf(&a->notes, "%s%s", a->notes.len > 0 ? "; " : "", line);
	if (a->state == NULL)
		a->state = state;
}

static bool PRINTF_LIKE(5, 6) leave(const struct amending *m, const char *key, const char *path,
	const char *state, const char *format, ...)
{
	struct amendment *a = m->a;
	struct amend_left *grown =
		list_grow(a->left, a->n_left, AMEND_ENTRIES_MAX, sizeof(*a->left));
	va_list args;

	if (grown == NULL)
		return true; /* so many were told of already */
	a->left = grown;
	grown += a->n_left++;
	text_copy_cut(grown->path, sizeof(grown->path), path);
	grown->key = key;
	grown->state = state;
	va_start(args, format);
	vsnprintf(grown->text, sizeof(grown->text), format, args);
	va_end(args);
	return true;
}

static bool leave_entry(
	const struct amending *m, const char *key, const char *path, const struct entry *entry)
{
	return leave(m, key, path, entry_state_token(entry->state),
		"\"%.300s\" in %s: %.400s; %.250s", path, key, entry->why, entry->way_out);
}

static const char *shorten(const struct amending *m, const char *path, char out[SHORT_MAX])
{
	person_shorten(m->w->person, path, out, SHORT_MAX);
	return out;
}

static void note_change(
	const struct amending *m, const char *old, const struct entry *entry, const char *verb)
{
	char from[SHORT_MAX], to[SHORT_MAX];

	note(m->a, entry_state_token(entry->state), "%.250s %s %.250s (%.400s)",
		shorten(m, old, from), verb, shorten(m, entry->better, to), entry->why);
}

/* --- lists ----------------------------------------------------------------------------------- */

/* Is it listed, the place `aside` not counted? */
static bool is_listed(
	const struct amending *m, const struct draft_list *list, const char *path, size_t aside)
{
	for (size_t i = 0; i < list->n_items; i++)
		if (i != aside && list->items[i] != NULL &&
			entry_is_same(m->w->person, list->items[i], path))
			return true;
	return false;
}

/* The place i of the list as it was is now `*at`; what is gone from the text is NULL in the list.
 */
static bool mend_place(const struct amending *m, const char *key, struct draft_list *list, size_t i,
	const struct entry *entry, size_t *at)
{
	char *old = list->items[i];

	if (is_listed(m, list, entry->better, i)) {
		note_change(m, old, entry, "removed, there is");
		list->items[i] = NULL;
		free(old);
		return draft_drop(&m->a->draft, key, *at, m->e);
	}
	note_change(m, old, entry, "->");
	list->items[i] = strdup(entry->better);
	free(old);
	return draft_replace(&m->a->draft, key, (*at)++, entry->better, m->e);
}

static bool mend_list(
	const struct amending *m, const char *key, judge_fn *judge, struct draft_list *list)
{
	struct entry entry;
	size_t at = 0;

	draft_list(&m->a->draft, key, list);
	for (size_t i = 0; i < list->n_items && i < AMEND_ENTRIES_MAX; i++) {
		if (list->items[i] != NULL)
			judge(m->w, list->items[i], &entry);
		if (list->items[i] == NULL || entry.state == ENTRY_FINE) {
			at++;
			continue;
		}
		if (entry.better[0] != '\0') {
			if (!mend_place(m, key, list, i, &entry, &at))
				return false;
			continue;
		}
		at++;
		/* a keg that is still there works today */
		if (entry.state != ENTRY_CELLAR || !entry.lives)
			leave_entry(m, key, list->items[i], &entry);
	}
	return true;
}

static bool append(const struct amending *m, const char *key, const char *path,
	struct draft_list *list, const char *state, const char *why)
{
	enum jsonc_type type = jsonc_type_of(m->a->draft.parsed, key);
	char to[SHORT_MAX];
	size_t line = 0, column = 0;

	if (is_listed(m, list, path, list->n_items))
		return true;
	if (type != JSONC_NONE && type != JSONC_ARRAY) {
		(void)!jsonc_place(m->a->draft.parsed, key, &line, &column);
		return leave(m, key, path, "no-list",
			"%s is no list (line %zu, column %zu), so %.400s is not put in; make it "
			"one, or "
			"remove it",
			key, line, column, shorten(m, path, to));
	}
	if (!draft_append(&m->a->draft, key, path, m->e))
		return false;
	draft_list_clear(list);
	draft_list(&m->a->draft, key, list);
	note(m->a, state, "%.400s added%s", shorten(m, path, to), why);
	return true;
}

/* What this editor reads no more is listed where it does read; the old list stays as it is. */
static bool add_legacy(
	const struct amending *m, const struct editor *editor, struct draft_list *list)
{
	SCOPED_CLEAR(draft_list_clear) struct draft_list legacy = {0};
	struct entry entry;
	char why[256];

	if (editor->legacy_key == NULL)
		return true;
	snprintf(why, sizeof(why), " (%s is not read any more)", editor->legacy_key);
	draft_list(&m->a->draft, editor->legacy_key, &legacy);
	for (size_t i = 0; i < legacy.n_items && i < AMEND_ENTRIES_MAX; i++) {
		const char *path = legacy.items[i];

		if (path == NULL || !entry_is_fixed(path))
			continue;
		entry_judge_path(m->w, path, &entry);
		if (entry.better[0] != '\0')
			path = entry.better;
		else if (!entry.lives)
			continue;
		if (!append(m, editor->paths_key, path, list, "legacy-key", why))
			return false;
	}
	return true;
}

static bool mend_paths(
	const struct amending *m, const struct editor *editor, const struct strings *paths)
{
	SCOPED_CLEAR(draft_list_clear) struct draft_list list = {0};
	size_t n_edits = m->a->draft.n_edits;

	if (!mend_list(m, editor->paths_key, entry_judge_path, &list) ||
		!add_legacy(m, editor, &list))
		return false;
	for (size_t i = 0; i < paths->n_items; i++)
		if (entry_is_fixed(paths->items[i]) && entry_holds_packages(paths->items[i]) &&
			!append(m, editor->paths_key, paths->items[i], &list, "missing-path", ""))
			return false;
	if (m->a->draft.n_edits > n_edits)
		m->a->tag |= AMEND_PATHS;
	return true;
}

/* --- interpreters ---------------------------------------------------------------------------- */

static bool set_interpreter(const struct amending *m, const char *path)
{
	m->a->tag |= AMEND_INTERPRETER;
	return draft_set(&m->a->draft, AMEND_INTERPRETER_KEY, path, m->e);
}

static bool mend_interpreter(const struct amending *m)
{
	const struct jsonc *j = m->a->draft.parsed;
	char value[PERSON_PATH_MAX], to[SHORT_MAX];
	struct entry entry;

	if (jsonc_type_of(j, AMEND_INTERPRETER_KEY) == JSONC_NONE && m->w->interpreter[0] != '\0') {
		note(m->a, "no-interpreter", "default interpreter: %.400s",
			shorten(m, m->w->interpreter, to));
		return set_interpreter(m, m->w->interpreter);
	}
	if (!jsonc_string(j, AMEND_INTERPRETER_KEY, value, sizeof(value)))
		return true;
	entry_judge_interpreter(m->w, value, &entry);
	if (entry.better[0] != '\0') {
		note_change(m, value, &entry, "->");
		return set_interpreter(m, entry.better);
	}
	if (entry.state == ENTRY_FINE || entry.lives)
		return true;
	return leave_entry(m, AMEND_INTERPRETER_KEY, value, &entry);
}

bool amend_interpreter(const struct entry_world *w, struct amendment *a, struct err *e)
{
	return mend_interpreter(&(const struct amending){.w = w, .a = a, .e = e});
}

static bool mend_interpreters(const struct amending *m, const struct editor *editor)
{
	SCOPED_CLEAR(draft_list_clear) struct draft_list list = {0};

	return editor->interpreters_key == NULL ||
	       mend_list(m, editor->interpreters_key, entry_judge_interpreter, &list);
}

bool amend(const struct entry_world *w, const struct editor *editor, const struct strings *paths,
	struct amendment *a, struct err *e)
{
	const struct amending m = {.w = w, .a = a, .e = e};

	return mend_paths(&m, editor, paths) && mend_interpreters(&m, editor) &&
	       mend_interpreter(&m);
}
