/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/run.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "config/caller.h"
#include "updaters/baseline.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/log.h"
#include "updaters/lib/process.h"
#include "updaters/lib/service.h"
#include "updaters/license.h"
#include "updaters/run_left.h"
#include "updaters/run_people.h"
#include "updaters/telling.h"
#include "updaters/verdict.h"
#include "updaters/witness.h"

#define WORKER_USER "_devupd"

/* As much as a package unpacked may need. */
#define FILE_LIMIT_LEAST (UINT64_C(4) << 30)

/* Time first, so that ids sort; then eight random digits. */
static bool run_make_id(struct run *run, struct err *e)
{
	unsigned char random[4];

	if (run->setup.run_id != NULL) {
		if (!text_copy(run->id, sizeof(run->id), run->setup.run_id))
			return err_set(e, ERR_USAGE, "the run id is too long");
		return true;
	}
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return err_sys(e, ERR_INTERNAL, "no random bytes");
	snprintf(run->id, sizeof(run->id), "%012llx-%02x%02x%02x%02x",
		(unsigned long long)run->started_unix_ms, random[0], random[1], random[2],
		random[3]);
	return true;
}

static bool run_load(struct run *run, struct err *e)
{
	static const char *const standard[] = {
		DEVUPD_DATADIR "/recipes", DEVUPD_SYSCONFDIR "/recipes"};
	const char *given[] = {run->setup.recipes_folder};
	bool is_given = run->setup.recipes_folder != NULL;

	if (!host_read("", &run->host, e))
		return false;
	if (!config_load(run->setup.config_file, run->paths.is_root, &run->config,
		    &run->config_errors)) {
		*e = run->config_errors.first;
		if (!run->setup.ignores_bad_config)
			return false;
	}
	return recipes_load(is_given ? given : standard, is_given ? 1 : ARRAY_SIZE(standard),
		       run->config.updaters, &run->host, run->paths.is_root, &run->recipes, e) &&
	       run_find_people(run, e);
}

/* Ours, to be written; where that can't be and nothing will be changed, a look goes on without it.
 */
static bool run_open_own_state(struct run *run, struct err *e)
{
	struct err why = {0};
	bool is_made = paths_make(&run->paths, run->facts.worker_uid, run->facts.worker_gid, &why);

	if (is_made && !paths_check(&run->paths, e))
		return false;
	if (is_made && state_open(run->paths.state_db, false, &run->state, run->state_note,
			       sizeof(run->state_note), &why))
		return true;
	if (run->setup.changes) {
		*e = why;
		return false;
	}
	text_copy_cut(run->state_note, sizeof(run->state_note), why.text);
	run->keeps_nothing = true;
	return state_open(run->paths.state_db, true, &run->state, why.text, sizeof(why.text), e);
}

static bool run_open_states(struct run *run, struct err *e)
{
	struct paths roots;
	char note[sizeof(run->state_note)] = "";

	if (!run->paths.is_root) {
		paths_of_root(&roots);
		if (!state_open(roots.state_db, true, &run->root_state, note, sizeof(note), e))
			return false;
	}
	if (!run_open_own_state(run, e))
		return false;
	if (run->state_note[0] == '\0')
		memcpy(run->state_note, note, sizeof(note));
	return true;
}

static bool run_find_worker_user(struct run *run, struct err *e)
{
	run->facts.worker_uid = getuid();
	run->facts.worker_gid = getgid();
	if (!run->paths.is_root)
		return true;

	const struct passwd *user = getpwnam(WORKER_USER);

	if (user == NULL && !run->setup.uses_network)
		return true;
	if (user == NULL)
		return err_set(e, ERR_OWNER,
			"the system user " WORKER_USER " is missing: reinstall the package devupd");
	run->facts.worker_uid = user->pw_uid;
	run->facts.worker_gid = user->pw_gid;
	return true;
}

static void run_pass_wait(void *user, pid_t holder, const char *holder_name)
{
	struct run *run = user;

	if (run->watch.on_wait != NULL)
		run->watch.on_wait(run->watch.user, "dpkg's lock", holder, holder_name);
}

static void run_pass_lock_wait(void *user, pid_t holder, const char *holder_name)
{
	struct run *run = user;
	char name[64];

	snprintf(name, sizeof(name), "devupd %s", holder_name);
	if (run->watch.on_wait != NULL)
		run->watch.on_wait(run->watch.user, "devupd's lock", holder, name);
}

static void run_pass_apply(void *user, const char *name, double percent, const char *text)
{
	struct run *run = user;

	service_status("installing %s: %.0f %%", name, percent);
	if (run->watch.on_apply != NULL)
		run->watch.on_apply(run->watch.user, name, percent, text);
}

static bool run_is_stopped(void *user)
{
	struct run *run = user;

	return stop_is_asked(&run->stop);
}

static void run_state_facts(struct run *run)
{
	struct facts *f = &run->facts;

	f->host = &run->host;
	f->run = run->id;
	f->staging = run->paths.staging;
	f->packages = run->paths.packages;
	f->apt_log = run->paths.apt_log;
	f->state_folder = run->paths.state_folder;
	f->is_root = run->paths.is_root;
	f->offline = run->setup.offline;
	f->with_trace = run->setup.with_trace;
	f->with_pages = run->setup.with_pages;
	f->unattended = run->setup.unattended;
	f->dry_run = run->setup.dry_run;
	f->undo_run = run->setup.undo_run != NULL ? run->setup.undo_run : "";
	f->download_max_bytes = run->config.download_max_bytes;
	f->wait_ms = run->setup.wait_ms;
	f->on_progress = run_pass_apply;
	f->on_wait = run_pass_wait;
	f->is_stopped = run_is_stopped;
	f->user = run;
}

/* The run's row: not ended yet, where finished is 0. */
static bool run_put_row(struct run *run, int64_t finished_unix_ms, int exit_code, struct err *e)
{
	struct state_run row = {
		.started_unix_ms = run->started_unix_ms,
		.finished_unix_ms = finished_unix_ms,
		.exit_code = exit_code,
	};

	memcpy(row.run, run->id, sizeof(row.run));
	text_copy_cut(row.verb, sizeof(row.verb), run->setup.verb);
	return state_run_put(run->state, &row, e);
}

/* What apt-get and dpkg write would end in the midst, and so would what they had begun. */
static bool run_check_limits(const struct run *run, struct err *e)
{
	uint64_t may_be = process_file_limit();

	return !run->paths.is_root || may_be >= FILE_LIMIT_LEAST ||
	       err_set(e, ERR_SPACE,
		       "no file may grow over %llu bytes here, so dpkg would break off half-way: "
		       "'ulimit -f unlimited' first, in the shell that starts devupd",
		       (unsigned long long)may_be);
}

bool run_begin_changes(struct run *run, struct err *e)
{
	const struct group *adm = run->paths.is_root ? getgrnam("adm") : NULL;
	struct lock_options lock = {
		.path = run->paths.lock,
		.verb = run->setup.verb,
		.wait_ms = run->setup.wait_ms,
		.on_wait = run_pass_lock_wait,
		.is_stopped = run_is_stopped,
		.user = run,
	};

	if (!run_check_limits(run, e) || !lock_take(&lock, &run->lock, e))
		return false;

	struct audit_options audit = {
		.path = run->paths.audit_log,
		.gid = adm != NULL ? adm->gr_gid : (gid_t)-1,
		.run = run->id,
		.verb = run->setup.verb,
		.uid = getuid(),
		.sudo_user = run->caller[0] != '\0' ? run->caller : NULL,
	};
	return audit_open(&audit, run->state, &run->audit, e) && run_put_row(run, 0, 0, e) &&
	       baseline_open_run(run, e);
}

bool run_open(struct run *run, const struct run_setup *setup, const struct run_watch *watch,
	struct err *e)
{
	*run = (struct run){.setup = *setup, .stop = {.fd = -1}};
	run->started_unix_ms = clock_unix_ms();
	caller_find(run->caller, sizeof(run->caller));
	if (watch != NULL)
		run->watch = *watch;
	if (setup->uses_network && !pool_open(&(struct pool_options){0}, &run->pool, e))
		return false;
	if (geteuid() == 0)
		paths_of_root(&run->paths);
	else if (!paths_of_person(&run->paths, e))
		return false;
	if (!run_make_id(run, e) || !stop_open(&run->stop, e) ||
		(setup->is_behind_sudo && !stop_listen(&run->stop, STDOUT_FILENO, e)) ||
		!run_load(run, e) || !run_find_worker_user(run, e) || !run_open_states(run, e))
		return false;
	run_state_facts(run);
	return !setup->changes || run_begin_changes(run, e);
}

struct state *run_memory(const struct run *run)
{
	return run->root_state != NULL ? run->root_state : run->state;
}

bool run_plan(struct run *run, const struct plan_request *request, struct err *e)
{
	plan_clear(&run->plan);
	return plan_make(request, &run->recipes, &run->config, run_memory(run), run->state,
		       &run->facts, &run->plan, e) &&
	       witness_plan(run, request, e);
}

size_t run_count_open(const struct run *run)
{
	size_t n = 0;

	for (size_t i = 0; i < run->plan.n_entries; i++)
		n += !run->plan.entries[i].is_settled;
	return n;
}

bool run_needs_license(struct run *run, const struct entry *entry, bool *out_needs, struct err *e)
{
	bool is_accepted = false;

	*out_needs = false;
	if (entry->recipe == NULL || entry->recipe->license_accept == 0 || entry->is_present)
		return true;
	if (!license_is_accepted(run_memory(run), entry->recipe, &is_accepted, e))
		return false;
	*out_needs = !is_accepted;
	return true;
}

bool run_accept_license(struct run *run, struct entry *entry, struct err *e)
{
	const struct passwd *user = getpwuid(getuid());
	const char *ours = user != NULL ? user->pw_name : "";
	struct state_license license;
	struct audit_record record = {
		.event = AUDIT_RESULT,
		.name = entry->name,
		.kind = entry->recipe->kind,
		.url = entry->recipe->license_url,
		.license = entry->recipe->license_name,
	};

	license_of(entry->recipe, &license);
	license.uid = getuid();
	license.when_unix_ms = clock_unix_ms();
	text_copy_cut(
		license.who, sizeof(license.who), run->caller[0] != '\0' ? run->caller : ours);
	if (!audit_write(run->audit, &record, e) || !state_license_put(run->state, &license, e))
		return false;
	if (entry->result.outcome == OUTCOME_LICENSE) {
		entry->result.outcome = OUTCOME_AVAILABLE;
		entry->result.text[0] = '\0';
		entry->is_settled = false;
	}
	return true;
}

static void run_end_record(struct run *run, int exit_code)
{
	struct err e = {0};
	int64_t now_unix_ms = clock_unix_ms();
	struct audit_record record = {.event = AUDIT_RUN_END};

	record.ms = (uint64_t)(now_unix_ms - run->started_unix_ms);
	if (!audit_write(run->audit, &record, &e) || !run_put_row(run, now_unix_ms, exit_code, &e))
		log_error("the end of this run could not be recorded: %s", e.text);
}

int run_close(struct run *run, int exit_code)
{
	struct err e = {0};

	pool_close(run->pool);
	stop_is_asked(&run->stop);
	if (run->stop.signal != 0)
		exit_code = EXIT_SIGNAL + run->stop.signal;
	if (run->stop.signal == 0 && run->state != NULL && !run_left_note(run, &e))
		log_note("what is left undone is not remembered: %s", e.text);
	if (run->audit != NULL && !run_record_refused(run, &e))
		log_error("what was refused could not be recorded: %s", e.text);
	if (run->audit != NULL)
		run_end_record(run, exit_code);
	telling_run(run, exit_code);
	service_status("the last run ended with exit code %d", exit_code);
	plan_clear(&run->plan);
	plan_clear(&run->witnesses);
	audit_close(run->audit);
	state_close(run->state);
	state_close(run->root_state);
	lock_release(run->lock);
	recipes_clear(&run->recipes);
	people_clear(&run->people);
	own_settings_clear(&run->own);
	config_clear(&run->config);
	yaml_errors_clear(&run->config_errors);
	stop_close(&run->stop);
	return exit_code;
}
