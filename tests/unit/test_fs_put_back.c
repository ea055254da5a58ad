/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/fs_put_back.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/child.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

/* Each test runs in a folder of its own, whose real path is the state. */
static int make_folder(void **state)
{
	char folder[] = "/tmp/test_put_back.XXXXXX";

	*state = mkdtemp(folder) != NULL ? realpath(folder, NULL) : NULL;
	return *state == NULL || chdir(*state) != 0;
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

static struct fs_was was_of(const char *folder, const char *name, mode_t mode)
{
	static char path[PATH_MAX];

	assert_true(fs_join(path, sizeof(path), folder, name));
	return (struct fs_was){.path = path,
		.mode = mode,
		.uid = geteuid(),
		.gid = getegid(),
		.mtime = {.tv_sec = 1700000000, .tv_nsec = 5},
		.bytes = "text\n",
		.len = 5,
		.target = "elsewhere"};
}

static void ok(bool is_fine, const struct err *e)
{
	if (!is_fine)
		fail_msg("%s", e->text);
}

static void a_file_is_as_it_was(void **state)
{
	struct fs_was was = was_of(*state, "x.list", S_IFREG | 0640);
	SCOPED_FREE char *text = NULL;
	struct err e = {0};
	struct stat st;
	mode_t saved = umask(077);

	if (geteuid() == 0) {
		was.uid = 12;
		was.gid = 34;
	}
	ok(fs_put_back(&was, &e), &e);
	umask(saved);
	assert_int_equal(lstat("x.list", &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_int_equal(st.st_uid, was.uid);
	assert_int_equal(st.st_gid, was.gid);
	assert_int_equal(st.st_mtim.tv_sec, 1700000000);
	assert_int_equal(st.st_mtim.tv_nsec, 5);
	ok(fs_read("x.list", 100, &text, NULL, &e), &e);
	assert_string_equal(text, "text\n");
	assert_int_equal(access(FS_PUT_BACK_NAME, F_OK), -1);
	ok(fs_take_back(&was, &e), &e);
	assert_int_equal(lstat("x.list", &st), -1);
}

static void a_link_and_a_folder_too(void **state)
{
	struct fs_was link = was_of(*state, "link", S_IFLNK | 0777);
	struct err e = {0};
	char target[64] = "";
	struct stat st;

	ok(fs_put_back(&link, &e), &e);
	assert_int_equal(readlink("link", target, sizeof(target) - 1), strlen("elsewhere"));
	assert_string_equal(target, "elsewhere");

	struct fs_was folder = was_of(*state, "parts", S_IFDIR | 0750);

	ok(fs_put_back(&folder, &e), &e);
	assert_int_equal(lstat("parts", &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0750);
	ok(fs_take_back(&folder, &e), &e);
	assert_int_equal(lstat("parts", &st), -1);
}

static void what_lies_there_stays(void **state)
{
	static const mode_t types[] = {S_IFREG, S_IFLNK, S_IFDIR};
	SCOPED_FREE char *text = NULL;
	struct err e = {0};

	ok(fs_replace("x", "new\n", 4, 0644, &e), &e);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct fs_was was = was_of(*state, "x", types[i] | 0755);

		assert_false(fs_put_back(&was, &e));
		assert_int_equal(e.code, ERR_STATE);
		assert_int_equal(e.sys_errno, EEXIST);
		assert_int_equal(access(FS_PUT_BACK_NAME, F_OK), -1);
	}
	ok(fs_read("x", 100, &text, NULL, &e), &e);
	assert_string_equal(text, "new\n");
}

static void no_link_is_followed(void **state)
{
	struct err e = {0};

	assert_int_equal(mkdir("real", 0755), 0);
	assert_int_equal(symlink("real", "parts"), 0);

	struct fs_was was = was_of(*state, "parts/x", S_IFREG | 0644);

	assert_false(fs_put_back(&was, &e));
	assert_non_null(strstr(e.text, "none is followed"));
	assert_int_equal(access("real/x", F_OK), -1);
	ok(fs_replace("real/x", "mine", 4, 0644, &e), &e);
	assert_false(fs_take_back(&was, &e));
	assert_int_equal(access("real/x", F_OK), 0);

	struct fs_was above = was_of(*state, "real/../y", S_IFREG | 0644);

	assert_false(fs_put_back(&above, &e));
	assert_int_equal(access("y", F_OK), -1);
}

static void a_folder_that_is_gone(void **state)
{
	struct fs_was nameless = {.path = "/", .mode = S_IFREG};
	struct fs_was relative = {.path = "x", .mode = S_IFREG};
	struct err e = {0};

	struct fs_was was = was_of(*state, "gone/x", S_IFREG | 0644);

	assert_false(fs_put_back(&was, &e));
	assert_int_equal(e.sys_errno, ENOENT);

	struct fs_was fifo = was_of(*state, "x", S_IFIFO | 0644);
	assert_false(fs_put_back(&fifo, &e));
	assert_false(fs_put_back(&nameless, &e));
	assert_false(fs_put_back(&relative, &e));
}

/* Cut off in between: the next one takes it away, and writes through no link in its place. */
static void what_a_cut_left_is_taken_away(void **state)
{
	struct fs_was was = was_of(*state, "x", S_IFREG | 0644);
	SCOPED_FREE char *text = NULL;
	struct err e = {0};

	ok(fs_replace("victim", "whole", 5, 0644, &e), &e);
	assert_int_equal(symlink("victim", FS_PUT_BACK_NAME), 0);
	ok(fs_put_back(&was, &e), &e);
	ok(fs_read("victim", 100, &text, NULL, &e), &e);
	assert_string_equal(text, "whole");
	assert_int_equal(access(FS_PUT_BACK_NAME, F_OK), -1);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_as_it_was),
		TEST(a_link_and_a_folder_too),
		TEST(what_lies_there_stays),
		TEST(no_link_is_followed),
		TEST(a_folder_that_is_gone),
		TEST(what_a_cut_left_is_taken_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
