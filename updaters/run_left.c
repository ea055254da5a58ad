/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/run_left.h"

#include <string.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/network.h"
#include "updaters/state_left.h"
#include "updaters/telling_line.h"

/* --- how sources answered ---------------------------------------------------- */

static bool replies_note(struct run *run, const struct entry *entry, bool has_route,
	int64_t now_unix_ms, struct err *e)
{
	for (size_t i = 0; i < entry->result.n_replies; i++) {
		const struct reply *reply = &entry->result.replies[i];

		if (reply->reason[0] != '\0' && !has_route)
			continue;
		if (!state_health_note(
			    run->state, entry->name, reply->source, now_unix_ms, reply->reason, e))
			return false;
	}
	return true;
}

bool run_left_replies(struct run *run, struct err *e)
{
	bool has_route = network_has_route("/proc/net");
	int64_t now_unix_ms = clock_unix_ms();

	for (size_t i = 0; !run->keeps_nothing && i < run->plan.n_entries; i++) {
		const struct entry *entry = &run->plan.entries[i];

		if (entry->page_file[0] != '\0' || entry->result.n_replies == 0)
			continue;
		if (!run->has_transaction && !state_begin(run->state, e))
			return false;
		run->has_transaction = true;
		if (!replies_note(run, entry, has_route, now_unix_ms, e))
			return false;
	}
	return true;
}

/* --- what is left ------------------------------------------------------------ */

/* What each outcome leaves to be done. */
static const bool leaves[OUTCOME_N] = {
	[OUTCOME_FAILED] = true,
	[OUTCOME_AVAILABLE] = true,
	[OUTCOME_BROKEN] = true,
	[OUTCOME_DOWNLOADED] = true,
	[OUTCOME_HELD] = true,
	[OUTCOME_SKIPPED] = true,
	[OUTCOME_DEFERRED] = true,
	[OUTCOME_LICENSE] = true,
};

/* A name that the run did not come to, or could not ask about, is as it was. */
static bool is_news(const struct run *run, const struct entry *entry)
{
	const struct result *r = &entry->result;

	if (entry->recipe == NULL || entry->wish == WISH_VERIFY || entry->wish == WISH_UNDO)
		return false;
	if (r->outcome != OUTCOME_FAILED)
		return true;
	return err_is_set(&r->error) && !(run->setup.offline && r->error.code == ERR_NETWORK);
}

static bool is_left(const struct run *run, const struct entry *entry)
{
	enum outcome outcome = entry->result.outcome;

	return leaves[outcome] &&
	       (run->paths.is_root || !entry_needs_root(entry) || outcome == OUTCOME_AVAILABLE);
}

static void left_of(const struct entry *entry, int64_t now_unix_ms, struct state_left *out)
{
	const struct result *r = &entry->result;
	char from[DPKG_VERSION_MAX];

	*out = (struct state_left){
		.outcome = r->outcome, .reason = r->reason, .since_unix_ms = now_unix_ms};
	text_copy_cut(out->name, sizeof(out->name), entry->name);
	telling_versions(entry, from, out->version);
	text_copy_cut(out->text, sizeof(out->text),
		r->outcome == OUTCOME_FAILED ? r->error.text : r->text);
}

static const struct state_left *known_of(const struct state_left *known, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (text_equal(known[i].name, name))
			return &known[i];
	}
	return NULL;
}

static bool is_same(const struct state_left *a, const struct state_left *b)
{
	return a->outcome == b->outcome && a->reason == b->reason &&
	       text_equal(a->version, b->version) && text_equal(a->text, b->text);
}

/* What has not changed is not written: a look that finds all as it was waits for no disk. */
static bool note_entry(struct run *run, const struct entry *entry, const struct state_left *known,
	int64_t now_unix_ms, struct err *e)
{
	struct state_left left;

	if (!is_left(run, entry))
		return known == NULL || state_left_drop(run->state, entry->name, e);
	left_of(entry, now_unix_ms, &left);
	return (known != NULL && is_same(known, &left)) || state_left_put(run->state, &left, e);
}

/* A recipe that went took along what was left of its name. */
static bool drop_unknown(struct run *run, const struct state_left *known, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (recipes_find(&run->recipes, known[i].name) == NULL &&
			!state_left_drop(run->state, known[i].name, e))
			return false;
	}
	return true;
}

bool run_left_note(struct run *run, struct err *e)
{
	SCOPED_FREE struct state_left *known = NULL;
	int64_t now_unix_ms = clock_unix_ms();
	size_t n = 0;

	if (!run->setup.notes_left || run->keeps_nothing || run->plan.n_entries == 0)
		return true;
	if (!state_left_list(run->state, &known, &n, e))
		return false;
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		const struct entry *entry = &run->plan.entries[i];

		if (is_news(run, entry) &&
			!note_entry(run, entry, known_of(known, n, entry->name), now_unix_ms, e))
			return false;
	}
	return drop_unknown(run, known, n, e);
}
