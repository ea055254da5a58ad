/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What `brew upgrade` would do, and whether python3 would be another one after it. Asked of brew,
 * which looks for nothing new while it is asked.
 */
#ifndef DEVUPD_HOMEBREW_OUTDATED_H
#define DEVUPD_HOMEBREW_OUTDATED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/homebrew/prefix.h"
#include "updaters/owner.h"

enum { OUTDATED_MAX = PREFIX_FORMULAE_MAX };

struct outdated {
	struct strings names;   /* formulae that would be upgraded; those pinned are left out */
	struct strings changes; /* "jq 1.7 -> 1.8", in the same order */
	struct strings pinned;  /* "yq 4.1 -> 4.2", which a pin holds back */
	struct strings movers;  /* those whose upgrade makes python3 another: to be pinned */
	char moves_from[8], moves_to[8]; /* "3.13", "3.14"; "" = python3 stays */
};
void outdated_clear(struct outdated *o);

/* Fails: ERR_BREW (brew failed, or its answer is none), ERR_COMMAND */
bool outdated_ask(const struct owner *o, const struct prefix *p, struct outdated *out,
	struct err *e) MUST_CHECK;
/* The two answers, read: of `brew outdated --json=v2`, and of `brew upgrade --dry-run`. */
bool outdated_read(const char *raw_json, struct outdated *out, struct err *e) MUST_CHECK;
bool outdated_read_plan(const struct prefix *p, const char *raw_plan, struct outdated *out,
	struct err *e) MUST_CHECK;
/*
 * The finding at the prefix, with its mend as far as it may be planned; before it those of the pins
 * that a person chose. Where the look may, brew is let ask for news first.
 */
bool outdated_find(const struct owner *o, const struct prefix *p, struct findings *out,
	struct result *summary, struct err *e) MUST_CHECK;
/* Kegs that are newer than a time, in words: "upgraded: jq 1.8"; what an upgrade brought. */
void outdated_say_new(const struct prefix *p, int64_t since_unix, char *out, size_t out_size);

#endif
