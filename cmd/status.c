/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/status.h"

#include <pwd.h>
#include <string.h>

#include "cmd/history_line.h"
#include "cmd/status_left.h"
#include "cmd/verb.h"
#include "updaters/audit.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/lock.h"

enum { RUNS_MAX = 200 };

void status_clear(struct status *s)
{
	free(s->left);
	free(s->ailing);
	*s = (struct status){0};
}

/* --- runs -------------------------------------------------------------------- */

/* One that looks after names; what only records a wish (hold, skip, …) is none. */
static bool is_upkeep(const char *verb)
{
	const struct verb *v = verb_find(verb);

	return v != NULL &&
	       ((v->groups & (OPTION_CHANGES | OPTION_REPAIR)) != 0 || v->run == verb_finish);
}

static bool search_start(void *user, const struct audit_line *line)
{
	struct status_side *side = user;

	if (line->event != AUDIT_RUN_START || !text_equal(line->run, side->last.run))
		return true;
	history_by(line, side->by, sizeof(side->by));
	return false;
}

/* Who started the last run: for those who may read the trail. */
static void side_read_trail(struct status_side *side)
{
	struct err ignored = {0};

	side->by[0] = '\0';
	if (side->has_last)
		(void)!audit_each(side->paths.audit_log, search_start, side, &ignored);
}

static bool side_read_runs(struct status_side *side, struct state *state, struct err *e)
{
	SCOPED_FREE struct state_run *runs = NULL;
	char verb[sizeof(side->under_way.verb)];
	size_t n = 0;

	if (!state_run_list(state, RUNS_MAX, &runs, &n, e))
		return false;
	side->holder = lock_look(side->paths.lock, verb, sizeof(verb));
	/* the newest that has not ended is the holder's; the others were cut short */
	if (side->holder != 0) {
		memcpy(side->under_way.verb, verb, sizeof(verb));
		if (n > 0 && runs[0].finished_unix_ms == 0)
			side->under_way = runs[0];
	}
	for (size_t i = side->under_way.run[0] != '\0'; i < n && !side->has_last; i++) {
		side->has_last = is_upkeep(runs[i].verb);
		if (side->has_last)
			side->last = runs[i];
	}
	side_read_trail(side);
	return true;
}

static void side_read_next(struct status_side *side, struct bus *bus)
{
	side->has_manager = bus != NULL ? BUS_YES : BUS_NO;
	side->next_unix_ms = bus_timer_next_unix_ms(bus, "devupd.timer");
}

/* --- both sides -------------------------------------------------------------- */

static bool side_open(struct status_side *side, struct state **out, struct err *e)
{
	return state_open(side->paths.state_db, true, out, side->note, sizeof(side->note), e) &&
	       side_read_runs(side, *out, e);
}

static bool own_open(struct status *s, struct state **out, struct err *e)
{
	SCOPED(bus_close) struct bus *bus = bus_open_session(NULL);
	const struct passwd *user = getpwuid(geteuid());
	struct status_side *own = &s->sides[1];

	if (!paths_of_person(&own->paths, e))
		return false;
	if (user != NULL)
		text_copy_cut(own->user, sizeof(own->user), user->pw_name);
	else
		snprintf(own->user, sizeof(own->user), "uid %u", (unsigned)geteuid());
	s->n_sides = 2;
	side_read_next(own, bus);
	return side_open(own, out, e);
}

bool status_read(struct status *out, struct err *e)
{
	SCOPED(bus_close) struct bus *bus = bus_open_system();
	SCOPED(state_close) struct state *root = NULL;
	SCOPED(state_close) struct state *own = NULL;

	*out = (struct status){.n_sides = 1};
	paths_of_root(&out->sides[0].paths);
	side_read_next(&out->sides[0], bus);
	if (!host_read("", &out->host, e) || !side_open(&out->sides[0], &root, e) ||
		(geteuid() != 0 && !own_open(out, &own, e)))
		return false;
	return status_left_read(out, root, own, out->sides[1].user, bus, e);
}
