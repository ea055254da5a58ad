/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/telling_message.h"

#include <stdio.h>
#include <string.h>

#include "updaters/lib/clock.h"
#include "updaters/telling_line.h"

enum { LINES_MAX = 12 };

/* In the order in which they are said. */
enum group { DONE, REPAIRED, FAILED, WAITS, LICENCES, BROKEN, N_GROUPS, UNSAID = N_GROUPS };

static const char *const words[N_GROUPS][2] = {
	[DONE] = {"updated", "updated"},
	[REPAIRED] = {"repaired", "repaired"},
	[FAILED] = {"failed", "failed"},
	[WAITS] = {"waits", "wait"},
	[LICENCES] = {"licence to accept", "licences to accept"},
	[BROKEN] = {"broken", "broken"},
};

/* What waits by itself is told when it has waited for long; what a person wants to wait, never. */
enum patience { AT_ONCE, WHEN_LONG, NEVER };
static const enum patience patience_of[REASON_N] = {
	[REASON_NONE] = AT_ONCE,
	[REASON_RUNNING] = AT_ONCE,
	[REASON_SESSION] = AT_ONCE,
	[REASON_METERED] = WHEN_LONG,
	[REASON_BATTERY] = WHEN_LONG,
	[REASON_COOL_DOWN] = NEVER,
	[REASON_PENDING] = WHEN_LONG,
	[REASON_OFFLINE] = WHEN_LONG,
};

struct message {
	const struct telling_matter *matter;
	bool *told;
	size_t n[N_GROUPS];
	size_t n_lines;
	struct buf body;
	struct notice *out;
};

static enum group group_of(enum telling_event event, enum outcome outcome)
{
	switch (event) {
	case TELLING_DONE: return DONE;
	case TELLING_REPAIRED: return REPAIRED;
	case TELLING_FAILED:
	case TELLING_REFUSED: return FAILED;
	case TELLING_DEFERRED: return WAITS;
	case TELLING_LICENSE: return LICENCES;
	default: return outcome == OUTCOME_BROKEN ? BROKEN : UNSAID;
	}
}

static const struct state_left *left_of(const struct telling_matter *m, const struct entry *entry)
{
	for (size_t i = 0; i < m->n_left; i++) {
		const struct state_left *left = &m->left[i];

		if (text_equal(left->name, entry->name) && left->outcome == entry->result.outcome &&
			left->reason == entry->result.reason)
			return left;
	}
	return NULL;
}

static bool is_of_now(enum group group)
{
	return group == DONE || group == REPAIRED;
}

static bool is_long(const struct telling_matter *m, const struct state_left *left)
{
	return left != NULL && m->now_unix_ms - left->since_unix_ms >= TELLING_AGAIN_MS;
}

/* Is it time to speak of it? */
static bool is_due(const struct telling_matter *m, const struct entry *entry, enum group group)
{
	const struct state_left *left = left_of(m, entry);
	enum patience patience = group == WAITS ? patience_of[entry->result.reason] : AT_ONCE;

	if (is_of_now(group))
		return true;
	if (patience == NEVER || (patience == WHEN_LONG && !is_long(m, left)))
		return false;
	return left == NULL || left->told_unix_ms == 0 ||
	       m->now_unix_ms - left->told_unix_ms >= TELLING_AGAIN_MS;
}

/* "since 9 Sep": the day without the time. */
static void put_since(const struct telling_matter *m, const struct entry *entry, char *line)
{
	const struct state_left *left = left_of(m, entry);
	size_t len = strlen(line);
	char day[CLOCK_TEXT_MAX];

	if (!is_long(m, left))
		return;
	clock_format_near(left->since_unix_ms, m->now_unix_ms, day, sizeof(day));

	char *space = strrchr(day, ' ');

	if (space != NULL && strchr(space, ':') != NULL)
		*space = '\0';
	snprintf(line + len, TELLING_LINE_MAX - len, ", since %s", day);
}

static void add_line(struct message *msg, enum group group, const char *line)
{
	msg->n[group]++;
	if (msg->n_lines++ >= LINES_MAX)
		return;
	if (msg->body.len > 0)
		buf_puts(&msg->body, "\n");
	buf_puts(&msg->body, line);
}

static bool waits_already(const struct telling_matter *m, const char *name)
{
	for (size_t i = 0; i < m->n_waits; i++) {
		if (text_equal(m->waits[i].name, name))
			return true;
	}
	return false;
}

/* A program that is open: it can be waited for, or this version passed over. */
static void add_offer(struct message *msg, const struct entry *entry)
{
	struct notice *out = msg->out;
	struct notice_offer *offer = &out->offers[out->n_offers];
	enum reason reason = entry->result.reason;
	char from[DPKG_VERSION_MAX];

	if ((reason != REASON_RUNNING && reason != REASON_SESSION) ||
		out->n_offers == NOTICE_OFFERS_MAX)
		return;
	telling_versions(entry, from, offer->version);
	if (offer->version[0] == '\0' || !text_copy(offer->name, sizeof(offer->name), entry->name))
		return;
	offer->may_wait = !waits_already(msg->matter, entry->name);
	out->n_offers++;
}

static bool is_peoples(const struct entry *entry)
{
	return entry->updater != NULL && entry->updater->acts_as_owner && entry->result.n_items > 0;
}

/* People's own things: a line for each of theirs. */
static bool add_items(struct message *msg, const struct entry *entry, enum group wanted)
{
	const struct telling_matter *m = msg->matter;
	char line[TELLING_LINE_MAX];
	bool has_any = false;

	for (size_t i = 0; i < entry->result.n_items; i++) {
		const struct item *item = &entry->result.items[i];

		if ((m->user != NULL && !text_equal(item->user, m->user)) ||
			group_of(telling_event_of_item(item), item->outcome) != wanted)
			continue;
		telling_item_line(entry, item, line, sizeof(line) / 2);
		if (!is_of_now(wanted))
			put_since(m, entry, line);
		add_line(msg, wanted, line);
		has_any = true;
	}
	return has_any;
}

static bool add_whole(struct message *msg, const struct entry *entry, enum group wanted)
{
	char line[TELLING_LINE_MAX];

	if (group_of(telling_event_of(entry), entry->result.outcome) != wanted)
		return false;
	telling_line(entry, line, sizeof(line) - CLOCK_TEXT_MAX);
	put_since(msg->matter, entry, line);
	add_line(msg, wanted, line);
	if (wanted == WAITS)
		add_offer(msg, entry);
	return true;
}

static void message_end(struct message *msg)
{
	SCOPED_CLEAR(buf_clear) struct buf summary = {0};

	buf_init(&summary, NOTICE_SUMMARY_MAX - 1);
	for (size_t g = 0; g < N_GROUPS; g++) {
		if (msg->n[g] > 0)
			buf_printf(&summary, "%s%zu %s", summary.len > 0 ? ", " : "", msg->n[g],
				words[g][msg->n[g] > 1]);
	}
	if (msg->n_lines > LINES_MAX)
		buf_printf(&msg->body, "\nand %zu more: devupd history --run %s",
			msg->n_lines - LINES_MAX, msg->out->run);
	text_copy_cut(msg->out->summary, sizeof(msg->out->summary), buf_str(&summary));
	text_copy_cut(msg->out->body, sizeof(msg->out->body), buf_str(&msg->body));
	msg->out->is_urgent = msg->n[FAILED] > 0;
}

bool telling_compose(const struct telling_matter *m, struct notice *out, bool *told)
{
	struct message msg = {.matter = m, .told = told, .out = out};

	*out = (struct notice){0};
	text_copy_cut(out->run, sizeof(out->run), m->run);
	buf_init(&msg.body, NOTICE_BODY_MAX - 1);
	for (enum group group = 0; group < N_GROUPS; group++) {
		for (size_t i = 0; i < m->n_entries; i++) {
			const struct entry *entry = &m->entries[i];

			if (is_due(m, entry, group) &&
				(is_peoples(entry) ? add_items(&msg, entry, group)
						   : add_whole(&msg, entry, group)))
				told[i] = true;
		}
	}
	message_end(&msg);
	buf_clear(&msg.body);
	return msg.n_lines > 0;
}
