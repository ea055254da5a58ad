/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One download as a line of text: how far, how fast, how long still. Pure: the time is told. */
#ifndef DEVUPD_CMD_PROGRESS_BAR_H
#define DEVUPD_CMD_PROGRESS_BAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/records.h"

struct bar {
	char name[RECORD_NAME_MAX];
	uint64_t done_bytes, total_bytes; /* total 0 = not told */
	uint64_t started_ms;
	uint64_t mark_ms, mark_bytes; /* where the speed is counted from */
	uint64_t speed;               /* bytes a second over about three seconds, 0 = not known */
	bool is_announced, is_ended;
};

/* done_bytes: what was there from an earlier try; it does not count as speed. */
void bar_start(struct bar *b, const char *name, uint64_t done_bytes, uint64_t now_ms);
void bar_move(struct bar *b, uint64_t done_bytes, uint64_t total_bytes, uint64_t now_ms);

/*
 * "positron          412 of 569 MB   38 MB/s   0:04  ━━━━━╸", in fewer words where it is narrow.
 *
 * In:    columns   of the window; the line is at least one shorter, so that it never wraps
 */
void bar_write(const struct bar *b, unsigned columns, char *out, size_t out_size);

#endif
