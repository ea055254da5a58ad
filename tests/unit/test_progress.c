/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bars on a real terminal, read by a small screen of our own; plain lines in a pipe. */
#include "cmd/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pty.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cmd/progress_bar.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/log.h"

enum {
	MB = 1000000,
	ROWS_MAX = 64,
	LINE_SIZE = 1024,
	RAW_MAX = 65536,
	REDRAW_MS = 100,
	LOOKS = 100
};

/* --- one bar ----------------------------------------------------------------- */

static struct bar bar_at(uint64_t done_mb, uint64_t total_mb, uint64_t speed_mb)
{
	struct bar b;

	bar_start(&b, "positron", 0, 0);
	b.done_bytes = done_mb * MB;
	b.total_bytes = total_mb * MB;
	b.speed = speed_mb * MB;
	return b;
}

static void a_bar_in_a_wide_window(void **state)
{
	struct bar b = bar_at(412, 569, 38);
	char line[LINE_SIZE];

	(void)state;
	bar_write(&b, 80, line, sizeof(line));
	assert_string_equal(
		line, "positron          412 of 569 MB   38 MB/s   0:04  ━━━━━━━━━━━━━━━━━━━━╸");
	bar_write(&b, 200, line, sizeof(line));
	assert_true(text_starts(line, "positron          412 of 569 MB   38 MB/s   0:04  ━━━"));
}

static void no_line_reaches_the_edge(void **state)
{
	static const char *const names[] = {
		"r", "positron", "a-name-that-is-as-long-as-the-longest-name-of-them-all-is"};
	char line[LINE_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		for (unsigned columns = 1; columns <= 200; columns++) {
			struct bar b = bar_at(999, 1000, 999);

			assert_true(text_copy(b.name, sizeof(b.name), names[i]));
			bar_write(&b, columns, line, sizeof(line));
			assert_true(text_columns(line) < columns);
			assert_true(text_is_utf8(line, strlen(line)));
		}
	}
}

static void in_a_narrow_window_fewer_words(void **state)
{
	struct bar b = bar_at(412, 569, 38);
	char line[LINE_SIZE];

	(void)state;
	bar_write(&b, 40, line, sizeof(line));
	assert_string_equal(line, "positron  412 of 569 MB  0:04");
	bar_write(&b, 20, line, sizeof(line));
	assert_string_equal(line, "positron  412 of 5…");
}

static void what_is_not_known_is_not_said(void **state)
{
	struct bar b = bar_at(412, 0, 0);
	char line[LINE_SIZE];

	(void)state;
	bar_write(&b, 40, line, sizeof(line));
	assert_string_equal(line, "positron  412 MB  ");
	b = bar_at(1, 1900, 0);
	bar_write(&b, 100, line, sizeof(line));
	assert_non_null(strstr(line, "1.0 MB of 1.9 GB"));
	assert_null(strstr(line, "/s"));
	assert_null(strstr(line, ":"));
	b.speed = 1; /* it would take years */
	bar_write(&b, 100, line, sizeof(line));
	assert_null(strstr(line, ":"));
}

static void speed_is_of_the_last_seconds(void **state)
{
	struct bar b;

	(void)state;
	bar_start(&b, "positron", 0, 1000);
	bar_move(&b, 1 * MB, 569 * MB, 1100);
	assert_int_equal(b.speed, 0); /* too early to say */
	bar_move(&b, 10 * MB, 569 * MB, 2000);
	assert_int_equal(b.speed, 10 * MB);
	bar_move(&b, 30 * MB, 569 * MB, 4000);
	assert_int_equal(b.speed, 10 * MB);
	bar_move(&b, 130 * MB, 569 * MB, 5000); /* faster: the slow seconds are over */
	assert_int_equal(b.speed, 100 * MB);
}

static void what_was_there_is_no_speed(void **state)
{
	struct bar b;

	(void)state;
	bar_start(&b, "positron", 412 * MB, 1000);
	bar_move(&b, 422 * MB, 569 * MB, 2000);
	assert_int_equal(b.speed, 10 * MB);
	bar_move(&b, 1 * MB, 569 * MB, 3000); /* the vendor sent all of it anew */
	assert_int_equal(b.speed, 0);
	bar_move(&b, 2 * MB, 569 * MB, 4000);
	assert_int_equal(b.speed, 1 * MB);
}

/* --- a terminal, and what it shows ------------------------------------------- */

struct screen {
	int ours, saved;
	unsigned columns;
	char raw[RAW_MAX]; /* all that was ever written */
	size_t raw_len;
	char lines[ROWS_MAX][LINE_SIZE];
	size_t row;
	size_t n_erased;
	struct options o;
	struct progress *progress;
	struct run_watch watch;
	struct entry *entries; /* two names */
};

static void resize(struct screen *s, unsigned columns, unsigned rows)
{
	struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};

	assert_int_equal(ioctl(STDERR_FILENO, TIOCSWINSZ, &size), 0);
	s->columns = columns;
}

/* stderr leads to fd from here on. */
static void take_stderr(struct screen *s, int fd)
{
	fflush(stderr);
	s->saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	assert_true(s->saved >= 0);
	assert_true(dup2(fd, STDERR_FILENO) >= 0);
	close(fd);
	assert_int_equal(fcntl(s->ours, F_SETFL, O_NONBLOCK), 0);
}

static void screen_common(struct screen **out)
{
	static const char *const names[] = {"positron", "rstudio"};
	struct screen *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->entries = calloc(2, sizeof(*s->entries));
	assert_non_null(s->entries);
	for (size_t i = 0; i < 2; i++)
		assert_true(text_copy(s->entries[i].name, sizeof(s->entries[i].name), names[i]));
	*out = s;
}

static int terminal_make(void **state)
{
	struct screen *s;
	struct termios raw;
	int theirs;

	screen_common(&s);
	assert_int_equal(openpty(&s->ours, &theirs, NULL, NULL, NULL), 0);
	assert_int_equal(tcgetattr(theirs, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(theirs, TCSANOW, &raw), 0);
	take_stderr(s, theirs);
	resize(s, 80, 24);
	*state = s;
	return 0;
}

static int pipe_make(void **state)
{
	struct screen *s;
	int ends[2];

	screen_common(&s);
	assert_int_equal(pipe(ends), 0);
	s->ours = ends[0];
	take_stderr(s, ends[1]);
	s->columns = LINE_SIZE;
	*state = s;
	return 0;
}

static int screen_drop(void **state)
{
	struct screen *s = *state;

	progress_free(s->progress);
	log_set_level(LOG_NOTES);
	fflush(stderr);
	dup2(s->saved, STDERR_FILENO);
	close(s->saved);
	close(s->ours);
	free(s->entries);
	free(s);
	return 0;
}

static void begin(struct screen *s)
{
	s->progress = progress_new(&s->o);
	assert_non_null(s->progress);
	progress_watch(s->progress, &s->watch);
}

static void nap(unsigned ms)
{
	struct timespec t = {.tv_nsec = (long)ms * 1000000};

	nanosleep(&t, NULL);
}

/* ESC [ N F and ESC [ J, at the start of a line, are all that bars need. */
static size_t screen_escape(struct screen *s, const char *bytes)
{
	char *end = NULL;
	unsigned long n = strtoul(bytes + 2, &end, 10);

	if (*end == 'F') {
		assert_true(n > 0 && n <= s->row);
		s->row -= n;
	} else {
		assert_int_equal(*end, 'J');
		s->n_erased++;
		for (size_t i = s->row; i < ROWS_MAX; i++)
			s->lines[i][0] = '\0';
	}
	return (size_t)(end - bytes) + 1;
}

/* Read what has come and show it; a line as wide as the window would wrap, and is a fault. */
static void look(struct screen *s)
{
	size_t i = s->raw_len;
	ssize_t n;

	nap(10); /* a terminal hands bytes on at its leisure */
	fflush(stderr);
	while ((n = read(s->ours, s->raw + s->raw_len, RAW_MAX - 1 - s->raw_len)) > 0)
		s->raw_len += (size_t)n;
	while (i < s->raw_len) {
		char *line = s->lines[s->row];
		size_t len = strlen(line);

		if (s->raw[i] == '\033') {
			i += screen_escape(s, s->raw + i);
		} else if (s->raw[i] == '\n') {
			if (text_columns(line) >= s->columns)
				fail_msg("%u columns: %s", s->columns, line);
			assert_true(++s->row < ROWS_MAX);
			i++;
		} else {
			assert_true(len + 1 < LINE_SIZE);
			line[len] = s->raw[i++];
			line[len + 1] = '\0';
		}
	}
}

static void download(struct screen *s, size_t which, uint64_t done_mb, uint64_t total_mb)
{
	s->watch.on_download(s->watch.user, &s->entries[which], done_mb * MB, total_mb * MB);
}

/* Does the line hold the part (from its start on), or nothing where the part is ""? */
static bool is_shown(const char *line, const char *part, bool at_start)
{
	if (part[0] == '\0')
		return line[0] == '\0';
	return at_start ? text_starts(line, part) : strstr(line, part) != NULL;
}

/* A busy machine takes its time to hand the bytes on. */
static void expect(struct screen *s, size_t row, const char *part, bool at_start)
{
	for (int i = 0; i < LOOKS; i++) {
		look(s);
		if (is_shown(s->lines[row], part, at_start))
			return;
	}
	fail_msg("line %zu is '%s', not '%s'", row, s->lines[row], part);
}

static void shows(struct screen *s, size_t row, const char *start)
{
	expect(s, row, start, true);
}

static void a_download_from_start_to_end(void **state)
{
	static const unsigned widths[] = {40, 80, 200};
	struct screen *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		size_t first = s->row;

		resize(s, widths[i], 24);
		begin(s);
		download(s, 0, 0, 569);
		shows(s, first, "positron  ");
		nap(REDRAW_MS);
		download(s, 0, 412, 569);
		expect(s, first, "412 of 569 MB", false);
		shows(s, first + 1, "");
		download(s, 0, 569, 569);
		shows(s, first, "positron: downloaded 569 MB in ");
		shows(s, first + 1, "");
		download(s, 0, 569, 569); /* said once */
		shows(s, first + 1, "");
		progress_free(s->progress);
		s->progress = NULL;
		look(s);
		assert_int_equal(s->row, first + 1);
	}
}

static void several_at_once(void **state)
{
	struct screen *s = *state;

	begin(s);
	download(s, 0, 1, 569);
	nap(REDRAW_MS);
	download(s, 1, 2, 600);
	shows(s, 0, "positron  ");
	shows(s, 1, "rstudio  ");
	download(s, 1, 600, 600);
	shows(s, 0, "rstudio: downloaded 600 MB in ");
	shows(s, 1, "positron  ");
	shows(s, 2, "");
	progress_pause(s->progress);
	shows(s, 1, "");
	assert_int_equal(s->row, 1);
}

static void a_line_of_the_log_goes_above(void **state)
{
	struct screen *s = *state;

	begin(s);
	download(s, 0, 1, 569);
	log_note("the vendor's page is odd");
	shows(s, 0, "the vendor's page is odd");
	shows(s, 1, "positron  ");
	log_error("worse");
	shows(s, 1, "devupd: worse");
	shows(s, 2, "positron  ");
	shows(s, 3, "");
}

static void a_window_that_is_resized(void **state)
{
	static const unsigned widths[] = {200, 40, 10, 80, 3};
	struct screen *s = *state;

	begin(s);
	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		look(s);
		resize(s, widths[i], 24);
		nap(REDRAW_MS);
		download(s, 0, 100 + i, 569);
		look(s); /* fails where a line would wrap */
		shows(s, 1, "");
	}
	assert_true(s->n_erased >= ARRAY_SIZE(widths) - 1);
}

static void a_window_that_is_low(void **state)
{
	struct screen *s = *state;

	resize(s, 80, 2);
	begin(s);
	download(s, 0, 1, 569);
	nap(REDRAW_MS);
	download(s, 1, 1, 569);
	shows(s, 0, "positron");
	shows(s, 1, ""); /* what is above the window can't be taken away again */
}

static void at_most_ten_times_a_second(void **state)
{
	struct screen *s = *state;
	uint64_t started_ms, ms;

	begin(s);
	started_ms = clock_now_ms();
	for (uint64_t i = 1; i <= 2000; i++) {
		download(s, 0, i, 2001);
		if (i % 100 == 0)
			nap(10);
	}
	ms = clock_now_ms() - started_ms;
	look(s);
	assert_true(s->n_erased >= 1);
	assert_true(s->n_erased <= ms / REDRAW_MS + 1);
}

static void apt_and_waiting(void **state)
{
	struct screen *s = *state;

	begin(s);
	download(s, 0, 1, 569); /* one that failed has no end */
	s->watch.on_wait(s->watch.user, "dpkg's lock", 4711, "apt-get");
	shows(s, 1, "waiting for dpkg's lock, held by apt-get (pid 4711)");
	s->watch.on_apply(s->watch.user, "", 0.0, "Running dpkg");
	shows(s, 0, "installing                     0 %  Running dpkg");
	s->watch.on_apply(s->watch.user, "positron", 60.0, "Unpacking positron (amd64)");
	shows(s, 0, "installing positron           60 %  Unpacking positron (amd64)");
	shows(s, 1, "");
	s->watch.on_apply(s->watch.user, "positron", 100.0, "Installed \x1b[2J");
	shows(s, 0, "installing positron          100 %  Installed \\x1b[2J");
	progress_pause(s->progress);
	shows(s, 0, "");
}

static void quiet_says_nothing(void **state)
{
	struct screen *s = *state;

	s->o.verbosity = -1;
	log_set_level(LOG_ERRORS);
	begin(s);
	download(s, 0, 1, 569);
	s->watch.on_apply(s->watch.user, "positron", 60.0, "");
	s->watch.on_wait(s->watch.user, "dpkg's lock", 4711, "apt-get");
	download(s, 0, 569, 569);
	look(s);
	assert_int_equal(s->raw_len, 0);
}

/* --- in a pipe --------------------------------------------------------------- */

static void plain_lines(struct screen *s)
{
	begin(s);
	download(s, 0, 0, 0);
	download(s, 0, 0, 569);
	download(s, 0, 100, 569);
	download(s, 1, 1, 600);
	nap(REDRAW_MS);
	download(s, 0, 300, 569);
	download(s, 0, 569, 569);
	s->watch.on_wait(s->watch.user, "dpkg's lock", 4711, "apt-get");
	s->watch.on_wait(s->watch.user, "dpkg's lock", 4711, "apt-get");
	s->watch.on_apply(s->watch.user, "", 0.0, "Retrieving file 1 of 1");
	s->watch.on_apply(s->watch.user, "positron", 10.0, "a");
	s->watch.on_apply(s->watch.user, "positron", 20.0, "b");
	progress_pause(s->progress);
	look(s);
	shows(s, 0, "positron: downloading 569 MB");
	shows(s, 1, "rstudio: downloading 600 MB");
	shows(s, 2, "positron: downloaded 569 MB in ");
	shows(s, 3, "waiting for dpkg's lock, held by apt-get (pid 4711)");
	shows(s, 4, "installing positron");
	shows(s, 5, "");
	assert_null(strchr(s->raw, '\033'));
}

static void plain_lines_in_a_pipe(void **state)
{
	plain_lines(*state);
}

static void plain_lines_where_asked_for(void **state)
{
	struct screen *s = *state;

	s->o.no_progress = true;
	plain_lines(s);
}

static void a_holder_is_named_as_far_as_it_is_known(void **state)
{
	struct screen *s = *state;

	begin(s);
	s->watch.on_wait(s->watch.user, "dpkg's lock", -1, "");
	s->watch.on_wait(s->watch.user, "dpkg's lock", 7, "a\nb\x1b[2J");
	shows(s, 0, "waiting for dpkg's lock, held by another program");
	assert_null(strstr(s->lines[0], "pid"));
	shows(s, 1, "waiting for dpkg's lock, held by a\\x0ab\\x1b[2J (pid 7)");
	shows(s, 2, "");
}

static void without_memory_nothing_breaks(void **state)
{
	(void)state;
	progress_pause(NULL);
	progress_free(NULL);
}

#define ON_A_TERMINAL(test) cmocka_unit_test_setup_teardown(test, terminal_make, screen_drop)
#define IN_A_PIPE(test)     cmocka_unit_test_setup_teardown(test, pipe_make, screen_drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bar_in_a_wide_window),
		cmocka_unit_test(no_line_reaches_the_edge),
		cmocka_unit_test(in_a_narrow_window_fewer_words),
		cmocka_unit_test(what_is_not_known_is_not_said),
		cmocka_unit_test(speed_is_of_the_last_seconds),
		cmocka_unit_test(what_was_there_is_no_speed),
		ON_A_TERMINAL(a_download_from_start_to_end),
		ON_A_TERMINAL(several_at_once),
		ON_A_TERMINAL(a_line_of_the_log_goes_above),
		ON_A_TERMINAL(a_window_that_is_resized),
		ON_A_TERMINAL(a_window_that_is_low),
		ON_A_TERMINAL(at_most_ten_times_a_second),
		ON_A_TERMINAL(apt_and_waiting),
		ON_A_TERMINAL(quiet_says_nothing),
		ON_A_TERMINAL(plain_lines_where_asked_for),
		IN_A_PIPE(plain_lines_in_a_pipe),
		IN_A_PIPE(a_holder_is_named_as_far_as_it_is_known),
		cmocka_unit_test(without_memory_nothing_breaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
