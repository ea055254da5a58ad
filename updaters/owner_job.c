/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/owner_job.h"

void owner_job_clear(struct owner_job *j)
{
	recipe_free(j->recipe);
	*j = (struct owner_job){0};
}

void owner_job_pack(const struct owner_job *j, struct buf *out)
{
	recipe_pack(j->recipe, out);
	person_pack(&j->person, out);
	pack_u32(out, j->task);
	pack_u32(out, j->mode);
	pack_u32(out, j->choice);
	pack_u32(out, j->by_root);
	pack_u32(out, j->may_upgrade);
	pack_u32(out, j->offline);
	pack_u32(out, j->dry_run);
	pack_u32(out, j->is_dry);
	pack_str(out, j->run);
	pack_u64(out, j->wait_ms);
}

bool owner_job_unpack(struct unpack *u, struct owner_job *out, struct err *e)
{
	SCOPED_CLEAR(owner_job_clear) struct owner_job j = {0};

	if (!recipe_unpack(u, &j.recipe, e))
		return false;
	if (!person_unpack(u, &j.person))
		return err_set(e, ERR_WORKER, "a job arrived damaged");
	j.task = (enum owner_task)unpack_below(u, OWNER_N_TASKS);
	j.mode = (enum owner_mode)unpack_below(u, OWNER_N_MODES);
	j.choice = (enum owner_choice)unpack_below(u, OWNER_N_CHOICES);
	j.by_root = unpack_below(u, 2) == 1;
	j.may_upgrade = unpack_below(u, 2) == 1;
	j.offline = unpack_below(u, 2) == 1;
	j.dry_run = unpack_below(u, 2) == 1;
	j.is_dry = unpack_below(u, 2) == 1;
	unpack_str(u, j.run, sizeof(j.run));
	j.wait_ms = unpack_u64(u);
	if (!unpack_is_done(u))
		return err_set(e, ERR_WORKER, "a job arrived damaged");
	*out = j;
	j = (struct owner_job){0};
	return true;
}
