/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/service.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "updaters/lib/text.h"

enum { STATUS_MAX = 256 };

void service_status(const char *format, ...)
{
	char text[STATUS_MAX], escaped[STATUS_MAX * 4];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text_escape(text, strlen(text), escaped, sizeof(escaped));
	(void)!sd_notifyf(0, "STATUS=%s", escaped);
}

void service_alive(void)
{
	(void)!sd_notify(0, "WATCHDOG=1");
}

void service_stopping(void)
{
	(void)!sd_notify(0, "STOPPING=1");
}
