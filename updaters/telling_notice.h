/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a person is told after a run: from devupd to devupd-notify, as JSON, and there into a
 * notification. Each side checks it: root writes it, a person's process acts on it.
 */
#ifndef DEVUPD_UPDATERS_TELLING_NOTICE_H
#define DEVUPD_UPDATERS_TELLING_NOTICE_H

#include "updaters/lib/text.h"
#include "updaters/records.h"

enum {
	NOTICE_RUN_SIZE = 40,
	NOTICE_SUMMARY_MAX = 160,
	NOTICE_BODY_MAX = 6000,
	NOTICE_OFFERS_MAX = 2,
	NOTICE_JSON_MAX = 16 << 10,
	NOTICE_KEPT_MAX = 4 * NOTICE_JSON_MAX, /* for who is away */
};

/* What a person may answer for a name that waits. */
struct notice_offer {
	char name[RECORD_NAME_MAX];
	char version[DPKG_VERSION_MAX];
	bool may_wait; /* "install when closed", else only "skip" */
};

struct notice {
	char run[NOTICE_RUN_SIZE];
	char summary[NOTICE_SUMMARY_MAX]; /* "1 updated, 1 failed" */
	char body[NOTICE_BODY_MAX];       /* lines, escaped */
	bool is_urgent;
	struct notice_offer offers[NOTICE_OFFERS_MAX];
	size_t n_offers;
};

/* false: it does not fit. */
bool notice_write(const struct notice *n, struct buf *out) MUST_CHECK;
/*
 * In:    raw   <= NOTICE_JSON_MAX bytes of anything
 * Fails: ERR_PARSE   what it is not: text of one line where one belongs, names, versions
 */
bool notice_read(const char *raw, size_t len, struct notice *out, struct err *e) MUST_CHECK;

#endif
