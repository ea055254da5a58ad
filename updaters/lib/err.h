/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What went wrong, as a value: a code that callers and people tell apart, an errno, one line of
 * text.
 *
 * The text is one line, lower case, without a full stop: what was tried, on what, what was found,
 * what to do. Foreign bytes in it are escaped here, so that no page writes to a terminal or a log.
 */
#ifndef DEVUPD_LIB_ERR_H
#define DEVUPD_LIB_ERR_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/scope.h"

enum { ERR_TEXT_MAX = 1024 };

/* Each code with its stable token for --json and the audit log (CONTRACT: tokens of error.code). */
#define ERR_CODES(X)                                                                               \
	X(INTERNAL, "internal")                                                                    \
	X(USAGE, "usage")                                                                          \
	X(CONFIG, "config")                                                                        \
	X(NETWORK, "network")                                                                      \
	X(TLS, "tls")                                                                              \
	X(HTTP, "http")                                                                            \
	X(REDIRECT, "redirect")                                                                    \
	X(POLICY, "policy")                                                                        \
	X(NO_MATCH, "no-match")                                                                    \
	X(NO_RELEASE, "no-release")                                                                \
	X(PENDING, "pending")                                                                      \
	X(TOO_BIG, "too-big")                                                                      \
	X(STALLED, "stalled")                                                                      \
	X(SPACE, "space")                                                                          \
	X(APT_LISTS, "apt-lists")                                                                  \
	X(LOCK, "lock")                                                                            \
	X(ROOT, "root")                                                                            \
	X(NAME, "name")                                                                            \
	X(ARCHITECTURE, "architecture")                                                            \
	X(VERSION, "version")                                                                      \
	X(DIGEST, "digest")                                                                        \
	X(SIGNATURE, "signature")                                                                  \
	X(STRUCTURE, "structure")                                                                  \
	X(DOWNGRADE, "downgrade")                                                                  \
	X(CHANGED_BYTES, "changed-bytes")                                                          \
	X(APT, "apt")                                                                              \
	X(DPKG, "dpkg")                                                                            \
	X(HALF_CONFIGURED, "half-configured")                                                      \
	X(LICENSE, "license")                                                                      \
	X(PARSE, "parse")                                                                          \
	X(BUSY, "busy")                                                                            \
	X(OWNER, "owner")                                                                          \
	X(BREW, "brew")                                                                            \
	X(PYTHON, "python")                                                                        \
	X(EDITOR, "editor")                                                                        \
	X(COMMAND, "command")                                                                      \
	X(WORKER, "worker")                                                                        \
	X(TIMEOUT, "timeout")                                                                      \
	X(AUDIT, "audit")                                                                          \
	X(STATE, "state")

#define ERR_ENUM(code, token) ERR_##code,
enum err_code { ERR_CODES(ERR_ENUM) ERR_N_CODES };
#undef ERR_ENUM

struct err {
	enum err_code code;
	int sys_errno;           /* 0 where no system call failed */
	char text[ERR_TEXT_MAX]; /* "" while nothing failed */
};

/* All of these return false, so that `return err_set(e, ...)` can't be written wrong. e may be
 * NULL. */
bool err_set(struct err *e, enum err_code code, const char *format, ...) PRINTF_LIKE(3, 4);

/* As err_set, with ": " and strerror(errno) behind the text; a full disk becomes ERR_SPACE. */
bool err_sys(struct err *e, enum err_code code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Puts "text: " before what e already says; its code stays. */
bool err_within(struct err *e, const char *format, ...) PRINTF_LIKE(2, 3);

static inline bool err_is_set(const struct err *e)
{
	return e->text[0] != '\0';
}

const char *err_token(enum err_code code);

/* Out: out_code set when token is one of ours. */
bool err_code_find(const char *token, enum err_code *out_code);

#endif
