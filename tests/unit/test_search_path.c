/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/search_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "updaters/lib/child.h"
#include "updaters/lib/fs.h"

/* A shell that says PATH as ~/.profile has it, and counts in ~/asked how often it was asked. */
static const char shell[] = "#!/bin/sh\necho x >>\"$HOME/asked\"\n. \"$HOME/.profile\"\n"
			    "[ \"$1\" = -l ] && shift\n[ \"$1\" = -i ] && shift\n"
			    "exec /bin/sh \"$@\"\n";

static void put(const struct person *p, const char *name, const char *text, mode_t mode)
{
	char path[PERSON_PATH_MAX];
	struct err e = {0};

	assert_true(person_path(p, name, path, sizeof(path)));
	if (!fs_replace(path, text, strlen(text), mode, &e))
		fail_msg("%s", e.text);
}

static size_t times_asked(const struct person *p)
{
	char path[PERSON_PATH_MAX];
	struct stat st;

	assert_true(person_path(p, "asked", path, sizeof(path)));
	return stat(path, &st) == 0 ? (size_t)st.st_size / 2 : 0;
}

static int make_person(void **state)
{
	struct person *p = calloc(1, sizeof(*p));
	char home[] = "/tmp/test_search_path.XXXXXX";

	if (p == NULL || mkdtemp(home) == NULL)
		return -1;
	p->uid = geteuid();
	p->gid = getegid();
	if (!text_copy(p->name, sizeof(p->name), "ana") ||
		!text_copy(p->home, sizeof(p->home), home) ||
		!person_path(p, "shell", p->shell, sizeof(p->shell)) ||
		!person_path(p, ".config", p->config_home, sizeof(p->config_home)))
		return -1;
	put(p, "shell", shell, 0755);
	put(p, ".profile", "PATH=/one:/bin\n", 0644);
	*state = p;
	return 0;
}

static int remove_person(void **state)
{
	struct person *p = *state;
	const char *const argv[] = {"/bin/rm", "-rf", p->home, NULL};
	struct child_spec spec = {.argv = argv};
	SCOPED_FREE char *out = NULL, *errors = NULL;
	int status = -1;
	bool is_gone = child_run(&spec, 20000, 4096, &out, &errors, &status, NULL) && status == 0;

	free(p);
	return !is_gone;
}

/* As another process finds it. */
static void expect(struct person *p, bool may_recall, const char *path, size_t asked)
{
	p->search_path[0] = '\0';
	search_path_find(p, may_recall);
	assert_string_equal(p->search_path, path);
	assert_int_equal(times_asked(p), asked);
}

static void test_recalled(void **state)
{
	expect(*state, true, "/one:/bin", 1);
	expect(*state, true, "/one:/bin", 1);
	expect(*state, false, "/one:/bin", 2);
	expect(*state, true, "/one:/bin", 2);
}

static void test_known_is_not_asked(void **state)
{
	struct person *p = *state;
	char path[PERSON_PATH_MAX];

	assert_true(text_copy(p->search_path, sizeof(p->search_path), "/terminal:rubbish:/bin"));
	search_path_find(p, true);
	assert_string_equal(p->search_path, "/terminal:/bin");
	assert_int_equal(times_asked(p), 0);
	/* nor kept: a new terminal may have another */
	assert_true(person_path(p, ".cache", path, sizeof(path)));
	assert_int_equal(access(path, F_OK), -1);
}

/* Whatever the shell would read, there or gone or new. */
static void test_changes(void **state)
{
	struct person *p = *state;
	char path[PERSON_PATH_MAX];

	expect(p, true, "/one:/bin", 1);
	put(p, ".profile", "PATH=/two:/bin\n", 0644); /* as long as the other */
	expect(p, true, "/two:/bin", 2);
	put(p, ".zshrc", "", 0644);
	expect(p, true, "/two:/bin", 3);
	assert_true(person_path(p, ".zshrc", path, sizeof(path)));
	assert_int_equal(unlink(path), 0);
	expect(p, true, "/two:/bin", 4);
	assert_true(person_path(p, "bin", path, sizeof(path)));
	assert_int_equal(mkdir(path, 0755), 0);
	expect(p, true, "/two:/bin", 5);
	put(p, "bin/tool", "", 0755); /* which no shell looks at */
	expect(p, true, "/two:/bin", 5);
	put(p, "shell", shell, 0700);
	expect(p, true, "/two:/bin", 6);
	assert_true(person_path(p, ".config/fish/conf.d", path, sizeof(path)));
	assert_true(fs_make_folders(path, 0755, NULL));
	expect(p, true, "/two:/bin", 7);
	put(p, ".config/fish/conf.d/a.fish", "a", 0644);
	expect(p, true, "/two:/bin", 8);
	put(p, ".config/fish/conf.d/a.fish", "b", 0644);
	expect(p, true, "/two:/bin", 9);
	expect(p, true, "/two:/bin", 9);
}

/* In: line   0 what it is, 1 when, 2 the path, 3 the first of the stamp */
static void spoil(const struct person *p, size_t line, const char *words)
{
	char path[PERSON_PATH_MAX], all[PERSON_SEARCH_MAX] = "";
	SCOPED_FREE char *text = NULL;
	size_t used = 0;

	assert_true(person_path(p, ".cache/devupd/search-path", path, sizeof(path)));
	assert_true(fs_read(path, sizeof(all), &text, NULL, NULL));

	char *cursor = text;

	for (size_t i = 0; i < 4; i++) {
		const char *old = text_next(&cursor, '\n');

		assert_non_null(old);
		used += (size_t)snprintf(
			all + used, sizeof(all) - used, "%s\n", i == line ? words : old);
	}
	snprintf(all + used, sizeof(all) - used, "%s", cursor);
	put(p, ".cache/devupd/search-path", all, 0600);
}

static void test_age(void **state)
{
	char when[32];

	expect(*state, true, "/one:/bin", 1);
	snprintf(when, sizeof(when), "%jd", (intmax_t)time(NULL) - SEARCH_PATH_AGE_MAX_S + 60);
	spoil(*state, 1, when);
	expect(*state, true, "/one:/bin", 1);
	snprintf(when, sizeof(when), "%jd", (intmax_t)time(NULL) - SEARCH_PATH_AGE_MAX_S - 60);
	spoil(*state, 1, when);
	expect(*state, true, "/one:/bin", 2);
	/* the clock was set back */
	snprintf(when, sizeof(when), "%jd", (intmax_t)time(NULL) + 60);
	spoil(*state, 1, when);
	expect(*state, true, "/one:/bin", 3);
}

static void test_garbage(void **state)
{
	struct person *p = *state;
	char path[PERSON_PATH_MAX];

	expect(p, true, "/one:/bin", 1);
	for (size_t i = 0; i < 4; i++) {
		spoil(p, i, "");
		expect(p, true, "/one:/bin", 2 + i);
	}
	spoil(p, 2, "relative:words");
	expect(p, true, "/one:/bin", 6);
	spoil(p, 2, "/own:relative");
	expect(p, true, "/own", 6);
	put(p, ".cache/devupd/search-path", "search path 1", 0600);
	expect(p, true, "/one:/bin", 7);
	assert_true(person_path(p, ".cache/devupd/search-path", path, sizeof(path)));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	expect(p, true, "/one:/bin", 8);
}

/* What nobody told is asked for again: the shell may have been too slow. */
static void test_default_is_not_kept(void **state)
{
	struct person *p = *state;
	char path[PERSON_PATH_MAX];

	put(p, "shell", "#!/bin/sh\nexit 1\n", 0755);
	p->search_path[0] = '\0';
	search_path_find(p, true);
	assert_non_null(strstr(p->search_path, "/usr/bin"));
	assert_true(person_path(p, ".cache/devupd/search-path", path, sizeof(path)));
	assert_int_equal(access(path, F_OK), -1);
}

#define SEARCH_PATH_TEST(f) cmocka_unit_test_setup_teardown(f, make_person, remove_person)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SEARCH_PATH_TEST(test_recalled),
		SEARCH_PATH_TEST(test_known_is_not_asked),
		SEARCH_PATH_TEST(test_changes),
		SEARCH_PATH_TEST(test_age),
		SEARCH_PATH_TEST(test_garbage),
		SEARCH_PATH_TEST(test_default_is_not_kept),
	};

	return cmocka_run_group_tests_name("search_path", tests, NULL, NULL);
}
