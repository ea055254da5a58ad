/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What goes through the house: a job to a worker, its result, and what became of a name. Plain data
 * with stated maxima; packed for the wire here, length-checked on both sides.
 */
#ifndef DEVUPD_UPDATERS_RECORDS_H
#define DEVUPD_UPDATERS_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/digest.h"
#include "updaters/lib/dpkg.h"
#include "updaters/lib/err.h"
#include "updaters/lib/pack.h"
#include "updaters/lib/url.h"
#include "updaters/tokens.h"

enum {
	RECORD_NAME_MAX = 64,
	RECORD_ITEMS_MAX = 4096,
	RECORD_TEXT_MAX = 2048,
	RECORD_BYTES_MAX = 8 << 20
};

/* A release that was found: one candidate of one source. */
struct release {
	char version[DPKG_VERSION_MAX];     /* the package's spelling, after rewrite */
	char raw_version[DPKG_VERSION_MAX]; /* as the source spells it */
	char url[URL_MAX];                  /* of the package */
	char source[URL_MAX];               /* where it was found */
	struct digests digests;             /* expected; "" = none known */
	enum digest_from sha256_from;       /* who named them; of SHA-256 where both are known */
	uint64_t size_bytes;                /* 0 = not told */
	char etag[256];                     /* of the package, for If-Range */
	int64_t date_unix_ms;               /* published, as the source says; 0 = not told */
};

/* One thing that a kind looks after: a venv, an editor, a prefix. */
struct item {
	char user[64];
	char path[RECORD_TEXT_MAX];
	char state[64];
	enum outcome outcome;
	char text[RECORD_TEXT_MAX];
	/* What it rests on, to count what an upgrade of Homebrew would break; "" = none. */
	char prefix[512];
	char minor[8]; /* "3.13" */
	char noun[24]; /* "venv", "user package" */
	uint32_t weight;
	char moves_from[8], moves_to[8]; /* the upgrade of this prefix would move python3 */
	/* For doctor: who runs which interpreter, by which link or setting. */
	char who[64], runs[1024], version[32], through[1024];
};

/* What a repair did or would do: a path (command "") or a command (its words joined by NUL-free
 * \x1f). */
struct change {
	char path[RECORD_TEXT_MAX];
	char from[RECORD_TEXT_MAX];
	char to[RECORD_TEXT_MAX];
	char command[RECORD_TEXT_MAX];
};

/* What apt changed beside the named package. */
struct also {
	char package[DPKG_NAME_MAX];
	char from[DPKG_VERSION_MAX];
	char to[DPKG_VERSION_MAX];
};

/* One step of the way to a finding, for explain and -v. */
enum trace_kind {
	TRACE_REQUEST,
	TRACE_CANDIDATE,
	TRACE_NOTE,
	TRACE_TRIED, /* a saved page was read as this address's answer */
	TRACE_N_KINDS
};
struct trace {
	enum trace_kind kind;
	int status;          /* request: HTTP status, 0 = none */
	bool is_taken;       /* candidate: the one chosen */
	bool is_cached;      /* request: answered from what was kept */
	uint64_t size_bytes; /* request: of the body */
	uint64_t ms;
	char url[URL_MAX];
	char text[RECORD_TEXT_MAX]; /* why it was taken or not, what was found */
};

/* How one source answered, for its health: reason "" = a good one. */
struct reply {
	char source[URL_MAX]; /* its address, as the recipe resolved it */
	char reason[ERR_TEXT_MAX];
};

/* What a page held, kept for the next 304: opaque to all but the kind that made it. */
struct document {
	char url[URL_MAX];
	char etag[512];
	char last_modified[512];
	int64_t fetched_unix_ms;
	void *bytes; /* malloc'd */
	size_t len;
};

struct result {
	enum outcome outcome;
	enum reason reason;
	enum step step;             /* where the error came from */
	struct err error;           /* text "" = none */
	char text[RECORD_TEXT_MAX]; /* for a person: "jammy build, the newest for noble", why it is
				       held; "" = nothing */
	char installed[DPKG_VERSION_MAX];
	char available[DPKG_VERSION_MAX];
	struct release release;
	enum verified_by verified_by;
	uint64_t ms;
	struct item *items;
	size_t n_items;
	struct change *changes;
	size_t n_changes;
	struct also *also;
	size_t n_also;
	struct trace *trace;
	size_t n_trace;
	struct document *documents; /* new or confirmed ones, to be kept */
	size_t n_documents;
	struct reply *replies; /* of the sources that were asked */
	size_t n_replies;
};
void result_init(struct result *r);
void result_clear(struct result *r);
/* Fails the result: outcome FAILED, at this step. Always returns false. */
bool result_fail(struct result *r, enum step step, const struct err *e);
/* Forget what only those who act may say: items, changes, also. */
void result_drop_deeds(struct result *r);
/* At most so many items and changes, the first ones: what one person fills is not kept for nothing.
 */
void result_trim(struct result *r, size_t n_most);
/* Lists grow by these; false = RECORD_ITEMS_MAX reached or no memory. The new one is zeroed. */
struct item *result_add_item(struct result *r);
struct change *result_add_change(struct result *r);
struct also *result_add_also(struct result *r);
struct trace *result_add_trace(struct result *r);
struct document *result_add_document(struct result *r);
struct reply *result_add_reply(struct result *r);

void result_pack(const struct result *r, struct buf *out);
bool result_unpack(struct unpack *u, struct result *out, struct err *e) MUST_CHECK;
void document_pack(const struct document *d, struct buf *out);
bool document_unpack(struct unpack *u, struct document *out) MUST_CHECK;
void document_clear(struct document *d);
void release_pack(const struct release *r, struct buf *out);
void release_unpack(struct unpack *u, struct release *out);
/*
 * The alarm of first sight: other bytes under a version that was seen before, and what a person may
 * do about it. Sets ERR_CHANGED_BYTES, always returns false. In: now   "the vendor now says X"
 */
bool release_changed(const char *name, const char *version, const char *first_sha256,
	const char *now, struct err *e);
/* A wrong digest is that alarm where only first sight tells which bytes are expected. Always false.
 */
bool release_unlike_first_sight(
	const char *name, const struct release *r, const char *first_sha256, struct err *e);

/* What a worker is asked to do for one name. */
struct job {
	uint32_t id; /* index in the list given to the pool */
	char kind[16];
	char name[RECORD_NAME_MAX];
	enum phase phase;
	char group[URL_HOST_MAX]; /* jobs of one host go to one worker; "" = any */
	uint32_t start;           /* which of the pool's beginnings its worker must have had */
	struct buf input; /* packed by the kind's parent side, unpacked by its worker side */
	int fd;           /* handed to the worker, -1 = none; the job's owner closes it */
};
void job_init(struct job *j);
void job_clear(struct job *j);
void job_pack(const struct job *j, struct buf *out);
bool job_unpack(struct unpack *u, struct job *out, struct err *e) MUST_CHECK;

#endif
