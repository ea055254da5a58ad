/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What devupd remembers between runs, in SQLite (the only user of it): documents for conditional
 * requests, digests first seen, holds, skips, licences, runs, kept packages, the audit chain's
 * head.
 *
 * Rollback journal, schema version in user_version. A database that is garbage is set aside
 * (renamed with a date) and made anew, and says so; one newer than we are is refused and left
 * alone. Opened read-only by an ordinary user who looks at root's state; every question then
 * answers "nothing known" on any fault and the first fault is kept. A change that a kill or a power
 * cut left half-way is taken back by the first who opens the file and may write it, to read or not.
 */
#ifndef DEVUPD_UPDATERS_STATE_H
#define DEVUPD_UPDATERS_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/err.h"
#include "updaters/records.h"

struct state;

/*
 * In:    path        of the database; its folder exists
 *        read_only   changes nothing that it holds; a missing file is an empty state
 * Out:   out_note    set when something was set aside or can't be read; "" otherwise
 * Fails: ERR_STATE (to write: also where a newer devupd made it), ERR_SPACE
 */
bool state_open(const char *path, bool read_only, struct state **out, char *out_note,
	size_t note_size, struct err *e) MUST_CHECK;
void state_close(struct state *s);
DEFINE_SCOPED(struct state *, state_close);
/* The first fault of a state that is open for reading only, "" = none. Borrowed. */
const char *state_fault(const struct state *s);

/*
 * One transaction around many changes, for one wait for the disk; nesting is not allowed, nor is an
 * audit record inside (its head must be on the disk first). A state closed before the commit
 * forgets the changes.
 */
bool state_begin(struct state *s, struct err *e) MUST_CHECK;
bool state_commit(struct state *s, struct err *e) MUST_CHECK;
void state_rollback(struct state *s); /* nothing where no transaction is under way */

/* Documents of a name, valid for this recipe digest only. Out: malloc'd list, each to be cleared.
 */
bool state_documents(struct state *s, const char *name, const char *recipe_digest,
	struct document **out, size_t *out_n, struct err *e) MUST_CHECK;
/* Replaces what was kept for that name and recipe; other recipe digests of the name are dropped. */
bool state_put_documents(struct state *s, const char *name, const char *recipe_digest,
	const struct document *documents, size_t n, struct err *e) MUST_CHECK;

/* The digest of first sight for (package, architecture, version): "" = never seen. */
bool state_first_digest(struct state *s, const char *package, const char *arch, const char *version,
	char out_hex[SHA256_HEX_SIZE], struct err *e) MUST_CHECK;
/* What was seen first stays: a second digest for the same three is not taken. */
bool state_put_first_digest(struct state *s, const char *package, const char *arch,
	const char *version, const char *hex, struct err *e) MUST_CHECK;
/* A person took the other bytes: from now on these were seen first. */
bool state_change_first_digest(struct state *s, const char *package, const char *arch,
	const char *version, const char *hex, struct err *e) MUST_CHECK;

struct state_hold {
	char name[RECORD_NAME_MAX];
	int64_t until_unix_ms; /* 0 = for ever */
	int64_t since_unix_ms;
	char reason[256];
};
bool state_hold_get(struct state *s, const char *name, bool *out_found, struct state_hold *out,
	struct err *e) MUST_CHECK; /* one that is over is not found */
bool state_hold_put(struct state *s, const struct state_hold *h, struct err *e) MUST_CHECK;
bool state_hold_drop(
	struct state *s, const char *name, bool *out_was_there, struct err *e) MUST_CHECK;

/* A version passed over: exactly that one (skip), or all up to it (rollback). */
struct state_skip {
	char exactly[DPKG_VERSION_MAX]; /* "" = none */
	char up_to[DPKG_VERSION_MAX];   /* "" = none */
};
bool state_skip_get(
	struct state *s, const char *name, struct state_skip *out, struct err *e) MUST_CHECK;
bool state_skip_put(
	struct state *s, const char *name, const struct state_skip *skip, struct err *e) MUST_CHECK;
bool state_skip_drop(
	struct state *s, const char *name, bool *out_was_there, struct err *e) MUST_CHECK;

struct state_license {
	char name[RECORD_NAME_MAX];
	char license[128];
	char url[URL_MAX];
	char who[128]; /* login name */
	uint32_t uid;
	int64_t when_unix_ms;
};
bool state_license_get(struct state *s, const char *name, bool *out_found,
	struct state_license *out, struct err *e) MUST_CHECK;
bool state_license_put(struct state *s, const struct state_license *l, struct err *e) MUST_CHECK;

/* A package kept for rollback, or (verified_by none) for a run that goes on with it. */
struct state_kept {
	char name[RECORD_NAME_MAX];
	char package[DPKG_NAME_MAX];
	char version[DPKG_VERSION_MAX]; /* the control's; not verified yet: the release's */
	char arch[DPKG_ARCH_MAX];
	char path[512];
	char sha256[SHA256_HEX_SIZE];
	uint64_t size_bytes;
	int64_t when_unix_ms;
	char url[URL_MAX];
	enum digest_from sha256_from;
	enum verified_by verified_by;
	bool was_installed; /* by us, and dpkg said that all went well */
};
/* Of a name ("" = of all), newest first. Out: malloc'd. */
bool state_kept_list(struct state *s, const char *name, struct state_kept **out, size_t *out_n,
	struct err *e) MUST_CHECK;
bool state_kept_put(struct state *s, const struct state_kept *k, struct err *e) MUST_CHECK;
/* The package of this path was installed: once it was, that stays. */
bool state_kept_installed(struct state *s, const char *path, struct err *e) MUST_CHECK;
bool state_kept_drop(struct state *s, const char *path, struct err *e) MUST_CHECK;

/* What a name was when we last looked, to notice changes made outside, and to say "was there
 * before". */
bool state_seen_get(struct state *s, const char *name, char out_version[DPKG_VERSION_MAX],
	int64_t *out_when_unix_ms, struct err *e) MUST_CHECK; /* "" = never */
bool state_seen_put(
	struct state *s, const char *name, const char *version, struct err *e) MUST_CHECK;

struct state_run {
	char run[40];
	char verb[24];
	int64_t started_unix_ms, finished_unix_ms; /* finished 0 = did not end */
	int exit_code;
};
bool state_run_put(struct state *s, const struct state_run *r, struct err *e) MUST_CHECK;
bool state_run_last(
	struct state *s, bool *out_found, struct state_run *out, struct err *e) MUST_CHECK;
/* At most so many, the newest first. Out: malloc'd. */
bool state_run_list(struct state *s, size_t n_most, struct state_run **out, size_t *out_n,
	struct err *e) MUST_CHECK;

/*
 * The audit chain's anchor: number, hash and text of the last line that was, or is just being,
 * written. With the text a line that did not reach the log can be put there later, byte for byte.
 *
 * In:    line       without newline
 * Out:   out_seq    0 = none yet
 *        out_line   malloc'd; NULL where there is none
 */
bool state_head_get(struct state *s, uint64_t *out_seq, char out_hash[SHA256_HEX_SIZE],
	char **out_line, struct err *e) MUST_CHECK;
bool state_head_put(struct state *s, uint64_t seq, const char *hash, const char *line,
	struct err *e) MUST_CHECK;

/* How the audit trail's files began when they were last looked at; all 0 = not known. */
struct state_start {
	uint64_t begins_at_seq;         /* the first record of all, 0 = there was none */
	uint64_t current_begins_at_seq; /* the first record of the file being written, or 0 */
	uint64_t oldest;                /* number of the oldest rotated file, 0 = none */
};
bool state_start_get(struct state *s, struct state_start *out, struct err *e) MUST_CHECK;
bool state_start_put(struct state *s, const struct state_start *start, struct err *e) MUST_CHECK;

#endif
