/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Settings + recipes + what is installed + what was asked for -> ordered entries. Every entry that
 * will not be acted on is settled here, with its reason.
 */
#ifndef DEVUPD_UPDATERS_PLAN_H
#define DEVUPD_UPDATERS_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "config/recipe.h"
#include "updaters/lib/err.h"
#include "updaters/state.h"
#include "updaters/updater.h"

struct plan_request {
	enum wish wish;
	const struct strings
		*names; /* NAME, NAME=VERSION, or a path of a .deb; none = every name */
	bool reinstall, allow_downgrade;
	bool is_file;        /* every name is a path of a .deb, whatever it looks like */
	const char *as_name; /* a file in hand counts as this recipe's; NULL: found by control */
	bool own_only;       /* without names: only kinds that act as this person */
	bool repairs_only;   /* … and of these what needs no network; a typed name must be one */
	bool with_disabled;  /* without names: also what the settings or its recipe switch off */
	bool with_absent;    /* without names: also ask for what is not installed */
};

struct plan {
	struct entry *entries; /* by name, or in the order typed */
	size_t n_entries;
};
void plan_clear(struct plan *p);
/* One entry more at the end, taken over from `from`, which is empty then; false: no memory. */
bool plan_move_in(struct plan *p, struct entry *from) MUST_CHECK;
/* What nobody asked for and nobody has switched on, as its owners' settings tell, is left out. */
void plan_drop_hidden(struct plan *p);

/*
 * In:    memory  holds, skips, what was there: root's state; NULL = nothing is known
 *        cache   documents of our own state; NULL = none
 * Fails: ERR_USAGE (unknown name: the nearest is suggested; a version or file where none fits),
 *        ERR_CONFIG (the recipe of a typed name is broken), ERR_DPKG, ERR_STATE
 */
bool plan_make(const struct plan_request *request, const struct recipes *recipes,
	const struct config *config, struct state *memory, struct state *cache,
	const struct facts *f, struct plan *out, struct err *e) MUST_CHECK;

/* Is it root's to apply this? What acts as a person is that person's. */
bool entry_needs_root(const struct entry *entry);

/* Always false: ERR_USAGE for a name that no recipe has, with the nearest one. */
bool plan_refuse_name(const char *name, const struct recipes *recipes, struct err *e);

/* The entry has no further phase; why, for a person. */
void entry_settle(struct entry *entry, enum outcome outcome, const char *format, ...)
	PRINTF_LIKE(3, 4);

#endif
