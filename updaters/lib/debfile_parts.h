/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the parts of debfile share: the ar archive's headers, which members a package has and how
 * they may be packed, and what lies in the control member.
 */
#ifndef DEVUPD_LIB_DEBFILE_PARTS_H
#define DEVUPD_LIB_DEBFILE_PARTS_H

#include "updaters/lib/debfile.h"
#include "updaters/lib/packed.h"

#define AR_MAGIC "!<arch>\n"
enum { AR_MAGIC_LEN = sizeof(AR_MAGIC) - 1, AR_HEADER_LEN = 60 };

enum { MEMBER_FORMAT, MEMBER_CONTROL, MEMBER_DATA, MEMBER_N };

struct ar_member {
	char name[DEBFILE_MEMBER_NAME_SIZE];
	uint64_t size;
	const char *suffix; /* how it is packed, "" = not */
};

/* --- debfile_member.c --- */
/* Fails: ERR_STRUCTURE */
bool member_read(const char header[AR_HEADER_LEN], struct ar_member *out, struct err *e) MUST_CHECK;
/* May this member be the index-th of a package? Sets its suffix. Fails: ERR_STRUCTURE */
bool member_check(struct ar_member *m, size_t index, struct err *e) MUST_CHECK;
/* What the first member says. Fails: ERR_STRUCTURE */
bool format_check(const char *text, size_t len, struct err *e) MUST_CHECK;

/* --- debfile_control.c --- */
/* The control fields out of a control member. Fails: ERR_STRUCTURE ERR_INTERNAL */
bool control_member_read(
	const struct packed_input *in, struct dpkg_control *out, struct err *e) MUST_CHECK;

#endif
