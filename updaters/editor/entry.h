/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Judges one path of a settings.json: does it last, and if it does not, which path that does leads
 * to the same packages. Reads folders; knows nothing of JSON and of editors.
 */
#ifndef DEVUPD_EDITOR_ENTRY_H
#define DEVUPD_EDITOR_ENTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/interpreter.h"
#include "updaters/lib/person.h"

/* What is known of the person while their entries are judged. */
struct entry_world {
	struct person *person;
	char python[8];                    /* minor version of their python3; "" = not known */
	char interpreter[PERSON_PATH_MAX]; /* that should be the default, and is there; "" */
};

enum entry_state {
	ENTRY_FINE,   /* lasts; or it is not for us to judge: relative, with variables, ~ */
	ENTRY_CELLAR, /* names one version of a Homebrew keg */
	ENTRY_MINOR,  /* of a minor version of Python that is gone */
	ENTRY_VENV,   /* of a virtual environment that was removed, or made anew */
	ENTRY_GONE,   /* an interpreter that is not there for any other reason */
	ENTRY_N_STATES
};
const char *entry_state_token(enum entry_state state); /* "cellar" */

struct entry {
	enum entry_state state;
	bool lives;
	char better[PERSON_PATH_MAX]; /* lasts, and holds the same packages; "" = there is none */
	char why[512];                /* what is wrong, and with `better` or without it why */
	char way_out[256];            /* without `better`: what a person can do */
};
/* One of a list of import paths. */
void entry_judge_path(const struct entry_world *w, const char *text, struct entry *out);
/* An interpreter, or a folder that holds some. */
void entry_judge_interpreter(const struct entry_world *w, const char *text, struct entry *out);

/* Is it a path that needs nobody's expanding? */
bool entry_is_fixed(const char *text);
/* Do two entries name the same place, by their text: "~", "${userHome}" and "/" at the end aside?
 */
bool entry_is_same(const struct person *p, const char *a, const char *b);
/* Is it a folder that holds at least one distribution or module? */
bool entry_holds_packages(const char *folder);
/*
 * The Homebrew whose python3 an entry rests on: what leads to one formula by name stays with that
 * when python3 moves on.
 *
 * In:    python3   as a new terminal finds it: a folder of its minor version below the home is its
 */
bool entry_rests_on(const struct entry_world *w, const struct interpreter *python3,
	const char *text, char *out_prefix, size_t prefix_size, char out_minor[8]);

#endif
