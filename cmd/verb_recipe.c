/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recipe test: what a recipe would find on a saved page. recipe lint is in recipe_lint.c. */
#include <stdio.h>
#include <string.h>

#include "cmd/report.h"
#include "cmd/session.h"
#include "cmd/steps.h"
#include "cmd/verb.h"
#include "config/lint.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/log.h"
#include "updaters/trial.h"
#include "updaters/verdict.h"

static void recipe_row(const char *name, const char *key, const char *raw_value, const char *more)
{
	char value[URL_MAX * 2];

	text_escape(raw_value, strlen(raw_value), value, sizeof(value));
	printf("%s: %-8s %s%s\n", name, key, value[0] != '\0' ? value : "not on this page", more);
}

/* What would be installed, and how much of it the page itself told. */
static void recipe_tell_release(const struct recipe *r, const struct release *found)
{
	char date[CLOCK_TEXT_MAX] = "", spelling[DPKG_VERSION_MAX + 32] = "";

	if (found->date_unix_ms > 0)
		clock_format(found->date_unix_ms, date, sizeof(date));
	if (!text_equal(found->raw_version, found->version))
		snprintf(spelling, sizeof(spelling), " (there: %s)", found->raw_version);
	recipe_row(r->name, "version", found->version, spelling);
	recipe_row(r->name, "package", found->url, ", a host of the recipe");
	if (found->digests.sha512[0] != '\0')
		recipe_row(r->name, "sha512", found->digests.sha512, "");
	else
		recipe_row(r->name, "sha256", found->digests.sha256, "");
	recipe_row(r->name, "date", date, "");
}

static int recipe_test_end(struct run *run, const struct recipe *r, const struct options *o)
{
	const struct result *result = &run->plan.entries[0].result;
	int code = err_is_set(&result->error) ? verdict_of_error(&result->error) : EXIT_DONE;

	code = session_settle(run, code);
	if (o->json) {
		steps_document("recipe", run, o, code);
		return run_close(run, code);
	}
	report_trace(run, stdout);
	if (result->outcome == OUTCOME_AVAILABLE)
		recipe_tell_release(r, &result->release);
	else if (err_is_set(&result->error))
		report_error(run, &result->error);
	else
		printf("%s: %s\n", r->name, result->text);
	return run_close(run, code);
}

static int recipe_try(const struct recipe *r, const struct options *o)
{
	struct run run;
	struct run_setup setup = session_setup(o, "recipe");
	struct err e = {0};

	setup.ignores_bad_config = true;
	setup.uses_network = true; /* workers; offline, they have none */
	setup.offline = true;
	setup.with_trace = true;
	if (!run_open(&run, &setup, NULL, &e) || !trial_run(&run, r, o->page_file, &e))
		return session_fail(&run, o, &e);
	return recipe_test_end(&run, r, o);
}

/* A recipe with faults is tried on nothing: they are shown as lint would. */
static int recipe_refuse(const struct options *o, const struct yaml_errors *complaints)
{
	if (o->json)
		report_own_document("recipe", o, EXIT_CONFIG, &complaints->first, "", stdout);
	for (size_t i = 0; i < complaints->n_items; i++)
		log_error("%s", complaints->items[i].text);
	return EXIT_CONFIG;
}

static int recipe_test(const struct options *o)
{
	SCOPED_CLEAR(lint_clear) struct lint l = {0};
	struct host host = {0};
	struct err e = {0};

	if (o->names.n_items != 2)
		err_set(&e, ERR_USAGE, "devupd recipe test takes one recipe: '%s' is too many",
			o->names.items[2]);
	else if (o->page_file == NULL)
		err_set(&e, ERR_USAGE,
			"which page? devupd recipe test %s --page FILE; devupd explain NAME "
			"--save DIR saves them",
			o->names.items[1]);
	if (err_is_set(&e) || !host_read("", &host, &e))
		return report_fail("recipe", o, &e);
	if (!lint_file(o->names.items[1], &host, &l))
		return recipe_refuse(o, &l.complaints);
	if (!trial_is_possible(l.recipe)) {
		err_set(&e, ERR_USAGE,
			"%s is of the kind %s, which reads no pages: nothing to try offline",
			l.recipe->name, l.recipe->kind);
		return report_fail("recipe", o, &e);
	}
	return recipe_try(l.recipe, o);
}

int verb_recipe(const struct options *o)
{
	static const char *const words[] = {"lint", "test", NULL};
	const char *word = o->names.items[0], *nearest;
	struct err e = {0};

	if (text_equal(word, "lint"))
		return recipe_lint(o);
	if (text_equal(word, "test"))
		return recipe_test(o);
	nearest = text_nearest(word, words);
	err_set(&e, ERR_USAGE, "devupd recipe %s: there are lint and test%s%s%s", word,
		nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
		nearest != NULL ? "'?" : "");
	return report_fail("recipe", o, &e);
}
