/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/report_line.h"

#include <string.h>

void report_say(const char *name, const char *text, FILE *out)
{
	char clean[RECORD_TEXT_MAX * 2];

	text_escape(text, strlen(text), clean, sizeof(clean));
	fprintf(out, "%s: %s\n", name, clean);
}

void report_version(const struct entry *entry, const char *version, char *out, size_t out_size)
{
	struct err ignored = {0};

	if (version[0] == '\0' || entry->recipe == NULL ||
		!recipe_version_installed(entry->recipe, version, out, out_size, &ignored))
		text_copy_cut(out, out_size, version);
}
