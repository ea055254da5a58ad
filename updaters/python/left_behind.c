/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/python/left_behind.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/interpreter.h"
#include "updaters/lib/text.h"
#include "updaters/python/environment.h"
#include "updaters/python/minors.h"
#include "updaters/python/packages.h"
#include "updaters/python/pip.h"
#include "updaters/python/requirement.h"

enum { NAMED_MAX = 10, SEEN_MAX = 4 };

/* Where packages are now, and where they would go. */
struct scene {
	const struct owner *o;
	struct environment own;  /* the person's python3; minor "" = none */
	struct environment into; /* where they go: a venv, or own */
	bool has_into;           /* the recipe names one */
	struct dists seen[SEEN_MAX];
	size_t n_seen;
};

static void scene_clear(struct scene *s)
{
	for (size_t i = 0; i < s->n_seen; i++)
		dists_clear(&s->seen[i]);
	s->n_seen = 0;
}

/* What can't be read is not seen. */
static void scene_see(struct scene *s, const char *site)
{
	if (site[0] != '\0' && s->n_seen < SEEN_MAX &&
		installed_read(site, &s->seen[s->n_seen], NULL))
		s->n_seen++;
}

static bool scene_has(const struct scene *s, const char *name)
{
	for (size_t i = 0; i < s->n_seen; i++) {
		if (requirement_find(&s->seen[i], name) != NULL)
			return true;
	}
	return false;
}

static bool scene_set(struct scene *s, const struct owner *o, struct err *e)
{
	char site[PERSON_PATH_MAX];
	int n;

	s->o = o;
	if (!environment_find(o, NULL, &s->own, NULL))
		s->own = (struct environment){.uid = o->person->uid};
	s->into = s->own;
	s->has_into = o->recipe->into != NULL;
	if (s->has_into && !environment_find(o, o->recipe->into, &s->into, e))
		return err_within(e, "into");
	if (s->has_into)
		scene_see(s, s->into.site);
	if (s->own.minor[0] == '\0')
		return true;
	scene_see(s, s->own.site);
	if (environment_user_site(o->person, s->own.minor, site, sizeof(site)))
		scene_see(s, site);
	n = snprintf(
		site, sizeof(site), "%s/lib/python%s/site-packages", s->own.prefix, s->own.minor);
	if (s->own.prefix[0] != '\0' && n > 0 && (size_t)n < sizeof(site))
		scene_see(s, site);
	return true;
}

/* --- a folder -------------------------------------------------------------------------------- */

/* A site-packages folder of one minor version. */
struct folder {
	const char *path;
	const char *prefix; /* Homebrew's that it lies in; NULL = it is the person's own */
	char minor[8];
	struct dists dists; /* all; of which these count: */
	const struct dist **own;
	size_t n_own;
};

static void folder_clear(struct folder *f)
{
	dists_clear(&f->dists);
	free(f->own);
}

static bool is_of_python_itself(const struct dist *d)
{
	static const char *const family[] = {"pip", "setuptools", "wheel", "distribute"};

	for (size_t i = 0; i < ARRAY_SIZE(family); i++) {
		if (strcasecmp(d->name, family[i]) == 0)
			return true;
	}
	return false;
}

/* Homebrew links the files of its formulae into the prefix; what pip put there is no link. */
static bool is_of_formula(const char *site, const struct dist *d)
{
	char path[PATH_MAX], real[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s/METADATA", site, d->folder);

	return n > 0 && (size_t)n < sizeof(path) && realpath(path, real) != NULL &&
	       strstr(real, "/Cellar/") != NULL;
}

static bool folder_read(struct folder *f, struct err *e)
{
	if (!installed_read(f->path, &f->dists, e))
		return false;
	f->own = calloc(f->dists.n_items + 1, sizeof(*f->own));
	if (f->own == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (size_t i = 0; i < f->dists.n_items; i++) {
		const struct dist *d = &f->dists.items[i];

		if (!is_of_python_itself(d) && !(f->prefix != NULL && is_of_formula(f->path, d)))
			f->own[f->n_own++] = d;
	}
	return true;
}

/* See left_behind.h for what counts. */
static bool folder_is_left(const struct scene *s, const struct folder *f)
{
	const struct environment *own = &s->own;
	bool is_of_own = f->prefix == NULL || text_equal(f->prefix, own->prefix);
	bool has_moved = own->prefix[0] != '\0' && is_of_own && own->minor[0] != '\0' &&
			 interpreter_minor_compare(own->minor, f->minor) > 0;
	struct minor_places places;

	if (is_of_own && text_equal(own->minor, f->minor))
		return false;
	minor_places_find(
		s->o->person, f->minor, f->prefix != NULL ? f->prefix : own->prefix, &places);
	if (f->prefix == NULL && places.is_elsewhere)
		return false;
	return !places.is_in_prefix || has_moved;
}

/* --- what is left in it ---------------------------------------------------------------------- */

struct remains {
	struct strings requirements; /* "NAME==VERSION" */
	struct buf names;            /* the first ten, "a 1.0, b 2.0, …" */
	struct buf by_hand;          /* editables and what is of no index */
};

static void remains_clear(struct remains *r)
{
	strings_clear(&r->requirements);
	buf_clear(&r->names);
	buf_clear(&r->by_hand);
}

static bool remains_take(const struct scene *s, const struct folder *f, struct remains *out)
{
	size_t n = 0;

	buf_init(&out->names, RECORD_TEXT_MAX / 4);
	buf_init(&out->by_hand, RECORD_TEXT_MAX / 4);
	for (size_t i = 0; i < f->n_own; i++) {
		const struct dist *d = f->own[i];

		if (scene_has(s, d->name))
			continue;
		if (d->from != DIST_INDEX || d->requirement[0] == '\0') {
			buf_printf(&out->by_hand, "%s%s (%s)", out->by_hand.len > 0 ? ", " : "",
				d->name, d->requirement[0] != '\0' ? d->requirement : d->lost);
			continue;
		}
		if (n++ < NAMED_MAX)
			buf_printf(&out->names, "%s%s %s", n > 1 ? ", " : "", d->name, d->version);
		if (!strings_add(&out->requirements, d->requirement))
			return false;
	}
	if (n > NAMED_MAX)
		buf_printf(&out->names, " and %zu more", n - NAMED_MAX);
	return true;
}

/* --- the plan -------------------------------------------------------------------------------- */

static bool plan(const struct scene *s, const struct remains *left, struct mend *m, struct err *e)
{
	enum pip_how how = s->into.is_venv ? PIP_PLAIN : PIP_USER;

	return (!s->into.is_missing || pip_plan_venv(s->o, &s->into, m, e)) &&
	       pip_plan_install(s->o, &s->into, how, &left->requirements, m, e);
}

/* Steps, or what to type or set instead. */
static bool decide(const struct scene *s, const struct remains *left, struct mend *m,
	char *out_advice, size_t advice_size, struct err *e)
{
	const struct owner *o = s->o;

	out_advice[0] = '\0';
	if (!s->has_into && (!s->own.is_runnable || s->own.is_managed)) {
		snprintf(out_advice, advice_size,
			"to have them brought into a venv, set `updaters: {%s: {into: ~/.venv}}` "
			"in %s/devupd/devupd.yaml",
			o->recipe->name, o->person->config_home);
		return true;
	}
	if (!pip_is_usable(o, &s->into, out_advice, advice_size))
		return true;
	if (o->mode == OWNER_REPAIR || !o->may_upgrade)
		snprintf(out_advice, advice_size, "devupd upgrade %s brings them into %s",
			o->recipe->name, s->has_into ? o->recipe->into : "its own folder");
	else if (o->offline)
		snprintf(out_advice, advice_size, "offline: pip needs a network");
	else
		return plan(s, left, m, e);
	return true;
}

static bool report_left(const struct scene *s, const struct folder *f, const struct remains *left,
	struct finding *out, struct err *e)
{
	size_t n = left->requirements.n_items;
	char advice[RECORD_TEXT_MAX], sees_not[96];

	if (!decide(s, left, &out->mend, advice, sizeof(advice), e))
		return false;
	if (s->own.minor[0] != '\0')
		snprintf(sees_not, sizeof(sees_not), "which python3 (%s) does not see",
			s->own.minor);
	else
		snprintf(sees_not, sizeof(sees_not), "and there is no python3");
	finding_set(out, "left behind", OUTCOME_BROKEN,
		"%zu package%s of python %s, %s: %s%s%s%s%s", n, n == 1 ? "" : "s", f->minor,
		sees_not, buf_str(&left->names), left->by_hand.len > 0 ? "; by hand: " : "",
		buf_str(&left->by_hand), advice[0] != '\0' ? "; " : "", advice);
	return true;
}

static bool report(
	const struct scene *s, const struct folder *f, struct finding *out, struct err *e)
{
	SCOPED_CLEAR(remains_clear) struct remains left = {.requirements = {0}};
	/* those of the home move with python3, if that is a link that moves */
	bool is_of_own = s->own.is_default && text_equal(s->own.minor, f->minor);
	const char *prefix = f->prefix != NULL ? f->prefix : is_of_own ? s->own.prefix : "";

	out->tag = PACKAGES_LEFT_BEHIND;
	out->noun = "user package";
	out->weight = (uint32_t)f->n_own;
	memcpy(out->minor, f->minor, sizeof(out->minor));
	text_copy_cut(out->prefix, sizeof(out->prefix), prefix);
	finding_set(out, "fine", OUTCOME_CURRENT, "%zu package%s of python %s", f->n_own,
		f->n_own == 1 ? "" : "s", f->minor);
	if (!folder_is_left(s, f))
		return true;
	if (!remains_take(s, f, &left))
		return err_set(e, ERR_INTERNAL, "out of memory");
	if (left.requirements.n_items > 0)
		return report_left(s, f, &left, out, e);
	finding_set(out, "fine", OUTCOME_CURRENT,
		"%zu package%s of python %s, brought along already%s%s", f->n_own,
		f->n_own == 1 ? "" : "s", f->minor, left.by_hand.len > 0 ? "; by hand: " : "",
		buf_str(&left.by_hand));
	return true;
}

static bool look_at(const struct scene *s, const char *path, const char *prefix,
	struct findings *out, struct err *e)
{
	SCOPED_CLEAR(folder_clear) struct folder f = {.path = path, .prefix = prefix};
	struct err unread = {0};
	struct finding *found;

	if (!interpreter_minor_of(path, f.minor))
		return true;

	bool is_read = folder_read(&f, &unread);

	if (is_read && f.n_own == 0)
		return true;
	found = findings_add(out, path);
	if (found == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory, or too many findings");
	if (is_read)
		return report(s, &f, found, e);
	if (unread.sys_errno == EACCES)
		finding_set(found, "not readable", OUTCOME_BROKEN, "%s: chmod -R u+rwX '%.500s'",
			unread.text, path);
	else
		finding_set(found, "not readable", OUTCOME_BROKEN, "%s", unread.text);
	return true;
}

static bool look_below(const struct scene *s, const char *lib, const char *prefix,
	struct findings *out, struct err *e)
{
	SCOPED_CLEAR(strings_clear) struct strings sites = {0};

	if (!minors_list(lib, &sites))
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (size_t i = 0; i < sites.n_items; i++) {
		if (!look_at(s, sites.items[i], prefix, out, e))
			return false;
	}
	return true;
}

bool left_behind_look(const struct owner *o, struct findings *out, struct err *e)
{
	SCOPED_CLEAR(scene_clear) struct scene s = {.o = o};
	SCOPED_CLEAR(strings_clear) struct strings prefixes = {0};
	char lib[PERSON_PATH_MAX];

	if (!scene_set(&s, o, e))
		return false;
	if (person_path(o->person, ".local/lib", lib, sizeof(lib)) &&
		!look_below(&s, lib, NULL, out, e))
		return false;
	if (!minors_prefixes(o->person, s.own.prefix, &prefixes))
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (size_t i = 0; i < prefixes.n_items; i++) {
		if (fs_join(lib, sizeof(lib), prefixes.items[i], "lib") &&
			!look_below(&s, lib, prefixes.items[i], out, e))
			return false;
	}
	return true;
}

/* --- the proof ------------------------------------------------------------------------------- */

/* Prints what its metadata do not know. */
static bool prove_by(const struct scene *s, const struct dists *brought, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf code = {0};
	char missing[512];

	buf_init(&code, 64 << 10);
	buf_puts(&code, "import importlib.metadata as metadata, site, sys\n"
			"if sys.prefix == sys.base_prefix:\n"
			"    site.addsitedir(site.getusersitepackages())\n"
			"there = {d.metadata['Name'] for d in metadata.distributions()}\n"
			"print(*[n for n in '''");
	/* a name holds letters, digits and "._-" alone: installed.c */
	for (size_t i = 0; i < brought->n_items; i++)
		buf_printf(&code, "%s ", brought->items[i].name);
	buf_puts(&code, "'''.split() if n not in there])\n");
	if (!interpreter_run(
		    s->o->person, s->into.python, buf_str(&code), missing, sizeof(missing), e))
		return false;
	return missing[0] == '\0' ||
	       err_set(e, ERR_PYTHON, "%s does not know %s", s->into.python, missing);
}

bool left_behind_prove(const struct owner *o, const struct finding *before, char *out_text,
	size_t text_size, struct err *e)
{
	SCOPED_CLEAR(scene_clear) struct scene s = {.o = o};
	SCOPED_CLEAR(folder_clear) struct folder f = {.path = before->item.path};
	SCOPED_CLEAR(dists_clear) struct dists brought = {0};
	char site[PERSON_PATH_MAX], place[PERSON_PATH_MAX];
	size_t n = 0;

	if (!scene_set(&s, o, e) || !folder_read(&f, e))
		return false;
	memcpy(site, s.into.site, sizeof(site));
	if (!s.into.is_venv && !environment_user_site(o->person, s.into.minor, site, sizeof(site)))
		return err_set(e, ERR_PYTHON, "the home's path is too long");
	if (!installed_read(site, &brought, e) || !prove_by(&s, &brought, e))
		return false;
	for (size_t i = 0; i < f.n_own; i++)
		n += requirement_find(&brought, f.own[i]->name) != NULL;
	if (n == 0)
		return err_set(e, ERR_PYTHON, "%s has none of what is in %s", site, f.path);
	person_shorten(o->person, s.into.is_venv ? s.into.path : site, place, sizeof(place));
	snprintf(out_text, text_size, "%s has %zu of its %zu packages", place, n, f.n_own);
	return true;
}
