/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One run: what a verb opens, takes through the phases and closes. It holds the spine's parts
 * together:
 *
 *	run_open      settings, recipes, host, states, (lock, audit)
 *	run_plan      names -> entries
 *	run_inspect   workers look; each entry is settled or available
 *	run_prepare   workers fetch, we adopt, a worker without sockets verifies
 *	run_apply     intent, change, look again, result
 *	run_close     run-end, state
 *
 * The verbs decide what to ask a person in between; nothing here writes to a terminal.
 */
#ifndef DEVUPD_UPDATERS_RUN_H
#define DEVUPD_UPDATERS_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/caller.h"
#include "config/config.h"
#include "config/own_settings.h"
#include "config/paths.h"
#include "config/people.h"
#include "config/recipe.h"
#include "updaters/audit.h"
#include "updaters/lib/lock.h"
#include "updaters/plan.h"
#include "updaters/pool.h"
#include "updaters/state.h"
#include "updaters/stop.h"

enum { RUN_ID_SIZE = 40, RUN_WAIT_MAX_MS = 90000 };

struct run_setup {
	const char *verb;
	const char *run_id;         /* NULL: a new one */
	const char *config_file;    /* --config, NULL = the default ones */
	const char *recipes_folder; /* --recipes, NULL = shipped and the administrator's */
	unsigned jobs;              /* --jobs, 0 = the settings' */
	bool uses_network;          /* a pool will be needed: its first worker starts at once */
	bool changes;               /* takes the lock, opens the audit trail */
	bool ignores_bad_config;    /* help, history, verify, ...: go on with the defaults */
	bool unattended;            /* no network at all is no failure then */
	bool notes_left;            /* what it leaves undone is remembered */
	bool is_behind_sudo;        /* started by our own other half: stdout leads to it */
	bool offline, with_trace, with_pages, dry_run;
	const char *undo_run; /* WISH_UNDO: which run; NULL = the last */
	uint64_t wait_ms;     /* for locks; UINT64_MAX = for ever */
};

/* What a verb wants to hear while it waits. Members may be NULL. */
struct run_watch {
	void (*on_download)(
		void *user, const struct entry *entry, uint64_t done_bytes, uint64_t total_bytes);
	void (*on_page)(void *user, const char *name, const char *url, int fd);
	void (*on_apply)(void *user, const char *name, double percent, const char *text);
	void (*on_wait)(void *user, const char *what, pid_t holder, const char *holder_name);
	void *user;
};

struct run {
	struct run_setup setup;
	char id[RUN_ID_SIZE];
	int64_t started_unix_ms;
	char caller[CALLER_NAME_SIZE]; /* who called, behind sudo or pkexec; "" = nobody */
	struct config config;
	struct yaml_errors config_errors;
	struct host host;
	struct paths paths; /* ours */
	struct recipes recipes;
	struct people people;     /* whose things are looked after */
	struct own_settings own;  /* of the person who runs this; root reads none */
	struct state *state;      /* ours */
	struct state *root_state; /* root's, read-only; NULL when ours is root's */
	char state_note[256];     /* what was set aside or can't be read; "" = nothing */
	struct lock *lock;
	struct audit *audit;
	struct stop stop;
	struct pool *pool; /* the one that run_open started; NULL afterwards */
	struct facts facts;
	struct run_watch watch;
	struct plan plan;
	struct plan witnesses; /* looked at beside it: who would feel an upgrade of Homebrew */
	bool keeps_nothing;    /* our state can't be written: a look goes on without it */
	uint64_t waited_ms;    /* given to workers, for requests that are tried again */
	bool has_transaction;  /* one around all that an inspection keeps */
};

/* Fails: ERR_CONFIG (all complaints in run->config_errors), ERR_LOCK, ERR_STATE, ERR_AUDIT,
 * ERR_WORKER, ... */
bool run_open(struct run *run, const struct run_setup *setup, const struct run_watch *watch,
	struct err *e) MUST_CHECK;
/* Holds, skips, licences, digests: root's state, whoever runs. */
struct state *run_memory(const struct run *run);

/*
 * What changes something takes the lock and opens the trail: at once where setup.changes says so,
 * else here, when a person has agreed.
 */
bool run_begin_changes(struct run *run, struct err *e) MUST_CHECK;

bool run_plan(struct run *run, const struct plan_request *request, struct err *e) MUST_CHECK;
bool run_inspect(struct run *run, struct err *e) MUST_CHECK;
bool run_prepare(struct run *run, struct err *e) MUST_CHECK;
bool run_apply(struct run *run, struct err *e) MUST_CHECK;
/* What was refused before it came to that goes on record all the same. */
bool run_record_refused(struct run *run, struct err *e) MUST_CHECK;
/* The check alone, on the files in hand of the plan, which stay where they are; other entries are
 * left as they are. For `verify FILE`, and for a dry run, which adopts nothing. */
bool run_verify_hand(struct run *run, struct err *e) MUST_CHECK;

/* The person accepts: on record, in the state, and the entry goes on as available. */
bool run_accept_license(struct run *run, struct entry *entry, struct err *e) MUST_CHECK;
/* Does this name still wait for a person's yes to its licence? */
bool run_needs_license(
	struct run *run, const struct entry *entry, bool *out_needs, struct err *e) MUST_CHECK;

/* Is there something to apply? Entries that go on: available, not settled. */
size_t run_count_open(const struct run *run);

/* Writes run-end and the run's row; gives everything back. Returns the exit code: a signal comes
 * first. */
int run_close(struct run *run, int exit_code);

#endif
