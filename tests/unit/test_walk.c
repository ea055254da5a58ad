/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "updaters/lib/child.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/walk_memory.h"
#include "updaters/lib/walk_mount.h"

/* Each test runs in a folder of its own, as working folder; root is its path. */
static char root[PATH_MAX];

static void run_shell(const char *text)
{
	const char *const argv[] = {"/bin/sh", "-euc", text, NULL};
	struct child_spec spec = {.argv = argv, .folder = root};
	struct err e = {0};
	int status = -1;
	pid_t pid = 0;

	if (!child_start(&spec, &pid, &e) || !child_wait(pid, &status, &e) || status != 0)
		fail_msg("%s: status %d %s", text, status, e.text);
}

static int make_folder(void **state)
{
	char folder[] = "/tmp/test_walk.XXXXXX";

	(void)state;
	return mkdtemp(folder) == NULL || chmod(folder, 0755) != 0 ||
	       realpath(folder, root) == NULL || chdir(root) != 0;
}

static int remove_folder(void **state)
{
	(void)state;
	run_shell("chmod -R u+rwx .; rm -rf ./* ./.[!.]*");
	return chdir("/") != 0 || rmdir(root) != 0;
}

/* A venv in each folder that is named. */
static void put_venvs(const char *folders)
{
	char text[4096];

	snprintf(text, sizeof(text), "for d in %s; do mkdir -p \"$d\"; : >\"$d/pyvenv.cfg\"; done",
		folders);
	run_shell(text);
}

/* What is younger than two seconds is read each time: let all get older than that. */
static void let_it_age(void)
{
	const struct timespec a_while = {.tv_sec = 3, .tv_nsec = 100000000};

	nanosleep(&a_while, NULL);
}

static const char *const skipped[] = {".git", "node_modules", NULL};

/* What is found below root, relative to it, with " " between; roots: NULL = root alone. */
static const char *find(const char *const *roots, unsigned depth, const char *memory)
{
	static char text[4096];
	const char *const only[] = {root, NULL};
	const struct walk_options o = {.roots = roots == NULL ? only : roots,
		.marker = "pyvenv.cfg",
		.skipped = skipped,
		.depth = depth,
		.memory = memory};
	SCOPED_CLEAR(strings_clear) struct strings found = {0};
	SCOPED_CLEAR(strings_clear) struct strings passed = {0};
	struct err e = {0};
	size_t len = 0;

	if (!walk_find(&o, &found, &passed, &e))
		fail_msg("%s", e.text);
	assert_int_equal(passed.n_items, 0);
	text[0] = '\0';
	for (size_t i = 0; i < found.n_items; i++) {
		const char *path = found.items[i] + strlen(root);

		assert_int_equal(strncmp(found.items[i], root, strlen(root)), 0);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i > 0 ? " " : "",
			path[0] == '/' ? path + 1 : ".");
	}
	return text;
}

static const char *memory_path(void)
{
	static char path[PATH_MAX];

	assert_true(fs_join(path, sizeof(path), root, "cache/devupd/venvs"));
	return path;
}

static struct stat memory_stat(void)
{
	struct stat st;

	assert_int_equal(stat(memory_path(), &st), 0);
	return st;
}

static void test_found(void **state)
{
	(void)state;
	assert_string_equal(find(NULL, 5, NULL), "");
	put_venvs("b a/c a.b a/c/inside .git/x x/node_modules/y .venv z/.venv");
	run_shell("mkdir -p d/pyvenv.cfg; mkdir e; ln -s ../b/pyvenv.cfg e/pyvenv.cfg");
	assert_string_equal(find(NULL, 5, NULL), ".venv a.b a/c b e z/.venv");
	run_shell(": >pyvenv.cfg");
	assert_string_equal(find(NULL, 5, NULL), ".");
}

static void test_depth(void **state)
{
	(void)state;
	put_venvs("1 a/2 a/b/3");
	assert_string_equal(find(NULL, 0, NULL), "");
	assert_string_equal(find(NULL, 1, NULL), "1");
	assert_string_equal(find(NULL, 2, NULL), "1 a/2");
	assert_string_equal(find(NULL, 3, NULL), "1 a/2 a/b/3");
	/* whatever is asked, there is an end */
	run_shell("d=.; for i in $(seq 90); do d=$d/d; done; mkdir -p $d; : >$d/pyvenv.cfg");
	assert_string_equal(find(NULL, 1000, NULL), "1 a/2 a/b/3");
}

/* Links below a root are not followed; a root may be one, because somebody named it. */
static void test_links(void **state)
{
	char link[PATH_MAX + 16];
	const char *const roots[] = {link, NULL};

	(void)state;
	put_venvs("a/v");
	run_shell("ln -s .. a/up; ln -s a to-a; ln -s nowhere gone");
	assert_string_equal(find(NULL, 20, NULL), "a/v");
	snprintf(link, sizeof(link), "%s/to-a///", root);
	assert_string_equal(find(roots, 20, NULL), "to-a/v");
}

static void test_roots(void **state)
{
	char inner[PATH_MAX + 16], none[PATH_MAX + 16];
	const char *const roots[] = {inner, root, none, root, NULL};

	(void)state;
	put_venvs("a/b/v a/w");
	run_shell(": >file");
	snprintf(inner, sizeof(inner), "%s/a/b", root);
	snprintf(none, sizeof(none), "%s/none", root);
	for (int turn = 0; turn < 2; turn++)
		assert_string_equal(find(roots, 2, memory_path()), "a/b/v a/w");
	put_venvs("none/v");
	assert_string_equal(find(roots, 2, memory_path()), "a/b/v a/w none/v");
	snprintf(none, sizeof(none), "%s/file", root);
	assert_string_equal(find(roots, 1, NULL), "a/b/v");
}

static void count_tick(void *user)
{
	(*(size_t *)user)++;
}

/* Whoever waits for a walk over a cold disk hears of it. */
static void test_ticks(void **state)
{
	const char *const roots[] = {root, NULL};
	size_t n_ticks = 0;
	struct walk_options o = {.roots = roots,
		.marker = "pyvenv.cfg",
		.depth = 2,
		.on_tick = count_tick,
		.user = &n_ticks};
	SCOPED_CLEAR(strings_clear) struct strings found = {0}, passed_over = {0};
	struct err e = {0};

	(void)state;
	run_shell("mkdir a; cd a; seq 1100 | xargs mkdir");
	assert_true(walk_find(&o, &found, &passed_over, &e));
	assert_int_equal(n_ticks, 1 + 1100 / WALK_TICK_FOLDERS);
}

/* As somebody who has no right, which root would have to be dropped for. */
static void test_unreadable(void **state)
{
	int status = -1;

	(void)state;
	put_venvs("a/v b/v c/v d/v");
	run_shell("chmod 777 .; chmod 0 b; chmod 444 c; chmod 111 d");
	let_it_age();

	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		bool is_other = getuid() != 0 || (setgid(65534) == 0 && setuid(65534) == 0);

		find(NULL, 3, memory_path());
		_exit(is_other && strcmp(find(NULL, 3, memory_path()), "a/v") == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	run_shell("chmod 755 b c d");
	assert_string_equal(find(NULL, 3, memory_path()), "a/v b/v c/v d/v");
}

/* A second look tells the same as a first, whatever has happened in between. */
static void test_memory(void **state)
{
	struct stat first, again;

	(void)state;
	put_venvs("a/b/c/v a/b/w x/y/v");
	run_shell("mkdir -p deep/1/2/3 x/empty");
	let_it_age();
	assert_string_equal(find(NULL, 6, memory_path()), "a/b/c/v a/b/w x/y/v");
	first = memory_stat();
	assert_int_equal(first.st_mode & 0777, 0600);
	/* its own folder was new in the root; from now on nothing is written */
	let_it_age();
	assert_string_equal(find(NULL, 6, memory_path()), "a/b/c/v a/b/w x/y/v");
	first = memory_stat();
	assert_string_equal(find(NULL, 6, memory_path()), "a/b/c/v a/b/w x/y/v");
	again = memory_stat();
	assert_int_equal(first.st_ino, again.st_ino);

	put_venvs("deep/1/2/3/new");
	assert_string_equal(find(NULL, 6, memory_path()), "a/b/c/v a/b/w deep/1/2/3/new x/y/v");
	run_shell("rm -r a/b/c; rm x/y/v/pyvenv.cfg");
	assert_string_equal(find(NULL, 6, memory_path()), "a/b/w deep/1/2/3/new");
	run_shell("mv a x/empty/; : >x/pyvenv.cfg");
	assert_string_equal(find(NULL, 6, memory_path()), "deep/1/2/3/new x");
	run_shell("rm x/pyvenv.cfg");
	assert_string_equal(find(NULL, 6, memory_path()), "deep/1/2/3/new x/empty/a/b/w");
}

/* tar and rsync put back a folder's mtime after they filled it. */
static void test_time_put_back(void **state)
{
	(void)state;
	run_shell("mkdir -p a/b; touch -d '2020-01-01 00:00' a a/b .");
	let_it_age();
	assert_string_equal(find(NULL, 6, "/none/at/all/x"), "");
	assert_string_equal(find(NULL, 6, memory_path()), "");
	run_shell(": >a/b/pyvenv.cfg; touch -d '2020-01-01 00:00' a/b");
	assert_string_equal(find(NULL, 6, memory_path()), "a/b");
}

/* What changes in the very tick in which it is looked at must be seen the next time. */
static void test_young(void **state)
{
	const char *const roots[] = {root, NULL};
	const struct walk_options o = {.roots = roots,
		.marker = "pyvenv.cfg",
		.skipped = skipped,
		.memory = memory_path()};
	struct walk_rows inside;
	struct walk_row row;
	const char *name;

	(void)state;
	run_shell("mkdir -p cache/devupd; : >new");
	for (int turn = 0; turn < 2; turn++) {
		SCOPED_FREE char *raw = NULL;
		size_t len = 0;

		assert_string_equal(find(NULL, 0, memory_path()), "");

		struct walk_rows known = walk_memory_read(&o, &raw, &len);

		assert_true(walk_rows_next(&known, &row, &name, &inside));
		assert_int_equal(row.changed_ns != 0, turn == 1);
		let_it_age();
	}
}

/* Each byte of it turned over, and each length. */
static void test_damaged(void **state)
{
	SCOPED_FREE char *text = NULL;
	struct err e = {0};
	size_t len = 0;

	(void)state;
	put_venvs("a/v b");
	let_it_age();
	assert_string_equal(find(NULL, 6, memory_path()), "a/v b");
	assert_true(fs_read(memory_path(), 1 << 20, &text, &len, &e));
	for (size_t i = 0; i < len; i++) {
		text[i] = (char)~text[i];
		assert_true(fs_replace(memory_path(), text, len, 0600, &e));
		assert_string_equal(find(NULL, 6, memory_path()), "a/v b");
		text[i] = (char)~text[i];
		assert_true(fs_replace(memory_path(), text, i, 0600, &e));
		assert_string_equal(find(NULL, 6, memory_path()), "a/v b");
	}
	run_shell("rm cache/devupd/venvs; mkdir cache/devupd/venvs");
	assert_string_equal(find(NULL, 6, memory_path()), "a/v b");
	run_shell("rmdir cache/devupd/venvs; ln -s /etc/passwd cache/devupd/venvs");
	assert_string_equal(find(NULL, 6, memory_path()), "a/v b");
}

/* Sums that are right around rows that are not: nothing may be read beyond them. */
static void test_unsound(void **state)
{
	static const struct {
		struct walk_row outer, inner; /* size_bytes: how much too large */
		const char *name;
		bool is_sound;
	} cases[] = {
		{{.name_len = 0}, {.name_len = 1}, "x", true},
		{{.name_len = 1}, {.name_len = 1}, "x", false},
		{{.name_len = 0}, {.name_len = 0}, "x", false},
		{{.name_len = 0}, {.name_len = 1}, "/", false},
		{{.name_len = 0}, {.name_len = 1}, "", false},
		{{.size_bytes = 1}, {.name_len = 1}, "x", false},
		{{.size_bytes = 1 << 20}, {.name_len = 1}, "x", false},
		{{.name_len = 0}, {.name_len = 1, .size_bytes = 1}, "x", false},
		{{.name_len = 0}, {.name_len = 2, .size_bytes = 1 << 20}, "xy", false},
	};
	const char *const roots[] = {root, NULL};
	const struct walk_options o = {.roots = roots, .marker = "m", .memory = memory_path()};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_FREE char *raw = NULL;
		SCOPED_CLEAR(buf_clear) struct buf rows;
		size_t len = 0;

		walk_memory_begin(&rows);

		size_t outer = walk_row_begin(&rows, &cases[i].outer, "r");
		size_t inner = walk_row_begin(&rows, &cases[i].inner, cases[i].name);

		walk_row_end(&rows, inner);
		walk_row_end(&rows, outer);

		struct walk_row row;

		memcpy(&row, rows.data + outer, sizeof(row));
		row.size_bytes += cases[i].outer.size_bytes;
		memcpy(rows.data + outer, &row, sizeof(row));
		memcpy(&row, rows.data + inner, sizeof(row));
		row.size_bytes += cases[i].inner.size_bytes;
		memcpy(rows.data + inner, &row, sizeof(row));
		walk_memory_write(&o, &rows, NULL, 0);

		struct walk_rows known = walk_memory_read(&o, &raw, &len);

		assert_int_equal(known.at != NULL, cases[i].is_sound);
		assert_non_null(raw);
	}
}

/* It was asked for something else then. */
static void test_other_options(void **state)
{
	char a[PATH_MAX + 16], b[PATH_MAX + 16];
	const char *const roots_a[] = {a, NULL};
	const char *const roots_b[] = {b, NULL};

	(void)state;
	put_venvs("a/v b/w b/x/y");
	let_it_age();
	snprintf(a, sizeof(a), "%s/a", root);
	snprintf(b, sizeof(b), "%s/b", root);
	assert_string_equal(find(roots_a, 3, memory_path()), "a/v");
	assert_string_equal(find(roots_b, 3, memory_path()), "b/w b/x/y");
	assert_string_equal(find(roots_b, 1, memory_path()), "b/w");
	assert_string_equal(find(roots_b, 3, memory_path()), "b/w b/x/y");
}

static void test_remote(void **state)
{
	(void)state;
	assert_false(walk_is_remote("/proc"));
	assert_false(walk_is_remote("/tmp"));
	assert_false(walk_is_remote("/dev"));
	assert_false(walk_is_remote("/none"));
}

/* Lines as of proc(5) and of real desktops. */
static void test_mounts(void **state)
{
	static const char lines[] =
		"36 35 98:0 / / rw,noatime shared:1 - ext4 /dev/root rw\n"
		"37 36 0:50 / /home/ann/nas rw shared:2 master:1 - nfs4 nas:/x rw\n"
		"38 36 0:51 / /home/ann/my\\040files rw - cifs //nas/x rw\n"
		"39 36 0:52 / /home/ann/disk rw shared:3 - ext4 /dev/sdb1 rw\n"
		"40 36 0:53 / /run/user/1000/gvfs rw - fuse.gvfsd-fuse gvfsd-fuse rw\n"
		"41 36 0:54 / /home/anna/nas rw - nfs nas:/y rw\n"
		"42 - nfs\n"
		" - nfs\n\n"
		"43 36 0:55 / /home/ann rw - nfs nas:/z rw";
	SCOPED_FREE char *text = strdup(lines);
	SCOPED_FREE char *again = strdup(lines);
	SCOPED_CLEAR(strings_clear) struct strings below = {0};
	SCOPED_CLEAR(strings_clear) struct strings all = {0};

	(void)state;
	walk_mounts_parse(text, "/home/ann", "/alias", &below);
	assert_int_equal(below.n_items, 2);
	assert_string_equal(below.items[0], "/alias/nas");
	assert_string_equal(below.items[1], "/alias/my files");
	walk_mounts_parse(again, "", "", &all);
	assert_int_equal(all.n_items, 5);
	assert_string_equal(all.items[2], "/run/user/1000/gvfs");
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_found),
		IN_FOLDER(test_depth),
		IN_FOLDER(test_links),
		IN_FOLDER(test_roots),
		IN_FOLDER(test_ticks),
		IN_FOLDER(test_unreadable),
		IN_FOLDER(test_memory),
		IN_FOLDER(test_time_put_back),
		IN_FOLDER(test_young),
		IN_FOLDER(test_damaged),
		IN_FOLDER(test_unsound),
		IN_FOLDER(test_other_options),
		cmocka_unit_test(test_mounts),
		cmocka_unit_test(test_remote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
