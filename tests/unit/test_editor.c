/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/editor/editor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void test_kind(void **state)
{
	(void)state;
	assert_string_equal(editor_updater.kind, "editor");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_kind)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
