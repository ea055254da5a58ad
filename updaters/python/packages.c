/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/python/packages.h"

#include <stdio.h>
#include <string.h>

#include "updaters/lib/text.h"
#include "updaters/python/environment.h"
#include "updaters/python/imports.h"
#include "updaters/python/left_behind.h"
#include "updaters/python/pip.h"
#include "updaters/python/requirement.h"

/* The packages of a recipe in one interpreter, and how their imports ended. */
struct survey {
	struct environment env;
	struct import *imports; /* one for each of recipe.packages, in order */
	size_t n_imports, n_missing;
};

static void survey_clear(struct survey *s)
{
	free(s->imports);
	*s = (struct survey){.n_imports = 0};
}

static bool survey_take(const struct owner *o, struct survey *s, struct err *e)
{
	const struct recipe *r = o->recipe;

	if (!environment_find(o, r->interpreter, &s->env, e))
		return false;
	s->imports = calloc(r->n_packages, sizeof(*s->imports));
	if (s->imports == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	s->n_imports = r->n_packages;
	for (size_t i = 0; i < s->n_imports; i++) {
		s->imports[i].module = r->packages[i].import;
		text_copy_cut(s->imports[i].why, sizeof(s->imports[i].why), "there is no python");
	}
	if (s->env.is_runnable && !imports_try(o, s->env.python, s->imports, s->n_imports, e))
		return false;
	for (size_t i = 0; i < s->n_imports; i++)
		s->n_missing += s->imports[i].why[0] != '\0';
	return true;
}

/* --- the plan -------------------------------------------------------------------------------- */

/*
 * pip takes a package for installed whose files are gone or broken: it must be told to put it there
 * anew. Where only something that it needs is missing, pip sees that by itself.
 */
static bool is_broken_itself(const struct import *import)
{
	static const char begin[] = "ModuleNotFoundError: No module named '";
	const char *at = strstr(import->why, begin);
	size_t len;

	if (at == NULL)
		return true;
	at += sizeof(begin) - 1;
	len = strcspn(at, "'.");
	return strncmp(import->module, at, len) == 0 &&
	       (import->module[len] == '\0' || import->module[len] == '.');
}

/* Out: again   "NAME==VERSION" of what is installed and broken; fresh   all others */
static bool survey_sort(const struct owner *o, const struct survey *s, struct strings *again,
	struct strings *fresh, struct err *e)
{
	SCOPED_CLEAR(dists_clear) struct dists there = {0};
	bool ok = s->env.site[0] == '\0' || installed_read(s->env.site, &there, e);

	if (!ok)
		return false;
	for (size_t i = 0; ok && i < s->n_imports; i++) {
		const char *install = o->recipe->packages[i].install;
		const struct dist *dist = requirement_find(&there, install);

		if (s->imports[i].why[0] == '\0')
			continue;
		if (dist != NULL && dist->from == DIST_INDEX && dist->requirement[0] != '\0' &&
			is_broken_itself(&s->imports[i]))
			ok = strings_add(again, dist->requirement);
		else
			ok = strings_add(fresh, install);
	}
	return ok || err_set(e, ERR_INTERNAL, "out of memory");
}

/* What is put there anew comes first: if the rest fails, the list of packages is as it was. */
static bool survey_plan(
	const struct owner *o, const struct survey *s, struct mend *m, struct err *e)
{
	SCOPED_CLEAR(strings_clear) struct strings again = {0};
	SCOPED_CLEAR(strings_clear) struct strings fresh = {0};

	if (!survey_sort(o, s, &again, &fresh, e))
		return false;
	return (!s->env.is_missing || pip_plan_venv(o, &s->env, m, e)) &&
	       (again.n_items == 0 || pip_plan_install(o, &s->env, PIP_AGAIN, &again, m, e)) &&
	       (fresh.n_items == 0 || pip_plan_install(o, &s->env, PIP_PLAIN, &fresh, m, e));
}

/* --- the finding ----------------------------------------------------------------------------- */

/* "foo (No module named 'foo'), bar (…)" */
static void survey_name(const struct survey *s, struct buf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_imports; i++) {
		const char *why = s->imports[i].why;

		if (why[0] == '\0')
			continue;
		if (text_starts(why, "ModuleNotFoundError: "))
			why += strlen("ModuleNotFoundError: ");
		buf_printf(out, "%s%s", n++ > 0 ? ", " : "", s->imports[i].module);
		if (s->env.is_runnable)
			buf_printf(out, " (%s)", why);
	}
}

/* What comes of it: "" where steps are planned. */
static bool survey_decide(const struct owner *o, const struct survey *s, struct mend *m,
	char *out_advice, size_t advice_size, struct err *e)
{
	out_advice[0] = '\0';
	if (!pip_is_usable(o, &s->env, out_advice, advice_size))
		return true;
	if (o->mode == OWNER_REPAIR || !o->may_upgrade)
		snprintf(out_advice, advice_size, "devupd upgrade %s", o->recipe->name);
	else if (o->offline)
		snprintf(out_advice, advice_size, "offline: pip needs a network");
	else
		return survey_plan(o, s, m, e);
	return true;
}

static bool survey_report(
	const struct owner *o, const struct survey *s, struct finding *f, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf names = {0};
	char path[PERSON_PATH_MAX], advice[RECORD_TEXT_MAX / 2];

	buf_init(&names, RECORD_TEXT_MAX / 2);
	person_shorten(o->person, s->env.path, path, sizeof(path));
	f->tag = PACKAGES_IMPORT;
	memcpy(f->minor, s->env.minor, sizeof(f->minor));
	text_copy_cut(f->prefix, sizeof(f->prefix), s->env.prefix);
	if (s->n_missing == 0) {
		finding_set(f, "fine", OUTCOME_CURRENT, "%zu package%s import%s", s->n_imports,
			s->n_imports == 1 ? "" : "s", s->n_imports == 1 ? "s" : "");
		return true;
	}
	if (!survey_decide(o, s, &f->mend, advice, sizeof(advice), e))
		return false;
	survey_name(s, &names);
	if (s->env.is_missing)
		finding_set(f, "no venv yet", OUTCOME_BROKEN,
			"%s is not there and is to be made, with %s%s%s", path, buf_str(&names),
			advice[0] != '\0' ? ": " : "", advice);
	else
		finding_set(f, "missing", OUTCOME_BROKEN,
			"%zu of %zu packages do%s not import in %s: %s%s%s", s->n_missing,
			s->n_imports, s->n_missing == 1 ? "es" : "", path, buf_str(&names),
			advice[0] != '\0' ? "; " : "", advice);
	return true;
}

static bool look_imports(const struct owner *o, struct findings *out, struct err *e)
{
	SCOPED_CLEAR(survey_clear) struct survey s = {.n_imports = 0};
	struct finding *f;

	if (!survey_take(o, &s, e))
		return false;
	if (o->by_root && s.env.uid != o->person->uid)
		return true; /* its owner is looked after, too */
	f = findings_add(out, s.env.path);
	return f == NULL ? err_set(e, ERR_INTERNAL, "out of memory, or too many findings")
			 : survey_report(o, &s, f, e);
}

/* --- the border ------------------------------------------------------------------------------ */

bool packages_look(const struct owner *o, struct findings *out, struct err *e)
{
	const struct recipe *r = o->recipe;

	if (o->mode == OWNER_DOCTOR)
		return true;
	if (r->n_packages > 0 && !look_imports(o, out, e))
		return false;
	return r->n_venvs > 0 || r->roots.n_items > 0 || left_behind_look(o, out, e);
}

static bool prove_imports(const struct owner *o, char *out_text, size_t text_size, struct err *e)
{
	SCOPED_CLEAR(survey_clear) struct survey s = {.n_imports = 0};
	SCOPED_CLEAR(buf_clear) struct buf names = {0};

	buf_init(&names, ERR_TEXT_MAX / 2);
	if (!survey_take(o, &s, e))
		return false;
	survey_name(&s, &names);
	if (s.n_missing > 0)
		return err_set(
			e, ERR_PYTHON, "%s does not import: %s", s.env.python, buf_str(&names));
	for (size_t i = 0; i < s.n_imports; i++)
		buf_printf(&names, "%s%s", i > 0 ? ", " : "", s.imports[i].module);
	snprintf(out_text, text_size, "%s imports %s", s.env.python, buf_str(&names));
	return true;
}

bool packages_prove(const struct owner *o, const struct finding *before, const struct finding *now,
	char *out_text, size_t text_size, struct err *e)
{
	(void)now;
	return before->tag == PACKAGES_LEFT_BEHIND
		       ? left_behind_prove(o, before, out_text, text_size, e)
		       : prove_imports(o, out_text, text_size, e);
}
