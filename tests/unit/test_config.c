/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings: files, env_file with its secrets, the proxy, the file that is shipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"
#include "config/env_file.h"
#include "config/keys.h"
#include "updaters/lib/fs.h"

#define SHIPPED DEVUPD_FIXTURES "/../../config/devupd.yaml"

static char folder[64], settings[96], env_file[96];

static int setup(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/devupd-config-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(settings, sizeof(settings), "%s/devupd.yaml", folder);
	(void)snprintf(env_file, sizeof(env_file), "%s/env", folder);
	unsetenv("https_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	unsetenv("SUDO_UID");
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {"devupd.yaml", "env", "token", ".gitignore",
		".git/info/exclude", ".git/info", ".git"};
	char path[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)remove(path);
	}
	return rmdir(folder);
}

static void put(const char *path, const char *text, mode_t mode)
{
	struct err e = {0};

	assert_true(fs_replace(path, text, strlen(text), mode, &e));
	assert_int_equal(chmod(path, mode), 0);
}

static bool load(const char *text, struct config *c, struct yaml_errors *errors)
{
	put(settings, text, 0644);
	return config_load(settings, false, c, errors);
}

static void refuse(const char *text, const char *says)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	struct config c = {0};

	assert_false(load(text, &c, &errors));
	assert_int_equal(errors.first.code, ERR_CONFIG);
	if (!strstr(errors.first.text, says))
		fail_msg("not \"%s\" but \"%s\"", says, errors.first.text);
}

static void accept(const char *text, struct config *c)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};

	if (!load(text, c, &errors))
		fail_msg("%s", errors.first.text);
}

static void test_empty_file_is_fine(void **state)
{
	SCOPED_CLEAR(config_clear) struct config c = {0};

	(void)state;
	accept("", &c);
	assert_int_equal(c.timeout_ms, 30000);
	assert_null(c.updaters);
	assert_string_equal(c.effective_proxy, "");
}

static void test_missing_named_file_is_an_error(void **state)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	struct config c = {0};

	(void)state;
	assert_false(config_load("/nonexistent/devupd.yaml", false, &c, &errors));
	assert_non_null(strstr(errors.first.text, "/nonexistent/devupd.yaml"));
}

static void test_root_reads_nothing_that_others_may_write(void **state)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	struct config c = {0};

	(void)state;
	put(settings, "jobs: 2\n", 0644);
	assert_false(config_load(settings, true, &c, &errors)); /* /tmp is everybody's */
	assert_int_equal(errors.n_items, 1);
}

/* Checked before it is read: what it holds is not even judged. */
static void test_root_checks_before_it_reads(void **state)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	struct config c = {0};
	int rc;

	(void)state;
	put(settings, "", 0644);
	rc = truncate(settings, YAML_FILE_MAX + 1);
	assert_int_equal(rc, 0);
	assert_false(config_load(settings, true, &c, &errors));
	assert_null(strstr(errors.first.text, "more than"));
	assert_non_null(strstr(errors.first.text, "root does not trust"));
}

/* What goes on with wrong settings goes on with the defaults: a timeout of 0 would end all. */
static void test_wrong_settings_leave_the_defaults(void **state)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	SCOPED_CLEAR(config_clear) struct config c = {0};

	(void)state;
	setenv("https_proxy", "http://environment:1", 1);
	assert_false(load(
		"timeout: 5\nkeep_packages: 7\ndisable: [a]\nproxy: none\njobs: x\n", &c, &errors));
	unsetenv("https_proxy");
	assert_int_equal(errors.n_items, 1);
	assert_int_equal(c.timeout_ms, 30000);
	assert_int_equal(c.stall_ms, 30000);
	assert_int_equal(c.keep_packages, 2);
	assert_true(c.download_max_bytes == UINT64_C(4) << 30);
	assert_int_equal(c.disable.n_items, 0);
	assert_string_equal(c.effective_proxy, "http://environment:1");
}

static void test_all_errors_and_updaters(void **state)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	SCOPED_CLEAR(config_clear) struct config c = {0};

	(void)state;
	assert_false(load("jobs: x\ntimout: 3\nupdaters: {a: 1, b: {}}\n", &c, &errors));
	assert_int_equal(errors.n_items, 3);
	accept("updaters:\n  rstudio: {enabled: no}\n", &c);
	assert_string_equal(yaml_get(c.updaters, "rstudio")->file, settings);
	assert_int_equal(yaml_get(c.updaters, "rstudio")->key_line, 2);
}

/* --- env_file ---------------------------------------------------------------- */

static void test_env_lines(void **state)
{
	static const char text[] = "# comment\n; comment\n\nA=1\nexport B = two words \n"
				   "C='a # b \\n'\nD=\"q\\\"u\\no\" # why\nA=3\nE=\nF=a#b\r\n";
	static const char *const wanted[] = {
		"A=3", "B=two words", "C=a # b \\n", "D=q\"u\no", "E=", "F=a#b"};
	SCOPED_CLEAR(strings_clear) struct strings list = {0};
	struct err e = {0};

	(void)state;
	if (!env_file_parse("env", text, &list, &e))
		fail_msg("%s", e.text);
	assert_int_equal(list.n_items, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_string_equal(list.items[i], wanted[i]);
}

static void test_bad_env_lines_keep_their_secret(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"A=1\nsecret\n", "env:2: KEY=value is expected"},
		{"1A=secret\n", "env:1: KEY=value is expected"},
		{"A B=secret\n", "env:1: KEY=value is expected"},
		{"A='secret\n", "env:1: the quote is not closed"},
		{"A=\"secret\\\"\n", "env:1: the quote is not closed"},
		{"A='x' secret\n", "env:1: something stands behind"},
		{"A=secret # x\n", "env:1: a \"#\" behind a value"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_CLEAR(strings_clear) struct strings list = {0};
		struct err e = {0};

		assert_false(env_file_parse("env", cases[i].text, &list, &e));
		assert_int_equal(e.code, ERR_CONFIG);
		if (!strstr(e.text, cases[i].says) || strstr(e.text, "secret"))
			fail_msg("\"%s\": %s", cases[i].text, e.text);
	}
}

static const char *env_settings(void)
{
	static char text[128];

	(void)snprintf(text, sizeof(text), "env_file: %s\n", env_file);
	return text;
}

static void test_env_file_must_be_private(void **state)
{
	SCOPED_CLEAR(config_clear) struct config c = {0};

	(void)state;
	put(env_file, "TOKEN=x\n", 0644);
	refuse(env_settings(), "devupd.yaml:1:11: env_file: ");
	refuse(env_settings(), "chmod 600");
	put(env_file, "TOKEN=x\n", 0620);
	refuse(env_settings(), "others may read it");
	refuse("env_file: /nonexistent/env\n", "can't open /nonexistent/env");
	refuse("env_file: env\n", "an absolute path");
	refuse("env_file: /dev/null\n", "no regular file");
	put(env_file, "TOKEN=x\n", 0600);
	accept(env_settings(), &c);
	assert_string_equal(c.env.items[0], "TOKEN=x");
}

static void test_env_file_in_a_git_work_tree(void **state)
{
	static const struct {
		const char *ignore;
		bool is_ignored;
	} cases[] = {
		{"", false},
		{"# env\n", false},
		{"env\n", true},
		{"/env\n", true},
		{"en?\n", true},
		{"*\n!env\n", false},
		{"env/\n", false}, /* a folder's pattern is for folders */
		{"other/env\n", false},
	};
	char path[128];

	(void)state;
	put(env_file, "TOKEN=x\n", 0600);
	(void)snprintf(path, sizeof(path), "%s/.git", folder);
	assert_int_equal(mkdir(path, 0755), 0);
	refuse(env_settings(), "does not ignore it");
	(void)snprintf(path, sizeof(path), "%s/.gitignore", folder);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_CLEAR(config_clear) struct config c = {0};

		put(path, cases[i].ignore, 0644);
		if (cases[i].is_ignored)
			accept(env_settings(), &c);
		else
			refuse(env_settings(), "does not ignore it: add \"/env\" to ");
	}
}

/* --- proxy ------------------------------------------------------------------- */

static void expect_proxy(const char *text, const char *wanted)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	SCOPED_CLEAR(config_clear) struct config c = {0};

	put(settings, text, 0644);

	assert_true(config_load(settings, false, &c, &errors));
	assert_string_equal(c.effective_proxy, wanted);
}

static void test_proxy_order(void **state)
{
	char text[200];

	(void)state;
	setenv("https_proxy", "http://environment:1", 1);
	expect_proxy("", "http://environment:1");
	put(env_file, "HTTPS_PROXY=http://file:2\n", 0600);
	expect_proxy(env_settings(), "http://file:2");
	(void)snprintf(text, sizeof(text), "%sproxy: http://settings:3\n", env_settings());
	expect_proxy(text, "http://settings:3");
	expect_proxy("proxy: none\n", "");
	unsetenv("https_proxy");
	expect_proxy("", "");
}

/* Under sudo the caller's environment is not asked: the default settings, as root would read. */
static void test_sudo_hides_the_environment(void **state)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	SCOPED_CLEAR(config_clear) struct config c = {0};

	(void)state;
	if (access("/etc/devupd", F_OK) == 0)
		skip();
	setenv("https_proxy", "http://environment:1", 1);
	assert_true(config_load(NULL, true, &c, &errors));
	assert_string_equal(c.effective_proxy, "http://environment:1");
	config_clear(&c);
	setenv("SUDO_UID", "1000", 1);
	assert_true(config_load(NULL, true, &c, &errors));
	assert_string_equal(c.effective_proxy, "");
}

/* Some tools' lists of hosts have no end; that is nobody's mistake here. */
static void test_long_no_proxy(void **state)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	struct config c = {0};
	char hosts[PROXY_SPARED_MAX + 1];

	(void)state;
	memset(hosts, 'a', sizeof(hosts) - 1);
	hosts[sizeof(hosts) - 1] = '\0';
	setenv("no_proxy", hosts, 1);
	accept("", &c);
	assert_string_equal(c.no_proxy, "");
	config_clear(&c);
	assert_false(load("proxy: http://x:1\n", &c, &errors));
	assert_non_null(strstr(errors.first.text, "no_proxy is over"));
	config_clear(&c);
	hosts[PROXY_SPARED_MAX - 1] = '\0';
	setenv("no_proxy", hosts, 1);
	accept("proxy: http://x:1\n", &c);
	assert_string_equal(c.no_proxy, hosts);
	config_clear(&c);
	unsetenv("no_proxy");
}

static void test_bad_proxy_is_not_repeated(void **state)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	struct config c = {0};

	(void)state;
	assert_false(load("proxy: ftp://me:secret@host\n", &c, &errors));
	assert_non_null(strstr(errors.first.text, "devupd.yaml:1:8: proxy:"));
	assert_null(strstr(errors.first.text, "secret"));
	refuse("proxy: 'http://a b'\n", "expected http://host:port");
	refuse("proxy: http://\n", "expected http://host:port");
}

/* --- the shipped file -------------------------------------------------------- */

/* A token: its own file's, else that of all secrets; kept as well as those, and never repeated. */
static void test_token(void **state)
{
	static const char *const bad[] = {"", "two words\n", "one\ntwo\n", "\x80\n"};
	struct config c = {0};
	char token[128], text[512], out[GITHUB_TOKEN_SIZE] = "";
	struct err e = {0};

	(void)state;
	(void)snprintf(token, sizeof(token), "%s/token", folder);
	(void)snprintf(
		text, sizeof(text), "env_file: %s\ngithub: {token_file: %s}\n", env_file, token);
	put(env_file, "GITHUB_TOKEN=other\n", 0600);
	assert_int_equal(prctl(PR_SET_DUMPABLE, 1), 0);
	accept(env_settings(), &c);
	assert_string_equal(c.github_token, "other");
	assert_int_equal(prctl(PR_GET_DUMPABLE), 0); /* nor is it found in a dump of us */
	config_clear(&c);
	put(token, "  ghp_Secret123\n", 0600);
	accept(text, &c);
	assert_string_equal(c.github_token, "ghp_Secret123");
	config_clear(&c);
	put(token, "ghp_Secret123\n", 0640);
	refuse(text, "token_file: ");
	refuse(text, "others may read it");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		put(token, bad[i], 0600);
		assert_false(secret_file_read(token, false, out, sizeof(out), &e));
		assert_non_null(strstr(e.text, "one token is expected"));
		assert_null(strstr(e.text, "words"));
	}
	assert_string_equal(out, "");
	put(env_file, "GITHUB_TOKEN=two words\n", 0600);
	refuse(env_settings(), "GITHUB_TOKEN is no token");
}

static bool is_secret(const char *line)
{
	return text_starts(line, "#env_file") || text_starts(line, "#github:") ||
	       text_starts(line, "#  token_file");
}

/* Its lines "#key: value" are examples that must work when the "#" is taken away. */
static void test_shipped_file_with_its_comments_taken_off(void **state)
{
	SCOPED_CLEAR(config_clear) struct config c = {0};
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	SCOPED_CLEAR(buf_clear) struct buf bare = {0};
	SCOPED_FREE char *text = NULL;
	char *cursor, *line;
	struct err e = {0};
	size_t n_keys = 0;

	(void)state;
	assert_true(config_load(SHIPPED, false, &c, &errors));
	config_clear(&c);
	assert_true(fs_read(SHIPPED, YAML_FILE_MAX, &text, NULL, &e));
	buf_init(&bare, YAML_FILE_MAX);
	cursor = text;
	while ((line = text_next(&cursor, '\n')) != NULL) {
		bool is_key = line[0] == '#' && line[1] != ' ' && line[1] != '\0';

		is_key = is_key || text_starts(line, "#  ");
		if (is_key && !is_secret(line)) /* would have to be there */
			buf_printf(&bare, "%s\n", line + 1);
		n_keys += is_key && line[1] != ' ';
	}
	accept(buf_str(&bare), &c);
	assert_int_equal(c.timeout_ms, 30000);
	assert_true(c.download_max_bytes == UINT64_C(4) << 30);
	assert_int_equal(c.keep_packages, 2);
	assert_non_null(yaml_get(c.updaters, "positron"));
	for (const struct key *row = config_keys; row->name; row++) {
		bool is_there = strstr(buf_str(&bare), row->name) ||
				text_equal(row->name, "env_file") ||
				text_equal(row->name, "github");

		if (!is_there)
			fail_msg("%s: in the shipped settings? %d", row->name, is_there);
		n_keys -= is_there;
	}
	assert_int_equal(n_keys, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_empty_file_is_fine),
		TEST(test_missing_named_file_is_an_error),
		TEST(test_root_reads_nothing_that_others_may_write),
		TEST(test_root_checks_before_it_reads),
		TEST(test_wrong_settings_leave_the_defaults),
		TEST(test_all_errors_and_updaters),
		cmocka_unit_test(test_env_lines),
		cmocka_unit_test(test_bad_env_lines_keep_their_secret),
		TEST(test_env_file_must_be_private),
		TEST(test_env_file_in_a_git_work_tree),
		TEST(test_token),
		TEST(test_proxy_order),
		TEST(test_sudo_hides_the_environment),
		TEST(test_long_no_proxy),
		TEST(test_bad_proxy_is_not_repeated),
		TEST(test_shipped_file_with_its_comments_taken_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
