/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/package_log.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

/*
 * A month of a busy desktop is far below LOG_END_MAX. Between dpkg's word and apt's lies a second
 * of rounding; a transaction that wrote no end may have gone on for an hour.
 */
enum { LOG_END_MAX = 8 << 20, LINE_MAX_BYTES = 64 << 10, SLACK_MS = 1000, ENDLESS_MS = 3600000 };

const struct package_logs package_logs_of_system = {
	.dpkg = "/var/log/dpkg.log",
	.apt = "/var/log/apt/history.log",
};

/* The end of a log, malloc'd; from a whole line on. NULL: there is none that can be read. */
static char *log_read_end(const char *path, size_t *out_len)
{
	SCOPED_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	SCOPED_FREE char *text = NULL;
	struct stat st;
	size_t len = 0;

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return NULL;

	off_t start = st.st_size > LOG_END_MAX ? st.st_size - LOG_END_MAX : 0;

	text = calloc(1, (size_t)(st.st_size - start) + 1);
	if (text == NULL ||
		!fs_read_at(fd, text, (size_t)(st.st_size - start), (uint64_t)start, &len))
		return NULL;
	text[len] = '\0';
	if (start > 0) {
		const char *newline = memchr(text, '\n', len);
		size_t cut = newline != NULL ? (size_t)(newline - text) + 1 : len;

		memmove(text, text + cut, len - cut + 1);
		len -= cut;
	}
	*out_len = len;
	return MOVE_PTR(text);
}

/* Each line of the log's end, as a string; what holds a NUL, or is too long, is passed over. */
static void log_each_line(const char *path, void (*on_line)(void *user, char *line), void *user)
{
	size_t len = 0;
	SCOPED_FREE char *text = log_read_end(path, &len);

	for (char *at = text; text != NULL && at < text + len;) {
		char *newline = memchr(at, '\n', len - (size_t)(at - text));
		char *end = newline != NULL ? newline : text + len;

		*end = '\0';
		if (strlen(at) == (size_t)(end - at) && end - at < LINE_MAX_BYTES)
			on_line(user, at);
		at = end + 1;
	}
}

static void log_rotated(const char *path, char out[PATH_MAX])
{
	int n = snprintf(out, PATH_MAX, "%s.1", path);

	if (n < 0 || n >= PATH_MAX)
		out[0] = '\0';
}

/* --- dpkg's: "2026-11-22 11:33:52 upgrade probe:amd64 1.0 2.0" ---------------- */

struct deed {
	const char *package, *version;
	int64_t when_unix_ms; /* of the last one, 0 = none */
	bool is_found;        /* a line about this package was there at all */
};

/* "probe:amd64" is probe, whatever its architecture. */
static bool is_package(const char *word, const char *package)
{
	size_t len = strlen(package);

	return strncmp(word, package, len) == 0 && (word[len] == ':' || word[len] == '\0');
}

/* A purge without a removal before it only took what a removal had left. */
static void deed_line(void *user, char *line)
{
	struct deed *deed = user;
	char *cursor = line + strlen("2026-11-22 11:33:52");
	int64_t when_unix_ms = 0;

	if (strlen(line) <= strlen("2026-11-22 11:33:52 ") || *cursor != ' ')
		return;
	*cursor++ = '\0';

	const char *action = text_next(&cursor, ' ');
	const char *package = cursor != NULL ? text_next(&cursor, ' ') : NULL;
	const char *from = cursor != NULL ? text_next(&cursor, ' ') : NULL;
	const char *to = cursor != NULL ? text_next(&cursor, ' ') : NULL;
	bool is_removal = text_equal(action, "remove");

	if (to == NULL || from == NULL || !is_package(package, deed->package) ||
		(!is_removal && !text_equal(action, "install") && !text_equal(action, "upgrade")))
		return;
	deed->is_found = true;
	deed->when_unix_ms = 0;
	if (text_equal(is_removal ? "" : to, deed->version) &&
		clock_parse_local(line, &when_unix_ms))
		deed->when_unix_ms = when_unix_ms;
}

/* --- apt's: paragraphs -------------------------------------------------------- */

struct paragraph {
	const char *package, *version; /* "" = it was removed */
	int64_t when_unix_ms;          /* of dpkg's deed */
	int64_t start, end;            /* of this paragraph, 0 = not told */
	bool has_package;              /* it is in a list of that sort */
	struct package_change read;    /* who and how, of this paragraph */
	struct package_change last;    /* … of the last one that fits */
};

/* "probe:amd64 (1.0, 2.0), third:all (2.0)": is this word of the list about that version? */
static bool is_version(const char *word, const char *version)
{
	size_t end = strcspn(word, ")"), len = strlen(version);
	const char *open = strchr(word, '('), *at = open;

	while (open != NULL && (at = strstr(at + 1, version)) != NULL && at < word + end) {
		if ((at[-1] == '(' || at[-1] == ' ') && (at[len] == ',' || at[len] == ')'))
			return true;
	}
	return false;
}

/* Is a list about this package, and, unless "", this version? */
static bool list_has(const char *list, const char *package, const char *version)
{
	for (const char *at = strstr(list, package); at != NULL; at = strstr(at + 1, package)) {
		if ((at == list || at[-1] == ' ') && is_package(at, package) &&
			(version[0] == '\0' || is_version(at, version)))
			return true;
	}
	return false;
}

static void paragraph_end(struct paragraph *p)
{
	int64_t end = p->end != 0 ? p->end : p->start + ENDLESS_MS;

	if (p->start != 0 && p->has_package && p->when_unix_ms >= p->start - SLACK_MS &&
		p->when_unix_ms <= end + SLACK_MS)
		p->last = p->read;
	p->start = p->end = 0;
	p->has_package = false;
	p->read = (struct package_change){0};
}

static void paragraph_line(void *user, char *line)
{
	static const struct {
		const char *name;
		bool removes;
	} lists[] = {{"Install: ", false}, {"Reinstall: ", false}, {"Upgrade: ", false},
		{"Downgrade: ", false}, {"Remove: ", true}, {"Purge: ", true}};
	struct paragraph *p = user;
	const char *colon = strstr(line, ": "), *value = colon != NULL ? colon + 2 : "";

	if (line[0] == '\0')
		paragraph_end(p);
	else if (text_starts(line, "Start-Date: ") && !clock_parse_local(value, &p->start))
		p->start = 0;
	else if (text_starts(line, "End-Date: ") && !clock_parse_local(value, &p->end))
		p->end = 0;
	else if (text_starts(line, "Commandline: "))
		text_escape(value, strlen(value), p->read.command, sizeof(p->read.command));
	else if (text_starts(line, "Requested-By: ")) /* "ana (1000)" */
		text_escape(value, strcspn(value, " "), p->read.who, sizeof(p->read.who));
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		p->has_package |= lists[i].removes == (p->version[0] == '\0') &&
				  text_starts(line, lists[i].name) &&
				  list_has(value, p->package, p->version);
}

/* --- together ----------------------------------------------------------------- */

void package_log_find(const struct package_logs *logs, const char *package, const char *version,
	struct package_change *out)
{
	char rotated[PATH_MAX];
	struct deed deed = {.package = package, .version = version};
	struct paragraph p = {.package = package, .version = version};

	*out = (struct package_change){0};
	log_each_line(logs->dpkg, deed_line, &deed);
	log_rotated(logs->dpkg, rotated);
	if (!deed.is_found)
		log_each_line(rotated, deed_line, &deed);
	if (deed.when_unix_ms == 0)
		return;
	p.when_unix_ms = deed.when_unix_ms;
	log_rotated(logs->apt, rotated);
	log_each_line(rotated, paragraph_line, &p);
	paragraph_end(&p);
	log_each_line(logs->apt, paragraph_line, &p);
	paragraph_end(&p);
	*out = p.last;
	out->when_unix_ms = deed.when_unix_ms;
}
