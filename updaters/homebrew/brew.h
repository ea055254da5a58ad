/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The brew of a prefix: as steps of a mend, and asked without changing anything. It never asks
 * back, looks for nothing by itself and clears nothing away (old kegs are what an undo leads back
 * to).
 */
#ifndef DEVUPD_HOMEBREW_BREW_H
#define DEVUPD_HOMEBREW_BREW_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/homebrew/prefix.h"
#include "updaters/lib/mend.h"
#include "updaters/owner.h"

enum brew_patience { BREW_SOON, BREW_LONG }; /* links: 5 minutes; an upgrade: 2 hours */

/*
 * PREFIX/bin/brew with these words (NULL-ended). What takes long is not taken back: it changes
 * kegs, and their links as they were would lead to nothing once brew has cleared the old ones away.
 * false: no memory.
 */
bool brew_add(struct mend *m, const struct prefix *p, enum brew_patience patience,
	const char *const *words) MUST_CHECK;
/* Its unlink, if it is linked, and link. */
struct brew_link {
	const char *formula;
	bool unlinks;    /* first: else brew finds it linked and does nothing */
	bool overwrites; /* other formulae's links */
	bool forces;     /* it is keg-only */
};
bool brew_add_link(struct mend *m, const struct prefix *p, const struct brew_link *l) MUST_CHECK;

/* Steps that need the network may be planned now. */
bool brew_may_install(const struct owner *o);

/*
 * Ask it something that changes nothing.
 *
 * Out:   out_text   all that it said, malloc'd
 * Fails: ERR_BREW (its status and first words), ERR_COMMAND (its time is up)
 */
bool brew_ask(const struct owner *o, const struct prefix *p, const char *const *words,
	char **out_text, struct err *e) MUST_CHECK;
/*
 * Let it ask what is newest: its index is a cache. Another that does the same is waited for.
 * Fails: as brew_ask, ERR_BUSY
 */
bool brew_refresh(const struct owner *o, const struct prefix *p, struct err *e) MUST_CHECK;

#endif
