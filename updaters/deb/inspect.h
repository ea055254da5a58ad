/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inspect one name: ask its sources in order, choose, probe, ask for digests. A task without I/O.
 *
 *	finding -> probing -> (dead: the next best, the next source) -> checksum -> other digests
 *	-> signature
 */
#ifndef DEVUPD_UPDATERS_DEB_INSPECT_H
#define DEVUPD_UPDATERS_DEB_INSPECT_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/deb/candidate.h"
#include "updaters/deb/find.h"
#include "updaters/deb/inquiry.h"
#include "updaters/deb/probe.h"

enum { INSPECT_PROBES_MAX = 16 };

enum inspect_stage {
	INSPECT_FINDING,
	INSPECT_PROBING,
	INSPECT_CHECKSUM,
	INSPECT_OTHERS, /* sources asked only for their digest */
	INSPECT_SIGNATURE,
	INSPECT_DONE,
	INSPECT_N_STAGES
};

/* Who named a digest first. */
struct digest_said {
	enum digest_from from;
	char where[URL_MAX];
};

struct inspect {
	struct task task; /* first */
	enum inspect_stage stage;
	struct inquiry q;
	struct candidates candidates;
	struct choice choice;
	struct find find;
	struct probe probe;
	size_t source;       /* the one being asked, or that chosen is of */
	size_t chosen;       /* in candidates; SIZE_MAX = none */
	enum outcome wanted; /* AVAILABLE, or CURRENT when only its digest is looked for */
	size_t n_probes;
	struct err probe_error; /* the first one */
	/* digest of the chosen one, or its signature: the address of either */
	char checksum_url[URL_MAX], checksum_key[INQUIRY_KEY_MAX], file_name[256];
	const struct document *checksum_known;
	struct digests digests;
	struct digest_said sha256_said, sha512_said;
	uint64_t started_ms;
};

bool inspect_begin(const struct job *job, const struct worker_host *host, struct task **out,
	struct err *e) MUST_CHECK;

/* --- inspect_end.c: what is said at the end --- */
void inspect_fail(struct inspect *t, enum step step, const struct err *e);
/* Nothing newer on the current source: current, skipped, or the vendor went back. */
void inspect_end_current(struct inspect *t);
/* No source gave a live release: pending, or an error that names each of them. */
void inspect_end_empty(struct inspect *t);
void inspect_end_chosen(struct inspect *t);

/* --- inspect_digest.c: the digest of the chosen one --- */
void inspect_digest_begin(struct inspect *t);
bool inspect_checksum_next(struct inspect *t, struct http_request *out);
void inspect_checksum_feed(struct inspect *t, const struct http_response *r, const struct err *e);
bool inspect_others_next(struct inspect *t, struct http_request *out);

/* --- inspect_signature.c: the detached signature of the chosen one, where the recipe has any ---
 */
void inspect_signature_begin(struct inspect *t);
bool inspect_signature_next(struct inspect *t, struct http_request *out);
void inspect_signature_feed(struct inspect *t, const struct http_response *r, const struct err *e);

#endif
