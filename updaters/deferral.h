/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What holds back a release that is there: it is too young, the network is metered, the battery is
 * low, its program is open. What is decided here is a rule of the settings; what a person says
 * about an open program is asked by the verbs, between deferral_find_open and run_prepare.
 *
 * Only packages are held back: what acts as a person neither fetches much nor replaces what runs.
 */
#ifndef DEVUPD_UPDATERS_DEFERRAL_H
#define DEVUPD_UPDATERS_DEFERRAL_H

#include "updaters/run.h"

/*
 * Too young? Then the entry is settled as deferred, until when in its text. A version or a file
 * that was typed is taken at any age. The age is the vendor's word, or counts from our first sight.
 *
 * Out:   out_is_new   we see it for the first time: to be kept, by state_sight_put
 */
bool deferral_cool_down(
	struct run *run, struct entry *entry, bool *out_is_new, struct err *e) MUST_CHECK;

/* The earliest moment at which a release may be taken; 0 = at once. */
int64_t deferral_due_unix_ms(const struct config *config, const struct recipe *recipe,
	int64_t date_unix_ms, int64_t first_sight_unix_ms, int64_t now_unix_ms);

/* Unattended: what needs the network or the power now is settled as deferred, as the settings say.
 */
void deferral_scarce(struct run *run);

/* Is the network metered, for a question? */
bool deferral_is_metered(void);

/*
 * An entry that goes on and whose program is open gets open_reason and open_by; any other neither.
 * Fails: ERR_INTERNAL (no /proc)
 */
bool deferral_look(struct entry *entry, struct err *e) MUST_CHECK;
/* The same of all entries. */
bool deferral_find_open(struct run *run, struct err *e) MUST_CHECK;

/* What the settings say of an open program; WHEN_OPEN_UNASKED: ask, where somebody can answer. */
enum when_open deferral_rule(const struct config *config);

/* It is installed all the same: said, where the settings want that. */
void deferral_warn(const struct config *config, const struct entry *entry);

/* As was said: left for another run, it is settled as deferred. */
void deferral_leave(struct entry *entry);

#endif
