/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What became of a name, as one line for a person and as a sort of event. Pure; the journal, the
 * notification and the mail say the same words.
 */
#ifndef DEVUPD_UPDATERS_TELLING_LINE_H
#define DEVUPD_UPDATERS_TELLING_LINE_H

#include "updaters/updater.h"

enum telling_event {
	TELLING_NOTHING, /* current, absent: not worth a word */
	TELLING_DONE,    /* updated, installed, rolled back, downloaded */
	TELLING_REPAIRED,
	TELLING_FAILED,
	TELLING_REFUSED, /* the package is not what was promised */
	TELLING_DEFERRED,
	TELLING_LICENSE,
	TELLING_LEFT,    /* found, and left as it is */
	TELLING_OUTSIDE, /* changed by somebody else */
	TELLING_RUN,     /* the run has ended */
	TELLING_UNTOLD,  /* a message could not be delivered */
	TELLING_N_EVENTS
};

enum { TELLING_LINE_MAX = 400 };

enum telling_event telling_event_of(const struct entry *entry);
/* Of one thing of a person's: a venv, a prefix. */
enum telling_event telling_event_of_item(const struct item *item);

/* The versions between which it was, or would be, changed; "" = not known. As a person spells them.
 */
void telling_versions(
	const struct entry *entry, char out_from[DPKG_VERSION_MAX], char out_to[DPKG_VERSION_MAX]);

/* "positron 2026.08.0+331 -> 2026.08.2+4 updated"; escaped, and cut where it is too long. */
void telling_line(const struct entry *entry, char *out, size_t out_size);
void telling_item_line(
	const struct entry *entry, const struct item *item, char *out, size_t out_size);

#endif
