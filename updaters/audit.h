/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The audit trail: one JSON object a line, each with the hash of the line before (CONTRACT "Audit
 * record"). No audit, no change: whoever changes the system writes an intent first and a result
 * after.
 *
 * One write per record, O_APPEND, fsync, opened anew for each under the run's lock. The head with
 * its whole line is committed to the state before the line is appended. So a log that misses
 * exactly that line, in whole or in part (power cut, full disk), is healed: the next run writes
 * those very bytes, and a result record without a name, error code "audit", outcome "repaired",
 * that says so. Any other end of the log (records cut off, changed or added), and a start that no
 * rotation explains, is put on record with outcome "failed"; the chain then goes on from the
 * state's head. audit_verify tells of such a record for as long as the log holds it.
 */
#ifndef DEVUPD_UPDATERS_AUDIT_H
#define DEVUPD_UPDATERS_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/records.h"
#include "updaters/state.h"

enum audit_event {
	AUDIT_BASELINE,
	AUDIT_RUN_START,
	AUDIT_INTENT,
	AUDIT_RESULT,
	AUDIT_OUTSIDE,
	AUDIT_RUN_END,
	AUDIT_N_EVENTS
};

struct audit; /* an open trail */

struct audit_record {
	enum audit_event event;
	const char *name; /* NULL = null, as all strings here */
	const char *kind;
	bool has_outcome;
	enum outcome outcome;
	enum step step;
	const char *from, *to;
	const char *url, *sha256;
	enum digest_from sha256_from;
	uint64_t size_bytes;
	const char *license;
	const struct result *result; /* changes, also and error are taken from it; NULL = none */
	const struct err *error;     /* where there is no result */
	uint64_t ms;
};

/* Strings are borrowed until audit_close. */
struct audit_options {
	const char *path; /* .../audit.log; its folder exists */
	gid_t gid;        /* adm's, or (gid_t)-1: leave it */
	const char *run;  /* run id */
	const char *verb;
	uint32_t uid;
	const char *sudo_user; /* NULL = none */
};
/* Opens, heals a log that is one record short, and tells of a gap (both on record). Fails:
 * ERR_AUDIT, ERR_SPACE, ERR_STATE
 */
bool audit_open(const struct audit_options *o, struct state *state, struct audit **out,
	struct err *e) MUST_CHECK;
void audit_close(struct audit *a);
DEFINE_SCOPED(struct audit *, audit_close);
/* Has this trail any record yet (else a baseline is due)? */
bool audit_is_new(const struct audit *a);
/*
 * Was the trail longer than the state, when it was opened, knew of it at all? Then the state was
 * begun anew, by whomever: what it had remembered is gone. True for one opening only: the record
 * that says so (error code "state") is the state's head from then on.
 */
bool audit_has_lost_state(const struct audit *a);
/*
 * Not inside a transaction of the state. A record whose lists would make it longer than 1 MiB goes
 * without them (null).
 *
 * Fails: ERR_AUDIT, ERR_SPACE, ERR_STATE: then nothing may be changed; the next write or run heals
 */
bool audit_write(struct audit *a, const struct audit_record *r, struct err *e) MUST_CHECK;

/*
 * Intents without a later result of the same name, in the log and the one rotated last: for the run
 * that resolves them. A result is what has a step; a hold, say, leaves the intent open.
 */
struct audit_intent {
	char run[40];
	char verb[24];
	char name[RECORD_NAME_MAX];
	char kind[16];
	char from[DPKG_VERSION_MAX];
	char to[DPKG_VERSION_MAX];
};
bool audit_open_intents(
	const char *path, struct audit_intent **out, size_t *out_n, struct err *e) MUST_CHECK;

/* A line read back, for history. Strings are "" where null. */
struct audit_line {
	uint64_t seq;
	enum audit_event event;
	char ts[40], run[40], name[RECORD_NAME_MAX], kind[16], outcome[16], step[16];
	char from[DPKG_VERSION_MAX], to[DPKG_VERSION_MAX];
	char verb[24], sudo_user[64], error_code[24], error_text[ERR_TEXT_MAX];
	char sha256[SHA256_HEX_SIZE];
	char license[64], change_to[RECORD_TEXT_MAX]; /* of the first of `changes` */
	char by[64], command[256]; /* of outside: who and how, as apt's log told */
	uint32_t uid;
	const char *raw; /* the whole line, without newline */
	size_t raw_len;
};
/* Walk through the trail, rotated files (audit.log.N, compressed or not) first. A line that is no
 * record is given as far as it reads; what can't be unpacked is told in the log. */
bool audit_each(const char *path, bool (*on_line)(void *user, const struct audit_line *line),
	void *user, struct err *e) MUST_CHECK;

struct audit_verdict {
	bool is_sound;
	uint64_t n_records;
	uint64_t begins_at_seq;     /* > 1: the start was rotated away */
	bool is_one_short;          /* fine: the next run heals it */
	bool has_no_head;           /* the state does not know the end of this log */
	uint64_t state_lost_at_seq; /* it did not when this record was written; 0 = it always did */
	char trouble[ERR_TEXT_MAX]; /* file:line and what is wrong, "" when sound */
};
/* The whole chain, against the head in the state (state may be NULL: no anchor). Fails: ERR_AUDIT
 * (can't be read) */
bool audit_verify(
	const char *path, struct state *state, struct audit_verdict *out, struct err *e) MUST_CHECK;

#endif
