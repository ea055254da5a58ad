/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/homebrew/python_links.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/homebrew/brew.h"
#include "updaters/homebrew/links.h"
#include "updaters/homebrew/terminal_python.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/interpreter.h"

enum { ALIASES_BYTES_MAX = 4 << 20, SHEBANG_MAX = 512 };

static const char python3_at[] = "bin/python3";

enum python_state {
	PYTHON_SOUND,
	PYTHON_MISSING,
	PYTHON_UNLINKED,
	PYTHON_DANGLING,
	PYTHON_OLDER,
	PYTHON_IN_WAY,
	PYTHON_OWN,
	PYTHON_OWN_DEAD,
	PYTHON_DISAGREES,
	PYTHON_KEG_ONLY,
	PYTHON_N_STATES
};
static const struct {
	const char *word;
	enum outcome outcome;
	bool is_mended;
} states[PYTHON_N_STATES] = {
	[PYTHON_SOUND] = {"sound", OUTCOME_CURRENT, false},
	[PYTHON_MISSING] = {"links-missing", OUTCOME_BROKEN, true},
	[PYTHON_UNLINKED] = {"not-linked", OUTCOME_BROKEN, true},
	[PYTHON_DANGLING] = {"dangling", OUTCOME_BROKEN, true},
	[PYTHON_OLDER] = {"older-holds", OUTCOME_BROKEN, true},
	[PYTHON_IN_WAY] = {"in-the-way", OUTCOME_BROKEN, true},
	[PYTHON_OWN] = {"own-link", OUTCOME_CURRENT, false},
	[PYTHON_OWN_DEAD] = {"own-link", OUTCOME_BROKEN, true},
	[PYTHON_DISAGREES] = {"pip3-disagrees", OUTCOME_BROKEN, true},
	[PYTHON_KEG_ONLY] = {"keg-only", OUTCOME_CURRENT, false},
};

/* A prefix whose python3 should be main's. */
struct look {
	const struct owner *o;
	const struct prefix *p;
	const struct formula *main;
	const char *version;              /* of its keg */
	const struct prefix_link *l;      /* bin/python3; NULL: no link is there */
	const struct prefix_link *broken; /* one of main's links that lead nowhere */
	enum keg_only only;
	bool is_linked;
	struct obstacles obstacles;
};

/* --- which formula -----------------------------------------------------------------------------
 */

static int minor_order(const struct formula *a, const struct formula *b)
{
	char minor_a[8] = "3", minor_b[8] = "3";

	/* "python" has its version in the keg alone */
	if (!interpreter_minor_of(a->name, minor_a))
		text_copy_cut(minor_a, sizeof(minor_a), formula_newest(a));
	if (!interpreter_minor_of(b->name, minor_b))
		text_copy_cut(minor_b, sizeof(minor_b), formula_newest(b));
	return interpreter_minor_compare(minor_a, minor_b);
}

static const struct formula *newest_of(const struct prefix *p, bool must_hold_python3)
{
	const struct formula *best = NULL;

	for (size_t i = 0; i < p->n_formulae; i++) {
		const struct formula *f = &p->formulae[i];

		if (!formula_is_python(f->name) ||
			(must_hold_python3 &&
				!prefix_keg_has(p, f->name, prefix_keg(p, f), python3_at)))
			continue;
		if (!best || minor_order(f, best) > 0)
			best = f;
	}
	return best;
}

const struct formula *python_main(const struct prefix *p)
{
	return newest_of(p, true);
}

const struct formula *python_newest(const struct prefix *p)
{
	return newest_of(p, false);
}

bool python_alias(const struct person *person, char *out, size_t out_size)
{
	static const char at[] = ".cache/Homebrew/api/formula_aliases.txt", row[] = "python3|";
	char path[PERSON_PATH_MAX];
	SCOPED_FREE char *text = NULL;

	if (!person_path(person, at, path, sizeof(path)) ||
		!fs_read(path, ALIASES_BYTES_MAX, &text, NULL, NULL))
		return false;

	char *cursor = text;

	for (char *line = text_next(&cursor, '\n'); line; line = text_next(&cursor, '\n'))
		if (text_starts(line, row) && formula_is_python(line + strlen(row)))
			return text_copy(out, out_size, line + strlen(row));
	return false;
}

/* --- what is wrong -----------------------------------------------------------------------------
 */

/* Does a script that somebody's pip put in brew's place run another Python than main? */
static bool pip3_disagrees(const struct look *k)
{
	char path[PATH_MAX], minor[8], wanted[8];
	SCOPED_FREE char *text = NULL;

	if (!strings_has(&k->obstacles.foreign, "bin/pip3") ||
		!fs_join(path, sizeof(path), k->p->path, "bin/pip3") ||
		!fs_read(path, 1 << 16, &text, NULL, NULL) || !text_starts(text, "#!"))
		return false;
	text[strcspn(text, "\n")] = '\0';
	return interpreter_minor_of(text, minor) && interpreter_minor_of(k->main->name, wanted) &&
	       !text_equal(minor, wanted);
}

static enum python_state judge_others(const struct look *k)
{
	if (strings_has(&k->obstacles.others, "bin/pip3") || pip3_disagrees(k))
		return PYTHON_DISAGREES;
	if (k->broken)
		return PYTHON_DANGLING;
	if (k->is_linked)
		return k->obstacles.missing.n_items > 0 ? PYTHON_MISSING : PYTHON_SOUND;
	return k->only == KEG_LINKED ? PYTHON_UNLINKED : PYTHON_SOUND;
}

static enum python_state judge(const struct look *k)
{
	const struct prefix_link *l = k->l;

	if (l && l->kind == LINK_OWN)
		return l->is_live ? PYTHON_OWN : PYTHON_OWN_DEAD;
	if (strings_has(&k->obstacles.foreign, python3_at))
		return PYTHON_IN_WAY;
	if (l && !l->is_live)
		return PYTHON_DANGLING;
	if (l && !text_equal(l->formula, k->main->name))
		return PYTHON_OLDER;
	if (l)
		return judge_others(k);
	if (k->is_linked)
		return PYTHON_MISSING;
	return k->only == KEG_LINKED ? PYTHON_UNLINKED : PYTHON_KEG_ONLY;
}

/* Who wants an older minor as python3 has a folder of it for PATH. */
static void say_path(const struct prefix *p, const struct formula *f, struct buf *out)
{
	buf_printf(out, "export PATH=\"%s/opt/%s/libexec/bin:$PATH\" makes %s python3", p->path,
		f->name, f->name);
}

static void say_older_minor(const struct look *k, struct buf *out)
{
	const struct formula *best = NULL;

	for (size_t i = 0; i < k->p->n_formulae; i++) {
		const struct formula *f = &k->p->formulae[i];

		if (f != k->main && formula_is_python(f->name) &&
			prefix_keg_has(k->p, f->name, prefix_keg(k->p, f), "libexec/bin/python3") &&
			(!best || minor_order(f, best) > 0))
			best = f;
	}
	if (!best)
		return;
	buf_puts(out, "; ");
	say_path(k->p, best, out);
}

static void say_sound(const struct look *k, struct buf *out)
{
	buf_printf(out, "python3 is %s %s", k->main->name, k->version);
	if (prefix_is_pinned(k->p, k->main->name))
		buf_printf(out, ", pinned: brew unpin %s lets it be upgraded", k->main->name);
	if (k->o->mode == OWNER_DOCTOR)
		say_older_minor(k, out);
}

static void say_missing(const struct look *k, struct buf *out)
{
	buf_printf(out, "%s is missing", k->l ? k->obstacles.missing.items[0] : python3_at);
}

static void say_unlinked(const struct look *k, struct buf *out)
{
	if (!k->l)
		buf_puts(out, "bin/python3 is missing: ");
	buf_printf(out, "%s %s is installed and not linked", k->main->name, k->version);
}

static void say_dangling(const struct look *k, struct buf *out)
{
	const struct prefix_link *l = k->l && !k->l->is_live ? k->l : k->broken;

	buf_printf(out, "%s leads to %s %s, which is gone", l->at, l->formula, l->version);
}

static void say_older(const struct look *k, struct buf *out)
{
	buf_printf(out, "bin/python3 belongs to %s %s, not to %s", k->l->formula, k->l->version,
		k->main->name);
	say_older_minor(k, out);
}

static void say_in_way(const struct look *k, struct buf *out)
{
	if (k->l)
		buf_printf(out, "bin/python3 is a link to %s, not Homebrew's", k->l->to);
	else
		buf_puts(out, "bin/python3 is a file that is not Homebrew's");
}

static void say_own(const struct look *k, struct buf *out)
{
	buf_printf(out,
		"bin/python3 is a link of your own to %s: an upgrade of that keg breaks it; "
		"rm %s/bin/python3 && brew link --overwrite %s makes it Homebrew's",
		k->l->to, k->p->path, k->main->name);
}

static void say_own_dead(const struct look *k, struct buf *out)
{
	buf_printf(out, "bin/python3 is a link of your own to %s, which is gone", k->l->to);
}

static void say_disagrees(const struct look *k, struct buf *out)
{
	const struct prefix_link *pip = prefix_link(k->p, "bin/pip3");

	buf_printf(out, "pip3 is %s's, python3 is %s's",
		pip && pip->kind == LINK_BREWS ? pip->formula : "another Python", k->main->name);
}

static void say_keg_only(const struct look *k, struct buf *out)
{
	buf_printf(out,
		"%s is keg-only: brew link --force %s, or export PATH=\"%s/opt/%s/bin:$PATH\"",
		k->main->name, k->main->name, k->p->path, k->main->name);
}

static void (*const say[PYTHON_N_STATES])(const struct look *k, struct buf *out) = {
	[PYTHON_SOUND] = say_sound,
	[PYTHON_MISSING] = say_missing,
	[PYTHON_UNLINKED] = say_unlinked,
	[PYTHON_DANGLING] = say_dangling,
	[PYTHON_OLDER] = say_older,
	[PYTHON_IN_WAY] = say_in_way,
	[PYTHON_OWN] = say_own,
	[PYTHON_OWN_DEAD] = say_own_dead,
	[PYTHON_DISAGREES] = say_disagrees,
	[PYTHON_KEG_ONLY] = say_keg_only,
};

/* --- findings ----------------------------------------------------------------------------------
 */

static bool plan_main(const struct look *k, struct mend *m, struct err *e)
{
	struct brew_link link = {.formula = k->main->name,
		.unlinks = k->is_linked,
		.overwrites = k->obstacles.others.n_items > 0 || k->obstacles.has_older,
		.forces = k->only == KEG_ONLY};

	if (links_drop_broken(m, k->p, k->main->name) && links_move_aside(m, k->p, &k->obstacles) &&
		brew_add_link(m, k->p, &link))
		return true;
	return err_set(e, ERR_INTERNAL, "no memory");
}

static bool find_main(struct look *k, struct findings *out, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf text = {0};
	size_t n = 0;
	struct finding *f = links_finding(k->p, "", out, e);

	if (!f || !obstacles_find(
			  k->p, k->main->name, k->version, OBSTACLES_EVERYWHERE, &k->obstacles, e))
		return false;
	k->broken = links_broken(k->p, k->main->name, &n);

	enum python_state state = judge(k);

	buf_init(&text, RECORD_TEXT_MAX - 1);
	say[state](k, &text);
	terminal_python_say(k->o, k->p, states[state].outcome == OUTCOME_CURRENT, &text);
	finding_set(f, states[state].word, states[state].outcome, "%s", buf_str(&text));
	f->tag = LINKS_TAG_PYTHON3;
	if (!interpreter_minor_of(k->main->name, f->minor))
		f->minor[0] = '\0';
	if (!states[state].is_mended || !k->obstacles.is_cut)
		return !states[state].is_mended || plan_main(k, &f->mend, e);
	links_say_cut(f, k->main->name);
	return true;
}

/* No installed formula holds python3: only an install brings it back. */
static bool find_moved(const struct owner *o, const struct prefix *p, const struct formula *newest,
	struct findings *out, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf text = {0};
	const struct prefix_link *l = prefix_link(p, python3_at);
	char name[FORMULA_NAME_MAX] = "python3", path[PATH_MAX];
	struct finding *f = links_finding(p, "", out, e);
	struct stat st;
	bool is_there = fs_join(path, sizeof(path), p->path, python3_at) && stat(path, &st) == 0;

	if (!f)
		return false;
	buf_init(&text, RECORD_TEXT_MAX - 1);
	/* what brew means by python3 now; without news what it knew last */
	if (o->may_refresh && brew_may_install(o) && p->uid == o->person->uid && prefix_has_brew(p))
		(void)!brew_refresh(o, p, NULL);
	(void)!python_alias(o->person, name, sizeof(name));
	if (is_there) {
		buf_printf(&text, "no formula holds python3; bin/python3 is %s",
			l ? l->to : "somebody's own file");
	} else {
		buf_printf(&text,
			"bin/python3 %s: %s does not hold it any more; brew install %s brings it, ",
			l ? "leads nowhere" : "is missing", newest->name, name);
		say_path(p, newest, &text);
	}
	terminal_python_say(o, p, is_there, &text);
	finding_set(f, "default-moved", is_there ? OUTCOME_CURRENT : OUTCOME_BROKEN, "%s",
		buf_str(&text));
	f->tag = LINKS_TAG_PYTHON3;
	if (is_there || !brew_may_install(o))
		return true;

	const char *const words[] = {"install", name, NULL};

	return brew_add(&f->mend, p, BREW_LONG, words) || err_set(e, ERR_INTERNAL, "no memory");
}

bool python_links_find(
	const struct owner *o, const struct prefix *p, struct findings *out, struct err *e)
{
	struct look k = {.o = o, .p = p, .main = python_main(p), .l = prefix_link(p, python3_at)};
	const struct formula *newest = python_newest(p);

	if (!links_find_records(p, true, out, e))
		return false;
	for (size_t i = 0; i < p->n_formulae; i++)
		if (formula_is_python(p->formulae[i].name) && &p->formulae[i] != k.main &&
			!links_find_formula(p, &p->formulae[i], out, e))
			return false;
	if (!links_find_gone(p, true, out, e))
		return false;
	if (!newest)
		return true;
	if (!k.main)
		return find_moved(o, p, newest, out, e);
	k.version = prefix_keg(p, k.main);
	k.only = prefix_keg_only(p, k.main->name, k.version);
	k.is_linked = prefix_is_linked(p, k.main->name);

	bool ok = find_main(&k, out, e);

	obstacles_clear(&k.obstacles);
	return ok;
}
