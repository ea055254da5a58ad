/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "updaters/lib/proxy.h"

static void test_told_without_login(void **state)
{
	static const char *const cases[][3] = {
		{"", "", ""},
		{"proxy.test:3128", "proxy.test:3128", "proxy.test:3128"},
		{"http://proxy.test:3128", "http://proxy.test:3128", "http://proxy.test:3128"},
		{"http://u:secret@proxy.test:3128", "http://…@proxy.test:3128",
			"http://proxy.test:3128"},
		{"https://u:se@cret@proxy.test", "https://…@proxy.test", "https://proxy.test"},
		{"u:secret@proxy.test", "…@proxy.test", "proxy.test"},
	};
	char told[PROXY_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		proxy_tell(cases[i][0], told);
		assert_string_equal(told, cases[i][1]);
		proxy_strip(cases[i][0], told);
		assert_string_equal(told, cases[i][2]);
		assert_int_equal(proxy_has_login(cases[i][0]), i >= 3);
	}
}

static void test_spared_hosts(void **state)
{
	static const struct {
		const char *spared, *host;
		bool is_spared;
	} cases[] = {
		{"", "a.test", false},
		{",", "a.test", false},
		{"*", "a.test", true},
		{"*.test", "a.test", false}, /* as curl: no pattern */
		{"a.test", "a.test", true},
		{"A.Test", "a.test", true},
		{"a.test", "x.a.test", true},
		{".a.test", "x.a.test", true},
		{".a.test", "a.test", true},
		{"a.test", "xa.test", false},
		{"a.test", "a.test.evil", false},
		{"x.a.test", "a.test", false},
		{"b.test,a.test", "a.test", true},
		{"b.test, a.test", "a.test", true},
		{"b.test a.test", "a.test", true},
		{"b.test,,a.test,", "a.test", true},
		{"a.test:443", "a.test", true},
		{":443", "a.test", false},
		{".", "a.test", false},
		{"localhost,127.0.0.1", "a.test", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (proxy_spares(cases[i].spared, cases[i].host) != cases[i].is_spared)
			fail_msg("'%s' and %s", cases[i].spared, cases[i].host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told_without_login),
		cmocka_unit_test(test_spared_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
