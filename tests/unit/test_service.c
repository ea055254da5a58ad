/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "updaters/lib/service.h"
#include "updaters/lib/text.h"

/* The socket of a service manager. */
static int manager_open(char folder[64])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	text_copy_cut(folder, 64, "/tmp/devupd-service-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(address.sun_path, sizeof(address.sun_path), "%.60s/notify", folder);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", address.sun_path, 1), 0);
	return fd;
}

static void manager_hears(int fd, const char *expected)
{
	char text[1024];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal(text, expected);
}

static void the_manager_hears_of_us(void **state)
{
	char folder[64], path[96];
	int fd = manager_open(folder);

	(void)state;
	service_status("fetching %s: %d of %d MB", "positron", 412, 569);
	manager_hears(fd, "STATUS=fetching positron: 412 of 569 MB");
	service_status("%s", "one\nREADY=1\033[31m");
	manager_hears(fd, "STATUS=one\\x0aREADY=1\\x1b[31m");
	service_alive();
	manager_hears(fd, "WATCHDOG=1");
	service_stopping();
	manager_hears(fd, "STOPPING=1");
	close(fd);
	snprintf(path, sizeof(path), "%s/notify", folder);
	unlink(path);
	rmdir(folder);
}

static void without_a_manager_nothing_happens(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	service_status("nobody listens");
	service_alive();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manager_hears_of_us),
		cmocka_unit_test(without_a_manager_nothing_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
