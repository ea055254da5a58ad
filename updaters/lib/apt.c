/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/apt.h"

#include <string.h>

#include "updaters/lib/dpkg.h"
#include "updaters/lib/text.h"

enum { LINE_MAX_BYTES = 4096 };

/* The next line of words into line (what is too long is cut); NULL at the end. */
static const char *next_line(const char *words, char *line, size_t line_size)
{
	if (words == NULL || *words == '\0')
		return NULL;

	size_t len = strcspn(words, "\n");
	size_t taken = len < line_size ? len : line_size - 1;

	memcpy(line, words, taken);
	line[taken] = '\0';
	return words + len + (words[len] == '\n');
}

/* --- Status-Fd --------------------------------------------------------------- */

/* "40.0000": digits, at most one point, 0 to 100. */
static bool percent_parse(const char *text, double *out)
{
	double sum = 0, weight = 0;

	if (*text == '\0' || *text == '.')
		return false;
	for (; *text != '\0'; text++) {
		if (*text == '.' && weight == 0) {
			weight = 1;
			continue;
		}
		if (*text < '0' || *text > '9' || sum > 1000)
			return false;
		weight /= 10;
		sum = weight == 0 ? sum * 10 + (*text - '0') : sum + weight * (*text - '0');
	}
	*out = sum;
	return sum <= 100.001;
}

/*
 * Four fields, the last may hold colons. A path in the second might, too: then the third is no
 * number and the line is none of ours. Source: apt's README.progress-reporting
 */
bool apt_status_parse(const char *line, struct apt_status *out)
{
	static const struct {
		const char *word;
		enum apt_status_kind kind;
	} kinds[] = {
		{"dlstatus", APT_DOWNLOAD},
		{"pmstatus", APT_PACKAGE},
		{"pmerror", APT_ERROR},
		{"pmconffile", APT_CONFFILE},
		{"media-change", APT_MEDIA},
	};
	char copy[LINE_MAX_BYTES];
	char *cursor = copy;
	struct apt_status status = {0};

	if (!text_copy(copy, sizeof(copy), line))
		return false;

	const char *word = text_next(&cursor, ':');
	const char *package = text_next(&cursor, ':');
	const char *percent = text_next(&cursor, ':');
	size_t kind = 0;

	while (kind < ARRAY_SIZE(kinds) && strcmp(kinds[kind].word, word) != 0)
		kind++;
	if (kind == ARRAY_SIZE(kinds) || cursor == NULL)
		return false;
	status.kind = kinds[kind].kind;
	if (status.kind != APT_MEDIA && !percent_parse(percent, &status.percent))
		return false;
	text_escape(package, strlen(package), status.package, sizeof(status.package));
	text_escape(cursor, strlen(cursor), status.text, sizeof(status.text));
	*out = status;
	return true;
}

/* --- what went wrong --------------------------------------------------------- */

/* " x : Depends: y (>= 2) but 1 is to be installed": the lists know an older one than is needed. */
static bool names_older(const char *line)
{
	static const char *const relations[] = {"(>= ", "(>> ", "(= "};
	const char *but = strstr(line, ") but "), *needed = NULL;
	char need[128], have[128];

	for (size_t i = 0; needed == NULL && i < ARRAY_SIZE(relations); i++) {
		needed = strstr(line, relations[i]);
		needed = needed != NULL ? needed + strlen(relations[i]) : NULL;
	}
	if (needed == NULL || but == NULL || needed > but)
		return false;

	const char *found = but + strlen(") but ");

	return text_copy_n(need, sizeof(need), needed, (size_t)(but - needed)) &&
	       text_copy_n(have, sizeof(have), found, strcspn(found, " ")) &&
	       dpkg_version_compare(have, need) < 0;
}

/*
 * What apt says, and what it means; of several on one page the first row that occurs anywhere wins:
 * causes stand before what follows from them. English, unchanged since apt 1.0.
 */
static const struct {
	const char *phrase;
	enum apt_trouble trouble;
	bool (*fits)(const char *line); /* what more the line must say; NULL: nothing */
} phrases[] = {
	{"E: Could not get lock", APT_LOCKED, NULL},
	{"E: Unable to acquire the dpkg frontend lock", APT_LOCKED, NULL},
	{"E: Unable to lock", APT_LOCKED, NULL},
	{"E: dpkg was interrupted", APT_INTERRUPTED, NULL},
	{"E: The list of sources could not be read", APT_SOURCES_BROKEN, NULL},
	{"E: You don't have enough free space", APT_NO_SPACE, NULL},
	{"No space left on device", APT_NO_SPACE, NULL},
	{"404  Not Found", APT_STALE_LISTS, NULL},
	{"404 Not Found", APT_STALE_LISTS, NULL},
	{"E: Unable to fetch some archives", APT_STALE_LISTS, NULL},
	{"E: Held packages were changed", APT_HELD_CHANGED, NULL},
	{"The following held packages will be changed:", APT_HELD_CHANGED, NULL},
	{"E: Packages were downgraded", APT_WOULD_DOWNGRADE, NULL},
	{"E: Packages need to be removed", APT_WOULD_REMOVE, NULL},
	{"E: Essential packages were removed", APT_WOULD_REMOVE, NULL},
	{"but it is not installable", APT_STALE_LISTS, NULL}, /* no version of it in the lists */
	{"[no choices]", APT_STALE_LISTS, NULL},              /* the same from apt 3's solver */
	{"is to be installed", APT_STALE_LISTS, names_older},
	{"but it is not going to be installed", APT_UNMET, NULL},
	{"is to be installed", APT_UNMET, NULL},
	{"E: Unmet dependencies", APT_UNMET, NULL},
	{"E: Unable to satisfy dependencies", APT_UNMET, NULL},
	{"E: Unable to correct problems", APT_UNMET, NULL},
	{"E: Sub-process", APT_DPKG_FAILED, NULL},
	{"E: ", APT_OTHER, NULL},
};

/* The first line that holds phrase; where phrase is apt's "E: ", it must start the line. */
static bool find_phrase(const char *words, const char *phrase, bool (*fits)(const char *line),
	char *line, size_t line_size)
{
	bool is_error = text_starts(phrase, "E: ");

	for (words = next_line(words, line, line_size); words != NULL;
		words = next_line(words, line, line_size)) {
		if ((is_error ? text_starts(line, phrase) : strstr(line, phrase) != NULL) &&
			(fits == NULL || fits(line)))
			return true;
	}
	return false;
}

enum apt_trouble apt_trouble_find(const char *words, char *out_line, size_t out_size)
{
	char line[LINE_MAX_BYTES];

	text_copy_cut(out_line, out_size, "");
	for (size_t i = 0; i < ARRAY_SIZE(phrases); i++) {
		if (find_phrase(words, phrases[i].phrase, phrases[i].fits, line, sizeof(line))) {
			char *trimmed = text_trim(line);

			text_escape(trimmed, strlen(trimmed), out_line, out_size);
			return phrases[i].trouble;
		}
	}
	return APT_FINE;
}
