/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/owner_worker.h"

#include <stdio.h>
#include <string.h>

#include "config/own_settings.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/interpreter.h"
#include "updaters/lib/lock.h"
#include "updaters/lib/mend.h"
#include "updaters/lib/node.h"
#include "updaters/lib/search_path.h"
#include "updaters/owner_job.h"
#include "updaters/owner_report.h"

enum { TICK_MS = 1000, UNDO_RUNS_KEPT = 20 };

#define LOCK_FOLDER ".local/state/devupd"

/* One job, from its message to its result; all its work is done in `begin`. */
struct act {
	struct task task;
	struct owner_job job;
	const struct owner_updater *kind;
	const struct worker_host *host;
	uint32_t job_id;
	uint64_t ticked_ms;
	struct owner owner;
	struct result result;
};

/* --- a sign of life ---------------------------------------------------------- */

static void act_tick(void *user)
{
	struct act *act = user;
	uint64_t now_ms = clock_now_ms();

	if (now_ms - act->ticked_ms < TICK_MS)
		return;
	act->ticked_ms = now_ms;
	act->host->alive(act->host->user, act->job_id);
}

static bool act_is_stopped(void *user)
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

static bool act_look(struct act *act, struct findings *out, struct result *summary, struct err *e)
{
	act_tick(act);
	return act->kind->look(&act->owner, out, summary, e);
}

/* For doctor: which python3 a new terminal runs. Told once, with the venvs. */
static void act_tell_terminal(struct act *act, struct findings *findings)
{
	struct interpreter python = {0};
	struct finding *f;

	if (act->job.mode != OWNER_DOCTOR || act->job.recipe->kind_of != RECIPE_PYTHON ||
		act->job.recipe->roots.n_items == 0)
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

/* --- mending ----------------------------------------------------------------- */

static void act_on_change(void *user, const char *path, const char *from, const char *to)
{
	struct act *act = user;

	owner_report_change(&act->result, path, from, to);
}

static bool act_take_lock(struct act *act, struct lock **out, struct err *e)
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

/* The steps of one finding; its item says what came of them. */
static void act_mend_one(struct act *act, struct undo *undo, struct finding *f)
{
	struct mender by = {
		.person = &act->job.person,
		.undo = undo,
		.name = act->job.recipe->name,
		.wait_ms = act->job.wait_ms,
		.on_change = act_on_change,
		.on_tick = act_tick,
		.is_stopped = act_is_stopped,
		.user = act,
	};
	struct err e = {0};

	if (act_is_stopped(act)) {
		finding_set(f, f->item.state, OUTCOME_FAILED, "stopped before it was begun");
		err_set(&act->result.error, ERR_COMMAND, "stopped");
		return;
	}
	size_t n_before = act->result.n_changes;

	owner_report_steps(&f->mend, &act->result);
	if (mend_take(&f->mend, &by, &e)) {
		f->is_mended = true;
		return;
	}
	act->result.n_changes = n_before; /* all of it was taken back */
	finding_set(f, f->item.state, OUTCOME_FAILED, "%s", e.text);
	if (!err_is_set(&act->result.error)) {
		act->result.error = e;
		act->result.step = STEP_APPLY;
	}
}

static struct finding *act_find(struct findings *all, const char *path)
{
	for (size_t i = 0; i < all->n_items; i++) {
		if (text_equal(all->items[i].item.path, path))
			return &all->items[i];
	}
	return NULL;
}

static bool act_is_sound(const struct finding *now)
{
	return now == NULL ||
	       (now->item.outcome != OUTCOME_BROKEN && now->item.outcome != OUTCOME_FAILED &&
		       now->item.outcome != OUTCOME_AVAILABLE);
}

/* What was mended is looked at again, and run: only that makes it `repaired`. */
static void act_confirm_one(struct act *act, struct finding *before, struct findings *after)
{
	struct finding *now = act_find(after, before->item.path);
	struct finding gone = {0};
	char proof[RECORD_TEXT_MAX] = "";
	struct err e = {0};

	if (now == NULL) {
		gone.item.outcome = OUTCOME_CURRENT;
		now = &gone;
	}
	if (!act_is_sound(now))
		err_set(&e, ERR_STATE, "%s was mended and is still %s: %s", before->item.path,
			now->item.state, now->item.text);
	else if (act->kind->prove(&act->owner, before, now, proof, sizeof(proof), &e)) {
		owner_report_mended(before, now, proof);
		return;
	}
	finding_set(before, now->item.state, OUTCOME_FAILED, "%s", e.text);
	if (!err_is_set(&act->result.error)) {
		act->result.error = e;
		act->result.step = STEP_CONFIRM;
	}
}

/* What nobody could mend may be told otherwise now that things beside it were mended. */
static void act_look_again(struct finding *f, struct findings *after)
{
	const struct finding *now = act_find(after, f->item.path);

	if (now != NULL)
		finding_set(f, now->item.state, now->item.outcome, "%s", now->item.text);
}

static void act_confirm(struct act *act, struct findings *before)
{
	SCOPED_CLEAR(findings_clear) struct findings after = {0};
	struct result summary;
	struct err e = {0};

	result_init(&summary);
	if (act->owner.mode == OWNER_UPGRADE)
		act->owner.mode = OWNER_CHECK; /* what is left, not what is done each time */

	bool has_looked = act_look(act, &after, &summary, &e);

	for (size_t i = 0; i < before->n_items; i++) {
		struct finding *f = &before->items[i];

		if (f->is_mended && has_looked)
			act_confirm_one(act, f, &after);
		else if (f->is_mended)
			finding_set(f, f->item.state, OUTCOME_FAILED, "%s", e.text);
		else if (f->item.outcome == OUTCOME_BROKEN && has_looked)
			act_look_again(f, &after);
	}
	if (has_looked) {
		memcpy(act->result.installed, summary.installed, sizeof(summary.installed));
		memcpy(act->result.available, summary.available, sizeof(summary.available));
	} else if (!err_is_set(&act->result.error)) {
		act->result.error = e;
		act->result.step = STEP_CONFIRM;
	}
	result_clear(&summary);
}

static bool act_mend_all(struct act *act, struct findings *findings, struct err *e)
{
	SCOPED(undo_close) struct undo *undo = NULL;
	struct err ignored = {0};
	size_t n_mended = 0;

	if (!undo_open(&act->job.person, act->job.run, &undo, e))
		return false;
	for (size_t i = 0; i < findings->n_items; i++) {
		struct finding *f = &findings->items[i];

		if (f->mend.n_steps > 0)
			act_mend_one(act, undo, f);
		n_mended += f->is_mended;
	}
	act->result.text[0] = '\0'; /* it told what was found before */
	if (n_mended > 0)
		act_confirm(act, findings);
	(void)!undo_prune(
		&act->job.person, UNDO_RUNS_KEPT, &ignored); /* the next run tries again */
	return true;
}

static void act_task_mend(struct act *act)
{
	SCOPED_CLEAR(findings_clear) struct findings findings = {0};
	SCOPED(lock_release) struct lock *lock = NULL;
	struct err e = {0};

	if (!act_take_lock(act, &lock, &e) || !act_look(act, &findings, &act->result, &e)) {
		result_fail(&act->result, STEP_APPLY, &e);
		return;
	}
	if (!act_mend_all(act, &findings, &e) && !err_is_set(&act->result.error)) {
		act->result.error = e;
		act->result.step = STEP_APPLY;
	}
	owner_report_items(&findings, &act->result);
}

/* --- taking back, dropping --------------------------------------------------- */

static void act_on_refused(void *user, const char *path, const char *why)
{
	struct act *act = user;
	struct item *item = result_add_item(&act->result);

	if (item == NULL)
		return;
	text_copy_cut(item->path, sizeof(item->path), path);
	text_copy_cut(item->state, sizeof(item->state), "left alone");
	text_copy_cut(item->text, sizeof(item->text), why);
	item->outcome = OUTCOME_FAILED;
}

/* The run that was named, else the last one: the same for all names of this worker. */
static bool act_choose_run(struct act *act)
{
	struct owner_memory *memory = act->host->memory;

	if (act->job.run[0] == '\0' && memory->undo_run[0] == '\0')
		(void)!undo_last_run(&act->job.person, memory->undo_run);
	if (act->job.run[0] == '\0')
		memcpy(act->job.run, memory->undo_run, sizeof(act->job.run));
	return act->job.run[0] != '\0';
}

static void act_task_undo(struct act *act)
{
	SCOPED(lock_release) struct lock *lock = NULL;
	struct undo_watch watch = {act_on_change, act_on_refused, act};
	struct result *r = &act->result;
	size_t n_done = 0, n_refused = 0;
	struct err e = {0};

	r->outcome = OUTCOME_CURRENT;
	text_copy_cut(r->text, sizeof(r->text), "nothing to take back");
	if (!act_choose_run(act))
		return;
	if ((!act->job.dry_run && !act_take_lock(act, &lock, &e)) ||
		!undo_take_back(&act->job.person, act->job.run, act->job.recipe->name,
			act->job.dry_run, &watch, &n_done, &n_refused, &e)) {
		/* of several people the run was one's, or it was nobody's: who asked says so */
		if (e.code != ERR_USAGE)
			result_fail(r, STEP_APPLY, &e);
		else
			r->outcome = OUTCOME_ABSENT;
		return;
	}
	if (n_refused > 0 && (n_done == 0 || !act->job.dry_run)) {
		err_set(&e, ERR_BUSY, "%zu of run %s left alone: %s", n_refused, act->job.run,
			r->n_items > 0 ? r->items[0].text : "changed since");
		result_fail(r, STEP_APPLY, &e);
	} else if (n_done > 0) {
		r->outcome = act->job.dry_run ? OUTCOME_BROKEN : OUTCOME_ROLLED_BACK;
		snprintf(r->text, sizeof(r->text), "what run %s changed %s taken back",
			act->job.run, act->job.dry_run ? "would be" : "was");
	}
}

static void act_task_clean(struct act *act)
{
	SCOPED_CLEAR(strings_clear) struct strings paths = {0};
	SCOPED(lock_release) struct lock *lock = NULL;
	struct err e = {0};

	act->result.outcome = OUTCOME_CURRENT;
	if (act->kind->leftovers == NULL)
		return;
	if ((!act->job.dry_run && !act_take_lock(act, &lock, &e)) ||
		!act->kind->leftovers(&act->owner, &paths, &e)) {
		result_fail(&act->result, STEP_APPLY, &e);
		return;
	}
	for (size_t i = 0; i < paths.n_items; i++) {
		if (!act->job.dry_run && !node_remove_tree(paths.items[i], &e)) {
			result_fail(&act->result, STEP_APPLY, &e);
			return;
		}
		owner_report_change(&act->result, paths.items[i], "kept", "");
	}
	if (act->job.dry_run && paths.n_items > 0)
		act->result.outcome = OUTCOME_AVAILABLE;
}

/* --- the job ----------------------------------------------------------------- */

static void act_do(struct act *act)
{
	static void (*const tasks[OWNER_N_TASKS])(struct act *) = {
		[OWNER_LOOK] = act_task_look,
		[OWNER_MEND] = act_task_mend,
		[OWNER_UNDO] = act_task_undo,
		[OWNER_CLEAN] = act_task_clean,
	};
	const struct recipe *r = act->job.recipe;
	char why[128];
	struct err e = {0};

	if (!act_lay_over(act, why, sizeof(why), &e) || !act_set_words(act, &e)) {
		result_fail(&act->result, STEP_INSPECT, &e);
		return;
	}
	if (why[0] != '\0') {
		act->result.outcome = OUTCOME_SKIPPED;
		text_copy_cut(act->result.text, sizeof(act->result.text), why);
		return;
	}
	act->owner = (struct owner){
		.recipe = r,
		.person = &act->job.person,
		.mode = act->job.mode,
		.choice = act->job.choice,
		.by_root = act->job.by_root,
		.may_upgrade = r->upgrade == UPGRADE_YES ||
			       (r->upgrade == UPGRADE_ASK && act->job.may_upgrade),
		.offline = act->job.offline,
		.may_refresh = act->job.task == OWNER_LOOK && act->job.mode == OWNER_UPGRADE &&
			       !act->job.is_dry,
		.mends = act->job.task == OWNER_MEND,
		.on_tick = act_tick,
		.is_stopped = act_is_stopped,
		.user = act,
	};
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
