/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/package_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/scope.h"

/* Logs as real apt and dpkg wrote them, and logs made by hand. */
static const struct package_logs real = {
	.dpkg = DEVUPD_FIXTURES "/apt/dpkg.log", .apt = DEVUPD_FIXTURES "/apt/history.log"};

struct world {
	char folder[64], dpkg[96], apt[96];
	struct package_logs logs;
	struct package_change found;
};

static int world_make(void **out)
{
	struct world *w = calloc(1, sizeof(*w));

	snprintf(w->folder, sizeof(w->folder), "/tmp/test_package_log.XXXXXX");
	if (mkdtemp(w->folder) == NULL)
		return -1;
	snprintf(w->dpkg, sizeof(w->dpkg), "%s/dpkg.log", w->folder);
	snprintf(w->apt, sizeof(w->apt), "%s/history.log", w->folder);
	w->logs = (struct package_logs){w->dpkg, w->apt};
	*out = w;
	return 0;
}

static int world_drop(void **state)
{
	struct world *w = *state;
	char rotated[128];

	for (size_t i = 0; i < 2; i++) {
		const char *path = i == 0 ? w->dpkg : w->apt;

		snprintf(rotated, sizeof(rotated), "%s.1", path);
		unlink(path);
		unlink(rotated);
	}
	rmdir(w->folder);
	free(w);
	return 0;
}

static void put(const char *path, const char *text, size_t len)
{
	FILE *out = fopen(path, "we");

	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
}

static void write_logs(struct world *w, const char *dpkg, const char *apt)
{
	put(w->dpkg, dpkg, strlen(dpkg));
	put(w->apt, apt, strlen(apt));
}

static void find(struct world *w, const char *package, const char *version)
{
	package_log_find(&w->logs, package, version, &w->found);
}

/* When it was found, as the log has it; "" = not. */
static const char *when_of(const struct package_change *c)
{
	static char text[32];
	time_t s = (time_t)(c->when_unix_ms / 1000);
	struct tm tm;

	text[0] = '\0';
	if (c->when_unix_ms != 0 && localtime_r(&s, &tm) != NULL)
		strftime(text, sizeof(text), "%F %T", &tm);
	return text;
}

static void is_nothing(const struct package_change *c)
{
	assert_true(c->when_unix_ms == 0);
	assert_string_equal(c->who, "");
	assert_string_equal(c->command, "");
}

static void real_logs(void **state)
{
	struct package_change c;

	(void)state;
	package_log_find(&real, "probe", "9.1", &c);
	assert_string_equal(when_of(&c), "2026-11-22 11:35:26");
	assert_string_equal(
		c.command, "apt-get -y -o APT::Status-Fd=3 install ./debs/probe_9.1_amd64.deb");
	assert_string_equal(c.who, "");
	package_log_find(&real, "third", "1:2.0+git~1-1", &c);
	assert_non_null(strstr(c.command, "third_2.0_all.deb"));
	/* of another package, another version, or gone: not what the log ends with */
	package_log_find(&real, "probe", "9.0", &c);
	is_nothing(&c);
	package_log_find(&real, "probe", "", &c);
	is_nothing(&c);
	package_log_find(&real, "prob", "9.1", &c);
	is_nothing(&c);
}

static void a_removal_and_who_asked_for_it(void **state)
{
	struct world *w = *state;

	write_logs(w,
		"2026-09-01 06:12:00 install positron:amd64 <none> 1.0\n"
		"2026-09-02 06:12:09 remove positron:amd64 1.0 <none>\n"
		"2026-09-02 06:12:09 status not-installed positron:amd64 <none>\n"
		"2026-09-03 10:00:00 purge positron:amd64 1.0 <none>\n",
		"\nStart-Date: 2026-09-02  06:12:05\n"
		"Commandline: apt full-upgrade\nRequested-By: ana (1000)\n"
		"Upgrade: libc6:amd64 (1, 2)\nRemove: other-positron:amd64 (1), positron:amd64 "
		"(1.0)\n"
		"End-Date: 2026-09-02  06:12:08\n"
		"\nStart-Date: 2026-09-03  10:00:00\nCommandline: apt purge positron\n"
		"Requested-By: ben (1001)\nPurge: positron:amd64 ()\nEnd-Date: 2026-09-03  "
		"10:00:01\n");
	find(w, "positron", "");
	assert_string_equal(when_of(&w->found), "2026-09-02 06:12:09");
	assert_string_equal(w->found.who, "ana");
	assert_string_equal(w->found.command, "apt full-upgrade");
}

static void dpkg_alone_names_nobody(void **state)
{
	struct world *w = *state;

	write_logs(w, "2026-09-02 06:12:09 upgrade positron:amd64 1.0 1.1\n",
		"\nStart-Date: 2026-09-02  05:00:00\nCommandline: apt upgrade\n"
		"Upgrade: positron:amd64 (1.0, 1.1)\nEnd-Date: 2026-09-02  06:12:00\n"
		"\nStart-Date: 2026-09-02  06:12:09\nCommandline: apt install other\n"
		"Requested-By: ana (1000)\nInstall: other:amd64 (1), positron-doc:amd64 (1.1)\n"
		"Remove: positron:amd64 (1.0)\nEnd-Date: 2026-09-02  06:12:10\n"
		"\nStart-Date: 2026-09-02  09:00:00\nCommandline: apt upgrade\n"
		"Upgrade: positron:amd64 (1.0, 1.1)\nEnd-Date: 2026-09-02  09:00:10\n");
	find(w, "positron", "1.1");
	assert_string_equal(when_of(&w->found), "2026-09-02 06:12:09");
	assert_string_equal(w->found.who, "");
	assert_string_equal(w->found.command, "");
}

/* At one time: what installed another version is not what brought this one. */
static void only_the_same_version_counts(void **state)
{
	static const struct {
		const char *list;
		bool fits;
	} lists[] = {
		{"Install: positron:amd64 (1.1)", true},
		{"Install: positron:amd64 (1.1, automatic)", true},
		{"Upgrade: positron:amd64 (1.0, 1.1)", true},
		{"Downgrade: a:amd64 (1.1), positron:amd64 (1.2, 1.1), b:all (2)", true},
		{"Install: positron:amd64 (1.0)", false},
		{"Install: positron:amd64 (1.1+2)", false},
		{"Install: positron:amd64 (0:1.1)", false},
		{"Install: positron:amd64 (1.0), other:amd64 (1.1)", false},
		{"Install: positron:amd64", false},
		{"Purge: positron:amd64 (1.1)", false},
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		char apt[512];

		snprintf(apt, sizeof(apt),
			"Start-Date: 2026-09-02  06:12:09\nCommandline: apt\n%s\n"
			"End-Date: 2026-09-02  06:12:10\n",
			lists[i].list);
		write_logs(w, "2026-09-02 06:12:09 upgrade positron:amd64 1.0 1.1\n", apt);
		find(w, "positron", "1.1");
		assert_string_equal(w->found.command, lists[i].fits ? "apt" : "");
	}
}

static void a_transaction_without_an_end(void **state)
{
	struct world *w = *state;

	write_logs(w, "2026-09-02 06:30:00 remove positron:amd64 1.0 <none>\n",
		"\nStart-Date: 2026-09-02  06:12:05\nCommandline: apt remove positron\n"
		"Remove: positron:amd64 (1.0)");
	find(w, "positron", "");
	assert_string_equal(w->found.command, "apt remove positron");
}

static void what_was_rotated_last(void **state)
{
	struct world *w = *state;
	char rotated[128];
	static const char dpkg[] = "2026-09-02 06:12:09 remove positron:amd64 1.0 <none>\n";
	static const char apt[] = "\nStart-Date: 2026-09-02  06:12:05\n"
				  "Commandline: apt remove positron\nRemove: positron:amd64 (1.0)\n"
				  "End-Date: 2026-09-02  06:12:10\n";

	snprintf(rotated, sizeof(rotated), "%s.1", w->dpkg);
	put(rotated, dpkg, strlen(dpkg));
	snprintf(rotated, sizeof(rotated), "%s.1", w->apt);
	put(rotated, apt, strlen(apt));
	find(w, "positron", ""); /* the new ones are not there yet */
	assert_string_equal(w->found.command, "apt remove positron");
	write_logs(w, "2026-10-01 06:12:09 install positron:amd64 <none> 2.0\n", "");
	find(w, "positron", "");
	is_nothing(&w->found);
	find(w, "positron", "2.0");
	assert_string_equal(when_of(&w->found), "2026-10-01 06:12:09");
	assert_string_equal(w->found.command, "");
}

/* Whoever wrote them: bytes that rule a terminal, NULs, lines without an end, no newline at all. */
static void hostile_bytes(void **state)
{
	struct world *w = *state;
	static const char nul[] = "2026-09-02 06:12:09 remove positron:amd64 1.0\0<none>\n"
				  "2026-09-02 06:12:09 remove\n2026-09-02 06:12:09 \n\n \n"
				  "2026-99-99 06:12:09 remove positron:amd64 1.0 <none>\n";
	const size_t n = 9 << 20;
	SCOPED_FREE char *big = malloc(n);

	assert_non_null(big);
	put(w->dpkg, nul, sizeof(nul) - 1);
	find(w, "positron", "");
	is_nothing(&w->found);
	write_logs(w, "2026-09-02 06:12:09 remove positron:amd64 1.0 <none>",
		"Start-Date: 2026-09-02  06:12:09\nCommandline: apt \x1b[2Jremove \xff\n"
		"Requested-By: a\x07na (1000)\nRemove: positron:amd64 (1.0)\n");
	find(w, "positron", "");
	assert_string_equal(w->found.command, "apt \\x1b[2Jremove \\xff");
	assert_string_equal(w->found.who, "a\\x07na");
	memset(big, 'x', n);
	memcpy(big + n - 54, "\n2026-09-02 06:12:09 remove positron:amd64 1.0 <none>\n", 54);
	put(w->dpkg, big, n);
	find(w, "positron", "");
	assert_string_equal(when_of(&w->found), "2026-09-02 06:12:09");
	put(w->dpkg, big, n - 54);
	find(w, "positron", "");
	is_nothing(&w->found);
	unlink(w->dpkg);
	find(w, "positron", "");
	is_nothing(&w->found);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, world_make, world_drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_logs),
		WITH_WORLD(a_removal_and_who_asked_for_it),
		WITH_WORLD(dpkg_alone_names_nobody),
		WITH_WORLD(only_the_same_version_counts),
		WITH_WORLD(a_transaction_without_an_end),
		WITH_WORLD(what_was_rotated_last),
		WITH_WORLD(hostile_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
