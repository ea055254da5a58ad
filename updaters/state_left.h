/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the state remembers of things that are not done yet: what each name waits for and since
 * when, packages that wait for a program to be closed, when a version was first seen, and how each
 * source has answered lately. As all of the state: read-only, every question answers "nothing
 * known" on a fault.
 */
#ifndef DEVUPD_UPDATERS_STATE_LEFT_H
#define DEVUPD_UPDATERS_STATE_LEFT_H

#include "updaters/state.h"

/* What the last run that looked left undone of a name: one row a name, none where all is done. */
struct state_left {
	char name[RECORD_NAME_MAX];
	enum outcome outcome; /* available, broken, held, deferred, license, failed, ... */
	enum reason reason;   /* of deferred */
	char version[DPKG_VERSION_MAX]; /* that is not taken; "" = none */
	char text[RECORD_TEXT_MAX];     /* for a person */
	int64_t since_unix_ms;          /* outcome, reason and version have been the same since */
	int64_t told_unix_ms;           /* a person was last told of it; 0 = never */
};
/* By name. Out: malloc'd. */
bool state_left_list(
	struct state *s, struct state_left **out, size_t *out_n, struct err *e) MUST_CHECK;
/* Where outcome, reason and version are as before, since and told stay as they were. */
bool state_left_put(struct state *s, const struct state_left *left, struct err *e) MUST_CHECK;
bool state_left_drop(struct state *s, const char *name, struct err *e) MUST_CHECK;
bool state_left_told(
	struct state *s, const char *name, int64_t when_unix_ms, struct err *e) MUST_CHECK;

/* Holds that are not over, by name. Out: malloc'd. */
bool state_hold_list(
	struct state *s, struct state_hold **out, size_t *out_n, struct err *e) MUST_CHECK;

/* A name that was there and was removed by somebody else. Whether it is still gone, dpkg knows. */
struct state_gone {
	char name[RECORD_NAME_MAX];
	char version[DPKG_VERSION_MAX]; /* that was there, as compared */
	char who[64];                   /* as apt's history tells, "" = not told */
	char command[256];
	int64_t when_unix_ms; /* as dpkg.log tells; else when it was noticed */
};
bool state_gone_get(struct state *s, const char *name, bool *out_found, struct state_gone *out,
	struct err *e) MUST_CHECK;
/* What was gone when a run last looked, by name. Out: malloc'd. */
bool state_gone_list(
	struct state *s, struct state_gone **out, size_t *out_n, struct err *e) MUST_CHECK;
bool state_gone_put(struct state *s, const struct state_gone *g, struct err *e) MUST_CHECK;

/* A package that was fetched and verified and waits until its program is closed. */
struct state_wait {
	char name[RECORD_NAME_MAX];
	char version[DPKG_VERSION_MAX]; /* as compared: after version.installed */
	char path[512];                 /* of ours, below packages/ */
	char sha256[SHA256_HEX_SIZE];
	char url[URL_MAX];
	enum digest_from sha256_from;
	enum verified_by verified_by;
	bool allow_downgrade;
	bool reinstall;               /* also what is installed already */
	bool takes_changed;           /* whatever was seen under this version before */
	bool is_rollback;             /* what is left is passed over, then */
	char typed[DPKG_VERSION_MAX]; /* a person asked for this version; "" = for the newest */
	int64_t since_unix_ms;
	char run[40]; /* that put it here */
};
bool state_wait_list(
	struct state *s, struct state_wait **out, size_t *out_n, struct err *e) MUST_CHECK;
bool state_wait_put(struct state *s, const struct state_wait *w, struct err *e) MUST_CHECK;
bool state_wait_drop(struct state *s, const char *name, struct err *e) MUST_CHECK;

/*
 * When was this version of a name first seen by us? Not yet, where that was before this program was
 * written, or is yet to come: the clock was wrong then. Out: when_unix_ms, 0 = not yet
 */
bool state_sight_find(struct state *s, const char *name, const char *version, int64_t now_unix_ms,
	int64_t *out_when_unix_ms, struct err *e) MUST_CHECK;
/* Read-only it is not written down. */
bool state_sight_put(struct state *s, const char *name, const char *version, int64_t when_unix_ms,
	struct err *e) MUST_CHECK;

/* How one source of a recipe has answered. */
struct state_health {
	char name[RECORD_NAME_MAX];
	char source[URL_MAX];      /* its address */
	int64_t good_unix_ms;      /* the last good answer, 0 = never */
	uint64_t n_failures;       /* in a row, 0 = the last one was good */
	int64_t failing_unix_ms;   /* since when, 0 = it does not */
	char reason[ERR_TEXT_MAX]; /* of the last failure, "" = none */
};
/* Of a name, "" = of all; by name and source. Out: malloc'd. */
bool state_health_list(struct state *s, const char *name, struct state_health **out, size_t *out_n,
	struct err *e) MUST_CHECK;
/* One more answer of a source. In: reason  "" = a good one */
bool state_health_note(struct state *s, const char *name, const char *source, int64_t now_unix_ms,
	const char *reason, struct err *e) MUST_CHECK;

#endif
