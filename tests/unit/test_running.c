/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "updaters/lib/running.h"

/* A folder with a program in it, and what is running of it. */
struct world {
	char folder[64];
	char program[96];
	struct strings folders, background;
	struct running found;
	struct err e;
	pid_t pids[4];
	size_t n_pids;
};

static void copy_program(const char *to)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/cp", "cp", "/bin/sleep", to, (char *)NULL);
		_exit(127);
	}
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	text_copy_cut(w->folder, sizeof(w->folder), "/tmp/devupd-running-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	snprintf(w->program, sizeof(w->program), "%s/editor", w->folder);
	copy_program(w->program);
	assert_true(strings_add(&w->folders, w->folder));
	assert_true(strings_add(&w->background, "kcserver"));
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char path[128];

	for (size_t i = 0; i < w->n_pids; i++) {
		kill(w->pids[i], SIGKILL);
		waitpid(w->pids[i], NULL, 0);
	}
	unlink(w->program);
	snprintf(path, sizeof(path), "%s/kcserver", w->folder);
	unlink(path);
	rmdir(w->folder);
	strings_clear(&w->folders);
	strings_clear(&w->background);
	running_clear(&w->found);
	free(w);
	return 0;
}

/* Comes back when the new program is really the one that runs. */
static pid_t start(struct world *w, const char *program, const char *seconds)
{
	int ends[2];
	char byte;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);

	pid_t pid = fork();

	if (pid == 0) {
		execl(program, "innocent", seconds, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 0); /* closed by exec */
	close(ends[0]);
	w->pids[w->n_pids++] = pid;
	return pid;
}

static void find(struct world *w)
{
	running_clear(&w->found);
	assert_true(running_find(&w->folders, &w->background, &w->found, &w->e));
}

static void found_by_where_the_executable_lies(void **state)
{
	struct world *w = *state;
	char text[160];

	find(w);
	assert_int_equal(w->found.n_items, 0);

	pid_t pid = start(w, w->program, "100");

	find(w);
	assert_int_equal(w->found.n_items, 1);
	assert_int_equal(w->found.items[0].pid, pid);
	assert_int_equal(w->found.items[0].uid, getuid());
	assert_string_equal(w->found.items[0].name, "editor");
	assert_false(w->found.items[0].is_deleted);
	assert_false(w->found.items[0].is_background);
	running_describe(&w->found, text, sizeof(text));
	assert_non_null(strstr(text, ", pid "));
}

static void the_program_itself_may_be_named(void **state)
{
	struct world *w = *state;

	strings_clear(&w->folders);
	assert_true(strings_add(&w->folders, w->program));
	start(w, w->program, "100");
	find(w);
	assert_int_equal(w->found.n_items, 1);
}

static void a_folder_that_only_begins_so_is_another(void **state)
{
	struct world *w = *state;
	char half[64];

	snprintf(half, sizeof(half), "%.*s", (int)strlen(w->folder) - 1, w->folder);
	strings_clear(&w->folders);
	assert_true(strings_add(&w->folders, half));
	start(w, w->program, "100");
	find(w);
	assert_int_equal(w->found.n_items, 0);
}

static void what_was_replaced_meanwhile_is_still_open(void **state)
{
	struct world *w = *state;

	start(w, w->program, "100");
	assert_int_equal(unlink(w->program), 0);
	find(w);
	assert_int_equal(w->found.n_items, 1);
	assert_true(w->found.items[0].is_deleted);
	assert_string_equal(w->found.items[0].name, "editor");
}

static void a_background_process_is_told_apart(void **state)
{
	struct world *w = *state;
	char server[128], text[160];

	snprintf(server, sizeof(server), "%s/kcserver", w->folder);
	copy_program(server);

	pid_t left = start(w, server, "100");

	find(w);
	assert_int_equal(w->found.n_items, 1);
	assert_int_equal(w->found.n_background, 1);

	pid_t window = start(w, w->program, "100");

	find(w);
	assert_int_equal(w->found.n_items, 2);
	assert_int_equal(w->found.n_background, 1);
	assert_int_equal(w->found.items[0].pid, window); /* the window first */
	assert_int_equal(w->found.items[1].pid, left);
	running_describe(&w->found, text, sizeof(text));
	assert_non_null(strstr(text, ", and 1 more"));
}

/* A flatpak's /usr/share/x is not ours: the same path in another mount namespace. */
static void another_file_system_is_none_of_ours(void **state)
{
	struct world *w = *state;
	int ends[2];
	char byte;

	if (getuid() != 0)
		skip();
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);

	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWNS) == 0)
			execl(w->program, "editor", "100", (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
	w->pids[w->n_pids++] = pid;
	find(w);
	assert_int_equal(w->found.n_items, 0);
}

static void the_wait_ends_with_the_last_of_them(void **state)
{
	struct world *w = *state;
	bool is_stopped = true;

	start(w, w->program, "0.2");
	start(w, w->program, "0.4");
	find(w);
	assert_int_equal(w->found.n_items, 2);
	assert_true(running_wait(&w->found, -1, NULL, NULL, &is_stopped, &w->e));
	assert_false(is_stopped);
	find(w);
	assert_int_equal(w->found.n_items, 0);
	/* who is gone is not waited for */
	assert_true(running_wait(&w->found, -1, NULL, NULL, &is_stopped, &w->e));
}

/* Nobody waits for a stranger who got the number. */
static void another_process_of_that_number_is_not_waited_for(void **state)
{
	struct world *w = *state;
	bool is_stopped = true;

	start(w, w->program, "100");
	find(w);
	assert_true(w->found.items[0].started > 0);
	w->found.items[0].started--;
	assert_true(running_wait(&w->found, -1, NULL, NULL, &is_stopped, &w->e));
	assert_false(is_stopped);
}

static void the_wait_can_be_given_up(void **state)
{
	struct world *w = *state;
	bool is_stopped = false;
	int ends[2];

	start(w, w->program, "100");
	find(w);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_true(running_wait(&w->found, ends[0], NULL, NULL, &is_stopped, &w->e));
	assert_true(is_stopped);
	close(ends[0]);
	close(ends[1]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(found_by_where_the_executable_lies),
		TEST(the_program_itself_may_be_named),
		TEST(a_folder_that_only_begins_so_is_another),
		TEST(what_was_replaced_meanwhile_is_still_open),
		TEST(a_background_process_is_told_apart),
		TEST(another_file_system_is_none_of_ours),
		TEST(the_wait_ends_with_the_last_of_them),
		TEST(another_process_of_that_number_is_not_waited_for),
		TEST(the_wait_can_be_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
