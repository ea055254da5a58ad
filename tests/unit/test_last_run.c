/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which run root's `repair --undo` takes back, where none is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/last_run.h"
#include "updaters/lib/fs.h"

#define LINE(run, kind, outcome, changes)                                                          \
	"{\"v\":1,\"ts\":\"2026-11-22T22:43:48.783Z\",\"run\":\"" run "\",\"seq\":1,"              \
	"\"event\":\"result\",\"name\":\"x\",\"kind\":\"" kind "\",\"outcome\":\"" outcome         \
	"\",\"step\":\"apply\",\"changes\":" changes "}\n"
#define ONE "[{\"path\":\"/a\",\"from\":null,\"to\":\"b\"}]"

static const struct {
	const char *log, *run; /* NULL: none */
} cases[] = {
	{"", NULL},
	{LINE("r1", "deb", "updated", ONE), NULL},
	{LINE("r1", "homebrew", "repaired", ONE), "r1"},
	{LINE("r1", "command", "repaired", ONE), "r1"},
	/* whose a kind's things are that is not known here, is not known either */
	{LINE("r1", "snap", "repaired", ONE), NULL},
	{LINE("r1", "python", "repaired", ONE) LINE("r2", "deb", "updated", ONE), "r1"},
	/* some of it was mended, some is broken still, or failed */
	{LINE("r1", "python", "repaired", ONE) LINE("r2", "python", "broken", ONE), "r2"},
	{LINE("r1", "python", "repaired", ONE) LINE("r2", "python", "failed", ONE), "r2"},
	/* nothing came of it */
	{LINE("r1", "python", "repaired", ONE) LINE("r2", "python", "failed", "[]"), "r1"},
	{LINE("r1", "python", "repaired", ONE) LINE("r2", "python", "failed", "null"), "r1"},
	/* the taking back itself */
	{LINE("r1", "editor", "repaired", ONE) LINE("r2", "editor", "rolled-back", ONE), "r1"},
};

static void the_last_that_changed_something(void **state)
{
	char path[] = "/tmp/test_last_run.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char run[RUN_ID_SIZE] = "before";
		struct err e = {0};

		assert_true(fs_replace(path, cases[i].log, strlen(cases[i].log), 0600, &e));
		if (last_run_find(path, run) != (cases[i].run != NULL))
			fail_msg("case %zu: %s", i, run);
		if (cases[i].run != NULL)
			assert_string_equal(run, cases[i].run);
	}
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_that_changed_something),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
