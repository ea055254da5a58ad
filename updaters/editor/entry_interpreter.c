/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/editor/entry.h"
#include "updaters/editor/entry_parts.h"
#include "updaters/editor/modules.h"
#include "updaters/editor/newer.h"
#include "updaters/lib/fs.h"

/* The folder n names above it; false: there is none. */
static bool above(const char *path, unsigned n, char out[PERSON_PATH_MAX])
{
	char *slash = NULL;

	if (!text_copy(out, PERSON_PATH_MAX, path))
		return false;
	for (; n > 0; n--) {
		slash = strrchr(out, '/');
		if (slash == NULL || slash == out)
			return false;
		*slash = '\0';
	}
	return true;
}

/* VENV or VENV/bin/python: broken or not, the path is right, and python-venvs mends the rest. */
static bool is_of_venv(const char *text)
{
	char base[PERSON_PATH_MAX];

	return entry_has_below(text, "pyvenv.cfg") ||
	       (above(text, 2, base) && entry_has_below(base, "pyvenv.cfg"));
}

/* An interpreter that is gone, and where its packages were. */
struct gone {
	const struct entry_world *w;
	struct interpreter i;
};

/* BASE/lib/python3.13/site-packages */
static bool packages_of(const char *base, const char *minor, struct modules *out)
{
	char folder[PERSON_PATH_MAX];
	int n = snprintf(folder, sizeof(folder), "%s/lib/python%s/site-packages", base, minor);

	return n > 0 && (size_t)n < sizeof(folder) && modules_read(folder, out);
}

static bool has_all(
	const char *new_base, const char *new_minor, const char *old_base, const char *old_minor)
{
	SCOPED_CLEAR(modules_clear) struct modules have = {0}, want = {0};
	const char *first = NULL;

	if (!packages_of(old_base, old_minor, &want) || modules_is_empty(&want))
		return true;
	return packages_of(new_base, new_minor, &have) &&
	       modules_missing(&have, &want, &first) == 0;
}

/* Does it run, and see what the one that is gone saw: what lay beside it, and the person's own? */
static bool takes_place(void *user, const char *candidate)
{
	const struct gone *gone = user;
	char local[PERSON_PATH_MAX], old_base[PERSON_PATH_MAX] = "", base[PERSON_PATH_MAX] = "";
	struct interpreter i;

	if (!interpreter_look(candidate, &i) ||
		!person_path(gone->w->person, ".local", local, sizeof(local)))
		return false;
	if (gone->i.prefix[0] != '\0')
		text_copy_cut(old_base, sizeof(old_base), gone->i.prefix);
	else
		(void)!above(gone->i.path, 2, old_base);
	if (i.prefix[0] != '\0')
		text_copy_cut(base, sizeof(base), i.prefix);
	else
		(void)!above(i.path, 2, base);
	return has_all(base, i.minor, old_base, gone->i.minor) &&
	       has_all(local, i.minor, local, gone->i.minor);
}

static bool is_folder(void *user UNUSED, const char *candidate)
{
	struct stat st;

	return stat(candidate, &st) == 0 && S_ISDIR(st.st_mode);
}

/* PREFIX/bin/python3 of a Homebrew that is there: its own link, which homebrew-python mends. */
static bool is_prefix_link(const char *text)
{
	char base[PERSON_PATH_MAX], minor[8];

	return above(text, 2, base) && entry_has_below(base, "Cellar") &&
	       !interpreter_minor_of(strrchr(text, '/'), minor);
}

/* A folder of a keg's interpreters: only the Cellar is to be left. */
static void judge_folder(const struct entry_world *w, const char *text, struct entry *out)
{
	char opt[PERSON_PATH_MAX], minor[8];

	if (!interpreter_opt_path(text, opt, sizeof(opt)))
		return;
	out->state = ENTRY_CELLAR;
	if (is_folder(NULL, opt))
		text_copy_cut(out->better, sizeof(out->better), opt);
	else if (!out->lives && interpreter_minor_of(opt, minor))
		newer_place(opt, minor, w->python, is_folder, NULL, out->better);
	entry_conclude(out, entry_keg_fault(text, out->lives),
		out->better[0] != '\0' ? "" : "there is no such folder below opt");
}

/* What else may run in its place, when no path leads to the same minor version any more. */
static const char *replace(const struct entry_world *w, const char *text, struct entry *out)
{
	struct gone gone = {.w = w};
	char opt[PERSON_PATH_MAX], minor[8];
	const char *from = interpreter_opt_path(text, opt, sizeof(opt)) ? opt : text;

	if (w->interpreter[0] != '\0') {
		text_copy_cut(out->better, sizeof(out->better), w->interpreter);
		return "that of the settings is taken";
	}
	if (is_prefix_link(text)) {
		text_copy_cut(out->way_out, sizeof(out->way_out), "devupd repair homebrew-python");
		return "the link is Homebrew's own";
	}
	interpreter_look(text, &gone.i);
	if (interpreter_minor_of(from, minor) &&
		newer_place(from, minor, w->python, takes_place, &gone, out->better))
		return "the same place has a newer version";
	return "nothing is known that would run the same packages";
}

static void judge_program(
	const struct entry_world *w, const char *text, bool is_keg, struct entry *out)
{
	char base[PERSON_PATH_MAX];
	const char *why = "";

	out->state = is_keg ? ENTRY_CELLAR : ENTRY_GONE;
	if (is_keg || !is_prefix_link(text)) {
		if (!interpreter_lasting(text, out->better, sizeof(out->better)) ||
			text_equal(out->better, text))
			out->better[0] = '\0';
	}
	if (out->better[0] == '\0' && !out->lives)
		why = replace(w, text, out);
	if (out->lives) {
		entry_conclude(out, entry_keg_fault(text, true),
			out->better[0] != '\0' ? "" : "opt has no link to it");
	} else if (is_keg) {
		entry_conclude(out, entry_keg_fault(text, false), why);
	} else if (above(text, 2, base) && !entry_lives(base)) {
		entry_conclude(out, "its environment was removed", why);
		entry_way_out(base, out);
	} else {
		entry_conclude(out, "leads to no program", why);
	}
}

void entry_judge_interpreter(const struct entry_world *w, const char *text, struct entry *out)
{
	struct interpreter i;
	char opt[PERSON_PATH_MAX];
	bool is_keg = false;

	*out = (struct entry){.state = ENTRY_FINE};
	if (!entry_is_fixed(text) || strlen(text) >= PERSON_PATH_MAX)
		return;
	out->lives = interpreter_look(text, &i) || i.is_hidden || is_folder(NULL, text);
	is_keg = interpreter_opt_path(text, opt, sizeof(opt));
	if (i.is_hidden || is_of_venv(text) || (out->lives && !is_keg))
		return;
	if (is_keg && (is_folder(NULL, text) || !text_starts(strrchr(text, '/'), "/py")))
		judge_folder(w, text, out);
	else
		judge_program(w, text, is_keg, out);
	entry_way_out(NULL, out);
}

/* --- what it rests on ------------------------------------------------------------------------ */

static bool take(
	const char *prefix, const char *minor, char *out_prefix, size_t size, char out_minor[8])
{
	return prefix[0] != '\0' && text_copy(out_minor, 8, minor) &&
	       text_copy(out_prefix, size, prefix);
}

bool entry_rests_on(const struct entry_world *w, const struct interpreter *python3,
	const char *text, char *out_prefix, size_t prefix_size, char out_minor[8])
{
	char base[PERSON_PATH_MAX], local[PERSON_PATH_MAX], program[PERSON_PATH_MAX], minor[8] = "";
	struct interpreter i;

	if (!entry_is_fixed(text))
		return false;

	bool is_library = newer_split(text, base, minor);

	if (is_library && entry_has_below(base, "Cellar"))
		return take(base, minor, out_prefix, prefix_size, out_minor);
	if (is_library && person_path(w->person, ".local", local, sizeof(local)) &&
		text_equal(base, local))
		return text_equal(minor, python3->minor) && python3->is_default &&
		       take(python3->prefix, minor, out_prefix, prefix_size, out_minor);
	/* a virtual environment rests on what its python leads to */
	if (entry_has_below(is_library ? base : text, "pyvenv.cfg") &&
		fs_join(program, sizeof(program), is_library ? base : text, "bin/python"))
		text = program;
	interpreter_look(text, &i);
	/* what leads to one formula stays with that when python3 moves on */
	return i.is_default && take(i.prefix, i.minor, out_prefix, prefix_size, out_minor);
}
