/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions on a real terminal, with a person who types, leaves, or stops us. */
#include "cmd/terminal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_NO_PERSON = 90, CHILD_NO_STOP = 91, SAID_MAX = 4096 };

/* --- asking ------------------------------------------------------------------ */

struct talk {
	const char *typed; /* NULL: hang up */
	bool is_yes_default;
	int answer;
};

static int ask_once(const struct talk *t, struct stop *stop)
{
	return (int)terminal_ask("Upgrade 1?", t->is_yes_default, stop);
}

static int choose(const struct talk *t, struct stop *stop)
{
	static const char letters[] = {'w', 'n', 'l'};

	(void)t;
	return (int)terminal_choose("[w]ait [n]ow [l]ater?", letters, sizeof(letters), 0, stop);
}

/* Three questions in a row, and what each came to. */
static int ask_on(const struct talk *t, struct stop *stop)
{
	int first = ask_once(t, stop), second = ask_once(t, stop);

	return 100 * first + 10 * second + choose(t, stop);
}

typedef int asking(const struct talk *t, struct stop *stop);

/* The other end: its exit status is the answer. */
static void ask_and_leave(const struct talk *t, asking *ask)
{
	struct stop stop;
	struct err e = {0};

	alarm(60); /* who waits for more than is typed waits for ever */
	if (!terminal_has_person())
		_exit(CHILD_NO_PERSON);
	if (!stop_open(&stop, &e))
		_exit(CHILD_NO_STOP);
	_exit(ask(t, &stop));
}

/* Reads until the text has come, or the other end is gone. */
static void wait_for(int fd, const char *text, char said[SAID_MAX])
{
	size_t len = strlen(said);
	ssize_t n;

	while (strstr(said, text) == NULL && len < SAID_MAX - 1) {
		n = read(fd, said + len, SAID_MAX - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
		said[len] = '\0';
	}
}

static int talk_to(const struct talk *t, asking *ask, char said[SAID_MAX])
{
	struct winsize size = {.ws_col = 80, .ws_row = 24};
	int fd = -1, status = 0;
	pid_t pid = forkpty(&fd, NULL, NULL, &size);

	assert_true(pid >= 0);
	if (pid == 0)
		ask_and_leave(t, ask);
	said[0] = '\0';
	wait_for(fd, "] ", said);
	if (t->typed == NULL)
		close(fd); /* the window is closed: SIGHUP */
	else
		assert_int_equal(write(fd, t->typed, strlen(t->typed)), strlen(t->typed));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (t->typed != NULL) {
		wait_for(fd, "there is nothing more", said);
		close(fd);
	}
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void each_answer(void **state)
{
	static const struct talk talks[] = {
		{"\n", true, ANSWER_YES},
		{"\n", false, ANSWER_NO},
		{"y\n", false, ANSWER_YES},
		{"Y\n", true, ANSWER_YES},
		{"yes\n", false, ANSWER_YES},
		{"  YES  \n", false, ANSWER_YES},
		{"n\n", true, ANSWER_NO},
		{"no\n", true, ANSWER_NO},
		{"q\n", true, ANSWER_NO},
		{"yesterday\n", true, ANSWER_NO},
		{"\x04", true, ANSWER_NO},      /* end of file */
		{"\x03", true, ANSWER_STOPPED}, /* Ctrl-C */
		{NULL, true, ANSWER_STOPPED},
	};
	char said[SAID_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(talks); i++) {
		int got = talk_to(&talks[i], ask_once, said);

		if (got != (int)talks[i].answer)
			fail_msg("%zu: %d", i, got);
	}
}

static void each_choice(void **state)
{
	static const struct talk talks[] = {
		{"\n", false, 0},
		{"n\n", false, 1},
		{"  l \n", false, 2},
		{"later\nx\nn\n", false, 1}, /* asked again */
		{"\x04", false, 3},          /* end of file */
		{"\x03", false, 3},          /* Ctrl-C */
		{NULL, false, 3},
	};
	char said[SAID_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(talks); i++) {
		int got = talk_to(&talks[i], choose, said);

		if (got != talks[i].answer)
			fail_msg("%zu: %d", i, got);
	}
}

/* One Ctrl-C ends them all: the next would wait for a second one. */
static void who_is_stopped_is_asked_no_more(void **state)
{
	const struct talk t = {"\x03", true, 100 * ANSWER_STOPPED + 10 * ANSWER_STOPPED + 3};
	char said[SAID_MAX], *first;

	(void)state;
	assert_int_equal(talk_to(&t, ask_on, said), t.answer);
	first = strstr(said, "Upgrade 1?");
	assert_non_null(first);
	assert_null(strstr(first + 1, "Upgrade 1?"));
	assert_null(strstr(said, "[l]ater?"));
}

static void the_question_names_its_default(void **state)
{
	const struct talk yes = {"n\n", true, ANSWER_NO}, no = {"n\n", false, ANSWER_NO};
	char said[SAID_MAX];

	(void)state;
	talk_to(&yes, ask_once, said);
	assert_non_null(strstr(said, "Upgrade 1?  [Y/n] "));
	talk_to(&no, ask_once, said);
	assert_non_null(strstr(said, "Upgrade 1?  [y/N] "));
}

/* --- what there is ----------------------------------------------------------- */

static int open_window(unsigned short columns, unsigned short rows, int *out_theirs)
{
	struct winsize size = {.ws_col = columns, .ws_row = rows};
	int ours = -1;

	assert_int_equal(openpty(&ours, out_theirs, NULL, NULL, &size), 0);
	return ours;
}

static void the_window_is_asked_anew(void **state)
{
	struct winsize size = {.ws_col = 40, .ws_row = 10};
	int theirs = -1, ours = open_window(200, 50, &theirs);

	(void)state;
	assert_true(terminal_is(theirs));
	assert_int_equal(terminal_columns(theirs), 200);
	assert_int_equal(terminal_rows(theirs), 50);
	assert_int_equal(ioctl(ours, TIOCSWINSZ, &size), 0);
	assert_int_equal(terminal_columns(theirs), 40);
	assert_int_equal(terminal_rows(theirs), 10);
	close(ours);
	close(theirs);
}

static void a_window_of_no_known_size(void **state)
{
	int theirs = -1, ours = open_window(0, 0, &theirs), ends[2];

	(void)state;
	assert_int_equal(terminal_columns(theirs), 80);
	assert_int_equal(terminal_rows(theirs), 24);
	assert_int_equal(pipe(ends), 0);
	assert_false(terminal_is(ends[1]));
	assert_false(terminal_is(-1));
	assert_int_equal(terminal_columns(ends[1]), 80);
	for (size_t i = 0; i < 2; i++)
		close(ends[i]);
	close(ours);
	close(theirs);
}

static void when_there_is_colour(void **state)
{
	static const struct {
		int color;
		bool is_terminal;
		const char *term, *no_color;
		bool has_color;
	} cases[] = {
		{COLOR_AUTO, true, "xterm", NULL, true},
		{COLOR_AUTO, true, "xterm", "", true}, /* no-color.org: when not empty */
		{COLOR_AUTO, true, "xterm", "1", false},
		{COLOR_AUTO, true, "dumb", NULL, false},
		{COLOR_AUTO, true, NULL, NULL, false},
		{COLOR_AUTO, false, "xterm", NULL, false},
		{COLOR_ALWAYS, false, "dumb", "1", true},
		{COLOR_NEVER, true, "xterm", NULL, false},
	};
	int theirs = -1, ours = open_window(80, 24, &theirs), ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct options o = {.color = cases[i].color};

		assert_int_equal(unsetenv("TERM") + unsetenv("NO_COLOR"), 0);
		if (cases[i].term != NULL)
			assert_int_equal(setenv("TERM", cases[i].term, 1), 0);
		if (cases[i].no_color != NULL)
			assert_int_equal(setenv("NO_COLOR", cases[i].no_color, 1), 0);
		if (terminal_has_color(cases[i].is_terminal ? theirs : ends[1], &o) !=
			cases[i].has_color)
			fail_msg("case %zu", i);
	}
	for (size_t i = 0; i < 2; i++)
		close(ends[i]);
	close(ours);
	close(theirs);
}

static void a_text_is_cut_at_whole_characters(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
		const char *cut;
	} cases[] = {
		{"positron", 8, "positron"},
		{"positron", 7, "positr…"},
		{"positron", 1, "…"},
		{"positron", 0, ""},
		{"", 0, ""},
		{"äöüß", 4, "äöüß"},
		{"äöüß", 3, "äö…"},
		{"日本語", 6, "日本語"},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"},
		{"━━━━", 2, "━…"},
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(text_copy(text, sizeof(text), cases[i].text));
		terminal_cut(text, sizeof(text), cases[i].columns);
		assert_string_equal(text, cases[i].cut);
	}
}

/* A wide text of narrow memory: the ellipsis has room, too. */
static void a_cut_stays_inside(void **state)
{
	char text[9] = "positron";

	(void)state;
	terminal_cut(text, sizeof(text), 7);
	assert_string_equal(text, "posit…");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_answer),
		cmocka_unit_test(each_choice),
		cmocka_unit_test(who_is_stopped_is_asked_no_more),
		cmocka_unit_test(the_question_names_its_default),
		cmocka_unit_test(the_window_is_asked_anew),
		cmocka_unit_test(a_window_of_no_known_size),
		cmocka_unit_test(when_there_is_colour),
		cmocka_unit_test(a_text_is_cut_at_whole_characters),
		cmocka_unit_test(a_cut_stays_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
