/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/editor/entry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/editor/entry_parts.h"
#include "updaters/editor/modules.h"
#include "updaters/editor/newer.h"
#include "updaters/lib/fs.h"

/* Which path may take another's place. */
struct trial {
	const char *old;
	struct modules wanted; /* what the old folder holds, where it can still be read */
	bool is_known;
	char why[256];
};

const char *entry_state_token(enum entry_state state)
{
	static const char *const tokens[ENTRY_N_STATES] = {
		"sound", "cellar", "old-minor", "removed-venv", "interpreter"};

	return tokens[state];
}

/* --- by their text --------------------------------------------------------------------------- */

bool entry_is_fixed(const char *text)
{
	return text[0] == '/' && strstr(text, "${") == NULL;
}

static void fold(const struct person *p, const char *text, char out[2 * PERSON_PATH_MAX])
{
	static const char *const homes[] = {"~", "${userHome}", "${env:HOME}"};
	const char *home = "";

	for (size_t i = 0; i < ARRAY_SIZE(homes); i++) {
		size_t n = strlen(homes[i]);

		if (home[0] == '\0' && text_starts(text, homes[i]) &&
			(text[n] == '/' || text[n] == '\0')) {
			home = p->home;
			text += n;
		}
	}
	snprintf(out, (size_t)2 * PERSON_PATH_MAX, "%s%s", home, text);
	for (size_t n = strlen(out); n > 1 && out[n - 1] == '/'; n--)
		out[n - 1] = '\0';
}

bool entry_is_same(const struct person *p, const char *a, const char *b)
{
	char folded_a[2 * PERSON_PATH_MAX], folded_b[2 * PERSON_PATH_MAX];

	fold(p, a, folded_a);
	fold(p, b, folded_b);
	return text_equal(folded_a, folded_b);
}

/* --- by what is there ------------------------------------------------------------------------ */

bool entry_lives(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR && errno != ELOOP);
}

bool entry_has_below(const char *folder, const char *name)
{
	char path[PERSON_PATH_MAX];
	struct stat st;

	return fs_join(path, sizeof(path), folder, name) && lstat(path, &st) == 0;
}

bool entry_holds_packages(const char *folder)
{
	SCOPED_CLEAR(modules_clear) struct modules m = {0};

	return modules_read(folder, &m) && !modules_is_empty(&m);
}

/* --- the same packages ----------------------------------------------------------------------- */

static void trial_begin(struct trial *t, const char *old)
{
	*t = (struct trial){.old = old};
	t->is_known = modules_read(old, &t->wanted) && !modules_is_empty(&t->wanted);
}

static void trial_clear(struct trial *t)
{
	modules_clear(&t->wanted);
}

/* Does it hold what the old one held? Where that can't be known any more, anything at all. */
static bool trial_takes(void *user, const char *candidate)
{
	struct trial *t = user;
	SCOPED_CLEAR(modules_clear) struct modules m = {0};
	const char *first = NULL;

	if (!modules_read(candidate, &m) || modules_is_empty(&m)) {
		if (t->why[0] == '\0')
			snprintf(t->why, sizeof(t->why), "%.200s holds no packages", candidate);
		return false;
	}

	size_t n = modules_missing(&m, &t->wanted, &first);

	if (n > 1)
		snprintf(t->why, sizeof(t->why), "%.150s lacks %.60s and %zu more", candidate,
			first, n - 1);
	else if (n == 1)
		snprintf(t->why, sizeof(t->why), "%.150s lacks %.60s", candidate, first);
	else if (!t->is_known)
		snprintf(t->why, sizeof(t->why),
			"what it held can't be read any more, so the same place is taken");
	else
		t->why[0] = '\0';
	return n == 0;
}

void entry_conclude(struct entry *out, const char *what, const char *why)
{
	if (out->better[0] == '\0' && why[0] == '\0')
		why = "nothing that lasts is known to hold the same packages";
	snprintf(out->why, sizeof(out->why), "%.180s%s%.280s", what, why[0] != '\0' ? "; " : "",
		why);
}

void entry_way_out(const char *venv, struct entry *out)
{
	if (out->state == ENTRY_FINE || out->better[0] != '\0' || out->way_out[0] != '\0')
		return;
	if (venv != NULL && strlen(venv) < sizeof(out->way_out) / 2)
		snprintf(out->way_out, sizeof(out->way_out),
			"remove it, or type: python3 -m venv '%s'", venv);
	else
		text_copy_cut(out->way_out, sizeof(out->way_out),
			"remove it, or put in what is to take its place");
}

const char *entry_keg_fault(const char *text, bool lives)
{
	const char *rest = strstr(text, "/Cellar/");
	char keg[PERSON_PATH_MAX];

	if (lives)
		return "names one version of a keg, and the next upgrade removes that";
	for (int n = 0; n < 3 && rest != NULL; n++) /* Cellar/FORMULA/VERSION */
		rest = strchr(rest + 1, '/');
	if (rest != NULL && text_copy_n(keg, sizeof(keg), text, (size_t)(rest - text)) &&
		entry_lives(keg))
		return "it is gone from its keg";
	return "its Cellar folder is gone";
}

/* --- import paths ---------------------------------------------------------------------------- */

static void judge_cellar(
	const struct entry_world *w, const char *text, const char *opt, struct entry *out)
{
	SCOPED_CLEAR(trial_clear) struct trial t = {0};
	char base[PERSON_PATH_MAX], minor[8];

	trial_begin(&t, text);
	out->state = ENTRY_CELLAR;
	if (trial_takes(&t, opt))
		text_copy_cut(out->better, sizeof(out->better), opt);
	else if (newer_split(opt, base, minor))
		newer_place(opt, minor, w->python, trial_takes, &t, out->better);
	/* below opt the formula is the same: what a dead folder held need not be told */
	if (text_equal(out->better, opt))
		t.why[0] = '\0';
	entry_conclude(out, entry_keg_fault(text, out->lives), t.why);
}

/* The minor version that a virtual environment has now. */
static bool venv_minor(const char *base, char out[8])
{
	char python[PERSON_PATH_MAX];
	struct interpreter i;

	if (!fs_join(python, sizeof(python), base, "bin/python"))
		return false;
	interpreter_look(python, &i);
	return text_copy(out, 8, i.minor) && out[0] != '\0';
}

static void judge_venv(const char *text, const char *base, const char *minor, struct entry *out)
{
	SCOPED_CLEAR(trial_clear) struct trial t = {0};
	char program[64], now[8] = "", better[PERSON_PATH_MAX], what[256];

	snprintf(program, sizeof(program), "bin/python%s", minor);
	if (entry_has_below(base, program) || !venv_minor(base, now) || text_equal(now, minor))
		return;
	trial_begin(&t, text);
	if (newer_put(text, minor, now, better) && trial_takes(&t, better))
		text_copy_cut(out->better, sizeof(out->better), better);
	else if (out->lives)
		return;
	out->state = ENTRY_VENV;
	snprintf(what, sizeof(what), "the environment has Python %s now", now);
	entry_conclude(out, what, t.why);
}

static void judge_minor(const struct entry_world *w, const char *text, const char *base,
	const char *minor, struct entry *out)
{
	SCOPED_CLEAR(trial_clear) struct trial t = {0};
	char what[64];

	if (!newer_is_gone(w->person, base, minor))
		return;
	trial_begin(&t, text);
	out->state = ENTRY_MINOR;
	newer_place(text, minor, w->python, trial_takes, &t, out->better);
	snprintf(what, sizeof(what), "Python %s is gone", minor);
	entry_conclude(out, what, t.why);
}

/* PREFIX/opt/python@3.12, gone with its formula, and ~/.local are no environments. */
static bool is_environment(const struct entry_world *w, const char *base)
{
	const char *opt = strstr(base, "/opt/");
	char local[PERSON_PATH_MAX];

	return (opt == NULL || opt == base) &&
	       !(person_path(w->person, ".local", local, sizeof(local)) && text_equal(base, local));
}

void entry_judge_path(const struct entry_world *w, const char *text, struct entry *out)
{
	char opt[PERSON_PATH_MAX], base[PERSON_PATH_MAX], minor[8];

	*out = (struct entry){.state = ENTRY_FINE};
	if (!entry_is_fixed(text) || strlen(text) >= PERSON_PATH_MAX)
		return;
	out->lives = entry_lives(text);
	if (interpreter_opt_path(text, opt, sizeof(opt))) {
		judge_cellar(w, text, opt, out);
	} else if (!newer_split(text, base, minor)) {
		return;
	} else if (entry_has_below(base, "pyvenv.cfg")) {
		judge_venv(text, base, minor, out);
	} else if (is_environment(w, base) && !entry_lives(base)) {
		out->state = ENTRY_VENV;
		entry_conclude(out, "its environment was removed", "");
		entry_way_out(base, out);
	} else {
		judge_minor(w, text, base, minor, out);
	}
	entry_way_out(NULL, out);
}
