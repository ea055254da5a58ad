/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A person with a Homebrew prefix in their home, built by tests/support/brew-prefix. */
#ifndef DEVUPD_TESTS_HOMEBREW_WORLD_H
#define DEVUPD_TESTS_HOMEBREW_WORLD_H

#include "mend_world.h"
#include "updaters/owner.h"

struct homebrew_world {
	struct mend_world *mends;
	char prefix[PERSON_PATH_MAX]; /* HOME/brew */
	struct recipe recipe;         /* of Python's links */
	struct owner owner;
	struct findings found;
	struct result summary;
};
int homebrew_world_make(void **state);
int homebrew_world_remove(void **state);

/* A prefix in this state; world_clear takes it and what was found away. */
void world_build(struct homebrew_world *w, const char *state);
void world_clear(struct homebrew_world *w);
/* Words for sh; $P is the prefix, $S the folder of the stand-ins, $HOME the person's. */
void world_shell(struct homebrew_world *w, const char *words);
void world_look(struct homebrew_world *w, struct findings *out);
/* What was found: "PATH STATE|OUTCOME: STEP, STEP" a line, paths below the prefix; malloc'd. */
char *world_found(const struct homebrew_world *w);
/* Take the mends of what was found, in order. */
void world_mend(struct homebrew_world *w);
void world_take_back(struct homebrew_world *w);
/* All files and links of the prefix; malloc'd. */
char *world_links(struct homebrew_world *w);
/* How often brew was started. */
size_t world_brews(struct homebrew_world *w);

#endif
