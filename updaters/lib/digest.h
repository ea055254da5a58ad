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
enum { MD5_HEX_SIZE = 33, SHA1_HEX_SIZE = 41, SHA256_HEX_SIZE = 65 };

enum digest_kind { DIGEST_SHA256, DIGEST_SHA1, DIGEST_MD5, DIGEST_N_KINDS };

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

/* The same, and tells of each piece that was read: a large file on a slow disk takes its time. */
struct digest_watch {
	void (*on_read)(void *user, uint64_t done_bytes);
	void *user;
};
bool digest_of_fd_watched(int fd, const struct digest_watch *watch, char out_hex[SHA256_HEX_SIZE],
	uint64_t *out_size_bytes, struct err *e) MUST_CHECK;

/* 64 hex digits, any case -> lower case; false where it is something else. */
bool digest_is_sha256(const char *raw, char out_hex[SHA256_HEX_SIZE]);

#endif
