/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program of a recipe, run to hear what it says; and reading that. Changes nothing. */
#ifndef DEVUPD_UPDATERS_COMMAND_SAYING_H
#define DEVUPD_UPDATERS_COMMAND_SAYING_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/err.h"
#include "updaters/lib/text.h"
#include "updaters/owner.h"

enum { SAYING_LINE_MAX = 512, SAYING_LINES = 20, SAYING_END_MAX = 600 };

/* PATH of the recipe's programs: the recipe's own, else as a new terminal has it. */
bool saying_search_path(
	const struct owner *o, char *out, size_t out_size, struct err *e) MUST_CHECK;

/*
 * A program and its arguments, as they will be run.
 *
 * In:    words       the recipe's, not empty; the program is a name or an absolute path
 * Out:   out_argv    words expanded, argv[0] absolute; empty: there is no such program
 * Fails: ERR_CONFIG  a word that is not defined; ERR_INTERNAL
 */
bool saying_argv(const struct owner *o, const struct strings *words, struct strings *out_argv,
	struct err *e) MUST_CHECK;

/*
 * Run it as the person, with nothing to read and within the recipe's time.
 *
 * Out:   out_text    the end of what it printed, malloc'd; out_status 0..255
 * Fails: ERR_COMMAND (stopped, or it did not end), ERR_INTERNAL; a status other than 0 is none
 */
bool saying_hear(const struct owner *o, const struct strings *argv, char **out_text,
	int *out_status, struct err *e) MUST_CHECK;

/* The first word with a digit in it, without brackets and the like around it; "" = none. */
void saying_version(const char *raw_text, char *out, size_t out_size);
/* The last line that is not empty, fit for a terminal; "" = none. */
void saying_last_line(const char *raw_text, char out[SAYING_LINE_MAX]);

/* As many of its last lines as have room, at most SAYING_LINES, with " | " between them. */
void saying_end(const char *raw_text, char out[SAYING_END_MAX]);

#endif
