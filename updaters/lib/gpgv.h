/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ask gpgv whether bytes carry one good signature, and whose. The bytes and the signature pass us
 * unread; what is read is gpgv's status, and what it hands out of a text that is signed.
 */
#ifndef DEVUPD_LIB_GPGV_H
#define DEVUPD_LIB_GPGV_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "updaters/lib/child.h"
#include "updaters/lib/err.h"

enum { GPGV_FINGERPRINT_SIZE = 65, GPGV_TEXT_MAX = 1 << 20 };

struct gpgv_question {
	int keyring_fd;   /* binary keys; a memory file will do */
	int signature_fd; /* detached; -1 = the data is a signed text itself */
	int data_fd;
	const struct child_range *data; /* pieces of it, one behind the other */
	size_t n_data;
	bool change_user; /* to uid, gid; false: as we are */
	uid_t uid;
	gid_t gid;
};

enum gpgv_verdict {
	GPGV_UNREADABLE, /* no signature that gpgv can read, several, or one it doesn't accept */
	GPGV_GOOD,
	GPGV_BAD,         /* the bytes are not what was signed */
	GPGV_UNKNOWN_KEY, /* by none of the keyring */
	GPGV_EXPIRED,     /* key or signature */
	GPGV_REVOKED,
	GPGV_N_VERDICTS
};

struct gpgv_answer {
	enum gpgv_verdict verdict;
	char fingerprint[GPGV_FINGERPRINT_SIZE]; /* of the primary key, upper case; "" = unknown */
	char *text; /* of a signed text: what was signed; malloc'd, NULL unless good */
};
void gpgv_answer_clear(struct gpgv_answer *a);

/*
 * Fails: ERR_INTERNAL (gpgv can't be started), ERR_COMMAND, ERR_TOO_BIG; a bad signature is an
 * answer
 */
bool gpgv_ask(const struct gpgv_question *q, struct gpgv_answer *out, struct err *e) MUST_CHECK;

/* What gpgv's status lines and its exit code say. Source: GnuPG's doc/DETAILS */
enum gpgv_verdict gpgv_status_read(
	const char *status, int exit_code, char out_fingerprint[GPGV_FINGERPRINT_SIZE]);

#endif
