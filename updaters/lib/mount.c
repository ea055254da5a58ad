/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/mount.h"

#include <string.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

enum { MOUNTINFO_MAX = 4 << 20, FIELD_POINT = 4 };

static bool is_octal(const char *s)
{
	return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' &&
	       s[2] <= '7';
}

/* The kernel writes a blank as \040, in place it only gets shorter. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		if (s[0] == '\\' && is_octal(s + 1)) {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

static bool is_above(const char *point, const char *path)
{
	size_t len = strlen(point);

	if (text_equal(point, "/"))
		return true;
	return text_starts(path, point) && (path[len] == '/' || path[len] == '\0');
}

bool mount_parse(char *text, const char *path, char *out, size_t out_size)
{
	const char *best = NULL;

	for (char *line = text_next(&text, '\n'); line != NULL; line = text_next(&text, '\n')) {
		char *point = NULL;

		for (size_t i = 0; i <= FIELD_POINT && line != NULL; i++)
			point = text_next(&line, ' ');
		if (point == NULL || line == NULL)
			continue;
		unescape(point);
		if (is_above(point, path) && (best == NULL || strlen(point) >= strlen(best)))
			best = point;
	}
	return best != NULL && text_copy(out, out_size, best);
}

bool mount_of(const char *path, char *out, size_t out_size)
{
	SCOPED_FREE char *text = NULL;
	SCOPED_FREE char *real = realpath(path, NULL);

	return real != NULL && fs_read("/proc/self/mountinfo", MOUNTINFO_MAX, &text, NULL, NULL) &&
	       mount_parse(text, real, out, out_size);
}
