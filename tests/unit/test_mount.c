/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/mount.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define LINE(point) "36 35 98:0 /mnt1 " point " rw,noatime master:1 - ext4 /dev/root rw\n"

static const struct {
	const char *text, *path, *point; /* NULL: none */
} cases[] = {
	{LINE("/"), "/var/log", "/"},
	{LINE("/") LINE("/var"), "/var/log", "/var"},
	{LINE("/var") LINE("/"), "/var/log", "/var"},
	{LINE("/") LINE("/var/lo") LINE("/va"), "/var/log", "/"}, /* no folders above it */
	{LINE("/") LINE("/var/log"), "/var/log", "/var/log"},
	{LINE("/") LINE("/var/log/devupd"), "/var/log", "/"},
	{LINE("/") LINE("/my\\040disk"), "/my disk/x", "/my disk"},
	{LINE("/") LINE("/a\\09"), "/b", "/"},
	{"", "/var", NULL},
	{"36 35 98:0 /mnt1\n\n", "/var", NULL},
};

static void the_nearest_above(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		SCOPED_FREE char *text = strdup(cases[i].text);
		char point[64] = "";

		assert_non_null(text);
		if (mount_parse(text, cases[i].path, point, sizeof(point)) !=
			(cases[i].point != NULL))
			fail_msg("case %zu: %s", i, point);
		if (cases[i].point != NULL && strcmp(point, cases[i].point) != 0)
			fail_msg("case %zu: %s, not %s", i, point, cases[i].point);
	}
}

static void its_device_is_the_kernel_s(void **state)
{
	static const char list[] = "22 1 0:42 / / rw - overlay overlay rw\n"
				   "23 22 0:47 / /run rw - tmpfs tmpfs rw\n"
				   "24 22 259:1048575 / /srv rw - ext4 /dev/x rw\n"
				   "25 22 none / /odd rw - odd odd rw\n";
	static const struct {
		const char *path;
		unsigned major, minor;
	} devices[] = {{"/root/lock", 0, 42}, {"/run/devupd/lock", 0, 47}, {"/srv", 259, 1048575}};
	char text[sizeof(list)];
	dev_t device = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		memcpy(text, list, sizeof(list));
		assert_true(mount_parse_device(text, devices[i].path, &device));
		assert_int_equal(major(device), devices[i].major);
		assert_int_equal(minor(device), devices[i].minor);
	}
	memcpy(text, list, sizeof(list));
	assert_false(mount_parse_device(text, "/odd/lock", &device));
	text[0] = '\0';
	assert_false(mount_parse_device(text, "/", &device));
}

static void of_this_system(void **state)
{
	char point[1024] = "";
	struct stat st;
	dev_t device = 0;

	(void)state;
	assert_true(mount_of("/proc/self", point, sizeof(point)));
	assert_string_equal(point, "/proc");
	assert_false(mount_of("/nowhere/at/all", point, sizeof(point)));
	assert_int_equal(stat("/proc/self/", &st), 0);
	assert_true(mount_device_of("/proc/self", &device));
	assert_true(device == st.st_dev);
	assert_false(mount_device_of("/nowhere/at/all", &device));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearest_above),
		cmocka_unit_test(its_device_is_the_kernel_s),
		cmocka_unit_test(of_this_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
