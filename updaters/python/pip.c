/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/python/pip.h"

#include <stdio.h>
#include <string.h>

#include "updaters/lib/interpreter.h"
#include "updaters/lib/text.h"
#include "updaters/python/installed.h"

/* Building from source takes its time. */
enum { INSTALL_TIMEOUT_MS = 60 * 60 * 1000, VENV_TIMEOUT_MS = 5 * 60 * 1000, ARGS_MAX = 16 };

static bool find_uv(const struct owner *o, char out[PERSON_PATH_MAX])
{
	return person_find_program(o->person->search_path, "uv", out, PERSON_PATH_MAX);
}

bool pip_is_usable(const struct owner *o, const struct environment *env, char *why, size_t why_size)
{
	char uv[PERSON_PATH_MAX], path[PERSON_PATH_MAX], whose[64];

	why[0] = '\0';
	person_shorten(o->person, env->path, path, sizeof(path));
	if (env->is_missing)
		return true;
	if (env->uid != o->person->uid) {
		person_name_of(env->uid, whose, sizeof(whose));
		snprintf(why, why_size, "%s belongs to %s: sudo chown -R %s: %s", path, whose,
			o->person->name, env->path);
	} else if (!env->is_runnable) {
		snprintf(why, why_size, "%s can't be started: devupd repair", path);
	} else if (env->is_managed) {
		snprintf(why, why_size,
			"%s is looked after by its system, pip refuses it (PEP 668); set "
			"`updaters: "
			"{%s: {interpreter: ~/.venv}}` in %s/devupd/devupd.yaml, and that venv is "
			"made",
			path, o->recipe->name, o->person->config_home);
	} else if (env->is_venv && !env->has_pip && !find_uv(o, uv)) {
		snprintf(why, why_size, "%s has no pip, and there is no uv: %s -m ensurepip", path,
			env->python);
	}
	return why[0] == '\0';
}

bool pip_plan_venv(
	const struct owner *o, const struct environment *env, struct mend *m, struct err *e)
{
	struct environment own;
	char python[PERSON_PATH_MAX];

	if (!environment_find(o, NULL, &own, e))
		return false;
	/* a venv is to outlive upgrades of what it was made with */
	if (!interpreter_lasting(own.python, python, sizeof(python)))
		memcpy(python, own.python, sizeof(python));

	const char *const argv[] = {python, "-I", "-m", "venv", env->path, NULL};
	struct mend_step *step = mend_run(m, argv, VENV_TIMEOUT_MS);

	if (step == NULL || (step->makes = strdup(env->path)) == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	step->explain = pip_explain;
	return true;
}

/* The words before the requirements. */
static void pip_words(const struct environment *env, enum pip_how how, const char *argv[ARGS_MAX])
{
	size_t n = 0;

	argv[n++] = env->python;
	/* isolated where nothing of the person's own has to be seen */
	if (env->is_venv)
		argv[n++] = "-I";
	argv[n++] = "-m";
	argv[n++] = "pip";
	argv[n++] = "install";
	argv[n++] = "--no-input";
	argv[n++] = "--disable-pip-version-check";
	argv[n++] = "--progress-bar=off";
	if (how == PIP_USER)
		argv[n++] = "--user";
	if (how == PIP_AGAIN) {
		argv[n++] = "--force-reinstall";
		argv[n++] = "--no-deps";
	}
	argv[n] = NULL;
}

static void uv_words(
	const struct environment *env, enum pip_how how, const char *uv, const char *argv[ARGS_MAX])
{
	size_t n = 0;

	argv[n++] = uv;
	argv[n++] = "pip";
	argv[n++] = "install";
	argv[n++] = "--no-progress";
	argv[n++] = "--color=never";
	argv[n++] = "--python";
	argv[n++] = env->python;
	if (how == PIP_AGAIN) {
		argv[n++] = "--reinstall";
		argv[n++] = "--no-deps";
	}
	argv[n] = NULL;
}

/* What is there now, for who explains a failure. */
static char *list_words(const char *site)
{
	SCOPED_CLEAR(dists_clear) struct dists there = {0};
	SCOPED_CLEAR(buf_clear) struct buf words = {0};

	buf_init(&words, INSTALLED_MAX * 256);
	if (site[0] != '\0' && !installed_read(site, &there, NULL))
		return NULL;
	for (size_t i = 0; i < there.n_items; i++)
		buf_printf(&words, "%s %s\n", there.items[i].name, there.items[i].version);
	buf_puts(&words, "");
	return buf_move(&words);
}

static bool step_fill(const struct owner *o, const struct environment *env, enum pip_how how,
	struct mend_step *step)
{
	char site[PERSON_PATH_MAX];

	memcpy(site, env->site, sizeof(site));
	if (how == PIP_USER && !environment_user_site(o->person, env->minor, site, sizeof(site)))
		return false;
	step->explain = pip_explain;
	step->search_path = strdup(o->person->search_path);
	step->to = strdup(site);
	step->was = list_words(site);
	/* "python -m" looks for modules where it stands: not in the home */
	step->path = env->is_venv ? NULL : strdup("/");
	/* of a venv that this mend makes nothing is left when it goes: it may be taken back */
	step->watched = env->is_missing ? strdup(env->path) : NULL;
	return step->search_path != NULL && step->to != NULL &&
	       (step->path != NULL || env->is_venv) && (step->watched != NULL || !env->is_missing);
}

bool pip_plan_install(const struct owner *o, const struct environment *env, enum pip_how how,
	const struct strings *requirements, struct mend *m, struct err *e)
{
	const char *argv[ARGS_MAX];
	char uv[PERSON_PATH_MAX];
	bool has_pip = env->has_pip || env->is_missing || !env->is_venv;

	if (has_pip)
		pip_words(env, how, argv);
	else if (find_uv(o, uv))
		uv_words(env, how, uv, argv);
	else
		return err_set(e, ERR_PYTHON, "%s has no pip", env->path);

	struct mend_step *step = mend_run(m, argv, INSTALL_TIMEOUT_MS);
	bool ok = step != NULL && strings_add(&step->argv, "--") && step_fill(o, env, how, step);

	for (size_t i = 0; ok && i < requirements->n_items; i++)
		ok = strings_add(&step->argv, requirements->items[i]);
	return ok || err_set(e, ERR_INTERNAL, "out of memory");
}
