/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/apt_sources.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* All words of a list in one line, by blanks. */
static void list_line(const struct strings *list, char *out, size_t out_size)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < list->n_items && at < out_size; i++)
		at += (size_t)snprintf(
			out + at, out_size - at, "%s%s", i > 0 ? " " : "", list->items[i]);
}

struct row {
	const char *text, *uris, *keyrings;
};

static void rows_check(const char *path, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		SCOPED_CLEAR(apt_sources_clear) struct apt_sources found;
		char uris[512], keyrings[512];

		apt_sources_read(path, rows[i].text, strlen(rows[i].text), &found);
		list_line(&found.uris, uris, sizeof(uris));
		list_line(&found.keyrings, keyrings, sizeof(keyrings));
		if (!text_equal(uris, rows[i].uris) || !text_equal(keyrings, rows[i].keyrings))
			fail_msg("row %zu: \"%s\", \"%s\"", i, uris, keyrings);
		assert_false(found.is_cut);
	}
}

static void one_line_each(void **state)
{
	static const struct row rows[] = {
		{"", "", ""},
		{"deb https://a.test/x stable main\n", "https://a.test/x", ""},
		{"deb https://a.test/x stable main", "https://a.test/x", ""},
		{"deb-src https://a.test/x stable main\r\ndeb http://b.test ./\r\n",
			"https://a.test/x http://b.test", ""},
		{"deb [arch=amd64,arm64 signed-by=/k/a.gpg] https://a.test/ s m\n",
			"https://a.test/", "/k/a.gpg"},
		{"deb\t[ signed-by=/k/a.gpg,/k/b.asc arch=amd64 ]\thttps://a.test/ s m\n",
			"https://a.test/", "/k/a.gpg /k/b.asc"},
		{"deb [signed-by=0123ABCD!] https://a.test/ s m\n", "https://a.test/", ""},
		{"# deb https://a.test/ s m\n  #deb https://b.test/ s m\n", "", ""},
		{"deb https://a.test/ s m # deb https://b.test/\n", "https://a.test/", ""},
		/* a disc's name holds blanks: no address of ours */
		{"deb cdrom:[Debian 12 _Bookworm_ - x]/ bookworm main\n", "", ""},
		{"debx https://a.test/ s m\nrpm https://b.test/ s m\n", "", ""},
		{"deb\n", "", ""},
		{"deb [", "", ""},
		{"deb [signed-by=/k/a.gpg", "", ""},
		{"deb \"https://a.test/q\" s m\n", "https://a.test/q", ""},
		{"deb nothing s m\n", "", ""},
		{"Types: deb\nURIs: https://a.test/\n", "", ""},
	};

	(void)state;
	rows_check("/etc/apt/sources.list.d/x.list", rows, ARRAY_SIZE(rows));
}

static void deb822(void **state)
{
	static const struct row rows[] = {
		{"", "", ""},
		{"Types: deb\nURIs: https://a.test/x\nSuites: s\n", "https://a.test/x", ""},
		{"types:deb\nuris:https://a.test/x  https://b.test/y\nsuites:s",
			"https://a.test/x https://b.test/y", ""},
		{"URIs:\n https://a.test/x\n\thttps://b.test/y\nSigned-By: /k/a.gpg /k/b.gpg\n",
			"https://a.test/x https://b.test/y", "/k/a.gpg /k/b.gpg"},
		{"URIs: https://a.test/\r\nSigned-By: /k/a.gpg,/k/b.gpg\r\n\r\n"
		 "URIs: https://b.test/\r\n",
			"https://a.test/ https://b.test/", "/k/a.gpg /k/b.gpg"},
		/* switched off, in either order; its key counts: it may be switched on again */
		{"Enabled: no\nURIs: https://a.test/\nSigned-By: /k/a.gpg\n", "", "/k/a.gpg"},
		{"URIs: https://a.test/\nEnabled: FALSE\n\nURIs: https://b.test/\nEnabled: yes\n",
			"https://b.test/", ""},
		/* a comment in the midst of a folded value */
		{"URIs: https://a.test/\n# https://c.test/\n https://b.test/\n",
			"https://a.test/ https://b.test/", ""},
		{"#URIs: https://a.test/\n", "", ""},
		/* a key in the file itself is no path */
		{"URIs: https://a.test/\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n"
		 " mQENBFYxWIwBCADAKoZhZlJxGNGWzqV+1OG1xiQeoowKhssGAKvd+buXCGISZJwT\n",
			"https://a.test/", ""},
		{"URIs https://a.test/\n", "", ""},
		{"Mirror-URIs: https://a.test/\n", "", ""},
		{" https://a.test/\n", "", ""},
		{"deb https://a.test/ s m\n", "", ""},
	};

	(void)state;
	rows_check("/etc/apt/sources.list.d/x.sources", rows, ARRAY_SIZE(rows));
}

/* Each byte, in each place: nothing that no address may hold comes out. */
static void garbage(void **state)
{
	static const char *const paths[] = {"/x.list", "/x.sources"};
	unsigned char raw[4096] = {0};
	uint32_t seed = 1;

	(void)state;
	for (size_t round = 0; round < 2000; round++) {
		SCOPED_CLEAR(apt_sources_clear) struct apt_sources found;
		size_t len = round % sizeof(raw);

		for (size_t i = 0; i < len; i++) {
			static const char likely[] = "deb URIs:[]\n\n \t/#\"=,signed-by";

			seed = seed * 1103515245 + 12345;
			raw[i] = (seed >> 24) < 200 ? (unsigned char)likely[(seed >> 16) % 30]
						    : (unsigned char)(seed >> 16);
		}
		apt_sources_read(paths[round % 2], (char *)raw, len, &found);
		for (size_t i = 0; i < found.uris.n_items; i++) {
			for (const char *c = found.uris.items[i]; *c != '\0'; c++)
				assert_true((unsigned char)*c > ' ' && *c != 0x7f);
		}
	}
}

static void bytes_that_no_address_holds(void **state)
{
	SCOPED_CLEAR(apt_sources_clear) struct apt_sources found;
	static const char raw[] = "deb https://a\0.test/ s\ndeb https://\x1b[2J.test/ s\n";

	(void)state;
	apt_sources_read("/x.list", raw, sizeof(raw) - 1, &found);
	assert_int_equal(found.uris.n_items, 0);
}

static void more_than_is_kept(void **state)
{
	SCOPED_CLEAR(apt_sources_clear) struct apt_sources found;
	SCOPED_CLEAR(buf_clear) struct buf text;

	(void)state;
	buf_init(&text, 1 << 20);
	for (int i = 0; i < 2 * APT_SOURCE_WORDS_MAX; i++)
		buf_printf(&text, "deb https://a.test/%d s\n", i);
	apt_sources_read("/x.list", text.data, text.len, &found);
	assert_int_equal(found.uris.n_items, APT_SOURCE_WORDS_MAX);
	assert_true(found.is_cut);
	apt_sources_clear(&found);
	buf_reset(&text);
	buf_puts(&text, "deb https://a.test/");
	for (int i = 0; i < APT_SOURCE_WORD_MAX; i++)
		buf_puts(&text, "x");
	apt_sources_read("/x.list", text.data, text.len, &found);
	assert_int_equal(found.uris.n_items, 0);
}

static void the_same_repository(void **state)
{
	static const struct {
		const char *a, *b;
		bool is_same;
	} rows[] = {
		{"https://a.test/x", "https://a.test/x", true},
		{"https://a.test/x", "https://a.test/x/", true},
		{"https://a.test/x//", "http://A.TEST/x", true},
		{"mirror+https://a.test/x", "https://me:secret@a.test/x", true},
		{"https://a.test", "https://a.test/", true},
		{"https://a.test/x", "https://a.test/X", false},
		{"https://a.test/x", "https://a.test/xy", false},
		{"https://a.test/x", "https://b.test/x", false},
		{"file:/p", "file:///p/", true},
		{"file:/p", "file:/q", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(apt_uri_is_same(rows[i].a, rows[i].b), rows[i].is_same);
		assert_int_equal(apt_uri_is_same(rows[i].b, rows[i].a), rows[i].is_same);
	}
}

static void what_both_name(void **state)
{
	SCOPED_CLEAR(apt_sources_clear) struct apt_sources a, b;
	static const char list[] = "deb https://a.test/ s\ndeb [signed-by=/k] http://b.test/x s\n";
	static const char sources[] = "Types: deb\nURIs: https://c.test https://b.test/x/\n";

	(void)state;
	apt_sources_read("/x.list", list, strlen(list), &a);
	apt_sources_read("/x.sources", sources, strlen(sources), &b);
	assert_string_equal(apt_sources_common(&a, &b), "http://b.test/x");
	apt_sources_clear(&b);
	apt_sources_read("/x.sources", "URIs: https://c.test", 20, &b);
	assert_null(apt_sources_common(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line_each),
		cmocka_unit_test(deb822),
		cmocka_unit_test(garbage),
		cmocka_unit_test(bytes_that_no_address_holds),
		cmocka_unit_test(more_than_is_kept),
		cmocka_unit_test(the_same_repository),
		cmocka_unit_test(what_both_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
