/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the parts of find share. Each calls only those below it:
 *
 *	find.c (asking)   find_trial.c (a saved page instead)   find_feed.c (answers)
 *	      find_github.c (their order there, and its limits)
 *	           find_use.c (what they held)
 *	     find_ask.c (documents to ask for)
 */
#ifndef DEVUPD_UPDATERS_DEB_FIND_PARTS_H
#define DEVUPD_UPDATERS_DEB_FIND_PARTS_H

#include "updaters/deb/find.h"

enum { HEAD_RANGE_FIRST = 16 << 10, HEAD_RANGE_MAX = DEBFILE_CONTROL_MAX };

/* --- find_ask.c --- */
const struct recipe *find_recipe(const struct find *f);
struct find_ask *find_ask_of(struct find *f);
struct find_outcome *find_outcome_of(struct find *f);

void find_drop_asks(struct find *f);
/* A document more to ask for, with the words that led to it. */
void find_add_ask(struct find *f, const struct source *s, unsigned depth, const char *url,
	const struct pairs *words);
/* The first fault of a source is the one to tell; one of a followed page is none if others gave
 * releases. */
void find_ask_failed(struct find *f, const struct err *e, bool is_unreachable);
/* Done with this document. */
void find_next_ask(struct find *f);
/* From now on this document is read by ranges. */
void find_range_begin(struct find *f, uint64_t len);

/* --- find.c --- */
/* Its words and its name among what is kept. false: too many words. */
bool find_prepare(struct find *f) MUST_CHECK;

/* --- find_trial.c --- */
/* The document is not asked for: it is read from the saved page, or told. Goes on to the next. */
void find_try(struct find *f);

/* --- find_github.c --- */
/* Pages of assets to ask for, out of a page of releases; false: it is none. */
bool find_github_leads_on(struct find *f, const struct finding *found);
/* Need the next of them not be asked for? */
bool find_github_is_enough(struct find *f);
/* The pages gave nothing: the API is to be asked. */
bool find_github_falls_back(struct find *f);
/* GitHub takes no more requests: what is kept is used, or that is the fault. Goes on to the next.
 */
bool find_github_is_limited(struct find *f, const struct http_response *r);
/* The next document is of a host that said so. */
bool find_github_is_barred(const struct find *f);
/* What is kept of that document, else its fault. */
void find_github_unasked(struct find *f);

/* --- find_use.c --- */
enum { TALLY_MAX = 32 };
/* "2 of 17", or "40" where what was looked at is not counted. */
const char *find_tally(const struct finding *found, char out[TALLY_MAX]);
/* Releases, or pages to follow. r NULL: offline. */
void find_use(struct find *f, const struct finding *found, const struct http_response *r);
/* The same of what was kept from last time; false: it can't be read. */
bool find_use_known(struct find *f, const struct http_response *r) MUST_CHECK;
/* To roll back, what the document held last time counts beside what it holds now. */
void find_use_memory(struct find *f);

#endif
