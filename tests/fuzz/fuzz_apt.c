/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any text as what apt-get says, on Status-Fd and in its log (`-s` included), as a status file of
 * dpkg and as a file of sources: what is shown is escaped, a percentage is one, trouble comes with
 * the line that says so, a key file has an absolute path.
 */
#include "target.h"

#include "updaters/lib/apt.h"
#include "updaters/lib/apt_sources.h"
#include "updaters/lib/dpkg.h"

static void check_status_line(const char *line)
{
	struct apt_status status = {0};

	if (!apt_status_parse(line, &status))
		return;
	must(status.percent >= 0 && status.percent <= 100.001, "a percentage that is none");
	must(!has_control_bytes(status.text) && !has_control_bytes(status.package),
		"control bytes in what is shown");
	must(status.kind <= APT_MEDIA, "an unknown kind of line");
}

static void check_trouble(const char *words)
{
	char line[300];
	enum apt_trouble trouble = apt_trouble_find(words, line, sizeof(line));

	must(trouble <= APT_OTHER, "an unknown trouble");
	must(!has_control_bytes(line), "control bytes in what is shown");
	must(trouble != APT_FINE || line[0] == '\0', "fine, and a line says why not");
	must(trouble == APT_FINE || line[0] != '\0', "trouble that no line tells of");
}

static void check_package(const struct dpkg_package *p, const char *name)
{
	must(text_equal(p->name, name), "another package than was asked for");
	must(p->state != DPKG_NOT_INSTALLED || p->version[0] == '\0',
		"not installed, with a version");
	must(strnlen(p->status, sizeof(p->status)) < sizeof(p->status), "no end");
}

static void check_status_file(const char *text, size_t len)
{
	static const char *const names[] = {"probe", "positron", "ab"};
	struct dpkg_package found[ARRAY_SIZE(names)];

	if (!dpkg_status_parse(text, len, names, ARRAY_SIZE(names), "amd64", found))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		check_package(&found[i], names[i]);
}

static void check_sources(const char *path, const char *raw, size_t len)
{
	SCOPED_CLEAR(apt_sources_clear) struct apt_sources sources = {0};

	apt_sources_read(path, raw, len, &sources);
	must(sources.uris.n_items <= APT_SOURCE_WORDS_MAX &&
			sources.keyrings.n_items <= APT_SOURCE_WORDS_MAX,
		"more than its bound");
	for (size_t i = 0; i < sources.keyrings.n_items; i++)
		must(sources.keyrings.items[i][0] == '/', "a key file that is not absolute");
	for (size_t i = 0; i < sources.uris.n_items; i++)
		must(apt_uri_is_same(sources.uris.items[i], sources.uris.items[i]),
			"an address that is not the same as itself");
	must(sources.uris.n_items == 0 || apt_sources_common(&sources, &sources) != NULL,
		"nothing in common with itself");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED_FREE char *text = text_of(data, size), *bytes = bytes_of(data, size);
	char *cursor = text;

	check_trouble(text);
	check_status_file(bytes, size);
	check_sources("/etc/apt/sources.list.d/x.list", bytes, size);
	check_sources("/etc/apt/sources.list.d/x.sources", bytes, size);
	for (char *line = text_next(&cursor, '\n'); line != NULL; line = text_next(&cursor, '\n'))
		check_status_line(line);
	return 0;
}
