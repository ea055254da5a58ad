/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What somebody else did to a name that is looked after: noticed by comparing with what was seen
 * last, put on record with who and how as far as dpkg.log and apt's history tell, and told for as
 * long as the name is gone.
 */
#ifndef DEVUPD_UPDATERS_OUTSIDE_H
#define DEVUPD_UPDATERS_OUTSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/recipe.h"
#include "updaters/state_left.h"

struct run;
struct plan;

/* At the beginning of a run that changes things: a record for each, and what is there now is what
 * was seen. */
bool outside_note(struct run *run, const struct plan *all, struct err *e) MUST_CHECK;

/*
 * Of a name that is not there: was it once, and who removed it? Asks dpkg's and apt's logs where no
 * run has noticed it yet.
 */
bool outside_find_gone(const struct recipe *recipe, struct state *memory, bool *out_found,
	struct state_gone *out, struct err *e) MUST_CHECK;
/* "was 2026.08.2, removed outside devupd on 2 Sep by ana, apt full-upgrade" */
void outside_describe(
	const struct state_gone *gone, int64_t now_unix_ms, char *out, size_t out_size);

#endif
