/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * apt-get for adopted packages: one transaction for all, then one by one those that it left out.
 * What became of each is what dpkg's status says afterwards, never apt-get's exit code.
 *
 * Conffiles stay the local ones, nothing is removed, nothing downgraded unless asked, holds of
 * apt-mark stand. While apt-get runs nothing stops it, not even our end.
 */
#ifndef DEVUPD_UPDATERS_DEB_INSTALL_H
#define DEVUPD_UPDATERS_DEB_INSTALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/dpkg.h"
#include "updaters/lib/err.h"
#include "updaters/records.h"

struct install_item {
	const char *name;    /* of the recipe */
	const char *package; /* dpkg's */
	const char *version; /* the control's, whole */
	const char *path;    /* adopted file, absolute */
	bool allow_downgrade;
	bool reinstall;
	bool is_repair; /* configure.h: what is there is set up again; version is what dpkg has */
	/* out */
	bool is_done; /* dpkg says: installed, this version (reinstalled, where that was asked) */
	char dpkg_status[64];                /* "" = dpkg was not asked */
	char dpkg_version[DPKG_VERSION_MAX]; /* what dpkg says is there now; "" = nothing */
	struct err error; /* when not done: ERR_APT, ERR_DPKG, ERR_HALF_CONFIGURED, ERR_APT_LISTS,
			     ERR_LOCK, ERR_SPACE, ERR_DOWNGRADE */
	struct result *result; /* `also`, and as changes and items conffiles kept, what the guard
				  found and set-id files, are added to it; may be NULL. What a
				  transaction for several changed beside is told once, with the
				  first of them that is done
				*/
};

struct install_options {
	const char *arch;     /* dpkg's own */
	const char *log_path; /* /var/log/devupd/apt.log */
	const char *run;      /* run id, for the log's header line */
	/* keeps what apt trusts while a transaction runs; NULL = it is not kept on disk */
	const char *state_folder;
	uint64_t wait_ms; /* for dpkg's lock; UINT64_MAX = for ever */
	void (*on_progress)(void *user, const char *package, double percent, const char *text);
	void (*on_wait)(void *user, pid_t holder,
		const char *holder_name); /* once a second while waiting */
	bool (*is_stopped)(void *user);   /* asked between transactions, never during one */
	void *user;
};
/* The waiting for dpkg's locks that these options ask for, wait_ms from now at most. */
struct dpkg_wait install_wait(const struct install_options *o);

/*
 * Fails: nothing was begun: ERR_LOCK, ERR_APT (apt-get can't be started), ERR_DPKG (its status
 * can't be read). true: look at each item.
 */
bool install_run(const struct install_options *o, struct install_item *items, size_t n,
	struct err *e) MUST_CHECK;

#endif
