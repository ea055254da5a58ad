/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person is told, in pipes and on terminals of 12 to 200 columns. */
#include "report_world.h"

#include <pty.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "updaters/lib/clock.h"

enum { SCREEN_MAX = 16384 };

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
	/* this very one is not the last */
	memcpy(row.run, w->run.id, sizeof(row.run));
	row.started_unix_ms += 90 * 60 * 1000;
	ok(state_run_put(w->run.state, &row, &e), &e);
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
		{WISH_INSTALL, "", "2.0", DIGEST_FROM_CHECKSUMS,
			"  install, SHA-512 from the vendor's checksums\n"},
		{WISH_ROLLBACK, "2.0", "1.0", DIGEST_FROM_FIRST_SIGHT,
			"  roll back, SHA-256 of first sight\n"},
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct entry *entry = add(
			w, "positron", OUTCOME_AVAILABLE, cases[i].installed, cases[i].available);

		entry->wish = cases[i].wish;
		entry->result.release.sha256_from = cases[i].from;
		if (strstr(cases[i].says, "SHA-256") != NULL)
			memset(entry->result.release.digests.sha256, 'a', SHA256_HEX_SIZE - 1);
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
		"was 2026.08.2+4, removed outside devupd on 2 Sep: devupd install positron"));
	table_says(w, "absent (was 2026.08.2+4, removed outside devupd on 2 Sep: "
		      "devupd install positron)");
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

/* "Errors only" are errors all the same, and what is piped on stays clean of them. */
static void quiet_tells_failures(void **state)
{
	static writer *const writers[] = {report_table, report_changes};
	struct world *w = *state;
	char said[256] = "";

	fail_entry(add_positron(w), STEP_FIND, ERR_NETWORK, "no way to github.com");
	add_rstudio(w);
	w->o.verbosity = -1;
	for (size_t i = 0; i < ARRAY_SIZE(writers); i++) {
		int ends[2], saved = dup(STDERR_FILENO);

		assert_int_equal(pipe(ends), 0);
		assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);

		SCOPED_FREE char *text = in_a_pipe(w, writers[i]);
		ssize_t n;

		dup2(saved, STDERR_FILENO);
		close(ends[1]);
		n = read(ends[0], said, sizeof(said) - 1);
		said[n > 0 ? n : 0] = '\0';
		close(ends[0]);
		close(saved);
		assert_string_equal(text, "");
		assert_string_equal(said, "positron: no way to github.com\n");
	}
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
	says(text, "gone      2.0  left as it is: not agreed to\n");
}

static void a_typed_version_does_not_stick(void **state)
{
	struct world *w = *state;
	struct entry *entry = add(w, "rstudio", OUTCOME_AVAILABLE, "2.0", "1.0");

	entry->wish = WISH_INSTALL;
	assert_true(text_copy(entry->wanted, sizeof(entry->wanted), "1.0"));
	becomes(entry, OUTCOME_UPDATED, "1.0");

	SCOPED_FREE char *text = in_a_pipe(w, report_changes);

	says(text, "rstudio  2.0 -> 1.0  installed\n"
		   "         it does not stick: devupd hold rstudio\n");
	entry->wanted[0] = '\0';

	SCOPED_FREE char *newest = in_a_pipe(w, report_changes);

	says_not(newest, "stick");
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
		WITH_WORLD(quiet_tells_failures),
		WITH_WORLD(hostile_words_are_escaped),
		WITH_WORLD(no_line_is_wider_than_the_window),
		WITH_WORLD(the_versions_outlive_the_state),
		WITH_WORLD(a_reason_that_is_cut_is_told_below),
		WITH_WORLD(colour_is_for_terminals),
		WITH_WORLD(what_became_of_each),
		WITH_WORLD(other_ends),
		WITH_WORLD(a_typed_version_does_not_stick),
		WITH_WORLD(nothing_done_is_not_done),
		WITH_WORLD(each_step_of_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
