/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/session.h"

#include <stdio.h>

#include "cmd/report.h"
#include "cmd/terminal.h"
#include "updaters/lib/log.h"
#include "updaters/verdict.h"

enum { WAIT_DEFAULT_MS = 300 * 1000 };

/* What --wait says; else for ever where a person is, 300 s otherwise. */
static uint64_t session_wait_ms(const struct options *o)
{
	if (o->has_wait)
		return o->wait_s * 1000;
	return terminal_has_person() && !o->unattended ? UINT64_MAX : WAIT_DEFAULT_MS;
}

struct run_setup session_setup(const struct options *o, const char *verb)
{
	return (struct run_setup){
		.verb = verb,
		.run_id = o->run_id,
		.config_file = o->config_file,
		.recipes_folder = o->recipes_folder,
		.jobs = (unsigned)o->jobs,
		.unattended = o->unattended,
		.offline = o->offline,
		.dry_run = o->dry_run,
		.with_trace = o->verbosity > 0,
		.wait_ms = session_wait_ms(o),
	};
}

/* A name in `disable:` that no recipe has switches nothing off: its like goes on. */
static void session_note_disable(const struct run *run)
{
	for (size_t i = 0; i < run->config.disable.n_items; i++) {
		const char *name = run->config.disable.items[i];
		struct err e = {0};

		if (recipes_find(&run->recipes, name) == NULL &&
			!plan_refuse_name(name, &run->recipes, &e))
			log_note("disable: %s", e.text);
	}
}

bool session_look(struct run *run, struct run_setup setup, const struct run_watch *watch,
	const struct plan_request *request, struct err *e)
{
	setup.uses_network = true;
	if (!run_open(run, &setup, watch, e))
		return false;
	if (request->names->n_items == 0)
		session_note_disable(run);
	return run_plan(run, request, e) && run_inspect(run, e);
}

int session_settle(struct run *run, int code)
{
	if (stop_is_asked(&run->stop))
		code = EXIT_SIGNAL + run->stop.signal;
	stop_close(&run->stop); /* what comes now finds a run that is over */
	return code;
}

int session_end(struct run *run, const struct options *o, int code, const struct err *error)
{
	code = session_settle(run, code);
	if (o->json)
		report_document(run, o, code, error, stdout);
	if (error != NULL)
		report_error(run, error);
	return run_close(run, code);
}

int session_fail(struct run *run, const struct options *o, const struct err *e)
{
	return session_end(run, o, verdict_of_error(e), e);
}

bool session_needs_root(const struct options *o, const char *verb, struct err *e)
{
	char command[ERR_TEXT_MAX / 2];

	if (geteuid() == 0)
		return true;
	options_command(o, "sudo ", NULL, command, sizeof(command));
	return err_set(e, ERR_ROOT, "devupd %s needs root: %s", verb, command);
}
