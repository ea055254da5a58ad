/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables: complete, and what each type takes and refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "config/keys.h"
#include "config/recipe.h"

static bool pass(const struct key *row, const struct yaml_node *node, void *out, void *user,
	struct yaml_errors *errors)
{
	(void)row, (void)node, (void)out, (void)user, (void)errors;
	return true;
}

static bool load(const char *text, struct config *c, struct yaml_errors *errors)
{
	SCOPED(yaml_node_free) struct yaml_node *root = NULL;

	assert_true(yaml_parse("f", text, strlen(text), &root, errors));
	return keys_load(config_keys, KEY_ALL_KINDS, root, c, pass, NULL, errors);
}

static void check_rows(const struct key *rows)
{
	for (; rows->name; rows++) {
		assert_non_null(rows->what);
		assert_ptr_equal(key_find(rows, KEY_ALL_KINDS, rows->name), rows);
		assert_true((rows->type == KEY_GROUP) == (rows->children != NULL));
		assert_true((rows->type == KEY_CHOICE) == (rows->allowed != NULL));
		if (rows->children)
			check_rows(rows->children);
	}
}

static void test_tables_are_complete(void **state)
{
	(void)state;
	check_rows(config_keys);
	check_rows(recipe_keys);
	check_rows(source_keys);
	assert_null(key_find(config_keys, KEY_ALL_KINDS, "nothing"));
}

/* Each default, as it is written in the table, gives what keys_load puts without it. */
static void test_defaults(void **state)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	struct config c = {0};

	(void)state;
	assert_true(load("", &c, &errors));
	assert_int_equal(c.jobs, 0);
	assert_int_equal(c.timeout_ms, 30000);
	assert_int_equal(c.stall_ms, 30000);
	assert_true(c.download_max_bytes == UINT64_C(4) << 30);
	assert_int_equal(c.download_limit_rate, 0);
	assert_int_equal(c.keep_packages, 2);
	assert_null(c.proxy);
	keys_clear(config_keys, &c);
}

static void test_values(void **state)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	struct config c = {0};

	(void)state;
	assert_true(load("jobs: 8\ntimeout: 5 min\nstall: 500s\nkeep_packages: 0\n"
			 "download: {max_size: 500 MB, limit_rate: 2MiB}\ndisable: [a, b]\n",
		&c, &errors));
	assert_int_equal(c.jobs, 8);
	assert_int_equal(c.timeout_ms, 300000);
	assert_int_equal(c.stall_ms, 500000);
	assert_int_equal(c.keep_packages, 0);
	assert_int_equal(c.download_max_bytes, 500000000);
	assert_int_equal(c.download_limit_rate, 2 << 20);
	assert_int_equal(c.disable.n_items, 2);
	keys_clear(config_keys, &c);
}

static void test_what_is_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"jobs: 0\n", "f:1:7: jobs: found \"0\", expected a whole number, from 1 to 64"},
		{"jobs: 65\n", "from 1 to 64"},
		{"jobs: -1\n", "found \"-1\""},
		{"jobs: 1.5\n", "found \"1.5\""},
		{"jobs: 18446744073709551616\n", "expected a whole number"},
		{"timeout: 0\n", "f:1:10: timeout: found \"0\", expected a time such as 30 s"},
		{"timeout: 2 h\n", "from 1 s to 1 h"},
		{"timeout: 5 parsecs\n", "found \"5 parsecs\""},
		{"timeout: s\n", "found \"s\""},
		{"stall: 99999999999999999999 d\n", "expected a time"},
		{"download: {max_size: none}\n", "expected a size such as"},
		{"download: {max_size: 4 GIB}\n", "found \"4 GIB\""},
		{"download: 4\n", "f:1:11: download: found \"4\", expected a map of keys"},
		{"download: {maxsize: 4}\n",
			"f:1:12: unknown key \"maxsize\", did you mean \"max_size\"?"},
		{"disable: {a: b}\n", "expected a list of texts"},
		{"proxy: ''\n", "proxy: found the quoted \"\", expected a text"},
		{"Jobs: 3\n", "f:1:1: unknown key \"Jobs\", did you mean \"jobs\"?"},
	};
	bool ok = true;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
		struct config c = {0};

		assert_false(load(cases[i].text, &c, &errors));
		if (!strstr(errors.first.text, cases[i].says)) {
			print_error("not \"%s\" but \"%s\"\n", cases[i].says, errors.first.text);
			ok = false;
		}
		keys_clear(config_keys, &c);
	}
	assert_true(ok);
}

static void test_thousands_of_unknown_keys_are_cheap(void **state)
{
	SCOPED_CLEAR(buf_clear) struct buf text = {0};
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	struct config c = {0};

	(void)state;
	buf_init(&text, YAML_FILE_MAX);
	for (int i = 0; i < 4000; i++)
		buf_printf(&text, "key%d: 1\n", i);
	assert_false(load(buf_str(&text), &c, &errors));
	assert_int_equal(errors.n_items, 50);
	assert_int_equal(errors.n_more, 3950);
	keys_clear(config_keys, &c);
}

static void test_format_is_what_a_file_would_say(void **state)
{
	static const struct {
		const char *key, *text;
	} cases[] = {
		{"jobs", "8"},
		{"timeout", "5 min"},
		{"download", "{max_size: 500000000 B, limit_rate: 2 MiB}"},
		{"proxy", "'http://it''s:1'"},
		{"disable", "[a, 'b c']"},
		{"env_file", ""},
		{"updaters", ""},
	};
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	struct config c = {0}, again = {0};

	(void)state;
	assert_true(load("jobs: 8\ntimeout: 300\n"
			 "download: {max_size: 500 MB, limit_rate: 2048 KiB}\n"
			 "proxy: \"http://it's:1\"\ndisable: [a, b c]\n",
		&c, &errors));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCOPED_CLEAR(buf_clear) struct buf out = {0}, line = {0};

		buf_init(&out, 1000);
		buf_init(&line, 1000);
		keys_format(key_find(config_keys, KEY_ALL_KINDS, cases[i].key), &c, NULL, &out);
		assert_string_equal(buf_str(&out), cases[i].text);
		buf_printf(&line, "%s: %s\n", cases[i].key, buf_str(&out));
		if (out.len > 0)
			assert_true(load(buf_str(&line), &again, &errors));
		keys_clear(config_keys, &again);
	}
	keys_clear(config_keys, &c);
}

/* A title rules no terminal, and is the same text when it is read again. */
static void test_hostile_texts_are_escaped(void **state)
{
	SCOPED_CLEAR(buf_clear) struct buf out = {0};
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	struct config c = {0};

	(void)state;
	buf_init(&out, 1000);
	buf_puts(&out, "env_file: ");
	keys_format_text("/a\x1b[2J\\\"b", NULL, &out);
	assert_string_equal(buf_str(&out), "env_file: \"/a\\x1b[2J\\\\\\\"b\"");
	buf_puts(&out, "\n");
	assert_true(load(buf_str(&out), &c, &errors));
	assert_string_equal(c.env_file, "/a\x1b[2J\\\"b");
	keys_clear(config_keys, &c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables_are_complete),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_hostile_texts_are_escaped),
		cmocka_unit_test(test_thousands_of_unknown_keys_are_cheap),
		cmocka_unit_test(test_format_is_what_a_file_would_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
