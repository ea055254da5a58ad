/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines on standard error for a person: what is being done, by level. Results go through report,
 * evidence through audit; this is neither.
 */
#ifndef DEVUPD_LIB_LOG_H
#define DEVUPD_LIB_LOG_H

#include <stdbool.h>

#include "updaters/lib/scope.h"

enum log_level { LOG_ERRORS, LOG_NOTES, LOG_VERBOSE, LOG_DEBUGGING }; /* -q, default, -v, -vv */

void log_set_level(enum log_level level);
/* Called before each line with is_start true, after it with false: a bar can get out of the way. */
void log_set_guard(void (*guard)(void *user, bool is_start), void *user);

void log_error(const char *format, ...) PRINTF_LIKE(1, 2); /* "devupd: ..." */
void log_note(const char *format, ...) PRINTF_LIKE(1, 2);
void log_verbose(const char *format, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
