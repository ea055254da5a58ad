/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stdout and stderr are: terminal or pipe, how wide, with colour or not; and asking a person.
 */
#ifndef DEVUPD_CMD_TERMINAL_H
#define DEVUPD_CMD_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/options.h"
#include "updaters/stop.h"

/* A person is there: stdin and stderr are terminals (CONTRACT "Root is asked for ..."). */
bool terminal_has_person(void);
bool terminal_is(int fd);
/* Now (asked anew: windows are resized); 80 by 24 where unknown. */
unsigned terminal_columns(int fd);
unsigned terminal_rows(int fd);
/* Cut a text in place to a number of columns, ended by an ellipsis where something is missing. */
void terminal_cut(char *text, size_t size, size_t columns);
/* --color, NO_COLOR, TERM=dumb, and whether fd is a terminal. */
bool terminal_has_color(int fd, const struct options *o);

/* Once a signal has come nothing is asked any more, by either. */
enum answer { ANSWER_NO, ANSWER_YES, ANSWER_STOPPED };
/*
 * "QUESTION " on stderr, until one of the letters is typed.
 *
 * Out: its index; an empty answer is by_default; n at the end of file, or when stopped
 */
size_t terminal_choose(
	const char *question, const char *letters, size_t n, size_t by_default, struct stop *stop);
/* "QUESTION  [Y/n] " on stderr; an empty answer is the default, end of file is no. */
enum answer terminal_ask(const char *question, bool is_yes_default, struct stop *stop);

#endif
