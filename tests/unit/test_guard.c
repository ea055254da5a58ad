/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of the guard, on a root of their own; tests/e2e/guard.bats has the whole of it. */
#include "updaters/deb/guard_photo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/deb/guard_owner.h"
#include "updaters/deb/guard_saved.h"
#include "updaters/deb/guard_tell.h"
#include "updaters/deb/setuid.h"
#include "updaters/lib/child.h"
#include "updaters/lib/fs.h"

#define LIST     "etc/apt/sources.list.d/a.list"
#define SOURCES  "etc/apt/sources.list.d/b.sources"
#define KEY      "usr/share/keyrings/a.gpg"
#define PIN      "etc/apt/preferences.d/pin"
#define LIST_OLD "deb [signed-by=/" KEY "] https://a.test/x stable main\n"

static void put(const char *path, const char *text)
{
	struct err e = {0};

	if (!fs_replace(path, text, strlen(text), 0644, &e))
		fail_msg("%s", e.text);
}

static int make_root(void **state)
{
	static const char *const folders[] = {"etc/apt/sources.list.d", "etc/apt/preferences.d",
		"etc/apt/trusted.gpg.d", "usr/share/keyrings"};
	char folder[] = "/tmp/test_guard.XXXXXX";

	*state = mkdtemp(folder) != NULL ? realpath(folder, NULL) : NULL;
	if (*state == NULL || chdir(*state) != 0)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		if (!fs_make_folders(folders[i], 0755, NULL))
			return 1;
	}
	put(LIST, LIST_OLD);
	put(KEY, "key of a\n");
	return 0;
}

static int remove_root(void **state)
{
	const char *const argv[] = {"/bin/rm", "-rf", *state, NULL};
	struct child_spec spec = {.argv = argv};
	pid_t pid = 0;
	int status = -1;
	bool is_gone = chdir("/") == 0 && child_start(&spec, &pid, NULL) &&
		       child_wait(pid, &status, NULL) && status == 0;

	free(*state);
	return !is_gone;
}

static void take(const char *root, const struct guard_photo *before, struct guard_photo *out)
{
	struct err e = {0};

	if (!guard_photo_take(root, before, out, &e))
		fail_msg("%s", e.text);
}

static struct guard_entry *entry_of(const char *root, const struct guard_photo *p, const char *name)
{
	char path[PATH_MAX];

	assert_true(fs_join(path, sizeof(path), root, name));
	return guard_photo_find(p, path);
}

/* --- the photograph ---------------------------------------------------------- */

static void what_it_holds(void **state)
{
	SCOPED_CLEAR(guard_photo_clear) struct guard_photo p = {0};
	struct guard_entry *entry;

	put("etc/apt/preferences.d/big", "");
	assert_int_equal(truncate("etc/apt/preferences.d/big", GUARD_FILE_MAX + 1), 0);
	put("etc/apt/preferences.d/vast", "");
	assert_int_equal(truncate("etc/apt/preferences.d/vast", GUARD_DIGEST_MAX + 1), 0);
	assert_int_equal(symlink("/etc/shadow", "etc/apt/preferences.d/link"), 0);
	assert_int_equal(mkfifo("etc/apt/preferences.d/fifo", 0600), 0);
	take(*state, NULL, &p);
	entry = entry_of(*state, &p, LIST);
	assert_non_null(entry);
	assert_string_equal(entry->bytes, LIST_OLD);
	assert_int_equal(strlen(entry->sha256), 64);
	assert_true(guard_entry_is_source(entry));
	assert_false(guard_entry_is_source(entry_of(*state, &p, KEY)));
	entry = entry_of(*state, &p, "etc/apt/preferences.d/big");
	assert_null(entry->bytes);
	assert_int_equal(strlen(entry->sha256), 64);
	entry = entry_of(*state, &p, "etc/apt/preferences.d/vast");
	assert_null(entry->bytes);
	assert_string_equal(entry->sha256, "");
	entry = entry_of(*state, &p, "etc/apt/preferences.d/link");
	assert_string_equal(entry->target, "/etc/shadow");
	assert_null(entry->bytes);
	assert_true(S_ISFIFO(entry_of(*state, &p, "etc/apt/preferences.d/fifo")->mode));
	assert_null(entry_of(*state, &p, "etc/apt/sources.list"));
	assert_false(p.is_cut);
}

static void no_more_than_its_bounds(void **state)
{
	SCOPED_CLEAR(guard_photo_clear) struct guard_photo p = {0};
	SCOPED_FREE char *text = calloc(1, GUARD_FILE_MAX + 1);
	char name[64];
	size_t n_kept = 0;

	assert_non_null(text);
	for (size_t i = 0; i < GUARD_FILE_MAX; i++)
		text[i] = 'x';
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "etc/apt/trusted.gpg.d/%d", i);
		put(name, text);
	}
	take(*state, NULL, &p);
	assert_true(p.kept_bytes <= GUARD_BYTES_MAX);
	for (size_t i = 0; i < p.n_entries; i++)
		n_kept += p.entries[i].bytes != NULL;
	assert_in_range(n_kept, 15, 17); /* 4 MiB of them, and the source */
	guard_photo_clear(&p);
	for (int i = 0; i < GUARD_ENTRIES_MAX + 10; i++) {
		snprintf(name, sizeof(name), "usr/share/keyrings/%d", i);
		close(open(name, O_CREAT | O_WRONLY, 0644));
	}
	take(*state, NULL, &p);
	assert_true(p.is_cut);
	assert_int_equal(p.n_entries, GUARD_ENTRIES_MAX);
	assert_non_null(entry_of(*state, &p, LIST));
}

/* A key elsewhere that a source names, of before and after. */
static void a_key_that_a_source_names(void **state)
{
	SCOPED_CLEAR(guard_photo_clear) struct guard_photo before = {0}, after = {0};
	SCOPED_FREE struct guard_difference *d = NULL;
	size_t n = 0;

	put("key.gpg", "key");
	put("etc/apt/sources.list.d/c.sources", "URIs: https://c.test\nSigned-By: /key.gpg\n");
	take(*state, NULL, &before);
	assert_true(entry_of(*state, &before, "key.gpg")->is_named);
	assert_false(entry_of(*state, &before, KEY)->is_named);
	unlink("key.gpg");
	unlink("etc/apt/sources.list.d/c.sources");
	take(*state, &before, &after);
	assert_true(guard_photo_compare(&before, &after, &d, &n));
	assert_int_equal(n, 2);
	assert_true(text_ends(d[1].was->path, "/key.gpg"));
	assert_int_equal(d[1].how, GUARD_DELETED);
}

static void what_differs(void **state)
{
	SCOPED_CLEAR(guard_photo_clear) struct guard_photo before = {0}, after = {0};
	SCOPED_FREE struct guard_difference *d = NULL;
	struct timespec later[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	size_t n = 0;

	put("etc/apt/preferences.d/time", "x");
	put("etc/apt/preferences.d/mode", "x");
	put("etc/apt/preferences.d/type", "x");
	take(*state, NULL, &before);
	utimensat(AT_FDCWD, "etc/apt/preferences.d/time", later, 0);
	chmod("etc/apt/preferences.d/mode", 0666);
	unlink("etc/apt/preferences.d/type");
	assert_int_equal(mkdir("etc/apt/preferences.d/type", 0755), 0);
	put("etc/apt/preferences.d/new", "x");
	put(LIST, "# switched off\n");
	unlink(KEY);
	take(*state, &before, &after);
	assert_true(guard_photo_compare(&before, &after, &d, &n));
	assert_int_equal(n, 5);
	assert_true(d[0].how == GUARD_CHANGED && text_ends(d[0].was->path, "/mode"));
	assert_true(d[1].how == GUARD_ADDED && text_ends(d[1].is->path, "/new"));
	assert_true(d[2].how == GUARD_CHANGED && S_ISDIR(d[2].is->mode));
	assert_true(d[3].how == GUARD_CHANGED && text_ends(d[3].was->path, LIST));
	assert_true(d[4].how == GUARD_DELETED && text_ends(d[4].was->path, KEY));
}

/* --- on disk ----------------------------------------------------------------- */

static void saved_and_read_back(void **state)
{
	SCOPED_CLEAR(guard_saved_clear) struct guard_saved s = {.run = "1-a"}, back = {0};
	SCOPED_FREE struct guard_difference *d = NULL;
	struct err e = {0};
	struct stat st;
	size_t n = 0;

	text_copy_cut(s.packages, sizeof(s.packages), "one two");
	assert_int_equal(symlink("/x", "etc/apt/preferences.d/link"), 0);
	take(*state, NULL, &s.photo);
	s.photo.entries[1].is_to_put_back = true;
	s.photo.entries[1].owner = strdup("apt");
	if (!guard_saved_write("saved", &s, &e))
		fail_msg("%s", e.text);
	assert_int_equal(lstat("saved", &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	/* below /tmp, which others may write: not trusted */
	assert_false(guard_saved_read("saved", &back, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	if (geteuid() != 0)
		return;

	char path[] = "/var/lib/test_guard.XXXXXX";

	close(mkstemp(path));
	assert_true(guard_saved_write(path, &s, &e));
	assert_true(guard_saved_read(path, &back, &e));
	assert_string_equal(back.run, "1-a");
	assert_string_equal(back.packages, "one two");
	assert_true(guard_photo_compare(&s.photo, &back.photo, &d, &n));
	assert_int_equal(n, 0);
	assert_true(back.photo.entries[1].is_to_put_back);
	assert_string_equal(back.photo.entries[1].owner, "apt");
	assert_null(back.photo.entries[0].owner);

	/* cut off anywhere, or with any byte changed: refused, or read, and never out of bounds */
	SCOPED_FREE char *raw = NULL;
	size_t len = 0;

	assert_true(fs_read(path, 1 << 20, &raw, &len, &e));
	for (size_t cut = 0; cut < len; cut += 7) {
		SCOPED_CLEAR(guard_saved_clear) struct guard_saved half = {0};

		assert_true(fs_replace(path, raw, cut, 0600, &e));
		assert_false(guard_saved_read(path, &half, &e));
	}
	for (size_t i = 0; i < len && i < 600; i++) {
		SCOPED_CLEAR(guard_saved_clear) struct guard_saved odd = {0};

		raw[i] = (char)(raw[i] ^ 0xff);
		assert_true(fs_replace(path, raw, len, 0600, &e));
		(void)!guard_saved_read(path, &odd, &e);
		raw[i] = (char)(raw[i] ^ 0xff);
	}
	unlink(path);
}

/* --- what becomes of it ------------------------------------------------------ */

static bool is_positron(const void *user, const char *package)
{
	(void)user;
	return text_equal(package, "positron");
}

struct scene {
	struct guard_photo before, after;
	struct guard_finding *findings;
	size_t n;
};

static void scene_clear(struct scene *s)
{
	free(s->findings);
	guard_photo_clear(&s->before);
	guard_photo_clear(&s->after);
}

/* before was taken; what is there now is compared with it. Paths begin with the root: the keys that
 * sources name do not, unless a test writes them so. */
static void scene_end(struct scene *s, const char *root)
{
	SCOPED_FREE struct guard_difference *d = NULL;

	take(root, &s->before, &s->after);
	assert_true(guard_photo_compare(&s->before, &s->after, &d, &s->n));
	s->findings = calloc(s->n + 1, sizeof(*s->findings));
	assert_non_null(s->findings);
	for (size_t i = 0; i < s->n; i++)
		s->findings[i].difference = d[i];
}

static void judge(struct scene *s, int64_t dpkg_done_s)
{
	struct guard_question q = {
		.before = &s->before, .is_touched = is_positron, .dpkg_done_s = dpkg_done_s};

	guard_judge(&q, s->findings, s->n);
}

static enum guard_fate fate_of(const struct scene *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct guard_difference *d = &s->findings[i].difference;

		if (text_ends(d->was != NULL ? d->was->path : d->is->path, name))
			return s->findings[i].fate;
	}
	fail_msg("no difference of %s", name);
	return GUARD_TOLD;
}

static void deleted_alone_comes_back(void **state)
{
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	take(*state, NULL, &s.before);
	unlink(LIST);
	unlink(KEY);
	put(SOURCES, "URIs: https://other.test/\n");
	scene_end(&s, *state);
	judge(&s, 0);
	assert_int_equal(fate_of(&s, LIST), GUARD_BACK);
	assert_int_equal(fate_of(&s, KEY), GUARD_BACK);
	assert_int_equal(fate_of(&s, SOURCES), GUARD_TOLD);
	judge(&s, 1); /* the folder changed long after dpkg was done */
	assert_int_equal(fate_of(&s, LIST), GUARD_LATE);
}

static void a_source_that_takes_its_place(void **state)
{
	static const struct {
		const char *now;
		enum guard_fate list, key;
	} rows[] = {
		{"URIs: http://A.test/x/\n", GUARD_REPLACED, GUARD_REPLACED},
		{"URIs: https://z.test https://a.test/x\n", GUARD_REPLACED, GUARD_REPLACED},
		/* the key is still named: it must be there */
		{"URIs: https://a.test/x\nSigned-By: %s/" KEY "\n", GUARD_REPLACED, GUARD_BACK},
		{"Enabled: no\nURIs: https://a.test/x\n", GUARD_BACK, GUARD_BACK},
		{"URIs: https://a.test/y\n", GUARD_BACK, GUARD_BACK},
	};
	char list[PATH_MAX], now[PATH_MAX];

	snprintf(list, sizeof(list), "deb [signed-by=%s/%s] https://a.test/x s m\n", (char *)*state,
		KEY);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		SCOPED_CLEAR(scene_clear) struct scene s = {0};
		const char *root = strstr(rows[i].now, "%s");

		put(LIST, list);
		put(KEY, "key of a\n");
		unlink(SOURCES);
		take(*state, NULL, &s.before);
		unlink(LIST);
		unlink(KEY);
		snprintf(now, sizeof(now), "%.*s%s%s",
			(int)(root != NULL ? root - rows[i].now : PATH_MAX), rows[i].now,
			root != NULL ? (char *)*state : "", root != NULL ? root + 2 : "");
		put(SOURCES, now);
		scene_end(&s, *state);
		judge(&s, 0);
		if (fate_of(&s, LIST) != rows[i].list || fate_of(&s, KEY) != rows[i].key)
			fail_msg("%s: %d %d", rows[i].now, fate_of(&s, LIST), fate_of(&s, KEY));
	}
}

/* Also a source that was there before, and names it now; and one too large to be read. */
static void a_source_that_changed(void **state)
{
	SCOPED_CLEAR(scene_clear) struct scene s = {0}, big = {0};

	put(SOURCES, "URIs: https://b.test/\n");
	take(*state, NULL, &s.before);
	unlink(LIST);
	put(SOURCES, "URIs: https://b.test/ https://a.test/x\n");
	scene_end(&s, *state);
	judge(&s, 0);
	assert_int_equal(fate_of(&s, LIST), GUARD_REPLACED);
	assert_int_equal(fate_of(&s, SOURCES), GUARD_TOLD);

	put(LIST, LIST_OLD);
	take(*state, NULL, &big.before);
	unlink(LIST);
	assert_int_equal(truncate(SOURCES, GUARD_FILE_MAX + 1), 0);
	scene_end(&big, *state);
	judge(&big, 0);
	assert_int_equal(fate_of(&big, LIST), GUARD_REPLACED);
}

static void whose_it_is(void **state)
{
	static const struct {
		const char *was, *now; /* owners */
		enum guard_fate fate;
	} rows[] = {
		{NULL, "", GUARD_BACK},
		{"positron", "positron", GUARD_OWN}, /* one that is to change: its own business */
		{"code", "code", GUARD_BACK},        /* another's, which dpkg still lists */
		{"code", "", GUARD_OWN},             /* which dpkg lists no more */
		{"apt, positron", "apt", GUARD_OWN},
	};
	SCOPED_CLEAR(scene_clear) struct scene s = {0};

	take(*state, NULL, &s.before);
	unlink(KEY);
	scene_end(&s, *state);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct guard_entry *was = s.findings[0].difference.was;

		was->owner = rows[i].was != NULL ? strdup(rows[i].was) : NULL;
		text_copy_cut(s.findings[0].owner, sizeof(s.findings[0].owner), rows[i].now);
		judge(&s, 0);
		assert_int_equal(s.findings[0].fate, rows[i].fate);
		free(MOVE_PTR(was->owner));
	}
}

static void put_source(const char *root, const char *key)
{
	char text[PATH_MAX + 80];

	snprintf(text, sizeof(text), "deb [signed-by=%s/%s] https://a.test/x stable main\n", root,
		key);
	put(LIST, text);
}

/* Equal bytes count where apt looks for such, and nowhere else. */
static void under_another_name(void **state)
{
	static const struct {
		const char *from, *to;
		const char *names_now; /* the source's key afterwards */
		enum guard_fate fate;
	} rows[] = {
		{PIN, PIN "2", KEY, GUARD_MOVED},
		{PIN, PIN ".bak", KEY, GUARD_BACK},
		{PIN, "etc/apt/trusted.gpg.d/pin", KEY, GUARD_BACK},
		{KEY, "usr/share/keyrings/b.gpg", "usr/share/keyrings/b.gpg", GUARD_MOVED},
		{KEY, "usr/share/keyrings/b.gpg", KEY, GUARD_BACK},
		{KEY, "etc/apt/trusted.gpg.d/a.gpg", KEY, GUARD_BACK},
		{LIST, LIST ".save", KEY, GUARD_BACK},
		{LIST, "etc/apt/sources.list.d/c.list", KEY, GUARD_REPLACED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		SCOPED_CLEAR(scene_clear) struct scene s = {0};

		put(PIN, "Package: *\n");
		put_source(*state, KEY);
		take(*state, NULL, &s.before);
		if (!text_equal(rows[i].names_now, KEY))
			put_source(*state, rows[i].names_now);
		assert_int_equal(rename(rows[i].from, rows[i].to), 0);
		scene_end(&s, *state);
		judge(&s, 0);
		assert_int_equal(fate_of(&s, rows[i].from), rows[i].fate);
		assert_int_equal(rename(rows[i].to, rows[i].from), 0);
	}
}

/* dpkg's status tells of the run that was cut off, or of one days later. */
static void when_it_was_done(void **state)
{
	(void)state;
	assert_int_equal(guard_done_s(1000, 1000), 1000);
	assert_int_equal(guard_done_s(1000, 1060), 1060);
	assert_int_equal(guard_done_s(1000, 1000 + 2 * 86400), 1000 + 3600);
	assert_int_equal(guard_done_s(1000, 900), 900); /* it never began */
}

/* --- put back ---------------------------------------------------------------- */

static bool is_always(char *why, size_t size)
{
	text_copy_cut(why, size, "");
	return true;
}

static bool is_never(char *why, size_t size)
{
	text_copy_cut(why, size, "E: never");
	return false;
}

/* What apt would say of a source that stands against another. */
static bool is_without_list(char *why, size_t size)
{
	text_copy_cut(why, size, "E: list");
	return access(LIST, F_OK) < 0;
}

static void mend_scene(struct scene *s, const char *root, struct guard_bench *bench)
{
	take(root, NULL, &s->before);
	unlink(LIST);
	unlink(KEY);
	scene_end(s, root);
	judge(s, 0);
	guard_mend(bench, s->findings, s->n);
}

static void both_come_back(void **state)
{
	SCOPED_CLEAR(scene_clear) struct scene s = {0};
	struct guard_bench bench = {.is_readable = is_always};
	SCOPED_FREE char *text = NULL;

	mend_scene(&s, *state, &bench);
	assert_int_equal(fate_of(&s, LIST), GUARD_RESTORED);
	assert_int_equal(fate_of(&s, KEY), GUARD_RESTORED);
	assert_true(fs_read(LIST, 1000, &text, NULL, NULL));
	assert_string_equal(text, LIST_OLD);
}

static void one_that_apt_can_t_bear(void **state)
{
	SCOPED_CLEAR(scene_clear) struct scene s = {0};
	struct guard_bench bench = {.is_readable = is_without_list};

	mend_scene(&s, *state, &bench);
	assert_int_equal(fate_of(&s, LIST), GUARD_UNDONE);
	assert_int_equal(fate_of(&s, KEY), GUARD_RESTORED);
	assert_int_equal(access(LIST, F_OK), -1);
	assert_int_equal(access(KEY, F_OK), 0);
}

static void apt_can_t_read_them_anyway(void **state)
{
	SCOPED_CLEAR(scene_clear) struct scene s = {0};
	struct guard_bench bench = {.is_readable = is_never};

	mend_scene(&s, *state, &bench);
	assert_int_equal(fate_of(&s, LIST), GUARD_UNDONE);
	assert_int_equal(fate_of(&s, KEY), GUARD_UNDONE);
	assert_string_equal(s.findings[0].why, "E: never (without it, too)");
	assert_int_equal(access(LIST, F_OK), -1);
}

/* A run was cut off behind the restoring: what lies there is judged, and taken away if it must. */
static void what_a_cut_off_run_put_back(void **state)
{
	SCOPED_CLEAR(scene_clear) struct scene s = {0};
	struct guard_bench bench = {.is_readable = is_without_list};

	take(*state, NULL, &s.before);
	unlink(LIST);
	scene_end(&s, *state);
	put(LIST, LIST_OLD);
	s.findings[0].difference.is = s.findings[0].difference.was;
	judge(&s, 0);
	assert_int_equal(fate_of(&s, LIST), GUARD_BACK);
	guard_mend(&bench, s.findings, s.n);
	assert_int_equal(fate_of(&s, LIST), GUARD_UNDONE);
	assert_int_equal(access(LIST, F_OK), -1);
}

static void one_that_is_in_the_way(void **state)
{
	SCOPED_CLEAR(scene_clear) struct scene s = {0};
	struct guard_bench bench = {.is_readable = is_always};

	take(*state, NULL, &s.before);
	unlink(LIST);
	scene_end(&s, *state);
	judge(&s, 0);
	put(LIST, "# somebody was faster\n");
	guard_mend(&bench, s.findings, s.n);
	assert_int_equal(fate_of(&s, LIST), GUARD_STUCK);
	assert_non_null(strstr(s.findings[0].why, "File exists"));
}

static void too_large_to_be_kept(void **state)
{
	SCOPED_CLEAR(scene_clear) struct scene s = {0};
	struct guard_bench bench = {.is_readable = is_always};

	assert_int_equal(truncate(KEY, GUARD_FILE_MAX + 1), 0);
	mend_scene(&s, *state, &bench);
	assert_int_equal(fate_of(&s, KEY), GUARD_STUCK);
	assert_int_equal(access(KEY, F_OK), -1);
}

/* --- told -------------------------------------------------------------------- */

static void what_is_said(void **state)
{
	SCOPED_CLEAR(scene_clear) struct scene s = {0};
	SCOPED_CLEAR(result_clear) struct result r = {0};
	char copies[PATH_MAX];
	struct guard_bench bench = {.is_readable = is_without_list, .copies = copies};
	struct stat st;

	assert_true(fs_join(copies, sizeof(copies), *state, "copies"));
	put("etc/apt/auth.conf", "password secret\n");
	mend_scene(&s, *state, &bench);
	guard_tell(&bench, "positron", s.findings, s.n, false, &r);
	assert_int_equal(r.n_items, 2);
	assert_int_equal(r.n_changes, 3); /* the key went, and came back */
	assert_string_equal(r.items[0].state, "deleted");
	assert_int_equal(r.items[0].outcome, OUTCOME_BROKEN);
	assert_non_null(strstr(r.items[0].text, "; if it must be there: sudo cp -a "));
	assert_string_equal(r.items[1].text, "was deleted by positron's scripts: restored");
	assert_int_equal(lstat("copies", &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
	assert_true(text_starts(r.changes[0].from, "sha256:"));
	assert_string_equal(r.changes[0].to, "");
}

static void logins_and_crowds(void **state)
{
	SCOPED_CLEAR(scene_clear) struct scene s = {0};
	SCOPED_CLEAR(result_clear) struct result r = {0};
	struct guard_bench bench = {.is_readable = is_always};
	char name[64];

	take(*state, NULL, &s.before);
	put("etc/apt/auth.conf", "password secret\n");
	for (int i = 0; i < GUARD_TOLD_MAX + 10; i++) {
		snprintf(name, sizeof(name), "etc/apt/trusted.gpg.d/%d", i);
		put(name, "x");
	}
	scene_end(&s, *state);
	judge(&s, 0);
	guard_tell(&bench, "one two", s.findings, s.n, true, &r);
	assert_int_equal(r.n_items, GUARD_TOLD_MAX + 1);
	assert_true(text_ends(r.changes[0].path, "/auth.conf"));
	assert_string_equal(r.changes[0].to, "file");
	assert_string_equal(r.items[0].text, "was added by the scripts of one, two");
	assert_non_null(strstr(r.items[GUARD_TOLD_MAX].text, "not all of them"));
}

/* --- dpkg's lists ------------------------------------------------------------ */

static void on_owner(void *user, const char *path, const char *owners)
{
	snprintf(user, 256, "%s=%s", path, owners);
}

static void dpkg_says_whose(void **state)
{
	static const char *const paths[] = {
		"/usr/bin/dpkg*", "/nobody's", "/usr/bin/dpkg-query", "/a\nb"};
	char found[256] = "";

	(void)state;
	guard_owners_find(paths, ARRAY_SIZE(paths), on_owner, found);
	assert_string_equal(found, "/usr/bin/dpkg-query=dpkg");
	assert_true(guard_owner_is_any("apt, positron", is_positron, NULL));
	assert_false(guard_owner_is_any("apt, positron-x", is_positron, NULL));
	assert_false(guard_owner_is_any(NULL, is_positron, NULL));
}

static void files_with_somebody_s_rights(void **state)
{
	SCOPED_CLEAR(setuid_clear) struct setuid_files none = {0}, before = {0}, now = {0};
	SCOPED_CLEAR(result_clear) struct result r = {0};
	SCOPED_CLEAR(buf_clear) struct buf list;
	static const char *const names[] = {"one", "two", "three", "gone"};

	buf_init(&list, 1 << 16);
	buf_printf(&list, "/.\n%s\n", (char *)*state);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		buf_printf(&list, "%s/%s\n", (char *)*state, names[i]);
	put("one", "");
	put("two", "");
	put("three", "");
	put("p.list", buf_str(&list));
	put("q:amd64.list", buf_str(&list));
	chmod("one", 04755);
	setuid_find(*state, "absent", "amd64", &none);
	assert_false(none.was_there);
	setuid_find(*state, "p", "amd64", &before);
	assert_int_equal(before.paths.n_items, 1);
	chmod("two", 02755);
	chmod("three", 0777);
	setuid_find(*state, "q", "amd64", &now);
	assert_int_equal(now.paths.n_items, 2);
	setuid_tell(&before, &now, &r);
	assert_int_equal(r.n_items, 1);
	assert_true(text_ends(r.items[0].path, "/two"));
	assert_non_null(strstr(r.items[0].text, "runs as group "));
	assert_non_null(strstr(r.items[0].text, "in the version before it did not"));
	assert_string_equal(r.changes[0].from, "not set-id");
	setuid_tell(&none, &now, &r);
	assert_int_equal(r.n_items, 3);
	assert_string_equal(r.changes[1].from, "");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_it_holds),
		TEST(no_more_than_its_bounds),
		TEST(a_key_that_a_source_names),
		TEST(what_differs),
		TEST(saved_and_read_back),
		TEST(deleted_alone_comes_back),
		TEST(a_source_that_takes_its_place),
		TEST(a_source_that_changed),
		TEST(whose_it_is),
		TEST(under_another_name),
		TEST(when_it_was_done),
		TEST(both_come_back),
		TEST(one_that_apt_can_t_bear),
		TEST(apt_can_t_read_them_anyway),
		TEST(what_a_cut_off_run_put_back),
		TEST(one_that_is_in_the_way),
		TEST(too_large_to_be_kept),
		TEST(what_is_said),
		TEST(logins_and_crowds),
		TEST(dpkg_says_whose),
		TEST(files_with_somebody_s_rights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
