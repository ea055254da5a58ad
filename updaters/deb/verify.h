/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Verify an adopted package, read-only: structure, name, architecture, version, size, digest. */
#ifndef DEVUPD_UPDATERS_DEB_VERIFY_H
#define DEVUPD_UPDATERS_DEB_VERIFY_H

#include "updaters/deb/deb_job.h"
#include "updaters/worker_updater.h"

/* Is this the package that recipe and plan promise? version "" = any. Compared on both sides after
 * version.installed. Fails: ERR_NAME ERR_ARCHITECTURE ERR_VERSION ERR_POLICY (essential) */
bool verify_control(const struct recipe *r, const char *version, const struct dpkg_control *control,
	struct err *e) MUST_CHECK;

bool verify_begin(const struct job *job, const struct worker_host *host, struct task **out,
	struct err *e) MUST_CHECK;

#endif
