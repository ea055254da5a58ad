/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One recipe's file, looked at as its author would want it: refused as recipe_load refuses it, and
 * warned of what is allowed and yet unwise. For `recipe lint`; the runs load what is allowed.
 */
#ifndef DEVUPD_CONFIG_LINT_H
#define DEVUPD_CONFIG_LINT_H

#include <stdbool.h>

#include "config/recipe.h"

struct lint {
	struct yaml_errors complaints, warnings; /* each with its place in the file */
	struct recipe *recipe;                   /* NULL where there are complaints */
};
void lint_clear(struct lint *l);

/*
 * In:    path   "NAME.yaml", wherever it lies
 *        h      the recipe is resolved for it
 * Out:   out    to be cleared, also after a failure
 * Fails: into out->complaints: it can't be read, or a run would refuse it
 */
bool lint_file(const char *path, const struct host *h, struct lint *out) MUST_CHECK;

#endif
