/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deferral.h"

#include <stdio.h>
#include <string.h>

#include "updaters/lib/bus.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/log.h"
#include "updaters/lib/running.h"
#include "updaters/state_left.h"

enum { DAY_MS = 24 * 3600 * 1000, BATTERY_LOW_PERCENT = 30 };

/* --- too young --------------------------------------------------------------- */

int64_t deferral_due_unix_ms(const struct config *config, const struct recipe *recipe,
	int64_t date_unix_ms, int64_t first_sight_unix_ms, int64_t now_unix_ms)
{
	uint64_t wait_ms =
		recipe->cool_down_ms != UINT64_MAX ? recipe->cool_down_ms : config->cool_down_ms;
	bool is_dated = date_unix_ms > 0 && date_unix_ms <= now_unix_ms;
	int64_t born_unix_ms = is_dated ? date_unix_ms : first_sight_unix_ms;

	if (wait_ms == 0 || wait_ms > COOL_DOWN_MAX_MS ||
		born_unix_ms + (int64_t)wait_ms <= now_unix_ms)
		return 0;
	return born_unix_ms + (int64_t)wait_ms;
}

/* By us or by root, whoever saw it first; now, where nobody did. */
static bool cool_down_sight(struct run *run, const struct entry *entry, int64_t now_unix_ms,
	int64_t *out, bool *out_is_new, struct err *e)
{
	const char *version = entry->result.release.version;
	int64_t ours = 0, roots = 0;

	if (!state_sight_find(run->state, entry->name, version, now_unix_ms, &ours, e) ||
		(run->root_state != NULL && !state_sight_find(run->root_state, entry->name, version,
						    now_unix_ms, &roots, e)))
		return false;
	*out_is_new = ours == 0;
	*out = ours != 0 ? ours : now_unix_ms;
	if (roots != 0 && roots < *out)
		*out = roots;
	return true;
}

bool deferral_cool_down(struct run *run, struct entry *entry, bool *out_is_new, struct err *e)
{
	const struct release *r = &entry->result.release;
	int64_t now_unix_ms = clock_unix_ms(), sight_unix_ms = now_unix_ms, due_unix_ms;
	char due[CLOCK_TEXT_MAX];

	*out_is_new = false;
	if (entry->wanted[0] != '\0' || entry->hand_file[0] != '\0' ||
		deferral_due_unix_ms(&run->config, entry->recipe, 0, now_unix_ms, now_unix_ms) == 0)
		return true;
	if (!cool_down_sight(run, entry, now_unix_ms, &sight_unix_ms, out_is_new, e))
		return false;
	due_unix_ms = deferral_due_unix_ms(
		&run->config, entry->recipe, r->date_unix_ms, sight_unix_ms, now_unix_ms);
	if (due_unix_ms == 0)
		return true;
	clock_format_near(due_unix_ms, now_unix_ms, due, sizeof(due));
	entry->result.reason = REASON_COOL_DOWN;
	entry_settle(entry, OUTCOME_DEFERRED,
		"%s is young, taken from %s on; now: devupd install %s=%s", r->version, due,
		entry->name, r->version);
	return true;
}

/* --- power and network ------------------------------------------------------- */

static void defer_all(struct run *run, enum reason reason, const char *text)
{
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		struct entry *entry = &run->plan.entries[i];

		if (entry->is_settled || !entry_needs_root(entry) ||
			entry->result.outcome != OUTCOME_AVAILABLE)
			continue;
		entry->result.reason = reason;
		entry_settle(entry, OUTCOME_DEFERRED, "%s", text);
	}
}

bool deferral_is_metered(void)
{
	SCOPED(bus_close) struct bus *bus = bus_open_system();

	return bus_is_metered(bus) == BUS_YES;
}

void deferral_scarce(struct run *run)
{
	const struct config *c = &run->config;
	double percent = 100;

	if (!run->setup.unattended || run_count_open(run) == 0)
		return;

	SCOPED(bus_close) struct bus *bus = bus_open_system();

	if (c->on_metered == ON_SCARCE_DEFER && bus_is_metered(bus) == BUS_YES)
		defer_all(run, REASON_METERED, "the network is metered");
	if (c->on_battery == ON_SCARCE_DEFER && bus_is_on_battery(bus, &percent) == BUS_YES &&
		percent < BATTERY_LOW_PERCENT) {
		char text[64];

		snprintf(text, sizeof(text), "on battery, %.0f %% left", percent);
		defer_all(run, REASON_BATTERY, text);
	}
}

/* --- open programs ----------------------------------------------------------- */

enum when_open deferral_rule(const struct config *config)
{
	static const enum when_open rules[] = {
		[ON_RUNNING_ASK] = WHEN_OPEN_UNASKED,
		[ON_RUNNING_DEFER] = WHEN_OPEN_WAIT,
		[ON_RUNNING_PROCEED] = WHEN_OPEN_NOW,
		[ON_RUNNING_WARN] = WHEN_OPEN_NOW,
	};

	return rules[config->on_running];
}

bool deferral_look(struct entry *entry, struct err *e)
{
	SCOPED_CLEAR(running_clear) struct running found = {0};

	entry->open_reason = REASON_NONE;
	entry->open_by[0] = '\0';
	if (entry->is_settled || !entry_needs_root(entry) || !entry->is_present ||
		entry->result.outcome != OUTCOME_AVAILABLE || entry->recipe->running.n_items == 0)
		return true;
	if (!running_find(&entry->recipe->running, &entry->recipe->background, &found, e))
		return false;
	if (found.n_items == 0)
		return true;
	entry->open_reason = found.n_background == found.n_items ? REASON_SESSION : REASON_RUNNING;
	running_describe(&found, entry->open_by, sizeof(entry->open_by));
	return true;
}

bool deferral_find_open(struct run *run, struct err *e)
{
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		if (!deferral_look(&run->plan.entries[i], e))
			return false;
	}
	return true;
}

void deferral_warn(const struct config *config, const struct entry *entry)
{
	if (config->on_running == ON_RUNNING_WARN)
		log_note("%s is open (%s): restart it afterwards", entry->name, entry->open_by);
}

void deferral_leave(struct entry *entry)
{
	entry->result.reason = entry->open_reason;
	entry_settle(entry, OUTCOME_DEFERRED, "%s (%s)",
		entry->open_reason == REASON_SESSION ? "a session is left open" : "open",
		entry->open_by);
}
