/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run says: lines, what is due, the notice on its way, the mail, the catalogue. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "updaters/lib/fs.h"
#include "updaters/telling_journal.h"
#include "updaters/telling_mail.h"
#include "updaters/telling_message.h"

#define DAY_MS  (INT64_C(24) * 3600 * 1000)
#define NOW     INT64_C(1790000000000) /* 21 Sep 2026 */
#define VERSION "2026.08.2+4"

enum { ENTRIES_MAX = 20 };

static const struct updater of_people = {.kind = "python", .acts_as_owner = true};

struct world {
	struct entry *entries;
	bool told[ENTRIES_MAX];
	struct state_left left[ENTRIES_MAX];
	struct state_wait wait;
	struct telling_matter matter;
	struct notice notice;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->entries = calloc(ENTRIES_MAX, sizeof(*w->entries));
	assert_non_null(w->entries);
	w->matter = (struct telling_matter){
		.run = "01a-2b", .entries = w->entries, .left = w->left, .now_unix_ms = NOW};
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < w->matter.n_entries; i++)
		result_clear(&w->entries[i].result);
	free(w->entries);
	free(w);
	return 0;
}

/* One name more in the run. text is the error's where it failed. */
static struct entry *add(struct world *w, const char *name, enum outcome outcome,
	enum reason reason, const char *text)
{
	struct entry *entry = &w->entries[w->matter.n_entries++];
	struct result *r = &entry->result;

	assert_true(w->matter.n_entries <= ENTRIES_MAX);
	text_copy_cut(entry->name, sizeof(entry->name), name);
	text_copy_cut(entry->was, sizeof(entry->was), "2026.08.0+331");
	text_copy_cut(r->installed, sizeof(r->installed), VERSION);
	text_copy_cut(r->release.version, sizeof(r->release.version), VERSION);
	r->outcome = outcome;
	r->reason = reason;
	if (outcome == OUTCOME_FAILED)
		err_set(&r->error, ERR_NETWORK, "%s", text);
	else
		text_copy_cut(r->text, sizeof(r->text), text);
	return entry;
}

/* It has been so for that many days, and was told so many days ago (-1 = never). */
static void add_left(struct world *w, const struct entry *entry, int since_days, int told_days)
{
	struct state_left *left = &w->left[w->matter.n_left++];

	*left = (struct state_left){
		.outcome = entry->result.outcome,
		.reason = entry->result.reason,
		.since_unix_ms = NOW - since_days * DAY_MS,
		.told_unix_ms = told_days < 0 ? 0 : NOW - told_days * DAY_MS,
	};
	text_copy_cut(left->name, sizeof(left->name), entry->name);
}

static void lines(void **state)
{
	static const struct {
		enum outcome outcome;
		enum reason reason;
		const char *text, *line;
		enum telling_event event;
	} cases[] = {
		{OUTCOME_UPDATED, REASON_NONE, "", "x 2026.08.0+331 -> " VERSION " updated",
			TELLING_DONE},
		{OUTCOME_ROLLED_BACK, REASON_NONE, "kept",
			"x 2026.08.0+331 -> " VERSION " rolled back: kept", TELLING_DONE},
		{OUTCOME_FAILED, REASON_NONE, "no route to host; try later",
			"x failed: no route to host; try later", TELLING_FAILED},
		{OUTCOME_DEFERRED, REASON_RUNNING, "open (ana, pid 7)",
			"x " VERSION " waits (running): open (ana, pid 7)", TELLING_DEFERRED},
		{OUTCOME_LICENSE, REASON_NONE, "",
			"x " VERSION " waits for its licence: devupd accept-license x",
			TELLING_LICENSE},
		{OUTCOME_REPAIRED, REASON_NONE, "python3 runs", "x repaired: python3 runs",
			TELLING_REPAIRED},
		{OUTCOME_BROKEN, REASON_NONE, "a\x1b[31mb\nc", "x broken: a\\x1b[31mb\\x0ac",
			TELLING_LEFT},
		{OUTCOME_CURRENT, REASON_NONE, "", "x current", TELLING_NOTHING},
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[TELLING_LINE_MAX];
		const struct entry *entry =
			add(w, "x", cases[i].outcome, cases[i].reason, cases[i].text);

		telling_line(entry, line, sizeof(line));
		assert_string_equal(line, cases[i].line);
		assert_int_equal(telling_event_of(entry), cases[i].event);
	}
}

static void what_its_scripts_did(void **state)
{
	struct entry *entry = add(*state, "x", OUTCOME_UPDATED, REASON_NONE, "");
	static const char *const states[] = {"kept", "restored", "added"};
	char line[TELLING_LINE_MAX];

	entry->updater = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		struct item *item = result_add_item(&entry->result);

		assert_non_null(item);
		snprintf(item->path, sizeof(item->path), "/%zu", i);
		text_copy_cut(item->state, sizeof(item->state), states[i]);
		text_copy_cut(item->text, sizeof(item->text), states[i]);
	}
	telling_line(entry, line, sizeof(line));
	assert_string_equal(
		line, "x 2026.08.0+331 -> " VERSION " updated; /1 restored, and 1 more like it");
}

static void first_installed_and_refused(void **state)
{
	struct entry *entry = add(*state, "x", OUTCOME_INSTALLED, REASON_NONE, "");
	char line[TELLING_LINE_MAX];

	entry->was[0] = '\0';
	telling_line(entry, line, sizeof(line));
	assert_string_equal(line, "x " VERSION " installed");
	entry = add(*state, "x", OUTCOME_FAILED, REASON_NONE, "");
	err_set(&entry->result.error, ERR_DIGEST, "other bytes");
	telling_line(entry, line, sizeof(line));
	assert_string_equal(line, "x " VERSION " refused: other bytes");
	assert_int_equal(telling_event_of(entry), TELLING_REFUSED);
}

static void nothing_to_say(void **state)
{
	struct world *w = *state;

	assert_false(telling_compose(&w->matter, &w->notice, w->told));
	add(w, "a", OUTCOME_CURRENT, REASON_NONE, "");
	add(w, "b", OUTCOME_ABSENT, REASON_NONE, "");
	add(w, "c", OUTCOME_HELD, REASON_NONE, "by ana");
	add(w, "d", OUTCOME_SKIPPED, REASON_NONE, "");
	add(w, "e", OUTCOME_DEFERRED, REASON_COOL_DOWN, "young");
	add(w, "f", OUTCOME_DEFERRED, REASON_PENDING, "announced");
	add(w, "g", OUTCOME_DEFERRED, REASON_OFFLINE, "no network");
	assert_false(telling_compose(&w->matter, &w->notice, w->told));
	for (size_t i = 0; i < ENTRIES_MAX; i++)
		assert_false(w->told[i]);
}

static void one_and_many(void **state)
{
	struct world *w = *state;

	add(w, "rstudio", OUTCOME_FAILED, REASON_NONE, "gone");
	add(w, "positron", OUTCOME_UPDATED, REASON_NONE, "");
	add(w, "a", OUTCOME_LICENSE, REASON_NONE, "");
	add(w, "quarto", OUTCOME_DEFERRED, REASON_RUNNING, "open");
	assert_true(telling_compose(&w->matter, &w->notice, w->told));
	assert_string_equal(w->notice.summary, "1 updated, 1 failed, 1 waits, 1 licence to accept");
	assert_string_equal(w->notice.body,
		"positron 2026.08.0+331 -> " VERSION " updated\n"
		"rstudio failed: gone\n"
		"quarto " VERSION " waits (running): open\n"
		"a " VERSION " waits for its licence: devupd accept-license a");
	assert_true(w->notice.is_urgent);
	add(w, "b", OUTCOME_LICENSE, REASON_NONE, "");
	add(w, "c", OUTCOME_DEFERRED, REASON_SESSION, "");
	add(w, "d", OUTCOME_BROKEN, REASON_NONE, "");
	assert_true(telling_compose(&w->matter, &w->notice, w->told));
	assert_string_equal(
		w->notice.summary, "1 updated, 1 failed, 2 wait, 2 licences to accept, 1 broken");
	for (size_t i = 0; i < w->matter.n_entries; i++)
		assert_true(w->told[i]);
}

static void told_again_after_three_days(void **state)
{
	static const struct {
		enum outcome outcome;
		enum reason reason;
		int since_days, told_days;
		const char *body; /* NULL = silence */
	} cases[] = {
		{OUTCOME_FAILED, REASON_NONE, 0, -1, "x failed: why"},
		{OUTCOME_FAILED, REASON_NONE, 1, 1, NULL},
		{OUTCOME_FAILED, REASON_NONE, 2, 2, NULL},
		{OUTCOME_FAILED, REASON_NONE, 3, 3, "x failed: why, since 18 Sep"},
		{OUTCOME_FAILED, REASON_NONE, 12, 2, NULL},
		{OUTCOME_FAILED, REASON_NONE, 12, 3, "x failed: why, since 9 Sep"},
		{OUTCOME_FAILED, REASON_NONE, 400, 3, "x failed: why, since 17 Aug 2025"},
		{OUTCOME_DEFERRED, REASON_RUNNING, 3, 3,
			"x " VERSION " waits (running): why, since 18 Sep"},
		{OUTCOME_DEFERRED, REASON_METERED, 2, -1, NULL},
		{OUTCOME_DEFERRED, REASON_METERED, 3, -1,
			"x " VERSION " waits (metered): why, since 18 Sep"},
		{OUTCOME_DEFERRED, REASON_COOL_DOWN, 9, -1, NULL},
		{OUTCOME_UPDATED, REASON_NONE, 9, 0, "x 2026.08.0+331 -> " VERSION " updated: why"},
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		w->matter.n_entries = w->matter.n_left = 0;
		add_left(w, add(w, "x", cases[i].outcome, cases[i].reason, "why"),
			cases[i].since_days, cases[i].told_days);
		if (cases[i].outcome == OUTCOME_UPDATED)
			w->matter.n_left = 0;
		w->told[0] = false;

		bool has_news = telling_compose(&w->matter, &w->notice, w->told);

		assert_int_equal(has_news, w->told[0]);
		assert_string_equal(w->notice.body, cases[i].body != NULL ? cases[i].body : "");
	}
}

/* What was left for another reason is another thing. */
static void a_new_reason_is_told_at_once(void **state)
{
	struct world *w = *state;
	struct entry *entry = add(w, "x", OUTCOME_DEFERRED, REASON_RUNNING, "");

	add_left(w, entry, 9, 1);
	entry->result.reason = REASON_SESSION;
	assert_true(telling_compose(&w->matter, &w->notice, w->told));
	assert_null(strstr(w->notice.body, "since"));
}

static void offers(void **state)
{
	struct world *w = *state;

	add(w, "a", OUTCOME_DEFERRED, REASON_RUNNING, "");
	add(w, "b", OUTCOME_DEFERRED, REASON_SESSION, "");
	add(w, "c", OUTCOME_DEFERRED, REASON_RUNNING, "");
	text_copy_cut(w->wait.name, sizeof(w->wait.name), "b");
	w->matter.waits = &w->wait;
	w->matter.n_waits = 1;
	assert_true(telling_compose(&w->matter, &w->notice, w->told));
	assert_int_equal(w->notice.n_offers, NOTICE_OFFERS_MAX);
	assert_string_equal(w->notice.offers[0].name, "a");
	assert_string_equal(w->notice.offers[0].version, VERSION);
	assert_true(w->notice.offers[0].may_wait);
	assert_false(w->notice.offers[1].may_wait); /* it is installed when closed anyway */
}

static void put_item(struct entry *entry, const char *user, enum outcome outcome, const char *path)
{
	struct item *item = result_add_item(&entry->result);

	assert_non_null(item);
	text_copy_cut(item->user, sizeof(item->user), user);
	text_copy_cut(item->path, sizeof(item->path), path);
	text_copy_cut(item->text, sizeof(item->text), "no python");
	item->outcome = outcome;
}

static void each_person_hears_their_own(void **state)
{
	struct world *w = *state;
	struct entry *entry = add(w, "python-venvs", OUTCOME_BROKEN, REASON_NONE, "");

	entry->updater = &of_people;
	put_item(entry, "ana", OUTCOME_REPAIRED, "/home/ana/a");
	put_item(entry, "ana", OUTCOME_BROKEN, "/home/ana/b");
	put_item(entry, "ben", OUTCOME_BROKEN, "/home/ben/c");
	w->matter.user = "ana";
	assert_true(telling_compose(&w->matter, &w->notice, w->told));
	assert_string_equal(w->notice.summary, "1 repaired, 1 broken");
	assert_string_equal(w->notice.body, "python-venvs /home/ana/a repaired: no python\n"
					    "python-venvs /home/ana/b broken: no python");
	w->matter.user = "cleo";
	assert_false(telling_compose(&w->matter, &w->notice, w->told));
	w->matter.user = NULL;
	assert_true(telling_compose(&w->matter, &w->notice, w->told));
	assert_string_equal(w->notice.summary, "1 repaired, 2 broken");
}

/* However much there is, it is whole lines, and fits on its way. */
static void cut_at_its_bounds(void **state)
{
	struct world *w = *state;
	char huge[RECORD_TEXT_MAX];
	struct buf json;

	memset(huge, '\x1b', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	for (size_t i = 0; i < ENTRIES_MAX; i++)
		add(w, "x", i % 2 ? OUTCOME_DEFERRED : OUTCOME_FAILED,
			i % 2 ? REASON_RUNNING : REASON_NONE, huge);
	assert_true(telling_compose(&w->matter, &w->notice, w->told));
	assert_non_null(strstr(w->notice.body, "\nand 8 more: devupd history --run 01a-2b"));
	buf_init(&json, NOTICE_JSON_MAX);
	assert_true(notice_write(&w->notice, &json));

	struct notice *back = calloc(1, sizeof(*back));
	struct err e = {0};

	assert_non_null(back);
	assert_true(notice_read(json.data, json.len, back, &e));
	assert_string_equal(back->body, w->notice.body);
	assert_string_equal(back->summary, "10 failed, 10 wait");
	assert_int_equal(back->n_offers, 2);
	assert_memory_equal(back->offers, w->notice.offers, sizeof(back->offers));
	assert_true(back->is_urgent);
	free(back);
	buf_clear(&json);
}

static void hostile_notices(void **state)
{
	static const struct {
		const char *json;
		bool is_fine;
	} cases[] = {
#define NOTICE(run, summary, body, offers)                                                         \
	"{\"run\":\"" run "\",\"summary\":\"" summary "\",\"body\":\"" body                        \
	"\",\"urgent\":false,\"offers\":[" offers "]}"
#define OFFER(name, version) "{\"name\":\"" name "\",\"version\":\"" version "\",\"may_wait\":true}"
		{NOTICE("a-1", "s", "b\\nc", OFFER("x", "1:2+3~4-5")), true},
		{NOTICE("../a", "s", "b", ""), false},
		{NOTICE("-a", "s", "b", ""), false},
		{NOTICE("", "s", "b", ""), false},
		{NOTICE("a", "s\\nt", "b", ""), false},
		{NOTICE("a", "s", "b\\u001b[31m", ""), false},
		{NOTICE("a", "s", "b\\u202ec", ""), false},
		{NOTICE("a", "s", "b", OFFER("--yes", "1")), false},
		{NOTICE("a", "s", "b", OFFER("x y", "1")), false},
		{NOTICE("a", "s", "b", OFFER("x", "")), false},
		{NOTICE("a", "s", "b", OFFER("x", "1;reboot")), false},
		{NOTICE("a", "s", "b", OFFER("x", "1=2")), false},
		{NOTICE("a", "s", "b", OFFER("x", "1") "," OFFER("y", "1") "," OFFER("z", "1")),
			false},
		{"{}", false},
		{"[]", false},
		{"", false},
		{"{\"run\":", false},
#undef NOTICE
#undef OFFER
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err e = {0};
		bool is_fine = notice_read(cases[i].json, strlen(cases[i].json), &w->notice, &e);

		if (is_fine != cases[i].is_fine)
			fail_msg("%s: %s", cases[i].json, is_fine ? "taken" : e.text);
	}
}

static void mail(void **state)
{
	static const char expected[] =
		"To: root\nSubject: devupd: 1 updated on mint\n"
		"Date: Mon, 21 Sep 2026 14:13:20 +0000\nMIME-Version: 1.0\n"
		"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
		"Auto-Submitted: auto-generated\n\nline\nline \xc3\xa9\n\n"
		"The run in full: devupd history --run 1-a\n";
	struct notice n = {.run = "1-a", .summary = "1 updated", .body = "line\nline \xc3\xa9"};
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	assert_true(telling_mail_write(&n, "root", "mint", NOW, &out));
	assert_string_equal(buf_str(&out), expected);
	buf_reset(&out);
	text_copy_cut(n.summary, sizeof(n.summary), "1\r\nBcc: eve\xc3\xa9");
	assert_true(telling_mail_write(&n, "root\nBcc: eve", "mint\nBcc: eve", NOW, &out));
	assert_non_null(strstr(buf_str(&out),
		"To: root\nSubject: devupd: 1??Bcc: eve?? on this computer\nDate: "));
	assert_null(strstr(buf_str(&out), "\nBcc"));
	buf_clear(&out);
}

static void the_end(void **state)
{
	struct world *w = *state;
	char line[TELLING_LINE_MAX];

	telling_end_line("hold", NULL, 0, 0, line, sizeof(line));
	assert_string_equal(line, "hold: done");
	telling_end_line("upgrade", NULL, 0, 5, line, sizeof(line));
	assert_string_equal(line, "upgrade: ended (exit code 5)");
	add(w, "a", OUTCOME_CURRENT, REASON_NONE, "");
	telling_end_line("upgrade", w->entries, 1, 0, line, sizeof(line));
	assert_string_equal(line, "upgrade: nothing to do");
	add(w, "b", OUTCOME_FAILED, REASON_NONE, "x");
	add(w, "c", OUTCOME_UPDATED, REASON_NONE, "");
	add(w, "d", OUTCOME_UPDATED, REASON_NONE, "");
	telling_end_line("upgrade", w->entries, 4, 3, line, sizeof(line));
	assert_string_equal(line, "upgrade: 2 updated, 1 failed (exit code 3)");
}

/* Each id of the table has its text, and each text its id. */
static void the_catalogue(void **state)
{
	SCOPED_FREE char *text = NULL;
	struct err e = {0};
	size_t n_ids = 0, n_texts = 0;

	(void)state;
	if (!fs_read(DEVUPD_FIXTURES "/../../packaging/journal/devupd.catalog", 64 << 10, &text,
		    NULL, &e))
		fail_msg("%s", e.text);
	for (int event = TELLING_NOTHING + 1; event < TELLING_N_EVENTS; event++) {
		const char *id = telling_message_id((enum telling_event)event);
		char head[64];

		assert_non_null(id);
		assert_true(text_is_hex(id, 32) && strlen(id) == 32);
		snprintf(head, sizeof(head), "\n-- %s\nSubject: ", id);
		if (strstr(text, head) == NULL)
			fail_msg("no text of %s", id);
		n_ids++;
	}
	for (const char *at = text; (at = strstr(at, "\n-- ")) != NULL; at++)
		n_texts++;
	assert_int_equal(n_texts, n_ids);
	assert_null(telling_message_id(TELLING_NOTHING));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(lines),
		TEST(what_its_scripts_did),
		TEST(first_installed_and_refused),
		TEST(nothing_to_say),
		TEST(one_and_many),
		TEST(told_again_after_three_days),
		TEST(a_new_reason_is_told_at_once),
		TEST(offers),
		TEST(each_person_hears_their_own),
		TEST(cut_at_its_bounds),
		TEST(hostile_notices),
		TEST(mail),
		TEST(the_end),
		TEST(the_catalogue),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
