/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One row a verb; one file a verb. */
#ifndef DEVUPD_CMD_VERB_H
#define DEVUPD_CMD_VERB_H

#include "cmd/options.h"

struct verb {
	const char *name;
	const char *arguments;               /* as help shows them: "[NAME...]" */
	int min_names, max_names;            /* -1 = any number */
	unsigned groups;                     /* of options it takes */
	int (*run)(const struct options *o); /* returns the exit code */
	const char *what; /* for help; NULL = started by devupd itself, not shown */
};
extern const struct verb verbs[]; /* ended by name NULL */
const struct verb *verb_find(const char *name);

int verb_check(const struct options *o);
int verb_status(const struct options *o);
int verb_upgrade(const struct options *o);
int verb_install(const struct options *o);
int verb_rollback(const struct options *o);
int verb_list(const struct options *o);
int verb_show(const struct options *o);
int verb_explain(const struct options *o);
int verb_recipe(const struct options *o);
int recipe_lint(const struct options *o); /* recipe lint */
int verb_verify(const struct options *o);
int verb_history(const struct options *o);
int verb_hold(const struct options *o);
int verb_unhold(const struct options *o);
int verb_skip(const struct options *o);
int verb_unskip(const struct options *o);
int verb_accept_license(const struct options *o);
int verb_repair(const struct options *o);
int verb_doctor(const struct options *o);
int verb_finish(const struct options *o);
int verb_clean(const struct options *o);
int verb_help(const struct options *o);
int verb_version(const struct options *o);

#endif
