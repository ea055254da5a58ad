/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/python/environment.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/interpreter.h"
#include "updaters/lib/text.h"
#include "updaters/python/venv.h"

bool environment_user_site(const struct person *p, const char *minor, char *out, size_t out_size)
{
	int n = snprintf(out, out_size, "%s/.local/lib/python%s/site-packages", p->home, minor);

	return n >= 0 && (size_t)n < out_size;
}

/* Words and "~" filled in, without a "/" at the end. */
static bool setting_expand(
	const struct owner *o, const char *setting, char *out, size_t out_size, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf text = {0};

	buf_init(&text, out_size - 1);
	if (!words_expand(&o->recipe->words, setting, WORDS_INTO_TEXT, false, &text, e))
		return false;

	const char *path = buf_str(&text);
	bool is_home = text_starts(path, "~/");
	int n = snprintf(
		out, out_size, "%s%s", is_home ? o->person->home : "", is_home ? path + 1 : path);

	if (n < 0 || (size_t)n >= out_size || out[0] != '/')
		return err_set(e, ERR_CONFIG,
			"\"%s\" is no path to a venv or a python: write it from / or ~/ on",
			setting);
	for (size_t len = (size_t)n; len > 1 && out[len - 1] == '/'; len--)
		out[len - 1] = '\0';
	return true;
}

static bool is_venv(const char *folder)
{
	char path[PERSON_PATH_MAX];
	struct stat st;

	return fs_join(path, sizeof(path), folder, "pyvenv.cfg") && stat(path, &st) == 0;
}

static bool venv_take(const char *folder, struct environment *out)
{
	SCOPED_FREE struct venv *v = calloc(1, sizeof(*v));
	bool fits;

	if (v == NULL || !venv_read(folder, v))
		return false;
	out->is_venv = true;
	out->uid = v->foreign_uid != v->uid ? v->foreign_uid : v->uid;
	out->has_pip = v->has_pip;
	out->is_runnable = v->python.is_executable;
	fits = text_copy(out->path, sizeof(out->path), folder) &&
	       text_copy(out->minor, sizeof(out->minor), v->minor) &&
	       text_copy(out->site, sizeof(out->site), v->site) &&
	       venv_bin(v, "python", out->python, sizeof(out->python));
	venv_clear(v);
	return fits;
}

/* Of a program: it may be a script that finds the real one (pyenv's), so it is asked. */
static void program_ask(const struct owner *o, struct environment *out)
{
	char said[8];

	if (out->minor[0] == '\0' && out->is_runnable &&
		interpreter_run(o->person, out->python,
			"import sys; print('%d.%d' % sys.version_info[:2])", said, sizeof(said),
			NULL))
		memcpy(out->minor, said, sizeof(said));
}

/* Its own folder where this person may write there, else theirs: so pip chooses, too. */
static void program_find_site(
	const struct owner *o, const struct interpreter *i, struct environment *out)
{
	char folder[PERSON_PATH_MAX + 64];
	const char *bin = strstr(i->real, "/bin/python");
	int n = snprintf(folder, sizeof(folder), "%.*s/lib/python%s/site-packages",
		bin != NULL ? (int)(bin - i->real) : 0, i->real, out->minor);

	if (out->minor[0] == '\0')
		return;
	if (bin != NULL && n > 0 && (size_t)n < sizeof(out->site) && access(folder, W_OK) == 0)
		memcpy(out->site, folder, (size_t)n + 1);
	else if (!environment_user_site(o->person, out->minor, out->site, sizeof(out->site)))
		out->site[0] = '\0';
}

static bool program_take(const struct owner *o, const char *path, struct environment *out)
{
	struct interpreter i;
	char folder[PERSON_PATH_MAX];
	const char *bin = strstr(path, "/bin/");

	if (bin != NULL && strchr(bin + 5, '/') == NULL &&
		text_copy_n(folder, sizeof(folder), path, (size_t)(bin - path)) && is_venv(folder))
		return venv_take(folder, out);
	out->is_runnable = interpreter_look(path, &i);
	out->is_managed = interpreter_is_managed(&i);
	out->is_default = i.is_default;
	memcpy(out->minor, i.minor, sizeof(out->minor));
	memcpy(out->prefix, i.prefix, sizeof(out->prefix));
	if (!text_copy(out->path, sizeof(out->path), path) ||
		!text_copy(out->python, sizeof(out->python), path))
		return false;
	program_ask(o, out);
	program_find_site(o, &i, out);
	return true;
}

static bool own_python_take(const struct owner *o, struct environment *out, struct err *e)
{
	struct interpreter i;
	char search_path[PERSON_SEARCH_MAX];

	person_search_path(o->person, search_path, sizeof(search_path));
	if (!interpreter_find(search_path, "python3", &i))
		return err_set(e, ERR_PYTHON,
			"there is no python3 on %s's PATH; install it, or set `interpreter:`",
			o->person->name);
	return program_take(o, i.path, out) ||
	       err_set(e, ERR_PYTHON, "the path of %s is too long", i.path);
}

/* Nothing is there: a name like python3.13 was to be a program, all others a venv. */
static bool missing_take(const char *path, struct environment *out)
{
	const char *name = strrchr(path, '/') + 1;

	out->is_missing = !text_starts(name, "python") && !text_starts(name, "pypy");
	out->is_venv = out->is_missing;
	return text_copy(out->path, sizeof(out->path), path) &&
	       (out->is_missing ? fs_join(out->python, sizeof(out->python), path, "bin/python")
				: text_copy(out->python, sizeof(out->python), path));
}

bool environment_find(
	const struct owner *o, const char *setting, struct environment *out, struct err *e)
{
	struct environment found = {.uid = o->person->uid};
	char path[PERSON_PATH_MAX];
	struct stat st;
	bool fits;

	if (setting == NULL) {
		if (!own_python_take(o, &found, e))
			return false;
		*out = found;
		return true;
	}
	if (!setting_expand(o, setting, path, sizeof(path), e))
		return false;
	if (lstat(path, &st) != 0 && errno == ENOENT)
		fits = missing_take(path, &found);
	else if (is_venv(path))
		fits = venv_take(path, &found);
	else if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return err_set(e, ERR_CONFIG, "%s is a folder, but no venv", path);
	else
		fits = program_take(o, path, &found);
	if (!fits)
		return err_set(e, ERR_CONFIG, "%s can't be read, or its path is too long", path);
	*out = found;
	return true;
}
