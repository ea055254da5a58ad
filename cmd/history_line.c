/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/history_line.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/text.h"

/* --- what was meant ---------------------------------------------------------- */

void history_intent_note(struct history_intents *intents, const struct audit_line *line)
{
	size_t at = intents->n % HISTORY_INTENTS_MAX;

	if (line->event != AUDIT_INTENT)
		return;
	memcpy(intents->items[at].name, line->name, sizeof(line->name));
	memcpy(intents->items[at].to, line->to, sizeof(line->to));
	intents->n++;
}

/* The newest one of this name; "" = none. */
static const char *intent_of(const struct history_intents *intents, const char *name)
{
	size_t n = intents->n, oldest = n > HISTORY_INTENTS_MAX ? n - HISTORY_INTENTS_MAX : 0;

	while (n-- > oldest) {
		if (text_equal(intents->items[n % HISTORY_INTENTS_MAX].name, name))
			return intents->items[n % HISTORY_INTENTS_MAX].to;
	}
	return "";
}

/* --- the parts of a line ----------------------------------------------------- */

/* "removed outside devupd on 2 Sep, apt full-upgrade": as far as dpkg's and apt's logs told. */
static void word_outside(
	const struct audit_line *line, int64_t now_unix_ms, char *out, size_t out_size)
{
	char day[CLOCK_TEXT_MAX] = "";
	int64_t when_unix_ms = 0;

	if (clock_parse(line->change_to, &when_unix_ms))
		clock_format_day(when_unix_ms, now_unix_ms, day, sizeof(day));
	snprintf(out, out_size, "%s outside devupd%s%s%s%s",
		line->to[0] != '\0' ? "changed" : "removed", day[0] != '\0' ? " " : "", day,
		line->command[0] != '\0' ? ", " : "", line->command);
}

/* What a person calls it: an outcome, or what was noticed. */
static void line_word(
	const struct audit_line *line, int64_t now_unix_ms, char *out, size_t out_size)
{
	const char *word = line->outcome[0] != '\0' ? line->outcome : line->verb;

	if (line->event == AUDIT_OUTSIDE) {
		word_outside(line, now_unix_ms, out, out_size);
		return;
	}
	if (line->event == AUDIT_BASELINE)
		word = line->name[0] != '\0' ? "was there" : "nothing to look after was there";
	else if (line->event == AUDIT_INTENT)
		word = "begun";
	else if (line->outcome[0] == '\0' && line->license[0] != '\0')
		word = "accepted the licence";

	const char *what = line->event != AUDIT_RESULT ? ""
			   : line->outcome[0] == '\0'  ? line->license
			   : text_equal(word, "held")  ? line->change_to
						       : "";

	snprintf(out, out_size, "%s%s%s", word[0] != '\0' ? word : "recorded",
		what[0] != '\0' ? " " : "", what);
}

/* A failure changed nothing, as a rule: what counts then is what it was to become. */
static void line_versions(const struct history_intents *intents, const struct audit_line *line,
	char *out, size_t out_size)
{
	const char *to = line->to;

	if (text_equal(line->outcome, "failed") && (to[0] == '\0' || text_equal(to, line->from)))
		to = intent_of(intents, line->name);
	snprintf(out, out_size, "%s%s%s", line->from,
		line->from[0] != '\0' && to[0] != '\0' ? " -> " : "", to);
}

void history_by(const struct audit_line *line, char *out, size_t out_size)
{
	const struct passwd *user = getpwuid(line->uid);

	/* who noticed a change is not who made it */
	if (line->event == AUDIT_OUTSIDE)
		text_copy_cut(out, out_size, line->by);
	else if (line->sudo_user[0] != '\0')
		text_copy_cut(out, out_size, line->sudo_user);
	else if (user != NULL)
		text_copy_cut(out, out_size, user->pw_name);
	else
		snprintf(out, out_size, "uid %u", line->uid);
}

void history_cells_fill(const struct history_intents *intents, const struct audit_line *line,
	int64_t now_unix_ms, struct history_cells *out)
{
	int64_t unix_ms = 0;

	out->text[HISTORY_WHEN][0] = '\0';
	if (clock_parse(line->ts, &unix_ms))
		clock_format_near(unix_ms, now_unix_ms, out->text[HISTORY_WHEN], HISTORY_CELL_MAX);
	text_copy_cut(out->text[HISTORY_NAME], HISTORY_CELL_MAX, line->name);
	line_versions(intents, line, out->text[HISTORY_CHANGE], HISTORY_CELL_MAX);
	line_word(line, now_unix_ms, out->text[HISTORY_WORD], HISTORY_CELL_MAX);
	history_by(line, out->text[HISTORY_BY], HISTORY_CELL_MAX);
	text_copy_cut(out->text[HISTORY_RUN], HISTORY_CELL_MAX, line->run);
}
