/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command line: one table of options, one row each, read by the parser, `help` and the man
 * page.
 */
#ifndef DEVUPD_CMD_OPTIONS_H
#define DEVUPD_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/err.h"
#include "updaters/lib/text.h"

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* Which verbs take an option: bits. */
enum option_group {
	OPTION_ANY = 0,          /* every verb */
	OPTION_PLANS = 1 << 0,   /* check, upgrade, install, rollback, explain */
	OPTION_CHANGES = 1 << 1, /* upgrade, install, rollback */
	OPTION_LOOKS = 1 << 2,   /* check, list */
	OPTION_HISTORY = 1 << 3,
	OPTION_HOLD = 1 << 4,
	OPTION_EXPLAIN = 1 << 5,
	OPTION_VERIFY = 1 << 6,
	OPTION_CLEAN = 1 << 7,
	OPTION_LICENSE = 1 << 8, /* install */
	OPTION_RECIPES = 1 << 9, /* every verb that reads recipes */
	OPTION_REPAIR = 1 << 10,
	OPTION_RECIPE = 1 << 11, /* recipe */
};

/* What an option's field is, and so how its argument is read. */
enum option_type {
	OPTION_FLAG,   /* bool */
	OPTION_WORD,   /* const char *, of argv */
	OPTION_PATH,   /* the same */
	OPTION_NUMBER, /* uint64_t, with a bool that tells whether it was given */
	OPTION_LIST,   /* struct strings: one more */
	OPTION_COLOR,  /* int: enum color */
	OPTION_QUIET,  /* int: -1 */
	OPTION_LOUDER, /* int: one more, at most 2 */
};

struct options {
	struct strings typed; /* the whole line behind "devupd", as it was typed */
	struct strings names; /* what stands behind the verb */
	bool dry_run, yes, json, all, offline, exit_status, download_only;
	bool allow_downgrade, reinstall, accept_license, no_progress, no_sudo, unattended;
	bool undo, when_closed;
	bool history_verify, failed, export_all, help, version;
	int verbosity; /* -1 quiet, 0, 1, 2 */
	int color;     /* enum color */
	bool has_jobs, has_wait, has_keep;
	uint64_t jobs, wait_s, keep;
	const char *config_file, *recipes_folder, *save_folder, *as_name, *page_file;
	const char *until, *reason, *since, *outcome, *run_id, *only_name;
	/* Given by devupd itself behind sudo: what the person agreed to (CONTRACT "Root is asked
	 * for ..."). */
	struct strings accepted;          /* words of accepted.h */
	struct strings accepted_licenses; /* NAME */
	struct strings opens;             /* NAME=wait|now|later */
};
void options_clear(struct options *o);

struct option_row {
	const char *name;
	char letter; /* 0 = none */
	enum option_type type;
	size_t offset;        /* of its field in struct options */
	const char *argument; /* "N", "FILE"; NULL = takes none */
	unsigned groups;      /* enum option_group bits */
	bool goes_to_root;    /* given to us, it is handed on to our half behind sudo */
	const char *what;     /* for help; NULL = given by devupd itself, not shown */
};
extern const struct option_row option_rows[]; /* ended by name NULL */

/* What a row of OPTION_NUMBER may be, and the bool that tells whether it was given. */
struct option_number {
	size_t offset, has_offset; /* in struct options */
	uint64_t min, max;
};
const struct option_number *option_number_of(const struct option_row *row);

/*
 * In:    argv       options and words in any order, "--" ends options
 * Out:   out        to be cleared, also after a failure; json is right then, too
 *        out_verb   the first word, "check" where none; --help and --version turn into their verbs
 * Fails: ERR_USAGE  names the option, and the nearest one
 */
bool options_parse(int argc, char **argv, struct options *out, const char **out_verb,
	struct err *e) MUST_CHECK;
/* Does the verb take all that was given? groups: what the verb's row has. */
bool options_check(
	int argc, char **argv, const char *verb, unsigned groups, struct err *e) MUST_CHECK;
/*
 * The options that were given, as words of a command line for our half behind sudo: it works where
 * we don't, so that paths are made whole.
 *
 * Out:   out      each row that goes to root is added, if it was given
 * Fails: ERR_CONFIG   a path leads nowhere; ERR_INTERNAL
 */
bool options_hand_on(const struct options *o, struct strings *out, struct err *e) MUST_CHECK;
/*
 * The command that would go on, for a message: the line as it was typed, quoted for a shell.
 *
 * In:    before   "sudo " or ""
 *        flag     "--yes", or NULL: to be put at the end, unless it was typed
 */
void options_command(
	const struct options *o, const char *before, const char *flag, char *out, size_t out_size);

#endif
