/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * finish [NAME...]: install what waits for its program to be closed. Not typed by people: a
 * transient unit runs it for one name and waits, at boot a unit runs it for all.
 */
#include <stdio.h>

#include "cmd/progress.h"
#include "cmd/report.h"
#include "cmd/session.h"
#include "cmd/verb.h"
#include "updaters/deferral.h"
#include "updaters/lib/log.h"
#include "updaters/lib/running.h"
#include "updaters/lib/service.h"
#include "updaters/state_left.h"
#include "updaters/verdict.h"
#include "updaters/waiting.h"

static void finish_tick(void *user)
{
	(void)user;
	service_alive();
}

/*
 * Until nobody has it open. No lock is held and no state is open meanwhile: it may take weeks.
 * Out: out_stopped  we were told to end before
 */
static bool finish_wait(const struct options *o, const char *name, bool *out_stopped, struct err *e)
{
	struct run run;
	struct run_setup setup = session_setup(o, "finish");
	bool is_fine, is_closed = false;

	setup.dry_run = true; /* a look: nobody is told of it */
	is_fine = run_open(&run, &setup, NULL, e);

	const struct recipe_entry *source = is_fine ? recipes_find(&run.recipes, name) : NULL;

	state_close(run.state);
	run.state = NULL;
	while (is_fine && !is_closed && !*out_stopped && source != NULL && source->recipe != NULL) {
		SCOPED_CLEAR(running_clear) struct running found = {0};
		char who[160];

		is_fine = running_find(
			&source->recipe->running, &source->recipe->background, &found, e);
		is_closed = is_fine && found.n_items == 0;
		if (!is_fine || is_closed)
			break;
		running_describe(&found, who, sizeof(who));
		service_status("%s is open (%s): waiting until it is closed", name, who);
		is_fine = running_wait(&found, run.stop.fd, finish_tick, NULL, out_stopped, e);
	}
	run_close(&run, EXIT_DONE);
	return is_fine;
}

/* What is open again, or still at boot, has its own unit wait for it. */
static bool finish_leave_open(struct run *run, struct err *e)
{
	char why[ERR_TEXT_MAX];

	if (!deferral_find_open(run, e))
		return false;
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		struct entry *entry = &run->plan.entries[i];

		if (entry->is_settled || entry->open_reason == REASON_NONE)
			continue;
		deferral_leave(entry);
		if (!waiting_start_unit(entry->name, why, sizeof(why)))
			log_note("%s: nobody waits for it: %s", entry->name, why);
	}
	return true;
}

/* error: what ended it early; what was done until then is told. */
static int finish_end(struct run *run, const struct options *o, const struct err *error)
{
	int code = verdict_of_entries(run->plan.entries, run->plan.n_entries, o->exit_status);

	if (!o->json)
		report_changes(run, o, stdout);
	return error != NULL ? session_fail(run, o, error) : session_end(run, o, code, NULL);
}

static int finish_install(const struct options *o)
{
	SCOPED(progress_free) struct progress *progress = progress_new(o);
	struct run_setup setup = session_setup(o, "finish");
	struct run_watch watch = {0};
	struct run run;
	struct err e = {0};

	setup.changes = true;
	setup.uses_network = true; /* workers; offline, they have none */
	setup.offline = true;
	setup.unattended = true;
	setup.notes_left = true;
	if (progress != NULL)
		progress_watch(progress, &watch);
	if (!run_open(&run, &setup, &watch, &e) || !waiting_plan(&run, &o->names, &e) ||
		!finish_leave_open(&run, &e)) {
		progress_pause(progress);
		return session_fail(&run, o, &e);
	}

	bool is_made = run_prepare(&run, &e) && run_apply(&run, &e);

	progress_pause(progress);
	return finish_end(&run, o, is_made ? NULL : &e);
}

/* Is there anything at all? Asked without a lock, and without a trace where there is not. */
static bool finish_has_rows(void)
{
	SCOPED(state_close) struct state *state = NULL;
	SCOPED_FREE struct state_wait *rows = NULL;
	struct paths paths;
	char note[256];
	struct err ignored = {0};
	size_t n = 0;

	paths_of_root(&paths);
	return state_open(paths.state_db, true, &state, note, sizeof(note), &ignored) &&
	       state_wait_list(state, &rows, &n, &ignored) && n > 0;
}

int verb_finish(const struct options *o)
{
	struct err e = {0};
	bool is_stopped = false;

	if (!session_needs_root(o, "finish", &e)) {
		log_error("%s", e.text);
		return EXIT_NEEDS_ROOT;
	}
	if (!finish_has_rows())
		return EXIT_DONE;
	if (o->names.n_items == 1 && !finish_wait(o, o->names.items[0], &is_stopped, &e)) {
		log_error("%s", e.text);
		return verdict_of_error(&e);
	}
	return is_stopped ? EXIT_DONE : finish_install(o);
}
