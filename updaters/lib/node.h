/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One name in the file system: what is there, and its change at one stroke. The last part of a path
 * is never followed. Used by mends and by what takes them back.
 *
 * Fails: ERR_OWNER (not ours to change), ERR_SPACE, ERR_BUSY (changed meanwhile), else ERR_STATE
 */
#ifndef DEVUPD_LIB_NODE_H
#define DEVUPD_LIB_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "updaters/lib/digest.h"
#include "updaters/lib/err.h"
#include "updaters/lib/person.h"

enum { NODE_FILE_MAX = 64 << 20 };

enum node_type { NODE_NONE, NODE_LINK, NODE_FILE, NODE_FOLDER, NODE_OTHER };

struct node {
	enum node_type type;
	uint64_t device, inode;
	char target[PERSON_PATH_MAX]; /* of a link */
	char real[PERSON_PATH_MAX];   /* the path that was looked at */
};
bool node_look(const char *path, struct node *out, struct err *e) MUST_CHECK;

/* SHA-256 of the regular file at path. */
bool node_digest(const char *path, char out_hex[SHA256_HEX_SIZE], struct err *e) MUST_CHECK;

/* A symbolic link at path: in place of the link with target was, or (NULL) where nothing is. */
bool node_link(const char *path, const char *was, const char *to, struct err *e) MUST_CHECK;
/* The link or file at path goes. */
bool node_drop(const char *path, struct err *e) MUST_CHECK;
/* Where nothing is yet. */
bool node_move(const char *path, const char *to, struct err *e) MUST_CHECK;
bool node_exchange(const char *path, const char *to, struct err *e) MUST_CHECK;

/*
 * The file at path gets these bytes; mode, owner and extended attributes stay.
 *
 * In:    was    SHA-256 that it must still have; NULL = there is none
 *        mode   of a new file
 */
bool node_write(const char *path, const char *was, const void *bytes, size_t len, mode_t mode,
	struct err *e) MUST_CHECK;

/* With all below it, on this file system alone. Nothing there is fine. */
bool node_remove_tree(const char *path, struct err *e) MUST_CHECK;
/* Folders below path, and path, that hold nothing. A folder that holds something stays: ERR_BUSY */
bool node_remove_empty(const char *path, struct err *e) MUST_CHECK;
/*
 * When a file or link below path changed last, in ms since 1970; 0 = there is none. What Python
 * caches (__pycache__) does not count, nor do folders.
 */
bool node_newest(const char *path, int64_t *out_unix_ms, struct err *e) MUST_CHECK;

#endif
