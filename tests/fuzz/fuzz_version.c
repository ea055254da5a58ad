/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Three lines as versions: an order that is one (antisymmetric, transitive, equal to itself); a
 * valid one has no byte that an address or a terminal would take otherwise.
 */
#include "target.h"

#include "updaters/lib/dpkg.h"

enum { N_LINES = 3 };

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void check_order(char *const v[N_LINES])
{
	for (size_t i = 0; i < N_LINES; i++) {
		const char *a = v[i], *b = v[(i + 1) % N_LINES], *c = v[(i + 2) % N_LINES];
		int ab = sign(dpkg_version_compare(a, b)), bc = sign(dpkg_version_compare(b, c));

		must(dpkg_version_compare(a, a) == 0, "not equal to itself");
		must(ab == -sign(dpkg_version_compare(b, a)), "not antisymmetric");
		if (ab == bc || bc == 0)
			must(sign(dpkg_version_compare(a, c)) == ab, "not transitive");
	}
}

/* What does not count as a difference; a tilde sorts before the very end. */
static void check_valid(const char *version)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-~:";
	char longer[DPKG_VERSION_MAX + 8];

	must(strspn(version, allowed) == strlen(version), "a valid version with other bytes");
	must(strlen(version) < DPKG_VERSION_MAX, "a valid version that is too long");
	snprintf(longer, sizeof(longer), "0%s", version);
	must(dpkg_version_compare(version, longer) == 0, "a zero in front counts");
	snprintf(longer, sizeof(longer), "%s~", version);
	must(dpkg_version_compare(longer, version) < 0, "a tilde is not before the end");
	snprintf(longer, sizeof(longer), "%s+1", version);
	must(dpkg_version_compare(longer, version) > 0, "more is not later");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED_FREE char *text = text_of(data, size);
	char *cursor = text, *versions[N_LINES] = {text, text, text};

	for (size_t i = 0; i < N_LINES; i++) {
		char *line = text_next(&cursor, '\n');

		versions[i] = line != NULL ? line : versions[0];
	}
	check_order(versions);
	for (size_t i = 0; i < N_LINES; i++)
		if (dpkg_version_is_valid(versions[i]))
			check_valid(versions[i]);
	return 0;
}
