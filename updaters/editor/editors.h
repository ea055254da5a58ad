/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The editors that are known: where their settings lie, and what their keys are called. Knows
 * folders, not what is in a settings.json.
 */
#ifndef DEVUPD_EDITOR_EDITORS_H
#define DEVUPD_EDITOR_EDITORS_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/err.h"
#include "updaters/lib/person.h"
#include "updaters/lib/text.h"

enum { EDITORS_FILES_MAX = 512 };

struct editor {
	const char *name;             /* as `editors:` has it */
	const char *folder;           /* below the person's config folder */
	const char *flatpak;          /* its name there; NULL = none */
	const char *paths_key;        /* list of import paths that this editor reads */
	const char *legacy_key;       /* … that it read once and does not any more; NULL = none */
	const char *interpreters_key; /* list of interpreters, or folders of them; NULL = none */
};

/* One settings.json that is there, or that may be: then its folder is. */
struct editors_file {
	const struct editor *editor;
	char who[64]; /* "positron", "code profile 5f1c", "vscodium flatpak" */
	char path[PERSON_PATH_MAX];
	bool is_profile;
};
struct editors_files {
	struct editors_file *items;
	size_t n_items;
};
void editors_files_clear(struct editors_files *f);

/*
 * The settings of all editors whose folders are there. A profile counts where it has settings of
 * its own: else it uses those of the editor.
 *
 * In:    wanted   names of editors; empty = all
 * Fails: ERR_CONFIG (a name that is none), ERR_INTERNAL
 */
bool editors_find(const struct person *p, const struct strings *wanted, struct editors_files *out,
	struct err *e) MUST_CHECK;

#endif
