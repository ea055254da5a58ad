/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Doctor: each name, looked at as `check` does it, and how its sources have answered lately. */
#include "updaters/doctor_parts.h"

#include <stdio.h>
#include <string.h>

#include "updaters/health.h"
#include "updaters/lib/clock.h"

/* --- each name --------------------------------------------------------------- */

/* People's things by their folders alone: nothing is started, nobody is asked. */
static bool look(struct doctor *d, struct err *e)
{
	static const struct strings no_names = {0};
	struct plan_request request = {.wish = WISH_CHECK, .names = &no_names, .with_absent = true};
	struct plan *plan = &d->run.plan;

	if (!run_plan(&d->run, &request, e))
		return false;
	for (size_t i = 0; i < plan->n_entries; i++) {
		struct entry *entry = &plan->entries[i];

		if (entry->updater != NULL && entry->updater->acts_as_owner)
			entry->wish = WISH_REPAIR;
		else if (d->setup.offline)
			entry->is_settled = true;
	}
	return run_inspect(&d->run, e);
}

static void say_failed(struct doctor *d, const struct entry *entry)
{
	const struct result *r = &entry->result;
	bool is_wanted = entry->is_present || entry->updater->acts_as_owner;
	char text[RECORD_TEXT_MAX];

	snprintf(text, sizeof(text), "%s: %.1500s%s", entry->name, r->error.text,
		is_wanted ? "" : " (it is not installed)");
	doctor_say_error(d, is_wanted ? DOCTOR_FAILURE : DOCTOR_WARNING, text, NULL);
	if (d->findings[d->n_findings - 1].mend[0] == '\0')
		doctor_mend(d,
			entry->updater->acts_as_owner ? "devupd check %s -v" : "devupd explain %s",
			entry->name);
}

static void say_broken(struct doctor *d, const struct entry *entry)
{
	const struct result *r = &entry->result;
	bool is_ours = r->n_changes > 0;

	doctor_say(d, DOCTOR_WARNING, "%s is broken: %.1500s", entry->name,
		r->text[0] != '\0' ? r->text : entry->broken);
	if (!entry->updater->acts_as_owner)
		doctor_mend(d, "sudo devupd upgrade %s", entry->name);
	else
		doctor_mend(d, is_ours ? "devupd repair %s" : "devupd check %s -v", entry->name);
}

/* What answered, and how quickly. */
static void say_fine(struct doctor *d, const struct entry *entry)
{
	const struct result *r = &entry->result;

	if (entry->updater->acts_as_owner)
		doctor_say(d, DOCTOR_OK, "%s: %.1500s%s%zu thing%s looked at", entry->name, r->text,
			r->text[0] != '\0' ? "; " : "", r->n_items, r->n_items == 1 ? "" : "s");
	else
		doctor_say(d, DOCTOR_OK, "%s: %s answers%s, %llu ms", entry->name,
			r->release.source[0] != '\0' ? r->release.source : "its source",
			entry->is_present ? "" : " (it is not installed)",
			(unsigned long long)r->ms);
}

static void say_entry(struct doctor *d, const struct entry *entry)
{
	const struct result *r = &entry->result;
	bool is_package = entry->updater != NULL && !entry->updater->acts_as_owner;

	if (entry->recipe == NULL || entry->updater == NULL || (is_package && d->setup.offline))
		return; /* told with the recipes */
	switch (r->outcome) {
	case OUTCOME_FAILED: say_failed(d, entry); break;
	case OUTCOME_BROKEN: say_broken(d, entry); break;
	case OUTCOME_ABSENT:
		if (is_package && r->release.url[0] != '\0')
			say_fine(d, entry);
		break;
	case OUTCOME_HELD:
		doctor_say(d, DOCTOR_OK, "%s is held%s%.1500s", entry->name,
			r->text[0] != '\0' ? ": " : "", r->text);
		break;
	case OUTCOME_UNSUPPORTED:
	case OUTCOME_SKIPPED:
	case OUTCOME_DEFERRED:
		doctor_say(d, DOCTOR_NOT_APPLICABLE, "%s: %.1500s", entry->name, r->text);
		break;
	default: say_fine(d, entry); break;
	}
}

/* The person's own are read by the run alone; told as what they are. */
static void say_own_settings(struct doctor *d)
{
	const struct doctor_check *here = d->at;

	if (!d->has_settings)
		return; /* said already */
	d->at = doctor_checks;
	doctor_say_complaints(d, &d->run.config_errors);
	d->at = here;
}

void doctor_names(struct doctor *d)
{
	struct run_setup setup = d->setup;
	struct err e = {0};

	size_t n_before;

	setup.uses_network = true;
	setup.ignores_bad_config = true;
	d->has_run = true;
	if (!run_open(&d->run, &setup, NULL, &e) || !look(d, &e)) {
		doctor_say_error(d, DOCTOR_FAILURE, e.text, NULL);
		return;
	}
	say_own_settings(d);
	n_before = d->n_findings;
	for (size_t i = 0; i < d->run.plan.n_entries; i++)
		say_entry(d, &d->run.plan.entries[i]);
	if (d->setup.offline)
		doctor_say(d, DOCTOR_NOT_APPLICABLE, "vendors were not asked: --offline");
	else if (d->n_findings == n_before)
		doctor_say(d, DOCTOR_NOT_APPLICABLE, "there is none that fits this host");
}

/* --- their sources ----------------------------------------------------------- */

static const struct entry *entry_of(const struct doctor *d, const char *name)
{
	for (size_t i = 0; i < d->run.plan.n_entries; i++) {
		if (text_equal(d->run.plan.entries[i].name, name))
			return &d->run.plan.entries[i];
	}
	return NULL;
}

/* What the look has just noted is in the run's own state. */
static bool read_health(const struct doctor *d, const struct recipe *r, struct health *out)
{
	struct state *a = d->run.state != NULL ? d->run.state : d->own_state;
	struct state *b = d->is_root && d->run.state != NULL ? NULL : d->root_state;
	struct err ignored = {0};

	return health_read(r, a, b, out, &ignored);
}

/* Counts what is told. */
static void look_at_sources(
	struct doctor *d, const struct recipe *r, size_t *n_sources, size_t *n_ailing)
{
	SCOPED_CLEAR(health_clear) struct health h = {0};
	const struct entry *entry = entry_of(d, r->name);
	bool is_present = entry != NULL && entry->is_present;
	char text[HEALTH_TEXT_MAX];

	if (!read_health(d, r, &h))
		return;
	*n_sources += h.n_items;
	*n_ailing += h.n_ailing;
	if (h.n_ailing == 0)
		return;
	health_describe(&h, clock_unix_ms(), text, sizeof(text));
	doctor_say(d, is_present && h.n_ailing == h.n_items ? DOCTOR_FAILURE : DOCTOR_WARNING,
		"%s: %s", r->name, text);
	doctor_mend(d, "devupd explain %s", r->name);
}

void doctor_sources(struct doctor *d)
{
	size_t n_sources = 0, n_ailing = 0;

	for (size_t i = 0; i < d->recipes.n_items; i++) {
		const struct recipe *r = d->recipes.items[i].recipe;

		if (r != NULL && r->fit == RECIPE_FITS && r->enabled &&
			!strings_has(&d->config.disable, r->name))
			look_at_sources(d, r, &n_sources, &n_ailing);
	}
	if (n_ailing == 0)
		doctor_say(d, DOCTOR_OK, "of %zu none is known to ail", n_sources);
}
