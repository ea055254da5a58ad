/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Doctor: apt and dpkg, as they would meet a run. Nothing is locked, nothing asked of the net. */
#include "updaters/doctor_parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "updaters/lib/apt.h"
#include "updaters/lib/child.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"

#define APT_GET      "/usr/bin/apt-get"
#define SOURCES_PART "/etc/apt/sources.list.d"
#define LISTS        "/var/lib/apt/lists"

enum { APT_TIMEOUT_MS = 60 * 1000, APT_WORDS_MAX = 4 << 20, STALE_DAYS = 14, FILES_MAX = 16 };

void doctor_apt_programs(struct doctor *d)
{
	static const char *const programs[] = {
		APT_GET, "/usr/bin/dpkg", "/usr/bin/dpkg-deb", "/usr/bin/dpkg-query"};
	size_t n_there = 0;

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		if (access(programs[i], X_OK) == 0) {
			n_there++;
			continue;
		}
		doctor_say(d, DOCTOR_FAILURE, "%s: %s", programs[i],
			errno == ENOENT ? "missing" : "not executable");
		if (errno != ENOENT)
			doctor_mend(d, "sudo chmod 0755 %s", programs[i]);
		else if (i > 0)
			doctor_mend(d, "sudo apt-get install --reinstall dpkg");
	}
	if (n_there == ARRAY_SIZE(programs))
		doctor_say(d, DOCTOR_OK, "apt-get, dpkg, dpkg-deb and dpkg-query in /usr/bin");
}

/* --- dpkg -------------------------------------------------------------------- */

void doctor_interrupted(struct doctor *d)
{
	if (!dpkg_is_interrupted(DPKG_FOLDER "/updates")) {
		doctor_say(d, DOCTOR_OK, "it was not interrupted");
		return;
	}
	doctor_say(d, DOCTOR_WARNING,
		"it was interrupted (/var/lib/dpkg/updates is not empty): a run brings that to its "
		"end first");
	doctor_mend(d, "sudo dpkg --configure -a");
}

void doctor_packages(struct doctor *d)
{
	SCOPED_CLEAR(strings_clear) struct strings half = {0}, held = {0};
	char names[RECORD_TEXT_MAX / 2];
	struct err e = {0};

	if (!dpkg_list_odd(&half, &held, &e)) {
		doctor_say_error(d, DOCTOR_FAILURE, e.text, NULL);
		return;
	}
	if (half.n_items > 0) {
		doctor_join(&half, names, sizeof(names));
		doctor_say(d, DOCTOR_WARNING, "half installed: %s; each apt-get tries them again",
			names);
		doctor_mend(d, "sudo apt-get -f install");
	}
	if (held.n_items > 0) {
		doctor_join(&held, names, sizeof(names));
		doctor_say(d, DOCTOR_OK, "held by apt-mark, and so left as they are: %s", names);
	}
	if (half.n_items + held.n_items == 0)
		doctor_say(d, DOCTOR_OK, "none is half installed, none is held");
}

/* --- apt-get, asked ---------------------------------------------------------- */

/* Out: malloc'd words and the exit status. false: it could not be run, which is said. */
static bool ask(struct doctor *d, const char *const *argv, char **out_words, int *out_status)
{
	struct child_spec spec = {.argv = argv, .merges_output = true, .excess = CHILD_KEEP_END};
	SCOPED_FREE char *errors = NULL;
	struct err e = {0};

	if (child_run(&spec, APT_TIMEOUT_MS, APT_WORDS_MAX, out_words, &errors, out_status, &e))
		return true;
	doctor_say_error(d, DOCTOR_FAILURE, e.text, NULL);
	return false;
}

/* "... regarding source https://packages.example/repos/code/ stable: ...": its address. */
static bool address_in(const char *line, char *out, size_t out_size)
{
	const char *at = strstr(line, "regarding source ");

	if (at == NULL)
		return false;
	at += strlen("regarding source ");
	return text_copy_n(out, out_size, at, strcspn(at, " "));
}

static bool names_address(const char *path, const char *address)
{
	SCOPED_FREE char *text = NULL;
	size_t len = strlen(address);

	while (len > 0 && address[len - 1] == '/')
		len--;

	SCOPED_FREE char *bare = strndup(address, len);

	return bare != NULL && fs_read(path, 1 << 20, &text, NULL, NULL) &&
	       strstr(text, bare) != NULL;
}

static int is_source(const struct dirent *entry)
{
	return text_ends(entry->d_name, ".list") || text_ends(entry->d_name, ".sources");
}

/*
 * Two files name one repository with different keys: of two the one-line file is the older form,
 * which a vendor's package has left beside its new one. Out: which files, and the one to go.
 */
static size_t find_rivals(const char *address, struct strings *out, size_t *out_older)
{
	struct dirent **entries = NULL;
	int n = scandir(SOURCES_PART, &entries, is_source, alphasort);

	*out_older = 0;
	for (int i = 0; i < n; i++) {
		char path[PATHS_MAX];

		if (fs_join(path, sizeof(path), SOURCES_PART, entries[i]->d_name) &&
			out->n_items < FILES_MAX && names_address(path, address) &&
			strings_add(out, path) && text_ends(path, ".list"))
			*out_older = out->n_items - 1;
		free(entries[i]);
	}
	free(entries);
	return out->n_items;
}

static void mend_sources(struct doctor *d, const char *line)
{
	SCOPED_CLEAR(strings_clear) struct strings files = {0};
	SCOPED_CLEAR(buf_clear) struct buf file = {0};
	char address[URL_MAX], names[RECORD_TEXT_MAX / 2];
	size_t older = 0;

	buf_init(&file, 2 * PATHS_MAX);
	if (!address_in(line, address, sizeof(address)) ||
		find_rivals(address, &files, &older) < 2) {
		doctor_say(d, DOCTOR_FAILURE, "apt can't read its sources: %s", line);
		doctor_mend(d, "sudo apt-get indextargets");
		return;
	}
	doctor_join(&files, names, sizeof(names));
	doctor_put_word(&file, files.items[older]);
	doctor_say(d, DOCTOR_FAILURE, "apt can't read its sources: %s (%s)", line, names);
	doctor_mend(d, "sudo mv %s %s.disabled", buf_str(&file), buf_str(&file));
}

/* apt's first "E: " says what is wrong, those behind it what that prevents. */
static void first_error(const char *words, char *out, size_t out_size)
{
	const char *at = text_starts(words, "E: ") ? words : strstr(words, "\nE: ");

	out[0] = '\0';
	if (at == NULL)
		return;
	at += at[0] == '\n' ? strlen("\nE: ") : strlen("E: ");
	text_escape(at, strcspn(at, "\n"), out, out_size);
}

void doctor_apt_sources(struct doctor *d)
{
	static const char *const argv[] = {APT_GET, "indextargets", NULL};
	SCOPED_FREE char *words = NULL;
	char line[512] = "";
	int status = 0;

	if (!ask(d, argv, &words, &status))
		return;
	if (status == 0) {
		doctor_say(d, DOCTOR_OK, "apt can read them");
		return;
	}
	first_error(words, line, sizeof(line));
	mend_sources(d, line[0] != '\0' ? line : "it does not say why");
}

void doctor_dependencies(struct doctor *d)
{
	static const char *const argv[] = {APT_GET, "-s", "-q", "check", NULL};
	SCOPED_FREE char *words = NULL;
	char line[512] = "";
	int status = 0;

	if (!ask(d, argv, &words, &status))
		return;
	if (status == 0) {
		doctor_say(d, DOCTOR_OK, "each package has what it depends on");
		return;
	}
	if (apt_trouble_find(words, line, sizeof(line)) == APT_SOURCES_BROKEN) {
		doctor_say(d, DOCTOR_NOT_APPLICABLE, "apt's sources come first");
		return;
	}
	doctor_say(d, DOCTOR_FAILURE, "packages lack what they depend on: %s", line);
	doctor_mend(d, "sudo apt-get -f install");
}

/* --- apt's lists ------------------------------------------------------------- */

static bool has_lists(void)
{
	DIR *folder = opendir(LISTS);
	bool is_found = false;

	for (struct dirent *entry = folder != NULL ? readdir(folder) : NULL;
		entry != NULL && !is_found; entry = readdir(folder))
		is_found = strchr(entry->d_name, '_') != NULL;
	if (folder != NULL)
		closedir(folder);
	return is_found;
}

/*
 * When apt last had a look; 0 = not known. The lists themselves have the server's dates; apt leaves
 * its traces in the folders, and its timer a stamp.
 */
static time_t last_update(void)
{
	static const char *const traces[] = {
		LISTS, LISTS "/partial", "/var/lib/apt/periodic/update-success-stamp"};
	time_t newest = 0;

	for (size_t i = 0; i < ARRAY_SIZE(traces); i++) {
		struct stat st;

		if (stat(traces[i], &st) == 0)
			newest = st.st_mtime > newest ? st.st_mtime : newest;
	}
	return newest;
}

void doctor_apt_lists(struct doctor *d)
{
	time_t newest = last_update();
	int64_t age_days = (clock_unix_ms() / 1000 - newest) / (24 * 3600);
	char when[CLOCK_TEXT_MAX];

	if (!has_lists()) {
		doctor_say(d, DOCTOR_WARNING, "there are none: dependencies can't be found");
		doctor_mend(d, "sudo apt-get update");
		return;
	}
	clock_format_near((int64_t)newest * 1000, clock_unix_ms(), when, sizeof(when));
	if (age_days <= STALE_DAYS) {
		doctor_say(d, DOCTOR_OK, "of %s", when);
		return;
	}
	doctor_say(d, DOCTOR_WARNING,
		"of %s, %lld days old: dependencies may not be found where they lie now", when,
		(long long)age_days);
	doctor_mend(d, "sudo apt-get update");
}
