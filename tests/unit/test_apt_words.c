/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/apt_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "updaters/lib/scope.h"

#define HEAD(run) "== 2026-11-22T18:41:51.042Z run " run ": /usr/bin/apt-get install\n"

struct world {
	char folder[64], log[96], rotated[128];
	struct err e;
};

static int world_make(void **out)
{
	struct world *w = calloc(1, sizeof(*w));

	snprintf(w->folder, sizeof(w->folder), "/tmp/test_apt_words.XXXXXX");
	if (mkdtemp(w->folder) == NULL)
		return -1;
	snprintf(w->log, sizeof(w->log), "%s/apt.log", w->folder);
	snprintf(w->rotated, sizeof(w->rotated), "%s.1", w->log);
	*out = w;
	return 0;
}

static int world_drop(void **state)
{
	struct world *w = *state;

	unlink(w->log);
	unlink(w->rotated);
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

static void said(struct world *w, const char *run, const char *expected)
{
	SCOPED_FREE char *words = NULL;

	if (!apt_words_of_run(w->log, run, &words, &w->e))
		fail_msg("%s", w->e.text);
	assert_string_equal(words, expected);
}

static void one_run_of_several(void **state)
{
	struct world *w = *state;
	static const char log[] =
		"of nobody\n" HEAD("a1") "one\n" HEAD("a") "two\n" HEAD("a1") "three\n";

	said(w, "a1", ""); /* no log at all */
	put(w->log, log, strlen(log));
	said(w, "a1", HEAD("a1") "one\n" HEAD("a1") "three\n");
	said(w, "a", HEAD("a") "two\n");
	said(w, "a1:", "");
	said(w, "b", "");
}

static void what_was_rotated_comes_first(void **state)
{
	struct world *w = *state;

	put(w->rotated, HEAD("a") "one\n", strlen(HEAD("a") "one\n"));
	put(w->log, "still of a\n" HEAD("b") "two\n", strlen("still of a\n" HEAD("b") "two\n"));
	said(w, "a", HEAD("a") "one\nstill of a\n");
}

/* No newline at the end, zeros, lines that only look like ours. */
static void odd_bytes(void **state)
{
	struct world *w = *state;
	static const char log[] = HEAD("a") "x\0y\n== \n== run a:\n==\n"
					    "== 2026-11-22T18:41:51.042Z run ";

	put(w->log, log, sizeof(log) - 1);
	said(w, "a", HEAD("a") "x\n== \n== run a:\n==\n== 2026-11-22T18:41:51.042Z run \n");
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, world_make, world_drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(one_run_of_several),
		WITH_WORLD(what_was_rotated_comes_first),
		WITH_WORLD(odd_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
