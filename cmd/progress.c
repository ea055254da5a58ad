/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/progress.h"

#include <stdio.h>
#include <string.h>

#include "cmd/terminal.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/log.h"

enum {
	PROGRESS_BARS = 8, /* shown at once; more take turns */
	PROGRESS_REDRAW_MS = 100,
	PROGRESS_SPEED_MS = 3000, /* the speed is of about the last three seconds */
	BAR_MIN = 10,
	LINE_MAX_BYTES = 1024,
};

struct bar {
	char name[RECORD_NAME_MAX];
	uint64_t done_bytes, total_bytes;
	uint64_t started_ms;
	uint64_t mark_ms, mark_bytes; /* where the speed is counted from */
	uint64_t speed;               /* bytes a second, 0 = not known yet */
	bool is_used, is_ended;
};

struct progress {
	bool is_drawn; /* bars on a terminal; else plain lines */
	bool is_quiet;
	unsigned n_lines; /* on the screen now, below the text */
	uint64_t drawn_ms;
	struct bar bars[PROGRESS_BARS];
	char apply_line[256]; /* "" = none */
	char wait_line[256];
};

struct progress *progress_new(const struct options *o)
{
	struct progress *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->is_drawn = terminal_is(STDERR_FILENO) && !o->no_progress;
	p->is_quiet = o->verbosity < 0;
	return p;
}

/* Back to the first line of ours, and everything below it away. */
static void progress_erase(struct progress *p)
{
	if (p->n_lines > 0)
		fprintf(stderr, "\033[%uF\033[J", p->n_lines);
	p->n_lines = 0;
	fflush(stderr);
}

void progress_pause(struct progress *p)
{
	if (p == NULL)
		return;
	p->apply_line[0] = '\0';
	p->wait_line[0] = '\0';
	progress_erase(p);
}

void progress_free(struct progress *p)
{
	if (p == NULL)
		return;
	progress_erase(p);
	free(p);
}

/* "412 of 569 MB", or "412 MB" where the whole is not known. */
static void progress_amount(const struct bar *b, char *out, size_t out_size)
{
	char done[32], total[32];
	char *unit;

	text_size(b->done_bytes, done, sizeof(done));
	if (b->total_bytes == 0) {
		text_copy_cut(out, out_size, done);
		return;
	}
	text_size(b->total_bytes, total, sizeof(total));
	unit = strchr(done, ' ');
	if (unit != NULL && strchr(total, ' ') != NULL && text_equal(unit, strchr(total, ' ')))
		*unit = '\0';
	snprintf(out, out_size, "%s of %s", done, total);
}

static void progress_left(const struct bar *b, char *out, size_t out_size)
{
	uint64_t left = b->total_bytes > b->done_bytes ? b->total_bytes - b->done_bytes : 0;
	uint64_t seconds;

	out[0] = '\0';
	if (b->speed == 0 || b->total_bytes == 0)
		return;
	seconds = left / b->speed;
	if (seconds < 100 * 60)
		snprintf(out, out_size, "%llu:%02llu", (unsigned long long)(seconds / 60),
			(unsigned long long)(seconds % 60));
}

static void progress_bar(const struct bar *b, size_t width, char *out, size_t out_size)
{
	size_t full =
		b->total_bytes == 0
			? 0
			: (size_t)((double)width * (double)b->done_bytes / (double)b->total_bytes);
	size_t used = 0;

	for (size_t i = 0; i < width && used + 4 < out_size; i++) {
		const char *piece = i < full ? "━" : i == full ? "╸" : " ";

		used += (size_t)snprintf(out + used, out_size - used, "%s", piece);
	}
	out[used] = '\0';
}

/* One line that never is as wide as the terminal: it must not wrap. */
static void progress_line(const struct bar *b, unsigned columns, char *out, size_t out_size)
{
	char amount[80], speed[40] = "", left[16], line[LINE_MAX_BYTES],
			 bar[LINE_MAX_BYTES / 2] = "";
	size_t used;

	progress_amount(b, amount, sizeof(amount));
	progress_left(b, left, sizeof(left));
	if (b->speed > 0) {
		text_size(b->speed, speed, sizeof(speed));
		memcpy(speed + strlen(speed), "/s", sizeof("/s"));
	}
	snprintf(line, sizeof(line), "%-16s %s  %s  %s  ", b->name, amount, speed, left);
	used = text_columns(line);
	if (used + BAR_MIN < columns)
		progress_bar(
			b, columns - 1 - used < 60 ? columns - 1 - used : 60, bar, sizeof(bar));
	else if (used >= columns)
		line[columns - 1] = '\0'; /* names and amounts are ASCII */
	snprintf(out, out_size, "%s%s", line, bar);
}

static void progress_put(struct progress *p, const char *text, unsigned columns)
{
	char line[LINE_MAX_BYTES];

	text_copy_cut(line, sizeof(line), text);
	while (text_columns(line) >= columns && line[0] != '\0')
		line[strlen(line) - 1] = '\0';
	fprintf(stderr, "%s\n", line);
	p->n_lines++;
}

static void progress_draw(struct progress *p, bool is_now)
{
	unsigned columns = terminal_columns(STDERR_FILENO);
	uint64_t now = clock_now_ms();
	char line[LINE_MAX_BYTES];

	if (!p->is_drawn || p->is_quiet || (!is_now && now - p->drawn_ms < PROGRESS_REDRAW_MS))
		return;
	p->drawn_ms = now;
	progress_erase(p);
	for (size_t i = 0; i < PROGRESS_BARS; i++) {
		if (!p->bars[i].is_used || p->bars[i].is_ended)
			continue;
		progress_line(&p->bars[i], columns, line, sizeof(line));
		progress_put(p, line, columns);
	}
	if (p->apply_line[0] != '\0')
		progress_put(p, p->apply_line, columns);
	if (p->wait_line[0] != '\0')
		progress_put(p, p->wait_line, columns);
	fflush(stderr);
}

/* A line that stays, above the bars. */
static void progress_say(struct progress *p, const char *text)
{
	progress_erase(p);
	if (!p->is_quiet)
		log_note("%s", text);
	progress_draw(p, true);
}

static struct bar *progress_find(struct progress *p, const char *name)
{
	struct bar *unused = NULL;

	for (size_t i = 0; i < PROGRESS_BARS; i++) {
		struct bar *b = &p->bars[i];

		if (b->is_used && text_equal(b->name, name))
			return b;
		if (unused == NULL && (!b->is_used || b->is_ended))
			unused = b;
	}
	if (unused == NULL)
		return NULL;
	*unused = (struct bar){.is_used = true, .started_ms = clock_now_ms()};
	unused->mark_ms = unused->started_ms;
	text_copy_cut(unused->name, sizeof(unused->name), name);
	return unused;
}

static void progress_speed(struct bar *b)
{
	uint64_t now = clock_now_ms(), ms = now - b->mark_ms;

	if (ms < PROGRESS_REDRAW_MS * 5 || b->done_bytes < b->mark_bytes)
		return;
	b->speed = (b->done_bytes - b->mark_bytes) * 1000 / ms;
	if (ms > PROGRESS_SPEED_MS) {
		b->mark_ms = now;
		b->mark_bytes = b->done_bytes;
	}
}

static void progress_on_download(
	void *user, const struct entry *entry, uint64_t done_bytes, uint64_t total_bytes)
{
	struct progress *p = user;
	struct bar *b = progress_find(p, entry->name);
	char line[256], size[32], duration[32];

	if (b == NULL || (b->is_ended && done_bytes >= b->done_bytes))
		return;
	if (b->total_bytes == 0 && total_bytes > 0 && !p->is_drawn) {
		text_size(total_bytes, size, sizeof(size));
		snprintf(line, sizeof(line), "%s: downloading %s", entry->name, size);
		progress_say(p, line);
	}
	b->done_bytes = done_bytes;
	b->total_bytes = total_bytes;
	progress_speed(b);
	if (total_bytes == 0 || done_bytes < total_bytes) {
		progress_draw(p, false);
		return;
	}
	b->is_ended = true;
	text_size(total_bytes, size, sizeof(size));
	text_duration(clock_now_ms() - b->started_ms, duration, sizeof(duration));
	snprintf(line, sizeof(line), "%s: downloaded %s in %s", entry->name, size, duration);
	progress_say(p, line);
}

static void progress_on_apply(void *user, const char *name, double percent, const char *text)
{
	struct progress *p = user;
	char line[sizeof(p->apply_line)];

	p->wait_line[0] = '\0';
	snprintf(line, sizeof(line), "%-16s %3.0f %%  %s", name, percent, text);
	if (text_equal(line, p->apply_line))
		return;
	memcpy(p->apply_line, line, sizeof(line));
	progress_draw(p, true);
}

static void progress_on_wait(void *user, const char *what, pid_t holder, const char *holder_name)
{
	struct progress *p = user;
	char line[sizeof(p->wait_line)];

	snprintf(line, sizeof(line), "waiting for %s, held by %s (pid %d)", what,
		holder_name[0] != '\0' ? holder_name : "another program", (int)holder);
	if (text_equal(line, p->wait_line))
		return;
	memcpy(p->wait_line, line, sizeof(line));
	if (p->is_drawn)
		progress_draw(p, true);
	else
		progress_say(p, line);
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
