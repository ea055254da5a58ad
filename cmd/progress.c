/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/progress.h"

#include <stdio.h>
#include <string.h>

#include "cmd/progress_bar.h"
#include "cmd/terminal.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/log.h"

enum {
	BARS_SHOWN = 8, /* at once; those that end make room */
	REDRAW_MS = 100,
	LINE_BYTES = 1024,
	SCREEN_BYTES = (BARS_SHOWN + 4) * LINE_BYTES,
	WORD_MAX = 256,
};

struct progress {
	bool is_drawn;    /* bars on a terminal; else plain lines */
	unsigned n_lines; /* on the screen now, below the text */
	uint64_t drawn_ms;
	struct bar *bars;
	size_t n_bars;
	bool has_applied;
	char apply_line[LINE_BYTES]; /* "" = none */
	char wait_line[LINE_BYTES];
};

/* --- the screen -------------------------------------------------------------- */

/* Back to the first line of ours, and everything below it away. */
static void progress_put_erase(struct progress *p, struct buf *out)
{
	if (p->n_lines > 0)
		buf_printf(out, "\033[%uF\033[J", p->n_lines);
	p->n_lines = 0;
}

static void progress_put_line(
	struct progress *p, const char *text, unsigned columns, unsigned rows, struct buf *out)
{
	char line[LINE_BYTES];

	/* A line that wraps, or one above the window, could not be taken away again. */
	if (text[0] == '\0' || p->n_lines + 2 > rows)
		return;
	text_copy_cut(line, sizeof(line), text);
	terminal_cut(line, sizeof(line), columns - 1);
	buf_printf(out, "%s\n", line);
	p->n_lines++;
}

static void progress_put_all(struct progress *p, struct buf *out)
{
	unsigned columns = terminal_columns(STDERR_FILENO), rows = terminal_rows(STDERR_FILENO);
	char line[LINE_BYTES];
	size_t n = 0;

	for (size_t i = 0; i < p->n_bars && n < BARS_SHOWN; i++) {
		if (p->bars[i].is_ended)
			continue;
		bar_write(&p->bars[i], columns, line, sizeof(line));
		progress_put_line(p, line, columns, rows, out);
		n++;
	}
	progress_put_line(p, p->apply_line, columns, rows, out);
	progress_put_line(p, p->wait_line, columns, rows, out);
}

/* One write for all of it: nothing of another process comes in between, nothing flickers. */
static void progress_show(struct progress *p, bool with_lines)
{
	SCOPED_CLEAR(buf_clear) struct buf screen = {0};

	if (!p->is_drawn)
		return;
	buf_init(&screen, SCREEN_BYTES);
	progress_put_erase(p, &screen);
	if (with_lines)
		progress_put_all(p, &screen);
	p->drawn_ms = clock_now_ms();
	if (screen.len > 0)
		fwrite(screen.data, 1, screen.len, stderr);
	fflush(stderr);
}

static void progress_redraw(struct progress *p)
{
	if (clock_now_ms() - p->drawn_ms >= REDRAW_MS)
		progress_show(p, true);
}

/* A line of the log goes above the bars. */
static void progress_guard(void *user, bool is_start)
{
	progress_show(user, !is_start);
}

/* --- its life ---------------------------------------------------------------- */

struct progress *progress_new(const struct options *o)
{
	struct progress *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->is_drawn = terminal_is(STDERR_FILENO) && !o->no_progress && o->verbosity >= 0;
	log_set_guard(progress_guard, p);
	return p;
}

void progress_pause(struct progress *p)
{
	if (p == NULL)
		return;
	p->n_bars = 0;
	p->apply_line[0] = '\0';
	p->wait_line[0] = '\0';
	progress_show(p, false);
}

void progress_free(struct progress *p)
{
	if (p == NULL)
		return;
	progress_pause(p);
	log_set_guard(NULL, NULL);
	free(p->bars);
	free(p);
}

/* --- downloads --------------------------------------------------------------- */

static struct bar *progress_find(struct progress *p, const char *name, uint64_t done_bytes)
{
	struct bar *grown;

	for (size_t i = 0; i < p->n_bars; i++) {
		if (text_equal(p->bars[i].name, name))
			return &p->bars[i];
	}
	grown = reallocarray(p->bars, p->n_bars + 1, sizeof(*grown));
	if (grown == NULL)
		return NULL;
	p->bars = grown;
	bar_start(&p->bars[p->n_bars], name, done_bytes, clock_now_ms());
	return &p->bars[p->n_bars++];
}

static void progress_announce(const struct progress *p, struct bar *b)
{
	char size[32];

	if (b->is_announced || b->total_bytes == 0)
		return;
	b->is_announced = true;
	text_size(b->total_bytes, size, sizeof(size));
	if (!p->is_drawn)
		log_note("%s: downloading %s", b->name, size);
}

static void progress_end(struct bar *b)
{
	char size[32], duration[32];

	b->is_ended = true;
	text_size(b->total_bytes, size, sizeof(size));
	text_duration(clock_now_ms() - b->started_ms, duration, sizeof(duration));
	log_note("%s: downloaded %s in %s", b->name, size, duration);
}

static void progress_on_download(
	void *user, const struct entry *entry, uint64_t done_bytes, uint64_t total_bytes)
{
	struct progress *p = user;
	struct bar *b = progress_find(p, entry->name, done_bytes);

	if (b == NULL || (b->is_ended && done_bytes >= b->done_bytes))
		return;
	p->wait_line[0] = '\0';
	b->is_ended = false;
	bar_move(b, done_bytes, total_bytes, clock_now_ms());
	progress_announce(p, b);
	if (total_bytes > 0 && done_bytes >= total_bytes)
		progress_end(b);
	else
		progress_redraw(p);
}

/* --- apt and locks ----------------------------------------------------------- */

/* Foreign words on one line of ours. */
static void progress_word(const char *raw, char out[WORD_MAX])
{
	text_escape(raw, strlen(raw), out, WORD_MAX);
}

static void progress_on_apply(void *user, const char *name, double percent, const char *text)
{
	struct progress *p = user;
	char word[WORD_MAX], what[WORD_MAX], line[LINE_BYTES];

	p->n_bars = 0; /* a download that did not end is over, too */
	p->wait_line[0] = '\0';
	progress_word(name, word);
	progress_word(text, what);
	if (!p->is_drawn && !p->has_applied && word[0] != '\0')
		log_note("installing %s", word);
	p->has_applied = p->has_applied || word[0] != '\0';
	snprintf(line, sizeof(line), "installing %-16s  %3.0f %%  %s", word, percent, what);
	if (text_equal(line, p->apply_line))
		return;
	memcpy(p->apply_line, line, sizeof(line));
	progress_show(p, true);
}

static void progress_on_wait(void *user, const char *what, pid_t holder, const char *holder_name)
{
	struct progress *p = user;
	char word[WORD_MAX], line[LINE_BYTES], pid[32] = "";

	progress_word(holder_name, word);
	if (holder > 0) /* else it lives in another PID namespace */
		snprintf(pid, sizeof(pid), " (pid %d)", (int)holder);
	snprintf(line, sizeof(line), "waiting for %s, held by %s%s", what,
		word[0] != '\0' ? word : "another program", pid);
	if (text_equal(line, p->wait_line))
		return;
	memcpy(p->wait_line, line, sizeof(line));
	if (p->is_drawn)
		progress_show(p, true);
	else
		log_note("%s", line);
}

void progress_watch(struct progress *p, struct run_watch *out)
{
	*out = (struct run_watch){
		.on_download = progress_on_download,
		.on_apply = progress_on_apply,
		.on_wait = progress_on_wait,
		.user = p,
	};
}
