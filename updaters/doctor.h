/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Would a run work? A table of checks, one row each: looked at in its order, each says what it
 * looked at, what it found, and the command that mends it. Nothing is changed, and no package
 * fetched; last of all each name is looked at as `check` does it.
 *
 * Knows the spine, shows nothing. What only root may look at, says so to others.
 */
#ifndef DEVUPD_UPDATERS_DOCTOR_H
#define DEVUPD_UPDATERS_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/run.h"

enum { DOCTOR_FINDINGS_MAX = 512, DOCTOR_MEND_MAX = 1024 };

enum doctor_state {
	DOCTOR_OK,
	DOCTOR_WARNING,        /* a run works, but not as it might, or not for long */
	DOCTOR_FAILURE,        /* a run would fail, of this name at least */
	DOCTOR_NOT_APPLICABLE, /* there is nothing to look at here, or not for us */
	DOCTOR_N_STATES
};
const char *doctor_state_token(enum doctor_state state); /* "ok", "not applicable" */

/* What a check found: one, or one for each thing that has a mending of its own. */
struct doctor_finding {
	const char *id, *title; /* of its check */
	enum doctor_state state;
	char evidence[RECORD_TEXT_MAX]; /* foreign bytes are not escaped yet */
	char mend[DOCTOR_MEND_MAX];     /* a command; "" = there is none */
};

struct doctor {
	struct run_setup setup;
	bool is_root;
	struct host host;
	struct config config;
	struct yaml_errors config_errors;
	bool has_settings; /* they could be read; else config holds the defaults */
	struct recipes recipes;
	struct err recipes_error; /* why there are none */
	struct paths roots, own;  /* the same under root */
	bool has_own;
	struct state *root_state, *own_state; /* both read-only; own NULL under root */
	char root_note[256], own_note[256];   /* what is wrong with them, "" = nothing */
	struct run run;                       /* the look at each name; opened by the last checks */
	bool has_run;
	struct doctor_finding *findings;
	size_t n_findings;
	const struct doctor_check *at; /* the check that is looking */
};

struct doctor_check {
	const char *id;    /* for scripts: "apt-sources" */
	const char *title; /* for people, short */
	void (*look)(struct doctor *d);
};
extern const struct doctor_check doctor_checks[]; /* ended by id NULL */

/* In: setup   of the look; verb, offline, where settings and recipes come from */
void doctor_open(struct doctor *d, const struct run_setup *setup);
void doctor_look(struct doctor *d);
size_t doctor_count(const struct doctor *d, enum doctor_state state);
/* Gives everything back. Returns the exit code: a signal comes first. */
int doctor_close(struct doctor *d, int exit_code);

#endif
