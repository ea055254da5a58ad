/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>

static int n_starts, n_ends;

static void count_guard(void *user, bool is_start)
{
	assert_ptr_equal(user, &n_starts);
	if (is_start)
		n_starts++;
	else
		n_ends++;
	assert_int_equal(n_starts - n_ends, is_start);
}

/* What all four say at one level. */
static void say_all(enum log_level level, char *out, size_t out_size)
{
	int ends[2], saved = dup(STDERR_FILENO);

	assert_true(saved >= 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	log_set_level(level);
	log_error("e %d", 1);
	log_note("n \x1b[2J");
	log_verbose("v");
	log_debug("d");
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	close(ends[1]);

	ssize_t n = read(ends[0], out, out_size - 1);

	close(ends[0]);
	out[n < 0 ? 0 : n] = '\0';
}

static void test_levels(void **state)
{
	char said[256];

	(void)state;
	say_all(LOG_ERRORS, said, sizeof(said));
	assert_string_equal(said, "devupd: e 1\n");
	say_all(LOG_NOTES, said, sizeof(said));
	assert_string_equal(said, "devupd: e 1\nn \\x1b[2J\n");
	say_all(LOG_VERBOSE, said, sizeof(said));
	assert_string_equal(said, "devupd: e 1\nn \\x1b[2J\nv\n");
	say_all(LOG_DEBUGGING, said, sizeof(said));
	assert_string_equal(said, "devupd: e 1\nn \\x1b[2J\nv\nd\n");
}

static void test_guard(void **state)
{
	char said[256];

	(void)state;
	log_set_guard(count_guard, &n_starts);
	say_all(LOG_NOTES, said, sizeof(said));
	log_set_guard(NULL, NULL);
	assert_int_equal(n_starts, 2);
	assert_int_equal(n_ends, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_guard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
