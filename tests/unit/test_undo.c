/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/undo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "mend_world.h"
#include "updaters/lib/fs.h"

static void take_or_fail(struct mend_world *w, struct mend *m)
{
	struct err e = {0};

	if (!world_take(w, m, 0, &e))
		fail_msg("%s", e.text);
}

/* Three changes in one mend: the undo must leave all alone if one was changed since. */
static void take_three(struct mend_world *w)
{
	struct mend m = {0};

	make_link(w, "a", "old");
	put(w, "b", "old");
	put(w, "c", "c");
	assert_true(mend_link(&m, at(w, "a"), "old", "new"));
	assert_true(mend_write(&m, at(w, "b"), sha_of("old"), "new", 3));
	assert_true(mend_move(&m, at(w, "c"), at(w, "d")));
	take_or_fail(w, &m);
}

static void put_record(struct mend_world *w, const char *run, const char *text)
{
	char name[PERSON_PATH_MAX], path[PERSON_PATH_MAX];
	struct err e = {0};

	snprintf(name, sizeof(name), ".local/state/devupd/undo/%s.jsonl", run);
	assert_true(person_path(&w->person, ".local/state/devupd/undo", path, sizeof(path)));
	assert_true(fs_make_folders(path, 0700, &e));
	assert_true(person_path(&w->person, name, path, sizeof(path)));
	assert_true(fs_replace(path, text, strlen(text), 0600, &e));
}

static void expect_refused(struct mend_world *w, const char *told)
{
	SCOPED_FREE char *before = world_photo(w);

	world_undo(w, true);
	assert_string_equal(w->told, told);
	world_undo(w, false);
	assert_string_equal(w->told, told);
	assert_int_equal(w->n_done, 0);
	assert_int_equal(w->n_refused, 1);

	SCOPED_FREE char *after = world_photo(w);

	assert_string_equal(after, before);
}

static void test_whole_or_not_at_all(void **state)
{
	struct mend_world *w = *state;

	take_three(w);
	put(w, "b", "mine");
	expect_refused(w, "b!changed since by somebody;");
	put(w, "b", "new");
	assert_int_equal(unlink(at(w, "a")), 0);
	make_link(w, "a", "mine");
	expect_refused(w, "a!changed since by somebody;");
	assert_int_equal(unlink(at(w, "a")), 0);
	make_link(w, "a", "new");
	put(w, "c", "mine");
	expect_refused(w, "d!changed since by somebody;");
	assert_int_equal(unlink(at(w, "c")), 0);
	put(w, "e", "c"); /* another file of the same name and bytes */
	assert_int_equal(rename(at(w, "e"), at(w, "d")), 0);
	expect_refused(w, "d!changed since by somebody;");
}

static void test_exchange_refused(void **state)
{
	struct mend_world *w = *state;
	struct mend m = {0};

	assert_int_equal(mkdir(at(w, "v"), 0755), 0);
	assert_int_equal(mkdir(at(w, "n"), 0755), 0);
	assert_true(mend_exchange(&m, at(w, "v"), at(w, "n")));
	take_or_fail(w, &m);
	assert_int_equal(rmdir(at(w, "n")), 0); /* the old one was dropped */
	expect_refused(w, "v!changed since by somebody;");
}

/* What a person put into a folder that was made would go with it. */
static void test_made_refused(void **state)
{
	const char *const argv[] = {"/bin/mkdir", "made", NULL};
	struct mend_world *w = *state;
	struct mend m = {0};
	struct mend_step *step = mend_run(&m, argv, 10000);

	step->path = strdup(at(w, "."));
	step->makes = strdup(at(w, "made"));
	take_or_fail(w, &m);
	usleep(20000); /* the clock of files ticks every few ms */
	put(w, "made/mine", "x");
	expect_refused(w, "made!changed since by somebody;");
	assert_int_equal(unlink(at(w, "made/mine")), 0);
	world_undo(w, false);
	assert_int_equal(w->n_done, 1);
	assert_string_equal(seen(w, "made"), "");
}

/* A command that nobody watched names itself, and keeps the whole mend. */
static void test_command_refused(void **state)
{
	const char *const argv[] = {"/bin/true", "self", "update", NULL};
	struct mend_world *w = *state;
	char run[UNDO_RUN_MAX];
	struct mend m = {0};

	assert_true(mend_link(&m, at(w, "a"), NULL, "new"));
	assert_non_null(mend_run(&m, argv, 10000));
	take_or_fail(w, &m);
	expect_refused(w, "/bin/true self update!a command that can't be taken back;");
	assert_string_equal(seen(w, "a"), "-> new");
	assert_false(undo_last_run(&w->person, run)); /* so it is nobody's last */
}

/* We died while a watched program ran: what it did is not known. */
static void test_cut_off_program(void **state)
{
	struct mend_world *w = *state;
	char text[3 * PERSON_PATH_MAX];

	make_link(w, "a", "new");
	snprintf(text, sizeof(text),
		"{\"mend\":\"u\"}\n{\"type\":\"link\",\"path\":\"%s\",\"from\":\"old\",\"to\":"
		"\"new\"}\n{\"type\":\"run\",\"path\":\"brew link x\",\"from\":\"watched\"}\n",
		at(w, "a"));
	put_record(w, "r1", text);
	expect_refused(w, "brew link x!a command that was cut off: what it did is not known;");
}

/* Two mends of one run: the later first; one that is refused does not keep the other. */
static void test_mends_in_reverse(void **state)
{
	struct mend_world *w = *state;
	struct mend m = {0};

	assert_true(mend_link(&m, at(w, "a"), NULL, "1"));
	take_or_fail(w, &m);
	assert_true(mend_link(&m, at(w, "a"), "1", "2"));
	take_or_fail(w, &m);
	assert_true(mend_link(&m, at(w, "b"), NULL, "1"));
	take_or_fail(w, &m);
	assert_int_equal(unlink(at(w, "b")), 0);
	make_link(w, "b", "mine");
	world_undo(w, false);
	assert_int_equal(w->n_done, 2);
	assert_int_equal(w->n_refused, 1);
	assert_string_equal(w->told, "b!changed since by somebody;a 2>1;a 1>;");
	assert_string_equal(seen(w, "a"), "");
	assert_string_equal(seen(w, "b"), "-> mine");
}

/* Only what that updater did. */
static void test_by_name(void **state)
{
	struct mend_world *w = *state;
	struct undo_watch watch = {0};
	size_t n_done = 9, n_refused = 9;
	struct err e = {0};

	take_three(w);
	assert_true(undo_take_back(
		&w->person, "r1", "another", false, &watch, &n_done, &n_refused, &e));
	assert_int_equal(n_done + n_refused, 0);
	assert_string_equal(seen(w, "a"), "-> new");
}

/* Unlinked and linked by one mend, unlinked since by the person: there is nothing of ours left. */
static void test_unlinked_since(void **state)
{
	struct mend_world *w = *state;
	char text[4 * PERSON_PATH_MAX];

	snprintf(text, sizeof(text),
		"{\"mend\":\"u\"}\n"
		"{\"type\":\"link\",\"path\":\"%s\",\"from\":\"old\",\"to\":null}\n"
		"{\"type\":\"link\",\"path\":\"%s\",\"from\":null,\"to\":\"new\"}\n"
		"{\"end_ms\":1}\n",
		at(w, "a"), at(w, "a"));
	put_record(w, "r1", text);
	expect_refused(w, "a!changed since by somebody;");
	assert_string_equal(seen(w, "a"), "");
	make_link(w, "a", "new");
	world_undo(w, false);
	assert_int_equal(w->n_done, 1);
	assert_string_equal(seen(w, "a"), "-> old");
}

/* Cut off while it was made: nobody knows what in it is ours, and what was put there since. */
static void test_made_cut_off(void **state)
{
	struct mend_world *w = *state;
	struct undo *undo = NULL;
	struct err e = {0};

	assert_true(undo_open(&w->person, "r1", &undo, &e));
	assert_true(undo_begin(undo, "u", &e));
	assert_true(undo_add(undo, UNDO_MADE, at(w, "made"), NULL, NULL, &e));
	undo_close(undo); /* as if killed: there is no end of the mend */
	assert_int_equal(mkdir(at(w, "made"), 0755), 0);
	put(w, "made/mine", "x");
	world_undo(w, false);
	assert_int_equal(w->n_done, 0);
	assert_int_equal(w->n_refused, 1);
	assert_int_equal(access(at(w, "made/mine"), F_OK), 0);
}

/* An undo that was cut off in its middle goes on where it was. */
static void test_cut_off_undo(void **state)
{
	struct mend_world *w = *state;

	take_three(w);
	assert_int_equal(rename(at(w, "d"), at(w, "c")), 0);
	world_undo(w, false);
	assert_int_equal(w->n_done, 1);
	assert_string_equal(seen(w, "a"), "-> old");
	assert_string_equal(seen(w, "b"), "old");
	assert_string_equal(seen(w, "c"), "c");
}

/* The copy that is to come back was damaged: nothing false is put in its place. */
static void test_damaged_copy(void **state)
{
	struct mend_world *w = *state;
	struct mend m = {0};
	char name[PERSON_PATH_MAX], path[PERSON_PATH_MAX];
	struct err e = {0};

	put(w, "b", "old");
	assert_true(mend_write(&m, at(w, "b"), sha_of("old"), "new", 3));
	take_or_fail(w, &m);
	snprintf(name, sizeof(name), ".local/state/devupd/undo/r1/%s", sha_of("old"));
	assert_true(person_path(&w->person, name, path, sizeof(path)));
	assert_true(fs_replace(path, "bad", 3, 0600, &e));
	world_undo(w, false);
	assert_int_equal(w->n_refused, 1);
	assert_non_null(strstr(w->told, "is damaged"));
	assert_string_equal(seen(w, "b"), "new");
}

/* --- the file ---------------------------------------------------------------- */

static void test_damaged_record(void **state)
{
	static const char *const bad[] = {
		"{\"mend\":\"u\"}\nrubbish\n",
		"{\"mend\":\"u\"}\n{\"type\":\"eat\",\"path\":\"/a\"}\n",
		"{\"mend\":\"u\"}\n{\"type\":\"link\",\"path\":\"a\"}\n",
		"{\"mend\":\"u\"}\n{\"type\":\"file\",\"path\":\"/a\",\"from\":\"../x\"}\n",
		"{\"mend\":\"u\"}\n{\"type\":\"move\",\"path\":\"/a\"}\n",
		"{\"mend\":\"u\"}\n{\"taken_back\":7}\n",
		"{\"mend\":\"u\"}\n{}\n",
		"{\"mend\":\"u\"}\n\n",
	};
	struct mend_world *w = *state;
	struct undo_watch watch = {0};
	size_t n_done = 0, n_refused = 0;
	char run[UNDO_RUN_MAX];
	struct err e = {0};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		put_record(w, "r1", bad[i]);
		assert_false(undo_take_back(
			&w->person, "r1", "u", false, &watch, &n_done, &n_refused, &e));
		assert_int_equal(e.code, ERR_STATE);
		if (strstr(e.text, "r1.jsonl:2: damaged") == NULL)
			fail_msg("%s", e.text);
		assert_true(undo_last_run(&w->person, run)); /* to be told of it */
	}
}

static void test_no_such_run(void **state)
{
	static const char *const runs[] = {"r7", "", "../r1", "a/b", ".hidden"};
	struct mend_world *w = *state;
	struct undo_watch watch = {0};
	struct undo *undo = NULL;
	size_t n = 0;
	struct err e = {0};

	for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
		assert_false(undo_take_back(&w->person, runs[i], "u", false, &watch, &n, &n, &e));
		assert_int_equal(e.code, ERR_USAGE);
		assert_true(i == 0 || !undo_open(&w->person, runs[i], &undo, &e));
	}
}

/* Private: the copies are bytes of private files. */
static void test_modes(void **state)
{
	struct mend_world *w = *state;
	char path[PERSON_PATH_MAX];
	struct stat st;

	take_three(w);
	assert_true(person_path(&w->person, ".local/state/devupd/undo", path, sizeof(path)));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_true(
		person_path(&w->person, ".local/state/devupd/undo/r1.jsonl", path, sizeof(path)));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

/* Where no record can be kept, nothing is changed. */
static void test_no_record_no_change(void **state)
{
	struct mend_world *w = *state;
	struct mend m = {0};
	char path[PERSON_PATH_MAX];
	struct err e = {0};

	assert_true(person_path(&w->person, ".local", path, sizeof(path)));
	assert_true(fs_replace(path, "in the way", 10, 0600, &e));
	assert_true(mend_link(&m, at(w, "a"), NULL, "new"));
	assert_false(world_take(w, &m, 0, &e));
	assert_string_equal(seen(w, "a"), "");
}

/* A path that JSON can't hold would come back as another. */
static void test_no_utf8(void **state)
{
	struct mend_world *w = *state;
	struct mend m = {0};
	struct err e = {0};

	assert_true(mend_link(&m, at(w, "a\xff"), NULL, "new"));
	assert_false(world_take(w, &m, 0, &e));
	assert_int_equal(e.code, ERR_STATE);
	assert_string_equal(seen(w, "a\xff"), "");
}

/* It failed, and meanwhile somebody changed what it had done: that is said, and left alone. */
static void test_revert_refused(void **state)
{
	const char *const argv[] = {"/bin/sh", "-c", "ln -sfn mine a; exit 1", NULL};
	struct mend_world *w = *state;
	struct mend m = {0};
	struct err e = {0};

	assert_true(mend_link(&m, at(w, "a"), NULL, "new"));
	assert_true(mend_link(&m, at(w, "b"), NULL, "new"));

	struct mend_step *step = mend_run(&m, argv, 10000);

	step->path = strdup(at(w, "."));
	step->says = "the shell";
	assert_false(world_take(w, &m, 0, &e));
	assert_non_null(strstr(e.text, "it printed nothing; not all could be taken back: "));
	assert_non_null(strstr(e.text, "/w/a: changed since by somebody"));
	assert_string_equal(seen(w, "a"), "-> mine");
	assert_string_equal(seen(w, "b"), "");
}

static void test_last_run_and_prune(void **state)
{
	static const char *const runs[] = {"0001-a", "0003-c", "0002-b"};
	struct mend_world *w = *state;
	char text[2 * PERSON_PATH_MAX], run[UNDO_RUN_MAX], path[PERSON_PATH_MAX];
	struct err e = {0};

	assert_false(undo_last_run(&w->person, run));
	snprintf(text, sizeof(text), "{\"mend\":\"u\"}\n{\"type\":\"made\",\"path\":\"%s\"}\n",
		at(w, "x"));
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++)
		put_record(w, runs[i], text);
	assert_true(undo_last_run(&w->person, run));
	assert_string_equal(run, "0003-c");
	put_record(w, "0004-d", "{\"mend\":\"u\"}\n"); /* nothing in it */
	snprintf(text + strlen(text), 100, "{\"taken_back\":1}\n");
	put_record(w, "0003-c", text);
	assert_true(undo_last_run(&w->person, run));
	assert_string_equal(run, "0002-b");

	assert_true(person_path(
		&w->person, ".local/state/devupd/undo/0001-a/copy", path, sizeof(path)));
	assert_true(fs_make_folders(path, 0700, &e));
	assert_true(undo_prune(&w->person, 3, &e));
	*strrchr(path, '/') = '\0';
	assert_int_equal(access(path, F_OK), -1);
	assert_true(person_path(
		&w->person, ".local/state/devupd/undo/0002-b.jsonl", path, sizeof(path)));
	assert_int_equal(access(path, F_OK), 0);
}

#define UNDO_TEST(f) cmocka_unit_test_setup_teardown(f, world_make, world_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNDO_TEST(test_whole_or_not_at_all),
		UNDO_TEST(test_exchange_refused),
		UNDO_TEST(test_made_refused),
		UNDO_TEST(test_command_refused),
		UNDO_TEST(test_cut_off_program),
		UNDO_TEST(test_mends_in_reverse),
		UNDO_TEST(test_by_name),
		UNDO_TEST(test_unlinked_since),
		UNDO_TEST(test_made_cut_off),
		UNDO_TEST(test_cut_off_undo),
		UNDO_TEST(test_damaged_copy),
		UNDO_TEST(test_damaged_record),
		UNDO_TEST(test_no_such_run),
		UNDO_TEST(test_modes),
		UNDO_TEST(test_no_record_no_change),
		UNDO_TEST(test_no_utf8),
		UNDO_TEST(test_revert_refused),
		UNDO_TEST(test_last_run_and_prune),
	};

	return cmocka_run_group_tests_name("undo", tests, NULL, NULL);
}
