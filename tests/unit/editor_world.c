/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "editor_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"

/* --- a home ---------------------------------------------------------------------------------- */

void add_folder(const struct mend_world *w, const char *name)
{
	struct err e = {0};

	assert_true(fs_make_folders(at(w, name), 0755, &e));
}

void add(const struct mend_world *w, const char *name, const char *text)
{
	char folder[PERSON_PATH_MAX];

	assert_true(text_copy(folder, sizeof(folder), name));
	if (strrchr(folder, '/') != NULL) {
		*strrchr(folder, '/') = '\0';
		add_folder(w, folder);
	}
	put(w, name, text);
}

void add_program(const struct mend_world *w, const char *name, const char *text)
{
	add(w, name, text);
	assert_int_equal(chmod(at(w, name), 0755), 0);
}

/* The home is the folder that names are of; a keg with its opt link, and a PATH with a python3. */
int editor_make(void **state)
{
	struct mend_world *w = NULL;

	if (world_make(state) != 0)
		return -1;
	w = *state;
	if (!text_copy(w->folder, sizeof(w->folder), w->person.home) ||
		!text_copy(
			w->person.config_home, sizeof(w->person.config_home), at(w, ".config")) ||
		!text_copy(w->person.search_path, sizeof(w->person.search_path), at(w, "p/bin")))
		return -1;
	add_program(w, "p/Cellar/python@3.97/3.97.1/bin/python3.97", EDITOR_PYTHON);
	add(w, "p/Cellar/python@3.97/3.97.1/lib/python3.97/site-packages/numpy/x.py", "");
	add_folder(w, "p/opt");
	add_folder(w, "p/bin");
	make_link(w, "p/opt/python@3.97", "../Cellar/python@3.97/3.97.1");
	make_link(w, "p/bin/python3.97", "../Cellar/python@3.97/3.97.1/bin/python3.97");
	make_link(w, "p/bin/python3", "../Cellar/python@3.97/3.97.1/bin/python3.97");
	return 0;
}

/* '@' in a text is the home. */
char *fill(const struct mend_world *w, const char *text)
{
	struct buf out;

	buf_init(&out, 1 << 16);
	for (const char *s = text; *s != '\0'; s++)
		if (*s == '@' && s[1] == '/')
			buf_puts(&out, w->person.home);
		else
			buf_put(&out, s, 1);
	buf_puts(&out, "");
	return buf_move(&out);
}

/* --- looking --------------------------------------------------------------------------------- */

static bool is_stopped(void *user)
{
	return ((struct mend_world *)user)->is_stopped;
}

bool try_look(struct mend_world *w, struct wish wish, struct findings *out, struct err *e)
{
	struct recipe r = {.name = (char *)"editor-paths",
		.kind_of = RECIPE_EDITOR,
		.interpreter = (char *)wish.interpreter};
	struct owner o = {.recipe = &r,
		.person = &w->person,
		.mode = wish.mode,
		.is_stopped = is_stopped,
		.user = w};
	struct result summary;

	result_init(&summary);
	assert_true(words_set(&r.words, "home", w->person.home));
	assert_true(words_set(&r.words, "python", "3.97"));
	assert_true(strings_add(&r.paths, "${home}/.local/lib/python${python}/site-packages"));
	if (wish.editors != NULL)
		assert_true(strings_add(&r.editors, wish.editors));
	*out = (struct findings){0};
	*e = (struct err){0};

	bool ok = editor_updater.look(&o, out, &summary, e);

	bool is_failed = false;

	for (size_t i = 0; i < out->n_items; i++)
		is_failed |= out->items[i].item.outcome == OUTCOME_FAILED;
	assert_int_equal(err_is_set(&summary.error), is_failed);
	words_clear(&r.words);
	strings_clear(&r.paths);
	strings_clear(&r.editors);
	result_clear(&summary);
	return ok;
}

struct findings look(struct mend_world *w, struct wish wish)
{
	struct findings found;
	struct err e;

	if (!try_look(w, wish, &found, &e))
		fail_msg("%s", e.text);
	return found;
}

/* The i-th: "STATE OUTCOME: TEXT", the home in it as "@". */
const char *told(const struct mend_world *w, const struct findings *found, size_t i)
{
	static char out[3000];
	const struct item *item = &found->items[i].item;
	size_t n = strlen(w->person.home);

	assert_true(i < found->n_items);
	snprintf(out, sizeof(out), "%s %s: ", item->state, outcome_token(item->outcome));
	for (const char *s = item->text; *s != '\0'; s++) {
		bool is_home = text_starts(s, w->person.home);

		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%c", is_home ? '@' : *s);
		s += is_home ? n - 1 : 0;
	}
	return out;
}

void file_is(const struct mend_world *w, const char *name, const char *text)
{
	SCOPED_FREE char *expected = fill(w, text);
	SCOPED_FREE char *real = realpath(at(w, name), NULL);
	SCOPED_FREE char *found = NULL;
	struct err e = {0};

	assert_true(fs_read(real, 1 << 20, &found, NULL, &e));
	assert_string_equal(found, expected);
}

static void proved(struct mend_world *w, const struct finding *before, const char *expected)
{
	struct owner o = {.person = &w->person};
	char proof[RECORD_TEXT_MAX];
	struct err e = {0};

	if (!editor_updater.prove(&o, before, before, proof, sizeof(proof), &e))
		fail_msg("%s", e.text);
	assert_string_equal(proof, expected);
}

/*
 * The whole story of one file, the first that is found: found and told, planned exactly so, taken,
 * proved, sound on the second look, undone, found again.
 */
void story(struct mend_world *w, struct wish wish, const char *name, const char *before,
	const char *after, const char *expected, const char *proof)
{
	SCOPED_FREE char *text = fill(w, before);
	SCOPED_FREE char *planned = fill(w, after);
	SCOPED_CLEAR(findings_clear) struct findings first = {0}, taken = {0}, second = {0};
	SCOPED_CLEAR(findings_clear) struct findings again = {0};
	struct err e;

	add(w, name, text);
	first = look(w, wish);
	assert_string_equal(told(w, &first, 0), expected);
	assert_string_equal(first.items[0].item.path, at(w, name));
	assert_int_equal(first.items[0].mend.n_steps, 1);

	const struct mend_step *step = first.items[0].mend.steps;

	assert_int_equal(step->type, MEND_WRITE);
	assert_string_equal(step->tells, first.items[0].item.text);
	assert_string_equal(step->was, sha_of(text));
	assert_int_equal(step->len, strlen(planned));
	assert_memory_equal(step->bytes, planned, step->len);
	file_is(w, name, before);

	taken = look(w, wish);
	if (!world_take(w, &taken.items[0].mend, 0, &e))
		fail_msg("%s", e.text);
	file_is(w, name, after);
	proved(w, &first.items[0], proof);
	second = look(w, wish);
	assert_string_equal(told(w, &second, 0), "sound current: ");
	assert_int_equal(second.items[0].mend.n_steps, 0);
	world_undo(w, false);
	assert_int_equal(w->n_done, 1);
	file_is(w, name, before);
	again = look(w, wish);
	assert_string_equal(told(w, &again, 0), expected);
}

/* --- stories --------------------------------------------------------------------------------- */
