/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was agreed to before sudo, and what root finds. */
#include "cmd/accepted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* Digests of one letter; 0 = not known. */
static void release_of(struct release *r, const char *version, char sha256, char sha512)
{
	*r = (struct release){0};
	assert_true(text_copy(r->version, sizeof(r->version), version));
	if (sha256 != 0)
		memset(r->digests.sha256, sha256, sizeof(r->digests.sha256) - 1);
	if (sha512 != 0)
		memset(r->digests.sha512, sha512, sizeof(r->digests.sha512) - 1);
}

static void only_what_both_halves_know_is_compared(void **state)
{
	static const struct {
		const char *version, *found_version;
		char sha256, sha512, found_sha256, found_sha512;
		bool is_same;
	} rows[] = {
		{"1.0", "1.0", 'a', 'b', 'a', 'b', true},
		{"1.0", "1.0", 'a', 'b', 'a', 0, true},
		{"1.0", "1.0", 'a', 0, 'a', 'b', true},
		{"1.0", "1.0", 'a', 'b', 0, 'b', true},
		{"1.0", "1.0", 0, 0, 'a', 'b', true},
		{"1.0", "1.0", 0, 0, 0, 0, true},
		{"1.0", "1.0", 'a', 'b', 'a', 'c', false},
		{"1.0", "1.0", 'a', 'b', 'c', 'b', false},
		{"1.0", "1.0", 'a', 'b', 'c', 0, false},
		{"1.0", "1.0", 'a', 0, 0, 'b', false}, /* nothing to compare */
		{"1.0", "1.0", 'a', 'b', 0, 0, false},
		{"1.0", "1.1", 'a', 'b', 'a', 'b', false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct release seen, found;
		struct accepted a;
		char word[ACCEPTED_WORD_MAX];

		release_of(&seen, rows[i].version, rows[i].sha256, rows[i].sha512);
		release_of(
			&found, rows[i].found_version, rows[i].found_sha256, rows[i].found_sha512);
		accepted_word("tool", &seen, word);
		assert_true(accepted_read(word, "tool", &a));
		if (accepted_is(&a, &found) != rows[i].is_same)
			fail_msg("row %zu: %s", i, word);
	}
}

static void the_longest_word_fits(void **state)
{
	char name[RECORD_NAME_MAX], version[DPKG_VERSION_MAX], word[ACCEPTED_WORD_MAX];
	struct release r;
	struct accepted a;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	memset(version, '1', sizeof(version) - 1);
	name[sizeof(name) - 1] = version[sizeof(version) - 1] = '\0';
	release_of(&r, version, 'a', 'b');
	accepted_word(name, &r, word);
	assert_true(accepted_read(word, name, &a));
	assert_string_equal(a.version, version);
	assert_string_equal(a.digests.sha256, r.digests.sha256);
	assert_string_equal(a.digests.sha512, r.digests.sha512);
}

static void what_is_no_such_word_is_nothing(void **state)
{
	static const char *const words[] = {
		"", "tool", "tool=", "tool=1.0", "tool=1.0,00", "tools=1.0,,", "too=1.0,,", ",,"};
	struct accepted a;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		assert_false(accepted_read(words[i], "tool", &a));
	assert_true(accepted_read("tool=1.0,,", "tool", &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_both_halves_know_is_compared),
		cmocka_unit_test(the_longest_word_fits),
		cmocka_unit_test(what_is_no_such_word_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
