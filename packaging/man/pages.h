/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What pages.c finds in a template is written by one of these, to stdout. Each returns false where
 * its table has no such word. told: the verbs that were written one by one. pages_man.c speaks
 * mdoc(7), pages_shell.c the three shells.
 */
#ifndef DEVUPD_PACKAGING_MAN_PAGES_H
#define DEVUPD_PACKAGING_MAN_PAGES_H

#include <stdbool.h>

#include "updaters/lib/text.h"

bool page_verb(const char *name, struct strings *told); /* "*": all that were not told */
bool page_options(
	const char *unused, struct strings *told); /* every option, with the verbs that take it */
bool page_settings(const char *unused, struct strings *told);     /* devupd.yaml */
bool page_own_settings(const char *unused, struct strings *told); /* a person's own */
bool page_recipe_keys(const char *kind, struct strings *told);    /* "all": those of every kind */
bool page_source_keys(const char *kind, struct strings *told); /* "all": those that name the kind */
bool page_exit_codes(const char *unused, struct strings *told);
bool page_tokens(const char *set, struct strings *told); /* outcomes, reasons, ...: "A, B, C." */

bool shell_verbs(const char *unused, struct strings *told); /* bash: the words */
bool shell_cases(const char *unused,
	struct strings *told); /* bash: a case for each verb: its options and arguments */
bool shell_values(const char *unused,
	struct strings *told); /* bash: a case for each option with an argument */
bool shell_outcomes(const char *unused, struct strings *told); /* bash and zsh: the words */
bool zsh_verbs(const char *unused, struct strings *told);
bool zsh_cases(const char *unused, struct strings *told);
bool fish_valued(const char *unused, struct strings *told); /* options with an argument */
bool fish_lines(const char *unused, struct strings *told);

#endif
