/* SPDX-License-Identifier: GPL-3.0-or-later */
/* env_file: KEY=value lines with secrets. Only config.c calls this. */
#ifndef DEVUPD_CONFIG_ENV_FILE_H
#define DEVUPD_CONFIG_ENV_FILE_H

#include <stdbool.h>

#include "updaters/lib/err.h"
#include "updaters/lib/text.h"

/*
 * In:    path      absolute
 *        as_root   it must be root's, and safe from everybody else
 * Out:   out       "KEY=value" each; nothing where an ordinary user may not read the file
 * Fails: ERR_CONFIG   others may read it; in a git work tree that does not ignore it; a bad line
 */
bool env_file_read(const char *path, bool as_root, struct strings *out, struct err *e) MUST_CHECK;

/*
 * KEY=value lines as python-dotenv and systemd read them: `export `, quotes ' and ", comments.
 * Fails: ERR_CONFIG with file:line (never the value)
 */
bool env_file_parse(
	const char *file, const char *text, struct strings *out, struct err *e) MUST_CHECK;

/*
 * A file with one secret and nothing else, as checked as env_file_read's.
 * Out:   out   "" where an ordinary user may not read the file
 */
bool secret_file_read(
	const char *path, bool as_root, char *out, size_t out_size, struct err *e) MUST_CHECK;
/* Letters, digits and marks, as a token has: what may stand in a request. */
bool secret_take(const char *text, char *out, size_t out_size) MUST_CHECK;

/* The value of a key, or NULL. */
const char *env_get(const struct strings *list, const char *key);

#endif
