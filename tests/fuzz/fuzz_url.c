/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A first line as a page's address, the rest as a link on it or where a redirect leads: what is
 * resolved is on https, names a host that is one, resolves to itself again and is on a list only
 * where its own host is.
 */
#include "target.h"

#include "updaters/lib/url.h"

static const char host_bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789-.:";

static void check_listed(const char *url, const char *host)
{
	char entry[URL_HOST_MAX + 32], longer[URL_HOST_MAX + 32];
	const char *const other[] = {"cdn.posit.co", "files.test/pool/", longer};
	const char *const own[] = {entry};

	snprintf(entry, sizeof(entry), "%s", host);
	snprintf(longer, sizeof(longer), "x%s", host);
	must(url_is_listed(url, own, 1), "its own host does not cover it");
	for (size_t i = 0; i < ARRAY_SIZE(other); i++) {
		size_t len = strcspn(other[i], "/");

		if (url_is_listed(url, &other[i], 1))
			must(strlen(host) == len && strncmp(host, other[i], len) == 0,
				"on another host's list");
	}
}

/* All that url_check lets through. */
static void check_accepted(const char *url)
{
	char host[URL_MAX], path[URL_MAX], name[URL_MAX], again[URL_MAX];
	struct err e = {0};

	must(!has_control_bytes(url) && strchr(url, ' ') == NULL && strlen(url) < URL_MAX,
		"an address that is none");
	must(strncasecmp(url, "https://", 8) == 0, "not on https");
	if (!url_host(url, host, sizeof(host)))
		return;
	must(host[0] != '\0' && strspn(host, host_bytes) == strlen(host), "a host that is none");
	must(url_path(url, path, sizeof(path)) && path[0] == '/', "no path");
	if (url_file_name(url, name, sizeof(name)))
		must(name[0] != '\0' && strchr(name, '/') == NULL && !has_control_bytes(name) &&
				!text_equal(name, "..") && !text_equal(name, "."),
			"a file name that is none");
	check_listed(url, host);
	if (url_resolve(url, url, strlen(url), again, sizeof(again), &e))
		must(url_check(again, &e), "resolved to what is refused");
}

static void check_resolved(const char *base, const char *link, size_t len)
{
	char url[URL_MAX], again[URL_MAX], from[URL_MAX], to[URL_MAX];
	struct err e = {0};

	if (!url_resolve(base, link, len, url, sizeof(url), &e)) {
		must_be_told(&e);
		return;
	}
	must(url_check(url, &e), "resolved to what is refused");
	check_accepted(url);
	must(strchr(url, '#') == NULL, "a fragment is left");
	must(url_path(url, to, sizeof(to)) && strstr(to, "/../") == NULL && !text_ends(to, "/..") &&
			strstr(to, "/./") == NULL,
		"dots are left in the path");
	must(url_resolve(base, url, strlen(url), again, sizeof(again), &e) || strchr(url, '&'),
		"what was resolved can't be resolved");
	if (strchr(url, '&') == NULL)
		must(text_equal(url, again), "resolved twice, it is another address");
	/* a link that names no host stays on the page's */
	if (len > 1 && link[0] == '/' && link[1] != '/' && link[1] != '&' &&
		url_host(base, from, sizeof(from)) && url_host(url, to, sizeof(to)))
		must(text_equal(from, to), "a path led to another host");
}

static void check_entry(const char *entry)
{
	struct err e = {0};

	if (!url_check_host_entry(entry, &e)) {
		must_be_told(&e);
		return;
	}
	must(!has_control_bytes(entry) && strstr(entry, "://") == NULL &&
			strspn(entry, host_bytes) == strcspn(entry, "/"),
		"an entry of a hosts list that is none");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED_FREE char *input = text_of(data, size);
	const uint8_t *newline = size > 0 ? memchr(data, '\n', size) : NULL;
	size_t line_len = newline != NULL ? (size_t)(newline - data) : size;
	size_t link_len = newline != NULL ? size - line_len - 1 : 0;
	SCOPED_FREE char *link = bytes_of(newline != NULL ? newline + 1 : data, link_len);
	struct err e = {0};

	input[line_len] = '\0';
	if (url_check(input, &e))
		check_accepted(input);
	else
		must_be_told(&e);
	check_entry(input);
	check_resolved(input, link, link_len);
	check_resolved("https://github.com/posit-dev/positron/releases?page=2", link, link_len);
	return 0;
}
