/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "cmd/record.h"
#include "cmd/verb.h"

/* The version now offered: asked for, as check does. */
static bool skip_offered(
	struct run *run, const char *name, char *out, size_t out_size, struct err *e)
{
	SCOPED_CLEAR(strings_clear) struct strings names = {0};
	struct plan_request request = {.wish = WISH_CHECK, .names = &names};

	if (!strings_add(&names, name))
		return err_set(e, ERR_INTERNAL, "out of memory");
	if (!run_plan(run, &request, e) || !run_inspect(run, e))
		return false;

	const struct result *r = &run->plan.entries[0].result;

	if (r->outcome == OUTCOME_FAILED) {
		*e = r->error;
		return false;
	}
	if (r->outcome != OUTCOME_AVAILABLE)
		return err_set(e, ERR_USAGE,
			"nothing newer is offered for %s: name the version, as %s=1.2", name, name);
	return text_copy(out, out_size, r->available) ||
	       err_set(e, ERR_VERSION, "the version is too long");
}

static bool skip_act(
	struct run *run, const struct options *o, char *out_said, size_t said_size, struct err *e)
{
	const char *word = o->names.items[0];
	const char *equals = strchr(word, '=');
	const struct recipe *recipe = NULL;
	struct state_skip skip = {0};
	char name[RECORD_NAME_MAX];

	if (!text_copy_n(name, sizeof(name), word,
		    equals != NULL ? (size_t)(equals - word) : strlen(word)))
		return err_set(e, ERR_USAGE, "there is no recipe named '%s'", word);
	if (!record_find(run, name, &recipe, e) ||
		!state_skip_get(run->state, recipe->name, &skip, e))
		return false;
	if (equals == NULL) {
		if (!skip_offered(run, name, skip.exactly, sizeof(skip.exactly), e))
			return false;
	} else if (!dpkg_version_is_valid(equals + 1) ||
		   !recipe_version_rewrite(
			   recipe, equals + 1, skip.exactly, sizeof(skip.exactly), e)) {
		return err_set(e, ERR_USAGE, "'%s' is not a version", equals + 1);
	}
	snprintf(out_said, said_size, "%s %s is passed over: devupd unskip %s offers it again",
		name, skip.exactly, name);
	return record_write(run, recipe, true, OUTCOME_SKIPPED, skip.exactly, e) &&
	       state_skip_put(run->state, recipe->name, &skip, e);
}

static bool unskip_act(
	struct run *run, const struct options *o, char *out_said, size_t said_size, struct err *e)
{
	const struct recipe *recipe = NULL;
	struct state_skip skip;

	if (!record_find(run, o->names.items[0], &recipe, e) ||
		!state_skip_get(run->state, recipe->name, &skip, e))
		return false;

	bool is_skipped = skip.exactly[0] != '\0' || skip.up_to[0] != '\0';

	snprintf(out_said, said_size,
		is_skipped ? "every version of %s is offered again"
			   : "no version of %s was skipped",
		recipe->name);
	return !is_skipped || (record_write(run, recipe, false, OUTCOME_FAILED, NULL, e) &&
				      state_skip_drop(run->state, recipe->name, &is_skipped, e));
}

int verb_skip(const struct options *o)
{
	struct record_verb verb = {.name = "skip", .act = skip_act};

	verb.uses_network = strchr(o->names.items[0], '=') == NULL;
	return record_run(o, &verb);
}

int verb_unskip(const struct options *o)
{
	static const struct record_verb verb = {.name = "unskip", .act = unskip_act};

	return record_run(o, &verb);
}
