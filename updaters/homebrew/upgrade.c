/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is outdated as a finding: told, and upgraded where that may be. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/homebrew/brew.h"
#include "updaters/homebrew/links.h"
#include "updaters/homebrew/outdated.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"

enum { NAMED_MAX = 8, FRESH_S = 24 * 60 * 60 };

/* When brew last asked for news, as the files say that it writes then; 0: not known. */
static int64_t last_update(const struct owner *o, const struct prefix *p)
{
	static const char *const in_home[] = {
		".cache/Homebrew/api/formula.jws.json", ".cache/Homebrew/api/formula_aliases.txt"};
	static const char *const in_prefix[] = {"Homebrew/.git/FETCH_HEAD", ".git/FETCH_HEAD"};
	char path[PERSON_PATH_MAX];
	struct stat st;
	int64_t last = 0;

	for (size_t i = 0; i < ARRAY_SIZE(in_home); i++)
		if (person_path(o->person, in_home[i], path, sizeof(path)) &&
			stat(path, &st) == 0 && st.st_mtime > last)
			last = st.st_mtime;
	for (size_t i = 0; i < ARRAY_SIZE(in_prefix); i++)
		if (fs_join(path, sizeof(path), p->path, in_prefix[i]) && stat(path, &st) == 0 &&
			st.st_mtime > last)
			last = st.st_mtime;
	return last;
}

static void say_outdated(const struct outdated *out, struct buf *text)
{
	size_t n = out->names.n_items;

	buf_printf(text, "%zu outdated: ", n);
	for (size_t i = 0; i < n && i < NAMED_MAX; i++)
		buf_printf(text, "%s%s", i > 0 ? ", " : "", out->changes.items[i]);
	if (n > NAMED_MAX)
		buf_printf(text, " and %zu more", n - NAMED_MAX);
	if (out->moves_to[0] != '\0')
		buf_printf(text, "; python3 goes %s -> %s", out->moves_from, out->moves_to);
}

/* Pinned first; then only what was told is upgraded, because news could bring another mover. */
static bool plan_pinned(const struct prefix *p, const struct outdated *out, struct mend *m)
{
	static const char *const upgrade[] = {"upgrade", NULL};

	for (size_t i = 0; i < out->movers.n_items; i++) {
		const char *const pin[] = {"pin", out->movers.items[i], NULL};

		if (!brew_add(m, p, BREW_SOON, pin))
			return false;
	}
	return out->movers.n_items == out->names.n_items || brew_add(m, p, BREW_LONG, upgrade);
}

static bool plan_all(const struct prefix *p, struct mend *m)
{
	static const char *const update[] = {"update", NULL}, *const upgrade[] = {"upgrade", NULL};

	return brew_add(m, p, BREW_LONG, update) && brew_add(m, p, BREW_LONG, upgrade);
}

static bool plan(const struct owner *o, const struct prefix *p, const struct outdated *out,
	struct finding *f)
{
	if (!brew_may_install(o) || o->choice == OWNER_SKIP)
		return true;
	if (o->choice == OWNER_PIN && out->moves_to[0] != '\0')
		return plan_pinned(p, out, &f->mend);
	return plan_all(p, &f->mend);
}

/* Nothing is known to be outdated: is that still worth something? */
static bool find_current(const struct owner *o, const struct prefix *p, const struct outdated *out,
	struct finding *f)
{
	int64_t last = last_update(o, p), age = (int64_t)(f->seen_unix - last);

	if (age < FRESH_S || !brew_may_install(o)) {
		finding_set(f, "current", OUTCOME_CURRENT, "nothing outdated");
		return true;
	}
	if (last == 0)
		finding_set(f, "stale", OUTCOME_AVAILABLE, "brew was never updated here");
	else
		finding_set(f, "stale", OUTCOME_AVAILABLE, "brew was last updated %lld days ago",
			(long long)(age / FRESH_S));
	return plan(o, p, out, f);
}

bool outdated_find(
	const struct owner *o, const struct prefix *p, struct findings *all, struct err *e)
{
	SCOPED_CLEAR(outdated_clear) struct outdated out = {0};
	SCOPED_CLEAR(buf_clear) struct buf text = {0};
	struct finding *f = links_finding(p, "", all, e);
	struct err failed = {0};

	if (!f)
		return false;
	if (!outdated_ask(o, p, &out, &failed)) {
		/* the links are known all the same */
		finding_set(f, "brew-fails", OUTCOME_FAILED, "%s", failed.text);
		return true;
	}
	f->tag = LINKS_TAG_UPGRADE;
	f->seen_unix = clock_unix_ms() / 1000;
	text_copy_cut(f->moves_from, sizeof(f->moves_from), out.moves_from);
	text_copy_cut(f->moves_to, sizeof(f->moves_to), out.moves_to);
	if (out.names.n_items == 0)
		return find_current(o, p, &out, f) || err_set(e, ERR_INTERNAL, "no memory");
	buf_init(&text, RECORD_TEXT_MAX - 1);
	say_outdated(&out, &text);
	finding_set(f, "outdated", o->choice == OWNER_SKIP ? OUTCOME_SKIPPED : OUTCOME_AVAILABLE,
		"%s", buf_str(&text));
	return plan(o, p, &out, f) || err_set(e, ERR_INTERNAL, "no memory");
}

void outdated_say_new(const struct prefix *p, int64_t since_unix, char *out, size_t out_size)
{
	SCOPED_CLEAR(buf_clear) struct buf text = {0};
	char path[PERSON_PATH_MAX + FORMULA_NAME_MAX + KEG_VERSION_MAX];
	struct stat st;
	size_t n = 0;

	buf_init(&text, out_size - 1);
	for (size_t i = 0; i < p->n_formulae; i++) {
		const struct formula *f = &p->formulae[i];

		snprintf(
			path, sizeof(path), "%s/Cellar/%s/%s", p->path, f->name, formula_newest(f));
		if (stat(path, &st) == 0 && st.st_ctime >= since_unix)
			buf_printf(&text, "%s%s %s", n++ > 0 ? ", " : "upgraded: ", f->name,
				formula_newest(f));
	}
	text_copy_cut(out, out_size, n > 0 ? buf_str(&text) : "nothing newer was there");
}
