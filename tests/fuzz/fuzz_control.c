/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any text as a package's control: what is accepted names one package, one version and one
 * architecture, each well-formed, and reads the same when only those are written again.
 */
#include "target.h"

#include <strings.h>

#include "updaters/lib/dpkg.h"

/* Lines that begin with the field, in any letters. */
static size_t count_fields(const char *text, size_t len, const char *name)
{
	size_t n = 0, name_len = strlen(name);

	for (size_t at = 0; at < len; at++) {
		bool is_start = at == 0 || text[at - 1] == '\n';

		n += is_start && len - at > name_len && text[at + name_len] == ':' &&
		     strncasecmp(text + at, name, name_len) == 0;
	}
	return n;
}

static void check_accepted(const char *text, size_t len, const struct dpkg_control *c)
{
	static const char *const fields[] = {"Package", "Version", "Architecture"};
	struct dpkg_control again = {0};
	char simple[512];
	struct err e = {0};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		must(count_fields(text, len, fields[i]) == 1, "accepted with not one of a field");
	must(dpkg_name_is_valid(c->package) && dpkg_version_is_valid(c->version),
		"accepted with what is not valid");
	must(memchr(text, '\r', len) == NULL && memchr(text, '\0', len) == NULL,
		"accepted with control bytes");
	snprintf(simple, sizeof(simple), "Package: %s\nVersion: %s\nArchitecture: %s\n", c->package,
		c->version, c->architecture);
	must(dpkg_control_parse(simple, strlen(simple), &again, &e), e.text);
	must(text_equal(again.package, c->package) && text_equal(again.version, c->version) &&
			text_equal(again.architecture, c->architecture),
		"written again, it reads otherwise");
	if (!c->is_essential && count_fields(text, len, "Essential") == 1)
		must(strcasestr(text, "no") != NULL, "a claim was not seen");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED_FREE char *bytes = bytes_of(data, size), *text = text_of(data, size);
	struct dpkg_control control = {0};
	struct err e = {0};

	if (dpkg_control_parse(bytes, size, &control, &e)) {
		check_accepted(text, size, &control);
	} else {
		must_be_told(&e);
		must(control.package[0] == '\0', "half filled after a failure");
	}
	return 0;
}
