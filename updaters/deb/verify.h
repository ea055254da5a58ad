/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Verify an adopted package, read-only: structure, name, architecture, version, size, digest. */
#ifndef DEVUPD_UPDATERS_DEB_VERIFY_H
#define DEVUPD_UPDATERS_DEB_VERIFY_H

#include "updaters/deb/deb_job.h"
#include "updaters/worker_updater.h"

bool verify_begin(const struct job *job, const struct worker_host *host, struct task **out,
	struct err *e) MUST_CHECK;

#endif
