/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/person.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/child.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"

static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/* Somebody who is us, with a home of their own. */
static int make_person(void **state)
{
	struct person *p = calloc(1, sizeof(*p));
	char home[] = "/tmp/test_person.XXXXXX";

	if (p == NULL || mkdtemp(home) == NULL)
		return -1;
	p->uid = geteuid();
	p->gid = getegid();
	if (!text_copy(p->name, sizeof(p->name), "ana") ||
		!text_copy(p->home, sizeof(p->home), home) ||
		!text_copy(p->shell, sizeof(p->shell), "/bin/sh") ||
		!person_path(p, ".config", p->config_home, sizeof(p->config_home)))
		return -1;
	*state = p;
	return 0;
}

static int remove_person(void **state)
{
	struct person *p = *state;
	const char *const argv[] = {"/bin/rm", "-rf", p->home, NULL};
	struct child_spec spec = {.argv = argv};
	pid_t pid = 0;
	int status = -1;
	bool is_gone =
		child_start(&spec, &pid, NULL) && child_wait(pid, &status, NULL) && status == 0;

	free(p);
	return !is_gone;
}

static void put(const struct person *p, const char *name, const char *text, mode_t mode, char *out)
{
	struct err e = {0};

	assert_true(person_path(p, name, out, PERSON_PATH_MAX));
	if (!fs_replace(out, text, strlen(text), mode, &e))
		fail_msg("%s", e.text);
}

/* A line of shell, run as the person. */
static char *run(const struct person *p, const char *line, struct errand_spec spec, int *out_status)
{
	const char *const argv[] = {"/bin/sh", "-c", line, NULL};
	char *text = NULL;
	struct err e = {0};

	spec.argv = argv;
	if (spec.timeout_ms == 0)
		spec.timeout_ms = 10000;
	if (spec.max_bytes == 0)
		spec.max_bytes = 65536;
	if (!person_run(p, &spec, &text, out_status, &e))
		fail_msg("%s", e.text);
	return text;
}

static void test_pack(void **state)
{
	struct person *p = *state, back = {0};
	struct buf b;
	struct unpack u;

	buf_init(&b, 65536);
	assert_true(text_copy(p->proxy, sizeof(p->proxy), "http://127.0.0.1:3128"));
	assert_true(text_copy(p->no_proxy, sizeof(p->no_proxy), "a.test"));
	person_pack(p, &b);
	unpack_init(&u, b.data, b.len);
	assert_true(person_unpack(&u, &back));
	assert_true(unpack_is_done(&u));
	assert_memory_equal(p, &back, sizeof(back));
	/* cut short, or with a home that is not absolute */
	unpack_init(&u, b.data, b.len - 1);
	assert_false(person_unpack(&u, &back));
	buf_reset(&b);
	p->home[0] = 'x';
	person_pack(p, &b);
	p->home[0] = '/';
	unpack_init(&u, b.data, b.len);
	assert_false(person_unpack(&u, &back));
	buf_clear(&b);
}

static void test_words(void **state)
{
	struct person *p = *state;
	char path[PERSON_PATH_MAX], out[PERSON_PATH_MAX];

	assert_true(person_path(p, "a/b", path, sizeof(path)));
	person_shorten(p, path, out, sizeof(out));
	assert_string_equal(out, "~/a/b");
	person_shorten(p, p->home, out, sizeof(out));
	assert_string_equal(out, "~");
	snprintf(path, sizeof(path), "%.100s2/x", p->home);
	person_shorten(p, path, out, sizeof(out));
	assert_string_equal(out, path);
	assert_false(person_path(p, "a", path, strlen(p->home) + 2));
	person_name_of(0, out, sizeof(out));
	assert_string_equal(out, "root");
	person_name_of(3999999999, out, sizeof(out));
	assert_string_equal(out, "uid 3999999999");
}

static void test_find_program(void **state)
{
	struct person *p = *state;
	char path[PERSON_PATH_MAX], found[PERSON_PATH_MAX], search[2 * PERSON_PATH_MAX];

	put(p, "tool", "#!/bin/sh\n", 0755, path);
	snprintf(search, sizeof(search), "relative:/nowhere::%s:/bin", p->home);
	assert_true(person_find_program(search, "tool", found, sizeof(found)));
	assert_string_equal(found, path);
	assert_true(person_find_program(search, "sh", found, sizeof(found)));
	assert_string_equal(found, "/bin/sh");
	put(p, "plain", "x", 0644, path);
	assert_false(person_find_program(search, "plain", found, sizeof(found)));
	assert_false(person_find_program(search, "", found, sizeof(found)));
	assert_false(person_find_program(search, "../bin/sh", found, sizeof(found)));
	assert_int_equal(mkdir(path, 0755), -1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_false(person_find_program(search, "plain", found, sizeof(found)));
}

static void test_environment(void **state)
{
	struct person *p = *state;
	const char *const more[] = {"LANG=xx", "OWN=1", NULL};
	struct errand_spec spec = {.more_env = more, .search_path = "/usr/bin:/bin"};
	char expected[4 * PERSON_PATH_MAX];
	int status = -1;

	assert_true(text_copy(p->proxy, sizeof(p->proxy), "http://p:1"));
	assert_true(text_copy(p->no_proxy, sizeof(p->no_proxy), "a.test,b.test"));
	snprintf(expected, sizeof(expected),
		"HOME=%s\nHTTPS_PROXY=http://p:1\nHTTP_PROXY=http://p:1\nLANG=xx\n"
		"LC_ALL=C.UTF-8\nLOGNAME=ana\nNO_PROXY=a.test,b.test\nOWN=1\nPATH=/usr/bin:/"
		"bin\nSHELL=/bin/sh\n"
		"USER=ana\nhttp_proxy=http://p:1\nhttps_proxy=http://"
		"p:1\nno_proxy=a.test,b.test\n%s\n",
		p->home, p->home);

	SCOPED_FREE char *text =
		run(p, "env -u PWD -u OLDPWD -u SHLVL -u _ env | sort; pwd", spec, &status);

	assert_string_equal(text, expected);
	assert_true(text_copy(p->config_home, sizeof(p->config_home), "/elsewhere"));

	SCOPED_FREE char *config = run(p, "echo $XDG_CONFIG_HOME", spec, &status);

	assert_string_equal(config, "/elsewhere\n");
}

static void test_output_in_order(void **state)
{
	struct errand_spec spec = {0};
	int status = -1;
	SCOPED_FREE char *text = run(*state, "echo a; echo b >&2; echo c; exit 3", spec, &status);

	assert_string_equal(text, "a\nb\nc\n");
	assert_int_equal(status, 3);
}

static void test_only_as_who_we_are(void **state)
{
	struct person *p = *state;
	const char *const argv[] = {"/bin/true", NULL};
	struct errand_spec spec = {.argv = argv, .timeout_ms = 1000, .max_bytes = 10};
	SCOPED_FREE char *text = NULL;
	struct err e = {0};
	int status = 0;

	p->uid++;
	assert_false(person_run(p, &spec, &text, &status, &e));
	assert_int_equal(e.code, ERR_INTERNAL);
}

static void test_flood(void **state)
{
	struct errand_spec spec = {.max_bytes = 100};
	const char flood[] = "printf begin; head -c 3000000 /dev/zero | tr '\\0' x; printf the-end";
	int status = -1;
	SCOPED_FREE char *first = run(*state, flood, spec, &status);

	assert_int_equal(strlen(first), 100);
	assert_true(text_starts(first, "beginxxx"));
	spec.keeps_end = true;

	SCOPED_FREE char *last = run(*state, flood, spec, &status);

	assert_int_equal(strlen(last), 100);
	assert_true(text_ends(last, "xxxthe-end"));
	assert_int_equal(status, 0);
}

/* What a program leaves running holds the pipe: it does not hold us. */
static void test_background_child(void **state)
{
	struct errand_spec spec = {0};
	uint64_t start_ms = clock_now_ms();
	int status = -1;
	SCOPED_FREE char *text = run(*state, "sleep 20 & echo $!", spec, &status);

	assert_true(clock_now_ms() - start_ms < 10000);
	assert_int_equal(kill((pid_t)strtol(text, NULL, 10), SIGKILL), 0);
}

struct watch {
	uint64_t stop_ms;
	int n_ticks;
};
static bool is_stopped(void *user)
{
	const struct watch *watch = user;

	return clock_now_ms() >= watch->stop_ms;
}
static void on_tick(void *user)
{
	((struct watch *)user)->n_ticks++;
}

static bool process_is_gone(const char *number)
{
	for (int i = 0; i < 100; i++) {
		if (kill((pid_t)strtol(number, NULL, 10), 0) < 0 && errno == ESRCH)
			return true;
		usleep(20000);
	}
	return false;
}

/* A stop reaches what the program started, too, and one that is deaf to SIGTERM. */
static void test_stop(void **state)
{
	struct person *p = *state;
	const char *const argv[] = {"/bin/sh", "-c", "sleep 30 & echo $! > pid; wait", NULL};
	struct watch watch = {.stop_ms = clock_now_ms() + 1500};
	struct errand_spec spec = {.argv = argv,
		.timeout_ms = 20000,
		.max_bytes = 10,
		.on_tick = on_tick,
		.is_stopped = is_stopped,
		.user = &watch};
	SCOPED_FREE char *text = NULL;
	SCOPED_FREE char *number = NULL;
	char path[PERSON_PATH_MAX];
	struct err e = {0};
	int status = 0;

	assert_false(person_run(p, &spec, &text, &status, &e));
	assert_int_equal(e.code, ERR_COMMAND);
	assert_string_equal(e.text, "/bin/sh was stopped");
	assert_int_equal(watch.n_ticks, 1);
	assert_true(person_path(p, "pid", path, sizeof(path)));
	assert_true(fs_read(path, 100, &number, NULL, &e));
	assert_true(process_is_gone(number));
}

static void test_timeout(void **state)
{
	const char *const argv[] = {"/bin/sh", "-c", "trap '' TERM; sleep 30 & wait; wait", NULL};
	struct errand_spec spec = {.argv = argv, .timeout_ms = 300, .max_bytes = 10};
	uint64_t start_ms = clock_now_ms();
	SCOPED_FREE char *text = NULL;
	struct err e = {0};
	int status = 0;

	assert_false(person_run(*state, &spec, &text, &status, &e));
	assert_int_equal(e.code, ERR_COMMAND);
	assert_string_equal(e.text, "/bin/sh did not end within 0.3 s");
	assert_in_range(clock_now_ms() - start_ms, 5000, 12000); /* SIGKILL after its grace */
}

/* --- the search path --------------------------------------------------------- */

static void expect_path(struct person *p, const char *expected)
{
	char out[PERSON_SEARCH_MAX];

	p->search_path[0] = '\0';
	person_search_path(p, out, sizeof(out));
	assert_string_equal(out, expected);
}

static void test_search_path_known(void **state)
{
	struct person *p = *state;
	char out[PERSON_SEARCH_MAX];

	assert_true(text_copy(p->search_path, sizeof(p->search_path), "/a:b::/c:."));
	person_search_path(p, out, sizeof(out));
	assert_string_equal(out, "/a:/c");
	person_search_path(p, out, 4); /* whole folders only */
	assert_string_equal(out, "/a");
}

/* A shell whose profile talks, also in our words, and whose logout talks behind. */
static void test_search_path_noisy(void **state)
{
	struct person *p = *state;

	put(p, "noisy",
		"#!/bin/sh\necho 'Welcome!'; echo PATH=/wrong; printf 'no newline'\n"
		"export PATH=/opt/x/bin:relative:/usr/bin:/bin\n[ \"$1\" = -l ] && shift\n"
		"[ \"$1\" = -i ] && shift\n/bin/sh \"$@\"\necho 'Bye'\n",
		0755, p->shell);
	expect_path(p, "/opt/x/bin:/usr/bin:/bin");
	/* known from then on: the shell is not asked again */
	p->shell[0] = '\0';
	char out[PERSON_SEARCH_MAX];

	person_search_path(p, out, sizeof(out));
	assert_string_equal(out, "/opt/x/bin:/usr/bin:/bin");
}

/* As tcsh, which wants no -l beside -c. */
static void test_search_path_picky(void **state)
{
	struct person *p = *state;

	put(p, "picky",
		"#!/bin/sh\n[ \"$1\" = -c ] || { echo usage; exit 1; }\n"
		"PATH=/picky:/bin exec /bin/sh \"$@\"\n",
		0755, p->shell);
	expect_path(p, "/picky:/bin");
}

/* What only an interactive shell reads counts as well: a new terminal is one. */
static void test_search_path_bash(void **state)
{
	struct person *p = *state;
	char path[PERSON_PATH_MAX];

	if (access("/bin/bash", X_OK) != 0)
		skip();
	put(p, ".bash_profile", "PATH=/login:$PATH\n. ~/.bashrc\n", 0644, path);
	put(p, ".bashrc", "case $- in *i*) ;; *) return ;; esac\nPATH=/inter:$PATH\n", 0644, path);
	assert_true(text_copy(p->shell, sizeof(p->shell), "/bin/bash"));
	p->search_path[0] = '\0';
	person_search_path(p, path, sizeof(path));
	assert_true(text_starts(path, "/inter:/login:"));
}

static void test_search_path_useless(void **state)
{
	struct person *p = *state;
	static const char *const shells[] = {
		"", "/usr/sbin/nologin", "/bin/false", "/bin/true", "/nowhere/sh"};

	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		assert_true(text_copy(p->shell, sizeof(p->shell), shells[i]));
		expect_path(p, default_path);
	}
	put(p, "mute", "#!/bin/sh\nexit 0\n", 0755, p->shell);
	expect_path(p, default_path);
}

#define PERSON_TEST(f) cmocka_unit_test_setup_teardown(f, make_person, remove_person)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PERSON_TEST(test_pack),
		PERSON_TEST(test_words),
		PERSON_TEST(test_find_program),
		PERSON_TEST(test_environment),
		PERSON_TEST(test_output_in_order),
		PERSON_TEST(test_only_as_who_we_are),
		PERSON_TEST(test_flood),
		PERSON_TEST(test_background_child),
		PERSON_TEST(test_stop),
		PERSON_TEST(test_timeout),
		PERSON_TEST(test_search_path_known),
		PERSON_TEST(test_search_path_noisy),
		PERSON_TEST(test_search_path_picky),
		PERSON_TEST(test_search_path_bash),
		PERSON_TEST(test_search_path_useless),
	};

	return cmocka_run_group_tests_name("person", tests, NULL, NULL);
}
