/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the two sides of the deb kind say to each other in job.input, by phase.
 */
#ifndef DEVUPD_UPDATERS_DEB_DEB_JOB_H
#define DEVUPD_UPDATERS_DEB_DEB_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/recipe.h"
#include "updaters/records.h"

enum { DEB_FILE_NAME_MAX = 255, DEB_DOCUMENTS_MAX = 64 };

/* PHASE_INSPECT: find the release, probe it, ask for digests. job.fd: a page to try the sources on
 * instead, offline; -1 = none. */
struct deb_inspect {
	struct recipe *recipe;
	char installed[DPKG_VERSION_MAX]; /* dpkg's version, "" = not installed */
	char wanted[DPKG_VERSION_MAX]; /* a version somebody typed (any spelling), "" = the newest
					*/
	char below[DPKG_VERSION_MAX];  /* rollback: the highest version below this one; "" = no such
					  wish */
	char skip_exactly[DPKG_VERSION_MAX]; /* passed over; "" = none */
	char skip_up_to[DPKG_VERSION_MAX];   /* nothing up to this one is offered; "" = none */
	bool with_reinstall;                 /* the installed version itself may be chosen */
	bool with_digest;           /* installed is the newest: look for its digest all the same */
	bool with_trace;            /* explain, -v */
	bool with_pages;            /* explain --save: send the pages */
	bool offline;               /* answer from documents only */
	struct document *documents; /* kept from last time, for conditional requests */
	size_t n_documents;
};
void deb_inspect_clear(struct deb_inspect *i);
void deb_inspect_pack(const struct deb_inspect *i, struct buf *out);
bool deb_inspect_unpack(struct unpack *u, struct deb_inspect *out, struct err *e) MUST_CHECK;

/* A detached signature among the documents of that result: its version, whence, and the bytes as
 * they came.
 */
#define SIGNATURE_KEY "#signature"
enum { SIGNATURE_MAX_BYTES = 1 << 20 };

/* PHASE_PREPARE: fetch into the staging folder. The result's release has the size and digest that
 * came. */
struct deb_fetch {
	struct recipe *recipe;
	struct release release; /* what to fetch, what it must be */
	char file_name[DEB_FILE_NAME_MAX +
		       1]; /* in the staging folder; a ".part" of it may be there from last time */
	uint64_t max_bytes;
};
void deb_fetch_clear(struct deb_fetch *f);
void deb_fetch_pack(const struct deb_fetch *f, struct buf *out);
bool deb_fetch_unpack(struct unpack *u, struct deb_fetch *out, struct err *e) MUST_CHECK;

/* PHASE_VERIFY: job.fd is the adopted file, read-only. */
struct deb_verify {
	struct recipe *recipe;
	char version[DPKG_VERSION_MAX]; /* the plan's, package's spelling; "" = any (a file in hand)
					 */
	char sha256[SHA256_HEX_SIZE];   /* expected, "" = none known */
	uint64_t size_bytes;            /* expected, 0 = not told */
};
/* The result: release.version is the control's whole version, release.digests what was measured. */
void deb_verify_clear(struct deb_verify *v);
void deb_verify_pack(const struct deb_verify *v, struct buf *out);
bool deb_verify_unpack(struct unpack *u, struct deb_verify *out, struct err *e) MUST_CHECK;

#endif
