/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns, in a pipe and in a window. */
#include "cmd/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pty.h>
#include <string.h>
#include <unistd.h>

#include "updaters/lib/scope.h"
#include "updaters/lib/text.h"

enum { SHOWN_MAX = 4096 };

static const struct table_step steps[] = {{1, 6}, {0, 4}};
static const struct table_form form = {
	.heads = {"NAME", "STATE", NULL}, .steps = steps, .n_steps = ARRAY_SIZE(steps)};

static void add(struct table *t, const char *name, const char *state, const char *below)
{
	const char *cells[] = {name, state};

	assert_true(table_add(t, cells, below));
}

static void in_a_pipe(const struct table *t, bool with_cut, const char *expected)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	table_print(t, with_cut, out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, expected);
	free(text);
}

static void in_a_window(
	const struct table *t, unsigned short columns, bool with_cut, const char *expected)
{
	struct winsize size = {.ws_col = columns, .ws_row = 24};
	char shown[SHOWN_MAX], plain[SHOWN_MAX];
	size_t n = 0;
	int us, window;

	assert_int_equal(openpty(&us, &window, NULL, NULL, &size), 0);

	FILE *out = fdopen(window, "w");

	assert_non_null(out);
	setvbuf(out, NULL, _IOFBF, SHOWN_MAX); /* all of it at once */
	table_print(t, with_cut, out);
	fflush(out);

	ssize_t len = read(us, shown, sizeof(shown));

	assert_true(len > 0);
	for (ssize_t i = 0; i < len; i++) {
		if (shown[i] != '\r')
			plain[n++] = shown[i];
	}
	plain[n] = '\0';
	assert_string_equal(plain, expected);
	fclose(out);
	close(us);
}

static void as_wide_as_what_they_hold(void **state)
{
	SCOPED_CLEAR(table_clear) struct table t;

	(void)state;
	table_init(&t, &form);
	in_a_pipe(&t, false, "NAME  STATE\n");
	add(&t, "positron", "current", "");
	add(&t, "größe", "failed", "no link");
	in_a_pipe(&t, true,
		"NAME      STATE\n"
		"positron  current\n"
		"größe     failed\n"
		"  no link\n");
}

static void no_wider_than_the_window(void **state)
{
	SCOPED_CLEAR(table_clear) struct table t;

	(void)state;
	table_init(&t, &form);
	add(&t, "positron", "a state of many words", "an error that is never cut off");
	in_a_window(&t, 20, false,
		"NAME      STATE\n"
		"positron  a state o…\n"
		"  an error that is never cut off\n");
	in_a_window(&t, 12, true,
		"NAME  STATE\n"
		"pos…  a sta…\n"
		"  a state of many words\n"
		"  an error that is never cut off\n");
}

static void foreign_bytes_are_harmless(void **state)
{
	SCOPED_CLEAR(table_clear) struct table t;

	(void)state;
	table_init(&t, &form);
	add(&t, "\x1b[31mred", "a\nb", "\x1b[2J");
	in_a_pipe(&t, false,
		"NAME         STATE\n"
		"\\x1b[31mred  a\\x0ab\n"
		"  \\x1b[2J\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_wide_as_what_they_hold),
		cmocka_unit_test(no_wider_than_the_window),
		cmocka_unit_test(foreign_bytes_are_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
