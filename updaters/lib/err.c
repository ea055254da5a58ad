/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "updaters/lib/text.h"

static void err_fill(
	struct err *e, enum err_code code, int sys_errno, const char *format, va_list args)
{
	char raw_text[ERR_TEXT_MAX] = "";

	vsnprintf(raw_text, sizeof(raw_text), format, args);
	e->code = code;
	e->sys_errno = sys_errno;
	text_escape(raw_text, strlen(raw_text), e->text, sizeof(e->text));
}

/* ": " and more behind the text, cut at a whole character. */
static void err_append(struct err *e, const char *more)
{
	size_t used = strlen(e->text);

	text_copy_cut(e->text + used, sizeof(e->text) - used, ": ");
	used = strlen(e->text);
	text_copy_cut(e->text + used, sizeof(e->text) - used, more);
}

bool err_set(struct err *e, enum err_code code, const char *format, ...)
{
	va_list args;

	if (e == NULL)
		return false;
	va_start(args, format);
	err_fill(e, code, 0, format, args);
	va_end(args);
	return false;
}

bool err_sys(struct err *e, enum err_code code, const char *format, ...)
{
	int saved = errno;
	va_list args;

	if (e == NULL)
		return false;
	if (saved == ENOSPC || saved == EDQUOT)
		code = ERR_SPACE;
	va_start(args, format);
	err_fill(e, code, saved, format, args);
	va_end(args);
	err_append(e, strerror(saved));
	return false;
}

bool err_within(struct err *e, const char *format, ...)
{
	char before[ERR_TEXT_MAX];
	va_list args;

	if (e == NULL)
		return false;
	memcpy(before, e->text, sizeof(before));
	va_start(args, format);
	err_fill(e, e->code, e->sys_errno, format, args);
	va_end(args);
	err_append(e, before);
	return false;
}

#define ERR_TOKEN(code, token) [ERR_##code] = token,
static const char *const err_tokens[ERR_N_CODES] = {ERR_CODES(ERR_TOKEN)};
#undef ERR_TOKEN

const char *err_token(enum err_code code)
{
	return (size_t)code < ERR_N_CODES ? err_tokens[code] : err_tokens[ERR_INTERNAL];
}

bool err_code_find(const char *token, enum err_code *out_code)
{
	for (size_t i = 0; i < ERR_N_CODES; i++) {
		if (strcmp(err_tokens[i], token) == 0) {
			*out_code = (enum err_code)i;
			return true;
		}
	}
	return false;
}
