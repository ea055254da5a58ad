/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/history_filter.h"

#include <errno.h>
#include <string.h>

#include "updaters/lib/clock.h"

/* --- what is asked for ------------------------------------------------------- */

static bool read_bound(
	const char *option, const char *text, bool is_end, int64_t *out, struct err *e)
{
	if (text == NULL || clock_parse_bound(text, clock_unix_ms(), is_end, out))
		return true;
	return err_set(e, ERR_USAGE,
		"--%s takes a date as 2026-11-22, \"2026-11-22 06:12\", today or yesterday, "
		"not '%s'",
		option, text);
}

/* A word that no record can hold would find nothing, and look like an answer. */
static bool refuse_outcome(const char *word, struct err *e)
{
	const char *words[OUTCOME_N + 1] = {0}, *nearest;

	for (enum outcome i = 0; i < OUTCOME_N; i++)
		words[i] = outcome_token(i);
	nearest = text_nearest(word, words);
	return err_set(e, ERR_USAGE, "there is no outcome '%s'%s%s%s", word,
		nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
		nearest != NULL ? "'?" : "");
}

/* "failed,installed" */
static bool read_outcomes(const char *list, struct history_filter *out, struct err *e)
{
	SCOPED_FREE char *words = list != NULL ? strdup(list) : NULL;
	char *cursor = words;
	const char *word;

	out->has_outcomes = list != NULL;
	while (cursor != NULL && (word = text_next(&cursor, ',')) != NULL) {
		enum outcome outcome;

		if (!outcome_find(word, &outcome))
			return refuse_outcome(word, e);
		out->outcomes[outcome] = true;
	}
	return true;
}

bool history_filter_read(const struct options *o, struct history_filter *out, struct err *e)
{
	const char *typed = o->names.n_items > 0 ? o->names.items[0] : NULL;

	*out = (struct history_filter){.failed = o->failed};
	out->name = typed != NULL ? typed : o->only_name;
	if (typed != NULL && o->only_name != NULL && !text_equal(typed, o->only_name))
		return err_set(
			e, ERR_USAGE, "one name at a time: '%s' or --name %s", typed, o->only_name);
	return read_bound("since", o->since, false, &out->since_unix_ms, e) &&
	       read_bound("until", o->until, true, &out->until_unix_ms, e) &&
	       read_outcomes(o->outcome, out, e);
}

bool history_filter_is_all(const struct history_filter *f)
{
	return f->name == NULL && f->since_unix_ms == 0 && f->until_unix_ms == 0 &&
	       !f->has_outcomes && !f->failed && f->run[0] == '\0';
}

bool history_filter_takes(struct history_filter *f, const struct audit_line *line)
{
	enum outcome outcome = OUTCOME_FAILED;
	bool has_outcome = outcome_find(line->outcome, &outcome);
	int64_t when = 0;

	if (f->name != NULL && !text_equal(f->name, line->name))
		return false;
	f->has_name = true;
	if (f->run[0] != '\0' && !text_equal(f->run, line->run))
		return false;
	if ((f->has_outcomes || f->failed) && !has_outcome)
		return false;
	if ((f->has_outcomes && !f->outcomes[outcome]) || (f->failed && outcome != OUTCOME_FAILED))
		return false;
	if (f->since_unix_ms == 0 && f->until_unix_ms == 0)
		return true;
	return clock_parse(line->ts, &when) && when >= f->since_unix_ms &&
	       (f->until_unix_ms == 0 || when < f->until_unix_ms);
}

/* --- where it is ------------------------------------------------------------- */

size_t history_places(struct paths out[2])
{
	struct err ignored = {0};

	paths_of_root(&out[0]);
	return geteuid() != 0 && paths_of_person(&out[1], &ignored) ? 2 : 1;
}

bool history_read(const struct paths *place,
	bool (*on_line)(void *user, const struct audit_line *line), void *user, struct err *e)
{
	struct err fault = {0};

	if (audit_each(place->audit_log, on_line, user, &fault) || fault.sys_errno == ENOENT)
		return true;
	*e = fault;
	if (place->is_root && fault.sys_errno == EACCES)
		return err_set(e, ERR_AUDIT, "%s is for root and group adm: sudo devupd history",
			place->audit_log);
	return false;
}

/* --- a run by its beginning -------------------------------------------------- */

struct search {
	const char *word;
	char found[RUN_ID_SIZE], other[RUN_ID_SIZE];
	int64_t when_unix_ms; /* of the last one that began */
	bool is_exact;
};

static bool search_last(void *user, const struct audit_line *line)
{
	struct search *s = user;
	int64_t when = 0;

	if (line->event != AUDIT_RUN_START || !clock_parse(line->ts, &when) ||
		when < s->when_unix_ms)
		return true;
	s->when_unix_ms = when;
	text_copy_cut(s->found, sizeof(s->found), line->run);
	return true;
}

static bool search_word(void *user, const struct audit_line *line)
{
	struct search *s = user;

	if (!text_starts(line->run, s->word) || text_equal(line->run, s->found))
		return true;
	if (s->found[0] != '\0')
		text_copy_cut(s->other, sizeof(s->other), s->found);
	text_copy_cut(s->found, sizeof(s->found), line->run);
	s->is_exact = text_equal(line->run, s->word);
	return !s->is_exact;
}

bool history_find_run(const char *word, char out[RUN_ID_SIZE], struct err *e)
{
	struct search s = {.word = word};
	struct paths places[2];
	size_t n = history_places(places);
	bool is_last = text_equal(word, "last");

	if (word[0] == '\0')
		return err_set(
			e, ERR_USAGE, "--run takes a run's id, the beginning of one, or last");
	for (size_t i = 0; i < n && !s.is_exact; i++) {
		if (!history_read(&places[i], is_last ? search_last : search_word, &s, e))
			return false;
	}
	if (s.other[0] != '\0' && !s.is_exact)
		return err_set(e, ERR_USAGE,
			"several runs begin with '%s': %s and %s among them; give more of it", word,
			s.other, s.found);
	text_copy_cut(out, RUN_ID_SIZE, s.found[0] != '\0' ? s.found : word);
	return true;
}
