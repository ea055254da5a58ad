/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of digests: "hash  file", "file hash", "SHA256 (file) = hash", one lone hash, SHA-256 or
 * SHA-512 by the number of digits; electron-builder's latest-linux.yml; or a JSON map of file
 * names.
 */
#ifndef DEVUPD_UPDATERS_DEB_CHECKSUM_H
#define DEVUPD_UPDATERS_DEB_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/digest.h"
#include "updaters/lib/dpkg.h"
#include "updaters/lib/err.h"

enum { CHECKSUM_BYTES_MAX = 1 << 20 };

struct checksum {
	struct digests digests;         /* one of them at least */
	char version[DPKG_VERSION_MAX]; /* which the file says it is of; "" = it does not */
};

/*
 * In:    file_name   of the package, without folders
 * Fails: ERR_NO_MATCH (file not in it), ERR_DIGEST (it stands there with two digests), ERR_PARSE
 *        (of a YAML file: it is none)
 */
bool checksum_text_find(const char *raw_text, size_t len, const char *file_name,
	struct checksum *out, struct err *e) MUST_CHECK;

/* In: pointer   NULL: the top-level key that equals file_name. Fails also: ERR_PARSE */
bool checksum_json_find(const char *raw_text, size_t len, const char *pointer,
	const char *file_name, struct digests *out, struct err *e) MUST_CHECK;

/* --- checksum_yaml.c: electron-builder's --- */

/* Has it a line that begins so, as no file of lines has? */
bool checksum_is_yaml(const char *raw_text, size_t len);
/* Fails: as checksum_text_find; also where it is no YAML that we read (at most 64 KiB of it) */
bool checksum_yaml_find(const char *raw_text, size_t len, const char *file_name,
	struct checksum *out, struct err *e) MUST_CHECK;

#endif
