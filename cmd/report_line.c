/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/report_line.h"

#include <string.h>

#include "updaters/lib/clock.h"

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

void report_host(const struct host *h, char *out, size_t out_size)
{
	bool is_derived = h->base_family[0] != '\0' && !text_equal(h->base_family, h->os);
	char base[2 * HOST_WORD_MAX] = "";

	if (is_derived)
		snprintf(base, sizeof(base), " (%s %s)",
			text_equal(h->base_family, "ubuntu") ? "Ubuntu" : "Debian", h->base);
	snprintf(out, out_size, "%s%s, %s", h->os_name, base, h->arch);
}

void report_put_host(struct json_writer *w, const struct host *h)
{
	json_open(w, "host", '{');
	json_put_known(w, "arch", h->arch);
	json_put_known(w, "os", h->os);
	json_put_known(w, "os_version", h->os_version);
	json_put_known(w, "base", h->base);
	json_close(w, '}');
}

void report_put_time(struct json_writer *w, const char *key, int64_t unix_ms)
{
	char text[CLOCK_TEXT_MAX] = "";

	if (unix_ms != 0)
		clock_format(unix_ms, text, sizeof(text));
	json_put_known(w, key, text);
}
