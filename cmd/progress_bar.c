/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/progress_bar.h"

#include <stdio.h>
#include <string.h>

#include "cmd/terminal.h"
#include "updaters/lib/text.h"

enum {
	SPEED_FIRST_MS = 500, /* earlier a speed is noise */
	SPEED_WINDOW_MS = 3000,
	LEFT_MAX_S = 100 * 60,
	PIECES_MIN = 10, /* a shorter bar says nothing */
	PIECES_MAX = 60,
	PIECES_BYTES = PIECES_MAX * 4,
};

void bar_start(struct bar *b, const char *name, uint64_t done_bytes, uint64_t now_ms)
{
	*b = (struct bar){
		.done_bytes = done_bytes,
		.started_ms = now_ms,
		.mark_ms = now_ms,
		.mark_bytes = done_bytes,
	};
	text_copy_cut(b->name, sizeof(b->name), name);
}

void bar_move(struct bar *b, uint64_t done_bytes, uint64_t total_bytes, uint64_t now_ms)
{
	uint64_t ms = now_ms - b->mark_ms;

	b->total_bytes = total_bytes;
	if (done_bytes < b->done_bytes) { /* begun again */
		b->mark_ms = now_ms;
		b->mark_bytes = done_bytes;
		b->speed = 0;
	} else if (ms >= SPEED_FIRST_MS) {
		b->speed = (done_bytes - b->mark_bytes) * 1000 / ms;
	}
	b->done_bytes = done_bytes;
	if (ms >= SPEED_WINDOW_MS) {
		b->mark_ms = now_ms;
		b->mark_bytes = done_bytes;
	}
}

static void bar_speed(const struct bar *b, char *out, size_t out_size)
{
	char size[32];

	out[0] = '\0';
	if (b->speed == 0)
		return;
	text_size(b->speed, size, sizeof(size));
	snprintf(out, out_size, "%s/s", size);
}

static void bar_left(const struct bar *b, char *out, size_t out_size)
{
	uint64_t left = b->total_bytes > b->done_bytes ? b->total_bytes - b->done_bytes : 0;
	uint64_t seconds = b->speed > 0 ? left / b->speed : 0;

	out[0] = '\0';
	if (b->speed > 0 && b->total_bytes > 0 && seconds < LEFT_MAX_S)
		snprintf(out, out_size, "%u:%02u", (unsigned)(seconds / 60),
			(unsigned)(seconds % 60));
}

static void bar_pieces(const struct bar *b, size_t width, char *out, size_t out_size)
{
	double part = b->total_bytes > 0 ? (double)b->done_bytes / (double)b->total_bytes : 0;
	size_t full = part < 1 ? (size_t)((double)width * part) : width;
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i <= full && i < width && used + sizeof("━") <= out_size; i++)
		used += (size_t)snprintf(out + used, out_size - used, "%s", i < full ? "━" : "╸");
}

void bar_write(const struct bar *b, unsigned columns, char *out, size_t out_size)
{
	char amount[80], speed[48], left[16], pieces[PIECES_BYTES] = "";
	size_t room = columns > 0 ? columns - 1 : 0, used;

	text_size_of(b->done_bytes, b->total_bytes, amount, sizeof(amount));
	bar_speed(b, speed, sizeof(speed));
	bar_left(b, left, sizeof(left));
	snprintf(out, out_size, "%-16s  %13s  %8s  %5s", b->name, amount, speed, left);
	used = text_columns(out);
	if (used + 2 + PIECES_MIN <= room) {
		used = room - used - 2;
		bar_pieces(b, used < PIECES_MAX ? used : PIECES_MAX, pieces, sizeof(pieces));
		used = strlen(out);
		snprintf(out + used, out_size - used, "  %s", pieces);
	} else if (used > room) {
		snprintf(out, out_size, "%s  %s  %s", b->name, amount, left);
	}
	terminal_cut(out, out_size, room);
}
