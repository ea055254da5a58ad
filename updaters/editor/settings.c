/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/editor/settings.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/jsonc.h"
#include "updaters/lib/text.h"

void settings_clear(struct settings *s)
{
	free(s->raw);
	*s = (struct settings){0};
}

static bool read_nothing(const char *path, struct settings *out, struct err *e)
{
	struct stat st;

	if (errno != ENOENT || lstat(path, &st) == 0)
		return err_sys(e, ERR_EDITOR, "%s can't be followed", path);
	*out = (struct settings){.raw = strdup("")};
	return out->raw != NULL || err_set(e, ERR_INTERNAL, "no memory for %s", path);
}

bool settings_read(const char *path, struct settings *out, struct err *e)
{
	SCOPED_CLEAR(settings_clear) struct settings s = {0};
	SCOPED_FREE char *real = realpath(path, NULL);
	struct stat st;

	if (real == NULL)
		return read_nothing(path, out, e);
	if (stat(real, &st) != 0)
		return err_sys(e, ERR_EDITOR, "%s can't be looked at", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_EDITOR, "%s is no plain file", path);
	if (!text_copy(s.real, sizeof(s.real), real))
		return err_set(e, ERR_EDITOR, "%s: its path is too long", path);
	if (!fs_read(real, JSONC_TEXT_MAX, &s.raw, &s.len, e) ||
		!digest_of(s.raw, s.len, s.sha256, e))
		return false;
	s.uid = st.st_uid;
	*out = s;
	s = (struct settings){0};
	return true;
}
