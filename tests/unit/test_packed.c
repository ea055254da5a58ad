/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A second stream is seen wherever it begins, however the bytes come in. */
#include "updaters/lib/packed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { LEN = 64, MARK_LEN = 10 };

static const struct {
	const char *suffix, *mark;
} kinds[] = {{".xz", "\xFD\x37\x7A\x58\x5A\0\0\x04\xE6\xD6"}, {".bz2", "BZh91AY&SY"},
	{".bz2", "BZh9\x17rE8P\x90"}};

/* Is it seen, when so many bytes come at a time? */
static bool is_seen(const char *suffix, const char bytes[LEN], size_t piece)
{
	struct stream_watch w = {0};
	bool is_seen = false;

	for (size_t at = 0; at < LEN; at += piece)
		is_seen |= stream_watch_sees(
			&w, suffix, bytes + at, piece < LEN - at ? piece : LEN - at);
	return is_seen;
}

static void test_wherever_it_begins(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		for (size_t at = 0; at + MARK_LEN <= LEN; at++)
			for (size_t piece = 1; piece <= LEN; piece++) {
				char bytes[LEN];

				memset(bytes, kinds[k].mark[0], sizeof(bytes));
				memcpy(bytes + at, kinds[k].mark, MARK_LEN);
				/* at the very beginning it is the first stream's own */
				if (is_seen(kinds[k].suffix, bytes, piece) != (at > 0))
					fail_msg("%s at %zu, %zu at a time", kinds[k].suffix, at,
						piece);
				bytes[at + 4] ^= 1;
				assert_false(is_seen(kinds[k].suffix, bytes, piece));
			}
}

static void test_only_of_its_own_kind(void **state)
{
	char bytes[LEN] = {0};

	(void)state;
	memcpy(bytes + 20, kinds[0].mark, MARK_LEN);
	assert_false(is_seen(".bz2", bytes, 7));
	assert_false(is_seen(".gz", bytes, 7));
	assert_true(is_seen(".xz", bytes, 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wherever_it_begins),
		cmocka_unit_test(test_only_of_its_own_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
