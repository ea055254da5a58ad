/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The line of pip's output that tells a person what to do is seldom its last: a name that does not
 * exist and an index that can't be reached end with the same words.
 */
#include <stdio.h>
#include <string.h>

#include "updaters/lib/text.h"
#include "updaters/python/installed.h"
#include "updaters/python/pip.h"

enum { LINE_MAX = 256, TOLD_MAX = 10 };

/* The line that at points into, trimmed, cut to fit. */
static void line_at(const char *text, const char *at, char out[LINE_MAX])
{
	while (at > text && at[-1] != '\n')
		at--;

	SCOPED_FREE char *line = strndup(at, strcspn(at, "\r\n"));

	text_copy_cut(out, LINE_MAX, line != NULL ? text_trim(line) : "");
}

/* The last occurrence; NULL: none. */
static const char *find_last(const char *text, const char *words)
{
	const char *found = NULL;

	for (const char *at = text; (at = strstr(at, words)) != NULL; at++)
		found = at;
	return found;
}

/* What follows, up to white space or a quote. */
static void word_at(const char *at, char out[LINE_MAX])
{
	size_t n;

	at += strspn(at, " '\"`");
	n = strcspn(at, " \t\r\n'\"`(,;");
	if (!text_copy_n(out, LINE_MAX, at, n))
		out[0] = '\0';
}

/* The last line that says something. */
static void last_line(const char *text, char out[LINE_MAX])
{
	size_t len = strlen(text);

	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	line_at(text, text + len, out);
}

/* --- what it may say: each fills in e where it is so ------------------------------------------ */

static bool tell_space(const char *said, struct err *e)
{
	if (strstr(said, "No space left on device") == NULL)
		return false;
	err_set(e, ERR_SPACE, "no space left on the disk");
	return true;
}

static bool tell_no_pip(const char *said, struct err *e)
{
	if (strstr(said, "No module named pip") == NULL)
		return false;
	err_set(e, ERR_PYTHON,
		"it has no pip; choose a venv for it in the settings (`interpreter:`, `into:`)");
	return true;
}

static bool tell_no_venv(const char *said, struct err *e)
{
	const char *at = strstr(said, "apt install ");
	char line[LINE_MAX];

	if (strstr(said, "ensurepip is not") == NULL &&
		strstr(said, "No module named venv") == NULL)
		return false;
	if (at != NULL)
		line_at(said, at, line);
	err_set(e, ERR_PYTHON, "python3 can't make venvs here: %s",
		at != NULL ? line : "sudo apt install python3-venv");
	return true;
}

static bool tell_managed(const char *said, struct err *e)
{
	if (strstr(said, "externally-managed-environment") == NULL)
		return false;
	err_set(e, ERR_PYTHON,
		"it is looked after by its system (PEP 668); choose a venv for it in the settings "
		"(`interpreter:`, `into:`)");
	return true;
}

/* Why the index was not reached: only where pip gave up, for what it tried again may be well. */
static bool tell_network(const char *said, struct err *e)
{
	static const char *const given_up[] = {"(from versions: none)", "Max retries exceeded",
		"Could not fetch URL", "error sending request", "Failed to fetch", NULL};
	static const char *const reasons[] = {"Connection refused", "Connection reset",
		"Temporary failure in name resolution", "Name or service not known",
		"failed to lookup address", "Network is unreachable", "No route to host",
		"timed out", "Cannot connect to proxy", "CERTIFICATE_VERIFY_FAILED", "dns error",
		"tcp connect error", NULL};
	const char *why = NULL;
	bool has_given_up = false;

	for (size_t i = 0; given_up[i] != NULL; i++)
		has_given_up = has_given_up || strstr(said, given_up[i]) != NULL;
	for (size_t i = 0; reasons[i] != NULL && why == NULL; i++)
		why = strstr(said, reasons[i]) != NULL ? reasons[i] : NULL;
	if (why == NULL || !has_given_up)
		return false;
	err_set(e, ERR_NETWORK, "the package index can't be reached: %s", why);
	return true;
}

/* pip names the package before it begins with it, uv when it failed. */
static bool tell_build(const char *said, struct err *e)
{
	static const char *const signs[] = {
		"subprocess-exited-with-error", "Failed building wheel for ", "Failed to build "};
	const char *at = NULL, *end = strstr(said, "[end of output]"), *name;
	char package[LINE_MAX] = "", line[LINE_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(signs) && at == NULL; i++)
		at = strstr(said, signs[i]);
	if (at == NULL)
		return false;

	SCOPED_FREE char *head = strndup(said, (size_t)((end != NULL ? end : at) - said));

	if (head == NULL)
		return false;
	if ((name = find_last(said, "Failed building wheel for ")) != NULL)
		word_at(name + strlen("Failed building wheel for "), package);
	else if ((name = find_last(said, "Failed to build ")) != NULL)
		word_at(name + strlen("Failed to build "), package);
	else if ((name = find_last(head, "Collecting ")) != NULL ||
		 (name = find_last(head, "Processing ")) != NULL)
		word_at(name + strlen("Collecting "), package);
	if (end != NULL)
		last_line(head, line);
	else
		last_line(said, line);
	err_set(e, ERR_PYTHON, "building %s failed: %s", package[0] != '\0' ? package : "a package",
		line);
	return true;
}

/* pip: "Could not find a version that satisfies the requirement foo>=9 (from versions: 1.0)" */
static bool tell_versions(const char *said, struct err *e)
{
	static const char begin[] = "satisfies the requirement ", from[] = "(from versions: ";
	const char *at = strstr(said, begin), *versions;
	char wanted[LINE_MAX], there[LINE_MAX];

	if (at == NULL)
		return false;
	word_at(at + sizeof(begin) - 1, wanted);
	line_at(said, at, there);
	versions = strstr(there, from);
	if (versions == NULL || text_starts(versions + sizeof(from) - 1, "none"))
		err_set(e, ERR_PYTHON, "no such package '%s' for this python", wanted);
	else
		err_set(e, ERR_PYTHON, "no version fits '%s': there are %.*s", wanted,
			(int)strcspn(versions + sizeof(from) - 1, ")"),
			versions + sizeof(from) - 1);
	return true;
}

/* uv: "Because foo was not found in the package registry and you require foo, …" */
static bool tell_registry(const char *said, struct err *e)
{
	const char *end = strstr(said, " was not found in the package registry"), *at = end;
	char package[LINE_MAX];

	while (at != NULL && at > said && strchr(" \n", at[-1]) == NULL)
		at--;
	if (at == NULL)
		return false;
	word_at(at, package);
	err_set(e, ERR_PYTHON, "no such package '%s'", package);
	return true;
}

static bool tell_rest(const char *said, struct err *e)
{
	const char *at = find_last(said, "ERROR: ");
	char line[LINE_MAX];

	if (at != NULL)
		line_at(said, at, line);
	else
		last_line(said, line);
	err_set(e, ERR_PYTHON, "%s",
		line[0] == '\0' ? "it failed and said nothing"
		: at != NULL    ? line + strlen("ERROR: ")
				: line);
	return true;
}

/* --- what it left ----------------------------------------------------------------------------- */

/* Is "NAME VERSION" a line of the list? */
static bool list_has(const char *list, const struct dist *d)
{
	char line[256];
	size_t len = (size_t)snprintf(line, sizeof(line), "%s %s\n", d->name, d->version);

	for (const char *at = list; (at = strstr(at, line)) != NULL; at += len) {
		if (at == list || at[-1] == '\n')
			return true;
	}
	return false;
}

/* pip puts back what it began with; where it did not, that is said. */
static void changes_tell(const struct mend_step *step, struct err *e)
{
	SCOPED_CLEAR(dists_clear) struct dists now = {0};
	SCOPED_CLEAR(buf_clear) struct buf names = {0};
	size_t n = 0;

	buf_init(&names, LINE_MAX);
	if (step->was == NULL || step->to == NULL || step->to[0] == '\0' ||
		!installed_read(step->to, &now, NULL))
		return;
	for (size_t i = 0; i < now.n_items && n <= TOLD_MAX; i++) {
		if (!list_has(step->was, &now.items[i]) && n++ < TOLD_MAX)
			buf_printf(&names, " %s", now.items[i].name);
	}
	if (n > 0) {
		struct err why = *e;

		err_set(e, why.code,
			"%s; installed all the same, and to be taken back by: %s -m pip "
			"uninstall%s%s",
			why.text, step->argv.items[0], buf_str(&names), n > TOLD_MAX ? " ..." : "");
	}
}

void pip_explain(const struct mend_step *step, const char *raw_output, struct err *e)
{
	static bool (*const tellers[])(const char *said, struct err *e) = {tell_space, tell_no_pip,
		tell_no_venv, tell_managed, tell_network, tell_build, tell_versions, tell_registry,
		tell_rest};
	bool is_told = false;
	struct err why = {0};

	for (size_t i = 0; i < ARRAY_SIZE(tellers) && !is_told; i++)
		is_told = tellers[i](raw_output, &why);
	err_within(&why, "%s", step->argv.items[0]);
	changes_tell(step, &why);
	if (e != NULL)
		*e = why;
}
