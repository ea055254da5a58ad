/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/mount.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

enum { MOUNTINFO_MAX = 4 << 20, FIELD_DEVICE = 2, FIELD_POINT = 4 };

/* One line of the list: "36 35 98:0 / /mnt rw,noatime …"; device NULL = none was found. */
struct mount_line {
	const char *device, *point;
};

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

static struct mount_line line_read(char *line)
{
	struct mount_line out = {0};

	for (size_t i = 0; i <= FIELD_POINT && line != NULL; i++) {
		char *word = text_next(&line, ' ');

		if (i == FIELD_DEVICE)
			out.device = word;
		if (i == FIELD_POINT && line != NULL) {
			unescape(word);
			out.point = word;
		}
	}
	return out;
}

static struct mount_line line_find(char *text, const char *path)
{
	struct mount_line best = {0};

	for (char *line = text_next(&text, '\n'); line != NULL; line = text_next(&text, '\n')) {
		struct mount_line here = line_read(line);

		if (here.point != NULL && is_above(here.point, path) &&
			(best.point == NULL || strlen(here.point) >= strlen(best.point)))
			best = here;
	}
	return best;
}

bool mount_parse(char *text, const char *path, char *out, size_t out_size)
{
	const struct mount_line found = line_find(text, path);

	return found.point != NULL && text_copy(out, out_size, found.point);
}

bool mount_parse_device(char *text, const char *path, dev_t *out)
{
	const struct mount_line found = line_find(text, path);
	unsigned major = 0, minor = 0;

	if (found.point == NULL || sscanf(found.device, "%u:%u", &major, &minor) != 2)
		return false;
	*out = makedev(major, minor);
	return true;
}

/* Out: out_real   the path without links; both to be freed, also after a failure */
static bool list_read(const char *path, char **out_text, char **out_real)
{
	*out_real = realpath(path, NULL);
	return *out_real != NULL &&
	       fs_read("/proc/self/mountinfo", MOUNTINFO_MAX, out_text, NULL, NULL);
}

bool mount_of(const char *path, char *out, size_t out_size)
{
	SCOPED_FREE char *text = NULL;
	SCOPED_FREE char *real = NULL;

	return list_read(path, &text, &real) && mount_parse(text, real, out, out_size);
}

bool mount_device_of(const char *path, dev_t *out)
{
	SCOPED_FREE char *text = NULL;
	SCOPED_FREE char *real = NULL;

	return list_read(path, &text, &real) && mount_parse_device(text, real, out);
}
