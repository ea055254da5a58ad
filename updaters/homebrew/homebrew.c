/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/homebrew/homebrew.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/homebrew/brew.h"
#include "updaters/homebrew/links.h"
#include "updaters/homebrew/outdated.h"
#include "updaters/homebrew/prefix.h"
#include "updaters/homebrew/python_links.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/interpreter.h"

static const char usual_prefix[] = "/home/linuxbrew/.linuxbrew";

static bool is_python_recipe(const struct owner *o)
{
	return o->recipe->formula != NULL;
}

/* --- where -------------------------------------------------------------------------------------
 */

/* Paths may be links to one another: each prefix once, by its real path. */
static bool prefixes_add(struct strings *out, const char *path)
{
	SCOPED_FREE char *real = path[0] == '/' ? realpath(path, NULL) : NULL;

	return !real || strings_has(out, real) || strings_add(out, real);
}

static bool prefixes_list(const struct owner *o, struct strings *out, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf configured = {0};
	char own[PERSON_PATH_MAX] = "", home[PERSON_PATH_MAX] = "";

	buf_init(&configured, PERSON_PATH_MAX - 1);
	if (o->recipe->prefix && !words_expand(&o->recipe->words, o->recipe->prefix,
					 WORDS_INTO_TEXT, false, &configured, e))
		return false;
	(void)!person_path(o->person, ".linuxbrew", own, sizeof(own));
	if (text_starts(buf_str(&configured), "~/"))
		(void)!person_path(o->person, buf_str(&configured) + 2, home, sizeof(home));
	return (prefixes_add(out, home[0] != '\0' ? home : buf_str(&configured)) &&
		       prefixes_add(out, o->person->brew_prefix) &&
		       prefixes_add(out, usual_prefix) && prefixes_add(out, own)) ||
	       err_set(e, ERR_INTERNAL, "no memory");
}

/* --- what may not be mended by us --------------------------------------------------------------
 */

static size_t first_broken(const struct findings *all, size_t from)
{
	while (from < all->n_items && all->items[from].item.outcome != OUTCOME_BROKEN)
		from++;
	return from;
}

static void drop_findings(struct findings *all, size_t from)
{
	for (size_t i = from; i < all->n_items; i++)
		mend_clear(&all->items[i].mend);
	all->n_items = from;
}

/* The person's terminals use it. */
static bool is_chosen(const struct owner *o, const struct prefix *p)
{
	SCOPED_FREE char *real = realpath(o->person->brew_prefix, NULL);

	return real && text_equal(real, p->path);
}

/*
 * Somebody else's: told only where the person uses it or something is broken, with whose it is and
 * what to type.
 */
static bool give_to_owner(const struct owner *o, const struct prefix *p, struct findings *all,
	size_t from, struct err *e)
{
	char whose[64], what[RECORD_TEXT_MAX / 2];
	size_t broken = first_broken(all, from);
	bool is_broken = broken < all->n_items;
	struct finding *f = NULL;

	if (is_broken)
		text_copy_cut(what, sizeof(what), all->items[broken].item.text);
	drop_findings(all, from);
	if (!is_broken && !is_chosen(o, p))
		return true;
	f = links_finding(p, "", all, e);
	if (!f)
		return false;
	person_name_of(p->uid, whose, sizeof(whose));
	if (!is_broken)
		finding_set(f, "not-yours", OUTCOME_CURRENT,
			"belongs to %s, who looks after it: sudo -u %s devupd upgrade %s", whose,
			whose, o->recipe->name);
	else if (p->uid == 0)
		finding_set(f, "owned-by-root", OUTCOME_BROKEN,
			"%s; belongs to root, for whom brew refuses to work: sudo chown -R %s %s",
			what, o->person->name, p->path);
	else
		finding_set(f, "not-yours", OUTCOME_BROKEN,
			"%s; belongs to %s: sudo -u %s devupd repair %s", what, whose, whose,
			o->recipe->name);
	return true;
}

/* Nothing can be written there: all that is wrong is told, and why it stays so. */
static void only_tell(struct findings *all, size_t from, const char *state, const char *why)
{
	for (size_t i = from; i < all->n_items; i++) {
		struct finding *f = &all->items[i];
		char text[RECORD_TEXT_MAX / 2];

		if (f->mend.n_steps == 0)
			continue;
		mend_clear(&f->mend);
		text_copy_cut(text, sizeof(text), f->item.text);
		finding_set(f, state, f->item.outcome, "%s; %s", text, why);
	}
}

static void hold_back(
	const struct owner *o, const struct prefix *p, struct findings *all, size_t from)
{
	char why[2 * RECORD_TEXT_MAX];

	if (p->is_read_only) {
		snprintf(why, sizeof(why),
			"%s can't be written to: mount it writable, or sudo chown -R %s %s",
			p->path, o->person->name, p->path);
		only_tell(all, from, "read-only", why);
	} else if (p->is_cut) {
		only_tell(all, from, "too-big", "it holds more than can be looked at: brew doctor");
	} else if (!prefix_has_brew(p)) {
		snprintf(why, sizeof(why), "%s/bin/brew is missing: install Homebrew again",
			p->path);
		only_tell(all, from, "no-brew", why);
	}
}

/* A Cellar without a keg, but links into it: a disk that is not mounted, rather than all gone. */
static bool find_absent_cellar(const struct prefix *p, struct findings *all, struct err *e)
{
	struct finding *f = NULL;

	if (p->n_broken == 0 && !p->lacks_cellar)
		return true;
	f = links_finding(p, "", all, e);
	if (f)
		finding_set(f, "no-kegs", OUTCOME_BROKEN,
			"nothing is in %s/Cellar, but %zu link%s there: is its disk mounted? "
			"sudo mount -a",
			p->path, p->n_broken, p->n_broken == 1 ? " leads" : "s lead");
	return f != NULL;
}

/* --- looking -----------------------------------------------------------------------------------
 */

static bool find_all(const struct owner *o, const struct prefix *p, struct findings *all,
	struct result *summary, struct err *e)
{
	struct finding *f = NULL;

	if (p->n_formulae == 0)
		return find_absent_cellar(p, all, e);
	if (is_python_recipe(o))
		return python_links_find(o, p, all, e);
	if (!links_find_all(p, all, e))
		return false;
	if ((o->mode == OWNER_CHECK || o->mode == OWNER_UPGRADE) && p->uid == o->person->uid &&
		prefix_has_brew(p))
		return outdated_find(o, p, all, summary, e);
	f = links_finding(p, "", all, e);
	if (f)
		finding_set(f, "sound", OUTCOME_CURRENT, "its links are sound");
	return f != NULL;
}

/* A person's own link counts as what it leads to. */
static void summarize_own(
	const struct prefix *p, const struct prefix_link *l, struct result *summary)
{
	struct interpreter i = {0};
	char path[PERSON_PATH_MAX];

	if (fs_join(path, sizeof(path), p->path, l->at) && interpreter_look(path, &i))
		text_copy_cut(summary->installed, sizeof(summary->installed), i.version);
}

/* Which prefix is meant need not be said of the usual one. */
static void summarize_broken(const struct owner *o, const struct prefix *p, const struct item *item,
	struct result *summary)
{
	char where[PERSON_PATH_MAX];

	person_shorten(o->person, p->path, where, sizeof(where));
	if (text_equal(p->path, usual_prefix))
		text_copy_cut(summary->text, sizeof(summary->text), item->text);
	else
		snprintf(
			summary->text, sizeof(summary->text), "%.900s: %.1000s", where, item->text);
}

/* In the table: the keg that python3 is, or should be; else how many formulae there are. */
static void summarize(const struct owner *o, const struct prefix *p, const struct findings *all,
	size_t from, struct result *summary)
{
	const struct formula *main = python_main(p);
	const struct prefix_link *l = prefix_link(p, "bin/python3");

	if (summary->installed[0] != '\0' || p->n_formulae == 0)
		return;
	if (!main)
		main = python_newest(p);
	if (!is_python_recipe(o))
		snprintf(summary->installed, sizeof(summary->installed), "%zu formula%s",
			p->n_formulae, p->n_formulae == 1 ? "" : "e");
	else if (l && l->is_live && l->kind == LINK_OWN)
		summarize_own(p, l, summary);
	else if (l && l->is_live && l->kind == LINK_BREWS)
		text_copy_cut(summary->installed, sizeof(summary->installed), l->version);
	else if (main)
		text_copy_cut(summary->installed, sizeof(summary->installed), prefix_keg(p, main));
	/* of a prefix it is its own finding that tells most */
	for (size_t i = from; i < all->n_items; i++)
		if (all->items[i].item.outcome == OUTCOME_BROKEN)
			summarize_broken(o, p, &all->items[i].item, summary);
}

/* What `doctor python` shows of it: where bin/python3 leads, sound or not. */
static void describe(
	const struct owner *o, const struct prefix *p, struct findings *all, size_t from)
{
	struct interpreter i = {0};
	char path[PERSON_PATH_MAX];

	if (o->mode != OWNER_DOCTOR || !is_python_recipe(o) ||
		!fs_join(path, sizeof(path), p->path, "bin/python3"))
		return;
	interpreter_look(path, &i);
	for (size_t n = from; n < all->n_items; n++) {
		struct finding *f = &all->items[n];

		if (f->tag != LINKS_TAG_PYTHON3)
			continue;
		text_copy_cut(f->who, sizeof(f->who), "homebrew");
		text_copy_cut(f->minor, sizeof(f->minor), i.real[0] != '\0' ? i.minor : "");
		text_copy_cut(f->runs, sizeof(f->runs), i.real);
		text_copy_cut(f->version, sizeof(f->version), i.version);
		text_copy_cut(f->through, sizeof(f->through), path);
	}
}

/*
 * All that is to be known of it. Of Python the programs and records tell that something is wrong;
 * only then the folders below are gone through.
 */
static bool read_enough(const struct owner *o, const char *path, struct prefix *out, struct err *e)
{
	if (!is_python_recipe(o))
		return prefix_read(path, PREFIX_DEEP, out, e);
	if (!prefix_read(path, PREFIX_SHALLOW, out, e))
		return false;
	if (out->n_broken == 0)
		return true;
	prefix_clear(out);
	return prefix_read(path, PREFIX_DEEP, out, e);
}

static bool look_at(const struct owner *o, const char *path, struct findings *all,
	struct result *summary, struct err *e)
{
	SCOPED_CLEAR(prefix_clear) struct prefix p = {0};
	size_t from = all->n_items;
	struct err failed = {0};

	/* root looks after its owner, too: it is told there, and may be closed to all others */
	if (o->by_root && !prefix_is_of(path, o->person->uid))
		return true;
	if (!read_enough(o, path, &p, &failed)) {
		if (!err_is_set(&failed))
			return true;
		*e = failed;
		return false;
	}
	if (!find_all(o, &p, all, summary, e))
		return false;
	if (p.uid != o->person->uid) {
		if (!give_to_owner(o, &p, all, from, e))
			return false;
	} else {
		hold_back(o, &p, all, from);
	}
	if (all->n_items == from)
		return true;
	summarize(o, &p, all, from, summary);
	describe(o, &p, all, from);
	return true;
}

static bool homebrew_look(
	const struct owner *o, struct findings *out, struct result *summary, struct err *e)
{
	SCOPED_CLEAR(strings_clear) struct strings prefixes = {0};

	if (!prefixes_list(o, &prefixes, e))
		return false;
	for (size_t i = 0; i < prefixes.n_items; i++)
		if (!look_at(o, prefixes.items[i], out, summary, e))
			return false;
	return true;
}

/* --- proving -----------------------------------------------------------------------------------
 */

static bool prove_python3(
	const struct owner *o, const char *prefix, char *out_text, size_t text_size, struct err *e)
{
	/* the libraries that break first when a keg is half there */
	static const char code[] =
		"import ssl, sqlite3, platform; print(platform.python_version())";
	char path[PERSON_PATH_MAX], version[64];

	if (!fs_join(path, sizeof(path), prefix, "bin/python3"))
		return err_set(e, ERR_INTERNAL, "%s: too long a path", prefix);
	if (!interpreter_run(o->person, path, code, version, sizeof(version), e))
		return err_within(e, "%s", path);
	snprintf(
		out_text, text_size, "python3 runs: %s (terminals already open: hash -r)", version);
	return true;
}

static bool prove_upgrade(
	const struct finding *before, char *out_text, size_t text_size, struct err *e)
{
	SCOPED_CLEAR(prefix_clear) struct prefix p = {0};
	struct err failed = {0};

	if (!prefix_read(before->item.path, PREFIX_SHALLOW, &p, &failed)) {
		*e = failed;
		return err_is_set(&failed) ? false
					   : err_set(e, ERR_BREW, "%s is gone", before->item.path);
	}
	outdated_say_new(&p, before->seen_unix, out_text, text_size);
	return true;
}

/* What is a link must lead somewhere, or be gone with what it led to. */
static bool prove_links(
	const struct finding *before, char *out_text, size_t text_size, struct err *e)
{
	struct stat st;
	bool is_there = stat(before->item.path, &st) == 0;

	if (!is_there && lstat(before->item.path, &st) == 0)
		return err_set(e, ERR_BREW, "%s still leads nowhere", before->item.path);
	snprintf(out_text, text_size, "%s", is_there ? "leads to what is installed" : "is gone");
	return true;
}

static bool prove_pin(const struct finding *before, char *out_text, size_t text_size, struct err *e)
{
	const char *name = strrchr(before->item.path, '/') + 1;
	struct stat st;

	if (stat(before->item.path, &st) != 0)
		return err_set(e, ERR_BREW, "%s is not pinned", name);
	snprintf(out_text, text_size, "pinned: brew unpin %s lets it be upgraded", name);
	return true;
}

static bool homebrew_prove(const struct owner *o, const struct finding *before,
	const struct finding *now, char *out_text, size_t text_size, struct err *e)
{
	(void)now; /* it was found sound: that is asked before us */
	switch ((enum links_tag)before->tag) {
	case LINKS_TAG_PYTHON3: return prove_python3(o, before->prefix, out_text, text_size, e);
	case LINKS_TAG_UPGRADE: return prove_upgrade(before, out_text, text_size, e);
	case LINKS_TAG_PIN: return prove_pin(before, out_text, text_size, e);
	default: return prove_links(before, out_text, text_size, e);
	}
}

const struct owner_updater homebrew_updater = {
	.kind = "homebrew",
	.look = homebrew_look,
	.prove = homebrew_prove,
};
