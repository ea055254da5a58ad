/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/deb_worker.h"

#include "updaters/deb/fetch.h"
#include "updaters/deb/inspect.h"
#include "updaters/deb/verify.h"

static bool deb_begin(
	const struct job *job, const struct worker_host *host, struct task **out, struct err *e)
{
	static bool (*const phases[PHASE_N])(
		const struct job *, const struct worker_host *, struct task **, struct err *) = {
		[PHASE_INSPECT] = inspect_begin,
		[PHASE_PREPARE] = fetch_begin,
		[PHASE_VERIFY] = verify_begin,
	};

	if ((size_t)job->phase >= PHASE_N || phases[job->phase] == NULL)
		return err_set(e, ERR_WORKER, "the deb kind has no work for a worker in phase %s",
			phase_token(job->phase));
	return phases[job->phase](job, host, out, e);
}

const struct worker_updater deb_worker_updater = {.kind = "deb", .begin = deb_begin};
