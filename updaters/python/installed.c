/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/python/installed.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/json.h"
#include "updaters/lib/list.h"
#include "updaters/lib/person.h"

enum { METADATA_MAX = 32 << 10, DIRECT_URL_MAX = 64 << 10, RECORD_MAX = 256 << 10 };

void dists_clear(struct dists *d)
{
	free(d->items);
	*d = (struct dists){0};
}

/* --- words that go into a line for pip ------------------------------------------------------- */

static bool is_made_of(const char *s, const char *more)
{
	if (!isalnum((unsigned char)s[0]))
		return false;
	while (isalnum((unsigned char)*s) || (*s && strchr(more, *s)))
		s++;
	return *s == '\0';
}

static bool is_name(const char *s)
{
	return is_made_of(s, "._-");
}

static bool is_version(const char *s)
{
	return is_made_of(s, ".+!_-");
}

/* An address without anything that pip would read as the next word of the line. */
static bool is_address(const char *s)
{
	for (const char *at = s; *at; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7f || *at == '"' || *at == '\'' ||
			*at == '\\' || *at == '`' || *at == '$')
			return false;
	return isalpha((unsigned char)s[0]) && strstr(s, "://") != NULL;
}

/* --- metadata -------------------------------------------------------------------------------- */

/* The start of a file below site; what is longer than max is cut. NULL: it can't be read. */
static char *head_read(const char *site, const char *folder, const char *name, size_t max)
{
	char path[PERSON_PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s%s%s", site, folder, name[0] ? "/" : "", name);
	SCOPED_CLOSE int fd = -1;
	SCOPED_FREE char *text = NULL;
	size_t len = 0;

	if (n < 0 || (size_t)n >= sizeof(path))
		return NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	text = fd < 0 ? NULL : calloc(1, max + 1);
	if (!text || !fs_read_at(fd, text, max, 0, &len))
		return NULL;
	text[len] = '\0';
	return MOVE_PTR(text);
}

/* A field of the head, which ends at the first empty line. */
static bool field_find(const char *text, const char *field, char *out, size_t out_size)
{
	size_t n = strlen(field);

	for (const char *at = text; *at && *at != '\n' && *at != '\r';) {
		size_t len = strcspn(at, "\r\n");

		if (len > n && strncasecmp(at, field, n) == 0 && at[n] == ':') {
			const char *value = at + n + 1 + strspn(at + n + 1, " \t");
			size_t value_len = (size_t)(at + len - value);

			while (value_len > 0 && isspace((unsigned char)value[value_len - 1]))
				value_len--;
			return text_copy_n(out, out_size, value, value_len);
		}
		at += len;
		at += *at == '\r';
		at += *at == '\n';
	}
	return false;
}

static bool metadata_read(const char *site, struct dist *d)
{
	static const char *const files[] = {"METADATA", "PKG-INFO", ""};
	bool ok = false;

	for (size_t i = 0; !ok && i < ARRAY_SIZE(files); i++) {
		SCOPED_FREE char *text = head_read(site, d->folder, files[i], METADATA_MAX);

		ok = text && field_find(text, "Name", d->name, sizeof(d->name)) && is_name(d->name);
		if (ok && (!field_find(text, "Version", d->version, sizeof(d->version)) ||
				  !is_version(d->version)))
			d->version[0] = '\0';
	}
	return ok;
}

static void PRINTF_LIKE(2, 3) require(struct dist *d, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(d->requirement, sizeof(d->requirement), format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(d->requirement))
		d->requirement[0] = '\0';
}

/* It can't be had again: WHAT, and why. */
static void lose(struct dist *d, const char *what, const char *why)
{
	char escaped[sizeof(d->lost) - 64];

	d->requirement[0] = '\0';
	text_escape(what, strlen(what), escaped, sizeof(escaped));
	(void)snprintf(d->lost, sizeof(d->lost), "%s%.60s", escaped, why);
}

/* The path of "file:///a%20b"; false: it is none. */
static bool path_of_url(const char *url, char *out, size_t out_size)
{
	size_t n = 0;

	if (!text_starts(url, "file:///"))
		return false;
	for (const char *at = url + strlen("file://"); *at && *at != '#'; at++) {
		unsigned int c = (unsigned char)*at;

		if (c == '%' && text_is_hex((char[]){at[1], at[1] ? at[2] : '\0', '\0'}, 2)) {
			c = (unsigned int)strtoul((char[]){at[1], at[2], '\0'}, NULL, 16);
			at += 2;
		}
		if (c == 0 || n + 1 >= out_size)
			return false;
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return true;
}

static void direct_url_read(const struct json *j, struct dist *d)
{
	const char *url = json_text(json_at(j, "/url"));
	const char *vcs = json_text(json_at(j, "/vcs_info/vcs"));
	const char *commit = json_text(json_at(j, "/vcs_info/commit_id"));
	const char *editable = json_text(json_at(j, "/dir_info/editable"));
	const char *below = json_text(json_at(j, "/subdirectory"));
	char path[PERSON_PATH_MAX];

	d->from = vcs                                        ? DIST_VCS
		  : editable && text_equal(editable, "true") ? DIST_EDITABLE
							     : DIST_FILE;
	if (!url || !is_address(url) || (vcs && !is_made_of(vcs, "")) ||
		(commit && !is_version(commit)) || (below && !is_made_of(below, "._-/")))
		lose(d, d->name, ": its direct_url.json can't be used");
	else if (path_of_url(url, path, sizeof(path)) && access(path, F_OK) < 0)
		lose(d, path, " is gone, where it was installed from");
	else if (d->from == DIST_EDITABLE)
		require(d, "-e %s", url);
	else if (vcs)
		require(d, "%s @ %s+%s%s%s%s%s", d->name, vcs, url, commit ? "@" : "",
			commit ? commit : "", below ? "#subdirectory=" : "", below ? below : "");
	else
		require(d, "%s @ %s", d->name, url);
}

static void origin_read(const char *site, struct dist *d)
{
	SCOPED_FREE char *text = head_read(site, d->folder, "direct_url.json", DIRECT_URL_MAX);
	SCOPED(json_free) struct json *j = NULL;

	if (!text && d->version[0])
		require(d, "%s==%s", d->name, d->version);
	else if (!text)
		lose(d, d->name, " says no version in its metadata");
	else if (!json_parse(text, strlen(text), &j, NULL))
		lose(d, d->name, ": its direct_url.json can't be read");
	else
		direct_url_read(j, d);
}

/* X.egg-link: the first line is the folder. */
static bool egg_link_read(const char *site, struct dist *d)
{
	SCOPED_FREE char *text = head_read(site, d->folder, "", PERSON_PATH_MAX);
	size_t len = strlen(d->folder) - strlen(".egg-link");

	if (!text || !text_copy_n(d->name, sizeof(d->name), d->folder, len) || !is_name(d->name))
		return false;
	text[strcspn(text, "\r\n")] = '\0';
	d->from = DIST_EDITABLE;
	if (text[0] != '/' || access(text, F_OK) < 0)
		lose(d, text, " is gone, where it was installed from");
	else if (strpbrk(text, "\"'\\$` \t"))
		lose(d, text, " has a name that can't be handed to pip");
	else
		require(d, "-e %s", text);
	return true;
}

/* --- all ---------------------------------------------------------------------------------------
 */

static int dist_compare(const void *a, const void *b)
{
	const struct dist *x = a, *y = b;
	int by_name = strcasecmp(x->name, y->name);

	return by_name != 0 ? by_name : strcmp(x->folder, y->folder);
}

static bool dist_take(const char *site, const char *name, struct dists *out, struct err *e)
{
	struct dist d = {0};
	bool is_link = text_ends(name, ".egg-link");

	if (name[0] == '~' || name[0] == '.' || !text_copy(d.folder, sizeof(d.folder), name) ||
		!(is_link || text_ends(name, ".dist-info") || text_ends(name, ".egg-info")))
		return true;
	if (!(is_link ? egg_link_read(site, &d) : metadata_read(site, &d)))
		return true;
	if (!is_link)
		origin_read(site, &d);

	struct dist *grown = list_grow(out->items, out->n_items, INSTALLED_MAX, sizeof(d));

	if (!grown)
		return err_set(
			e, ERR_PYTHON, "%s: over %d packages, or no memory", site, INSTALLED_MAX);
	out->items = grown;
	out->items[out->n_items++] = d;
	return true;
}

bool installed_read(const char *site, struct dists *out, struct err *e)
{
	DIR *folder = opendir(site);
	struct dists found = {0};
	bool ok = true;

	*out = found;
	if (!folder)
		return errno == ENOENT || err_sys(e, ERR_PYTHON, "%s can't be read", site);
	for (struct dirent *d; ok && (d = readdir(folder));)
		ok = dist_take(site, d->d_name, &found, e);
	closedir(folder);
	if (!ok) {
		dists_clear(&found);
		return false;
	}
	if (found.n_items > 0)
		qsort(found.items, found.n_items, sizeof(*found.items), dist_compare);
	*out = found;
	return true;
}

/* --- modules -----------------------------------------------------------------------------------
 */

static bool is_module(const char *s)
{
	if (!isalpha((unsigned char)s[0]))
		return false;
	while (isalnum((unsigned char)*s) || *s == '_')
		s++;
	return *s == '\0';
}

/* "name/__init__.py,…" or "name.py,…": the module of a line of RECORD, in place. */
static bool module_of_line(char *line)
{
	char *slash = strchr(line, '/');

	line[strcspn(line, ",")] = '\0';
	if (slash && text_equal(slash, "/__init__.py"))
		*slash = '\0';
	else if (!slash && text_ends(line, ".py"))
		line[strlen(line) - 3] = '\0';
	else
		return false;
	return is_module(line);
}

static bool module_find(const char *site, const struct dist *d, char *out, size_t out_size)
{
	SCOPED_FREE char *names = head_read(site, d->folder, "top_level.txt", METADATA_MAX);
	SCOPED_FREE char *record = head_read(site, d->folder, "RECORD", RECORD_MAX);
	char *line, *cursor = names;

	while (cursor && (line = text_next(&cursor, '\n')))
		if (is_module(text_trim(line)))
			return text_copy(out, out_size, text_trim(line));
	for (cursor = record; cursor && (line = text_next(&cursor, '\n'));)
		if (module_of_line(line))
			return text_copy(out, out_size, line);
	return false;
}

bool installed_modules(const char *site, const struct dists *d, size_t max, struct strings *out)
{
	static const char *const family[] = {"pip", "setuptools", "wheel", "distribute"};
	char module[128];

	for (size_t i = 0; i < d->n_items && out->n_items < max; i++) {
		bool is_family = false;

		for (size_t k = 0; k < ARRAY_SIZE(family); k++)
			is_family = is_family || strcasecmp(d->items[i].name, family[k]) == 0;
		if (is_family || !module_find(site, &d->items[i], module, sizeof(module)) ||
			strings_has(out, module))
			continue;
		if (!strings_add(out, module))
			return false;
	}
	return true;
}
