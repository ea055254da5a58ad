/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/change_open.h"

#include <stdio.h>
#include <string.h>

#include "cmd/terminal.h"
#include "updaters/deferral.h"

static const char *const words[] = {
	[WHEN_OPEN_UNASKED] = "",
	[WHEN_OPEN_WAIT] = "wait",
	[WHEN_OPEN_NOW] = "now",
	[WHEN_OPEN_LATER] = "later",
};

const char *change_open_word(enum when_open when)
{
	return words[when];
}

/* What a person said before sudo; UNASKED: nothing. */
static enum when_open open_said(const struct options *o, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < o->opens.n_items; i++) {
		const char *word = o->opens.items[i];

		if (strncmp(word, name, len) != 0 || word[len] != '=')
			continue;
		for (enum when_open when = WHEN_OPEN_WAIT; when < ARRAY_SIZE(words); when++) {
			if (text_equal(words[when], word + len + 1))
				return when;
		}
	}
	return WHEN_OPEN_UNASKED;
}

static enum when_open open_ask(struct run *run, const struct entry *entry)
{
	static const enum when_open answers[] = {WHEN_OPEN_WAIT, WHEN_OPEN_NOW, WHEN_OPEN_LATER};
	static const char letters[] = {'w', 'n', 'l'};
	bool is_session = entry->open_reason == REASON_SESSION;
	char question[512];

	snprintf(question, sizeof(question),
		"%s %s (%s).  [w]ait and install when it closes  [n]ow  [l]ater?", entry->name,
		is_session ? "has a session left open" : "is open", entry->open_by);

	size_t answer = terminal_choose(
		question, letters, ARRAY_SIZE(letters), is_session ? 2 : 0, &run->stop);

	return answer < ARRAY_SIZE(answers) ? answers[answer] : WHEN_OPEN_LATER;
}

/* What is done if it is open, now or when its package has been fetched. UNASKED: a person says */
static enum when_open open_rule(
	const struct run *run, const struct options *o, const struct entry *entry)
{
	enum when_open when = open_said(o, entry->name);

	if (when == WHEN_OPEN_UNASKED && o->when_closed)
		when = WHEN_OPEN_WAIT;
	if (when == WHEN_OPEN_UNASKED)
		when = deferral_rule(&run->config);
	if (when != WHEN_OPEN_UNASKED)
		return when;
	/* Nobody can be asked, or wants to be: it is fetched, and waits. */
	if (o->yes || o->unattended || !terminal_has_person() ||
		(o->no_sudo && !run->paths.is_root))
		return WHEN_OPEN_WAIT;
	return WHEN_OPEN_UNASKED;
}

bool change_open(struct run *run, const struct options *o, struct err *e)
{
	deferral_scarce(run);
	if (!deferral_find_open(run, e))
		return false;
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		struct entry *entry = &run->plan.entries[i];

		if (entry->is_settled)
			continue;
		entry->when_open = open_rule(run, o, entry);
		if (entry->open_reason == REASON_NONE)
			continue;
		if (entry->when_open == WHEN_OPEN_UNASKED)
			entry->when_open = open_ask(run, entry);
		if (entry->when_open == WHEN_OPEN_LATER)
			deferral_leave(entry);
		else if (entry->when_open == WHEN_OPEN_NOW)
			deferral_warn(&run->config, entry);
	}
	return true;
}
