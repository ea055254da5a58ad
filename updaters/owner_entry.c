/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/owner_entry.h"

#include <stdio.h>
#include <string.h>

#include "updaters/owner_job.h"

enum { NOUNS_MAX = 16 };

/* Whether it is there is what a look as the person finds out. */
static bool owner_survey(const struct facts *f, struct entry **entries, size_t n, struct err *e)
{
	(void)f;
	(void)e;
	for (size_t i = 0; i < n; i++)
		entries[i]->is_present = true;
	return true;
}

/* --- the job ----------------------------------------------------------------- */

static enum owner_task task_of(const struct entry *entry, enum phase phase)
{
	switch (entry->wish) {
	case WISH_UNDO: return OWNER_UNDO;
	case WISH_CLEAN: return OWNER_CLEAN;
	default: return phase == PHASE_APPLY ? OWNER_MEND : OWNER_LOOK;
	}
}

static enum owner_mode mode_of(const struct entry *entry)
{
	switch (entry->wish) {
	case WISH_REPAIR:
	case WISH_UNDO:
	case WISH_CLEAN: return OWNER_REPAIR;
	case WISH_DOCTOR: return OWNER_DOCTOR;
	case WISH_CHECK: return OWNER_CHECK;
	default: return OWNER_UPGRADE;
	}
}

/* Is this person one whom this name may be about at all? */
static bool is_for(const struct facts *f, const struct entry *entry, const struct person *person)
{
	bool has_home = (size_t)(person - f->people) < f->n_homes;

	return has_home || entry->updater->is_of_any_owner;
}

static bool owner_start_for(const struct facts *f, struct entry *entry, enum phase phase,
	const struct person *person, struct job *out)
{
	struct owner_job job = {
		.recipe = (struct recipe *)(uintptr_t)entry->recipe, /* only packed */
		.person = *person,
		.task = task_of(entry, phase),
		.mode = mode_of(entry),
		.choice = (enum owner_choice)entry->choice,
		.by_root = f->is_root,
		.may_upgrade = !f->unattended && !f->offline,
		.offline = f->offline,
		.dry_run = phase == PHASE_INSPECT || f->dry_run,
		.is_dry = f->dry_run,
		.wait_ms = f->wait_ms,
	};

	if ((phase != PHASE_INSPECT && phase != PHASE_APPLY) || !is_for(f, entry, person))
		return false;
	text_copy_cut(job.run, sizeof(job.run), entry->wish == WISH_UNDO ? f->undo_run : f->run);
	owner_job_pack(&job, &out->input);
	return true;
}

/* --- the results of all ------------------------------------------------------ */

/* Of several people's outcomes the one that most has to be told. */
static int weight_of(enum outcome outcome)
{
	static const int weights[OUTCOME_N] = {
		[OUTCOME_ABSENT] = 0,
		[OUTCOME_SKIPPED] = 1,
		[OUTCOME_CURRENT] = 2,
		[OUTCOME_HELD] = 3,
		[OUTCOME_DEFERRED] = 3,
		[OUTCOME_INSTALLED] = 4,
		[OUTCOME_UPDATED] = 5,
		[OUTCOME_ROLLED_BACK] = 6,
		[OUTCOME_REPAIRED] = 7,
		[OUTCOME_AVAILABLE] = 8,
		[OUTCOME_BROKEN] = 9,
		[OUTCOME_FAILED] = 10,
	};

	return weights[outcome];
}

static void take_lists(struct result *all, const struct result *r, const struct person *person)
{
	for (size_t i = 0; i < r->n_items; i++) {
		struct item *item = result_add_item(all);

		if (item == NULL)
			break;
		*item = r->items[i];
		/* who it was asked of, whatever it says */
		text_copy_cut(item->user, sizeof(item->user), person->name);
	}
	for (size_t i = 0; i < r->n_changes; i++) {
		struct change *change = result_add_change(all);

		if (change == NULL)
			break;
		*change = r->changes[i];
	}
}

static void take_text(
	struct result *all, const struct result *r, const struct person *person, bool is_alone)
{
	if (is_alone)
		text_copy_cut(all->text, sizeof(all->text), r->text);
	else if (r->text[0] != '\0')
		snprintf(all->text, sizeof(all->text), "%s: %.1900s", person->name, r->text);
	else
		all->text[0] = '\0';
}

/* A person's worker may say anything: what no such kind comes to is a failure, and no more. */
static void owner_check_outcome(struct result *r)
{
	struct err none = {0};

	if (r->outcome != OUTCOME_ABSENT && weight_of(r->outcome) == 0) {
		err_set(&none, ERR_WORKER, "its worker said '%s'", outcome_token(r->outcome));
		result_fail(r, STEP_INSPECT, &none);
	}
	if (r->outcome == OUTCOME_FAILED && !err_is_set(&r->error)) {
		err_set(&none, ERR_WORKER, "its worker failed without a word");
		result_fail(r, STEP_INSPECT, &none);
	}
}

static void owner_take(const struct facts *f, struct entry *entry, enum phase phase,
	const struct person *person, struct result *r)
{
	struct result *all = &entry->result;
	bool is_first = entry->n_taken == 0;
	bool is_heavier;
	uint64_t ms = all->ms > r->ms || is_first ? all->ms : r->ms;

	(void)phase;
	owner_check_outcome(r);
	is_heavier = is_first || weight_of(r->outcome) > weight_of(all->outcome);
	if (is_first) {
		result_clear(all);
		result_init(all);
	}
	if (is_heavier) {
		all->outcome = r->outcome;
		all->step = r->step;
		all->error = r->error;
		take_text(all, r, person, f->n_people == 1);
	}
	if (all->installed[0] == '\0')
		memcpy(all->installed, r->installed, sizeof(all->installed));
	if (all->available[0] == '\0')
		memcpy(all->available, r->available, sizeof(all->available));
	all->ms = is_first ? r->ms : ms;
	take_lists(all, r, person);
	entry->n_taken++;
	entry->is_present = all->outcome != OUTCOME_ABSENT;
}

#define OWNER_ENTRY(word, ...)                                                                     \
	{                                                                                          \
		.kind = word, .acts_as_owner = true, .survey = owner_survey,                       \
		.start_for = owner_start_for, .take_result_of = owner_take, __VA_ARGS__            \
	}

const struct updater homebrew_entry =
	OWNER_ENTRY("homebrew", .is_repair = true, .is_of_any_owner = true, .moves_python = true);
const struct updater python_entry = OWNER_ENTRY("python", .is_repair = true);
const struct updater editor_entry = OWNER_ENTRY("editor", .is_repair = true);
/* a command is no repair: nobody knows what it would be */
const struct updater command_entry = OWNER_ENTRY("command", .is_repair = false);

/* --- what an upgrade of Homebrew would break --------------------------------- */

/* How many things of each sort. */
struct tally {
	struct {
		const char *noun;
		uint32_t n;
	} rows[NOUNS_MAX];
	size_t n_rows;
};

static void tally_add(struct tally *t, const struct item *item)
{
	size_t i = 0;

	while (i < t->n_rows && !text_equal(t->rows[i].noun, item->noun))
		i++;
	if (i == NOUNS_MAX)
		return;
	if (i == t->n_rows)
		t->rows[t->n_rows++].noun = item->noun;
	t->rows[i].n += item->weight;
}

static const struct item *moving_item(const struct entry *entry)
{
	for (size_t i = 0; i < entry->result.n_items; i++) {
		if (entry->result.items[i].moves_to[0] != '\0')
			return &entry->result.items[i];
	}
	return NULL;
}

bool owner_moves_python(const struct entry *entry)
{
	return moving_item(entry) != NULL;
}

static void tally_entries(
	struct tally *t, const struct item *moving, const struct entry *entries, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct result *r = &entries[i].result;

		for (size_t k = 0; k < r->n_items; k++) {
			const struct item *item = &r->items[k];

			if (item->weight > 0 && item->noun[0] != '\0' &&
				text_equal(item->prefix, moving->prefix) &&
				text_equal(item->minor, moving->moves_from))
				tally_add(t, item);
		}
	}
}

void owner_tell_impact(struct entry *entries, size_t n, const struct entry *more, size_t n_more)
{
	for (size_t i = 0; i < n; i++) {
		struct result *r = &entries[i].result;
		const struct item *moving = moving_item(&entries[i]);
		struct tally t = {0};
		size_t at;

		if (moving == NULL)
			continue;
		tally_entries(&t, moving, entries, n);
		tally_entries(&t, moving, more, n_more);
		at = (size_t)snprintf(r->text, sizeof(r->text), "python3 goes %s -> %s%s",
			moving->moves_from, moving->moves_to, t.n_rows > 0 ? ": " : "");
		for (size_t k = 0; k < t.n_rows; k++)
			at += (size_t)snprintf(r->text + at, sizeof(r->text) - at, "%s%u %s%s",
				k > 0 ? ", " : "", t.rows[k].n, t.rows[k].noun,
				t.rows[k].n == 1 ? "" : "s");
		snprintf(r->text + at, sizeof(r->text) - at, "%s",
			t.n_rows > 0 ? " affected" : "; nothing rests on it");
	}
}
