/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "cmd/report.h"
#include "cmd/session.h"
#include "cmd/verb.h"
#include "updaters/verdict.h"

int verb_check(const struct options *o)
{
	struct run run;
	struct plan_request request = {
		.wish = WISH_CHECK,
		.names = &o->names,
		.with_absent = o->all,
	};
	struct err e = {0};

	struct run_setup setup = session_setup(o, "check");

	setup.notes_left = true;
	if (!session_look(&run, setup, NULL, &request, &e))
		return session_fail(&run, o, &e);

	int code = verdict_of_entries(run.plan.entries, run.plan.n_entries, o->exit_status);

	if (o->verbosity > 0)
		report_trace(&run, stderr);
	if (!o->json)
		report_table(&run, o, stdout);
	return session_end(&run, o, code, NULL);
}
