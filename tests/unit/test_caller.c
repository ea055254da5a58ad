/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who called, behind sudo and pkexec. Only root believes it. */
#include "config/caller.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "updaters/lib/scope.h"

static void set(const char *variable, const char *value)
{
	if (value != NULL)
		setenv(variable, value, 1);
	else
		unsetenv(variable);
}

static void names(void **state)
{
	struct passwd *daemon = getpwnam("daemon");
	char uid[16], overlong[CALLER_NAME_SIZE + 1];

	(void)state;
	assert_non_null(daemon);
	snprintf(uid, sizeof(uid), "%u", (unsigned)daemon->pw_uid);
	memset(overlong, 'a', sizeof(overlong) - 1);
	overlong[sizeof(overlong) - 1] = '\0';

	const struct {
		const char *sudo_user, *pkexec_uid, *name; /* NULL = none */
	} cases[] = {
		{NULL, NULL, NULL},
		{"ana", NULL, "ana"},
		{"ana", uid, "ana"},
		{NULL, uid, "daemon"},
		{"", NULL, NULL},
		{"a na", NULL, NULL},
		{"../ana", NULL, NULL},
		{overlong, NULL, NULL},
		{NULL, "0", NULL},
		{NULL, "-1", NULL},
		{NULL, "4294967295", NULL},
		{NULL, "4294967297", NULL},
		{NULL, "1 ", NULL},
		{NULL, "3999999999", NULL}, /* nobody has it */
		{NULL, "", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char out[CALLER_NAME_SIZE] = "x";
		const char *expected = geteuid() == 0 ? cases[i].name : NULL;

		set("SUDO_USER", cases[i].sudo_user);
		set("PKEXEC_UID", cases[i].pkexec_uid);
		assert_int_equal(caller_find(out, sizeof(out)), expected != NULL);
		assert_string_equal(out, expected != NULL ? expected : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(names)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
