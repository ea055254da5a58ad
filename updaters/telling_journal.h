/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a run came to, as structured entries of the journal. The table of message ids is here; their
 * texts are in packaging/journal/devupd.catalog.
 */
#ifndef DEVUPD_UPDATERS_TELLING_JOURNAL_H
#define DEVUPD_UPDATERS_TELLING_JOURNAL_H

#include "updaters/telling_line.h"

/* Which run speaks. Strings are borrowed; NULL = not known. */
struct telling_run {
	const char *run, *verb;
	const char *user; /* who started it: login name */
};

/* What the events of this sort carry as MESSAGE_ID; NULL for TELLING_NOTHING. */
const char *telling_message_id(enum telling_event event);

/* Nothing for what is current or absent. */
void telling_journal_entry(const struct telling_run *run, const struct entry *entry);
/* Changed by somebody else between two runs: versions as a person spells them, "" = absent. */
void telling_journal_outside(const struct telling_run *run, const char *name, const char *kind,
	const char *from, const char *to);
/* A person could not be told: why. */
void telling_journal_untold(const struct telling_run *run, const char *why);
void telling_journal_end(const struct telling_run *run, const struct entry *entries, size_t n,
	int exit_code, uint64_t ms);

/* "upgrade: 1 updated, 1 failed", "upgrade: nothing to do": what the end of a run says. */
void telling_end_line(const char *verb, const struct entry *entries, size_t n, int exit_code,
	char *out, size_t out_size);

#endif
