/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fetch a package into the staging folder: to disk, into SHA-256 and past the reader of its head in
 * one pass. A wrong package is dropped as soon as its control member is whole.
 */
#ifndef DEVUPD_UPDATERS_DEB_FETCH_H
#define DEVUPD_UPDATERS_DEB_FETCH_H

#include "updaters/worker_updater.h"

enum { FETCH_TRIES_MAX = 4, FETCH_PROGRESS_MS = 100, FETCH_PIECE_BYTES = 256 << 10 };

bool fetch_begin(const struct job *job, const struct worker_host *host, struct task **out,
	struct err *e) MUST_CHECK;

#endif
