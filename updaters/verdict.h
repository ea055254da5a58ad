/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exit code of a run (CONTRACT "Exit codes"): one place, pure. */
#ifndef DEVUPD_UPDATERS_VERDICT_H
#define DEVUPD_UPDATERS_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/updater.h"

enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_SOME_FAILED = 3,
	EXIT_AVAILABLE = 4,
	EXIT_CONFIG = 5,
	EXIT_NETWORK = 6,
	EXIT_REFUSED = 7,
	EXIT_LOCKED = 8,
	EXIT_NEEDS_ROOT = 9,
	EXIT_HELD_BACK = 10,
	EXIT_SIGNAL = 128,
};

/* What each means, for help and the man page. */
struct exit_row {
	int code;
	const char *what;
};
extern const struct exit_row exit_rows[]; /* ended by what NULL */

/* With exit_status (--exit-status) 4 and 10 are told, too. */
int verdict_of_entries(const struct entry *entries, size_t n, bool exit_status);
/* Of an error that ended a run before any name was looked at. */
int verdict_of_error(const struct err *e);
/* A code in words: "some names failed, at least one did not (exit code 3)". */
void verdict_describe(int exit_code, char *out, size_t out_size);
/* Was a package refused: it is not what was promised? */
bool verdict_is_refusal(enum err_code code);

#endif
