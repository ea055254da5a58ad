/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/python/installed.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/json.h"
#include "updaters/lib/list.h"
#include "updaters/lib/text.h"

enum { ENTRIES_MAX = 100000, METADATA_MAX = 4 << 20, DIRECT_URL_MAX = 64 << 10, PATH_SIZE = 2048 };

void distributions_clear(struct distributions *d)
{
	free(d->items);
	*d = (struct distributions){0};
}

bool installed_normalize(const char *name, char out[INSTALLED_NAME_MAX])
{
	size_t n = 0;

	for (const char *s = name; *s != '\0' && n + 1 < INSTALLED_NAME_MAX; s++) {
		bool is_mark = strchr("-_.", *s) != NULL;

		if (!is_mark && !isalnum((unsigned char)*s))
			break;
		if (is_mark && n > 0 && out[n - 1] == '-')
			continue; /* a row of marks is one */
		out[n++] = is_mark ? '-' : (char)tolower((unsigned char)*s);
	}
	out[n] = '\0';
	return n > 0;
}

/* Only what a name or version may hold: both come to stand in a command line. */
static bool is_word(const char *s)
{
	return isalnum((unsigned char)s[0]) &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+!") ==
		       strlen(s);
}

/* Name and Version of the head; what follows the first empty line is prose. */
static bool metadata_parse(char *raw_text, struct distribution *out)
{
	char *cursor = raw_text, *line;

	while ((line = text_next(&cursor, '\n')) != NULL && line[0] != '\0' && line[0] != '\r') {
		bool fits = true;

		if (text_starts(line, "Name:"))
			fits = text_copy(out->name, sizeof(out->name), text_trim(line + 5));
		else if (text_starts(line, "Version:"))
			fits = text_copy(out->version, sizeof(out->version), text_trim(line + 8));
		if (!fits)
			return false;
	}
	return is_word(out->name) && is_word(out->version);
}

static const char *text_at(const struct json *document, const char *pointer)
{
	const char *text = json_text(json_at(document, pointer));

	return text != NULL ? text : "";
}

/* PEP 610 */
static void direct_url_read(const char *path, struct distribution *out)
{
	SCOPED_FREE char *raw_text = NULL;
	SCOPED(json_free) struct json *document = NULL;
	size_t len = 0;

	if (!fs_read(path, DIRECT_URL_MAX, &raw_text, &len, NULL) ||
		!json_parse(raw_text, len, &document, NULL))
		return;

	const char *url = text_at(document, "/url"), *vcs = text_at(document, "/vcs_info/vcs"),
		   *commit = text_at(document, "/vcs_info/commit_id");
	int n;

	out->is_editable = text_equal(text_at(document, "/dir_info/editable"), "true");
	if (out->is_editable && text_starts(url, "file://"))
		url += strlen("file://");
	if (vcs[0] != '\0')
		n = snprintf(
			out->direct_url, sizeof(out->direct_url), "%s+%s@%s", vcs, url, commit);
	else
		n = snprintf(out->direct_url, sizeof(out->direct_url), "%s", url);
	if (n < 0 || (size_t)n >= sizeof(out->direct_url))
		snprintf(out->direct_url, sizeof(out->direct_url), "an address too long to keep");
}

static bool distribution_read(const char *folder, const char *info, struct distribution *out)
{
	SCOPED_FREE char *raw_text = NULL;
	bool is_egg = text_ends(info, ".egg-info");
	char path[PATH_SIZE];
	int n = snprintf(
		path, sizeof(path), "%s/%s/%s", folder, info, is_egg ? "PKG-INFO" : "METADATA");

	if (n < 0 || (size_t)n >= sizeof(path) || !text_copy(out->info, sizeof(out->info), info) ||
		!fs_read(path, METADATA_MAX, &raw_text, NULL, NULL) ||
		!metadata_parse(raw_text, out))
		return false;
	n = snprintf(path, sizeof(path), "%s/%s/direct_url.json", folder, info);
	if (n >= 0 && (size_t)n < sizeof(path))
		direct_url_read(path, out);
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct distribution *x = a, *y = b;
	int order = strcasecmp(x->name, y->name);

	return order != 0 ? order : strcmp(x->info, y->info);
}

bool installed_list(const char *site_packages, struct distributions *out, struct err *e)
{
	SCOPED_CLEAR(distributions_clear) struct distributions list = {0};
	DIR *dir = opendir(site_packages);
	struct dirent *entry;

	if (dir == NULL && errno != ENOENT && errno != ENOTDIR)
		return err_sys(e, ERR_PYTHON, "can't read %s", site_packages);
	for (size_t i = 0; dir != NULL && i < ENTRIES_MAX && (entry = readdir(dir)) != NULL; i++) {
		struct distribution *grown, one = {.name = ""};

		if ((!text_ends(entry->d_name, ".dist-info") &&
			    !text_ends(entry->d_name, ".egg-info")) ||
			!distribution_read(site_packages, entry->d_name, &one))
			continue;
		grown = list_grow(list.items, list.n_items, INSTALLED_MAX, sizeof(*list.items));
		if (grown == NULL) {
			closedir(dir);
			return err_set(e, ERR_PYTHON, "over %d packages in %s", INSTALLED_MAX,
				site_packages);
		}
		list.items = grown;
		list.items[list.n_items++] = one;
	}
	if (dir != NULL)
		closedir(dir);
	if (list.n_items > 0)
		qsort(list.items, list.n_items, sizeof(*list.items), by_name);
	*out = list;
	list = (struct distributions){0};
	return true;
}

const struct distribution *installed_find(const struct distributions *d, const char *name)
{
	char wanted[INSTALLED_NAME_MAX], has[INSTALLED_NAME_MAX];

	if (!installed_normalize(name, wanted))
		return NULL;
	for (size_t i = 0; i < d->n_items; i++) {
		if (installed_normalize(d->items[i].name, has) && text_equal(wanted, has))
			return &d->items[i];
	}
	return NULL;
}
