/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What mends changed, kept so that it can be taken back: one file a run in the person's own state
 * folder, ~/.local/state/devupd/undo/RUN.jsonl (0600, folder 0700), one JSON object a line, on the
 * disk before the change it speaks of. Files that were replaced are kept beside it, in undo/RUN/.
 */
#ifndef DEVUPD_LIB_UNDO_H
#define DEVUPD_LIB_UNDO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/err.h"
#include "updaters/lib/person.h"

enum { UNDO_RUN_MAX = 40 };

#define UNDO_RUN_WATCHED "watched" /* links that it changed follow, once it has ended */
#define UNDO_RUN_MAKES   "makes"   /* what it makes was named before */

struct undo; /* open for writing; nothing is made before the first line */
bool undo_open(
	const struct person *p, const char *run, struct undo **out, struct err *e) MUST_CHECK;
void undo_close(struct undo *u);
DEFINE_SCOPED(struct undo *, undo_close);

enum undo_type {
	UNDO_LINK,     /* path was a link to `from`, is one to `to`; NULL = nothing there */
	UNDO_FILE,     /* path had the bytes of SHA-256 `from` (kept; NULL = no file), has `to`'s */
	UNDO_MOVE,     /* what was at `from` is at path; `to` = "DEVICE:INODE" of it */
	UNDO_EXCHANGE, /* path and `from` have changed places; `to` = "DEVICE:INODE" of what is at
			  path now */
	UNDO_MADE,     /* path was made, with all below it */
	UNDO_RUN,      /* path: a command in words; it can't be taken back by itself, unless `from`
			  says that the lines beside it do: UNDO_RUN_WATCHED, UNDO_RUN_MAKES */
	UNDO_N_TYPES
};
/*
 * The beginning of one mend: its lines are taken back together or not at all.
 * Fails: ERR_STATE, ERR_SPACE: then nothing may be changed
 */
bool undo_begin(struct undo *u, const char *name, struct err *e) MUST_CHECK;
/* UNDO_FILE keeps a copy of the file that is at path now. What lies below something that this mend
 * made needs no line and gets none. */
bool undo_add(struct undo *u, enum undo_type type, const char *path, const char *from,
	const char *to, struct err *e) MUST_CHECK;
/* What a program did to links, at once. A folder's links that went come before what was made. */
struct undo_change {
	const char *path, *from, *to; /* as UNDO_LINK */
};
bool undo_add_links(
	struct undo *u, const struct undo_change *links, size_t n, struct err *e) MUST_CHECK;
/* Those again, of this mend, one by one; "" for NULL. */
void undo_tell_links(const struct undo *u,
	void (*on_change)(void *user, const char *path, const char *from, const char *to),
	void *user);
/* The mend is whole: what changes from now on, somebody else changed. */
bool undo_end(struct undo *u, struct err *e) MUST_CHECK;
/* Take back all lines since undo_begin: the mend failed. Says in e what could not be (after what
 * e holds already). */
void undo_revert(struct undo *u, struct err *e);

/* The person's last run that has something to take back; false: there is none. */
bool undo_last_run(const struct person *p, char out_run[UNDO_RUN_MAX]);

/*
 * What became of one mend, told to who takes it back. from, to: a link's targets, a file's digests
 * ("" = nothing there); of what moves or goes, the path itself and where it goes to.
 */
struct undo_watch {
	void (*on_change)(void *user, const char *path, const char *from, const char *to);
	/* It was left alone: changed since by somebody, or a command that can't be taken back. */
	void (*on_refused)(void *user, const char *path, const char *why);
	void *user;
};
/*
 * Take back what `name` changed in a run, the last mend first; each whole or not at all, and only
 * where everything is still as the mend left it, or never was changed. What was taken back is
 * marked so in the file. Refused as well: a folder that was made, and in which a file is newer than
 * the mend; a mend that was cut off while a watched program ran, for what that did is not known.
 *
 * In:    dry_run       tells, changes nothing
 * Out:   out_n_done    mends taken back; out_n_refused left alone
 * Fails: ERR_USAGE (no such run of this person), ERR_STATE (its file can't be read)
 */
bool undo_take_back(const struct person *p, const char *run, const char *name, bool dry_run,
	const struct undo_watch *watch, size_t *out_n_done, size_t *out_n_refused,
	struct err *e) MUST_CHECK;
/* Forget runs beyond the newest `keep` (their copies with them). */
bool undo_prune(const struct person *p, size_t keep, struct err *e) MUST_CHECK;

#endif
