/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/verb.h"

enum {
	G_CHANGE = OPTION_PLANS | OPTION_CHANGES | OPTION_RECIPES,
	G_RECORD = OPTION_RECIPES,
	MANY = -1,
};

const struct verb verbs[] = {
	{"check", "[NAME...]", 0, MANY, OPTION_PLANS | OPTION_LOOKS | OPTION_RECIPES, verb_check,
		"what is installed, what is newest; changes nothing"},
	{"status", "", 0, 0, 0, verb_status,
		"from what is known, no network: last run, next run, what waits and why"},
	{"upgrade", "[NAME...]", 0, MANY, G_CHANGE, verb_upgrade,
		"bring what is installed up to date; shows the plan and asks once"},
	{"install", "NAME...|NAME=VERSION|FILE.deb", 1, MANY, G_CHANGE | OPTION_LICENSE,
		verb_install, "the same for what is not installed"},
	{"repair", "[NAME...]|--undo [RUN]", 0, MANY, OPTION_PLANS | OPTION_REPAIR | OPTION_RECIPES,
		verb_repair, "mend what needs no network: Homebrew's links, venvs, editor paths"},
	{"rollback", "NAME", 1, 1, G_CHANGE, verb_rollback,
		"reinstall the version before, and skip the one it left"},
	{"hold", "NAME", 1, 1, G_RECORD | OPTION_HOLD, verb_hold, "keep a name back"},
	{"unhold", "NAME", 1, 1, G_RECORD, verb_unhold, "let it go on"},
	{"skip", "NAME[=VERSION]", 1, 1, G_RECORD, verb_skip,
		"pass over one version (the one now offered)"},
	{"unskip", "NAME", 1, 1, G_RECORD, verb_unskip, "offer it again"},
	{"accept-license", "NAME", 1, 1, G_RECORD, verb_accept_license,
		"accept a vendor's licence, on record"},
	{"list", "", 0, 0, OPTION_LOOKS | OPTION_RECIPES, verb_list,
		"the known names with kind and state"},
	{"show", "NAME", 1, 1, OPTION_RECIPES, verb_show,
		"one recipe, resolved for this host, with its health"},
	{"explain", "NAME", 1, 1, OPTION_PLANS | OPTION_EXPLAIN | OPTION_RECIPES, verb_explain,
		"ask the sources now and print each step"},
	{"verify", "FILE", 1, 1, OPTION_VERIFY | OPTION_RECIPES, verb_verify,
		"the whole package check on a file in hand"},
	{"recipe", "lint FILE...|test FILE --page FILE", 2, MANY, OPTION_RECIPE, verb_recipe,
		"check a recipe, try it on a saved page, offline"},
	{"history", "[NAME]", 0, 1, OPTION_HISTORY, verb_history,
		"what was changed, when, from which version to which, by whom"},
	{"doctor", "[python]", 0, 1, OPTION_PLANS | OPTION_RECIPES, verb_doctor,
		"everything that would make a run fail; or which python3 runs where, and why"},
	{"clean", "", 0, 0, OPTION_CLEAN, verb_clean, "drop kept packages and leftovers"},
	/* What only our own units run. */
	{"finish", "[NAME...]", 0, MANY, OPTION_RECIPES, verb_finish, NULL},
	{"help", "[VERB]", 0, 1, 0, verb_help, "this, or one verb"},
	{"version", "", 0, 0, 0, verb_version, "the version of devupd"},
	{0},
};

const struct verb *verb_find(const char *name)
{
	for (const struct verb *v = verbs; v->name != NULL; v++) {
		if (text_equal(v->name, name))
			return v;
	}
	return NULL;
}
