/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a kind must offer that acts as the owner of what it touches: all its phases run in a worker
 * that is that person, uncaged, never root. It only looks and proves; changes are steps of a mend,
 * which owner_worker.c takes, so that a dry run shows exactly what is done.
 */
#ifndef DEVUPD_UPDATERS_OWNER_H
#define DEVUPD_UPDATERS_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/recipe.h"
#include "updaters/lib/mend.h"
#include "updaters/lib/person.h"
#include "updaters/records.h"

enum owner_mode {
	OWNER_CHECK,   /* what would be done by an upgrade */
	OWNER_REPAIR,  /* without network */
	OWNER_UPGRADE, /* with network where the recipe's `upgrade` allows (may_upgrade) */
	OWNER_DOCTOR,  /* each thing with the interpreter that it runs, sound ones too */
	OWNER_N_MODES
};

/* What a person chose when they were told what an upgrade would break. */
enum owner_choice { OWNER_GO, OWNER_PIN, OWNER_SKIP, OWNER_N_CHOICES };

/* Who looks, at what, and why. All borrowed. */
struct owner {
	const struct recipe *recipe; /* the person's own settings are laid over it already; its
					words have home, user, python */
	struct person *person;
	enum owner_mode mode;
	enum owner_choice choice;
	bool by_root;     /* root looks after several: what belongs to another is that one's, and
			     not told here. Else it is told: whose, and what to type */
	bool may_upgrade; /* steps that need the network may be planned */
	bool offline;
	bool may_refresh; /* a cache that tells what is newest may be renewed by this look, so that
			     what a person is asked about it is true */
	bool mends;       /* what this look plans is done: only what was shown before may be */
	void (*on_tick)(void *user); /* to be called about once a second by what takes long */
	bool (*is_stopped)(void *user);
	void *user;
};

/* One thing looked at: a venv, an editor, a prefix. */
struct finding {
	struct item item; /* path, state, outcome, text; the user is put in by who takes it */
	struct mend
		mend;   /* empty: sound, or nothing that may be done now (text says what to type) */
	unsigned tag;   /* the kind's own, for prove */
	bool is_mended; /* set by who takes the steps */
	int64_t seen_unix; /* when it was looked at, for prove: what is newer came by the mend */
	/* What it rests on, to tell what an upgrade of Homebrew would break. */
	char prefix[512]; /* Homebrew's; "" = rests on none */
	char minor[8];    /* "3.13" */
	const char *noun; /* "venv", "user package", "editor"; NULL = none */
	uint32_t weight;  /* how many of them: 1, or 41 packages */
	/* homebrew alone: the upgrade would move python3 */
	char moves_from[8], moves_to[8]; /* "3.13", "3.14"; "" = it would not */
	/* OWNER_DOCTOR */
	char who[64];                  /* "terminal", "positron", "venv ~/x" */
	char runs[PERSON_PATH_MAX];    /* the interpreter */
	char version[32];              /* and its version */
	char through[PERSON_PATH_MAX]; /* the link or setting that leads there */
};
struct findings {
	struct finding *items;
	size_t n_items;
};
/* A new one, zeroed, outcome OUTCOME_CURRENT; NULL: RECORD_ITEMS_MAX or no memory. */
struct finding *findings_add(struct findings *f, const char *path);
void findings_clear(struct findings *f);
/* Its state, outcome and text at once. */
void finding_set(struct finding *f, const char *state, enum outcome outcome, const char *format,
	...) PRINTF_LIKE(4, 5);

struct owner_updater {
	const char *kind;
	/*
	 * Look at all that is the recipe's; change nothing. No finding at all: its subject is
	 * absent.
	 *
	 * Out:   summary   installed, available: what stands in the table; text "" = made from the
	 *                  findings
	 * Fails: ERR_BREW ERR_PYTHON ERR_EDITOR ERR_COMMAND ERR_OWNER …: nothing could be told at
	 * all
	 */
	bool (*look)(
		const struct owner *o, struct findings *out, struct result *summary, struct err *e);
	/*
	 * After the mend, and after a second look found the thing sound: run it and see.
	 *
	 * In:    before   as it was found first; now   as it is found after the mend
	 * Out:   out_text what was proved: "python3 runs: 3.13.14 (terminals already open: hash
	 * -r)"
	 */
	bool (*prove)(const struct owner *o, const struct finding *before,
		const struct finding *now, char *out_text, size_t text_size, struct err *e);
	/* Things of ours that may go: an old venv kept aside. For `clean`; NULL = none ever. */
	bool (*leftovers)(const struct owner *o, struct strings *out_paths, struct err *e);
};
const struct owner_updater *owner_registry_find(const char *kind); /* NULL: none */

#endif
