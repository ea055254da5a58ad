/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A home with a Homebrew and editors in it. Its versions of Python are none that a machine has:
 * 3.96 is gone, 3.97 is the person's.
 */
#ifndef DEVUPD_TESTS_EDITOR_WORLD_H
#define DEVUPD_TESTS_EDITOR_WORLD_H

#include "mend_world.h"
#include "updaters/editor/editor.h"

#define CODE          ".config/Code/User/settings.json"
#define POSITRON      ".config/Positron/User/settings.json"
#define OLD_SITE      ".local/lib/python3.96/site-packages"
#define SITE          ".local/lib/python3.97/site-packages"
#define KEG_SITE      "p/Cellar/python@3.97/3.97.0/lib/python3.97/site-packages"
#define OPT_SITE      "p/opt/python@3.97/lib/python3.97/site-packages"
#define EDITOR_PYTHON "#!/bin/sh\necho 3.97.1\n" /* what a program of it is here */

/* Setup of cmocka: the home is the folder that names are of; keg, opt link, python3 on PATH. */
int editor_make(void **state);

void add_folder(const struct mend_world *w, const char *name);
void add(const struct mend_world *w, const char *name, const char *text);
void add_program(const struct mend_world *w, const char *name, const char *text);
/* '@' before a "/" in a text is the home; malloc'd. */
char *fill(const struct mend_world *w, const char *text);

/* What is asked for. */
struct wish {
	const char *interpreter; /* NULL = none */
	const char *editors;     /* one name; NULL = all */
	enum owner_mode mode;
};

bool try_look(struct mend_world *w, struct wish wish, struct findings *out, struct err *e);
struct findings look(struct mend_world *w, struct wish wish);
/* The i-th: "STATE OUTCOME: TEXT", the home in it as "@". */
const char *told(const struct mend_world *w, const struct findings *found, size_t i);
void file_is(const struct mend_world *w, const char *name, const char *text);
/*
 * The whole story of one file, the first that is found: found and told, planned exactly so, taken,
 * proved, sound on the second look, undone, found again.
 */
void story(struct mend_world *w, struct wish wish, const char *name, const char *before,
	const char *after, const char *expected, const char *proof);

#endif
