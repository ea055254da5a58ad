/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_grows_zeroed_and_keeps(void **state)
{
	SCOPED_FREE int *list = NULL;

	(void)state;
	for (size_t n = 0; n < 100; n++) {
		list = list_grow(list, n, 100, sizeof(*list));
		assert_non_null(list);
		assert_int_equal(list[n], 0);
		list[n] = (int)n + 1;
	}
	for (size_t n = 0; n < 100; n++)
		assert_int_equal(list[n], n + 1);
	assert_null(list_grow(list, 100, 100, sizeof(*list)));
}

static void test_absurd_size(void **state)
{
	(void)state;
	assert_null(list_grow(NULL, SIZE_MAX / 8, SIZE_MAX, 16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows_zeroed_and_keeps),
		cmocka_unit_test(test_absurd_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
