/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/child.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "updaters/lib/clock.h"

/* Runs a line of shell, as only tests do, and answers what it printed. */
static char *shell(const char *line, int *out_status)
{
	const char *const argv[] = {"/bin/sh", "-c", line, NULL};
	struct child_spec spec = {.argv = argv};
	char *text = NULL;
	struct err e = {0};

	if (!child_run(&spec, 10000, 65536, &text, NULL, out_status, &e))
		fail_msg("%s", e.text);
	return text;
}

static void assert_no_child_left(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void test_run_collects(void **state)
{
	const char *const argv[] = {"/bin/sh", "-c", "echo out; echo err >&2; exit 7", NULL};
	struct child_spec spec = {.argv = argv};
	SCOPED_FREE char *text = NULL;
	SCOPED_FREE char *errors = NULL;
	struct err e = {0};
	int status = -1;

	(void)state;
	assert_true(child_run(&spec, 10000, 100, &text, &errors, &status, &e));
	assert_string_equal(text, "out\n");
	assert_string_equal(errors, "err\n");
	assert_int_equal(status, 7);
	assert_no_child_left();
}

static void test_signal_is_status(void **state)
{
	int status = 0;
	SCOPED_FREE char *text = shell("kill -TERM $$", &status);

	(void)state;
	assert_int_equal(status, 128 + SIGTERM);
	assert_string_equal(text, "");
}

static void test_exec_error_names_program(void **state)
{
	const char *const argv[] = {"/nonexistent/program", NULL};
	const char *const relative[] = {"sh", NULL};
	struct child_spec spec = {.argv = argv};
	struct err e = {0};
	pid_t pid = 0;

	(void)state;
	assert_false(child_start(&spec, &pid, &e));
	assert_int_equal(e.code, ERR_INTERNAL);
	assert_int_equal(e.sys_errno, ENOENT);
	assert_non_null(strstr(e.text, "/nonexistent/program"));
	assert_int_equal(pid, 0);
	assert_no_child_left();
	spec.argv = relative;
	assert_false(child_start(&spec, &pid, &e));
}

static void test_folder_error(void **state)
{
	const char *const argv[] = {"/bin/true", NULL};
	struct child_spec spec = {.argv = argv, .folder = "/nonexistent"};
	struct err e = {0};
	pid_t pid = 0;

	(void)state;
	assert_false(child_start(&spec, &pid, &e));
	assert_non_null(strstr(e.text, "working folder"));
	assert_no_child_left();
}

static void test_timeout_kills(void **state)
{
	const char *const argv[] = {"/bin/sleep", "60", NULL};
	struct child_spec spec = {.argv = argv};
	SCOPED_FREE char *text = NULL;
	struct err e = {0};
	int status = -1;
	uint64_t start_ms = clock_now_ms();

	(void)state;
	assert_false(child_run(&spec, 100, 100, &text, NULL, &status, &e));
	assert_int_equal(e.code, ERR_COMMAND);
	assert_true(clock_now_ms() - start_ms < 5000);
	assert_null(text);
	assert_no_child_left();
}

static void test_output_is_bounded(void **state)
{
	const char *const argv[] = {"/bin/cat", "/dev/zero", NULL};
	const char *const noisy[] = {
		"/bin/sh", "-c", "head -c 100000 /dev/zero | tr '\\0' e >&2; echo fine", NULL};
	struct child_spec spec = {.argv = argv};
	SCOPED_FREE char *text = NULL;
	SCOPED_FREE char *errors = NULL;
	struct err e = {0};
	int status = -1;

	(void)state;
	assert_false(child_run(&spec, 10000, 100000, &text, NULL, &status, &e));
	assert_int_equal(e.code, ERR_TOO_BIG);
	assert_no_child_left();
	spec.argv = noisy;
	assert_true(child_run(&spec, 10000, 100, &text, &errors, &status, &e));
	assert_string_equal(text, "fine\n");
	assert_int_equal(strlen(errors), 4096);
}

/* A daemon that keeps our pipe open does not keep us waiting. */
static void test_grandchild_does_not_hold_us(void **state)
{
	int status = -1;
	uint64_t start_ms = clock_now_ms();
	SCOPED_FREE char *text = shell("sleep 8 & echo started", &status);

	(void)state;
	assert_string_equal(text, "started\n");
	assert_true(clock_now_ms() - start_ms < 5000);
}

static void test_nothing_of_ours_is_open(void **state)
{
	int status = -1;
	SCOPED_CLOSE int leaky = open("/dev/null", O_RDONLY);
	SCOPED_CLOSE int far = fcntl(leaky, F_DUPFD, 200);
	SCOPED_FREE char *text = shell("exec ls /proc/self/fd", &status);

	(void)state;
	assert_true(leaky >= 0 && far >= 200);
	assert_string_equal(text, "0\n1\n2\n3\n"); /* 3 is ls reading the folder */
}

static void test_environment_is_clean(void **state)
{
	int status = -1;

	(void)state;
	assert_int_equal(setenv("LD_LIBRARY_PATH", "/hostile", 1), 0);

	SCOPED_FREE char *text = shell("/usr/bin/env | grep -v ^PWD=; pwd; umask", &status);

	unsetenv("LD_LIBRARY_PATH");
	assert_non_null(strstr(text, "LC_ALL=C\n"));
	assert_non_null(strstr(
		text, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"));
	assert_null(strstr(text, "LD_LIBRARY_PATH"));
	assert_null(strstr(text, "HOME="));
	assert_non_null(strstr(text, "\n/\n0022\n"));
}

static void test_signals_are_reset(void **state)
{
	sigset_t block, saved;
	int status = -1;

	(void)state;
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_BLOCK, &block, &saved);
	signal(SIGPIPE, SIG_IGN);

	SCOPED_FREE char *text =
		shell("grep -E '^Sig(Blk|Ign):' /proc/self/status | cut -f2 | sort -u", &status);

	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &saved, NULL);
	assert_string_equal(text, "0000000000000000\n");
}

/* Two descriptors that want each other's numbers. */
static void test_descriptors_are_placed(void **state)
{
	const char *const argv[] = {"/bin/sh", "-c", "cat <&4; cat <&5", NULL};
	int a[2], b[2], out[2], status = -1;
	char text[16] = "";
	struct err e = {0};
	pid_t pid = 0;

	(void)state;
	assert_int_equal(pipe2(a, O_CLOEXEC) | pipe2(b, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(dup3(a[0], 105, O_CLOEXEC), 105);

	struct child_spec spec = {
		.argv = argv, .n_fds = 3, .fds = {{b[0], 4}, {105, 5}, {out[1], 1}}};

	assert_int_equal(write(a[1], "first\n", 6), 6);
	assert_int_equal(write(b[1], "second\n", 7), 7);
	assert_true(child_start(&spec, &pid, &e));
	for (size_t i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
	close(105);
	close(out[1]);
	assert_true(child_wait(pid, &status, &e));
	assert_int_equal(read(out[0], text, sizeof(text) - 1), 13);
	assert_string_equal(text, "second\nfirst\n");
	close(out[0]);
}

static void test_own_session(void **state)
{
	const char *const argv[] = {"/bin/sh", "-c", "cut -d' ' -f1,6 /proc/$$/stat", NULL};
	struct child_spec spec = {.argv = argv, .own_session = true};
	SCOPED_FREE char *text = NULL;
	struct err e = {0};
	int status = -1, pid = 0, session = 0;

	(void)state;
	assert_true(child_run(&spec, 10000, 100, &text, NULL, &status, &e));
	assert_int_equal(sscanf(text, "%d %d", &pid, &session), 2);
	assert_int_equal(pid, session);
}

static void test_change_of_user(void **state)
{
	const char *const argv[] = {"/bin/sh", "-c",
		"grep -E '^(Uid|Gid|Groups):' /proc/self/status | tr -s '\\t ' ' '", NULL};
	struct child_spec spec = {.argv = argv,
		.change_user = true,
		.dies_with_us = true,
		.uid = 65534,
		.gid = 65534};
	SCOPED_FREE char *text = NULL;
	struct err e = {0};
	int status = -1;

	(void)state;
	if (geteuid() != 0) {
		assert_false(child_run(&spec, 10000, 1000, &text, NULL, &status, &e));
		assert_non_null(strstr(e.text, "change of user"));
		return;
	}
	assert_true(child_run(&spec, 10000, 1000, &text, NULL, &status, &e));
	assert_string_equal(text, "Uid: 65534 65534 65534 65534\n"
				  "Gid: 65534 65534 65534 65534\nGroups: \n");
}

/* Our child starts one that is bound to it, says its number, and is killed. */
static void test_dies_with_us(void **state)
{
	const char *const argv[] = {"/bin/sleep", "60", NULL};
	struct child_spec spec = {.argv = argv, .dies_with_us = true};
	int ends[2], status = 0;
	pid_t grandchild = 0;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);

	pid_t child = fork();

	if (child == 0) {
		if (!child_start(&spec, &grandchild, NULL) ||
			write(ends[1], &grandchild, sizeof(grandchild)) < 0)
			_exit(1);
		pause();
	}
	assert_true(child > 0);
	assert_int_equal(read(ends[0], &grandchild, sizeof(grandchild)), sizeof(grandchild));
	kill(child, SIGKILL);
	assert_true(child_wait(child, &status, NULL));
	close(ends[0]);
	close(ends[1]);

	char path[64], line[64] = "Z";

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)grandchild);
	for (int i = 0; i < 500; i++) {
		SCOPED_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

		/* gone, or a zombie that nobody has collected yet: no command line */
		if (fd < 0 || read(fd, line, sizeof(line)) <= 0)
			return;
		usleep(10000);
	}
	fail_msg("process %d outlived its parent", (int)grandchild);
}

/* Pieces of a file, in their order; more than a socket holds, and to one that does not listen. */
static void test_input_is_fed(void **state)
{
	SCOPED_CLOSE int fd = memfd_create("input", MFD_CLOEXEC);
	const char *const count[] = {"/bin/sh", "-c", "sleep 0.1; md5sum; wc -c", NULL};
	const char *const echo[] = {"/bin/cat", NULL};
	const char *const deaf[] = {"/bin/true", NULL};
	const struct child_range pieces[] = {{6, 5}, {5, 1}, {3, 0}, {0, 5}};
	const struct child_range whole = {0, UINT64_MAX};
	struct child_spec spec = {.argv = echo, .input_fd = fd, .input = pieces, .n_input = 4};
	SCOPED_FREE char *text = NULL, *counted = NULL, *nothing = NULL;
	int status = -1;
	struct err e = {0};

	(void)state;
	assert_int_equal(write(fd, "hello world", 11), 11);
	assert_true(child_run(&spec, 10000, 100, &text, NULL, &status, &e));
	assert_string_equal(text, "world hello");
	assert_int_equal(ftruncate(fd, 3000000), 0);
	spec.argv = count;
	spec.input = &whole;
	spec.n_input = 1;
	assert_true(child_run(&spec, 10000, 100, &counted, NULL, &status, &e));
	/* of "hello world" and zeros up to three million bytes */
	assert_string_equal(counted, "e21974ae8d932753fc4c28d35cc3990e  -\n0\n");
	spec.argv = deaf;
	assert_true(child_run(&spec, 10000, 100, &nothing, NULL, &status, &e));
	assert_int_equal(status, 0);
	assert_no_child_left();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run_collects),
		cmocka_unit_test(test_signal_is_status),
		cmocka_unit_test(test_exec_error_names_program),
		cmocka_unit_test(test_folder_error),
		cmocka_unit_test(test_timeout_kills),
		cmocka_unit_test(test_output_is_bounded),
		cmocka_unit_test(test_grandchild_does_not_hold_us),
		cmocka_unit_test(test_nothing_of_ours_is_open),
		cmocka_unit_test(test_environment_is_clean),
		cmocka_unit_test(test_signals_are_reset),
		cmocka_unit_test(test_descriptors_are_placed),
		cmocka_unit_test(test_own_session),
		cmocka_unit_test(test_change_of_user),
		cmocka_unit_test(test_dies_with_us),
		cmocka_unit_test(test_input_is_fed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
