/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "cmd/record.h"
#include "cmd/verb.h"
#include "updaters/kept.h"

static bool clean_act(
	struct run *run, const struct options *o, char *out_said, size_t said_size, struct err *e)
{
	size_t keep = o->has_keep ? (size_t)o->keep : (size_t)run->config.keep_packages;
	size_t n_packages = 0, n_leftovers = 0;
	uint64_t bytes = 0;
	char size[32];

	if (!kept_prune(run->state, "", keep, NULL, o->dry_run, &n_packages, &bytes, e) ||
		!kept_sweep_staging(run->paths.staging, o->dry_run, &n_leftovers, &bytes, e))
		return false;
	text_size(bytes, size, sizeof(size));
	snprintf(out_said, said_size, "%s %zu %s and %zu %s, %s",
		o->dry_run ? "would drop" : "dropped", n_packages,
		n_packages == 1 ? "kept package" : "kept packages", n_leftovers,
		n_leftovers == 1 ? "leftover" : "leftovers", size);
	return true;
}

int verb_clean(const struct options *o)
{
	static const struct record_verb verb = {.name = "clean", .act = clean_act};

	return record_run(o, &verb);
}
