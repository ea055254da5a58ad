/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where things lie, for root and for an ordinary user (DESIGN "Storage"). One of the few readers of
 * the environment; under root it reads nothing of it.
 */
#ifndef DEVUPD_CONFIG_PATHS_H
#define DEVUPD_CONFIG_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "updaters/lib/err.h"

enum { PATHS_MAX = 512 };

struct paths {
	bool is_root;
	char state_folder[PATHS_MAX];
	char state_db[PATHS_MAX];
	char log_folder[PATHS_MAX];
	char audit_log[PATHS_MAX];
	char apt_log[PATHS_MAX];
	char staging[PATHS_MAX];
	char packages[PATHS_MAX];
	char notices[PATHS_MAX]; /* what people who were away have not read, by user id; root's
				    alone */
	char lock[PATHS_MAX]; /* a run's; the lock of what acts as an owner is another: "lock" there
			       */
};

/*
 * Root's places, whoever asks (an ordinary user reads them); or this person's own.
 * Fails: ERR_STATE   neither XDG_STATE_HOME nor HOME is set, or too long
 */
void paths_of_root(struct paths *out);
bool paths_of_person(struct paths *out, struct err *e) MUST_CHECK;

/*
 * Under root: may it trust what lies in state and packages, and who else may write there? Of the
 * log the folder alone is looked at: on some systems /var/log is for its writers' group, and what
 * is in the log is proven by its chain. A person's own are not looked at.
 *
 * Fails: ERR_STATE   names the folder and the command that mends it
 */
bool paths_check(const struct paths *p, struct err *e) MUST_CHECK;

/*
 * Make the folders that are missing: a package makes root's, a person's are made here, 0700. Under
 * root the staging folder belongs to the workers' user.
 */
bool paths_make(
	const struct paths *p, uid_t worker_uid, gid_t worker_gid, struct err *e) MUST_CHECK;

#endif
