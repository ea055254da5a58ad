/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "updaters/lib/text.h"

enum { LOG_LINE_MAX = 4096 };

static enum log_level log_level = LOG_NOTES;
static void (*log_guard)(void *user, bool is_start);
static void *log_guard_user;

void log_set_level(enum log_level level)
{
	log_level = level;
}

void log_set_guard(void (*guard)(void *user, bool is_start), void *user)
{
	log_guard = guard;
	log_guard_user = user;
}

/* One write a line, so that two processes on one terminal do not mix theirs. */
static void PRINTF_LIKE(3, 0)
	log_put(enum log_level level, const char *prefix, const char *format, va_list args)
{
	char raw_line[LOG_LINE_MAX];
	char line[LOG_LINE_MAX];

	if (level > log_level)
		return;
	vsnprintf(raw_line, sizeof(raw_line), format, args);
	text_escape(raw_line, strlen(raw_line), line, sizeof(line));
	if (log_guard != NULL)
		log_guard(log_guard_user, true);
	dprintf(STDERR_FILENO, "%s%s\n", prefix, line);
	if (log_guard != NULL)
		log_guard(log_guard_user, false);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_put(LOG_ERRORS, "devupd: ", format, args);
	va_end(args);
}

void log_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_put(LOG_NOTES, "", format, args);
	va_end(args);
}

void log_verbose(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_put(LOG_VERBOSE, "", format, args);
	va_end(args);
}

void log_debug(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_put(LOG_DEBUGGING, "", format, args);
	va_end(args);
}
