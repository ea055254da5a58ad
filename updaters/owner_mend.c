/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The steps are taken, the things looked at again, and run. */
#include <stdio.h>
#include <string.h>

#include "updaters/lib/mend.h"
#include "updaters/owner_act.h"
#include "updaters/owner_report.h"

enum { UNDO_RUNS_KEPT = 20 };

/* One mend under way: its changes are told only once it is whole. */
struct taking {
	struct act *act;
	struct result told;
};

static void taking_clear(struct taking *t)
{
	result_clear(&t->told);
}

static void on_change(void *user, const char *path, const char *from, const char *to)
{
	struct taking *t = user;

	owner_report_change(&t->told, path, from, to);
}

static void on_tick(void *user)
{
	act_tick(((struct taking *)user)->act);
}

static bool on_is_stopped(void *user)
{
	return act_is_stopped(((struct taking *)user)->act);
}

/* The item failed; the first of several says why the whole has. */
static void act_fail(struct act *act, struct finding *f, enum step step, const struct err *e)
{
	finding_set(f, f->item.state, OUTCOME_FAILED, "%s", e->text);
	if (err_is_set(&act->result.error))
		return;
	act->result.error = *e;
	act->result.step = step;
}

/* The steps of one finding; its item says what came of them. */
static void act_mend_one(struct act *act, struct undo *undo, struct finding *f)
{
	SCOPED_CLEAR(taking_clear) struct taking t = {.act = act};
	struct mender by = {
		.person = &act->job.person,
		.undo = undo,
		.name = act->job.recipe->name,
		.wait_ms = act->job.wait_ms,
		.on_change = on_change,
		.on_tick = on_tick,
		.is_stopped = on_is_stopped,
		.user = &t,
	};
	struct err e = {0};

	result_init(&t.told);
	owner_report_steps(&f->mend, &t.told);
	if (act_is_stopped(act)) {
		err_set(&e, ERR_COMMAND, "stopped before it was begun");
		act_fail(act, f, STEP_APPLY, &e);
	} else if (mend_take(&f->mend, &by, &e)) {
		f->is_mended = true;
		owner_report_changes(&t.told, &act->result);
	} else {
		act_fail(act, f, STEP_APPLY, &e);
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
	text_copy_cut(before->item.state, sizeof(before->item.state), now->item.state);
	act_fail(act, before, STEP_CONFIRM, &e);
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

void act_task_mend(struct act *act)
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
