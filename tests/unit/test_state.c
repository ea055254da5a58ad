/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"
#include "updaters/state_left.h"

static const char digest_a[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
static const char digest_b[] = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

struct world {
	char folder[64];
	char db[128];
	char note[ERR_TEXT_MAX];
	struct err e;
};

static int world_make(void **out)
{
	struct world *w = calloc(1, sizeof(*w));

	snprintf(w->folder, sizeof(w->folder), "/tmp/test_state.XXXXXX");
	if (mkdtemp(w->folder) == NULL)
		return -1;
	snprintf(w->db, sizeof(w->db), "%s/state.db", w->folder);
	*out = w;
	return 0;
}

static int n_files(const char *folder, bool remove_them)
{
	DIR *d = opendir(folder);
	int n = 0;

	for (struct dirent *entry = readdir(d); entry != NULL; entry = readdir(d)) {
		if (entry->d_name[0] == '.')
			continue;
		n++;
		if (remove_them)
			unlinkat(dirfd(d), entry->d_name, 0);
	}
	closedir(d);
	return n;
}

static int world_drop(void **ptr)
{
	struct world *w = *ptr;

	n_files(w->folder, true);
	rmdir(w->folder);
	free(w);
	return 0;
}

static struct state *open_it(struct world *w, bool read_only)
{
	struct state *s = NULL;

	if (!state_open(w->db, read_only, &s, w->note, sizeof(w->note), &w->e))
		fail_msg("%s", w->e.text);
	return s;
}

static void rows_outlive_a_close(void **ptr)
{
	struct world *w = *ptr;
	SCOPED(state_close) struct state *s = open_it(w, false);
	struct state_hold hold = {.name = "positron", .since_unix_ms = 7, .reason = "exam's week"};
	struct state_license license = {.name = "positron",
		.license = "Elastic-2.0",
		.url = "https://x/",
		.who = "ana",
		.uid = 1000};
	struct state_run run = {.run = "r1", .verb = "check", .started_unix_ms = 1, .exit_code = 3};
	struct state_kept kept = {.name = "positron",
		.package = "positron",
		.version = "1.0",
		.path = "/p/1",
		.size_bytes = UINT64_C(5) << 30,
		.sha256_from = DIGEST_FROM_FEED,
		.verified_by = VERIFIED_BY_SHA256};
	bool found = false;
	char version[DPKG_VERSION_MAX];
	int64_t when = 0;

	assert_string_equal(w->note, "");
	assert_true(state_begin(s, &w->e));
	assert_true(state_hold_put(s, &hold, &w->e));
	assert_true(state_license_put(s, &license, &w->e));
	assert_true(state_run_put(s, &run, &w->e));
	assert_true(state_kept_put(s, &kept, &w->e));
	assert_true(state_seen_put(s, "positron", "1.0", &w->e));
	assert_true(state_commit(s, &w->e));
	state_close(s);

	s = open_it(w, false);
	assert_true(state_hold_get(s, "positron", &found, &hold, &w->e) && found);
	assert_string_equal(hold.reason, "exam's week");
	memset(&license, 0, sizeof(license));
	assert_true(state_license_get(s, "positron", &found, &license, &w->e) && found);
	assert_string_equal(license.who, "ana");
	assert_int_equal(license.uid, 1000);
	memset(&run, 0, sizeof(run));
	assert_true(state_run_last(s, &found, &run, &w->e) && found);
	assert_int_equal(run.exit_code, 3);
	assert_true(state_seen_get(s, "positron", version, &when, &w->e));
	assert_string_equal(version, "1.0");
	assert_true(when > 0);

	SCOPED_FREE struct state_kept *list = NULL;
	size_t n = 0;

	assert_true(state_kept_list(s, "", &list, &n, &w->e));
	assert_int_equal(n, 1);
	assert_true(list[0].size_bytes == UINT64_C(5) << 30);
	assert_int_equal(list[0].verified_by, VERIFIED_BY_SHA256);
	assert_true(state_kept_drop(s, "/p/1", &w->e));
	free(MOVE_PTR(list));
	assert_true(state_kept_list(s, "positron", &list, &n, &w->e));
	assert_int_equal(n, 0);
}

static void a_hold_ends(void **ptr)
{
	struct world *w = *ptr;
	SCOPED(state_close) struct state *s = open_it(w, false);
	struct state_hold hold = {.name = "x", .until_unix_ms = clock_unix_ms() - 1};
	bool found = true, was_there = false;

	assert_true(state_hold_put(s, &hold, &w->e));
	assert_true(state_hold_get(s, "x", &found, &hold, &w->e));
	assert_false(found);
	hold.until_unix_ms = clock_unix_ms() + 60000;
	assert_true(state_hold_put(s, &hold, &w->e));
	assert_true(state_hold_get(s, "x", &found, &hold, &w->e));
	assert_true(found);
	assert_true(state_hold_drop(s, "x", &was_there, &w->e));
	assert_true(was_there);
	assert_true(state_hold_drop(s, "x", &was_there, &w->e));
	assert_false(was_there);
}

static void skips_are_kept(void **ptr)
{
	struct world *w = *ptr;
	SCOPED(state_close) struct state *s = open_it(w, false);
	struct state_skip skip = {.exactly = "1.2", .up_to = "1.1"}, got = {0};
	bool was_there = false;

	assert_true(state_skip_put(s, "x", &skip, &w->e));
	assert_true(state_skip_get(s, "x", &got, &w->e));
	assert_string_equal(got.exactly, "1.2");
	assert_string_equal(got.up_to, "1.1");
	assert_true(state_skip_drop(s, "x", &was_there, &w->e) && was_there);
	assert_true(state_skip_get(s, "x", &got, &w->e));
	assert_string_equal(got.exactly, "");
}

static void documents_belong_to_a_recipe(void **ptr)
{
	struct world *w = *ptr;
	SCOPED(state_close) struct state *s = open_it(w, false);
	struct document put[2] = {{.url = "https://a/",
					  .etag = "\"1\"",
					  .fetched_unix_ms = 5,
					  .bytes = "a\0b",
					  .len = 3},
		{.url = "https://b/"}};
	struct document *got = NULL;
	size_t n = 0;

	assert_true(state_put_documents(s, "x", digest_a, put, 2, &w->e));
	assert_true(state_documents(s, "x", digest_a, &got, &n, &w->e));
	assert_int_equal(n, 2);
	assert_string_equal(got[0].etag, "\"1\"");
	assert_int_equal(got[0].len, 3);
	assert_memory_equal(got[0].bytes, "a\0b", 3);
	assert_int_equal(got[1].len, 0);
	for (size_t i = 0; i < n; i++)
		document_clear(&got[i]);
	free(got);
	/* another recipe digest: the old ones are gone */
	assert_true(state_documents(s, "x", digest_b, &got, &n, &w->e));
	assert_int_equal(n, 0);
	assert_true(state_put_documents(s, "x", digest_b, put, 1, &w->e));
	assert_true(state_documents(s, "x", digest_a, &got, &n, &w->e));
	assert_int_equal(n, 0);
}

static void the_first_digest_stays(void **ptr)
{
	struct world *w = *ptr;
	SCOPED(state_close) struct state *s = open_it(w, false);
	char hex[SHA256_HEX_SIZE] = "?";

	assert_true(state_first_digest(s, "p", "amd64", "1", hex, &w->e));
	assert_string_equal(hex, "");
	assert_true(state_put_first_digest(s, "p", "amd64", "1", digest_a, &w->e));
	assert_true(state_put_first_digest(s, "p", "amd64", "1", digest_b, &w->e));
	assert_true(state_first_digest(s, "p", "amd64", "1", hex, &w->e));
	assert_string_equal(hex, digest_a);
	/* unless a person said that the other one is fine */
	assert_true(state_change_first_digest(s, "p", "amd64", "1", digest_b, &w->e));
	assert_true(state_first_digest(s, "p", "amd64", "1", hex, &w->e));
	assert_string_equal(hex, digest_b);
	assert_true(state_first_digest(s, "p", "arm64", "1", hex, &w->e));
	assert_string_equal(hex, "");
}

/* A clock in 1970 must not cut the wait for a young release short, nor one in 2100 prolong it. */
static void a_sight_of_a_wrong_clock_is_taken_anew(void **ptr)
{
	static const int64_t right = INT64_C(1796000000000), day = 24 * 3600 * 1000;
	static const int64_t wrong[] = {0, 1000, INT64_C(4102444800000)};
	struct world *w = *ptr;
	SCOPED(state_close) struct state *s = open_it(w, false);
	int64_t when = 0;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		char version[16];

		snprintf(version, sizeof(version), "%zu", i);
		assert_true(state_sight_find(s, "x", version, wrong[i], &when, &w->e));
		assert_int_equal(when, 0);
		assert_true(state_sight_put(s, "x", version, wrong[i], &w->e));
		assert_true(state_sight_find(s, "x", version, right, &when, &w->e));
		assert_int_equal(when, 0);
		/* and from now on that stays */
		assert_true(state_sight_put(s, "x", version, right, &w->e));
		assert_true(state_sight_find(s, "x", version, right + day, &when, &w->e));
		assert_int_equal(when, right);
	}
}

static void without_a_commit_nothing_stays(void **ptr)
{
	struct world *w = *ptr;
	struct state *s = open_it(w, false);
	char version[DPKG_VERSION_MAX];
	int64_t when = 0;

	assert_true(state_begin(s, &w->e));
	assert_false(state_begin(s, &w->e));
	assert_true(state_seen_put(s, "x", "1", &w->e));
	assert_false(state_head_put(s, 1, digest_a, "{}", &w->e));
	state_close(s);
	s = open_it(w, false);
	assert_true(state_seen_get(s, "x", version, &when, &w->e));
	assert_string_equal(version, "");
	state_close(s);
}

static void the_head_keeps_its_line(void **ptr)
{
	struct world *w = *ptr;
	SCOPED(state_close) struct state *s = open_it(w, false);
	SCOPED_FREE char *line = NULL;
	char hash[SHA256_HEX_SIZE];
	uint64_t seq = 9;

	assert_true(state_head_get(s, &seq, hash, &line, &w->e));
	assert_int_equal(seq, 0);
	assert_null(line);
	assert_true(state_head_put(s, 4, digest_a, "{\"v\":1}", &w->e));
	assert_true(state_head_get(s, &seq, hash, &line, &w->e));
	assert_int_equal(seq, 4);
	assert_string_equal(hash, digest_a);
	assert_string_equal(line, "{\"v\":1}");
}

static void garbage_is_set_aside(void **ptr)
{
	struct world *w = *ptr;
	char garbage[8192];

	memset(garbage, 'x', sizeof(garbage));
	assert_true(fs_replace(w->db, garbage, sizeof(garbage), 0644, &w->e));

	SCOPED(state_close) struct state *s = open_it(w, false);

	assert_non_null(strstr(w->note, "begun anew"));
	assert_true(state_seen_put(s, "x", "1", &w->e));
	assert_int_equal(n_files(w->folder, false) >= 2, 1);
}

static void a_newer_schema_is_refused_and_left_alone(void **ptr)
{
	struct world *w = *ptr;
	static const unsigned char newer[4] = {1}; /* big-endian */
	unsigned char ours[4] = {0};
	SCOPED(state_close) struct state *s = open_it(w, false);

	assert_true(state_seen_put(s, "x", "1", &w->e));
	state_close(MOVE_PTR(s));

	SCOPED_CLOSE int fd = open(w->db, O_RDWR);
	int n_before = n_files(w->folder, false);

	assert_int_equal(pread(fd, ours, 4, 60), 4);
	assert_int_equal(pwrite(fd, newer, 4, 60), 4); /* user_version: file format §1.3 */
	assert_false(state_open(w->db, false, &s, w->note, sizeof(w->note), &w->e));
	assert_int_equal(w->e.code, ERR_STATE);
	assert_non_null(strstr(w->e.text, "older"));
	assert_int_equal(n_files(w->folder, false), n_before); /* nothing set aside */

	/* a look goes on, and says why it knows nothing */
	s = open_it(w, true);
	assert_non_null(strstr(w->note, "schema"));
	state_close(MOVE_PTR(s));

	char got[DPKG_VERSION_MAX];
	int64_t when = 0;

	assert_int_equal(pwrite(fd, ours, 4, 60), 4);
	s = open_it(w, false);
	assert_true(state_seen_get(s, "x", got, &when, &w->e));
	assert_string_equal(got, "1");
}

/* As version 3 made them, with a row each. */
#define OLDER                                                                                      \
	"create table hold (name text primary key, until integer not null,"                        \
	" since integer not null, reason text not null) without rowid;"                            \
	"create table wait (name text primary key, version text not null, path text not null,"     \
	" sha256 text not null, url text not null, sha256_from integer not null,"                  \
	" verified_by integer not null, downgrade integer not null, at integer not null,"          \
	" run text not null) without rowid;"                                                       \
	"insert into hold values ('positron', 0, 7, 'exams');"                                     \
	"insert into wait values ('positron', '2.0', '/p', '', '', 1, 1, 1, 7, 'r');"              \
	"pragma user_version = 3;"

static void make_older(const struct world *w)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(w->db, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, OLDER, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void an_older_schema_keeps_its_rows(void **ptr)
{
	struct world *w = *ptr;
	struct state_hold hold;
	bool found = false;

	make_older(w);
	for (int i = 0; i < 2; i++) { /* brought up once, then found so */
		SCOPED(state_close) struct state *s = open_it(w, false);
		SCOPED_FREE struct state_wait *waits = NULL;
		size_t n = 0;

		assert_string_equal(w->note, "");
		assert_true(state_hold_get(s, "positron", &found, &hold, &w->e) && found);
		assert_string_equal(hold.reason, "exams");
		assert_true(state_wait_list(s, &waits, &n, &w->e));
		assert_int_equal(n, 1);
		assert_true(waits[0].allow_downgrade);
		assert_int_equal(waits[0].is_rollback, i == 1);
		assert_string_equal(waits[0].typed, i == 1 ? "2.0" : "");
		assert_int_equal(waits[0].reinstall, i == 1);
		assert_int_equal(waits[0].takes_changed, i == 1);
		waits[0].is_rollback = waits[0].reinstall = waits[0].takes_changed = true;
		assert_true(text_copy(waits[0].typed, sizeof(waits[0].typed), "2.0"));
		assert_true(state_wait_put(s, &waits[0], &w->e));
	}
}

static void the_trail_s_start_is_kept(void **ptr)
{
	struct world *w = *ptr;
	SCOPED(state_close) struct state *s = open_it(w, false);
	struct state_start start = {.begins_at_seq = 9, .current_begins_at_seq = 40, .oldest = 3};
	struct state_start got = {.oldest = 7};

	assert_true(state_start_get(s, &got, &w->e));
	assert_int_equal(got.begins_at_seq + got.current_begins_at_seq + got.oldest, 0);
	assert_true(state_start_put(s, &start, &w->e));
	start.oldest = 4;
	assert_true(state_start_put(s, &start, &w->e));
	state_close(MOVE_PTR(s));
	s = open_it(w, true);
	assert_true(state_start_get(s, &got, &w->e));
	assert_int_equal(got.begins_at_seq, 9);
	assert_int_equal(got.current_begins_at_seq, 40);
	assert_int_equal(got.oldest, 4);
}

static void read_only_never_fails_a_run(void **ptr)
{
	struct world *w = *ptr;
	SCOPED(state_close) struct state *s = open_it(w, true);
	struct state_hold hold = {.name = "x"};
	bool found = true;

	/* missing: empty, and not made */
	assert_string_equal(w->note, "");
	assert_true(state_hold_get(s, "x", &found, &hold, &w->e));
	assert_false(found);
	assert_false(state_hold_put(s, &hold, &w->e));
	assert_int_equal(w->e.code, ERR_STATE);
	assert_int_equal(n_files(w->folder, false), 0);
	state_close(MOVE_PTR(s));

	/* ours: read, and left alone */
	s = open_it(w, false);
	assert_true(state_hold_put(s, &hold, &w->e));
	state_close(MOVE_PTR(s));
	s = open_it(w, true);
	assert_true(state_hold_get(s, "x", &found, &hold, &w->e));
	assert_true(found);
	assert_false(state_hold_put(s, &hold, &w->e));
	state_close(MOVE_PTR(s));

	/* damaged behind the header: nothing known, the fault is told */
	int fd = open(w->db, O_WRONLY);
	char garbage[3000];

	memset(garbage, 0xff, sizeof(garbage));
	assert_int_equal(pwrite(fd, garbage, sizeof(garbage), 100), (ssize_t)sizeof(garbage));
	close(fd);
	s = open_it(w, true);
	found = true;
	assert_true(state_hold_get(s, "x", &found, &hold, &w->e));
	assert_false(found);
	assert_string_not_equal(state_fault(s), "");
	assert_string_equal(w->note, state_fault(s));
}

static void others_may_read_whatever_the_umask(void **ptr)
{
	struct world *w = *ptr;
	mode_t saved = umask(0077);
	struct stat st;

	state_close(open_it(w, false));
	umask(saved);
	assert_int_equal(stat(w->db, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
}

static void runs_are_trimmed(void **ptr)
{
	struct world *w = *ptr;
	SCOPED(state_close) struct state *s = open_it(w, false);
	struct state_run run = {.verb = "check"}, last = {0};
	bool found = false;

	assert_true(state_begin(s, &w->e));
	for (int i = 1; i <= 250; i++) {
		snprintf(run.run, sizeof(run.run), "run-%d", i);
		run.started_unix_ms = i;
		assert_true(state_run_put(s, &run, &w->e));
	}
	assert_true(state_commit(s, &w->e));
	assert_true(state_run_last(s, &found, &last, &w->e));
	assert_string_equal(last.run, "run-250");
}

static void the_newest_runs_come_first(void **ptr)
{
	struct world *w = *ptr;
	SCOPED(state_close) struct state *s = open_it(w, false);
	struct state_run run = {.run = "a", .verb = "upgrade", .started_unix_ms = 5};
	SCOPED_FREE struct state_run *runs = NULL;
	size_t n = 0;

	assert_true(state_run_put(s, &run, &w->e));
	run = (struct state_run){.run = "b", .verb = "hold", .started_unix_ms = 9};
	run.finished_unix_ms = 10;
	run.exit_code = 3;
	assert_true(state_run_put(s, &run, &w->e));
	assert_true(state_run_list(s, 1, &runs, &n, &w->e));
	assert_int_equal(n, 1);
	assert_string_equal(runs[0].run, "b");
	free(MOVE_PTR(runs));
	assert_true(state_run_list(s, 9, &runs, &n, &w->e));
	assert_int_equal(n, 2);
	assert_string_equal(runs[0].verb, "hold");
	assert_int_equal(runs[0].exit_code, 3);
	assert_string_equal(runs[1].run, "a");
	assert_int_equal(runs[1].finished_unix_ms, 0);
}

static void holds_that_are_over_are_not_listed(void **ptr)
{
	struct world *w = *ptr;
	SCOPED(state_close) struct state *s = open_it(w, false);
	struct state_hold hold = {.name = "z", .since_unix_ms = 7, .reason = "exam's week"};
	SCOPED_FREE struct state_hold *holds = NULL;
	size_t n = 9;

	assert_true(state_hold_put(s, &hold, &w->e));
	hold = (struct state_hold){.name = "a", .until_unix_ms = clock_unix_ms() - 1};
	assert_true(state_hold_put(s, &hold, &w->e));
	hold = (struct state_hold){.name = "m", .until_unix_ms = clock_unix_ms() + 60000};
	assert_true(state_hold_put(s, &hold, &w->e));
	assert_true(state_hold_list(s, &holds, &n, &w->e));
	assert_int_equal(n, 2);
	assert_string_equal(holds[0].name, "m");
	assert_string_equal(holds[1].name, "z");
	assert_string_equal(holds[1].reason, "exam's week");
	assert_true(holds[1].since_unix_ms == 7);
}

static void what_is_gone_is_listed_until_it_is_seen_again(void **ptr)
{
	struct world *w = *ptr;
	SCOPED(state_close) struct state *s = open_it(w, false);
	struct state_gone gone = {.name = "x", .version = "1.0", .who = "ana"}, got;
	SCOPED_FREE struct state_gone *list = NULL;
	bool found = true;
	size_t n = 9;

	assert_true(state_gone_get(s, "x", &found, &got, &w->e));
	assert_false(found);
	gone.when_unix_ms = 7;
	snprintf(gone.command, sizeof(gone.command), "apt remove x");
	assert_true(state_gone_put(s, &gone, &w->e));
	assert_true(state_seen_put(s, "x", "", &w->e));
	assert_true(state_gone_list(s, &list, &n, &w->e));
	assert_int_equal(n, 1);
	assert_string_equal(list[0].version, "1.0");
	assert_string_equal(list[0].who, "ana");
	assert_string_equal(list[0].command, "apt remove x");
	assert_true(list[0].when_unix_ms == 7);
	assert_true(state_seen_put(s, "x", "1.1", &w->e));
	free(MOVE_PTR(list));
	assert_true(state_gone_list(s, &list, &n, &w->e));
	assert_int_equal(n, 0);
	assert_true(state_gone_get(s, "x", &found, &got, &w->e));
	assert_true(found);
}

static void file_copy(const char *from, const char *to)
{
	SCOPED_FREE char *text = NULL;
	size_t len = 0;

	assert_true(fs_read(from, 64 << 20, &text, &len, NULL));
	assert_true(len > 0 && fs_replace(to, text, len, 0644, NULL));
}

/* What is on the disk in the midst of a transaction is what a kill leaves: one that is large enough
 * for SQLite to have begun. */
static void a_change_that_was_cut_off_is_taken_back_also_to_read(void **ptr)
{
	struct world *w = *ptr;
	char db[160], journal[160], journal_there[192];
	struct state_hold hold = {.name = "x", .reason = "before"};
	struct document much = {.url = "https://vendor.test/", .len = 8 << 20};
	SCOPED_FREE char *bytes = calloc(1, much.len);
	bool found = false;

	assert_non_null(bytes);
	much.bytes = bytes;
	snprintf(journal, sizeof(journal), "%s-journal", w->db);
	snprintf(db, sizeof(db), "%s/cut.db", w->folder);
	snprintf(journal_there, sizeof(journal_there), "%s-journal", db);
	{
		SCOPED(state_close) struct state *s = open_it(w, false);

		assert_true(state_hold_put(s, &hold, &w->e));
		assert_true(state_begin(s, &w->e));
		snprintf(hold.reason, sizeof(hold.reason), "after");
		assert_true(state_hold_put(s, &hold, &w->e));
		assert_true(state_put_documents(s, "x", "recipe", &much, 1, &w->e));
		file_copy(w->db, db);
		file_copy(journal, journal_there);
	}

	snprintf(w->db, sizeof(w->db), "%s/cut.db", w->folder);
	SCOPED(state_close) struct state *s = open_it(w, true);

	assert_string_equal(w->note, "");
	assert_true(state_hold_get(s, "x", &found, &hold, &w->e));
	assert_true(found);
	assert_string_equal(hold.reason, "before");
	assert_false(state_hold_put(s, &hold, &w->e)); /* still only to be read */
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_make, world_drop)
	const struct CMUnitTest tests[] = {
		TEST(rows_outlive_a_close),
		TEST(a_hold_ends),
		TEST(skips_are_kept),
		TEST(documents_belong_to_a_recipe),
		TEST(the_first_digest_stays),
		TEST(a_sight_of_a_wrong_clock_is_taken_anew),
		TEST(without_a_commit_nothing_stays),
		TEST(the_head_keeps_its_line),
		TEST(garbage_is_set_aside),
		TEST(a_newer_schema_is_refused_and_left_alone),
		TEST(an_older_schema_keeps_its_rows),
		TEST(the_trail_s_start_is_kept),
		TEST(read_only_never_fails_a_run),
		TEST(others_may_read_whatever_the_umask),
		TEST(runs_are_trimmed),
		TEST(the_newest_runs_come_first),
		TEST(holds_that_are_over_are_not_listed),
		TEST(what_is_gone_is_listed_until_it_is_seen_again),
		TEST(a_change_that_was_cut_off_is_taken_back_also_to_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
