/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/editor/editor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "updaters/editor/amend.h"
#include "updaters/editor/editors.h"
#include "updaters/editor/entry.h"
#include "updaters/editor/proof.h"
#include "updaters/editor/settings.h"
#include "updaters/lib/fs.h"

/* All that is known while the files are gone through. */
struct visit {
	const struct owner *o;
	struct entry_world w;
	struct interpreter python3; /* of a new terminal */
	struct strings paths;       /* configured, words expanded */
	struct strings reals;       /* the file behind each finding; "" = none */
	struct findings *out;
};

static void visit_clear(struct visit *v)
{
	strings_clear(&v->paths);
	strings_clear(&v->reals);
}

/* --- what is asked for ----------------------------------------------------------------------- */

/* recipe.interpreter: a program, or a virtual environment's folder. */
static void take_interpreter(struct visit *v, const char *path)
{
	struct interpreter i;
	char program[PERSON_PATH_MAX];

	if (fs_join(program, sizeof(program), path, "bin/python") && interpreter_look(program, &i))
		path = program;
	if (entry_is_fixed(path) && interpreter_look(path, &i))
		text_copy_cut(v->w.interpreter, sizeof(v->w.interpreter), path);
}

static bool expand(struct visit *v, const char *text, struct buf *out, struct err *e)
{
	buf_reset(out);
	return words_expand(&v->o->recipe->words, text, WORDS_INTO_TEXT, false, out, e);
}

static bool visit_begin(struct visit *v, const struct owner *o, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf text;
	char search_path[PERSON_SEARCH_MAX];
	const char *python = words_get(&o->recipe->words, "python");

	buf_init(&text, PERSON_PATH_MAX);
	v->o = o;
	v->w.person = o->person;
	/* a person without python3 has the word, too, but no minor version in it */
	if (python != NULL && strchr(python, '.') != NULL)
		text_copy_cut(v->w.python, sizeof(v->w.python), python);
	person_search_path(o->person, search_path, sizeof(search_path));
	interpreter_find(search_path, "python3", &v->python3);
	for (size_t i = 0; i < o->recipe->paths.n_items; i++)
		if (!expand(v, o->recipe->paths.items[i], &text, e) ||
			!strings_add(&v->paths, buf_str(&text)))
			return err_within(e, "paths");
	if (o->recipe->interpreter == NULL)
		return true;
	if (!expand(v, o->recipe->interpreter, &text, e))
		return err_within(e, "interpreter");
	take_interpreter(v, buf_str(&text));
	return true;
}

/* --- what it rests on, and what it runs ------------------------------------------------------- */

static bool rest_on(const struct visit *v, const char *text, struct finding *f)
{
	return entry_rests_on(&v->w, &v->python3, text, f->prefix, sizeof(f->prefix), f->minor);
}

static void note_prefix(const struct visit *v, const struct editor *editor, const struct draft *d,
	struct finding *f)
{
	SCOPED_CLEAR(draft_list_clear) struct draft_list list = {0};
	char value[PERSON_PATH_MAX];

	f->noun = "editor";
	f->weight = 1;
	if (jsonc_string(d->parsed, AMEND_INTERPRETER_KEY, value, sizeof(value)) &&
		rest_on(v, value, f))
		return;
	draft_list(d, editor->paths_key, &list);
	for (size_t i = 0; i < list.n_items && i < AMEND_ENTRIES_MAX; i++)
		if (list.items[i] != NULL && rest_on(v, list.items[i], f))
			return;
}

/* For doctor. An editor without a setting most likely takes what a terminal takes. */
static void note_interpreter(const struct visit *v, const struct editors_file *file,
	const struct draft *d, struct finding *f)
{
	static const char code[] = "import platform; print(platform.python_version())";
	char value[PERSON_PATH_MAX], program[PERSON_PATH_MAX];
	struct interpreter i = v->python3;
	bool is_set = d->parsed != NULL &&
		      jsonc_string(d->parsed, AMEND_INTERPRETER_KEY, value, sizeof(value)) &&
		      entry_is_fixed(value);

	text_copy_cut(f->who, sizeof(f->who), file->who);
	if (is_set && !interpreter_look(value, &i) &&
		fs_join(program, sizeof(program), value, "bin/python") &&
		!interpreter_look(program, &i))
		interpreter_look(value, &i); /* no environment's folder, either */
	text_copy_cut(f->runs, sizeof(f->runs), i.is_executable || is_set ? i.path : "");
	text_copy_cut(f->through, sizeof(f->through),
		is_set ? "setting " AMEND_INTERPRETER_KEY : "PATH of a new terminal");
	if (!i.is_executable ||
		!interpreter_run(v->o->person, i.path, code, f->version, sizeof(f->version), NULL))
		text_copy_cut(f->version, sizeof(f->version), i.version);
	text_copy_cut(f->minor, sizeof(f->minor), i.minor);
}

/* --- one file -------------------------------------------------------------------------------- */

/* The same file under another editor's name, mended there already: its text is what will be. */
static bool take_planned(const struct visit *v, struct settings *s, struct err *e)
{
	for (size_t i = v->out->n_items; s->real[0] != '\0' && i-- > 0;) {
		const struct mend *mend = &v->out->items[i].mend;

		if (mend->n_steps == 0 || !text_equal(v->reals.items[i], s->real))
			continue;

		const struct mend_step *last = &mend->steps[mend->n_steps - 1];
		char *copy = malloc(last->len + 1);

		if (copy == NULL)
			return err_set(e, ERR_INTERNAL, "no memory for %zu bytes", last->len);
		memcpy(copy, last->bytes, last->len);
		copy[last->len] = '\0';
		free(s->raw);
		s->raw = copy;
		s->len = last->len;
		return digest_of(s->raw, s->len, s->sha256, e);
	}
	return true;
}

/* It is somebody else's: said, with what to type. */
static void tell_whose(const struct visit *v, const struct settings *s, const struct amendment *a,
	struct finding *f)
{
	const struct person *p = v->o->person;
	char name[64];
	bool is_at_home = text_starts(s->real, p->home) && s->real[strlen(p->home)] == '/';

	person_name_of(s->uid, name, sizeof(name));
	if (is_at_home)
		finding_set(f, a->state, OUTCOME_BROKEN,
			"%.1200s: belongs to %s: sudo chown %s: '%.500s'", buf_str(&a->notes), name,
			p->name, s->real);
	else
		finding_set(f, a->state, OUTCOME_BROKEN,
			"%.1200s: %.500s belongs to %s, who alone can change it",
			buf_str(&a->notes), s->real, name);
}

static bool plan(const struct visit *v, const struct settings *s, const struct amendment *a,
	struct finding *f, struct err *e)
{
	f->tag = a->tag;
	if (a->draft.n_edits == 0)
		return true;
	if (s->sha256[0] != '\0' && s->uid != v->o->person->uid) {
		tell_whose(v, s, a, f);
		return true;
	}
	finding_set(f, a->state, OUTCOME_BROKEN, "%s", buf_str(&a->notes));
	if (!mend_write(&f->mend, f->item.path, s->sha256[0] != '\0' ? s->sha256 : NULL,
		    a->draft.text, a->draft.len) ||
		!mend_tell(&f->mend, buf_str(&a->notes)))
		return err_set(e, ERR_INTERNAL, "no memory to mend %s", f->item.path);
	return true;
}

/* Each an item of its own, by its line in the file as it is: what is mended beside it says nothing
 * of it. */
static bool add_left(const struct visit *v, const struct editors_file *file,
	const struct settings *s, const struct amendment *a, struct err *e)
{
	SCOPED_CLEAR(draft_clear) struct draft now = {0};
	char where[PERSON_PATH_MAX + 24];

	if (a->n_left > 0 && !draft_begin(&now, s->raw, s->len, e))
		return false;
	for (size_t i = 0; i < a->n_left; i++) {
		const struct amend_left *left = &a->left[i];

		snprintf(where, sizeof(where), "%s:%zu", file->path,
			draft_line_of(&now, left->key, left->path));

		struct finding *f = findings_add(v->out, where);

		if (f == NULL)
			return err_set(e, ERR_INTERNAL, "too many entries, or no memory");
		finding_set(f, left->state, OUTCOME_BROKEN, "%s", left->text);
	}
	return true;
}

static struct finding *add_finding(struct visit *v, const char *path, const char *real)
{
	while (v->reals.n_items < v->out->n_items)
		if (!strings_add(&v->reals, ""))
			return NULL;
	return strings_add(&v->reals, real) ? findings_add(v->out, path) : NULL;
}

/* Only a person can put that right; the other files are none the worse for it. */
static void set_fault(struct finding *f, const char *path, const struct err *fault)
{
	if (fault->code == ERR_PARSE)
		finding_set(f, "unreadable", OUTCOME_BROKEN,
			"%s:%s; left alone until you have put that right", path, fault->text);
	else if (fault->sys_errno == EACCES)
		finding_set(f, "unreadable", OUTCOME_BROKEN,
			"%s; left alone; what it leads to must be yours to read: ls -lL '%s'",
			fault->text, path);
	else
		finding_set(f, "unreadable", OUTCOME_BROKEN, "%s; left alone", fault->text);
}

/* For doctor the interpreter alone counts: is it there, and is it the terminal's? */
static bool explain(const struct visit *v, const struct editors_file *file, struct amendment *a,
	struct finding *f, struct err *e)
{
	char where[512];

	note_interpreter(v, file, &a->draft, f);
	if (!amend_interpreter(&v->w, a, e))
		return false;
	person_shorten(v->o->person, file->path, where, sizeof(where));
	finding_set(f, "sound", OUTCOME_CURRENT, "%s", "");
	if (a->draft.n_edits > 0)
		finding_set(f, a->state, OUTCOME_BROKEN, "%s: devupd repair %s", buf_str(&a->notes),
			v->o->recipe->name);
	else if (a->n_left > 0)
		finding_set(f, a->left[0].state, OUTCOME_BROKEN, "%s", a->left[0].text);
	else if (v->python3.is_executable && !text_equal(f->minor, v->python3.minor))
		finding_set(f, "sound", OUTCOME_CURRENT,
			"its own choice; to have the terminal's, set "
			"\"" AMEND_INTERPRETER_KEY "\": \"%.500s\" in %s",
			v->python3.path, where);
	return true;
}

static bool visit_settings(
	struct visit *v, const struct editors_file *file, struct settings *s, struct err *e)
{
	SCOPED_CLEAR(amendment_clear) struct amendment a = {0};
	struct finding *f = add_finding(v, file->path, s->real);
	struct err fault = {0};

	if (f == NULL)
		return err_set(e, ERR_INTERNAL, "too many settings, or no memory");

	bool is_sound = amendment_begin(&a, s->raw, s->len, &fault);

	if (v->o->mode == OWNER_DOCTOR && is_sound)
		return explain(v, file, &a, f, e);
	if (v->o->mode == OWNER_DOCTOR)
		note_interpreter(v, file, &a.draft, f);
	if (!is_sound || !amend(&v->w, file->editor, &v->paths, &a, &fault)) {
		set_fault(f, file->path, &fault);
		return true;
	}
	finding_set(f, s->sha256[0] != '\0' ? "sound" : "no-settings", OUTCOME_CURRENT, "%s", "");
	if (!plan(v, s, &a, f, e))
		return false;
	note_prefix(v, file->editor, &a.draft, f);
	return add_left(v, file, s, &a, e);
}

static bool visit_file(struct visit *v, const struct editors_file *file, struct err *e)
{
	SCOPED_CLEAR(settings_clear) struct settings s = {0};
	struct err fault = {0};
	struct finding *f = NULL;

	if (settings_read(file->path, &s, &fault))
		return take_planned(v, &s, e) && visit_settings(v, file, &s, e);
	f = add_finding(v, file->path, "");
	if (f == NULL)
		return err_set(e, ERR_INTERNAL, "too many settings, or no memory");
	set_fault(f, file->path, &fault);
	return true;
}

static bool editor_look(
	const struct owner *o, struct findings *out, struct result *summary UNUSED, struct err *e)
{
	SCOPED_CLEAR(editors_files_clear) struct editors_files files = {0};
	SCOPED_CLEAR(visit_clear) struct visit v = {0};

	if (!editors_find(o->person, &o->recipe->editors, &files, e))
		return false;
	if (files.n_items == 0)
		return true;
	v.out = out;
	if (!visit_begin(&v, o, e))
		return false;
	for (size_t i = 0; i < files.n_items; i++) {
		if (o->is_stopped != NULL && o->is_stopped(o->user))
			return err_set(e, ERR_EDITOR, "stopped before %s was looked at",
				files.items[i].path);
		if (!visit_file(&v, &files.items[i], e))
			return false;
	}
	return true;
}

const struct owner_updater editor_updater = {
	.kind = "editor",
	.look = editor_look,
	.prove = proof_of,
};
