/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/dpkg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/child.h"
#include "updaters/lib/text.h"

/* --- versions ---------------------------------------------------------------- */

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void test_version_vectors(void **state)
{
	static const struct {
		const char *a;
		int order;
		const char *b;
	} vectors[] = {
		{"2026.08.2-4", -1, "2026.08.2+4-1755790000"},
		{"2025.05.1-513", -1, "2025.05.1+513"},
		{"2026.09.0-daily+146", -1, "2026.09.0+174"},
		{"2026.09.0-daily-146", 1, "2026.09.0+174"},
		{"2026.04.0+269-1", -1, "2026.04.1+10-1"},
		{"14.1.1-1", 1, "14.1.1"},
		{"3.4.13-linux1", 1, "3.4.13"},
		{"1.0", 0, "1.0-0"},
		{"2026.05.1.225", 1, "2026.05.1+225"},
		{"2025.05.1+513.pro3", 1, "2025.05.1+513"},
		{"1.0~rc1", -1, "1.0"},
		{"1.0~~", -1, "1.0~"},
		{"1:0.1", 1, "99.9"},
		{"0:1.0", 0, "1.0"},
		{"1.02", 0, "1.2"},
		{"1.0a", 1, "1.0"},
		{"1.0+", 1, "1.0a"},
		{"99999999999999999999999999", 1, "99999999999999999999999998"},
		{"", 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		assert_int_equal(
			sign(dpkg_version_compare(vectors[i].a, vectors[i].b)), vectors[i].order);
		assert_int_equal(
			sign(dpkg_version_compare(vectors[i].b, vectors[i].a)), -vectors[i].order);
	}
}

/* A small generator of our own: the same pairs everywhere. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 16;
}

static void make_version(uint32_t *seed, char *out)
{
	static const char alphabet[] = "0011299azB..++~~--";
	size_t len = next_random(seed) % 9, at = 0;

	if (next_random(seed) % 8 == 0) {
		out[at++] = (char)('0' + next_random(seed) % 3);
		out[at++] = ':';
	}
	out[at++] = (char)('0' + next_random(seed) % 3);
	for (size_t i = 0; i < len; i++)
		out[at++] = alphabet[next_random(seed) % (sizeof(alphabet) - 1)];
	out[at] = '\0';
	if (out[at - 1] == '-')
		out[at - 1] = '1';
}

static void test_version_order_is_dpkgs(void **state)
{
	const char *n_pairs = getenv("TEST_DPKG_PAIRS");
	uint64_t n = 300;
	uint32_t seed = 20261122;
	char a[32], b[32];

	(void)state;
	if (n_pairs != NULL && !text_to_u64(n_pairs, &n))
		fail_msg("TEST_DPKG_PAIRS is no number: %s", n_pairs);
	for (uint64_t i = 0; i < n; i++) {
		make_version(&seed, a);
		make_version(&seed, b);

		int order = dpkg_version_compare(a, b);
		const char *word = order < 0 ? "lt" : order > 0 ? "gt" : "eq";
		const char *const argv[] = {
			"/usr/bin/dpkg", "--compare-versions", a, word, b, NULL};
		struct child_spec spec = {.argv = argv};
		struct err e = {0};
		pid_t pid = 0;
		int status = -1;

		if (!child_start(&spec, &pid, &e) || !child_wait(pid, &status, &e))
			fail_msg("%s", e.text);
		if (status != 0)
			fail_msg("dpkg does not find %s %s %s", a, word, b);
		assert_true(dpkg_version_is_valid(a));
	}
}

static void test_valid_versions(void **state)
{
	static const char *const good[] = {"1", "2026.08.2+4-1755790000", "1:2.0+git~1-1", "0:1",
		"2026.09.0-daily+146", "1:2:3"};
	static const char *const bad[] = {"", "a1", "+1:2", ":1", "1:", "1-", "1 2", "1_2", "1;2",
		"99999999999:1", "1/2", "-1", "1\n", "1-a:b", "\xc3\xa9"};
	char longest[DPKG_VERSION_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(dpkg_version_is_valid(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(dpkg_version_is_valid(bad[i]));
	memset(longest, '1', sizeof(longest));
	longest[DPKG_VERSION_MAX] = '\0';
	assert_false(dpkg_version_is_valid(longest));
	longest[DPKG_VERSION_MAX - 1] = '\0';
	assert_true(dpkg_version_is_valid(longest));
}

static void test_valid_names(void **state)
{
	static const char *const good[] = {"positron", "libstdc++6", "a.b", "0ad", "r-base"};
	static const char *const bad[] = {
		"", "a", "-y", "Positron", "a b", "a*", "../x", "+x", "a:b"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(dpkg_name_is_valid(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(dpkg_name_is_valid(bad[i]));
}

/* --- control ----------------------------------------------------------------- */

static void test_control(void **state)
{
	static const char text[] =
		"Package: positron\nversion:  2026.08.2+4-1755790000 \n"
		"Architecture: amd64\nHomepage: https://positron.posit.co\n"
		"Description: an IDE\n with words\n .\n Version: 9\nProtected: yes\n\n";
	struct dpkg_control c = {0};
	struct err e = {0};

	(void)state;
	assert_true(dpkg_control_parse(text, sizeof(text) - 1, &c, &e));
	assert_string_equal(c.package, "positron");
	assert_string_equal(c.version, "2026.08.2+4-1755790000");
	assert_string_equal(c.architecture, "amd64");
	assert_true(c.is_essential);
}

#define CONTROL(s)                                                                                 \
	{                                                                                          \
		s, sizeof(s) - 1                                                                   \
	}

static void test_control_refused(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} bad[] = {
		CONTROL(""),
		CONTROL("Package: aa\nVersion: 1\n"),
		CONTROL("Package: aa\nArchitecture: all\n"),
		CONTROL("Version: 1\nArchitecture: all\n"),
		CONTROL("Package: aa\nPackage: bb\nVersion: 1\nArchitecture: all\n"),
		CONTROL("Package: aa\nVersion: 1\nVERSION: 2\nArchitecture: all\n"),
		CONTROL("Package: aa\nVersion: 1\nArchitecture: all\n\nPackage: bb\n"),
		CONTROL("Package: aa\n bb\nVersion: 1\nArchitecture: all\n"),
		CONTROL("Package: aa\nVersion:\n 1\nArchitecture: all\n"),
		CONTROL(" aa\nPackage: aa\nVersion: 1\nArchitecture: all\n"),
		CONTROL("Package: aa\nVersion: 1\nArchitecture: all\nno field\n"),
		CONTROL("Package: aa\nVersion: 1\nArchitecture: all\n: x\n"),
		CONTROL("Package: A\nVersion: 1\nArchitecture: all\n"),
		CONTROL("Package: aa\nVersion: x\nArchitecture: all\n"),
		CONTROL("Package: aa\nVersion: 1\nArchitecture: a l\n"),
		CONTROL("Package: aa\nVersion: 1\nArchitecture: all\nX: \x1b[31m\n"),
		CONTROL("Package: aa\r\nVersion: 1\r\nArchitecture: all\r\n"),
		CONTROL("Package: aa\nVersion: 1\nArchitecture: all\nX: a\0b\n"),
	};
	struct dpkg_control c = {.package = "untouched"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err e = {0};

		if (dpkg_control_parse(bad[i].text, bad[i].len, &c, &e))
			fail_msg("taken: %s", bad[i].text);
		assert_int_equal(e.code, ERR_STRUCTURE);
	}
	assert_string_equal(c.package, "untouched");
}

/* --- status ------------------------------------------------------------------ */

static const char status_text[] =
	"Package: positron\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0\n\n"
	"Package: held\nStatus: hold ok installed\nArchitecture: all\nVersion: 2.0\n"
	"Conffiles:\n /etc/held 0\nDescription: x\n .\n Package: no\n\n"
	"Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 3.0\n\n"
	"Package: half\nStatus: install ok half-configured\nArchitecture: amd64\nVersion: 4.0\n\n"
	"Package: waits\nStatus: install ok triggers-pending\nArchitecture: amd64\nVersion: 5.0\n\n"
	"Package: both\nStatus: install ok installed\nArchitecture: i386\nVersion: 6.0\n\n"
	"Package: both\nStatus: install ok unpacked\nArchitecture: amd64\nVersion: 6.1\n\n"
	"Package: other\nStatus: install ok installed\nArchitecture: arm64\nVersion: 7.0\n";

static void test_status(void **state)
{
	static const char *const names[] = {
		"other", "both", "held", "gone", "half", "waits", "positron", "posi", "no"};
	static const struct {
		enum dpkg_state state;
		const char *version;
	} expected[] = {
		{DPKG_NOT_INSTALLED, ""},
		{DPKG_HALF, "6.1"},
		{DPKG_INSTALLED, "2.0"},
		{DPKG_NOT_INSTALLED, ""},
		{DPKG_HALF, "4.0"},
		{DPKG_INSTALLED, "5.0"},
		{DPKG_INSTALLED, "1.0"},
		{DPKG_NOT_INSTALLED, ""},
		{DPKG_NOT_INSTALLED, ""},
	};
	struct dpkg_package out[ARRAY_SIZE(names)];

	(void)state;
	assert_true(dpkg_status_parse(
		status_text, sizeof(status_text) - 1, names, ARRAY_SIZE(names), "amd64", out));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_string_equal(out[i].name, names[i]);
		assert_int_equal(out[i].state, expected[i].state);
		assert_string_equal(out[i].version, expected[i].version);
		assert_int_equal(out[i].is_held, i == 2);
	}
	assert_string_equal(out[3].status, "deinstall ok config-files");
}

static void test_odd(void **state)
{
	SCOPED_CLEAR(strings_clear) struct strings half = {0}, held = {0};

	(void)state;
	assert_true(dpkg_odd_parse(status_text, sizeof(status_text) - 1, &half, &held));
	assert_int_equal(half.n_items, 2);
	assert_string_equal(half.items[0], "half");
	assert_string_equal(half.items[1], "both");
	assert_int_equal(held.n_items, 1);
	assert_string_equal(held.items[0], "held");
}

/* However a status file is cut, nothing is read beyond its end. */
static void test_status_cut_anywhere(void **state)
{
	static const char *const names[] = {"other", "held"};
	struct dpkg_package out[ARRAY_SIZE(names)];

	(void)state;
	for (size_t len = 0; len < sizeof(status_text); len++) {
		SCOPED_FREE char *cut = malloc(len + 1);

		assert_non_null(cut);
		memcpy(cut, status_text, len);
		assert_true(dpkg_status_parse(cut, len, names, ARRAY_SIZE(names), "arm64", out));
	}
	assert_string_equal(out[0].version, "7.0");
}

/* The quick way and dpkg-query's agree about this computer. */
static void test_look_up_both_ways(void **state)
{
	static const char *const names[] = {
		"dpkg", "not-there-at-all", "libc6", "bash", "coreutils"};
	const char *const argv[] = {"/usr/bin/dpkg", "--print-architecture", NULL};
	struct child_spec spec = {.argv = argv};
	struct dpkg_package quick[ARRAY_SIZE(names)], asked[ARRAY_SIZE(names)];
	SCOPED_FREE char *arch = NULL;
	struct err e = {0};
	int status = -1;

	(void)state;
	assert_true(child_run(&spec, 10000, 100, &arch, NULL, &status, &e));

	const char *word = text_trim(arch);

	assert_true(dpkg_look_up(names, ARRAY_SIZE(names), word, false, quick, &e));
	assert_true(dpkg_look_up(names, ARRAY_SIZE(names), word, true, asked, &e));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_string_equal(quick[i].name, asked[i].name);
		assert_string_equal(quick[i].version, asked[i].version);
		assert_string_equal(quick[i].status, asked[i].status);
		assert_int_equal(quick[i].state, i == 1 ? DPKG_NOT_INSTALLED : DPKG_INSTALLED);
		assert_int_equal(quick[i].state, asked[i].state);
	}
}

static void test_look_up_refuses_patterns(void **state)
{
	static const char *const names[] = {"lib*"};
	struct dpkg_package out[1];
	struct err e = {0};

	(void)state;
	assert_false(dpkg_look_up(names, 1, "amd64", true, out, &e));
	assert_int_equal(e.code, ERR_DPKG);
}

static void test_interrupted(void **state)
{
	char folder[] = "/tmp/test_dpkg.XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_false(dpkg_is_interrupted(folder));
	snprintf(path, sizeof(path), "%s/tmp.i", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_false(dpkg_is_interrupted(folder));
	rmdir(path);
	snprintf(path, sizeof(path), "%s/0003", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(dpkg_is_interrupted(folder));
	rmdir(path);
	rmdir(folder);
	assert_false(dpkg_is_interrupted(folder));
}

/* Somebody else holds the lock, and is named. */
static void test_lock_holder(void **state)
{
	int ends[2], status = 0;
	char name[64] = "", byte = 0;
	struct err e = {0};
	pid_t holder = 0;

	(void)state;
	if (geteuid() != 0) {
		assert_false(dpkg_lock_holder(&holder, name, sizeof(name), &e));
		return;
	}
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);

	pid_t child = fork();

	if (child == 0) {
		struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
		int fd = open("/var/lib/dpkg/lock-frontend", O_RDWR | O_CLOEXEC);

		byte = fcntl(fd, F_SETLKW, &lock) == 0;
		if (write(ends[1], &byte, 1) == 1)
			pause();
		_exit(0);
	}
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(byte, 1);
	assert_true(dpkg_lock_holder(&holder, name, sizeof(name), &e));
	kill(child, SIGKILL);
	assert_true(child_wait(child, &status, &e));
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(holder, child);
	assert_string_equal(name, "test_dpkg");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version_vectors),
		cmocka_unit_test(test_version_order_is_dpkgs),
		cmocka_unit_test(test_valid_versions),
		cmocka_unit_test(test_valid_names),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_control_refused),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_status_cut_anywhere),
		cmocka_unit_test(test_look_up_both_ways),
		cmocka_unit_test(test_look_up_refuses_patterns),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_lock_holder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
