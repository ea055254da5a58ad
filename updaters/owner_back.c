/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was changed is taken back; what was kept aside goes. */
#include <stdio.h>
#include <string.h>

#include "updaters/lib/node.h"
#include "updaters/owner_act.h"
#include "updaters/owner_report.h"

static void act_on_change(void *user, const char *path, const char *from, const char *to)
{
	struct act *act = user;

	owner_report_change(&act->result, path, from, to);
}

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

void act_task_undo(struct act *act)
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

void act_task_clean(struct act *act)
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
