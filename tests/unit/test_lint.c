/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recipe's file as its author wants it looked at. */
#include "config/lint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "updaters/lib/fs.h"

#define SHIPPED DEVUPD_FIXTURES "/../../config/recipes"

#define HEAD    "name: x\nkind: deb\npackage: x\narch: [amd64, arm64]\nhosts: [dl.example.org]\n"
#define LINK    "link: 'https://dl\\.example\\.org/x-(?<version>[0-9.]+)\\.deb'"
#define A       "  - {page: 'https://a.example.org/', " LINK "}\n"
#define B       "  - {page: 'https://b.example.org/', " LINK "}\n"
#define C       "  - {page: 'https://c.example.org/', " LINK "}\n"
#define SUMS    "checksum: {text: 'https://dl.example.org/SUMS'}\n"
#define SOUND   HEAD SUMS "sources:\n" A B C

static const struct host noble = {
	.arch = "amd64", .os = "linuxmint", .base = "noble", .base_family = "ubuntu"};

/* The text as a file of this name, in a folder of its own. */
static bool lint_text(const char *name, const char *text, struct lint *out)
{
	char folder[] = "/tmp/lint.XXXXXX", path[64];
	struct err e = {0};
	bool is_fine;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_true(fs_replace(path, text, strlen(text), 0644, &e));
	is_fine = lint_file(path, &noble, out);
	unlink(path);
	rmdir(folder);
	return is_fine;
}

static void test_sound(void **state)
{
	SCOPED_CLEAR(lint_clear) struct lint l = {0};

	(void)state;
	assert_true(lint_text("x.yaml", SOUND, &l));
	assert_int_equal(l.warnings.n_items, 0);
	assert_non_null(l.recipe);
}

static void test_shipped_are_fine(void **state)
{
	DIR *d = opendir(SHIPPED);
	const struct dirent *entry;
	unsigned n = 0;

	(void)state;
	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		SCOPED_CLEAR(lint_clear) struct lint l = {0};
		char path[4096];

		snprintf(path, sizeof(path), SHIPPED "/%s", entry->d_name);
		if (!text_ends(entry->d_name, ".yaml"))
			continue;
		n++;
		if (!lint_file(path, &noble, &l) || l.warnings.n_items > 0)
			fail_msg("%s%s", l.complaints.first.text, l.warnings.first.text);
	}
	closedir(d);
	assert_true(n >= 7);
}

static void test_warnings(void **state)
{
	static const struct {
		const char *text, *says;
		unsigned line;
	} rows[] = {
		{HEAD SUMS "sources:\n" A B, "2 addresses:", 7},
		{HEAD SUMS "sources:\n" A, "1 address:", 7},
		/* the same page read twice is one that dies at once */
		{HEAD SUMS "sources:\n" A A B, "2 addresses:", 7},
		{HEAD "sources:\n" A B C, "first sight only", 6},
		{HEAD "checksum: {json: 'https://dl.example.org/latest-linux.yml'}\nsources:\n" A B
				C,
			"text: reads it", 6},
		{HEAD SUMS "sources:\n" A B C
			   "  - {page: 'https://d.example.org/', link: '(?<version>[0-9]*)'}\n",
			"matches the empty text", 11},
		{HEAD SUMS "sources:\n" A B C "  - {page: 'https://d.example.org/', link: "
			   "'https://[^\"]*/x-(?<version>[0-9.]+)\\.deb'}\n",
			"none of hosts", 11},
		{HEAD SUMS "sources:\n" A B C "version: {rewrite: ['s/-/+/']}\n"
			   "archive: 'https://dl.example.org/x-${raw_version}.deb'\n",
			"rewrite without raw", 11},
		{"name: x\nkind: deb\npackage: x\narch: [riscv64]\nhosts: [dl.example.org]\n" SUMS
		 "sources:\n" A B C,
			"for riscv64 only, not for amd64", 4},
		{"name: x\nkind: command\nrun: [x]\n", "nothing tells whether", 3},
		{"name: x\nkind: command\nrun: [x]\ncheck: [x, -n]\n", "no exit code of it", 4},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		SCOPED_CLEAR(lint_clear) struct lint l = {0};

		if (!lint_text("x.yaml", rows[i].text, &l))
			fail_msg("%s", l.complaints.first.text);
		if (l.warnings.n_items != 1 ||
			strstr(l.warnings.items[0].what, rows[i].says) == NULL ||
			l.warnings.items[0].line != rows[i].line)
			fail_msg("%zu warnings, not \"%s\" in line %u: %s", l.warnings.n_items,
				rows[i].says, rows[i].line, l.warnings.first.text);
	}
}

/* A link that is relative, or whose address is a template, names no host for good reason. */
static void test_no_false_alarm(void **state)
{
	static const char *const rows[] = {
		"  - {page: 'https://d.example.org/', link: '/dl/x-(?<version>[0-9.]+)\\.deb'}\n",
		("  - page: https://d.example.org/\n"
		 "    link: 'https://[^\"]*/notes-(?<version>[0-9.]+)'\n"
		 "    url: 'https://dl.example.org/x-${version}.deb'\n"),
		"  - {redirect: 'https://d.example.org/', link: "
		"'^https://.*/x-(?<version>[0-9.]+)$'}\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		SCOPED_CLEAR(lint_clear) struct lint l = {0};
		char text[2000];

		snprintf(text, sizeof(text), "%s%s", SOUND, rows[i]);
		if (!lint_text("x.yaml", text, &l) || l.warnings.n_items > 0)
			fail_msg("%s%s", l.complaints.first.text, l.warnings.first.text);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *file, *text, *says;
		unsigned line;
	} rows[] = {
		{"y.yaml", SOUND, "make them the same", 1},
		{"x.yml", SOUND, "NAME.yaml", 0},
		{".yaml", SOUND, "NAME.yaml", 0},
		{"x.yaml", "name: x\nkind: deb\nflavour: y\n", "unknown key", 3},
		{"x.yaml", "name: [\n", "", 2},
		{"x.yaml", HEAD SUMS "sources:\n" A B "hosts2: 1\n", "unknown key", 10},
		{"x.yaml",
			"name: x\nkind: deb\npackage: x\narch: [amd64]\nhosts: [s3.amazonaws.com]\n"
			"sources:\n" A,
			"shared by many owners", 5},
		{"x.yaml", HEAD "sources:\n  - {page: 'https://a.example.org/', link: '('}\n",
			"link", 7},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		SCOPED_CLEAR(lint_clear) struct lint l = {0};
		bool is_said = false;

		assert_false(lint_text(rows[i].file, rows[i].text, &l));
		assert_null(l.recipe);
		for (size_t k = 0; k < l.complaints.n_items; k++)
			is_said |= l.complaints.items[k].line == rows[i].line &&
				   strstr(l.complaints.items[k].what, rows[i].says) != NULL;
		if (!is_said)
			fail_msg("not \"%s\" in line %u: %s", rows[i].says, rows[i].line,
				l.complaints.first.text);
	}
}

static void test_unreadable(void **state)
{
	SCOPED_CLEAR(lint_clear) struct lint l = {0}, folder = {0};

	(void)state;
	assert_false(lint_file("/nonexistent/x.yaml", &noble, &l));
	assert_int_equal(l.complaints.items[0].line, 0);
	assert_string_equal(l.complaints.items[0].text,
		"/nonexistent/x.yaml: can't open /nonexistent/x.yaml: No such file or directory");
	assert_string_equal(l.complaints.items[0].what,
		"can't open /nonexistent/x.yaml: No such file or directory");
	assert_false(lint_file("/dev/null.yaml", &noble, &folder));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_shipped_are_fine),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_no_false_alarm),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
