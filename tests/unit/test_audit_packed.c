/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trail whose rotated files somebody has compressed: one chain like any other. */
#include "audit_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>

#include "updaters/lib/child.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

static const struct packer {
	const char *suffix;
	const char *program;
} packers[] = {
	{".gz", "/usr/bin/gzip"},
	{".xz", "/usr/bin/xz"},
	{".zst", "/usr/bin/zstd"},
	{".bz2", "/usr/bin/bzip2"},
};

/* As logrotate does it: what is at path is at path + suffix then. */
static void pack_by(const struct packer *packer, const char *path)
{
	const char *argv[] = {packer->program, "-q", path, NULL};
	struct child_spec spec = {.argv = argv};
	SCOPED_FREE char *said = NULL;
	SCOPED_FREE char *errors = NULL;
	struct err e = {0};
	int status = 0;

	if (access(packer->program, X_OK) < 0)
		skip();
	if (!child_run(&spec, 60000, 4096, &said, &errors, &status, &e) || status != 0)
		fail_msg("%s: %s %s", packer->program, e.text, errors != NULL ? errors : "");
	if (strcmp(packer->suffix, ".zst") == 0)
		assert_int_equal(unlink(path), 0);
}

static void pack(const char *path)
{
	pack_by(&packers[0], path);
}

/* audit.log becomes audit.log.N; what is there stays where it is, so numbers go down. */
static void put_away(struct world *w, int number, char out[160])
{
	snprintf(out, 160, "%s.%d", w->log, number);
	assert_int_equal(rename(w->log, out), 0);
}

/* Three files of two records each, which have been through EDIT (the middle one) and were packed.
 */
static void three_files(struct world *w, void (*edit)(const char *path))
{
	char path[3][160];

	for (int i = 0; i < 3; i++) {
		write_some(w, 2);
		put_away(w, 3 - i, path[i]);
	}
	write_some(w, 2);
	if (edit != NULL)
		edit(path[1]);
	for (int i = 0; i < 3; i++)
		pack(path[i]);
}

static void each_way_of_packing_is_one_chain(void **ptr)
{
	struct world *w = *ptr;
	char path[160];
	uint64_t n = 0;

	for (size_t i = 0; i < sizeof(packers) / sizeof(packers[0]); i++) {
		write_some(w, 2);
		put_away(w, 10 - (int)i, path);
		pack_by(&packers[i], path);
		n += 2;
		assert_sound(w, n);
		assert_int_equal(last_line(w).n, n);
	}
	write_some(w, 1);
	assert_sound(w, n + 1);
	assert_int_equal(verify(w).begins_at_seq, 1);
}

static void edit_first(const char *path)
{
	size_t len = 0;
	char *text = log_text(path, &len);

	memcpy(strstr(text, "\"kind\":\"deb\""), "\"kind\":\"DEB\"", 12);
	assert_true(fs_replace(path, text, len, 0640, NULL));
	free(text);
}

static void drop_first(const char *path)
{
	size_t len = 0;
	char *text = log_text(path, &len), *second = line_at(text, 1);

	assert_true(fs_replace(path, second, len - (size_t)(second - text), 0640, NULL));
	free(text);
}

static void drop_last(const char *path)
{
	size_t len = 0;
	char *text = log_text(path, &len);

	assert_true(fs_replace(path, text, (size_t)(line_at(text, 1) - text), 0640, NULL));
	free(text);
}

static void swap_both(const char *path)
{
	size_t len = 0;
	char *text = log_text(path, &len), *second = line_at(text, 1);
	SCOPED_CLEAR(buf_clear) struct buf swapped = {0};

	buf_init(&swapped, 1 << 20);
	buf_put(&swapped, second, len - (size_t)(second - text));
	buf_put(&swapped, text, (size_t)(second - text));
	assert_true(fs_replace(path, swapped.data, swapped.len, 0640, NULL));
	free(text);
}

static void an_edit_in_a_packed_file_is_located(void **ptr)
{
	three_files(*ptr, edit_first);
	assert_trouble(*ptr, "audit.log.2.gz:2: record 4 does not fit");
}

static void a_deletion_in_a_packed_file_is_located(void **ptr)
{
	three_files(*ptr, drop_first);
	assert_trouble(*ptr, "audit.log.2.gz:1: record 4 follows record 2");
}

static void a_cut_at_a_packed_file_s_last_line_is_located(void **ptr)
{
	three_files(*ptr, drop_last);
	assert_trouble(*ptr, "audit.log.1.gz:1: record 5 follows record 3");
}

static void a_swap_in_a_packed_file_is_located(void **ptr)
{
	three_files(*ptr, swap_both);
	assert_trouble(*ptr, "audit.log.2.gz:1: record 4 follows record 2");
}

static void a_packed_file_gone_is_located(void **ptr)
{
	struct world *w = *ptr;
	char path[160];

	three_files(w, NULL);
	snprintf(path, sizeof(path), "%s.2.gz", w->log);
	assert_int_equal(unlink(path), 0);
	assert_trouble(w, "audit.log.1.gz:1: record 5 follows record 2");
}

/* The whole, less its last bytes, or with one that is another. */
static void damage(const char *path, size_t n_less, size_t other_at)
{
	size_t len = 0;
	char *bytes = log_text(path, &len);

	if (other_at > 0)
		bytes[other_at] = (char)(bytes[other_at] ^ 0x55);
	assert_true(fs_replace(path, bytes, len - n_less, 0640, NULL));
	free(bytes);
}

static void damage_is_located(void **ptr)
{
	struct world *w = *ptr;
	char path[160];

	three_files(w, NULL);
	snprintf(path, sizeof(path), "%s.2.gz", w->log);
	damage(path, 1, 0); /* all lines are there: it is told all the same */
	assert_trouble(w, "audit.log.2.gz:3: can't be unpacked from here on: gzip: ");
	damage(path, 200, 0);
	assert_trouble(w, "can't be unpacked from here on: gzip: ");
	damage(path, 0, 1);
	assert_trouble(w, "audit.log.2.gz:1: can't be unpacked from here on: gzip: ");
	/* a run goes on behind it */
	write_some(w, 1);
	assert_trouble(w, "audit.log.2.gz:1: can't be unpacked from here on: gzip: ");
}

static void the_youngest_damaged_is_told_for_ever(void **ptr)
{
	struct world *w = *ptr;
	char path[160];

	write_some(w, 4);
	put_away(w, 1, path);
	pack(path);
	snprintf(path, sizeof(path), "%s.1.gz", w->log);
	damage(path, 0, 1);
	write_some(w, 1);
	assert_trouble(w, "audit.log.1.gz:1: can't be unpacked from here on: gzip: ");
	assert_int_equal(unlink(path), 0);
	assert_trouble(w, "begins with record 5");
}

static void make_bomb(const char *path, char fill, size_t size_mib)
{
	SCOPED_FREE char *piece = malloc(1 << 20);
	SCOPED_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);

	assert_non_null(piece);
	memset(piece, fill, 1 << 20);
	for (size_t i = 0; i < size_mib; i++)
		assert_true(fs_write_all(fd, piece, 1 << 20, path, NULL));
	pack(path);
}

static void a_bomb_is_told(void **ptr)
{
	struct world *w = *ptr;
	char path[160];

	three_files(w, NULL);
	snprintf(path, sizeof(path), "%s.4", w->log);
	make_bomb(path, 'x', 3);
	assert_trouble(w, "audit.log.4.gz:1: can't be unpacked from here on: a line longer");
	snprintf(path, sizeof(path), "%s.4.gz", w->log);
	assert_int_equal(unlink(path), 0);
	assert_sound(w, 8);
}

static bool count_line(void *user, const struct audit_line *line)
{
	(void)line;
	(*(size_t *)user)++;
	return true;
}

/* Short lines without end: each is looked at, and then it is enough. */
static void a_bomb_of_short_lines_ends(void **ptr)
{
	struct world *w = *ptr;
	SCOPED_FREE char *piece = malloc(1 << 20);
	SCOPED_FREE char *packed = NULL;
	char path[160];
	size_t n = 0, packed_len = 0;

	assert_non_null(piece);
	memset(piece, 'x', 1 << 20);
	piece[1000] = '\n';
	snprintf(path, sizeof(path), "%s.1", w->log);
	assert_true(fs_replace(path, piece, 1 << 20, 0640, NULL));
	pack(path);
	snprintf(path, sizeof(path), "%s.1.gz", w->log);
	packed = log_text(path, &packed_len);

	/* what was packed apart and put together unpacks to all of it */
	SCOPED_CLOSE int fd = open(path, O_WRONLY | O_APPEND);

	for (size_t i = 1; i < 258; i++)
		assert_true(fs_write_all(fd, packed, packed_len, path, NULL));
	assert_true(audit_each(w->log, count_line, &n, &w->e));
	assert_int_equal(n, 257); /* 256 MiB, and the piece that went over it */
}

static void a_compression_that_was_cut_off_is_no_alarm(void **ptr)
{
	struct world *w = *ptr;
	char path[160], half[170];

	write_some(w, 2);
	put_away(w, 1, path);
	snprintf(half, sizeof(half), "%s.gz", path);
	assert_true(fs_replace(half, "\x1f\x8b\x08", 3, 0640, NULL));
	assert_sound(w, 2);
	write_some(w, 1);
	assert_sound(w, 3);
}

static void with_the_youngest_packed_a_run_goes_on(void **ptr)
{
	struct world *w = *ptr;
	char path[160];

	for (int number = 4; number > 0; number--) {
		write_some(w, 2);
		put_away(w, number, path);
		pack(path);
		assert_sound(w, 2 * (5 - (uint64_t)number));
		assert_false(verify(w).is_one_short);
	}
	write_some(w, 1);
	assert_sound(w, 9);
	assert_string_equal(last_line(w).line.error_code, "");
}

/* A power cut, and logrotate came before the next run. */
static void torn_and_then_packed_is_healed(void **ptr)
{
	struct world *w = *ptr;
	char path[160], *text;
	size_t len = 0;

	write_some(w, 2);
	text = log_text(w->log, &len);
	log_put(w, text, len - 100);
	free(text);
	put_away(w, 1, path);
	pack(path);
	assert_true(verify(w).is_one_short);
	assert_true(open_audit(w));
	close_audit(w);
	assert_sound(w, 3);
	assert_string_equal(last_line(w).line.outcome, "repaired");
	write_some(w, 1);
	assert_sound(w, 4);
}

static void more_than_a_thousand_rotated_files_are_one_chain(void **ptr)
{
	struct world *w = *ptr;
	char path[160];
	char *text;
	size_t len = 0;

	write_some(w, 1010);
	text = log_text(w->log, &len);
	for (int i = 0; i < 1010; i++) {
		char *line = line_at(text, i);

		snprintf(path, sizeof(path), "%s.%d", w->log, 1010 - i);
		assert_true(fs_replace(path, line, strcspn(line, "\n") + 1, 0640, NULL));
	}
	free(text);
	assert_int_equal(unlink(w->log), 0);
	assert_sound(w, 1010);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_make, world_drop)
	const struct CMUnitTest tests[] = {
		TEST(each_way_of_packing_is_one_chain),
		TEST(an_edit_in_a_packed_file_is_located),
		TEST(a_deletion_in_a_packed_file_is_located),
		TEST(a_cut_at_a_packed_file_s_last_line_is_located),
		TEST(a_swap_in_a_packed_file_is_located),
		TEST(a_packed_file_gone_is_located),
		TEST(damage_is_located),
		TEST(the_youngest_damaged_is_told_for_ever),
		TEST(a_bomb_is_told),
		TEST(a_bomb_of_short_lines_ends),
		TEST(a_compression_that_was_cut_off_is_no_alarm),
		TEST(with_the_youngest_packed_a_run_goes_on),
		TEST(torn_and_then_packed_is_healed),
		TEST(more_than_a_thousand_rotated_files_are_one_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
