/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/interpreter.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/interpreter_words.h"
#include "updaters/lib/text.h"

enum { RUN_TIMEOUT_MS = 30000, RUN_BYTES_MIN = 4096 };

/* A path that is gone through name by name. */
struct way {
	char done[PERSON_PATH_MAX]; /* absolute, no "/" at its end; "" = the root */
	char rest[PATH_MAX];        /* still to go */
	bool is_cut;                /* there was no room for it: it leads nowhere */
};
/* A symbolic link that was met on it. */
struct hop {
	char at[PERSON_PATH_MAX]; /* the link */
	char to[PERSON_PATH_MAX]; /* what it says, absolute */
	size_t n_behind;          /* bytes of the way that are not the link's, but lie behind it */
};
/* The links that the name at hand is owed to, the innermost last. */
struct trail {
	struct hop hops[INTERPRETER_HOPS_MAX];
	size_t n_open, n_met;
};

/* --- Homebrew's folders -------------------------------------------------------------------- */

static bool is_python(const char *formula)
{
	return text_starts(formula, "python") || text_starts(formula, "pypy");
}

static void keg_take(const struct keg *keg, struct interpreter *out)
{
	char minor[8];

	if (!interpreter_minor_of(keg->formula, minor) &&
		!interpreter_minor_at(keg->version, minor))
		return;
	text_copy_cut(out->prefix, sizeof(out->prefix), keg->prefix);
	text_copy_cut(out->formula, sizeof(out->formula), keg->formula);
	text_copy_cut(out->minor, sizeof(out->minor), minor);
	/* pypy's kegs count otherwise: there only the minor version is Python's */
	bool is_same = text_starts(keg->version, minor) &&
		       strchr("._", keg->version[strlen(minor)]) != NULL;

	text_copy_cut(out->version, sizeof(out->version), is_same ? keg->version : minor);
}

/*
 * What the folder that was just gone into tells. PREFIX/opt/python@3.13 counts by itself, too,
 * because it may be all that is left; /opt of the system and ~/opt of a person are none.
 */
static void note_folder(const char *path, struct interpreter *out)
{
	struct keg keg = {.rest = ""};
	const char *formula = name_of(path);
	struct stat st;
	char cellar[PERSON_PATH_MAX];

	if (interpreter_keg_of(path, &keg)) {
		if (keg.rest[0] == '\0' && is_python(keg.formula))
			keg_take(&keg, out);
		return;
	}
	if (!is_python(formula) || (size_t)(formula - path) <= strlen("/opt/") ||
		!text_starts(formula - strlen("/opt/"), "/opt/"))
		return;
	if (!text_copy_n(keg.prefix, sizeof(keg.prefix), path,
		    (size_t)(formula - path) - strlen("/opt/")) ||
		!text_copy(keg.formula, sizeof(keg.formula), formula) ||
		!fs_join(cellar, sizeof(cellar), keg.prefix, "Cellar"))
		return;
	if (strchr(formula, '@') != NULL || stat(cellar, &st) == 0)
		keg_take(&keg, out);
}

static bool is_below(const char *path, const char *folder)
{
	return text_starts(path, folder) && path[strlen(folder)] == '/';
}

/* A link into a Cellar: Homebrew's own are renewed by it, others are not. */
static void note_hop(const struct hop *hop, struct interpreter *out)
{
	struct keg to, from;
	char minor[8];

	if (!interpreter_keg_of(hop->to, &to))
		return;
	if (!is_below(hop->at, to.prefix))
		out->is_pinned = true;
	else if (!interpreter_keg_of(hop->at, &from) &&
		 !interpreter_minor_of(name_of(hop->at), minor))
		out->is_default = true;
}

/* --- the way ------------------------------------------------------------------------------- */

/* Take the next name off the way; false at its end. */
static bool way_take(struct way *w, char *out, size_t out_size)
{
	size_t n_slashes = strspn(w->rest, "/"), n = strcspn(w->rest + n_slashes, "/");

	w->is_cut = w->is_cut || n >= out_size;
	if (n == 0 || w->is_cut || !text_copy_n(out, out_size, w->rest + n_slashes, n))
		return false;
	memmove(w->rest, w->rest + n_slashes + n, strlen(w->rest + n_slashes + n) + 1);
	return true;
}

/* Go into it; false where "." and ".." led to a folder that is known, or the path got too long. */
static bool way_enter(struct way *w, const char *name)
{
	size_t len = strlen(w->done);

	if (text_equal(name, "."))
		return false;
	if (text_equal(name, "..")) {
		char *slash = strrchr(w->done, '/');

		if (slash != NULL)
			*slash = '\0';
		return false;
	}
	w->is_cut = len + 1 + strlen(name) >= sizeof(w->done);
	if (w->is_cut)
		return false;
	w->done[len] = '/';
	return text_copy(w->done + len + 1, sizeof(w->done) - len - 1, name);
}

/* An absolute path from a link's words, by its text alone. */
static bool absolute_of(const char *folder, const char *words, char out[PERSON_PATH_MAX])
{
	struct way w = {.is_cut = false};
	char name[NAME_MAX + 1];

	if (!text_copy(w.done, sizeof(w.done), words[0] == '/' ? "" : folder) ||
		!text_copy(w.rest, sizeof(w.rest), words))
		return false;
	while (way_take(&w, name, sizeof(name)))
		way_enter(&w, name);
	return !w.is_cut && text_copy(out, PERSON_PATH_MAX, w.done[0] != '\0' ? w.done : "/");
}

/* Of the links, those are done with whose words were gone through. */
static void trail_close(struct trail *t, const struct way *w)
{
	size_t n_left = strlen(w->rest + strspn(w->rest, "/"));

	while (n_left > 0 && t->n_open > 0 && n_left <= t->hops[t->n_open - 1].n_behind)
		t->n_open--;
}

/* Put the link's words in its place on the way; false: too long, or too many links, a loop. */
static bool trail_follow(struct trail *t, struct way *w, const char *words)
{
	size_t n_behind = strlen(w->rest + strspn(w->rest, "/"));
	char rest[PATH_MAX];
	char *slash = strrchr(w->done, '/');

	if (t->n_met++ >= INTERPRETER_HOPS_MAX)
		return false;

	struct hop *hop = &t->hops[t->n_open];

	if (slash == NULL || !text_copy(hop->at, sizeof(hop->at), w->done))
		return false;
	*slash = '\0';
	hop->to[0] = '\0';
	hop->n_behind = n_behind;
	t->n_open++;
	if (!absolute_of(w->done, words, hop->to) || !fs_join(rest, sizeof(rest), words, w->rest) ||
		!text_copy(w->rest, sizeof(w->rest), rest))
		return false;
	if (words[0] == '/')
		w->done[0] = '\0';
	return true;
}

/* Nothing is behind here: the innermost link that led here is the broken one, if any did. */
static void note_broken(const struct trail *t, struct interpreter *out)
{
	if (t->n_open == 0)
		return;

	const struct hop *hop = &t->hops[t->n_open - 1];

	text_copy_cut(out->broken_at, sizeof(out->broken_at), hop->at);
	text_copy_cut(out->broken_to, sizeof(out->broken_to), hop->to);
}

/*
 * One name of the way. Behind what is gone only its words are read: they still tell which keg,
 * which version was wanted.
 *
 * Out:   false   from here on nothing is there
 */
static bool step(struct trail *t, struct way *w, bool is_there, struct interpreter *out)
{
	char words[PATH_MAX];

	note_folder(w->done, out);
	if (!is_there)
		return false;

	ssize_t n = readlink(w->done, words, sizeof(words) - 1);

	if (n < 0 && errno == EINVAL)
		return true;
	if (n < 0) {
		out->is_hidden = errno == EACCES;
		if (!out->is_hidden)
			note_broken(t, out);
		return false;
	}
	words[n] = '\0';
	if (!trail_follow(t, w, words)) {
		note_broken(t, out);
		w->rest[0] = '\0';
		return false;
	}
	note_hop(&t->hops[t->n_open - 1], out);
	return true;
}

/* …/versions/3.11.7/bin/python3.11, …/cpython-3.13.1-linux-x86_64-gnu/bin/python3.13 */
static void note_version(const char *file, struct interpreter *out)
{
	static const char *const names[] = {"", "cpython-", "cpython@"};
	char folder[PERSON_PATH_MAX], minor[8];
	const char *bin = name_of(file) - strlen("/bin/");

	if (bin <= file || !text_starts(bin, "/bin/") ||
		!text_copy_n(folder, sizeof(folder), file, (size_t)(bin - file)))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *version = name_of(folder);

		if (!text_starts(version, names[i]))
			continue;
		version += strlen(names[i]);
		if (!interpreter_minor_at(version, minor) || version[strlen(minor)] != '.' ||
			(out->minor[0] != '\0' && !text_equal(out->minor, minor)))
			continue;

		size_t n = strspn(version, "0123456789.");

		if (text_copy_n(out->version, sizeof(out->version), version, n))
			text_copy_cut(out->minor, sizeof(out->minor), minor);
	}
}

/*
 * Go all the way.
 *
 * Out:   w           done is where it ends, also of what is gone
 *        out_named   the minor version in the last file's name
 */
static bool look_along(const char *path, struct way *w, char out_named[8], struct interpreter *out)
{
	SCOPED_FREE struct trail *t = calloc(1, sizeof(*t));
	char name[NAME_MAX + 1];
	bool is_there = true;

	if (t == NULL || path[0] != '/' || !text_copy(w->rest, sizeof(w->rest), path))
		return false;
	while (way_take(w, name, sizeof(name))) {
		if (w->rest[strspn(w->rest, "/")] == '\0')
			interpreter_minor_of(name, out_named);
		if (way_enter(w, name))
			is_there = step(t, w, is_there, out);
		trail_close(t, w);
	}
	return is_there && !w->is_cut && w->done[0] != '\0';
}

bool interpreter_look(const char *path, struct interpreter *out)
{
	struct way w = {.done = ""};
	struct keg keg;
	char named[8] = "";
	struct stat st;

	*out = (struct interpreter){.is_pinned = interpreter_keg_of(path, &keg)};
	text_copy_cut(out->path, sizeof(out->path), path);
	if (look_along(path, &w, named, out))
		text_copy_cut(out->real, sizeof(out->real), w.done);
	if (out->formula[0] == '\0') {
		text_copy_cut(out->minor, sizeof(out->minor), named);
		text_copy_cut(out->version, sizeof(out->version), named);
		note_version(w.done, out);
	}
	out->is_executable = out->real[0] != '\0' && stat(out->real, &st) == 0 &&
			     S_ISREG(st.st_mode) &&
			     faccessat(AT_FDCWD, out->real, X_OK, AT_EACCESS) == 0;
	return out->is_executable;
}

bool interpreter_find(const char *search_path, const char *name, struct interpreter *out)
{
	char path[PERSON_PATH_MAX];

	*out = (struct interpreter){.is_executable = false};
	return person_find_program(search_path, name, path, sizeof(path)) &&
	       interpreter_look(path, out);
}

/* --- which path lasts ---------------------------------------------------------------------- */

bool interpreter_lasting(const char *path, char *out, size_t out_size)
{
	struct interpreter i, other;
	char opt[PERSON_PATH_MAX] = "", formula[PERSON_PATH_MAX], linked[PERSON_PATH_MAX];

	if (interpreter_look(path, &i) && !i.is_pinned && !i.is_default)
		return text_copy(out, out_size, path);
	if (i.prefix[0] == '\0')
		return false;

	bool has_opt = interpreter_opt_path(path, opt, sizeof(opt));
	int n_formula = snprintf(
		formula, sizeof(formula), "%s/opt/%s/bin/python%s", i.prefix, i.formula, i.minor);
	int n_linked = snprintf(linked, sizeof(linked), "%s/bin/python%s", i.prefix, i.minor);
	const char *const choices[] = {has_opt ? opt : NULL,
		n_formula < (int)sizeof(formula) ? formula : NULL,
		n_linked < (int)sizeof(linked) ? linked : NULL};

	for (size_t c = 0; c < ARRAY_SIZE(choices); c++)
		if (choices[c] != NULL && interpreter_look(choices[c], &other) &&
			text_equal(other.minor, i.minor) && !other.is_default)
			return text_copy(out, out_size, choices[c]);
	return false;
}

/* --- what it allows, and what it says ------------------------------------------------------ */

/* Python takes a pyvenv.cfg beside the program or above as a venv's: pip may write there. */
static bool is_of_venv(const char *path)
{
	char cfg[PERSON_PATH_MAX];
	struct stat st;

	return (absolute_of(path, "../../pyvenv.cfg", cfg) && stat(cfg, &st) == 0) ||
	       (absolute_of(path, "../pyvenv.cfg", cfg) && stat(cfg, &st) == 0);
}

bool interpreter_is_managed(const struct interpreter *i)
{
	static const char *const libraries[] = {"../../lib/python", "../../lib/pypy"};
	char words[PATH_MAX], marker[PERSON_PATH_MAX];
	struct stat st;

	if (i->real[0] == '\0' || is_of_venv(i->path))
		return false;
	for (size_t l = 0; l < ARRAY_SIZE(libraries); l++) {
		snprintf(words, sizeof(words), "%s%s/EXTERNALLY-MANAGED", libraries[l], i->minor);
		if (absolute_of(i->real, words, marker) && stat(marker, &st) == 0)
			return true;
	}
	return false;
}

static bool run_failed(const char *path, int status, char *text, struct err *e)
{
	const char *said = text_trim(text);
	const char *line = strrchr(said, '\n');

	if (said[0] == '\0')
		return err_set(
			e, ERR_PYTHON, "%s ended with status %d and said nothing", path, status);
	return err_set(e, ERR_PYTHON, "%s failed: %s", path, line == NULL ? said : line + 1);
}

bool interpreter_run(const struct person *p, const char *path, const char *code, char *out,
	size_t out_size, struct err *e)
{
	/* -I: nothing of the person's environment; -B: looking leaves no __pycache__ */
	const char *const argv[] = {path, "-I", "-B", "-c", code, NULL};
	const struct errand_spec spec = {.argv = argv,
		.timeout_ms = RUN_TIMEOUT_MS,
		.keeps_end = true,
		.max_bytes = out_size > RUN_BYTES_MIN ? out_size : RUN_BYTES_MIN};
	SCOPED_FREE char *text = NULL;
	int status = -1;

	if (!person_run(p, &spec, &text, &status, e))
		return false;
	if (status != 0)
		return run_failed(path, status, text, e);
	if (!text_copy(out, out_size, text_trim(text)))
		return err_set(e, ERR_PYTHON, "%s said more than the %zu bytes expected", path,
			out_size - 1);
	return true;
}
