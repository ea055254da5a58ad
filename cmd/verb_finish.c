/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * finish [NAME...]: install what waits for its program to be closed. Not typed by people: a
 * transient unit runs it for one name and waits, at boot a unit runs it for all.
 */
#include <stdio.h>
#include <unistd.h>

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

enum wait_end {
	WAIT_NONE,   /* nobody had it open */
	WAIT_CLOSED, /* nobody has it open any more */
	WAIT_STOPPED /* we were told to end before */
};

/* Until nobody has it open. No lock is held and no state is open meanwhile: it may take weeks. */
static bool finish_wait(
	const struct options *o, const char *name, enum wait_end *out, struct err *e)
{
	struct run run;
	struct run_setup setup = session_setup(o, "finish");
	bool is_fine, is_closed = false, is_stopped = false;

	*out = WAIT_NONE;
	setup.dry_run = true; /* a look: nobody is told of it */
	is_fine = run_open(&run, &setup, NULL, e);

	const struct recipe_entry *source = is_fine ? recipes_find(&run.recipes, name) : NULL;

	state_close(run.state);
	run.state = NULL;
	while (is_fine && !is_closed && !is_stopped && source != NULL && source->recipe != NULL) {
		SCOPED_CLEAR(running_clear) struct running found = {0};
		char who[160];

		is_fine = running_find(
			&source->recipe->running, &source->recipe->background, &found, e);
		is_closed = is_fine && found.n_items == 0;
		if (!is_fine || is_closed)
			break;
		running_describe(&found, who, sizeof(who));
		service_status("%s is open (%s): waiting until it is closed", name, who);
		is_fine = running_wait(&found, run.stop.fd, finish_tick, NULL, &is_stopped, e);
		*out = WAIT_CLOSED;
	}
	if (run_close(&run, EXIT_DONE) != EXIT_DONE) /* a signal, be it at the last moment */
		*out = WAIT_STOPPED;
	return is_fine;
}

/*
 * What is open again, or still at boot: who was started for one name waits on, of all names each
 * has its own unit wait for it. Out: out_n  so many
 */
static bool finish_leave_open(struct run *run, bool is_waiting, size_t *out_n, struct err *e)
{
	char why[ERR_TEXT_MAX];

	if (!deferral_find_open(run, e))
		return false;
	*out_n = 0;
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		struct entry *entry = &run->plan.entries[i];

		if (entry->is_settled || entry->open_reason == REASON_NONE)
			continue;
		deferral_leave(entry);
		++*out_n;
		if (!is_waiting && !waiting_start_unit(entry->name, why, sizeof(why)))
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

/* Out: out_is_open  the one name has been opened again, and nothing was done */
static int finish_install(const struct options *o, bool *out_is_open)
{
	SCOPED(progress_free) struct progress *progress = progress_new(o);
	struct run_setup setup = session_setup(o, "finish");
	bool is_waiting = o->names.n_items == 1;
	struct run_watch watch = {0};
	struct run run;
	struct err e = {0};
	size_t n_open = 0;

	*out_is_open = false;
	setup.changes = true;
	setup.uses_network = true; /* workers; offline, they have none */
	setup.offline = true;
	setup.unattended = true;
	setup.notes_left = true;
	if (progress != NULL)
		progress_watch(progress, &watch);
	if (!run_open(&run, &setup, &watch, &e) || !waiting_plan(&run, &o->names, &e) ||
		!finish_leave_open(&run, is_waiting, &n_open, &e)) {
		progress_pause(progress);
		return session_fail(&run, o, &e);
	}
	*out_is_open = is_waiting && n_open > 0;
	if (*out_is_open)
		return run_close(&run, EXIT_DONE);

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

/*
 * devupd may have been upgraded since we began to wait: what is on disk now does the rest, with
 * workers, state and trail of its own time. Returns only where it can't be started.
 */
static int finish_anew(const struct options *o)
{
	SCOPED_CLEAR(strings_clear) struct strings argv = {0};
	bool is_whole = strings_add(&argv, DEVUPD_BINDIR "/devupd");
	struct err e = {0};

	for (size_t i = 0; is_whole && i < o->typed.n_items; i++)
		is_whole = strings_add(&argv, o->typed.items[i]);
	if (is_whole)
		execv(argv.items[0], argv.items);
	err_sys(&e, ERR_INTERNAL, "can't start %s anew", DEVUPD_BINDIR "/devupd");
	return report_fail("finish", o, &e);
}

static int finish_nothing(const struct options *o)
{
	if (o->json)
		report_own_document("finish", o, EXIT_DONE, NULL, "", stdout);
	return EXIT_DONE;
}

static int finish_one(const struct options *o)
{
	enum wait_end end = WAIT_NONE;
	bool is_open = false;
	struct err e = {0};
	int code;

	do {
		if (!finish_wait(o, o->names.items[0], &end, &e))
			return report_fail("finish", o, &e);
		if (end == WAIT_STOPPED)
			return finish_nothing(o);
		if (end == WAIT_CLOSED)
			return finish_anew(o);
		code = finish_install(o, &is_open);
	} while (is_open && code == EXIT_DONE); /* else a signal came meanwhile */
	return code;
}

int verb_finish(const struct options *o)
{
	bool is_open = false;
	struct err e = {0};

	if (!session_needs_root(o, "finish", &e))
		return report_fail("finish", o, &e);
	if (!finish_has_rows())
		return finish_nothing(o);
	return o->names.n_items == 1 ? finish_one(o) : finish_install(o, &is_open);
}
