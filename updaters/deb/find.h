/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ask one source for releases, the pages behind `follow` included, until it has said what it knows.
 * Without I/O: asked for the next request, fed with the answer, so that it needs no network to be
 * tested.
 */
#ifndef DEVUPD_UPDATERS_DEB_FIND_H
#define DEVUPD_UPDATERS_DEB_FIND_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/deb/candidate.h"
#include "updaters/deb/inquiry.h"
#include "updaters/lib/debfile.h"

enum { FIND_ASKS_MAX = 32, FIND_LIMIT_SIZE = 200 };

/* A document to be asked for. */
struct find_ask {
	const struct source *source; /* of the recipe, or a `follow` below it */
	unsigned depth;              /* 0 = the source's own address */
	char *url;
	struct pairs inherited; /* words of the pages that led here */
};

/* What became of a source. */
struct find_outcome {
	bool was_asked;
	bool is_unreachable; /* error is the network's or TLS's */
	size_t n_usable;     /* releases found */
	size_t n_unasked;    /* a trial: pages that it leads to */
	struct err error;    /* text "" = it gave releases */
};

struct find {
	struct inquiry *q;
	struct candidates *candidates;
	size_t source; /* the one being asked */
	struct find_outcome outcomes[RECIPE_SOURCES_MAX];
	char own_host[URL_HOST_MAX]; /* serves this source, beside the recipe's hosts */
	struct find_ask asks[FIND_ASKS_MAX];
	size_t n_asks, at;
	/* the one being asked for */
	struct words words;
	char key[INQUIRY_KEY_MAX];
	const struct document *known;
	bool by_range; /* HEAD was refused, or a package's head is read */
	uint64_t range_from, range_len;
	struct debhead *head;
	bool asked_api; /* of this source, on GitHub */
	/* takes no more requests for this source: not asked again; "" = none. The API's quota is
	 * another, by token. */
	char limited_host[URL_HOST_MAX];
	char limited[FIND_LIMIT_SIZE]; /* GitHub took no more requests, what was kept is used: since
					  when; "" = no */
	bool goes_deeper;              /* a trial: the page may be one that this source leads to */
};

void find_init(struct find *f, struct inquiry *q, struct candidates *candidates);
void find_clear(struct find *f);

/* Begin with a source. What it has to say is in outcomes[source] when find_next says false. */
void find_begin(struct find *f, size_t source);
bool find_next(struct find *f, struct http_request *out);
void find_feed(struct find *f, const struct http_response *r, const struct err *e);
/* May this address be contacted for the source being asked? */
bool find_judge(const struct find *f, const char *url, struct err *e);

#endif
