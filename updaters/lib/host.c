/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which computer this is; codenames and their order are in host_base.c. */
#include "updaters/lib/host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "updaters/lib/child.h"
#include "updaters/lib/dpkg.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

enum {
	RELEASE_MAX_BYTES = 64 * 1024,
	ARCH_TIMEOUT_MS = 10 * 1000,
};

/* --- os-release -------------------------------------------------------------- */

/* Take quotes off, and backslashes inside double ones, as a shell would; false where unbalanced. */
static bool unquote(char *value)
{
	char quote = value[0] == '"' || value[0] == '\'' ? value[0] : '\0';
	char *to = value, *from = value + (quote != '\0');

	for (; *from != '\0' && *from != quote; from++) {
		if (*from == '\\' && quote != '\'' && from[1] != '\0')
			from++;
		*to++ = *from;
	}

	bool is_whole = quote == '\0' || (*from == quote && from[1] == '\0');

	*to = '\0';
	return is_whole;
}

/* The value of a key as shown to people and compared: "" where it is missing, odd or too long. */
static void find_value(const char *text, const char *key, char *out, size_t out_size)
{
	size_t key_len = strlen(key);
	char raw_value[256];

	out[0] = '\0';
	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, key_len) != 0 || line[key_len] != '=')
			continue;

		const char *value = line + key_len + 1;

		/* the last one counts, as for a shell that reads the file */
		if (!text_copy_n(raw_value, sizeof(raw_value), value, strcspn(value, "\n")))
			raw_value[0] = '\0';

		char *trimmed = text_trim(raw_value);

		if (!unquote(trimmed))
			trimmed[0] = '\0';
		text_escape(trimmed, strlen(trimmed), out, out_size);
	}
}

/* A codename goes into addresses: lower-case letters, digits, hyphens; anything else is none. */
static void find_codename(const char *text, const char *key, char *out, size_t out_size)
{
	find_value(text, key, out, out_size);
	if (strspn(out, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(out))
		out[0] = '\0';
}

/*
 * The rule of host.h: never VERSION_CODENAME of a derivative, as Mint's zara; never ID alone, as
 * LMDE says linuxmint too.
 */
static void find_base(const char *os_release, const char *upstream, struct host *h)
{
	char upstream_id[HOST_WORD_MAX] = "";

	if (upstream != NULL)
		find_value(upstream, "DISTRIB_ID", upstream_id, sizeof(upstream_id));
	find_codename(os_release, "UBUNTU_CODENAME", h->base, sizeof(h->base));
	if (h->base[0] == '\0' && strcmp(h->os, "ubuntu") == 0)
		find_codename(os_release, "VERSION_CODENAME", h->base, sizeof(h->base));
	if (h->base[0] == '\0' && strcmp(upstream_id, "Ubuntu") == 0)
		find_codename(upstream, "DISTRIB_CODENAME", h->base, sizeof(h->base));
	if (h->base[0] != '\0') {
		memcpy(h->base_family, "ubuntu", sizeof("ubuntu"));
		return;
	}
	find_codename(os_release, "DEBIAN_CODENAME", h->base, sizeof(h->base));
	if (h->base[0] == '\0' && strcmp(h->os, "debian") == 0)
		find_codename(os_release, "VERSION_CODENAME", h->base, sizeof(h->base));
	if (h->base[0] != '\0')
		memcpy(h->base_family, "debian", sizeof("debian"));
}

bool host_parse(const char *os_release, const char *upstream, struct host *out_host, struct err *e)
{
	struct host h = {0};
	char name[HOST_WORD_MAX], pretty[HOST_WORD_MAX];

	find_value(os_release, "ID", h.os, sizeof(h.os));
	if (h.os[0] == '\0')
		return err_set(e, ERR_PARSE, "os-release says no ID, so this system is unknown");
	find_value(os_release, "VERSION_ID", h.os_version, sizeof(h.os_version));
	find_value(os_release, "NAME", name, sizeof(name));
	find_value(os_release, "PRETTY_NAME", pretty, sizeof(pretty));
	text_copy_cut(h.os_name, sizeof(h.os_name),
		pretty[0] != '\0' ? pretty
		: name[0] != '\0' ? name
				  : h.os);
	find_base(os_release, upstream, &h);
	memcpy(h.arch, out_host->arch, sizeof(h.arch));
	*out_host = h;
	return true;
}

/* --- files ------------------------------------------------------------------- */

/* Links are followed: /etc/os-release is one. */
static bool read_below(const char *root, const char *name, size_t max_bytes, char **out_text,
	size_t *out_len, struct err *e)
{
	char path[PATH_MAX];

	if (!fs_join(path, sizeof(path), root, name))
		return err_set(e, ERR_PARSE, "path too long: %s", root);

	SCOPED_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return err_sys(e, ERR_PARSE, "can't open %s", path);
	return fs_read_fd(fd, path, max_bytes, out_text, out_len, e);
}

static bool take_arch(const char *word, size_t len, struct host *h)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	return len > 0 && text_copy_n(h->arch, sizeof(h->arch), word, len) &&
	       strspn(h->arch, allowed) == len;
}

/* dpkg is built for the architecture it is native to, and its own paragraph says which. */
static bool arch_in_status(FILE *status, struct host *h)
{
	static const char field[] = "Architecture: ";
	SCOPED_FREE char *line = NULL;
	size_t size = 0;
	bool is_dpkg = false;

	while (getline(&line, &size, status) > 0) {
		if (is_dpkg && text_starts(line, field))
			return take_arch(
				line + strlen(field), strcspn(line + strlen(field), "\n"), h);
		if (is_dpkg && line[0] == '\n')
			return false;
		is_dpkg = is_dpkg || text_equal(line, "Package: dpkg\n");
	}
	return false;
}

/* Line by line: what is wanted stands far in front, and all the file will be read once anyway. */
static bool arch_from_status(const char *root, struct host *h)
{
	char path[PATH_MAX];
	FILE *status = NULL;

	if (fs_join(path, sizeof(path), root, "var/lib/dpkg/status"))
		status = fopen(path, "re");
	if (status == NULL)
		return false;

	bool is_found = arch_in_status(status, h);

	fclose(status);
	return is_found;
}

static bool arch_from_dpkg(struct host *h, struct err *e)
{
	const char *const argv[] = {"/usr/bin/dpkg", "--print-architecture", NULL};
	struct child_spec spec = {.argv = argv};
	SCOPED_FREE char *text = NULL;
	int status = 0;

	if (!child_run(&spec, ARCH_TIMEOUT_MS, HOST_WORD_MAX, &text, NULL, &status, e))
		return false;
	if (status != 0 || !take_arch(text, strcspn(text, "\n"), h))
		return err_set(e, ERR_PARSE,
			"dpkg does not say its architecture (it ended with %d)", status);
	return true;
}

/* The first line of the list of architectures is the native one; no list, no foreign ones. The
 * files come before the program: starting it costs more than all the rest of this. */
static bool read_arch(const char *root, struct host *h, struct err *e)
{
	SCOPED_FREE char *list = NULL;

	if (read_below(root, "var/lib/dpkg/arch", RELEASE_MAX_BYTES, &list, NULL, NULL) &&
		take_arch(list, strcspn(list, "\n"), h))
		return true;
	return arch_from_status(root, h) || arch_from_dpkg(h, e);
}

bool host_read(const char *root, struct host *out_host, struct err *e)
{
	SCOPED_FREE char *os_release = NULL;
	SCOPED_FREE char *upstream = NULL;
	struct host h = {0};

	/* the second name is os-release(5)'s, for an /etc that lost its link */
	if (!read_below(root, "etc/os-release", RELEASE_MAX_BYTES, &os_release, NULL, NULL) &&
		!read_below(root, "usr/lib/os-release", RELEASE_MAX_BYTES, &os_release, NULL, e))
		return false;
	if (!read_below(root, "etc/upstream-release/lsb-release", RELEASE_MAX_BYTES, &upstream,
		    NULL, NULL))
		upstream = NULL; /* only derivatives have it */
	if (!host_parse(os_release, upstream, &h, e) || !read_arch(root, &h, e))
		return false;
	*out_host = h;
	return true;
}
