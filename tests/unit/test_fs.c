/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/fs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/child.h"
#include "updaters/lib/text.h"

/* Each test runs in a folder of its own, as working folder. */
static int make_folder(void **state)
{
	char *folder = strdup("/tmp/test_fs.XXXXXX");

	*state = folder;
	return folder == NULL || mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int remove_folder(void **state)
{
	const char *const argv[] = {"/bin/rm", "-rf", *state, NULL};
	struct child_spec spec = {.argv = argv};
	pid_t pid = 0;
	int status = -1;
	bool is_gone = chdir("/") == 0 && child_start(&spec, &pid, NULL) &&
		       child_wait(pid, &status, NULL) && status == 0;

	free(*state);
	return !is_gone;
}

static void put(const char *name, const char *text)
{
	struct err e = {0};

	if (!fs_replace(name, text, strlen(text), 0644, &e))
		fail_msg("%s", e.text);
}

static void test_read(void **state)
{
	SCOPED_FREE char *text = NULL;
	SCOPED_FREE char *empty = NULL;
	struct err e = {0};
	size_t len = 0;

	(void)state;
	put("a", "12345");
	put("empty", "");
	assert_true(fs_read("a", 5, &text, &len, &e));
	assert_string_equal(text, "12345");
	assert_int_equal(len, 5);
	assert_true(fs_read("empty", 5, &empty, &len, &e));
	assert_string_equal(empty, "");
	assert_int_equal(len, 0);
}

static void test_read_refused(void **state)
{
	char *text = NULL;
	struct err e = {0};

	(void)state;
	put("a", "12345");
	assert_false(fs_read("a", 4, &text, NULL, &e));
	assert_int_equal(e.code, ERR_TOO_BIG);
	assert_false(fs_read("/proc/self/maps", 10, &text, NULL, &e));
	assert_int_equal(e.code, ERR_TOO_BIG);
	assert_false(fs_read("none", 4, &text, NULL, &e));
	assert_int_equal(e.code, ERR_STATE);
	assert_int_equal(e.sys_errno, ENOENT);
	assert_int_equal(symlink("a", "link"), 0);
	assert_false(fs_read("link", 10, &text, NULL, &e));
	assert_int_equal(e.sys_errno, ELOOP);
	assert_non_null(strstr(e.text, "link is a symbolic link"));
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_false(fs_read("fifo", 10, &text, NULL, &e)); /* and does not hang */
	assert_false(fs_read(".", 10, &text, NULL, &e));
	assert_int_equal(e.code, ERR_STATE);
	assert_null(text);
}

static void test_read_proc(void **state)
{
	SCOPED_FREE char *text = NULL;
	struct err e = {0};

	(void)state;
	assert_true(fs_read("/proc/self/status", 65536, &text, NULL, &e));
	assert_non_null(strstr(text, "Name:\ttest_fs\n"));
}

/* What was read before through the descriptor makes no difference. */
static void test_read_fd(void **state)
{
	SCOPED_FREE char *text = NULL;
	struct err e = {0};
	char byte = 0;

	(void)state;
	put("a", "12345");

	SCOPED_CLOSE int fd = open("a", O_RDONLY | O_CLOEXEC);

	assert_int_equal(read(fd, &byte, 1), 1);
	assert_true(fs_read_fd(fd, "a", 10, &text, NULL, &e));
	assert_string_equal(text, "12345");
}

static size_t count_entries(const char *path)
{
	DIR *folder = opendir(path);
	size_t n = 0;

	assert_non_null(folder);
	while (readdir(folder) != NULL)
		n++;
	closedir(folder);
	return n - 2;
}

static void test_read_at(void **state)
{
	char bytes[8] = "";
	size_t n = 77;
	int fd;

	(void)state;
	put("file", "0123456789");
	fd = open("file", O_RDONLY | O_CLOEXEC);
	assert_true(fs_read_at(fd, bytes, 4, 3, &n));
	assert_int_equal(n, 4);
	assert_memory_equal(bytes, "3456", 4);
	assert_true(fs_read_at(fd, bytes, 8, 7, &n)); /* fewer at the end */
	assert_int_equal(n, 3);
	assert_true(fs_read_at(fd, bytes, 8, 10, &n));
	assert_int_equal(n, 0);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	close(fd);
	assert_false(fs_read_at(fd, bytes, 8, 0, &n));
	assert_int_equal(errno, EBADF);
}

static void test_replace(void **state)
{
	SCOPED_FREE char *text = NULL;
	struct err e = {0};
	struct stat st;
	mode_t saved = umask(077);

	(void)state;
	put("target", "kept");
	assert_int_equal(symlink("target", "a"), 0);
	assert_true(fs_replace("a", "new", 3, 0640, &e));
	umask(saved);
	assert_int_equal(lstat("a", &st), 0);
	assert_true(S_ISREG(st.st_mode)); /* the link was replaced, not followed */
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_true(fs_read("target", 10, &text, NULL, &e));
	assert_string_equal(text, "kept");
	assert_int_equal(count_entries("."), 2);
}

static void test_replace_fails_cleanly(void **state)
{
	char longest[PATH_MAX + 10];
	struct err e = {0};

	(void)state;
	assert_int_equal(mkdir("folder", 0700), 0);
	assert_false(fs_replace("folder", "x", 1, 0600, &e));
	assert_int_equal(e.sys_errno, EISDIR);
	assert_int_equal(count_entries("."), 1);
	assert_false(fs_replace("none/x", "x", 1, 0600, &e));
	assert_int_equal(e.sys_errno, ENOENT);
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_false(fs_replace(longest, "x", 1, 0600, &e));
	assert_false(fs_make_folders(longest, 0700, &e));
}

static void test_write_to_full_disk(void **state)
{
	SCOPED_CLOSE int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct err e = {0};

	(void)state;
	assert_true(fd >= 0);
	assert_false(fs_write_all(fd, "x", 1, "/dev/full", &e));
	assert_int_equal(e.code, ERR_SPACE);
	assert_non_null(strstr(e.text, "/dev/full"));
}

static void test_make_folders(void **state)
{
	struct err e = {0};
	struct stat st;
	mode_t saved = umask(077);

	(void)state;
	assert_int_equal(mkdir("old", 0700), 0);
	assert_true(fs_make_folders("old/b//c", 0755, &e));
	umask(saved);
	assert_int_equal(stat("old/b/c", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(stat("old/b", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(stat("old", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_true(fs_make_folders("old/b/c/", 0755, &e));
	assert_true(fs_make_folders("old/d/", 0755, &e));
	assert_true(fs_sync_folder("old", &e));
	put("file", "x");
	assert_false(fs_make_folders("file", 0755, &e));
	assert_int_equal(e.code, ERR_STATE);
	assert_false(fs_make_folders("file/x", 0755, &e));
	assert_false(fs_sync_folder("file", &e));
}

static void test_trusted(void **state)
{
	const char *folder = *state;
	char path[PATH_MAX];
	struct err e = {0};
	struct stat st;

	assert_int_equal(stat("/", &st), 0);
	assert_int_equal(stat("/etc/passwd", &st), 0);
	if (st.st_uid == 0) /* in a user namespace root's files may be nobody's */
		assert_true(fs_check_trusted("/etc/passwd", &e));
	put("a", "x");
	assert_true(fs_join(path, sizeof(path), folder, "a"));
	assert_false(fs_check_trusted(path, &e)); /* below /tmp, where others may write */
	assert_int_equal(e.code, ERR_CONFIG);
	assert_null(strstr(e.text, "chmod"));    /* which is no mending of /tmp */
	assert_false(fs_check_trusted("a", &e)); /* by a relative name, too */
	assert_int_equal(e.code, ERR_CONFIG);
	assert_false(fs_check_trusted("/nonexistent/x", &e));
	assert_false(fs_check_trusted("/proc/self/exe", &e));
}

/* Between a check by name and the reading another file could be put there. */
static void test_what_was_opened_is_what_was_checked(void **state)
{
	SCOPED_CLOSE int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	SCOPED_FREE char *text = NULL;
	struct err e = {0};
	size_t len = 0;

	(void)state;
	if (!fs_check_trusted("/etc/passwd", &e) || !fs_check_trusted("/etc/group", &e))
		skip();
	assert_true(fs_check_trusted_fd(fd, "/etc/passwd", &e));
	assert_false(fs_check_trusted_fd(fd, "/etc/group", &e));
	assert_int_equal(e.code, ERR_CONFIG);
	assert_true(fs_read_trusted("/etc/passwd", 1 << 20, &text, &len, &e));
	assert_int_equal(strlen(text), len);
}

/* Nothing of a file that is not trusted is read: not even its size is judged. */
static void test_untrusted_is_not_read(void **state)
{
	const char *folder = *state;
	char path[PATH_MAX], *text = NULL;
	struct err e = {0};

	put("a", "too long");
	assert_true(fs_join(path, sizeof(path), folder, "a"));
	assert_false(fs_read_trusted(path, 1, &text, NULL, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	assert_false(fs_read_trusted("/nonexistent/x", 1, &text, NULL, &e));
	assert_int_equal(e.sys_errno, ENOENT);
	assert_null(text);
}

/* Needs a folder that root alone may write: only root can make one. */
static void test_trusted_names_the_mending(void **state)
{
	char folder[] = "/root/test_fs.XXXXXX", path[64];
	struct err e = {0};

	(void)state;
	if (geteuid() != 0 || mkdtemp(folder) == NULL)
		skip();
	snprintf(path, sizeof(path), "%s/a", folder);
	put(path, "x");

	bool is_trusted = fs_check_trusted(path, &e);

	assert_int_equal(chmod(path, 0664), 0);

	bool is_writable_trusted = fs_check_trusted(path, &e);
	bool names_chmod = strstr(e.text, "sudo chmod go-w /root/test_fs.") != NULL;

	assert_int_equal(chmod(path, 0644) | chown(path, 65534, 65534), 0);

	bool is_foreign_trusted = fs_check_trusted(path, &e);
	bool names_chown = strstr(e.text, "sudo chown root: /root/test_fs.") != NULL;

	unlink(path);
	rmdir(folder);
	assert_true(is_trusted);
	assert_false(is_writable_trusted);
	assert_true(names_chmod);
	assert_false(is_foreign_trusted);
	assert_true(names_chown);
}

static void test_join(void **state)
{
	char out[6];

	(void)state;
	assert_true(fs_join(out, sizeof(out), "ab", "cd"));
	assert_string_equal(out, "ab/cd");
	assert_false(fs_join(out, sizeof(out), "ab", "cde"));
}

#define TEST_IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_read),
		TEST_IN_FOLDER(test_read_refused),
		TEST_IN_FOLDER(test_read_proc),
		TEST_IN_FOLDER(test_read_fd),
		TEST_IN_FOLDER(test_read_at),
		TEST_IN_FOLDER(test_replace),
		TEST_IN_FOLDER(test_replace_fails_cleanly),
		TEST_IN_FOLDER(test_write_to_full_disk),
		TEST_IN_FOLDER(test_make_folders),
		cmocka_unit_test(test_what_was_opened_is_what_was_checked),
		TEST_IN_FOLDER(test_untrusted_is_not_read),
		TEST_IN_FOLDER(test_trusted),
		TEST_IN_FOLDER(test_trusted_names_the_mending),
		cmocka_unit_test(test_join),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
