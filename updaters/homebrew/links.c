/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/homebrew/links.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "updaters/homebrew/brew.h"
#include "updaters/homebrew/python_links.h"
#include "updaters/lib/fs.h"

enum { OWN_LINKS_MAX = 50 };

bool formula_is_python(const char *name)
{
	static const char python[] = "python";
	const char *rest = name + strlen(python);

	if (!text_starts(name, python))
		return false;
	if (rest[0] == '@')
		rest++;
	return rest[strspn(rest, "0123456789.")] == '\0';
}

struct finding *links_finding(
	const struct prefix *p, const char *at, struct findings *out, struct err *e)
{
	char path[PATH_MAX];
	struct finding *f = NULL;

	if (at[0] == '\0')
		f = findings_add(out, p->path);
	else if (fs_join(path, sizeof(path), p->path, at))
		f = findings_add(out, path);
	if (!f)
		err_set(e, ERR_INTERNAL, "%s: more is wrong than can be told", p->path);
	else
		text_copy_cut(f->prefix, sizeof(f->prefix), p->path);
	return f;
}

static bool no_memory(struct err *e)
{
	return err_set(e, ERR_INTERNAL, "no memory");
}

/* --- steps -------------------------------------------------------------------------------------
 */

static bool is_broken_of(const struct prefix_link *l, const char *formula)
{
	/* opt and pins are mended by links_find_records */
	return !l->is_live && l->kind == LINK_BREWS && text_equal(l->formula, formula) &&
	       !text_starts(l->at, "opt/") && !text_starts(l->at, "var/homebrew/pinned/");
}

static bool drop(struct mend *m, const struct prefix *p, const struct prefix_link *l)
{
	char path[PATH_MAX];

	return fs_join(path, sizeof(path), p->path, l->at) && mend_drop_link(m, path, l->to);
}

bool links_drop_broken(struct mend *m, const struct prefix *p, const char *formula)
{
	for (size_t i = 0; i < p->n_links; i++)
		if (is_broken_of(&p->links[i], formula) && !drop(m, p, &p->links[i]))
			return false;
	return true;
}

bool links_move_aside(struct mend *m, const struct prefix *p, const struct obstacles *o)
{
	char path[PATH_MAX], aside[PATH_MAX];

	for (size_t i = 0; i < o->foreign.n_items; i++)
		if (!fs_join(path, sizeof(path), p->path, o->foreign.items[i]) ||
			!mend_aside(path, aside, sizeof(aside)) || !mend_move(m, path, aside))
			return false;
	return true;
}

void links_say_cut(struct finding *found, const char *formula)
{
	char text[RECORD_TEXT_MAX / 2];

	text_copy_cut(text, sizeof(text), found->item.text);
	finding_set(found, "in-the-way", OUTCOME_BROKEN,
		"%s; too many files are in its way: brew link --overwrite --dry-run %s", text,
		formula);
}

/* --- opt and pins ------------------------------------------------------------------------------
 */

static bool record_mend(const struct prefix *p, const struct prefix_link *l, const char *up,
	struct findings *out, struct err *e)
{
	char path[PATH_MAX], to[PATH_MAX];
	const struct formula *f = prefix_formula(p, l->formula);
	struct finding *found = links_finding(p, l->at, out, e);

	if (!found)
		return false;
	found->tag = LINKS_TAG_RECORD;
	if (!fs_join(path, sizeof(path), p->path, l->at))
		return no_memory(e);
	if (!f) {
		finding_set(found, "formula-gone", OUTCOME_BROKEN,
			"%s leads to %s %s, which is not installed any more", l->at, l->formula,
			l->version);
		return mend_drop_link(&found->mend, path, l->to) || no_memory(e);
	}

	const char *version = prefix_keg(p, f);
	int n = snprintf(to, sizeof(to), "%sCellar/%s/%s", up, f->name, version);

	finding_set(found, "stale", OUTCOME_BROKEN, "%s leads to %s %s, which is gone; %s is there",
		l->at, l->formula, l->version, version);
	return (n > 0 && (size_t)n < sizeof(to) && mend_link(&found->mend, path, l->to, to)) ||
	       no_memory(e);
}

/* Every formula that is installed has its opt link. */
static bool opt_is_missing(
	const struct prefix *p, const struct formula *f, struct findings *out, struct err *e)
{
	char at[NAME_MAX + FORMULA_NAME_MAX], path[PATH_MAX], to[PATH_MAX];
	struct finding *found = NULL;

	if (!fs_join(at, sizeof(at), "opt", f->name) || prefix_link(p, at))
		return true;
	found = links_finding(p, at, out, e);
	if (!found)
		return false;
	found->tag = LINKS_TAG_RECORD;
	finding_set(found, "missing", OUTCOME_BROKEN, "%s is missing; %s %s is installed", at,
		f->name, prefix_keg(p, f));

	int n = snprintf(to, sizeof(to), "../Cellar/%s/%s", f->name, prefix_keg(p, f));

	return (n > 0 && (size_t)n < sizeof(to) && fs_join(path, sizeof(path), p->path, at) &&
		       mend_link(&found->mend, path, NULL, to)) ||
	       no_memory(e);
}

bool links_find_records(
	const struct prefix *p, bool wants_python, struct findings *out, struct err *e)
{
	static const struct {
		const char *folder, *up;
	} records[] = {{"opt", "../"}, {"var/homebrew/pinned", "../../../"}};

	for (size_t r = 0; r < ARRAY_SIZE(records); r++) {
		size_t n = 0;
		const struct prefix_link *l = prefix_links_in(p, records[r].folder, &n);

		for (size_t i = 0; i < n; i++)
			if (!l[i].is_live && l[i].kind == LINK_BREWS &&
				formula_is_python(l[i].formula) == wants_python &&
				!record_mend(p, &l[i], records[r].up, out, e))
				return false;
	}
	for (size_t i = 0; i < p->n_formulae; i++)
		if (formula_is_python(p->formulae[i].name) == wants_python &&
			!opt_is_missing(p, &p->formulae[i], out, e))
			return false;
	return true;
}

/* --- one formula -------------------------------------------------------------------------------
 */

const struct prefix_link *links_broken(const struct prefix *p, const char *formula, size_t *out_n)
{
	const struct prefix_link *first = NULL;

	*out_n = 0;
	for (size_t i = 0; p->n_broken > 0 && i < p->n_links; i++) {
		if (!is_broken_of(&p->links[i], formula))
			continue;
		/* a program tells a person more than the record does */
		if (!first || text_starts(first->at, "var/"))
			first = &p->links[i];
		(*out_n)++;
	}
	return first;
}

/* The mend of a formula whose links are missing or broken. */
static bool formula_relink(
	const struct prefix *p, const struct formula *f, struct finding *found, struct err *e)
{
	SCOPED_CLEAR(obstacles_clear) struct obstacles o = {0};
	enum keg_only only = prefix_keg_only(p, f->name, prefix_keg(p, f));
	struct brew_link link = {.formula = f->name,
		.unlinks = prefix_is_linked(p, f->name),
		.forces = only == KEG_ONLY};

	if (!links_drop_broken(&found->mend, p, f->name))
		return no_memory(e);
	/* what is keg-only and was not linked by force stays out */
	if (only != KEG_LINKED && !link.unlinks)
		return true;
	if (!obstacles_find(p, f->name, prefix_keg(p, f), OBSTACLES_EVERYWHERE, &o, e))
		return false;
	link.overwrites = o.has_older;
	if (o.is_cut) {
		mend_clear(&found->mend);
		links_say_cut(found, f->name);
		return true;
	}
	if (o.others.n_items > 0) {
		mend_clear(&found->mend);
		finding_set(found, "conflict", OUTCOME_BROKEN,
			"%s of %s is in another formula's hands: brew link --overwrite %s",
			o.others.items[0], f->name, f->name);
		return true;
	}
	return (links_move_aside(&found->mend, p, &o) && brew_add_link(&found->mend, p, &link)) ||
	       no_memory(e);
}

bool links_find_formula(
	const struct prefix *p, const struct formula *f, struct findings *out, struct err *e)
{
	SCOPED_CLEAR(obstacles_clear) struct obstacles o = {0};
	size_t n_broken = 0;
	const struct prefix_link *broken = links_broken(p, f->name, &n_broken);
	struct finding *found = NULL;

	if (prefix_is_linked(p, f->name) &&
		!obstacles_find(p, f->name, prefix_keg(p, f), OBSTACLES_IN_PROGRAMS, &o, e))
		return false;

	size_t n_missing = o.missing.n_items;

	if (n_broken + n_missing == 0)
		return true;
	found = links_finding(p, broken ? broken->at : o.missing.items[0], out, e);
	if (!found)
		return false;
	found->tag = LINKS_TAG_FORMULA;
	if (broken)
		finding_set(found, prefix_is_linked(p, f->name) ? "dangling" : "keg-gone",
			OUTCOME_BROKEN, "%zu link%s of %s lead%s to %s, which is gone", n_broken,
			n_broken == 1 ? "" : "s", f->name, n_broken == 1 ? "s" : "",
			broken->version);
	else
		finding_set(found, "links-missing", OUTCOME_BROKEN,
			"brew's record says that %s is linked, but %zu of its links %s missing",
			f->name, n_missing, n_missing == 1 ? "is" : "are");
	return formula_relink(p, f, found, e);
}

/* --- all formulae ------------------------------------------------------------------------------
 */

/* The finding of a formula that is gone, if there is one already. */
static struct finding *find_gone(struct findings *all, size_t from, const char *formula)
{
	char text[RECORD_TEXT_MAX];

	snprintf(text, sizeof(text), " leads to %s, which is not installed any more", formula);
	for (size_t i = from; i < all->n_items; i++)
		if (text_ends(all->items[i].item.text, text))
			return &all->items[i];
	return NULL;
}

bool links_find_gone(const struct prefix *p, bool wants_python, struct findings *out, struct err *e)
{
	size_t from = out->n_items;

	for (size_t i = 0; i < p->n_links; i++) {
		const struct prefix_link *l = &p->links[i];
		struct finding *found = NULL;

		if (l->kind != LINK_BREWS || !is_broken_of(l, l->formula) ||
			formula_is_python(l->formula) != wants_python ||
			prefix_formula(p, l->formula))
			continue;
		found = find_gone(out, from, l->formula);
		if (!found) {
			found = links_finding(p, l->at, out, e);
			if (!found)
				return false;
			finding_set(found, "formula-gone", OUTCOME_BROKEN,
				"%s leads to %s, which is not installed any more", l->at,
				l->formula);
			found->tag = LINKS_TAG_GONE;
		}
		if (!drop(&found->mend, p, l))
			return no_memory(e);
	}
	return true;
}

/* Is there a formula whose link should be there? Then it is that one's mend. */
static bool is_awaited(const struct prefix *p, const char *at)
{
	const struct formula *main = python_main(p);

	for (size_t i = 0; i < p->n_formulae; i++) {
		const struct formula *f = &p->formulae[i];

		if ((f == main || prefix_is_linked(p, f->name)) &&
			prefix_keg_has(p, f->name, prefix_keg(p, f), at))
			return true;
	}
	return false;
}

/* Somebody's own that lead nowhere are theirs: told, as brew doctor tells them. */
static bool find_own(const struct prefix *p, struct findings *out, struct err *e)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_links && n < OWN_LINKS_MAX; i++) {
		const struct prefix_link *l = &p->links[i];
		struct finding *found = NULL;

		if (l->is_live || l->kind == LINK_BREWS || text_equal(l->at, "bin/python3") ||
			is_awaited(p, l->at))
			continue;
		found = links_finding(p, l->at, out, e);
		if (!found)
			return false;
		finding_set(found, "own-link", OUTCOME_BROKEN,
			"not Homebrew's, and leads nowhere (%s): rm %s/%s", l->to, p->path, l->at);
		n++;
	}
	return true;
}

bool links_find_all(const struct prefix *p, struct findings *out, struct err *e)
{
	if (!links_find_records(p, false, out, e))
		return false;
	for (size_t i = 0; i < p->n_formulae; i++)
		if (!formula_is_python(p->formulae[i].name) &&
			!links_find_formula(p, &p->formulae[i], out, e))
			return false;
	return links_find_gone(p, false, out, e) && find_own(p, out, e);
}
