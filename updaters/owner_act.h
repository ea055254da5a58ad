/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One job of a worker that is a person, from inside: owner_worker.c takes it and looks,
 * owner_mend.c mends, owner_back.c takes back and drops. For these alone.
 */
#ifndef DEVUPD_UPDATERS_OWNER_ACT_H
#define DEVUPD_UPDATERS_OWNER_ACT_H

#include "updaters/lib/lock.h"
#include "updaters/owner_job.h"
#include "updaters/worker_updater.h"

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

/* A sign of life; for what takes long. */
void act_tick(void *user);
/* Does the parent want an end? A sign of life, too. */
bool act_is_stopped(void *user);
/* The kind's look. Findings and summary are the caller's. */
bool act_look(
	struct act *act, struct findings *out, struct result *summary, struct err *e) MUST_CHECK;
/* The person's: held by whoever changes something of theirs. */
bool act_take_lock(struct act *act, struct lock **out, struct err *e) MUST_CHECK;

void act_task_mend(struct act *act);
void act_task_undo(struct act *act);
void act_task_clean(struct act *act);

#endif
