/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/owner_worker.h"

#include <stdio.h>
#include <string.h>

#include "config/own_settings.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/interpreter.h"
#include "updaters/lib/search_path.h"
#include "updaters/owner_act.h"
#include "updaters/owner_report.h"

enum { TICK_MS = 1000 };

#define LOCK_FOLDER ".local/state/devupd"

/* --- a sign of life ---------------------------------------------------------- */

void act_tick(void *user)
{
	struct act *act = user;
	uint64_t now_ms = clock_now_ms();

	if (now_ms - act->ticked_ms < TICK_MS)
		return;
	act->ticked_ms = now_ms;
	act->host->alive(act->host->user, act->job_id);
}

bool act_is_stopped(void *user)
{
	struct act *act = user;

	act_tick(act);
	return act->host->is_stopped(act->host->user);
}

/* --- who, and with which recipe ---------------------------------------------- */

/* Once for all jobs of a worker. What is changed or explained is not told from memory. */
static void act_find_search_path(struct act *act)
{
	struct person *p = &act->job.person;
	char *known = act->host->memory->search_path;

	if (p->search_path[0] == '\0')
		text_copy_cut(p->search_path, sizeof(p->search_path), known);
	search_path_find(p, act->job.task == OWNER_LOOK && act->job.mode == OWNER_CHECK);
	text_copy_cut(known, sizeof(act->host->memory->search_path), p->search_path);
}

static bool act_set_words(struct act *act, struct err *e)
{
	struct words *words = &act->job.recipe->words;
	const struct person *p = &act->job.person;
	struct interpreter python = {0};

	act_find_search_path(act);
	interpreter_find(p->search_path, "python3", &python);
	if (words_set(words, "home", p->home) && words_set(words, "user", p->name) &&
		words_set(words, "python", python.minor[0] != '\0' ? python.minor : "3"))
		return true;
	return err_set(e, ERR_CONFIG, "%s: too many words", act->job.recipe->name);
}

/* Why this name is none of this person's; "" = it is. */
static bool act_lay_over(struct act *act, char *out_why, size_t why_size, struct err *e)
{
	SCOPED_CLEAR(own_settings_clear) struct own_settings own = {0};
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	struct recipe *r = act->job.recipe;
	const struct yaml_node *mine = NULL;

	out_why[0] = '\0';
	if (!act->job.by_root)
		return true; /* done by who sent the job */
	if (!own_settings_read(act->job.person.config_home, &own, &errors)) {
		*e = errors.first;
		return false;
	}
	if (own.updaters != NULL)
		mine = yaml_get(own.updaters, r->name);
	if (mine != NULL && !recipe_lay_over(r, mine, &errors)) {
		*e = errors.first;
		return false;
	}
	if (strings_has(&own.disable, r->name))
		text_copy_cut(out_why, why_size, "disabled in the person's own settings");
	else if (!r->enabled)
		text_copy_cut(out_why, why_size, "not enabled");
	return true;
}

/* --- looking ----------------------------------------------------------------- */

bool act_look(struct act *act, struct findings *out, struct result *summary, struct err *e)
{
	act_tick(act);
	return act->kind->look(&act->owner, out, summary, e);
}

/* For doctor: which python3 a new terminal runs. Told once, with the venvs. */
static void act_tell_terminal(struct act *act, struct findings *findings)
{
	struct interpreter python = {0};
	struct finding *f;

	if (act->job.mode != OWNER_DOCTOR || act->job.recipe->roots.n_items == 0)
		return;
	interpreter_find(act->job.person.search_path, "python3", &python);
	f = findings_add(findings, python.path);
	if (f == NULL)
		return;
	text_copy_cut(f->who, sizeof(f->who), "terminal");
	text_copy_cut(f->runs, sizeof(f->runs), python.real);
	text_copy_cut(f->version, sizeof(f->version), python.version);
	text_copy_cut(f->minor, sizeof(f->minor), python.minor);
	snprintf(f->through, sizeof(f->through), "%.1000s on PATH",
		python.path[0] != '\0' ? python.path : "no python3");
}

static void act_task_look(struct act *act)
{
	SCOPED_CLEAR(findings_clear) struct findings findings = {0};
	struct err e = {0};

	if (!act_look(act, &findings, &act->result, &e)) {
		result_fail(&act->result, STEP_INSPECT, &e);
		return;
	}
	act_tell_terminal(act, &findings);
	owner_report_look(&findings, &act->result);
}

/* --- the lock ---------------------------------------------------------------- */

bool act_take_lock(struct act *act, struct lock **out, struct err *e)
{
	char folder[PERSON_PATH_MAX], path[PERSON_PATH_MAX];
	struct lock_options options = {
		.path = path,
		.verb = act->job.recipe->name,
		.wait_ms = act->job.wait_ms,
		.is_stopped = act_is_stopped,
		.user = act,
	};

	if (!person_path(&act->job.person, LOCK_FOLDER, folder, sizeof(folder)) ||
		!fs_join(path, sizeof(path), folder, "lock"))
		return err_set(e, ERR_STATE, "the path of the home is too long");
	return fs_make_folders(folder, 0700, e) && lock_take(&options, out, e);
}

/* --- the job ----------------------------------------------------------------- */

/* false: its own settings, or a fault, leave nothing to be done; the result says so. */
static bool act_may_begin(struct act *act)
{
	char why[128];
	struct err e = {0};

	if (!act_lay_over(act, why, sizeof(why), &e) || !act_set_words(act, &e)) {
		result_fail(&act->result, STEP_INSPECT, &e);
		/* who can't be asked has not enabled it */
		if (act->job.by_root && !act->job.recipe->enabled)
			act->result.outcome = OUTCOME_SKIPPED;
		return false;
	}
	if (why[0] == '\0')
		return true;
	act->result.outcome = OUTCOME_SKIPPED;
	text_copy_cut(act->result.text, sizeof(act->result.text), why);
	return false;
}

static void act_fill_owner(struct act *act)
{
	struct owner_job *job = &act->job;
	const struct recipe *r = job->recipe;

	act->owner = (struct owner){
		.recipe = r,
		.person = &job->person,
		.mode = job->mode,
		.choice = job->choice,
		.by_root = job->by_root,
		.may_upgrade = r->upgrade == UPGRADE_YES ||
			       (r->upgrade == UPGRADE_ASK && job->may_upgrade),
		.offline = job->offline,
		.may_refresh =
			job->task == OWNER_LOOK && job->mode == OWNER_UPGRADE && !job->is_dry,
		.mends = job->task == OWNER_MEND,
		.on_tick = act_tick,
		.is_stopped = act_is_stopped,
		.user = act,
	};
}

static void act_do(struct act *act)
{
	static void (*const tasks[OWNER_N_TASKS])(struct act *) = {
		[OWNER_LOOK] = act_task_look,
		[OWNER_MEND] = act_task_mend,
		[OWNER_UNDO] = act_task_undo,
		[OWNER_CLEAN] = act_task_clean,
	};

	if (!act_may_begin(act))
		return;
	act_fill_owner(act);
	tasks[act->job.task](act);
}

static bool act_next(struct task *t, struct http_request *out)
{
	(void)t;
	(void)out;
	return false; /* it asks for nothing: all is done */
}

static void act_feed(struct task *t, const struct http_response *r, const struct err *e)
{
	(void)t;
	(void)r;
	(void)e;
}

static void act_result(struct task *t, struct result *out)
{
	struct act *act = (struct act *)t;

	*out = act->result;
	result_init(&act->result);
}

static void act_free(struct task *t)
{
	struct act *act = (struct act *)t;

	owner_job_clear(&act->job);
	result_clear(&act->result);
	free(act);
}

static bool act_begin(
	const struct job *job, const struct worker_host *host, struct task **out, struct err *e)
{
	static const struct task_ops ops = {act_next, act_feed, act_result, act_free};
	struct act *act = calloc(1, sizeof(*act));
	struct unpack u;

	if (job->fd >= 0)
		close(job->fd);
	if (act == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	act->task.ops = &ops;
	act->host = host;
	act->job_id = job->id;
	act->ticked_ms = clock_now_ms();
	act->kind = owner_registry_find(job->kind);
	result_init(&act->result);
	unpack_init(&u, job->input.data, job->input.len);
	if (!host->is_owner || act->kind == NULL)
		err_set(e, ERR_WORKER, "a %s job for a worker that is nobody", job->kind);
	else if (owner_job_unpack(&u, &act->job, e)) {
		act_do(act);
		*out = &act->task;
		return true;
	}
	act_free(&act->task);
	return false;
}

const struct worker_updater owner_worker_updater = {.kind = "owner", .begin = act_begin};
