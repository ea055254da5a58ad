/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The words that scripts depend on (CONTRACT): outcomes, reasons, steps, where a digest is from,
 * what verified a package. Each is an enum and its stable token.
 */
#ifndef DEVUPD_UPDATERS_TOKENS_H
#define DEVUPD_UPDATERS_TOKENS_H

#include <stdbool.h>

/* 0 is a failure: a result that nobody filled in is none. */
#define OUTCOMES(X)                                                                                \
	X(FAILED, "failed")                                                                        \
	X(CURRENT, "current")                                                                      \
	X(AVAILABLE, "available")                                                                  \
	X(BROKEN, "broken")                                                                        \
	X(UPDATED, "updated")                                                                      \
	X(INSTALLED, "installed")                                                                  \
	X(REPAIRED, "repaired")                                                                    \
	X(ROLLED_BACK, "rolled-back")                                                              \
	X(DOWNLOADED, "downloaded")                                                                \
	X(ABSENT, "absent")                                                                        \
	X(HELD, "held")                                                                            \
	X(SKIPPED, "skipped")                                                                      \
	X(DEFERRED, "deferred")                                                                    \
	X(LICENSE, "license")                                                                      \
	X(UNSUPPORTED, "unsupported")
#define OUTCOME_ENUM(code, token) OUTCOME_##code,
enum outcome { OUTCOMES(OUTCOME_ENUM) OUTCOME_N };
#undef OUTCOME_ENUM
const char *outcome_token(enum outcome o);
bool outcome_find(const char *token, enum outcome *out);

#define REASONS(X)                                                                                 \
	X(NONE, "")                                                                                \
	X(RUNNING, "running")                                                                      \
	X(SESSION, "session")                                                                      \
	X(METERED, "metered")                                                                      \
	X(BATTERY, "battery")                                                                      \
	X(COOL_DOWN, "cool-down")                                                                  \
	X(PENDING, "pending")                                                                      \
	X(OFFLINE, "offline")
#define REASON_ENUM(code, token) REASON_##code,
enum reason { REASONS(REASON_ENUM) REASON_N };
#undef REASON_ENUM
const char *reason_token(enum reason r);
bool reason_find(const char *token, enum reason *out);

#define STEPS(X)                                                                                   \
	X(NONE, "")                                                                                \
	X(FIND, "find")                                                                            \
	X(PROBE, "probe")                                                                          \
	X(FETCH, "fetch")                                                                          \
	X(VERIFY, "verify")                                                                        \
	X(INSTALL, "install")                                                                      \
	X(INSPECT, "inspect")                                                                      \
	X(APPLY, "apply")                                                                          \
	X(CONFIRM, "confirm")
#define STEP_ENUM(code, token) STEP_##code,
enum step { STEPS(STEP_ENUM) STEP_N };
#undef STEP_ENUM
const char *step_token(enum step s);

#define DIGEST_SOURCES(X)                                                                          \
	X(NONE, "")                                                                                \
	X(FEED, "feed")                                                                            \
	X(CHECKSUMS, "checksums")                                                                  \
	X(GITHUB, "github")                                                                        \
	X(PAGE, "page")                                                                            \
	X(FIRST_SIGHT, "first-sight")
#define DIGEST_ENUM(code, token) DIGEST_FROM_##code,
enum digest_from { DIGEST_SOURCES(DIGEST_ENUM) DIGEST_FROM_N };
#undef DIGEST_ENUM
const char *digest_from_token(enum digest_from d);

#define VERIFIERS(X)                                                                               \
	X(NONE, "")                                                                                \
	X(SIGNATURE, "signature")                                                                  \
	X(SHA512, "sha512")                                                                        \
	X(SHA256, "sha256")                                                                        \
	X(FIRST_SIGHT, "first-sight")
#define VERIFIER_ENUM(code, token) VERIFIED_BY_##code,
enum verified_by { VERIFIERS(VERIFIER_ENUM) VERIFIED_BY_N };
#undef VERIFIER_ENUM
const char *verified_by_token(enum verified_by v);

/* The phases of every kind (DESIGN); a worker is asked for the first three. */
enum phase { PHASE_INSPECT, PHASE_PREPARE, PHASE_VERIFY, PHASE_APPLY, PHASE_CONFIRM, PHASE_N };
const char *phase_token(enum phase p);

#endif
