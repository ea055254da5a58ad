/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is outdated as a finding: told, and upgraded where that may be. */
#include <stdio.h>
#include <stdlib.h>
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

static void say_list(const struct strings *list, struct buf *text)
{
	size_t n = list->n_items;

	for (size_t i = 0; i < n && i < NAMED_MAX; i++)
		buf_printf(text, "%s%s", i > 0 ? ", " : "", list->items[i]);
	if (n > NAMED_MAX)
		buf_printf(text, " and %zu more", n - NAMED_MAX);
}

static void say_outdated(const struct outdated *out, struct buf *text)
{
	if (out->names.n_items == 0) {
		buf_puts(text, "nothing outdated");
	} else {
		buf_printf(text, "%zu outdated: ", out->names.n_items);
		say_list(&out->changes, text);
	}
	if (out->moves_to[0] != '\0')
		buf_printf(text, "; python3 goes %s -> %s", out->moves_from, out->moves_to);
	if (out->pinned.n_items == 0)
		return;
	buf_puts(text, "; pinned: ");
	say_list(&out->pinned, text);
	buf_puts(text, ": brew unpin NAME lets it be upgraded");
}

/* --- news ---------------------------------------------------------------------------------------
 */

/* What brew knows of what is newest. */
struct news {
	int64_t last_unix; /* 0: never asked */
	bool is_old;
	bool is_unseen; /* asked only now, after a person was asked about what was known before */
};

static void say_age(const struct news *news, int64_t now_unix, struct buf *text)
{
	long long days = (long long)((now_unix - news->last_unix) / FRESH_S);

	if (news->last_unix == 0)
		buf_puts(text, "brew was never updated here");
	else
		buf_printf(
			text, "brew was last updated %lld day%s ago", days, days == 1 ? "" : "s");
}

/*
 * The plan that a person is asked about must be true, so brew asks for news before it is made; a
 * look that mends does so only where that failed before, and then upgrades nothing. Young news will
 * do where there are no newer ones.
 */
static bool news_fetch(
	const struct owner *o, const struct prefix *p, struct news *news, struct err *e)
{
	bool is_late = o->mends && o->mode == OWNER_UPGRADE && news->is_old;

	if (!brew_may_install(o) || p->is_read_only || (!o->may_refresh && !is_late))
		return true;
	if (!brew_refresh(o, p, e))
		return !news->is_old;
	news->is_old = false;
	news->is_unseen = is_late;
	return true;
}

/* --- the plan -----------------------------------------------------------------------------------
 */

/* Each is a mend of its own, which can be taken back; an upgrade can't. */
static bool find_pins(
	const struct prefix *p, const struct outdated *out, struct findings *all, struct err *e)
{
	for (size_t i = 0; i < out->movers.n_items; i++) {
		const char *name = out->movers.items[i], *slash = strrchr(name, '/');
		const char *const pin[] = {"pin", name, NULL};
		char at[sizeof("var/homebrew/pinned/") + FORMULA_NAME_MAX];

		snprintf(at, sizeof(at), "var/homebrew/pinned/%s", slash ? slash + 1 : name);

		struct finding *f = links_finding(p, at, all, e);

		if (!f)
			return false;
		f->tag = LINKS_TAG_PIN;
		finding_set(f, "moves-python3", OUTCOME_AVAILABLE, "%s moves python3 %s -> %s",
			name, out->moves_from, out->moves_to);
		if (!brew_add(&f->mend, p, BREW_SOON, pin))
			return err_set(e, ERR_INTERNAL, "no memory");
	}
	return true;
}

/* What is left when those are pinned. */
static bool drop_movers(struct outdated *out)
{
	struct outdated rest = {0};
	bool ok = true;

	for (size_t i = 0; ok && i < out->names.n_items; i++) {
		bool is_mover = strings_has(&out->movers, out->names.items[i]);

		ok = strings_add(is_mover ? &rest.pinned : &rest.changes, out->changes.items[i]) &&
		     (is_mover || strings_add(&rest.names, out->names.items[i]));
	}
	for (size_t i = 0; ok && i < out->pinned.n_items; i++)
		ok = strings_add(&rest.pinned, out->pinned.items[i]);
	outdated_clear(out);
	*out = rest;
	return ok;
}

/* A person chose to stay with this python3: what would move it is pinned, the rest goes on. */
static bool pin_movers(const struct owner *o, const struct prefix *p, struct outdated *out,
	struct findings *all, struct err *e)
{
	if (o->choice != OWNER_PIN || out->movers.n_items == 0 || !brew_may_install(o))
		return true;
	return find_pins(p, out, all, e) &&
	       (drop_movers(out) || err_set(e, ERR_INTERNAL, "no memory"));
}

/* By name: whatever became of the pins, nothing else is upgraded. */
static bool plan_rest(const struct prefix *p, const struct outdated *out, struct mend *m)
{
	SCOPED_FREE const char **words = calloc(out->names.n_items + 2, sizeof(*words));

	if (!words)
		return false;
	words[0] = "upgrade";
	for (size_t i = 0; i < out->names.n_items; i++)
		words[i + 1] = out->names.items[i];
	return brew_add(m, p, BREW_LONG, words);
}

static bool plan_all(const struct prefix *p, const struct news *news, struct mend *m)
{
	static const char *const update[] = {"update", NULL}, *const upgrade[] = {"upgrade", NULL};

	return (!news->is_old || brew_add(m, p, BREW_LONG, update)) &&
	       brew_add(m, p, BREW_LONG, upgrade);
}

static bool plan(const struct owner *o, const struct prefix *p, const struct outdated *out,
	const struct news *news, struct mend *m)
{
	if (!brew_may_install(o) || o->choice == OWNER_SKIP || news->is_unseen)
		return true;
	if (o->choice != OWNER_PIN)
		return plan_all(p, news, m);
	/* nobody told which formula moves python3: any of them may */
	return out->moves_to[0] != '\0' || plan_rest(p, out, m);
}

/* --- the finding at the prefix ------------------------------------------------------------------
 */

enum state { STATE_CURRENT, STATE_STALE, STATE_OUTDATED };
static const char *const state_words[] = {"current", "stale", "outdated"};

static enum state state_of(
	const struct owner *o, const struct outdated *out, const struct news *news)
{
	bool needs_news = news->is_old && brew_may_install(o) && o->choice != OWNER_PIN;

	if (out->names.n_items > 0)
		return STATE_OUTDATED;
	return needs_news ? STATE_STALE : STATE_CURRENT;
}

static void say_state(const struct owner *o, const struct outdated *out, const struct news *news,
	enum state state, struct buf *text)
{
	if (state != STATE_STALE)
		say_outdated(out, text);
	if (state == STATE_OUTDATED && news->is_unseen)
		buf_printf(text, "; brew knows it only now: devupd upgrade %s", o->recipe->name);
	if (state == STATE_CURRENT || !news->is_old)
		return;
	buf_puts(text, state == STATE_OUTDATED ? "; " : "");
	say_age(news, clock_unix_ms() / 1000, text);
}

static bool find_rest(const struct owner *o, const struct prefix *p, const struct outdated *out,
	const struct news *news, struct finding *f)
{
	SCOPED_CLEAR(buf_clear) struct buf text = {0};
	enum state state = state_of(o, out, news);
	enum outcome outcome = state == STATE_CURRENT    ? OUTCOME_CURRENT
			       : o->choice == OWNER_SKIP ? OUTCOME_SKIPPED
							 : OUTCOME_AVAILABLE;

	f->tag = LINKS_TAG_UPGRADE;
	f->seen_unix = clock_unix_ms() / 1000;
	memcpy(f->moves_from, out->moves_from, sizeof(f->moves_from));
	memcpy(f->moves_to, out->moves_to, sizeof(f->moves_to));
	buf_init(&text, RECORD_TEXT_MAX - 1);
	say_state(o, out, news, state, &text);
	finding_set(f, state_words[state], outcome, "%s", buf_str(&text));
	return state == STATE_CURRENT || plan(o, p, out, news, &f->mend);
}

bool outdated_find(const struct owner *o, const struct prefix *p, struct findings *all,
	struct result *summary, struct err *e)
{
	SCOPED_CLEAR(outdated_clear) struct outdated out = {0};
	struct news news = {.last_unix = last_update(o, p)};
	struct finding *f = NULL;
	struct err failed = {0};

	news.is_old = clock_unix_ms() / 1000 - news.last_unix >= FRESH_S;

	bool is_told = news_fetch(o, p, &news, &failed) && outdated_ask(o, p, &out, &failed);

	if (is_told && !pin_movers(o, p, &out, all, e))
		return false;
	f = links_finding(p, "", all, e);
	if (!f)
		return false;
	if (is_told)
		return find_rest(o, p, &out, &news, f) || err_set(e, ERR_INTERNAL, "no memory");
	/* the links are known all the same */
	finding_set(f, "brew-fails", OUTCOME_FAILED, "%s", failed.text);
	summary->error = failed;
	return true;
}

void outdated_say_new(const struct prefix *p, int64_t since_unix, char *out, size_t out_size)
{
	SCOPED_CLEAR(buf_clear) struct buf text = {0};
	char path[PERSON_PATH_MAX + FORMULA_NAME_MAX + KEG_VERSION_MAX + 32];
	struct stat st;
	size_t n = 0;

	buf_init(&text, out_size - 1);
	for (size_t i = 0; i < p->n_formulae; i++) {
		const struct formula *f = &p->formulae[i];

		/* written as it is poured; the keg's own folder changes whenever it is used */
		snprintf(path, sizeof(path), "%s/Cellar/%s/%s/INSTALL_RECEIPT.json", p->path,
			f->name, formula_newest(f));
		if (stat(path, &st) == 0 && st.st_ctime >= since_unix)
			buf_printf(&text, "%s%s %s", n++ > 0 ? ", " : "upgraded: ", f->name,
				formula_newest(f));
	}
	text_copy_cut(out, out_size, n > 0 ? buf_str(&text) : "nothing newer was there");
}
