/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of digests: "hash  file", "file hash", "SHA256 (file) = hash", one lone hash; or a JSON map
 * of file names.
 */
#ifndef DEVUPD_UPDATERS_DEB_CHECKSUM_H
#define DEVUPD_UPDATERS_DEB_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/digest.h"
#include "updaters/lib/err.h"

enum { CHECKSUM_BYTES_MAX = 1 << 20 };

/*
 * In:    file_name   of the package, without folders
 * Fails: ERR_NO_MATCH (file not in it), ERR_DIGEST (it stands there with two digests)
 */
bool checksum_text_find(const char *raw_text, size_t len, const char *file_name,
	char out_hex[SHA256_HEX_SIZE], struct err *e) MUST_CHECK;

/* In: pointer   NULL: the top-level key that equals file_name. Fails also: ERR_PARSE */
bool checksum_json_find(const char *raw_text, size_t len, const char *pointer,
	const char *file_name, char out_hex[SHA256_HEX_SIZE], struct err *e) MUST_CHECK;

#endif
