/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A person with a home, a Homebrew-like prefix in it whose kegs hold a real interpreter, and venvs:
 * looked at, mended, proved and taken back as the worker does it.
 */
#ifndef DEVUPD_TESTS_VENV_WORLD_H
#define DEVUPD_TESTS_VENV_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/owner.h"

struct venv_world {
	struct person person;
	struct recipe recipe;
	struct owner owner;
	struct findings found;        /* of the last look */
	unsigned n_runs;              /* each mend is a run of its own */
	char python[PERSON_PATH_MAX]; /* a real interpreter with ensurepip */
	char minor[8];                /* its */
	/* Below the home: two kegs of it, and where opt leads to the one that is linked. */
	char old_keg[128], new_keg[128], opt_python[128];
};
/* Setup and teardown of cmocka. Without a python that can make venvs: skipped (77), under CI=true
 * failed. */
int venv_world_make(void **state);
int venv_world_remove(void **state);

/* Absolute path of a name in the home; one of 16 buffers. */
const char *home_at(const struct venv_world *w, const char *format, ...) PRINTF_LIKE(2, 3);
/* A line of shell, in the home, with HOME of it; must succeed. Its output, one of 16 buffers. */
const char *sh(const struct venv_world *w, const char *format, ...) PRINTF_LIKE(2, 3);
void put_text(const char *path, const char *text);

/* A keg of the world's python, opt and bin linked: old_keg or new_keg. */
void keg_make(const struct venv_world *w, const char *keg);
/* As brew does it: the new keg is linked, the old one goes. */
void keg_upgrade(const struct venv_world *w);
/* ~/NAME by `PYTHON -m venv`. */
void venv_make_real(const struct venv_world *w, const char *python, const char *name);

/* One more of `venvs`; a glob, as a person writes it. */
void world_glob(struct venv_world *w, const char *glob);
/* Looks anew; the finding of ~/NAME, which must be there. */
struct finding *world_look(struct venv_world *w, const char *name);
/* Steps of a finding, one a line: "link ~/v/bin/python3.13 GONE -> ~/.linuxbrew/…". One of 4. */
const char *steps_of(const struct venv_world *w, const struct finding *f);
/* Take the steps of the last look at ~/NAME, look again, prove: it must be sound then. The proof.
 */
const char *world_mend(struct venv_world *w, const char *name);
bool world_take(struct venv_world *w, const char *name, struct err *e);
/* Take the last run back, whole. */
void world_undo(struct venv_world *w);
/* All files below the home but our own state: names, links, bytes; a digest. One of 4 buffers. */
const char *world_photo(const struct venv_world *w);

#endif
