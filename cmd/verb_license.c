/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "cmd/record.h"
#include "cmd/verb.h"

static bool license_act(
	struct run *run, const struct options *o, char *out_said, size_t said_size, struct err *e)
{
	const struct recipe *recipe = NULL;
	struct entry entry = {0};

	if (!record_find(run, o->names.items[0], &recipe, e))
		return false;
	if (recipe->license_name == NULL || recipe->license_accept == 0) {
		snprintf(out_said, said_size, "%s asks for no acceptance of a licence",
			recipe->name);
		return true;
	}
	text_copy_cut(entry.name, sizeof(entry.name), recipe->name);
	entry.recipe = recipe;
	snprintf(out_said, said_size, "%s of %s is accepted, on record: %s", recipe->license_name,
		recipe->name, recipe->license_url != NULL ? recipe->license_url : "");
	return run_accept_license(run, &entry, e);
}

int verb_accept_license(const struct options *o)
{
	static const struct record_verb verb = {.name = "accept-license", .act = license_act};

	return record_run(o, &verb);
}
