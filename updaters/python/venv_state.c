/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/python/venv_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/python/venv_find.h"
#include "updaters/python/venv_mend.h"
#include "updaters/python/venv_python.h"

/* A venv that is being judged. All borrowed. */
struct court {
	const struct owner *o;
	const struct venv *v;
	struct finding *out;
	struct buf text;  /* of the finding */
	bool is_mendable; /* a repair can do it */
};

bool venv_may_build(const struct owner *o)
{
	if (o->offline)
		return false;
	return o->mode == OWNER_UPGRADE
		       ? o->may_upgrade
		       : o->mode == OWNER_CHECK && o->recipe->upgrade != UPGRADE_NO;
}

static bool may_mend(const struct owner *o)
{
	return o->mode != OWNER_DOCTOR;
}

static void PRINTF_LIKE(3, 4) verdict(struct court *c, const char *state, const char *format, ...)
{
	char text[RECORD_TEXT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* the first fault is the state's name, the others are told behind it */
	if (c->out->item.outcome == OUTCOME_CURRENT) {
		text_copy_cut(c->out->item.state, sizeof(c->out->item.state), state);
		buf_reset(&c->text);
	} else {
		buf_puts(&c->text, "; ");
	}
	c->out->item.outcome = OUTCOME_BROKEN;
	buf_puts(&c->text, text);
}

static void PRINTF_LIKE(2, 3) note(struct court *c, const char *format, ...)
{
	char text[RECORD_TEXT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (c->text.len > 0)
		buf_puts(&c->text, ", ");
	buf_puts(&c->text, text);
}

/* --- words --------------------------------------------------------------------------------- */

/* Of a path that is gone, the part that took the rest with it. */
static void gone_part(const char *path, char *out, size_t out_size)
{
	struct stat st;

	text_copy_cut(out, out_size, path);
	for (;;) {
		char *slash = strrchr(out, '/');
		char keep;

		if (!slash || slash == out)
			return;
		keep = *slash;
		*slash = '\0';
		if (stat(out, &st) == 0) {
			*slash = keep;
			return;
		}
	}
}

/* "opt/python@3.13 has 3.13.14", "/usr/bin/python3.11 is there". */
static void python_words(const struct interpreter *i, char *out, size_t out_size)
{
	if (i->prefix[0])
		(void)snprintf(out, out_size, "opt/%s has %s", i->formula, i->version);
	else
		(void)snprintf(out, out_size, "%s is there", i->path);
}

/* --- who may change it --------------------------------------------------------------------- */

static bool is_in_home(const struct person *p, const char *path)
{
	size_t n = strlen(p->home);

	return n > 0 && text_starts(path, p->home) && path[n] == '/';
}

static void say_unreadable(struct court *c)
{
	const struct venv *v = c->v;
	char whose[64];

	person_name_of(v->uid, whose, sizeof(whose));
	if (!v->is_forbidden)
		verdict(c, "unreadable", "%s", v->unreadable);
	else if (v->uid == c->o->person->uid)
		verdict(c, "unreadable", "%s: chmod -R u+rwX '%s'", v->unreadable, v->path);
	else
		verdict(c, "unreadable", "%s; it belongs to %s", v->unreadable, whose);
}

/* Not the person's: said, with what to type; nothing is judged that they could not mend. */
static bool judge_owner(struct court *c)
{
	const struct venv *v = c->v;
	const struct person *p = c->o->person;
	char whose[64];
	uint32_t other = v->uid != p->uid ? v->uid : v->foreign_uid;

	if (other == p->uid)
		return false;
	person_name_of(other, whose, sizeof(whose));
	if (other == 0 && is_in_home(p, v->path))
		verdict(c, "root's", "%sbelongs to root: sudo chown -R %s: '%s' gives it back",
			v->uid == 0 ? "" : "part of it ", p->name, v->path);
	else if (!v->python.is_executable && !v->python.is_hidden)
		verdict(c, "another's",
			"its python is gone, and it belongs to %s, who can type devupd repair %s",
			whose, c->o->recipe->name);
	else
		note(c, "belongs to %s", whose);
	return true;
}

/* --- the interpreter ----------------------------------------------------------------------- */

static void say_python(struct court *c, const char *then)
{
	const struct venv *v = c->v;
	const char *program = v->flavour[0] ? v->flavour : "python";
	char part[PERSON_PATH_MAX];

	if (v->n_links == 0) {
		verdict(c, "half upgraded", "there is no %s; %s",
			v->has_bin ? "python in its bin" : "bin in it", then);
	} else if (v->python.is_executable && v->n_libs > 1 && v->cfg.minor[0] &&
		   !text_equal(v->cfg.minor, v->minor)) {
		verdict(c, "mixed", "its python is %s, its packages are for %s; %s",
			v->python.minor, v->minor, then);
	} else if (v->python.is_executable) {
		verdict(c, "minor moved", "its python is %s now, its packages are for %s; %s",
			v->python.minor, v->minor, then);
	} else {
		gone_part(v->python.broken_to[0] ? v->python.broken_to : v->python.path, part,
			sizeof(part));
		verdict(c, "link dangles", "its %s is gone with %s; %s", program, part, then);
	}
}

static void name_minor_gone(struct court *c)
{
	if (c->v->n_links > 0 && c->v->minor[0])
		text_copy_cut(c->out->item.state, sizeof(c->out->item.state), "minor gone");
}

/* A new one beside it: planned, or said how; with the same python, or any if there is none. */
static bool judge_rebuild(struct court *c, const struct interpreter *same, struct err *e)
{
	SCOPED_CLEAR(strings_clear) struct strings lost = {0};
	struct interpreter python = {0};
	char then[PERSON_PATH_MAX + 128];

	if (same) {
		python = *same;
	} else if (!venv_python_new(c->o, c->v, NULL, &python)) {
		say_python(c, "there is no other python here to make it anew with");
		name_minor_gone(c);
		return true;
	}
	(void)snprintf(then, sizeof(then), "to be made anew with %s%s%s",
		python.version[0] ? python.version : python.path,
		venv_may_build(c->o) ? "" : ": devupd upgrade ",
		venv_may_build(c->o) ? "" : c->o->recipe->name);
	say_python(c, then);
	name_minor_gone(c);
	if (!venv_may_build(c->o))
		return true;
	c->out->tag = VENV_REBUILT;
	if (!venv_rebuild(c->o, c->v, &python, &c->out->mend, &lost, e))
		return false;
	for (size_t i = 0; i < lost.n_items && i < 10; i++)
		note(c, "%s", lost.items[i]);
	return true;
}

static bool is_gone(const char *path)
{
	struct stat st;

	return path[0] != '/' || stat(path, &st) < 0;
}

/* Its links and pyvenv.cfg. Out: is_over   it will be made anew: the rest does not count */
static bool judge_python(struct court *c, bool *is_over, struct err *e)
{
	const struct venv *v = c->v;
	bool is_alive = v->python.is_executable;
	bool is_other = is_alive && v->python.minor[0] && v->minor[0] &&
			!text_equal(v->python.minor, v->minor);
	bool has_fault = !is_alive || is_other || venv_links_need(v);
	bool is_home_gone = is_gone(v->cfg.home);
	bool is_cfg_other = v->cfg.minor[0] && v->minor[0] && !text_equal(v->cfg.minor, v->minor);
	struct interpreter python = {0};
	char words[PERSON_PATH_MAX + 64];

	*is_over = false;
	if (!has_fault && !is_home_gone && !is_cfg_other)
		return true;

	bool has_same = venv_python_same(c->o, v, &python);

	/* links alone don't bring back what else was in its bin */
	*is_over = !v->has_bin || (!has_same && (!is_alive || is_other));
	if (*is_over)
		return judge_rebuild(c, has_same ? &python : NULL, e);
	if (!has_same) {
		python = v->python;
		(void)!text_copy(python.path, sizeof(python.path), v->python.real);
	}
	python_words(&python, words, sizeof(words));
	if (!is_alive || is_other)
		say_python(c, words);
	else if (has_fault)
		verdict(c, "link dangles", "a python link in its bin leads nowhere; %s", words);
	if (is_cfg_other && is_alive && !is_other)
		verdict(c, "mixed", "pyvenv.cfg speaks of %s, its packages are for %s; %s",
			v->cfg.minor, v->minor, words);
	else if (is_home_gone && is_alive && !is_other)
		verdict(c, "home gone", "%s%s; %s", v->cfg.home,
			v->cfg.home[0] ? " is gone, where pyvenv.cfg says its python is"
				       : "pyvenv.cfg does not say where its python is",
			words);
	c->is_mendable = true;
	return !may_mend(c->o) || venv_mend_links(v, &python, &c->out->mend, e);
}

/* --- what lies in it ----------------------------------------------------------------------- */

static bool judge_scripts(struct court *c, struct err *e)
{
	const struct venv *v = c->v;
	char was[PERSON_PATH_MAX];

	if (v->moved_from[0] == '\0' && v->n_astray == 0)
		return true;
	person_shorten(c->o->person, v->moved_from, was, sizeof(was));
	if (v->moved_from[0])
		verdict(c, "moved", "its scripts speak of %s, where it was", was);
	else
		verdict(c, "stray scripts", "%zu script%s in its bin start%s no python: %s%s",
			v->n_astray, v->n_astray == 1 ? "" : "s", v->n_astray == 1 ? "s" : "",
			v->astray, v->n_astray == 1 ? "" : ", …");
	c->is_mendable = true;
	return !may_mend(c->o) || venv_scripts_mend(v, &c->out->mend, e);
}

static bool judge_half(struct court *c, struct err *e)
{
	SCOPED_CLEAR(strings_clear) struct strings names = {0};
	SCOPED_CLEAR(mend_clear) struct mend steps = {0};
	bool is_local = true, may;

	if (!venv_mend_half(c->v, &steps, &names, &is_local, e))
		return false;
	if (names.n_items == 0) {
		if (c->v->stashed.n_items > 0)
			note(c, "pip left %s behind, which may go", c->v->stashed.items[0]);
		return true;
	}
	may = may_mend(c->o) && (is_local || venv_may_build(c->o));
	c->is_mendable = is_local;
	verdict(c, "half upgraded", "pip was stopped while it replaced %s%s%s%s", names.items[0],
		names.n_items > 1 ? " and others" : "", may || is_local ? "" : ": devupd upgrade ",
		may || is_local ? "" : c->o->recipe->name);
	for (size_t i = 0; may && i < steps.n_steps; i++) {
		struct mend_step *step = mend_add(&c->out->mend, steps.steps[i].type);

		if (!step)
			return err_set(e, ERR_INTERNAL, "%s: out of memory", c->v->path);
		*step = steps.steps[i];
		steps.steps[i] = (struct mend_step){0};
	}
	return true;
}

/* For doctor: why it runs another one than a terminal does, and how a terminal comes to run it. */
static void say_choice(struct court *c)
{
	const struct venv *v = c->v;
	struct interpreter terminal;

	(void)interpreter_find(c->o->person->search_path, "python3", &terminal);
	buf_reset(&c->text);
	if (!text_equal(v->minor, terminal.minor))
		note(c,
			"made with python%s, its own choice; a terminal runs it after: . "
			"'%s/bin/activate'",
			v->minor, v->path);
}

static void say_sound(struct court *c)
{
	const struct venv *v = c->v;
	const char *now = v->python.version;

	text_copy_cut(c->out->item.state, sizeof(c->out->item.state), "sound");
	if (c->o->mode == OWNER_DOCTOR) {
		say_choice(c);
		return;
	}
	note(c, "%s", now[0] ? now : v->minor);
	if (v->cfg.version[0] && now[0] && strlen(now) > strlen(v->minor) &&
		!text_starts(now, v->cfg.version))
		note(c, "made with %s", v->cfg.version);
	if (!v->has_pip && !v->cfg.is_uv)
		note(c, "no pip in it");
	if (v->python.is_pinned)
		note(c, "rests on one version of a keg, which brew's next upgrade takes away");
}

/* --- all ----------------------------------------------------------------------------------- */

static void fill_rests(struct court *c)
{
	struct finding *f = c->out;
	const struct venv *v = c->v;
	char short_path[PERSON_PATH_MAX];

	if (v->python.prefix[0] && text_copy(f->prefix, sizeof(f->prefix), v->python.prefix)) {
		f->noun = "venv";
		/* what leads to one formula stays with that when python3 moves on */
		f->weight = v->python.is_default;
	}
	text_copy_cut(f->minor, sizeof(f->minor), v->minor);
	if (c->o->mode != OWNER_DOCTOR)
		return;
	person_shorten(c->o->person, v->path, short_path, sizeof(short_path));
	(void)snprintf(f->who, sizeof(f->who), "venv %.58s", short_path);
	text_copy_cut(f->runs, sizeof(f->runs), v->python.real);
	text_copy_cut(f->version, sizeof(f->version),
		v->python.version[0] || !v->python.is_executable ? v->python.version
								 : v->cfg.version);
	for (size_t i = 0; i < v->n_links; i++)
		if (strchr(v->links[i].target, '/'))
			text_copy_cut(f->through, sizeof(f->through), v->links[i].target);
}

static bool judge_all(struct court *c, struct err *e)
{
	bool is_over;

	if (c->v->unreadable[0]) {
		say_unreadable(c);
		return true;
	}
	if (c->v->python.is_hidden) {
		verdict(c, "unreadable", "a folder on the way to its python may not be gone into");
		return true;
	}
	if (judge_owner(c))
		return true;
	if (!judge_python(c, &is_over, e))
		return false;
	return is_over || (judge_scripts(c, e) && judge_half(c, e));
}

bool venv_judge(const struct owner *o, const struct venv *v, struct finding *out, struct err *e)
{
	struct court c = {.o = o, .v = v, .out = out};

	buf_init(&c.text, RECORD_TEXT_MAX - 1);
	fill_rests(&c);

	bool ok = judge_all(&c, e);

	if (ok && out->item.outcome == OUTCOME_CURRENT)
		say_sound(&c);
	else if (ok && o->mode == OWNER_DOCTOR && c.is_mendable)
		buf_printf(&c.text, ": devupd repair %s", o->recipe->name);
	if (out->mend.n_steps > 0 && out->tag == VENV_SOUND)
		out->tag = VENV_MENDED;
	text_copy_cut(out->item.text, sizeof(out->item.text), buf_str(&c.text));
	buf_clear(&c.text);
	return ok;
}

/* What brings this python here; "" = it is not ours to say. */
static void hint_install(const struct person *p, const char *wish, char *out, size_t out_size)
{
	char minor[8];

	out[0] = '\0';
	if (!wish || wish[0] == '/' ||
		(!interpreter_minor_of(wish, minor) && !text_copy(minor, sizeof(minor), wish)))
		return;
	(void)snprintf(out, out_size,
		p->brew_prefix[0] ? "brew install python@%s" : "uv python install %s", minor);
}

bool venv_judge_missing(const struct owner *o, const struct recipe_venv *declared, const char *path,
	struct finding *out, struct err *e)
{
	struct interpreter python = {0};
	char hint[64];
	struct stat st;

	hint_install(o->person, declared->python, hint, sizeof(hint));
	if (lstat(path, &st) == 0) {
		finding_set(out, "missing", OUTCOME_BROKEN,
			"the settings ask for a venv there, but what is there is none (no "
			"pyvenv.cfg): move it away");
		return true;
	}
	if (!venv_python_new(o, NULL, declared->python, &python)) {
		finding_set(out, "missing", OUTCOME_BROKEN,
			"the settings ask for it, but there is no python%s%s here%s%s",
			declared->python ? " " : "", declared->python ? declared->python : "",
			hint[0] ? ": " : "", hint);
		return true;
	}
	finding_set(out, "missing", OUTCOME_BROKEN, "to be made with %s%s%s", python.path,
		venv_may_build(o) ? "" : ": devupd upgrade ",
		venv_may_build(o) ? "" : o->recipe->name);
	text_copy_cut(out->minor, sizeof(out->minor), python.minor);
	if (!venv_may_build(o))
		return true;
	out->tag = VENV_REBUILT;
	return venv_make(o, declared, path, &python, &out->mend, e);
}
