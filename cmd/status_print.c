/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "cmd/report_line.h"
#include "cmd/status.h"
#include "cmd/table.h"
#include "cmd/terminal.h"
#include "updaters/lib/clock.h"
#include "updaters/verdict.h"

enum { LINE_MAX_BYTES = 2048, STATE_MAX = 2 * RECORD_TEXT_MAX };
enum { LEFT_NAME, LEFT_VERSION, LEFT_SINCE, LEFT_STATE };

static const struct table_step steps[] = {
	{LEFT_STATE, 24},
	{LEFT_VERSION, 8},
	{LEFT_NAME, 8},
	{LEFT_SINCE, 6},
	{LEFT_STATE, 1},
	{LEFT_VERSION, 1},
};
static const struct table_form left_form = {
	.heads = {"NAME", "VERSION", "SINCE", "STATE", NULL},
	.steps = steps,
	.n_steps = ARRAY_SIZE(steps),
};

/* --- runs -------------------------------------------------------------------- */

/* "last run  …", or "yours     …" of the person who asks. */
static void put_line(const struct status_side *side, const char *label, const char *text, FILE *out)
{
	char line[LINE_MAX_BYTES + 64];

	snprintf(line, sizeof(line), "%-10s%s%s", label, side->user[0] != '\0' ? "yours: " : "",
		text);
	table_say(line, out);
}

/* "upgrade today 06:12, by ana, 1 min 12 s: done, or nothing to do" */
static void say_last(
	const struct status_side *side, int64_t now_unix_ms, char *out, size_t out_size)
{
	const struct state_run *last = &side->last;
	int64_t ms = last->finished_unix_ms - last->started_unix_ms;
	char when[CLOCK_TEXT_MAX], end[256], took[40] = "", duration[32];

	clock_format_near(last->started_unix_ms, now_unix_ms, when, sizeof(when));
	if (last->finished_unix_ms == 0) {
		text_copy_cut(end, sizeof(end),
			"cut short before its end; the next run looks what became of it");
	} else {
		verdict_describe(last->exit_code, end, sizeof(end));
		text_duration(ms > 0 ? (uint64_t)ms : 0, duration, sizeof(duration));
		snprintf(took, sizeof(took), ", %s", duration);
	}
	snprintf(out, out_size, "%s %s%s%s%s: %s", last->verb, when,
		side->by[0] != '\0' ? ", by " : "", side->by, took, end);
}

static void print_runs(const struct status_side *side, int64_t now_unix_ms, FILE *out)
{
	char line[LINE_MAX_BYTES], when[CLOCK_TEXT_MAX] = "";

	if (side->has_last)
		say_last(side, now_unix_ms, line, sizeof(line));
	if (side->has_last || side->user[0] == '\0')
		put_line(side, "last run", side->has_last ? line : "none yet", out);
	if (side->holder == 0)
		return;
	if (side->under_way.started_unix_ms != 0)
		clock_format_near(side->under_way.started_unix_ms, now_unix_ms, when, sizeof(when));
	snprintf(line, sizeof(line), "%s%s%s (pid %d)",
		side->under_way.verb[0] != '\0' ? side->under_way.verb : "a run",
		when[0] != '\0' ? " since " : "", when, (int)side->holder);
	put_line(side, "under way", line, out);
}

/* A person's own timer is said where there is one: nobody has to have it. */
static void print_next(const struct status_side *side, int64_t now_unix_ms, FILE *out)
{
	char when[CLOCK_TEXT_MAX];

	clock_format_near(side->next_unix_ms, now_unix_ms, when, sizeof(when));
	if (side->next_unix_ms != 0)
		put_line(side, "next run", when, out);
	else if (side->user[0] == '\0' && side->has_manager == BUS_NO)
		put_line(side, "next run", "not known: there is no system bus to ask", out);
	else if (side->user[0] == '\0')
		put_line(side, "next run",
			"not scheduled: sudo systemctl enable --now devupd.timer", out);
}

/* --- what is left ------------------------------------------------------------ */

static const char *const left_words[OUTCOME_N] = {
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_AVAILABLE] = "update",
	[OUTCOME_BROKEN] = "broken",
	[OUTCOME_DOWNLOADED] = "fetched and verified, not installed",
	[OUTCOME_HELD] = "held",
	[OUTCOME_SKIPPED] = "skipped",
	[OUTCOME_LICENSE] = "waits for its licence",
	[OUTCOME_ABSENT] = "absent",
};

static void say_waiting(
	const struct status_left *l, int64_t now_unix_ms, char *out, size_t out_size)
{
	char when[CLOCK_TEXT_MAX];

	clock_format_near(l->fetched_unix_ms, now_unix_ms, when, sizeof(when));
	snprintf(out, out_size, "waits until it is closed; fetched and verified %s%s", when,
		l->has_unit == BUS_YES ? ""
				       : ", installed by the next run or boot that finds it "
					 "closed");
}

void status_say_left(const struct status_left *l, int64_t now_unix_ms, char *out, size_t out_size)
{
	const struct state_left *left = &l->left;
	const char *word = left_words[left->outcome];

	if (word == NULL)
		word = outcome_token(left->outcome);
	if (left->outcome == OUTCOME_DEFERRED && left->reason != REASON_NONE)
		word = reason_token(left->reason);
	if (l->is_waiting)
		say_waiting(l, now_unix_ms, out, out_size);
	else if (left->outcome == OUTCOME_ABSENT)
		snprintf(out, out_size, "%s (%s: devupd install %s)", word, left->text, left->name);
	else if (left->outcome == OUTCOME_LICENSE)
		snprintf(out, out_size, "%s: sudo devupd accept-license %s", word, left->name);
	else if (left->outcome == OUTCOME_HELD && left->text[0] != '\0')
		snprintf(out, out_size, "%s (%s)", word, left->text);
	else
		snprintf(out, out_size, "%s%s%s", word, left->text[0] != '\0' ? ": " : "",
			left->text);
}

static void print_left(const struct status *s, int64_t now_unix_ms, FILE *out)
{
	SCOPED_CLEAR(table_clear) struct table table;
	bool is_whole = true;

	table_init(&table, &left_form);
	for (size_t i = 0; i < s->n_left; i++) {
		const struct status_left *l = &s->left[i];
		char since[CLOCK_TEXT_MAX] = "", state[STATE_MAX];

		if (l->left.since_unix_ms != 0)
			clock_format_near(l->left.since_unix_ms, now_unix_ms, since, sizeof(since));
		status_say_left(l, now_unix_ms, state, sizeof(state));
		is_whole &= table_add(
			&table, (const char *[]){l->left.name, l->left.version, since, state}, "");
	}
	if (table.n_rows > 0)
		table_print(&table, true, out);
	if (!is_whole)
		fputs("out of memory: the table is not whole\n", out);
}

static void print_ailing(const struct status *s, int64_t now_unix_ms, FILE *out)
{
	for (size_t i = 0; i < s->n_ailing; i++) {
		const struct state_health *h = &s->ailing[i].health;
		char since[CLOCK_TEXT_MAX], line[URL_MAX + ERR_TEXT_MAX + 256];

		clock_format_near(h->failing_unix_ms, now_unix_ms, since, sizeof(since));
		snprintf(line, sizeof(line),
			"%s: source %s has failed %" PRIu64 " time%s since %s: %s", h->name,
			h->source, h->n_failures, h->n_failures == 1 ? "" : "s", since, h->reason);
		table_say(line, out);
	}
}

void status_print(const struct status *s, const struct options *o, FILE *out)
{
	int64_t now_unix_ms = clock_unix_ms();
	char host[4 * HOST_WORD_MAX];

	if (o->verbosity < 0)
		return;
	report_host(&s->host, host, sizeof(host));
	if (terminal_is(fileno(out)))
		terminal_cut(host, sizeof(host), terminal_columns(fileno(out)));
	table_say(host, out);
	for (size_t i = 0; i < s->n_sides; i++)
		print_runs(&s->sides[i], now_unix_ms, out);
	for (size_t i = 0; i < s->n_sides; i++)
		print_next(&s->sides[i], now_unix_ms, out);
	print_left(s, now_unix_ms, out);
	print_ailing(s, now_unix_ms, out);
	if (s->n_left == 0 && s->n_ailing == 0 && (s->sides[0].has_last || s->sides[1].has_last))
		fputs("nothing is left to do\n", out);
}
