/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person agreed to before sudo, as a word of our own command line (--accepted). */
#ifndef DEVUPD_CMD_ACCEPTED_H
#define DEVUPD_CMD_ACCEPTED_H

#include "updaters/records.h"

enum { ACCEPTED_WORD_MAX = RECORD_NAME_MAX + DPKG_VERSION_MAX + SHA256_HEX_SIZE + SHA512_HEX_SIZE };

struct accepted {
	char version[DPKG_VERSION_MAX];
	struct digests digests; /* "" = the person's half knew none of it */
};

/* NAME=VERSION,SHA256,SHA512; what is not known is empty. */
void accepted_word(const char *name, const struct release *r, char out[ACCEPTED_WORD_MAX]);

/* Out: false  it is not of this name, or no such word */
bool accepted_read(const char *word, const char *name, struct accepted *out);

/*
 * Is it this release? Of the digests those that both halves know, at least one, are the same; where
 * the person's half knew none, its version is all that was agreed to.
 */
bool accepted_is(const struct accepted *a, const struct release *r);

#endif
