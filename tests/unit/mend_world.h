/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A person who is us, with a home of their own, for what mends and takes back. */
#ifndef DEVUPD_TESTS_MEND_WORLD_H
#define DEVUPD_TESTS_MEND_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/mend.h"

struct mend_world {
	struct person person;
	char folder[PERSON_PATH_MAX]; /* HOME/w, the working folder of a test */
	char told[8192];              /* "NAME FROM>TO;" of each change, "NAME!WHY;" refused */
	int n_ticks;
	bool is_stopped;
	size_t n_done, n_refused; /* of the last world_undo */
};
/* Setup and teardown of cmocka. */
int world_make(void **state);
int world_remove(void **state);

/* Absolute path of a name in the folder; one of 16 buffers. */
const char *at(const struct mend_world *w, const char *name);
void put(const struct mend_world *w, const char *name, const char *text);
void make_link(const struct mend_world *w, const char *name, const char *target);
/* "" = nothing, "-> target", "folder", else the bytes of the file. One of 16 buffers. */
const char *seen(const struct mend_world *w, const char *name);
const char *sha_of(const char *text);

/* Take m in run "r1" as updater "u" and clear it; w->told is what was told. */
bool world_take(struct mend_world *w, struct mend *m, uint64_t wait_ms, struct err *e);
/* Take the run back; w->told. */
void world_undo(struct mend_world *w, bool dry_run);
/* All of a photograph of the folder with names, types, targets and bytes; malloc'd. */
char *world_photo(const struct mend_world *w);
/* The undo record's text; malloc'd. */
char *world_record(const struct mend_world *w);

#endif
