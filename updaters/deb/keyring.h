/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key files of the fingerprints that a recipe names, as one keyring for gpgv. */
#ifndef DEVUPD_UPDATERS_DEB_KEYRING_H
#define DEVUPD_UPDATERS_DEB_KEYRING_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/err.h"
#include "updaters/lib/text.h"

enum { KEY_FILE_MAX = 1 << 20 };

/*
 * In:    fingerprints   upper case: FINGERPRINT.asc is looked for in each folder
 *        folders        NULL-ended; the first that has the file counts
 *        as_root        files that others may write are refused
 * Out:   out_fd         a memory file with the keys; -1 where none is in place
 *        out_missing    fingerprints without a file
 * Fails: ERR_SIGNATURE  a file that can't be read or trusted
 */
bool keyring_open(const struct strings *fingerprints, const char *const *folders, bool as_root,
	int *out_fd, struct strings *out_missing, struct err *e) MUST_CHECK;

/* A memory file with these bytes, at its beginning; -1 after a failure. */
bool memory_file(const void *bytes, size_t len, int *out_fd, struct err *e) MUST_CHECK;

#endif
