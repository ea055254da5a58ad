/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/waiting.h"

#include <stdio.h>
#include <string.h>

#include "updaters/deferral.h"
#include "updaters/lib/bus.h"
#include "updaters/lib/clock.h"
#include "updaters/state_left.h"

static const struct state_wait *wait_of(const struct state_wait *rows, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (text_equal(rows[i].name, name))
			return &rows[i];
	}
	return NULL;
}

bool waiting_drop(struct run *run, const char *name, struct err *e)
{
	return state_wait_drop(run->state, name, e);
}

bool waiting_note(struct run *run, struct err *e)
{
	SCOPED_FREE struct state_wait *rows = NULL;
	size_t n = 0;

	if (!state_wait_list(run_memory(run), &rows, &n, e))
		return false;
	for (size_t i = 0; n > 0 && i < run->plan.n_entries; i++) {
		struct result *r = &run->plan.entries[i].result;
		const struct state_wait *wait = wait_of(rows, n, run->plan.entries[i].name);
		char since[CLOCK_TEXT_MAX];

		if (wait == NULL || r->outcome != OUTCOME_AVAILABLE ||
			!text_equal(wait->version, r->release.version))
			continue;
		clock_format_near(wait->since_unix_ms, clock_unix_ms(), since, sizeof(since));
		snprintf(r->text, sizeof(r->text), "fetched %s, waits until it is closed", since);
	}
	return true;
}

bool waiting_is_rollback(struct run *run, const char *name, bool *out, struct err *e)
{
	SCOPED_FREE struct state_wait *rows = NULL;
	const struct state_wait *wait;
	size_t n = 0;

	if (!state_wait_list(run->state, &rows, &n, e))
		return false;
	wait = wait_of(rows, n, name);
	*out = wait != NULL && wait->is_rollback;
	return true;
}

/* --- put down ---------------------------------------------------------------- */

void waiting_unit_name(const char *name, char *out, size_t out_size)
{
	snprintf(out, out_size, "devupd-when-closed-%s.service", name);
	/* '+' is in names, not in units: ':' is in units, not in names */
	for (char *at = strchr(out, '+'); at != NULL; at = strchr(at, '+'))
		*at = ':';
}

bool waiting_start_unit(const char *name, char *out_why, size_t why_size)
{
	SCOPED(bus_close) struct bus *bus = bus_open_system();
	char unit_name[RECORD_NAME_MAX + 64], description[RECORD_NAME_MAX + 64];
	const char *const argv[] = {DEVUPD_BINDIR "/devupd", "finish", "--quiet", "--", name, NULL};
	struct bus_unit unit = {.name = unit_name, .description = description, .argv = argv};
	struct err e = {0};

	waiting_unit_name(name, unit_name, sizeof(unit_name));
	snprintf(description, sizeof(description), "Install %s when it has been closed", name);
	if (bus_start_unit(bus, &unit, NULL, &e))
		return true;
	text_copy_cut(out_why, why_size, e.text);
	return false;
}

static bool waiting_record(struct run *run, const struct entry *entry, struct err *e)
{
	struct audit_record record = {
		.event = AUDIT_RESULT,
		.name = entry->name,
		.kind = entry->updater->kind,
		.has_outcome = true,
		.outcome = entry->result.outcome,
		.from = entry->result.installed,
		.to = entry->file.version,
		.url = entry->result.release.url,
		.sha256 = entry->file.sha256,
		.sha256_from = entry->result.release.sha256_from,
		.size_bytes = entry->file.size_bytes,
		.result = &entry->result,
	};

	return audit_write(run->audit, &record, e);
}

/* What it was asked for as is kept with it: who takes it up again has no other way to know. */
static bool waiting_put_row(struct run *run, const struct entry *entry, struct err *e)
{
	const struct release *r = &entry->result.release;
	bool is_hand = entry->hand_file[0] != '\0';
	bool is_rollback = entry->wish == WISH_ROLLBACK;
	struct state_wait wait = {
		.sha256_from = r->sha256_from,
		.verified_by = entry->result.verified_by,
		.allow_downgrade = entry->allow_downgrade || is_rollback ||
				   (entry->wanted[0] != '\0' && !is_hand),
		.is_rollback = is_rollback,
		.reinstall = entry->reinstall,
		.takes_changed = entry->takes_changed,
		.since_unix_ms = clock_unix_ms(),
	};

	text_copy_cut(wait.name, sizeof(wait.name), entry->name);
	text_copy_cut(wait.version, sizeof(wait.version), r->version);
	text_copy_cut(wait.path, sizeof(wait.path), entry->file.path);
	text_copy_cut(wait.sha256, sizeof(wait.sha256), entry->file.sha256);
	text_copy_cut(wait.url, sizeof(wait.url), r->url);
	text_copy_cut(wait.run, sizeof(wait.run), run->id);
	text_copy_cut(wait.typed, sizeof(wait.typed), entry->wanted);
	return state_wait_put(run->state, &wait, e);
}

static bool waiting_put(struct run *run, struct entry *entry, struct err *e)
{
	char why[ERR_TEXT_MAX] = "";

	if (!waiting_put_row(run, entry, e))
		return false;

	bool has_unit = waiting_start_unit(entry->name, why, sizeof(why));

	deferral_leave(entry);
	snprintf(entry->result.text, sizeof(entry->result.text),
		"open (%s): fetched and verified, installed %s%s%s%s", entry->open_by,
		has_unit ? "when it is closed"
			 : "by the next run, or the next boot, that finds it "
			   "closed",
		has_unit ? "" : " (", why, has_unit ? "" : ")");
	return waiting_record(run, entry, e);
}

/* Opened while its package was fetched, nobody was asked: then, too, nothing is pulled from under
 * it.
 */
static bool waiting_settle(struct run *run, struct entry *entry, struct err *e)
{
	bool was_open = entry->open_reason != REASON_NONE;

	if (!deferral_look(entry, e))
		return false;
	if (entry->open_reason == REASON_NONE)
		return true;
	if (entry->when_open == WHEN_OPEN_UNASKED)
		entry->when_open = deferral_rule(&run->config);
	if (entry->when_open != WHEN_OPEN_NOW)
		return waiting_put(run, entry, e);
	if (!was_open)
		deferral_warn(&run->config, entry);
	return true;
}

bool waiting_put_down(struct run *run, struct err *e)
{
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		struct entry *entry = &run->plan.entries[i];

		if (!entry->is_settled && !waiting_settle(run, entry, e))
			return false;
	}
	return true;
}

/* --- taken up again ---------------------------------------------------------- */

/* What a row says is offered; the kept package is looked for, and verified, as ever. */
static void waiting_offer(struct entry *entry, const struct state_wait *wait)
{
	struct result *r = &entry->result;

	r->outcome = OUTCOME_AVAILABLE;
	r->release = (struct release){.sha256_from = wait->sha256_from};
	text_copy_cut(r->release.version, sizeof(r->release.version), wait->version);
	text_copy_cut(r->release.url, sizeof(r->release.url), wait->url);
	text_copy_cut(r->release.source, sizeof(r->release.source), wait->path);
	text_copy_cut(r->available, sizeof(r->available), wait->version);
	if (wait->sha256_from != DIGEST_FROM_NONE)
		memcpy(r->release.digests.sha256, wait->sha256, sizeof(r->release.digests.sha256));
	entry->allow_downgrade = wait->allow_downgrade;
	entry->reinstall |= wait->reinstall;
	entry->takes_changed = wait->takes_changed;
	entry->wish = wait->is_rollback ? WISH_ROLLBACK : entry->wish;
	memcpy(entry->wanted, wait->typed, sizeof(entry->wanted));
}

/* What a person asked for by its version, or went back to, is not subject to what is passed over.
 */
static bool waiting_is_passed_over(const struct entry *entry, const struct state_wait *wait)
{
	if (wait->is_rollback || wait->typed[0] != '\0')
		return false;
	return text_equal(entry->skip_exactly, wait->version) ||
	       (entry->skip_up_to[0] != '\0' &&
		       dpkg_version_compare(wait->version, entry->skip_up_to) <= 0 &&
		       !wait->allow_downgrade);
}

/* Was it overtaken: by a person's word, or by another installation? */
static bool waiting_is_over(const struct entry *entry, const struct state_wait *wait)
{
	int order = dpkg_version_compare(wait->version, entry->was);

	return (order == 0 && !wait->reinstall) || (order < 0 && !wait->allow_downgrade) ||
	       waiting_is_passed_over(entry, wait);
}

static bool waiting_take_up(struct run *run, struct entry *entry, const struct state_wait *rows,
	size_t n, struct err *e)
{
	const struct state_wait *wait = wait_of(rows, n, entry->name);

	if (entry->is_settled) /* held, or of no use here: what waits, waits on */
		return true;
	if (wait == NULL || waiting_is_over(entry, wait)) {
		entry_settle(entry, OUTCOME_CURRENT, "nothing waits");
		return waiting_drop(run, entry->name, e);
	}
	waiting_offer(entry, wait);
	return true;
}

bool waiting_plan(struct run *run, const struct strings *names, struct err *e)
{
	SCOPED_CLEAR(strings_clear) struct strings all = {0};
	struct plan_request request = {.wish = WISH_INSTALL, .names = &all};
	SCOPED_FREE struct state_wait *rows = NULL;
	size_t n = 0;

	if (!state_wait_list(run->state, &rows, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		bool is_meant = names->n_items == 0 || strings_has(names, rows[i].name);

		if (recipes_find(&run->recipes, rows[i].name) == NULL) {
			if (!waiting_drop(run, rows[i].name, e))
				return false;
		} else if (is_meant && !strings_add(&all, rows[i].name)) {
			return err_set(e, ERR_INTERNAL, "out of memory");
		}
	}
	if (all.n_items == 0)
		return true; /* without names a plan would be of all there are */
	if (!run_plan(run, &request, e))
		return false;
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		if (!waiting_take_up(run, &run->plan.entries[i], rows, n, e))
			return false;
	}
	return true;
}
