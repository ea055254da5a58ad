/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lists of hosts that recipes give: what an entry may be, and what it covers. */
#include "updaters/lib/url.h"

#include <ctype.h>
#include <string.h>

#include "updaters/lib/text.h"

/* Two spellings of one path get equal: unreserved bytes decoded, hex digits in upper case. */
static void path_canon(const char *path, char out[URL_MAX])
{
	const char *end = path + strlen(path);
	size_t len = 0, n;

	for (; path < end; path += n) {
		unsigned char c = url_byte_at(path, (size_t)(end - path), &n);

		if (n == 1 || isalnum(c) || strchr("-._~", c) != NULL) {
			out[len++] = (char)c;
			continue;
		}
		for (size_t i = 0; i < n; i++)
			out[len++] = (char)toupper((unsigned char)path[i]);
	}
	out[len] = '\0';
}

/* Does a server that decodes the path, however much of it, get to climb out of the prefix? */
static bool path_climbs(const char *path)
{
	const char *end = path + strlen(path);
	size_t n_dots = 0, n_others = 0, n;

	for (;; path += n) {
		unsigned char c = url_byte_at(path, (size_t)(end - path), &n);

		if (c != '/' && c != '\\' && *path != '\0') {
			n_dots += c == '.';
			n_others += c != '.';
			continue;
		}
		if (n_dots == 2 && n_others == 0)
			return true;
		if (*path == '\0')
			return false;
		n_dots = n_others = 0;
	}
}

static bool entry_covers(const char *entry, const char *host, const char *path)
{
	char entry_host[URL_HOST_MAX], prefix[URL_MAX];
	size_t host_len = strcspn(entry, "/");

	if (!text_copy_n(entry_host, sizeof(entry_host), entry, host_len))
		return false;
	if (text_ends(entry_host, ":443"))
		entry_host[host_len - 4] = '\0';
	if (!text_equal(entry_host, host))
		return false;
	if (entry[host_len] == '\0')
		return true;
	if (strnlen(entry, URL_MAX) == URL_MAX || path_climbs(path))
		return false;
	path_canon(entry + host_len, prefix);
	return text_starts(path, prefix);
}

bool url_is_listed(const char *url, const char *const *entries, size_t n_entries)
{
	char host[URL_HOST_MAX], raw_path[URL_MAX], path[URL_MAX];

	if (!url_check(url, NULL) || !url_host(url, host, sizeof(host)) ||
		!url_path(url, raw_path, sizeof(raw_path)))
		return false;
	path_canon(raw_path, path);
	for (size_t i = 0; i < n_entries; i++)
		if (entry_covers(entries[i], host, path))
			return true;
	return false;
}

bool url_check_host_entry(const char *entry, struct err *e)
{
	char url[URL_MAX + 8] = "https://";
	const char *path = strchr(entry, '/');

	if (strstr(entry, "://") != NULL)
		return err_set(e, ERR_PARSE, "\"%.200s\": write the host without a scheme", entry);
	if (!text_copy(url + 8, URL_MAX, entry))
		return err_set(e, ERR_PARSE, "host longer than %d bytes", URL_MAX - 1);
	if (strpbrk(entry, "?#") != NULL || (path != NULL && path_climbs(path)))
		return err_set(e, ERR_PARSE, "\"%.200s\": only a host and a path", entry);
	if (!url_check(url, e))
		return false;
	for (const char *at = entry; *at != '\0' && at != path; at++)
		if (isupper((unsigned char)*at))
			return err_set(
				e, ERR_PARSE, "\"%.200s\": write the host in lower case", entry);
	if (path != NULL && !text_ends(path, "/"))
		return err_set(
			e, ERR_PARSE, "\"%.200s\": a path prefix has to end with \"/\"", entry);
	return true;
}

bool url_is_shared_host(const char *host)
{
	static const char *const shared[] = {"github.com", "codeload.github.com",
		"raw.githubusercontent.com", "objects.githubusercontent.com",
		"release-assets.githubusercontent.com", "gitlab.com", "bitbucket.org",
		"codeberg.org", "sourceforge.net", "downloads.sourceforge.net",
		"storage.googleapis.com", "drive.google.com", "www.dropbox.com", "cdn.jsdelivr.net",
		"unpkg.com", "archive.org"};
	char name[URL_HOST_MAX];

	if (!text_copy_n(name, sizeof(name), host, strcspn(host, ":/")))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(shared); i++)
		if (text_equal(name, shared[i]))
			return true;
	/* s3.amazonaws.com and s3.REGION.amazonaws.com; a bucket's own host stands before the s3 */
	return text_ends(name, ".amazonaws.com") &&
	       (text_starts(name, "s3.") || text_starts(name, "s3-"));
}
