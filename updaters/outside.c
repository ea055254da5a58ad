/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/outside.h"

#include <stdio.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/package_log.h"
#include "updaters/run.h"
#include "updaters/telling.h"

/* dpkg's spelling as it is compared and shown; where that fails, as it is. */
static void spell(const struct recipe *recipe, const char *raw, char out[DPKG_VERSION_MAX])
{
	struct err ignored = {0};

	if (raw[0] == '\0' ||
		!recipe_version_installed(recipe, raw, out, DPKG_VERSION_MAX, &ignored))
		text_copy_cut(out, DPKG_VERSION_MAX, raw);
}

static void gone_of(const struct recipe *recipe, const char *seen, const struct package_change *c,
	struct state_gone *out)
{
	*out = (struct state_gone){.when_unix_ms = c->when_unix_ms};
	text_copy_cut(out->name, sizeof(out->name), recipe->name);
	spell(recipe, seen, out->version);
	text_copy_cut(out->who, sizeof(out->who), c->who);
	text_copy_cut(out->command, sizeof(out->command), c->command);
}

/* --- on record --------------------------------------------------------------- */

/* When, and by whom and how: each with the log that says so. */
static void put_evidence(const struct package_change *c, struct result *out)
{
	struct change *change = c->when_unix_ms != 0 ? result_add_change(out) : NULL;

	if (change == NULL)
		return;
	text_copy_cut(change->path, sizeof(change->path), package_logs_of_system.dpkg);
	clock_format(c->when_unix_ms, change->to, sizeof(change->to));
	change = c->command[0] != '\0' ? result_add_change(out) : NULL;
	if (change == NULL)
		return;
	text_copy_cut(change->path, sizeof(change->path), package_logs_of_system.apt);
	text_copy_cut(change->from, sizeof(change->from), c->who);
	text_copy_cut(change->to, sizeof(change->to), c->command);
}

static bool note_record(struct run *run, const struct entry *entry, const char *seen,
	const struct package_change *c, struct err *e)
{
	SCOPED_CLEAR(result_clear) struct result evidence;
	char from[DPKG_VERSION_MAX], to[DPKG_VERSION_MAX];
	struct audit_record record = {
		.event = AUDIT_OUTSIDE,
		.name = entry->name,
		.kind = entry->recipe->kind,
		.from = from,
		.to = to,
		.result = &evidence,
	};

	result_init(&evidence);
	put_evidence(c, &evidence);
	spell(entry->recipe, seen, from);
	spell(entry->recipe, entry->result.installed, to);
	return audit_write(run->audit, &record, e);
}

/* It was seen before, as another version or as none. */
static bool note_change(struct run *run, const struct entry *entry, const char *seen, struct err *e)
{
	struct package_change c;
	struct state_gone gone;

	package_log_find(
		&package_logs_of_system, entry->recipe->package, entry->result.installed, &c);
	if (!note_record(run, entry, seen, &c, e))
		return false;
	telling_outside(run, entry, seen[0] != '\0' ? seen : NULL,
		entry->is_present ? entry->result.installed : NULL);
	if (entry->is_present)
		return true;
	gone_of(entry->recipe, seen, &c, &gone);
	if (gone.when_unix_ms == 0)
		gone.when_unix_ms = clock_unix_ms();
	return state_gone_put(run->state, &gone, e);
}

static bool note_entry(struct run *run, const struct entry *entry, struct err *e)
{
	char seen[DPKG_VERSION_MAX] = "";
	int64_t when_unix_ms = 0;

	if (entry->recipe == NULL || recipe_is_owners(entry->recipe))
		return true;
	if (!state_seen_get(run->state, entry->name, seen, &when_unix_ms, e))
		return false;
	if (text_equal(seen, entry->result.installed))
		return true;
	if (when_unix_ms != 0 && !note_change(run, entry, seen, e))
		return false;
	return (!entry->is_present && when_unix_ms == 0) ||
	       state_seen_put(run->state, entry->name, entry->result.installed, e);
}

bool outside_note(struct run *run, const struct plan *all, struct err *e)
{
	for (size_t i = 0; i < all->n_entries; i++) {
		if (!note_entry(run, &all->entries[i], e))
			return false;
	}
	return true;
}

/* --- what is gone ------------------------------------------------------------ */

bool outside_find_gone(const struct recipe *recipe, struct state *memory, bool *out_found,
	struct state_gone *out, struct err *e)
{
	char seen[DPKG_VERSION_MAX] = "";
	int64_t when_unix_ms = 0;
	struct package_change c;

	*out_found = false;
	if (memory == NULL || recipe_is_owners(recipe))
		return true;
	if (!state_seen_get(memory, recipe->name, seen, &when_unix_ms, e))
		return false;
	if (seen[0] == '\0')
		return state_gone_get(memory, recipe->name, out_found, out, e);
	package_log_find(&package_logs_of_system, recipe->package, "", &c);
	gone_of(recipe, seen, &c, out);
	*out_found = true;
	return true;
}

void outside_describe(
	const struct state_gone *gone, int64_t now_unix_ms, char *out, size_t out_size)
{
	char day[CLOCK_TEXT_MAX] = "";

	if (gone->when_unix_ms != 0)
		clock_format_day(gone->when_unix_ms, now_unix_ms, day, sizeof(day));
	snprintf(out, out_size, "was %s, removed outside devupd%s%s%s%s%s%s", gone->version,
		day[0] != '\0' ? " " : "", day, gone->who[0] != '\0' ? " by " : "", gone->who,
		gone->command[0] != '\0' ? ", " : "", gone->command);
}
