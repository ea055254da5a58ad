/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digests of bytes, streams and files: SHA-256, and what others sign or publish. The only user of
 * libcrypto. */
#ifndef DEVUPD_LIB_DIGEST_H
#define DEVUPD_LIB_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/err.h"

/* Lower-case digits and the NUL. */
enum { MD5_HEX_SIZE = 33, SHA1_HEX_SIZE = 41, SHA256_HEX_SIZE = 65, SHA512_HEX_SIZE = 129 };

enum digest_kind { DIGEST_SHA256, DIGEST_SHA512, DIGEST_SHA1, DIGEST_MD5, DIGEST_N_KINDS };

struct digest; /* a running one */

struct digest *digest_new(void); /* SHA-256. NULL: libcrypto refused */
struct digest *digest_new_of(enum digest_kind kind);
void digest_free(struct digest *d);
DEFINE_SCOPED(struct digest *, digest_free);
void digest_restart(struct digest *d);
void digest_add(struct digest *d, const void *bytes, size_t len);
/* Ends it; restart before the next use. */
bool digest_finish(struct digest *d, char out_hex[SHA256_HEX_SIZE], struct err *e) MUST_CHECK;
/* The same of any kind: out_size is that kind's. */
bool digest_finish_of(struct digest *d, char *out_hex, size_t out_size, struct err *e) MUST_CHECK;

bool digest_of(
	const void *bytes, size_t len, char out_hex[SHA256_HEX_SIZE], struct err *e) MUST_CHECK;
/* From offset 0 to the end, by pread; the descriptor's position stays. Also gives the size. */
bool digest_of_fd(
	int fd, char out_hex[SHA256_HEX_SIZE], uint64_t *out_size_bytes, struct err *e) MUST_CHECK;

/* 64 hex digits, any case -> lower case; false where it is something else. */
bool digest_is_sha256(const char *raw, char out_hex[SHA256_HEX_SIZE]);
/* The same of 128. */
bool digest_is_sha512(const char *raw, char out_hex[SHA512_HEX_SIZE]);
/* 64 bytes in base64, as electron-builder and npm write it; false where it is something else. */
bool digest_from_base64(const char *raw, char out_hex[SHA512_HEX_SIZE]);

/*
 * Those of one file, as somebody named them or as we measured them: SHA-256 always, SHA-512 where
 * that is what the other side names. Lower-case hex; "" = not known.
 */
struct digests {
	char sha256[SHA256_HEX_SIZE];
	char sha512[SHA512_HEX_SIZE];
};

bool digests_are_known(const struct digests *d); /* one of them at least */

/* Is each that both know the same, and is there one? */
bool digests_agree(const struct digests *a, const struct digests *b);

/*
 * Each that is expected must be the one measured; what is not expected is not compared.
 *
 * In:    what   the file, for the message
 * Fails: ERR_DIGEST, with both values
 */
bool digests_check(const struct digests *expected, const struct digests *measured, const char *what,
	struct err *e) MUST_CHECK;

/*
 * Take over what more names; one that is known must be the same.
 *
 * In:    what   the file, for the message
 * Fails: ERR_DIGEST, with both values
 */
bool digests_add(struct digests *found, const struct digests *more, const char *what,
	struct err *e) MUST_CHECK;

/* Bytes that pass by: SHA-256 of them, and SHA-512 where it is expected. */
struct measuring;
struct measuring *measuring_new(const struct digests *expected); /* NULL: libcrypto refused */
void measuring_free(struct measuring *m);
DEFINE_SCOPED(struct measuring *, measuring_free);
void measuring_restart(struct measuring *m);
void measuring_add(struct measuring *m, const void *bytes, size_t len);
/* Ends it; restart before the next use. */
bool measuring_finish(struct measuring *m, struct digests *out, struct err *e) MUST_CHECK;

/* Tells of each piece that was read: a large file on a slow disk takes its time. */
struct digest_watch {
	void (*on_read)(void *user, uint64_t done_bytes);
	void *user;
};
/* Of a whole file, as digest_of_fd. In: watch   may be NULL */
bool digests_of_fd(int fd, const struct digests *expected, const struct digest_watch *watch,
	struct digests *out, uint64_t *out_size_bytes, struct err *e) MUST_CHECK;

#endif
