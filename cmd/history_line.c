/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/history_line.h"

#include <pwd.h>
#include <string.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/text.h"

enum { WORD_MAX = 2 * RECORD_TEXT_MAX };

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

/* What a person calls it: an outcome, or what was noticed. */
static void line_word(const struct audit_line *line, char *out, size_t out_size)
{
	const char *word = line->outcome[0] != '\0' ? line->outcome : line->verb;

	if (line->event == AUDIT_BASELINE)
		word = line->name[0] != '\0' ? "was there" : "nothing to look after was there";
	else if (line->event == AUDIT_OUTSIDE)
		word = line->to[0] != '\0' ? "changed outside devupd" : "removed outside devupd";
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

/* Who noticed a change is not who made it. */
static void line_who(const struct audit_line *line, char *out, size_t out_size)
{
	const struct passwd *user = getpwuid(line->uid);

	if (line->event == AUDIT_OUTSIDE)
		out[0] = '\0';
	else if (line->sudo_user[0] != '\0')
		snprintf(out, out_size, "%s, ", line->sudo_user);
	else if (user != NULL)
		snprintf(out, out_size, "%s, ", user->pw_name);
	else
		snprintf(out, out_size, "uid %u, ", line->uid);
}

/* Whoever wrote the log, its words do nothing to a terminal. */
static void line_put(const char *text, int columns, FILE *out)
{
	char plain[4 * ERR_TEXT_MAX];

	text_escape(text, strlen(text), plain, sizeof(plain));
	fprintf(out, "%-*s", columns, plain);
}

void history_line_write(
	const struct history_intents *intents, const struct audit_line *line, FILE *out)
{
	char when[CLOCK_TEXT_MAX] = "", who[80], word[WORD_MAX];
	char versions[2 * DPKG_VERSION_MAX + 8], rest[2 * WORD_MAX];
	int64_t unix_ms = 0;

	if (clock_parse(line->ts, &unix_ms))
		clock_format_near(unix_ms, clock_unix_ms(), when, sizeof(when));
	line_who(line, who, sizeof(who));
	line_word(line, word, sizeof(word));
	line_versions(intents, line, versions, sizeof(versions));
	snprintf(rest, sizeof(rest), "%s%s%s (%srun %s)", versions, versions[0] != '\0' ? "  " : "",
		word, who, line->run);
	fprintf(out, "%-16s  ", when);
	line_put(line->name, 16, out);
	fputs("  ", out);
	line_put(rest, 0, out);
	if (line->error_text[0] != '\0') {
		fprintf(out, "\n%-16s  %-16s  ", "", "");
		line_put(line->error_text, 0, out);
	}
	fputc('\n', out);
}
