/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What dpkg's and apt's own logs tell of a package: when it became what it is now, by whom and by
 * which command. For changes that somebody else made.
 *
 * Both logs are evidence, not truth: whoever is root writes there what he likes, and they are
 * rotated away. Only their ends are read, and the file rotated last where it is plain.
 */
#ifndef DEVUPD_LIB_PACKAGE_LOG_H
#define DEVUPD_LIB_PACKAGE_LOG_H

#include <stdint.h>

struct package_logs {
	const char *dpkg; /* dpkg.log; beside it dpkg.log.1 */
	const char *apt;  /* history.log */
};
extern const struct package_logs package_logs_of_system;

struct package_change {
	int64_t when_unix_ms; /* 0 = the logs do not tell: all of this is empty */
	char who[64];         /* who asked apt for it behind sudo or pkexec, "" = not told */
	char command[256];    /* apt's command line, escaped and cut; "" = apt had no part in it */
};
/*
 * The last change that left the package as it is now.
 *
 * In:    package   dpkg's name of it
 *        version   dpkg's, that is there now; "" = it is gone
 * Out:   out       empty where the logs tell of none, or of another state since
 * Source: dpkg(1) "--log", /etc/logrotate.d/{dpkg,apt}
 */
void package_log_find(const struct package_logs *logs, const char *package, const char *version,
	struct package_change *out);

#endif
