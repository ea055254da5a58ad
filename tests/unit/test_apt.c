/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fed with what real apt-get runs printed: tests/fixtures/apt, all of them. */
#include "updaters/lib/apt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

#define APT DEVUPD_FIXTURES "/apt"

static char *fixture(const char *name)
{
	char path[512];
	char *text = NULL;
	struct err e = {0};

	assert_true(fs_join(path, sizeof(path), APT, name));
	if (!fs_read(path, 65536, &text, NULL, &e))
		fail_msg("%s", e.text);
	return text;
}

/* What each run ended with, and how the telling line starts. */
static const struct {
	const char *file;
	enum apt_trouble trouble;
	const char *line;
} transcripts[] = {
	{"01-simulate-install.txt", APT_FINE, ""},
	{"02-install-statusfd.txt", APT_FINE, ""},
	{"03-simulate-upgrade.txt", APT_FINE, ""},
	{"04-upgrade-statusfd.txt", APT_FINE, ""},
	{"05-same-version.txt", APT_FINE, ""},
	{"06-downgrade-refused.txt", APT_WOULD_DOWNGRADE, "E: Packages were downgraded"},
	{"07-downgrade-allowed.txt", APT_FINE, ""},
	{"08-unmet-depends.txt", APT_STALE_LISTS, "probe : Depends: not-there"},
	{"09-no-such-file.txt", APT_OTHER, "E: Unsupported file ./debs/nope.deb"},
	{"10-no-yes-no-tty.txt", APT_FINE, ""},
	{"11-conffile-confold.txt", APT_FINE, ""},
	{"12-conffile-no-option-stdin-null.txt", APT_DPKG_FAILED, "E: Sub-process /usr/bin/dpkg"},
	{"13-configure-pending.txt", APT_DPKG_FAILED, "E: Sub-process /usr/bin/dpkg"},
	{"14-fix.txt", APT_FINE, ""},
	{"15-wrong-arch.txt", APT_DPKG_FAILED, "E: Sub-process /usr/bin/dpkg"},
	{"16-truncated.txt", APT_OTHER, "E: read, still have 12"},
	{"17-not-a-deb.txt", APT_OTHER, "E: Invalid archive signature"},
	{"18-name-without-slash.txt", APT_OTHER, "E: Unable to locate package plain.deb"},
	{"19-space-plus-reinstall.txt", APT_FINE, ""},
	{"20-no-remove.txt", APT_WOULD_REMOVE, "E: Packages need to be removed"},
	{"21-held.txt", APT_HELD_CHANGED, "E: Held packages were changed"},
	{"21b-held-simulate.txt", APT_HELD_CHANGED, "The following held packages"},
	{"22-interrupted.txt", APT_INTERRUPTED, "E: dpkg was interrupted"},
	{"22b-interrupted-simulate.txt", APT_FINE, ""},
	{"23-lock-held.txt", APT_LOCKED, "E: Could not get lock"},
	{"24-lock-timeout-3.txt", APT_LOCKED, "E: Unable to acquire the dpkg frontend lock"},
	{"24b-lock-simulate.txt", APT_FINE, ""},
	{"25-unsandboxed-notice.txt", APT_FINE, ""},
	{"25b-unsandboxed-notice-quiet0.txt", APT_FINE, ""},
	{"26-file-conflict.txt", APT_DPKG_FAILED, "E: Sub-process /usr/bin/dpkg"},
	{"27-two-packages-epoch.txt", APT_FINE, ""},
	{"28-postinst-fails.txt", APT_DPKG_FAILED, "E: Sub-process /usr/bin/dpkg"},
};

static void test_transcripts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(transcripts); i++) {
		SCOPED_FREE char *words = fixture(transcripts[i].file);
		bool has_failed = strstr(words, "\nrc=100") != NULL;
		char line[256];

		print_message("%s\n", transcripts[i].file);
		assert_int_equal(
			apt_trouble_find(words, line, sizeof(line)), transcripts[i].trouble);
		assert_true(text_starts(line, transcripts[i].line));
		assert_int_equal(line[0] == '\0', transcripts[i].trouble == APT_FINE);
		assert_true(!has_failed || transcripts[i].trouble != APT_FINE);
	}
}

/* What apt says where no transcript could be had. */
static void test_other_words(void **state)
{
	static const struct {
		const char *words;
		enum apt_trouble trouble;
	} rows[] = {
		{"E: The list of sources could not be read.\n", APT_SOURCES_BROKEN},
		{"E: Conflicting values set for option Signed-By\n"
		 "E: The list of sources could not be read.\n",
			APT_SOURCES_BROKEN},
		{"Err:1 http://packages.example/debian bookworm/main amd64 libx amd64 1\n"
		 "  404  Not Found [IP: 1.2.3.4 80]\n"
		 "E: Unable to fetch some archives, maybe run apt-get update?\n",
			APT_STALE_LISTS},
		{"E: You don't have enough free space in /var/cache/apt/archives/.\n",
			APT_NO_SPACE},
		{" cannot copy extracted data: failed to write (No space left on device)\n"
		 "E: Sub-process /usr/bin/dpkg returned an error code (1)\n",
			APT_NO_SPACE},
		{" x : Depends: y (>= 1.10) but 1.9 is to be installed\n"
		 "E: Unable to correct problems, you have held broken packages.\n",
			APT_STALE_LISTS},
		{" x : Depends: y (= 2) but 1 is to be installed\n", APT_STALE_LISTS},
		{" x : Depends: y (<< 2) but 3 is to be installed\n", APT_UNMET},
		{" x : Depends: y (= 2) but 3 is to be installed\n", APT_UNMET},
		{" x : Depends: y (>= but 1 is to be installed\n", APT_UNMET},
		{" x : Conflicts: y but it is not going to be installed\nE: Unmet dependencies.\n",
			APT_UNMET},
		{"E: Unable to satisfy dependencies. Reached two conflicting assignments:\n",
			APT_UNMET},
		{"W: E: not at the start\n", APT_FINE},
		{"", APT_FINE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char line[256];

		assert_int_equal(
			apt_trouble_find(rows[i].words, line, sizeof(line)), rows[i].trouble);
	}
}

static void test_line_is_escaped_and_cut(void **state)
{
	SCOPED_FREE char *words = malloc(100001);
	char line[32];

	(void)state;
	assert_non_null(words);
	assert_int_equal(apt_trouble_find("E: \x1b]0;x\x07\n", line, sizeof(line)), APT_OTHER);
	assert_string_equal(line, "E: \\x1b]0;x\\x07");
	memset(words, 'x', 100000);
	memcpy(words, "E: ", 3);
	words[100000] = '\0';
	assert_int_equal(apt_trouble_find(words, line, sizeof(line)), APT_OTHER);
	assert_int_equal(strlen(line), 31);
}

/* Every line of every recorded Status-Fd is known, percentages stay in order within their kind. */
static void test_status_fd(void **state)
{
	static const char *const files[] = {"02-install-statusfd.fd3", "04-upgrade-statusfd.fd3",
		"07-downgrade-allowed.fd3", "11-conffile-confold.fd3",
		"12-conffile-no-option-stdin-null.fd3", "13-configure-pending.fd3",
		"26-file-conflict.fd3", "27-two-packages-epoch.fd3", "28-postinst-fails.fd3"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		SCOPED_FREE char *words = fixture(files[i]);
		double percent[APT_MEDIA + 1] = {0};
		char *cursor = words;

		for (char *line = text_next(&cursor, '\n'); line != NULL;
			line = text_next(&cursor, '\n')) {
			struct apt_status s;

			if (line[0] == '\0')
				continue;
			if (!apt_status_parse(line, &s))
				fail_msg("%s: %s", files[i], line);
			assert_true(s.percent >= percent[s.kind]);
			percent[s.kind] = s.percent;
		}
	}
}

static void test_status_fields(void **state)
{
	struct apt_status s = {0};

	(void)state;
	assert_true(apt_status_parse("pmstatus:probe:66.6667:Installed probe (amd64)", &s));
	assert_int_equal(s.kind, APT_PACKAGE);
	assert_string_equal(s.package, "probe");
	assert_true(s.percent > 66.66 && s.percent < 66.67);
	assert_string_equal(s.text, "Installed probe (amd64)");
	assert_true(apt_status_parse(
		"pmerror:/srv/x_1.0_all.deb:20.0000:trying to overwrite '/a:b', in x: 8", &s));
	assert_int_equal(s.kind, APT_ERROR);
	assert_string_equal(s.package, "/srv/x_1.0_all.deb");
	assert_string_equal(s.text, "trying to overwrite '/a:b', in x: 8");
	assert_true(apt_status_parse("pmconffile:/etc/x:40.0000:'/etc/x' '/etc/x.new' 1 1 ", &s));
	assert_int_equal(s.kind, APT_CONFFILE);
	assert_true(apt_status_parse("dlstatus:1:100.0000:Retrieving", &s));
	assert_int_equal(s.kind, APT_DOWNLOAD);
	assert_true(apt_status_parse("media-change:Disc 1:/media/cdrom:Please insert", &s));
	assert_int_equal(s.kind, APT_MEDIA);
	assert_true(apt_status_parse("pmstatus:x:1:\x1b[2J", &s));
	assert_string_equal(s.text, "\\x1b[2J");
}

static void test_status_refused(void **state)
{
	static const char *const bad[] = {"", ":", "pmstatus", "pmstatus:x", "pmstatus:x:1",
		"pmstatus:x:y:z", "pmstatus:x:-1:z", "pmstatus:x:101:z", "pmstatus:x:1.2.3:z",
		"pmstatus:x::z", "pmstatus:x:1e1:z", "other:x:1:z",
		"pmstatus:x:99999999999999999:z"};
	struct apt_status s = {.kind = APT_ERROR, .package = "untouched"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (apt_status_parse(bad[i], &s))
			fail_msg("taken: %s", bad[i]);
	}
	assert_string_equal(s.package, "untouched");
}

/* A new transcript must be told what it shows. */
static void test_no_transcript_is_left_out(void **state)
{
	DIR *folder = opendir(APT);
	size_t n = 0;

	(void)state;
	assert_non_null(folder);
	for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
		n += text_ends(entry->d_name, ".txt");
	closedir(folder);
	assert_int_equal(n, ARRAY_SIZE(transcripts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transcripts),
		cmocka_unit_test(test_other_words),
		cmocka_unit_test(test_line_is_escaped_and_cut),
		cmocka_unit_test(test_status_fd),
		cmocka_unit_test(test_status_fields),
		cmocka_unit_test(test_status_refused),
		cmocka_unit_test(test_no_transcript_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
