/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said of a name when its sources have been asked. */
#include "updaters/deb/inspect.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "updaters/lib/clock.h"

static const struct recipe *recipe_of(const struct inspect *t)
{
	return t->q.in.recipe;
}

/* "from source 2 (https://...), of 2026-08-21": one address may be read by several. */
static void trace_source(const struct candidate *c, char *out, size_t out_size)
{
	char day[CLOCK_TEXT_MAX] = "";

	clock_format(c->date_unix_ms, day, sizeof(day));
	day[strcspn(day, "T")] = '\0';
	if (c->source < RECIPE_SOURCES_MAX)
		snprintf(out, out_size, "from source %zu (%s)%s%s", c->source + 1, c->page,
			c->date_unix_ms > 0 ? ", of " : "", c->date_unix_ms > 0 ? day : "");
	else
		snprintf(out, out_size, "from the archive");
}

static void trace_candidates(struct inspect *t)
{
	char source[URL_MAX + 64];

	for (size_t i = 0; i < t->candidates.n_items; i++) {
		const struct candidate *c = &t->candidates.items[i];
		const char *objection = choice_objection(&t->choice, c);

		trace_source(c, source, sizeof(source));
		if (i == t->chosen)
			inquiry_trace_candidate(
				&t->q, c->url, true, "%s: taken; %s", c->version, source);
		else
			inquiry_trace_candidate(&t->q, c->url, false, "%s%s%s; %s", c->version,
				c->version[0] != '\0' ? ": " : "",
				objection != NULL ? objection : "another one was taken", source);
	}
}

/* --- how each source answered ------------------------------------------------ */

/* One address may be read by several sources: the one that is ailing is to be heard of. */
static struct reply *reply_of(struct result *r, const char *source)
{
	for (size_t i = 0; i < r->n_replies; i++)
		if (text_equal(r->replies[i].source, source))
			return &r->replies[i];

	struct reply *added = result_add_reply(r);

	if (added != NULL)
		text_copy_cut(added->source, sizeof(added->source), source);
	return added;
}

/* Of the sources that were asked over the net now. */
static void note_replies(struct inspect *t)
{
	const struct recipe *r = recipe_of(t);

	for (size_t i = 0; i < r->n_sources && !t->q.in.offline; i++) {
		const struct find_outcome *o = &t->find.outcomes[i];
		SCOPED_CLEAR(buf_clear) struct buf url = {0};
		struct err ignored = {0};
		struct reply *reply;

		buf_init(&url, URL_MAX - 1);
		if ((o->n_usable == 0 && !err_is_set(&o->error)) ||
			!words_expand(&r->words, r->sources[i].address, WORDS_INTO_TEXT, false,
				&url, &ignored))
			continue;
		reply = reply_of(&t->q.result, buf_str(&url));
		if (reply != NULL && reply->reason[0] == '\0')
			text_escape(o->error.text, strlen(o->error.text), reply->reason,
				sizeof(reply->reason));
	}
}

static void inspect_settle(struct inspect *t, enum outcome outcome)
{
	trace_candidates(t);
	note_replies(t);
	inquiry_keep_rest(&t->q);
	if (t->find.limited[0] != '\0' && t->q.result.text[0] == '\0')
		text_copy_cut(t->q.result.text, sizeof(t->q.result.text), t->find.limited);
	t->q.result.outcome = outcome;
	t->stage = INSPECT_DONE;
}

void inspect_fail(struct inspect *t, enum step step, const struct err *e)
{
	inspect_settle(t, OUTCOME_FAILED);
	result_fail(&t->q.result, step, e);
}

static void inspect_say(struct inspect *t, const char *format, ...) PRINTF_LIKE(2, 3);

static void inspect_say(struct inspect *t, const char *format, ...)
{
	char text[RECORD_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text_escape(text, strlen(text), t->q.result.text, sizeof(t->q.result.text));
}

/* The highest usable one; of all sources where source is SIZE_MAX. */
static const struct candidate *highest(const struct inspect *t, size_t source, bool is_dead)
{
	const struct candidate *best = NULL;

	for (size_t i = 0; i < t->candidates.n_items; i++) {
		const struct candidate *c = &t->candidates.items[i];

		if (c->is_refused || c->is_dead != is_dead ||
			(source != SIZE_MAX && c->source != source))
			continue;
		if (best == NULL || dpkg_version_compare(c->version, best->version) > 0)
			best = c;
	}
	return best;
}

void inspect_end_current(struct inspect *t)
{
	const struct candidate *c = highest(t, t->source, false);
	int order = c != NULL ? dpkg_version_compare(c->version, t->choice.installed) : 0;

	if (c != NULL) {
		candidate_release(c, &t->q.result.release);
		text_copy_cut(t->q.result.available, sizeof(t->q.result.available), c->version);
	}
	if (c != NULL && (t->choice.installed[0] == '\0' || order > 0)) {
		inspect_say(t, "%s is skipped: devupd unskip %s", c->version, recipe_of(t)->name);
		inspect_settle(t, OUTCOME_SKIPPED);
		return;
	}
	if (c != NULL && order < 0)
		inspect_say(t,
			"the vendor now offers %s, older than the %s installed: withdrawn? "
			"devupd rollback %s",
			c->version, t->choice.installed, recipe_of(t)->name);
	inspect_settle(t, OUTCOME_CURRENT);
}

/* Its own source's word; else the first one's that names the same version. */
static int64_t date_of(const struct inspect *t, const struct candidate *c)
{
	int64_t date = c->date_unix_ms;

	for (size_t i = 0; date == 0 && i < t->candidates.n_items; i++)
		if (!t->candidates.items[i].is_refused &&
			dpkg_version_compare(t->candidates.items[i].version, c->version) == 0)
			date = t->candidates.items[i].date_unix_ms;
	return date;
}

void inspect_end_chosen(struct inspect *t)
{
	const struct candidate *c = &t->candidates.items[t->chosen];
	struct release *r = &t->q.result.release;

	candidate_release(c, r);
	r->digests = t->digests;
	r->sha256_from = t->digests.sha256[0] != '\0' ? t->sha256_said.from : t->sha512_said.from;
	r->date_unix_ms = date_of(t, c);
	text_copy_cut(r->etag, sizeof(r->etag), t->probe.etag);
	text_copy_cut(t->q.result.available, sizeof(t->q.result.available), c->version);
	inspect_settle(t, t->wanted);
}

/* --- nothing found ----------------------------------------------------------- */

/* All sources' faults in one line. */
static void error_of_sources(const struct inspect *t, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf text = {0};
	bool is_unreachable = true;
	enum err_code code = ERR_NO_RELEASE;

	buf_init(&text, 8 * ERR_TEXT_MAX);
	for (size_t i = 0; i < recipe_of(t)->n_sources; i++) {
		const struct find_outcome *o = &t->find.outcomes[i];

		if (!err_is_set(&o->error))
			continue;
		buf_printf(&text, "%s%s", text.len > 0 ? "; next source: " : "", o->error.text);
		code = code == ERR_NO_RELEASE || code == o->error.code ? o->error.code
								       : ERR_NETWORK;
		is_unreachable = is_unreachable && o->is_unreachable;
	}
	err_set(e, is_unreachable && text.len > 0 ? code : ERR_NO_RELEASE, "%s",
		text.len > 0 ? buf_str(&text) : "the recipe has no sources");
}

/* Was this version listed already, by another source or address? */
static bool is_repeated(const struct candidates *list, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		const struct candidate *c = &list->items[i];

		if (!c->is_refused && !c->is_dead &&
			text_equal(c->version, list->items[at].version))
			return true;
	}
	return false;
}

/* A version that somebody asked for, and what there is instead. */
static void error_of_search(const struct inspect *t, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf others = {0};
	const char *wanted = t->choice.wanted;

	buf_init(&others, ERR_TEXT_MAX);
	for (size_t i = 0; i < t->candidates.n_items; i++)
		if (!t->candidates.items[i].is_refused && !t->candidates.items[i].is_dead &&
			!is_repeated(&t->candidates, i))
			buf_printf(&others, "%s%s", others.len > 0 ? ", " : "",
				t->candidates.items[i].version);
	err_set(e, ERR_NO_RELEASE, "no %s%s at the vendor's; there are: %s",
		wanted[0] != '\0' ? "version " : "version below ",
		wanted[0] != '\0' ? wanted : t->choice.below,
		others.len > 0 ? buf_str(&others) : "none");
}

/* A trial: the page is one of those that only say where to look. */
static bool inspect_leads_on(const struct inspect *t)
{
	for (size_t i = 0; i < recipe_of(t)->n_sources; i++)
		if (t->find.outcomes[i].n_unasked > 0)
			return true;
	return false;
}

void inspect_end_empty(struct inspect *t)
{
	const struct candidate *dead = highest(t, SIZE_MAX, true);
	bool is_searching = t->choice.wanted[0] != '\0' || t->choice.below[0] != '\0';
	struct err e = {0};

	if (inspect_leads_on(t)) {
		inspect_say(t, "the page has no release itself, it leads to others");
		t->q.result.reason = REASON_OFFLINE;
		inspect_settle(t, OUTCOME_DEFERRED);
	} else if (err_is_set(&t->probe_error)) {
		inspect_fail(t, STEP_PROBE, &t->probe_error);
	} else if (dead != NULL && !is_searching) {
		candidate_release(dead, &t->q.result.release);
		text_copy_cut(t->q.result.available, sizeof(t->q.result.available), dead->version);
		inspect_say(t, "%s is announced on %s, its package is not there yet (%s)",
			dead->version, dead->page, dead->why);
		t->q.result.reason = REASON_PENDING;
		inspect_settle(t, OUTCOME_DEFERRED);
	} else if (is_searching && t->candidates.n_items > 0) {
		error_of_search(t, &e);
		inspect_fail(t, STEP_FIND, &e);
	} else {
		error_of_sources(t, &e);
		inspect_fail(t, STEP_FIND, &e);
	}
}
