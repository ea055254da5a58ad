/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person and a script are told, in pipes and on terminals of 40, 80 and 200 columns. */
#include "cmd/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pty.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/json.h"

#define SHIPPED DEVUPD_FIXTURES "/../../config/recipes"

enum { ENTRIES_MAX = 4, SCREEN_MAX = 16384 };

struct world {
	char folder[64];
	struct run run;
	struct options o;
};

static void ok(bool is_fine, const struct err *e)
{
	if (!is_fine)
		fail_msg("%s", e->text);
}

static int world_make(void **out)
{
	struct world *w = calloc(1, sizeof(*w));
	const char *folders[] = {SHIPPED, DEVUPD_FIXTURES "/plan"};
	char db[128];
	struct err e = {0};

	assert_non_null(w);
	assert_true(text_copy(w->folder, sizeof(w->folder), "/tmp/test_report.XXXXXX"));
	assert_non_null(mkdtemp(w->folder));
	snprintf(db, sizeof(db), "%s/state.db", w->folder);
	w->run.host = (struct host){
		.arch = "amd64",
		.os = "linuxmint",
		.os_version = "22",
		.os_name = "Linux Mint 22",
		.base = "noble",
		.base_family = "ubuntu",
	};
	w->run.setup.verb = "check";
	assert_true(text_copy(w->run.id, sizeof(w->run.id), "019aa1b2c3d4-00112233"));
	w->run.started_unix_ms = clock_unix_ms() - 72000;
	ok(state_open(db, false, &w->run.state, w->run.state_note, sizeof(w->run.state_note), &e),
		&e);
	ok(recipes_load(
		   folders, ARRAY_SIZE(folders), NULL, &w->run.host, false, &w->run.recipes, &e),
		&e);
	w->run.plan.entries = calloc(ENTRIES_MAX, sizeof(struct entry));
	assert_non_null(w->run.plan.entries);
	*out = w;
	return 0;
}

static int world_drop(void **state)
{
	struct world *w = *state;
	char db[128];

	snprintf(db, sizeof(db), "%s/state.db", w->folder);
	plan_clear(&w->run.plan);
	recipes_clear(&w->run.recipes);
	state_close(w->run.state);
	strings_clear(&w->o.names);
	unlink(db);
	rmdir(w->folder);
	free(w);
	return 0;
}

static struct entry *add(struct world *w, const char *name, enum outcome outcome,
	const char *installed, const char *available)
{
	struct entry *entry = &w->run.plan.entries[w->run.plan.n_entries++];
	const struct recipe_entry *source = recipes_find(&w->run.recipes, name);
	struct err ignored = {0};

	assert_true(w->run.plan.n_entries <= ENTRIES_MAX);
	result_init(&entry->result);
	assert_true(text_copy(entry->name, sizeof(entry->name), name));
	entry->recipe = source != NULL ? source->recipe : NULL;
	entry->is_present = installed[0] != '\0';
	entry->result.outcome = outcome;
	assert_true(text_copy(entry->result.installed, sizeof(entry->result.installed), installed));
	assert_true(text_copy(entry->result.available, sizeof(entry->result.available), available));
	if (installed[0] != '\0' && entry->recipe != NULL)
		assert_true(recipe_version_installed(
			entry->recipe, installed, entry->was, sizeof(entry->was), &ignored));
	return entry;
}

static struct entry *add_said(
	struct world *w, const char *name, enum outcome outcome, const char *text)
{
	struct entry *entry = add(w, name, outcome, "", "");

	assert_true(text_copy(entry->result.text, sizeof(entry->result.text), text));
	return entry;
}

static void fail_entry(struct entry *entry, enum step step, enum err_code code, const char *text)
{
	struct err e = {0};

	err_set(&e, code, "%s", text);
	result_fail(&entry->result, step, &e);
}

static struct entry *add_positron(struct world *w)
{
	struct entry *entry =
		add(w, "positron", OUTCOME_AVAILABLE, "2026.08.0+331-1755790327", "2026.08.2+4");
	struct release *r = &entry->result.release;

	r->sha256_from = DIGEST_FROM_FEED;
	r->size_bytes = 569000000;
	assert_true(text_copy(r->version, sizeof(r->version), "2026.08.2+4"));
	assert_true(text_copy(r->url, sizeof(r->url), "https://cdn.posit.co/Positron.deb"));
	assert_true(text_copy(r->source, sizeof(r->source), "https://github.com/releases"));
	memset(r->sha256, 'a', SHA256_HEX_SIZE - 1);
	return entry;
}

static struct entry *add_rstudio(struct world *w)
{
	return add(w, "rstudio", OUTCOME_CURRENT, "2026.08.1+195", "2026.08.1+195");
}

/* --- where it is written ----------------------------------------------------- */

typedef void writer(const struct run *run, const struct options *o, FILE *out);

static char *in_a_pipe(const struct world *w, writer *write_it)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	write_it(&w->run, &w->o, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

/* What appears on a terminal of that width; its line ends are single newlines here. */
static char *on_a_terminal(const struct world *w, unsigned short columns, writer *write_it)
{
	struct winsize size = {.ws_col = columns, .ws_row = 24};
	struct termios raw;
	int ours, theirs;
	char *text = calloc(1, SCREEN_MAX);
	size_t len = 0;
	ssize_t n;

	assert_non_null(text);
	assert_int_equal(openpty(&ours, &theirs, NULL, NULL, &size), 0);
	assert_int_equal(tcgetattr(theirs, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(theirs, TCSANOW, &raw), 0);

	FILE *out = fdopen(theirs, "w");

	assert_non_null(out);
	write_it(&w->run, &w->o, out);
	fclose(out);
	/* What was written comes in pieces; the end of the other side is an error here. */
	while ((n = read(ours, text + len, SCREEN_MAX - 1 - len)) > 0)
		len += (size_t)n;
	assert_true(len > 0);
	close(ours);
	return text;
}

static void says(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("this does not say '%s':\n%s", part, text);
}

static void says_not(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("this says '%s':\n%s", part, text);
}

static void table_says(struct world *w, const char *part)
{
	SCOPED_FREE char *text = in_a_pipe(w, report_table);

	says(text, part);
}

/* --- the table --------------------------------------------------------------- */

static void the_whole_table(void **state)
{
	struct world *w = *state;

	add_positron(w);
	add_rstudio(w);

	SCOPED_FREE char *text = in_a_pipe(w, report_table);

	assert_string_equal(text,
		"Linux Mint 22 (Ubuntu noble), amd64\n"
		"NAME      INSTALLED      AVAILABLE    STATE\n"
		"positron  2026.08.0+331  2026.08.2+4  update, 569 MB, SHA-256 from the vendor\n"
		"rstudio   2026.08.1+195               current (jammy build, the newest for "
		"noble)\n"
		"1 update: devupd upgrade\n");
}

static void the_last_run(void **state)
{
	struct world *w = *state;
	struct state_run row = {.run = "1", .verb = "upgrade"};
	struct err e = {0};
	char when[CLOCK_TEXT_MAX], line[128];

	row.started_unix_ms = clock_unix_ms() - 1000;
	ok(state_run_put(w->run.state, &row, &e), &e);
	add_rstudio(w);
	clock_format_near(row.started_unix_ms, clock_unix_ms(), when, sizeof(when));
	snprintf(line, sizeof(line), "Linux Mint 22 (Ubuntu noble), amd64 · last run %s\n", when);
	table_says(w, line);
}

static void a_system_that_is_its_own_base(void **state)
{
	struct world *w = *state;

	assert_true(text_copy(w->run.host.os, HOST_WORD_MAX, "debian"));
	assert_true(text_copy(w->run.host.os_name, HOST_WORD_MAX, "Debian GNU/Linux 12"));
	assert_true(text_copy(w->run.host.base, HOST_WORD_MAX, "bookworm"));
	assert_true(text_copy(w->run.host.base_family, HOST_WORD_MAX, "debian"));
	table_says(w, "Debian GNU/Linux 12, amd64\n");
	assert_true(text_copy(w->run.host.os, HOST_WORD_MAX, "lmde"));
	assert_true(text_copy(w->run.host.os_name, HOST_WORD_MAX, "LMDE 7"));
	table_says(w, "LMDE 7 (Debian bookworm), amd64\n");
	w->run.host.base_family[0] = '\0';
	table_says(w, "LMDE 7, amd64\n");
}

static void each_outcome_in_its_words(void **state)
{
	static const struct {
		enum outcome outcome;
		enum reason reason;
		const char *text, *says;
	} cases[] = {
		{OUTCOME_HELD, REASON_NONE, "until tomorrow 06:12, talk",
			"  held (until tomorrow 06:12, talk)\n"},
		{OUTCOME_HELD, REASON_NONE, "", "  held\n"},
		{OUTCOME_SKIPPED, REASON_NONE, "2.0 is skipped", "  skipped: 2.0\n"},
		{OUTCOME_LICENSE, REASON_NONE, "E: devupd accept-license x",
			"  license: E: devupd accept-license x\n"},
		{OUTCOME_DEFERRED, REASON_PENDING, "2.0 is announced",
			"  pending: 2.0 is announced\n"},
		{OUTCOME_DEFERRED, REASON_OFFLINE, "", "  offline\n"},
		{OUTCOME_DEFERRED, REASON_NONE, "later", "  deferred: later\n"},
		{OUTCOME_UNSUPPORTED, REASON_NONE, "not for pdp11",
			"  unsupported: not for pdp11\n"},
		{OUTCOME_CURRENT, REASON_NONE, "the vendor offers less",
			"  current; the vendor offers less\n"},
		{OUTCOME_BROKEN, REASON_NONE, "a link is missing", "  broken: a link is missing\n"},
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct entry *entry = add(w, "positron", cases[i].outcome, "1.0", "2.0");

		entry->result.reason = cases[i].reason;
		assert_true(
			text_copy(entry->result.text, sizeof(entry->result.text), cases[i].text));
		table_says(w, cases[i].says);
		w->run.plan.n_entries = 0;
	}
}

static void what_would_be_done(void **state)
{
	static const struct {
		enum wish wish;
		const char *installed, *available;
		enum digest_from from;
		const char *says;
	} cases[] = {
		{WISH_CHECK, "1.0", "2.0", DIGEST_FROM_FEED, "  update, SHA-256 from the vendor\n"},
		{WISH_INSTALL, "", "2.0", DIGEST_FROM_CHECKSUMS,
			"  install, SHA-256 from the vendor's checksums\n"},
		{WISH_INSTALL, "2.0", "2.0", DIGEST_FROM_PAGE,
			"  reinstall, SHA-256 from the vendor's page\n"},
		{WISH_INSTALL, "2.0", "1.0", DIGEST_FROM_NONE,
			"  downgrade, no digest published: first sight\n"},
		{WISH_ROLLBACK, "2.0", "1.0", DIGEST_FROM_FIRST_SIGHT,
			"  roll back, SHA-256 of first sight\n"},
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct entry *entry = add(
			w, "positron", OUTCOME_AVAILABLE, cases[i].installed, cases[i].available);

		entry->wish = cases[i].wish;
		entry->result.release.sha256_from = cases[i].from;
		table_says(w, cases[i].says);
		memset(entry, 0, sizeof(*entry));
		w->run.plan.n_entries = 0;
	}
}

static void failures_are_told_in_full(void **state)
{
	static const char why[] = "no .deb link on https://posit.co/ (200, 312 kB, 0 of 41 links "
				  "match); next source: https://docs.posit.co/: 404";
	struct world *w = *state;
	struct entry *broken;

	add_positron(w);
	fail_entry(add_rstudio(w), STEP_FIND, ERR_NO_MATCH, why);
	broken = add(w, "broken", OUTCOME_FAILED, "", "");
	broken->result.error = recipes_find(&w->run.recipes, "broken")->errors.first;

	SCOPED_FREE char *text = in_a_pipe(w, report_table);

	says(text, "  failed: no-match\n");
	says(text, "\nrstudio: no .deb link on https://posit.co/ (200, 312 kB, 0 of 41 links "
		   "match); next source: https://docs.posit.co/: 404\n");
	says(text, "  failed: config\n");
	says(text, "broken.yaml:3:1");
	assert_true(recipes_find(&w->run.recipes, "broken")->errors.n_items > 1);
	for (size_t i = 0; i < recipes_find(&w->run.recipes, "broken")->errors.n_items; i++)
		says(text, recipes_find(&w->run.recipes, "broken")->errors.items[i].text);
}

static void what_is_absent_is_left_out(void **state)
{
	struct world *w = *state;
	struct entry *gone;

	add_rstudio(w);
	gone = add_said(w, "positron", OUTCOME_ABSENT, "not installed: devupd install positron");

	SCOPED_FREE char *text = in_a_pipe(w, report_table);

	says_not(text, "positron");
	w->o.all = true;
	table_says(w, "  not installed: devupd install positron\n");
	w->o.all = false;
	gone->is_typed = true;
	table_says(w, "  not installed: devupd install positron\n");
	gone->result.text[0] = '\0'; /* a look at the newest says no more than its version */
	table_says(w, "  not installed: devupd install positron\n");
	gone->is_typed = false;
	assert_true(text_copy(gone->result.text, sizeof(gone->result.text),
		"not installed; 2026.08.2+4 was there 2 Sep 06:12: devupd install positron"));
	table_says(w, "2026.08.2+4 was there 2 Sep");
}

static void the_closing_line(void **state)
{
	static const struct {
		enum outcome first, second;
		const char *says;
	} cases[] = {
		{OUTCOME_AVAILABLE, OUTCOME_CURRENT, "\n1 update: devupd upgrade\n"},
		{OUTCOME_AVAILABLE, OUTCOME_AVAILABLE, "\n2 updates: devupd upgrade\n"},
		{OUTCOME_AVAILABLE, OUTCOME_BROKEN, "\n1 update, 1 repair: devupd upgrade\n"},
		{OUTCOME_BROKEN, OUTCOME_BROKEN, "\n2 repairs: devupd upgrade\n"},
		{OUTCOME_CURRENT, OUTCOME_CURRENT, "\nall current\n"},
		{OUTCOME_CURRENT, OUTCOME_ABSENT, "\nall current\n"},
		{OUTCOME_CURRENT, OUTCOME_HELD, "\nnothing to do\n"},
		{OUTCOME_ABSENT, OUTCOME_ABSENT,
			"\nnothing that devupd looks after is installed: devupd list --all\n"},
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		add(w, "positron", cases[i].first, "", "");
		add(w, "rstudio", cases[i].second, "", "");

		SCOPED_FREE char *text = in_a_pipe(w, report_table);

		if (!text_ends(text, cases[i].says))
			fail_msg("not ended by '%s':\n%s", cases[i].says, text);
		w->run.plan.n_entries = 0;
	}
}

static void a_dry_run_says_so(void **state)
{
	struct world *w = *state;

	add_positron(w)->wish = WISH_UPGRADE;
	w->o.dry_run = true;
	table_says(w, "\na dry run: nothing was changed\n");
}

static void quiet_is_quiet(void **state)
{
	struct world *w = *state;

	add_positron(w);
	w->o.verbosity = -1;

	SCOPED_FREE char *table = in_a_pipe(w, report_table);
	SCOPED_FREE char *changes = in_a_pipe(w, report_changes);

	assert_string_equal(table, "");
	assert_string_equal(changes, "");
}

static void hostile_words_are_escaped(void **state)
{
	struct world *w = *state;
	struct entry *entry = add(w, "rstudio", OUTCOME_DEFERRED, "1.0", "2\x1b[2J");

	assert_true(text_copy(entry->result.text, sizeof(entry->result.text),
		"\x1b]0;title\a one\ntwo \xe2\x80\xae"));

	SCOPED_FREE char *text = in_a_pipe(w, report_table);

	says_not(text, "\x1b");
	says_not(text, "\a");
	says_not(text, "one\ntwo");
	says_not(text, "\xe2\x80\xae");
	says(text, "2\\x1b[2J");
}

/* --- on terminals ------------------------------------------------------------ */

static size_t widest_line(const char *text)
{
	SCOPED_FREE char *copy = strdup(text);
	char *cursor = copy, *line;
	size_t widest = 0;

	assert_true(text_is_utf8(text, strlen(text)));
	while ((line = text_next(&cursor, '\n')) != NULL) {
		size_t columns = text_columns(line);

		widest = columns > widest ? columns : widest;
	}
	return widest;
}

static void no_line_is_wider_than_the_window(void **state)
{
	static const unsigned short widths[] = {12, 40, 60, 80, 200};
	struct world *w = *state;

	add_positron(w);
	add_rstudio(w);
	add(w, "a-name-that-is-as-long-as-the-longest-name-of-them-all", OUTCOME_HELD, "1.0", "");
	w->o.color = COLOR_NEVER;
	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		SCOPED_FREE char *text = on_a_terminal(w, widths[i], report_table);
		SCOPED_FREE char *table =
			strndup(text, strlen(text) - strlen(strstr(text, "1 upd")));

		if (widest_line(table) > widths[i])
			fail_msg("%u columns, yet %zu:\n%s", widths[i], widest_line(table), table);
		if (widths[i] == 200)
			says_not(table, "…");
		else
			says(table, "…");
	}
}

static void the_versions_outlive_the_state(void **state)
{
	struct world *w = *state;

	add_positron(w);
	w->o.color = COLOR_NEVER;

	SCOPED_FREE char *text = on_a_terminal(w, 60, report_table);

	says(text, "\npositron  2026.08.0+331  2026.08.2+4  update, 569 MB, SHA-2…\n");
}

static void a_reason_that_is_cut_is_told_below(void **state)
{
	struct world *w = *state;

	add_said(w, "rstudio", OUTCOME_LICENSE,
		"Some-License-1.0, https://example.org/license: devupd accept-license rstudio");
	w->o.color = COLOR_NEVER;

	SCOPED_FREE char *narrow = on_a_terminal(w, 60, report_table);
	SCOPED_FREE char *wide = on_a_terminal(w, 200, report_table);

	says(narrow, "\nrstudio: license: Some-License-1.0, https://example.org/license: devupd "
		     "accept-license rstudio\n");
	says_not(wide, "\nrstudio: license");
}

static void colour_is_for_terminals(void **state)
{
	struct world *w = *state;

	add_positron(w);
	assert_int_equal(setenv("TERM", "xterm", 1) + unsetenv("NO_COLOR"), 0);

	SCOPED_FREE char *piped = in_a_pipe(w, report_table);
	SCOPED_FREE char *shown = on_a_terminal(w, 80, report_table);

	says_not(piped, "\033");
	says(shown, "\033[33mupdate");
	says(shown, "\033[0m\n");
	assert_int_equal(setenv("NO_COLOR", "1", 1), 0);

	SCOPED_FREE char *plain = on_a_terminal(w, 80, report_table);

	says_not(plain, "\033");
	w->o.color = COLOR_ALWAYS;

	SCOPED_FREE char *forced = in_a_pipe(w, report_table);

	says(forced, "\033[33mupdate");
	assert_int_equal(unsetenv("NO_COLOR"), 0);
}

/* --- after a change ---------------------------------------------------------- */

static void becomes(struct entry *entry, enum outcome outcome, const char *installed)
{
	entry->result.outcome = outcome;
	assert_true(text_copy(entry->result.installed, sizeof(entry->result.installed), installed));
}

static void what_became_of_each(void **state)
{
	struct world *w = *state;
	struct also *also;

	becomes(add_positron(w), OUTCOME_UPDATED, "2026.08.2+4-1755999999");
	also = result_add_also(&w->run.plan.entries[0].result);
	assert_true(text_copy(also->package, sizeof(also->package), "libssl3"));
	assert_true(text_copy(also->to, sizeof(also->to), "3.0.2"));
	fail_entry(add_rstudio(w), STEP_INSTALL, ERR_HALF_CONFIGURED,
		"rstudio is left half-configured: sudo dpkg --configure -a");

	SCOPED_FREE char *text = in_a_pipe(w, report_changes);

	assert_string_equal(text,
		"positron  2026.08.0+331 -> 2026.08.2+4  installed\n"
		"rstudio: rstudio is left half-configured: sudo dpkg --configure -a\n"
		"Done in 1 min 12 s: devupd history\n");
	w->o.verbosity = 1;

	SCOPED_FREE char *more = in_a_pipe(w, report_changes);

	says(more, "\n          also libssl3 3.0.2 installed\n");
}

static void other_ends(void **state)
{
	struct world *w = *state;
	struct entry *entry;

	becomes(add(w, "rstudio", OUTCOME_AVAILABLE, "", "2.0"), OUTCOME_INSTALLED, "2.0");
	becomes(add(w, "positron", OUTCOME_AVAILABLE, "2.0", "1.0"), OUTCOME_ROLLED_BACK, "1.0");
	add(w, "here", OUTCOME_DOWNLOADED, "1.0", "2.0");
	entry = add(w, "gone", OUTCOME_AVAILABLE, "1.0", "2.0");
	assert_true(text_copy(entry->result.text, sizeof(entry->result.text), "not agreed to"));

	SCOPED_FREE char *text = in_a_pipe(w, report_changes);

	says(text, "rstudio   2.0  installed\n");
	says(text, "positron  2.0 -> 1.0  rolled back\n");
	says(text, "here      2.0  downloaded and verified\n");
	says(text, "gone      2.0  left as it is, not agreed to\n");
}

static void nothing_done_is_not_done(void **state)
{
	struct world *w = *state;

	add_rstudio(w);
	fail_entry(add_positron(w), STEP_FETCH, ERR_NETWORK, "no way");

	SCOPED_FREE char *text = in_a_pipe(w, report_changes);

	assert_string_equal(text, "positron: no way\n");
}

static void write_trace(const struct run *run, const struct options *o, FILE *out)
{
	(void)o;
	report_trace(run, out);
}

static void each_step_of_the_way(void **state)
{
	struct world *w = *state;
	struct entry *entry = add_rstudio(w);
	struct trace *t = result_add_trace(&entry->result);

	t->kind = TRACE_REQUEST;
	t->status = 200;
	t->size_bytes = 312000;
	t->ms = 41;
	assert_true(text_copy(t->url, sizeof(t->url), "https://posit.co/"));
	t = result_add_trace(&entry->result);
	t->kind = TRACE_CANDIDATE;
	assert_true(text_copy(t->url, sizeof(t->url), "https://posit.co/a.deb"));
	assert_true(text_copy(t->text, sizeof(t->text), "older\x1b[2J"));

	SCOPED_FREE char *text = in_a_pipe(w, write_trace);

	says(text, "rstudio: https://posit.co/: 200, 312 kB, 41 ms\n");
	says(text, "not https://posit.co/a.deb: older\\x1b[2J\n");
}

/* --- the document ------------------------------------------------------------ */

static struct json *document_of(const struct world *w, int code, const struct err *error)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct json *document = NULL;
	struct err e = {0};

	report_document(&w->run, &w->o, code, error, out);
	fclose(out);
	ok(json_parse(text, len, &document, &e), &e);
	assert_int_equal(text[len - 1], '\n');
	free(text);
	return document;
}

static void has_keys(const struct json *value, const char *const *keys, size_t n)
{
	assert_int_equal(json_count(value), n);
	for (size_t i = 0; i < n; i++) {
		const char *key = NULL;

		json_item(value, i, &key);
		assert_string_equal(key, keys[i]);
	}
}

static void is_text(const struct json *value, const char *pointer, const char *expected)
{
	const char *text = json_text(json_at(value, pointer));

	if (!text_equal(text, expected))
		fail_msg("%s is %s, not %s", pointer, text != NULL ? text : "null",
			expected != NULL ? expected : "null");
}

static void every_field_is_there(void **state)
{
	static const char *const frame[] = {"schema", "run", "verb", "dry_run", "started",
		"finished", "host", "updaters", "error", "exit"};
	static const char *const fields[] = {"name", "kind", "outcome", "reason", "installed",
		"available", "source", "url", "size_bytes", "sha256", "sha256_from", "verified_by",
		"ms", "changes", "items", "error"};
	struct world *w = *state;

	add_positron(w)->result.ms = 412;
	add(w, "broken", OUTCOME_FAILED, "", "");
	fail_entry(&w->run.plan.entries[1], STEP_FIND, ERR_NO_MATCH, "nothing");

	SCOPED(json_free) struct json *d = document_of(w, 4, NULL);

	has_keys(d, frame, ARRAY_SIZE(frame));
	is_text(d, "/schema", "devupd/1");
	is_text(d, "/run", "019aa1b2c3d4-00112233");
	is_text(d, "/verb", "check");
	is_text(d, "/dry_run", "false");
	is_text(d, "/host/arch", "amd64");
	is_text(d, "/host/os", "linuxmint");
	is_text(d, "/host/os_version", "22");
	is_text(d, "/host/base", "noble");
	is_text(d, "/error", NULL);
	is_text(d, "/exit", "4");
	for (size_t i = 0; i < 2; i++)
		has_keys(json_item(json_at(d, "/updaters"), i, NULL), fields, ARRAY_SIZE(fields));
	is_text(d, "/updaters/0/name", "positron");
	is_text(d, "/updaters/0/kind", "deb");
	is_text(d, "/updaters/0/outcome", "available");
	is_text(d, "/updaters/0/reason", NULL);
	is_text(d, "/updaters/0/installed", "2026.08.0+331-1755790327");
	is_text(d, "/updaters/0/available", "2026.08.2+4");
	is_text(d, "/updaters/0/size_bytes", "569000000");
	is_text(d, "/updaters/0/sha256_from", "feed");
	is_text(d, "/updaters/0/verified_by", NULL);
	is_text(d, "/updaters/0/ms", "412");
	is_text(d, "/updaters/0/error", NULL);
	assert_true(json_is_list(json_at(d, "/updaters/0/changes")));
	is_text(d, "/updaters/1/kind", NULL);
	is_text(d, "/updaters/1/installed", NULL);
	is_text(d, "/updaters/1/size_bytes", NULL);
	is_text(d, "/updaters/1/error/code", "no-match");
	is_text(d, "/updaters/1/error/step", "find");
	is_text(d, "/updaters/1/error/text", "nothing");
}

static void changes_and_items(void **state)
{
	struct world *w = *state;
	struct result *r = &add_rstudio(w)->result;
	struct change *c = result_add_change(r);
	struct item *item = result_add_item(r);

	assert_true(text_copy(c->path, sizeof(c->path), "/opt/a"));
	assert_true(text_copy(c->to, sizeof(c->to), "/opt/b"));
	c = result_add_change(r);
	assert_true(text_copy(c->command, sizeof(c->command), "brew\x1flink\x1fpython@3.13"));
	item->outcome = OUTCOME_BROKEN;
	assert_true(text_copy(item->user, sizeof(item->user), "ana"));

	SCOPED(json_free) struct json *d = document_of(w, 0, NULL);

	is_text(d, "/updaters/0/changes/0/path", "/opt/a");
	is_text(d, "/updaters/0/changes/0/from", NULL);
	is_text(d, "/updaters/0/changes/0/to", "/opt/b");
	assert_int_equal(json_count(json_at(d, "/updaters/0/changes/1/command")), 3);
	is_text(d, "/updaters/0/changes/1/command/2", "python@3.13");
	is_text(d, "/updaters/0/items/0/user", "ana");
	is_text(d, "/updaters/0/items/0/path", NULL);
	is_text(d, "/updaters/0/items/0/outcome", "broken");
}

static void a_run_that_did_not_take_place(void **state)
{
	struct world *w = *state;
	struct err why = {0};

	err_set(&why, ERR_LOCK, "another devupd is at work");
	w->run.id[0] = '\0';
	w->run.host = (struct host){0};

	SCOPED(json_free) struct json *d = document_of(w, 8, &why);

	is_text(d, "/run", NULL);
	is_text(d, "/host/os", NULL);
	is_text(d, "/error/code", "lock");
	is_text(d, "/error/step", NULL);
	is_text(d, "/error/text", "another devupd is at work");
	is_text(d, "/exit", "8");
	assert_int_equal(json_count(json_at(d, "/updaters")), 0);
}

static struct json *own_document(const struct world *w, const char *body)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct json *document = NULL;
	struct err e = {0};

	report_own_document("list", &w->o, 0, NULL, body, out);
	fclose(out);
	ok(json_parse(text, len, &document, &e), &e);
	free(text);
	return document;
}

static void a_verbs_own_document(void **state)
{
	struct world *w = *state;
	SCOPED(json_free) struct json *d = own_document(w, "\"names\": [\"positron\"]");
	SCOPED(json_free) struct json *empty = own_document(w, "");

	is_text(d, "/schema", "devupd/1");
	is_text(d, "/verb", "list");
	is_text(d, "/names/0", "positron");
	is_text(d, "/error", NULL);
	is_text(d, "/exit", "0");
	is_text(empty, "/verb", "list");
}

/* --- and read back ----------------------------------------------------------- */

static bool read_back(struct world *w, const char *text, int *out_exit, struct err *e)
{
	*e = (struct err){0};
	return report_read_document(&w->run, text, strlen(text), out_exit, e);
}

static void results_come_back(void **state)
{
	struct world *w = *state;
	struct entry *positron = add_positron(w), *rstudio = add_rstudio(w);
	struct err e = {0};
	int code = -1;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	becomes(positron, OUTCOME_UPDATED, "2026.08.2+4-1755999999");
	positron->result.verified_by = VERIFIED_BY_SHA256;
	positron->result.ms = 7;
	fail_entry(rstudio, STEP_INSTALL, ERR_APT, "apt says no");
	report_document(&w->run, &w->o, 3, NULL, out);
	fclose(out);

	struct result kept = positron->result;

	becomes(positron, OUTCOME_AVAILABLE, "2026.08.0+331-1755790327");
	positron->result.verified_by = VERIFIED_BY_NONE;
	memset(&positron->result.release, 0, sizeof(positron->result.release));
	rstudio->result.outcome = OUTCOME_AVAILABLE;
	rstudio->result.error = (struct err){0};
	rstudio->result.step = STEP_NONE;
	ok(read_back(w, text, &code, &e), &e);
	free(text);
	assert_int_equal(code, 3);
	assert_int_equal(positron->result.outcome, OUTCOME_UPDATED);
	assert_string_equal(positron->result.installed, kept.installed);
	assert_string_equal(positron->result.available, kept.available);
	assert_int_equal(positron->result.verified_by, VERIFIED_BY_SHA256);
	assert_string_equal(positron->result.release.sha256, kept.release.sha256);
	assert_int_equal(positron->result.release.sha256_from, DIGEST_FROM_FEED);
	assert_int_equal(positron->result.release.size_bytes, 569000000);
	assert_string_equal(positron->result.release.source, kept.release.source);
	assert_int_equal(positron->result.ms, 7);
	assert_false(err_is_set(&positron->result.error));
	assert_int_equal(rstudio->result.outcome, OUTCOME_FAILED);
	assert_int_equal(rstudio->result.error.code, ERR_APT);
	assert_int_equal(rstudio->result.step, STEP_INSTALL);
	assert_string_equal(rstudio->result.error.text, "apt says no");
}

static void what_the_other_half_did_not_do(void **state)
{
	struct world *w = *state;
	struct entry *positron = add_positron(w), *rstudio = add_rstudio(w);
	struct err e = {0};
	int code = -1;

	rstudio->is_settled = true;
	ok(read_back(w,
		   "{\"updaters\": [], \"error\": {\"code\": \"audit\", \"step\": null, \"text\": "
		   "\"no log\"}, \"exit\": 1}",
		   &code, &e),
		&e);
	assert_int_equal(code, 1);
	assert_int_equal(positron->result.outcome, OUTCOME_FAILED);
	assert_int_equal(positron->result.error.code, ERR_AUDIT);
	assert_string_equal(positron->result.error.text, "no log");
	assert_int_equal(rstudio->result.outcome, OUTCOME_CURRENT);
	ok(read_back(w, "{\"updaters\": [], \"error\": null, \"exit\": 0}", &code, &e), &e);
	assert_int_equal(positron->result.outcome, OUTCOME_FAILED);
	assert_int_equal(positron->result.error.code, ERR_INTERNAL);
}

static void no_document(void **state)
{
	static const char *const texts[] = {
		"",
		"sudo: a password is required",
		"{",
		"[]",
		"{\"exit\": 0}",
		"{\"updaters\": {}, \"exit\": 0}",
		"{\"updaters\": []}",
		"{\"updaters\": [], \"exit\": 256}",
		"{\"updaters\": [], \"exit\": \"none\"}",
	};
	struct world *w = *state;
	struct entry *positron = add_positron(w);
	int code = -1;
	struct err e;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (read_back(w, texts[i], &code, &e))
			fail_msg("'%s' was taken", texts[i]);
		assert_int_equal(e.code, ERR_PARSE);
		assert_int_equal(code, -1);
		assert_int_equal(positron->result.outcome, OUTCOME_AVAILABLE);
	}
}

static void odd_values_are_failures(void **state)
{
	struct world *w = *state;
	struct entry *positron = add_positron(w);
	int code = -1;
	struct err e = {0};

	ok(read_back(w,
		   "{\"updaters\": [1, {\"name\": 7}, {\"name\": \"positron\", \"outcome\": "
		   "\"splendid\", \"sha256_from\": \"hearsay\", \"installed\": {}, \"error\": "
		   "{\"code\": \"odd\"}}], \"exit\": 0}",
		   &code, &e),
		&e);
	assert_int_equal(positron->result.outcome, OUTCOME_FAILED);
	assert_int_equal(positron->result.release.sha256_from, DIGEST_FROM_NONE);
	assert_string_equal(positron->result.installed, "");
	assert_int_equal(positron->result.error.code, ERR_INTERNAL);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, world_make, world_drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(the_whole_table),
		WITH_WORLD(the_last_run),
		WITH_WORLD(a_system_that_is_its_own_base),
		WITH_WORLD(each_outcome_in_its_words),
		WITH_WORLD(what_would_be_done),
		WITH_WORLD(failures_are_told_in_full),
		WITH_WORLD(what_is_absent_is_left_out),
		WITH_WORLD(the_closing_line),
		WITH_WORLD(a_dry_run_says_so),
		WITH_WORLD(quiet_is_quiet),
		WITH_WORLD(hostile_words_are_escaped),
		WITH_WORLD(no_line_is_wider_than_the_window),
		WITH_WORLD(the_versions_outlive_the_state),
		WITH_WORLD(a_reason_that_is_cut_is_told_below),
		WITH_WORLD(colour_is_for_terminals),
		WITH_WORLD(what_became_of_each),
		WITH_WORLD(other_ends),
		WITH_WORLD(nothing_done_is_not_done),
		WITH_WORLD(each_step_of_the_way),
		WITH_WORLD(every_field_is_there),
		WITH_WORLD(changes_and_items),
		WITH_WORLD(a_run_that_did_not_take_place),
		WITH_WORLD(a_verbs_own_document),
		WITH_WORLD(results_come_back),
		WITH_WORLD(what_the_other_half_did_not_do),
		WITH_WORLD(no_document),
		WITH_WORLD(odd_values_are_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
