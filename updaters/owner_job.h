/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What devupd says to a worker that is a person: job.input of all kinds that act as their owner.
 */
#ifndef DEVUPD_UPDATERS_OWNER_JOB_H
#define DEVUPD_UPDATERS_OWNER_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "config/recipe.h"
#include "updaters/lib/person.h"
#include "updaters/owner.h"
#include "updaters/records.h"

enum owner_task {
	OWNER_LOOK,  /* findings, and what their mends would do */
	OWNER_MEND,  /* look, take the steps, look again, prove */
	OWNER_UNDO,  /* take back what a run changed */
	OWNER_CLEAN, /* drop what was kept aside */
	OWNER_N_TASKS
};

struct owner_job {
	struct recipe *recipe;
	struct person person;
	enum owner_task task;
	enum owner_mode mode;
	enum owner_choice choice;
	bool by_root;     /* the person's own settings are laid over by the worker */
	bool may_upgrade; /* the recipe's `upgrade: ask` counts as yes */
	bool offline;
	bool dry_run;     /* UNDO, CLEAN: tell only */
	bool is_dry;      /* the whole run changes nothing, after this look as well */
	char run[40];     /* MEND: the undo record's; UNDO: which, "" = the last */
	uint64_t wait_ms; /* for the person's lock and what is busy */
};
void owner_job_clear(struct owner_job *j);
void owner_job_pack(const struct owner_job *j, struct buf *out);
bool owner_job_unpack(struct unpack *u, struct owner_job *out, struct err *e) MUST_CHECK;

#endif
