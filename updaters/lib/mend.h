/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A mend: steps that put something right, known before the first is taken, so that a dry run shows
 * exactly what will be done. A step is taken only where things are still as they were looked at; if
 * one fails, those before it are taken back.
 *
 * Knows files, links and programs, nothing of what they mean. Runs in a process of the owner.
 */
#ifndef DEVUPD_LIB_MEND_H
#define DEVUPD_LIB_MEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/err.h"
#include "updaters/lib/person.h"
#include "updaters/lib/text.h"
#include "updaters/lib/undo.h"

enum mend_type {
	MEND_LINK, /* path becomes a symbolic link to `to`, in place of the link that is there */
	MEND_DROP_LINK, /* the symbolic link at path goes */
	MEND_MOVE,      /* path goes to `to`, where nothing may be yet; same file system */
	MEND_WRITE, /* the file at path gets these bytes; mode and owner stay; links are followed */
	MEND_EXCHANGE, /* path and `to` change places, atomically */
	MEND_REBASE, /* small text files directly below path: `was` becomes `to` in them, for a new
			folder that will move (scripts of a venv) */
	MEND_RUN,    /* a program */
	MEND_N_TYPES
};

struct mend_step {
	enum mend_type type;
	char *path; /* what is changed; RUN: the working folder, NULL = the home */
	char *to;
	char *was;   /* must be so still: LINK, DROP_LINK: the link's target (NULL = nothing is
			there);   WRITE: SHA-256 of the file (NULL = there is none) */
	void *bytes; /* WRITE */
	size_t len;
	mode_t mode; /* WRITE of a new file; 0 = 0644 */
	char *tells; /* WRITE: what the change is, in words for a person; NULL = nothing */
	/* RUN */
	struct strings argv; /* argv[0] absolute */
	struct strings env;  /* KEY=value, more than a person's own */
	char *search_path;   /* NULL = the system's default */
	uint64_t timeout_ms;
	char *watched; /* a prefix: its links are compared before and after, so that what it changed
			  can be told and undone (photo.h); NULL = nothing is watched. If we die
			  while it runs that is not known, and this mend can't be undone */
	char *makes;   /* a path that is not there yet and that it makes: removed with all below it
			  when the mend fails or is undone */
	bool is_within; /* all that it changes lies below what a step before it makes: taken back
			   with that */
	const char *const *busy_words; /* its output holds one of these (NULL-ended): another is at
					  work; tried again until the mender's wait is over */
	const char *says;              /* what failed, for the error: "brew link python@3.13" */
	struct strings ok_codes; /* exit codes that are no failure, as numbers; empty = 0 alone */
	/* What its output means, where it failed: fills in the error. to, was are the planner's own
	 * for it: nobody else looks at them. NULL = its last line tells */
	void (*explain)(const struct mend_step *step, const char *raw_output, struct err *e);
	bool is_forgiven; /* a status other than 0 is no failure: the next look decides */
};

struct mend {
	struct mend_step *steps;
	size_t n_steps;
};
void mend_clear(struct mend *m);
/* A new step at the end, all zero but its type; NULL: no memory. Texts in it become the mend's. */
struct mend_step *mend_add(struct mend *m, enum mend_type type);
/* For the simple ones; false: no memory. was may be NULL. */
bool mend_link(struct mend *m, const char *path, const char *was, const char *to) MUST_CHECK;
bool mend_drop_link(struct mend *m, const char *path, const char *was) MUST_CHECK;
bool mend_move(struct mend *m, const char *path, const char *to) MUST_CHECK;
bool mend_exchange(struct mend *m, const char *path, const char *to) MUST_CHECK;
bool mend_write(struct mend *m, const char *path, const char *was_sha256, const void *bytes,
	size_t len) MUST_CHECK;
/* Of the step that was added last: what it changes, in words. */
bool mend_tell(struct mend *m, const char *tells) MUST_CHECK;
/* argv NULL-ended; more is set in the step. */
struct mend_step *mend_run(struct mend *m, const char *const *argv, uint64_t timeout_ms);

/* "PATH.devupd-2026-11-22", with -2, -3 … where that is taken: aside, with a date. */
bool mend_aside(const char *path, char *out, size_t out_size) MUST_CHECK;

/* Who takes the steps, and what they are told. */
struct mender {
	const struct person *person;
	struct undo *undo; /* each change is written there first */
	const char *name;  /* of the updater */
	uint64_t wait_ms;  /* for what is busy */
	/* A change beyond those planned: what a program did to watched links; told once the mend
	 * is whole, of one that failed none is left. from, to "" = nothing there. NULL = not told
	 */
	void (*on_change)(void *user, const char *path, const char *from, const char *to);
	void (*on_tick)(void *user);
	bool (*is_stopped)(void *user);
	void *user;
};
/*
 * Out:   nothing is left half-done: on failure what can be taken back was taken back, and the text
 *        says what could not
 * Fails: ERR_BUSY (changed since it was looked at, or another program is at work after the wait),
 *        ERR_COMMAND (a program's status and its last words), ERR_SPACE, ERR_STATE, ERR_OWNER
 */
bool mend_take(const struct mend *m, const struct mender *by, struct err *e) MUST_CHECK;

#endif
