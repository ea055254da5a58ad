/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of the audit trail: its files and lines as bytes, and how its end stands to the head
 * that the state keeps. Shared by audit.c (writes), audit_read.c (reads) and apt_words.c, whose log
 * is rotated in the same way; nobody else includes it.
 */
#ifndef DEVUPD_UPDATERS_AUDIT_TRAIL_H
#define DEVUPD_UPDATERS_AUDIT_TRAIL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/audit.h"

enum {
	TRAIL_LINE_MAX = 1 << 20,   /* of what we write */
	TRAIL_FILE_MAX = 256 << 20, /* of what we read, unpacked; logrotate cuts far below it */
};

extern const char trail_no_hash[SHA256_HEX_SIZE]; /* 64 zeros: before the first record */
const char *audit_event_token(enum audit_event event);

/* --- lines --------------------------------------------------------------------------------------
 */

struct trail_line {
	const char *file; /* name without folder */
	size_t number;    /* from 1 */
	const char *raw;  /* without newline, not NUL-ended */
	size_t len;
	bool is_torn;      /* no newline: the write was cut short */
	bool is_packed;    /* of a file that was compressed: nothing is ever added to that */
	const char *fault; /* NULL, or why the rest of this file can't be unpacked: no line then */
};
typedef bool trail_on_line(void *user, const struct trail_line *line); /* false = enough */
/*
 * In:    n_rotated   how many rotated files (audit.log.N, also .gz, .xz, .zst, .bz2) to begin with
 *                    at most; the highest number is the oldest and comes first. One that is there
 *                    both ways (a compression was cut off) is read as it was before
 * Fails: ERR_AUDIT   a file can't be read; a missing one is none
 */
bool trail_walk(const char *path, size_t n_rotated, trail_on_line *on_line, void *user,
	struct err *e) MUST_CHECK;

/* Says why, by errno; false. */
bool trail_open_failed(const char *path, struct err *e);
/* Under root: is this file of the trail its own, and nobody else's to write? Fails: ERR_AUDIT */
bool trail_file_check(const char *path, struct err *e) MUST_CHECK;

/* The end of the trail, without reading all of it. */
struct trail_tail {
	char path[PATH_MAX]; /* the file that the next bytes belong to */
	char *line;          /* the last whole one, malloc'd; NULL = none */
	char *torn; /* what follows it without a newline, malloc'd; may hold zeros; NULL = nothing
		     */
	size_t torn_len;
	bool torn_is_packed; /* it lies elsewhere, where nothing can be added: path gets all of it
			      */
};
bool trail_tail_read(const char *path, struct trail_tail *out, struct err *e) MUST_CHECK;
void trail_tail_clear(struct trail_tail *t);

/* --- the chain's end ----------------------------------------------------------------------------
 */

/* A record's place in the chain. */
struct trail_link {
	uint64_t seq; /* 0 = there is none */
	char hash[SHA256_HEX_SIZE];
	char prev[SHA256_HEX_SIZE];
};
/* false: the line is no record of ours (hash is set all the same). */
bool trail_link_read(const char *raw, size_t len, struct trail_link *out);

/* The head as the state knows it. */
struct trail_head {
	struct trail_link link;
	char *line; /* malloc'd; NULL = none */
};
bool trail_head_read(struct state *s, struct trail_head *out, struct err *e) MUST_CHECK;
void trail_head_clear(struct trail_head *h);

enum trail_end {
	TRAIL_ENDS_WELL,   /* with the head */
	TRAIL_IS_SHORT,    /* the head's line alone is missing, in whole or in part */
	TRAIL_HAS_NO_HEAD, /* the state knows none */
	TRAIL_IS_BROKEN,   /* anything else: cut off, changed, added */
};
enum trail_end trail_end_find(const struct trail_head *head, const struct trail_link *last,
	const char *torn, size_t torn_len);

/* --- the chain's start --------------------------------------------------------------------------
 */

bool trail_start_read(const char *path, struct state_start *out, struct err *e) MUST_CHECK;
/*
 * Has the trail its first record, or has a rotation taken what is missing? A rotation takes the
 * oldest file when it makes a new one, and leaves as many as there were.
 *
 * In:    known   from the state, as of the last run
 */
bool trail_start_is_explained(const struct state_start *known, const struct state_start *now);

#endif
