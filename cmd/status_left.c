/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/status_left.h"

#include <string.h>

#include "config/recipe.h"
#include "updaters/health.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/list.h"
#include "updaters/outside.h"
#include "updaters/waiting.h"

enum { ROWS_MAX = 16384 };

static bool out_of_memory(struct err *e)
{
	return err_set(e, ERR_INTERNAL, "out of memory");
}

/* --- names ------------------------------------------------------------------- */

static struct status_left *left_find(struct status *s, const char *name)
{
	for (size_t i = 0; i < s->n_left; i++) {
		if (text_equal(s->left[i].left.name, name))
			return &s->left[i];
	}
	return NULL;
}

static struct status_left *left_add(struct status *s, const char *name, const char *user)
{
	struct status_left *grown = list_grow(s->left, s->n_left, ROWS_MAX, sizeof(*grown));

	if (grown == NULL)
		return NULL;
	s->left = grown;
	grown[s->n_left].user = user;
	text_copy_cut(grown[s->n_left].left.name, RECORD_NAME_MAX, name);
	return &grown[s->n_left++];
}

static bool read_roots(struct status *s, struct state *root, struct err *e)
{
	SCOPED_FREE struct state_left *rows = NULL;
	size_t n = 0;

	if (!state_left_list(root, &rows, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct status_left *l = left_add(s, rows[i].name, "");

		if (l == NULL)
			return out_of_memory(e);
		l->left = rows[i];
	}
	return true;
}

/* What was offered to a person may have been installed by root since: what root saw says so. */
static bool is_done(struct state *root, const struct state_left *left, bool *out, struct err *e)
{
	char seen[DPKG_VERSION_MAX] = "";
	int64_t when = 0;

	if (!state_seen_get(root, left->name, seen, &when, e))
		return false;
	*out = left->outcome == OUTCOME_AVAILABLE && seen[0] != '\0' &&
	       dpkg_version_compare(seen, left->version) >= 0;
	return true;
}

/* Of one name root's row counts, unless both only offer a version: then what was seen later. */
static bool read_own(
	struct status *s, struct state *root, struct state *own, const char *user, struct err *e)
{
	SCOPED_FREE struct state_left *rows = NULL;
	size_t n = 0;

	if (!state_left_list(own, &rows, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct status_left *l = left_find(s, rows[i].name);
		bool is_over = false;

		if (!is_done(root, &rows[i], &is_over, e))
			return false;
		if (is_over ||
			(l != NULL && (l->left.outcome != OUTCOME_AVAILABLE ||
					      l->left.since_unix_ms >= rows[i].since_unix_ms)))
			continue;
		if (l == NULL)
			l = left_add(s, rows[i].name, user);
		if (l == NULL)
			return out_of_memory(e);
		l->left = rows[i];
		l->user = user;
	}
	return true;
}

static bool read_waits(struct status *s, struct state *root, struct bus *bus, struct err *e)
{
	SCOPED_FREE struct state_wait *rows = NULL;
	size_t n = 0;

	if (!state_wait_list(root, &rows, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct status_left *l = left_find(s, rows[i].name);
		char unit[RECORD_NAME_MAX + 64];

		if (l == NULL)
			l = left_add(s, rows[i].name, "");
		if (l == NULL)
			return out_of_memory(e);
		if (l->left.since_unix_ms == 0 || !text_equal(l->left.version, rows[i].version)) {
			l->left.outcome = OUTCOME_DEFERRED;
			l->left.reason = REASON_RUNNING;
			l->left.since_unix_ms = rows[i].since_unix_ms;
			l->left.text[0] = '\0';
			memcpy(l->left.version, rows[i].version, sizeof(l->left.version));
		}
		waiting_unit_name(rows[i].name, unit, sizeof(unit));
		l->is_waiting = true;
		l->fetched_unix_ms = rows[i].since_unix_ms;
		l->has_unit = bus_service_is_running(bus, unit);
	}
	return true;
}

/* "until 31 Dec 2026, a talk" */
static void say_hold(const struct state_hold *hold, char *out, size_t out_size)
{
	char until[CLOCK_TEXT_MAX] = "";

	if (hold->until_unix_ms != 0)
		clock_format_near(hold->until_unix_ms, clock_unix_ms(), until, sizeof(until));
	snprintf(out, out_size, "%s%s%s%s", until[0] != '\0' ? "until " : "", until,
		until[0] != '\0' && hold->reason[0] != '\0' ? ", " : "", hold->reason);
}

/* A hold where nothing newer is offered leaves nothing undone, and is one all the same. */
static bool read_holds(struct status *s, struct state *root, struct err *e)
{
	SCOPED_FREE struct state_hold *rows = NULL;
	size_t n = 0;

	if (!state_hold_list(root, &rows, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct status_left *l = left_find(s, rows[i].name);

		if (l != NULL && l->left.outcome != OUTCOME_AVAILABLE)
			continue;
		if (l == NULL)
			l = left_add(s, rows[i].name, "");
		if (l == NULL)
			return out_of_memory(e);
		l->left.outcome = OUTCOME_HELD;
		l->left.since_unix_ms = rows[i].since_unix_ms;
		say_hold(&rows[i], l->left.text, sizeof(l->left.text));
	}
	return true;
}

static bool read_gone(struct status *s, struct state *root, struct err *e)
{
	SCOPED_FREE struct state_gone *rows = NULL;
	size_t n = 0;

	if (!state_gone_list(root, &rows, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct status_left *l = left_find(s, rows[i].name);

		if (l != NULL)
			continue;
		l = left_add(s, rows[i].name, "");
		if (l == NULL)
			return out_of_memory(e);
		l->left.outcome = OUTCOME_ABSENT;
		l->left.since_unix_ms = rows[i].when_unix_ms;
		/* the day stands in the column beside it */
		rows[i].when_unix_ms = 0;
		outside_describe(&rows[i], 0, l->left.text, sizeof(l->left.text));
	}
	return true;
}

static int left_compare(const void *a, const void *b)
{
	return strcmp(((const struct status_left *)a)->left.name,
		((const struct status_left *)b)->left.name);
}

/* --- sources ----------------------------------------------------------------- */

/* Has somebody else had an answer of it since? */
static bool is_well_again(
	const struct state_health *failing, const struct state_health *others, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (text_equal(others[i].name, failing->name) &&
			text_equal(others[i].source, failing->source) &&
			(others[i].n_failures > 0 ||
				others[i].good_unix_ms >= failing->failing_unix_ms))
			return true;
	}
	return false;
}

static bool ailing_add(struct status *s, const struct state_health *rows, size_t n,
	const struct state_health *others, size_t n_others, const char *user, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		struct status_ailing *grown;

		if (rows[i].n_failures == 0 || is_well_again(&rows[i], others, n_others))
			continue;
		grown = list_grow(s->ailing, s->n_ailing, ROWS_MAX, sizeof(*grown));
		if (grown == NULL)
			return out_of_memory(e);
		s->ailing = grown;
		grown[s->n_ailing++] = (struct status_ailing){.health = rows[i], .user = user};
	}
	return true;
}

/* By its recipe: nobody asks it any more, since one before it has answered well. */
static bool is_old_news(const struct recipes *recipes, const struct state_health *row,
	struct state *root, struct state *own)
{
	const struct recipe_entry *entry = recipes_find(recipes, row->name);
	SCOPED_CLEAR(health_clear) struct health health = {0};
	struct err ignored = {0};

	if (entry == NULL || entry->recipe == NULL ||
		!health_read(entry->recipe, root, own, &health, &ignored))
		return false;
	for (size_t i = 0; i < health.n_items; i++) {
		if (text_equal(health.items[i].source, row->source))
			return !health.items[i].is_ailing;
	}
	return true; /* the recipe has it no longer */
}

/* Where recipes can't be read, all that fails is told. */
static void drop_old_news(struct status *s, struct state *root, struct state *own)
{
	static const char *const folders[] = {
		DEVUPD_DATADIR "/recipes", DEVUPD_SYSCONFDIR "/recipes"};
	SCOPED_CLEAR(recipes_clear) struct recipes recipes = {0};
	struct err ignored = {0};
	size_t n_kept = 0;

	if (!recipes_load(folders, ARRAY_SIZE(folders), NULL, &s->host, false, &recipes, &ignored))
		return;
	for (size_t i = 0; i < s->n_ailing; i++) {
		if (!is_old_news(&recipes, &s->ailing[i].health, root, own))
			s->ailing[n_kept++] = s->ailing[i];
	}
	s->n_ailing = n_kept;
}

/* Root's; of a person's own looks what root's do not tell already. */
static bool read_health(
	struct status *s, struct state *root, struct state *own, const char *user, struct err *e)
{
	SCOPED_FREE struct state_health *roots = NULL;
	SCOPED_FREE struct state_health *owns = NULL;
	size_t n_roots = 0, n_owns = 0;

	if (!state_health_list(root, "", &roots, &n_roots, e) ||
		(own != NULL && !state_health_list(own, "", &owns, &n_owns, e)))
		return false;
	if (!ailing_add(s, roots, n_roots, NULL, 0, "", e) ||
		!ailing_add(s, owns, n_owns, roots, n_roots, user, e))
		return false;
	if (s->n_ailing > 0)
		drop_old_news(s, root, own);
	return true;
}

bool status_left_read(struct status *s, struct state *root, struct state *own, const char *user,
	struct bus *bus, struct err *e)
{
	if (!read_roots(s, root, e) || (own != NULL && !read_own(s, root, own, user, e)) ||
		!read_waits(s, root, bus, e) || !read_holds(s, root, e) || !read_gone(s, root, e) ||
		!read_health(s, root, own, user, e))
		return false;
	if (s->n_left > 0)
		qsort(s->left, s->n_left, sizeof(*s->left), left_compare);
	return true;
}
