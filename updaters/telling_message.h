/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What there is to say to a person after a run, and whether there is anything: what was done now,
 * and what fails or waits if it is new or was last told three days ago. Pure.
 */
#ifndef DEVUPD_UPDATERS_TELLING_MESSAGE_H
#define DEVUPD_UPDATERS_TELLING_MESSAGE_H

#include "updaters/state_left.h"
#include "updaters/telling_notice.h"
#include "updaters/updater.h"

#define TELLING_AGAIN_MS (INT64_C(3) * 24 * 3600 * 1000)

struct telling_matter {
	const char *run; /* id */
	const struct entry *entries;
	size_t n_entries;
	const struct state_left *left; /* what is left undone, since when, and when it was told */
	size_t n_left;
	const struct state_wait *waits; /* what will be installed when it is closed */
	size_t n_waits;
	int64_t now_unix_ms;
	const char *user; /* of people's own things only this one's; NULL = everybody's */
};

/*
 * Out:   out   the notice
 *        told  one for each entry: set to true where the notice speaks of it, else left alone
 *        false: there is nothing to say
 */
bool telling_compose(const struct telling_matter *m, struct notice *out, bool *told);

#endif
