/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/terminal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>

enum { COLUMNS_DEFAULT = 80, ROWS_DEFAULT = 24 };

bool terminal_is(int fd)
{
	return isatty(fd) == 1;
}

bool terminal_has_person(void)
{
	return terminal_is(STDIN_FILENO) && terminal_is(STDERR_FILENO);
}

unsigned terminal_columns(int fd)
{
	struct winsize size = {0};

	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : COLUMNS_DEFAULT;
}

unsigned terminal_rows(int fd)
{
	struct winsize size = {0};

	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : ROWS_DEFAULT;
}

static size_t terminal_step_back(const char *text, size_t len)
{
	do
		len--;
	while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80);
	return len;
}

void terminal_cut(char *text, size_t size, size_t columns)
{
	size_t len = strlen(text);

	if (text_columns(text) <= columns)
		return;
	while (len > 0 && (text_columns(text) + 1 > columns || len + sizeof("…") > size)) {
		len = terminal_step_back(text, len);
		text[len] = '\0';
	}
	if (columns > 0)
		memcpy(text + len, "…", sizeof("…"));
}

bool terminal_has_color(int fd, const struct options *o)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (o->color != COLOR_AUTO)
		return o->color == COLOR_ALWAYS;
	return terminal_is(fd) && (no_color == NULL || no_color[0] == '\0') && term != NULL &&
	       !text_equal(term, "dumb");
}

/* One line from stdin, or a signal, whichever comes first. */
static enum answer terminal_read_line(struct stop *stop, char *out, size_t out_size)
{
	struct pollfd wait[] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = stop->fd, .events = POLLIN},
	};
	ssize_t n;

	for (;;) {
		if (poll(wait, ARRAY_SIZE(wait), -1) < 0 && errno != EINTR)
			return ANSWER_NO;
		if (stop_is_asked(stop))
			return ANSWER_STOPPED;
		if ((wait[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
			break;
	}
	n = read(STDIN_FILENO, out, out_size - 1);
	if (n <= 0)
		return ANSWER_NO;
	out[n] = '\0';
	return ANSWER_YES;
}

enum answer terminal_ask(const char *question, bool is_yes_default, struct stop *stop)
{
	char line[256];
	char *word;
	enum answer got;

	if (stop_is_asked(stop))
		return ANSWER_STOPPED;
	fprintf(stderr, "%s  %s ", question, is_yes_default ? "[Y/n]" : "[y/N]");
	fflush(stderr);
	got = terminal_read_line(stop, line, sizeof(line));
	if (got != ANSWER_YES) {
		fputc('\n', stderr);
		return got;
	}
	word = text_trim(line);
	if (word[0] == '\0')
		return is_yes_default ? ANSWER_YES : ANSWER_NO;
	return strcasecmp(word, "y") == 0 || strcasecmp(word, "yes") == 0 ? ANSWER_YES : ANSWER_NO;
}

size_t terminal_choose(
	const char *question, const char *letters, size_t n, size_t by_default, struct stop *stop)
{
	char line[256];

	while (!stop_is_asked(stop)) {
		fprintf(stderr, "%s  [%c] ", question, letters[by_default]);
		fflush(stderr);
		if (terminal_read_line(stop, line, sizeof(line)) != ANSWER_YES) {
			fputc('\n', stderr);
			return n;
		}

		const char *word = text_trim(line);

		if (word[0] == '\0')
			return by_default;
		for (size_t i = 0; i < n; i++) {
			if (word[0] == letters[i] && word[1] == '\0')
				return i;
		}
	}
	return n;
}
