/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/trial.h"

#include <stdlib.h>

#include "updaters/phases.h"
#include "updaters/registry.h"

bool trial_is_possible(const struct recipe *r)
{
	return r->n_sources > 0;
}

/* Faults of the page itself don't name it: the worker has it as a descriptor only. */
static void name_page(struct entry *entry)
{
	struct err *e = &entry->result.error;

	if (e->code == ERR_STATE || e->code == ERR_TOO_BIG)
		err_within(e, "%s", entry->page_file);
}

bool trial_run(struct run *run, const struct recipe *r, const char *page, struct err *e)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (entry == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	plan_clear(&run->plan);
	run->plan = (struct plan){.entries = entry, .n_entries = 1};
	result_init(&entry->result);
	entry->wish = WISH_CHECK;
	entry->recipe = r;
	entry->updater = registry_find(r->kind);
	text_copy_cut(entry->name, sizeof(entry->name), r->name);
	if (!text_copy(entry->page_file, sizeof(entry->page_file), page))
		return err_set(e, ERR_USAGE, "the path of the page is too long");
	if (entry->updater == NULL)
		return err_set(e, ERR_INTERNAL, "no updater of the kind %s", r->kind);
	if (!phase_run(run, PHASE_INSPECT, NULL, e))
		return false;
	name_page(entry);
	return true;
}
