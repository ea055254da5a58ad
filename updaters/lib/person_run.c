/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/person.h"

#include <string.h>

#include "updaters/lib/child.h"

enum {
	GRACE_MS = 5000,
	SHELL_TIMEOUT_MS = 5000,
	SHELL_OUTPUT_MAX = 64 << 10,
	ENV_LINE_MAX = PERSON_SEARCH_MAX + 64,
};

static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/* --- the environment --------------------------------------------------------- */

static bool env_has(const struct strings *env, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < env->n_items; i++) {
		if (strncmp(env->items[i], key, len) == 0 && env->items[i][len] == '=')
			return true;
	}
	return false;
}

/* What is there already is over it. */
static bool env_add(struct strings *env, const char *key, const char *value)
{
	char line[ENV_LINE_MAX];
	int n = snprintf(line, sizeof(line), "%s=%s", key, value);

	if (env_has(env, key))
		return true;
	return n >= 0 && (size_t)n < sizeof(line) && strings_add(env, line);
}

static bool env_fill(const struct person *p, const struct errand_spec *spec, struct strings *env)
{
	static const char *const proxy_keys[] = {
		"https_proxy", "http_proxy", "HTTPS_PROXY", "HTTP_PROXY"};
	bool has_spared = p->proxy[0] != '\0' && p->no_proxy[0] != '\0';
	const char *search_path = spec->search_path != NULL ? spec->search_path : default_path;
	char usual_config[PERSON_PATH_MAX] = "";
	bool is_usual = person_path(p, ".config", usual_config, sizeof(usual_config)) &&
			(p->config_home[0] == '\0' || strcmp(p->config_home, usual_config) == 0);

	for (size_t i = 0; spec->more_env != NULL && spec->more_env[i] != NULL; i++) {
		if (!strings_add(env, spec->more_env[i]))
			return false;
	}
	for (size_t i = 0; p->proxy[0] != '\0' && i < ARRAY_SIZE(proxy_keys); i++) {
		if (!env_add(env, proxy_keys[i], p->proxy))
			return false;
	}
	if (has_spared &&
		(!env_add(env, "no_proxy", p->no_proxy) || !env_add(env, "NO_PROXY", p->no_proxy)))
		return false;
	return env_add(env, "HOME", p->home) && env_add(env, "USER", p->name) &&
	       env_add(env, "LOGNAME", p->name) &&
	       env_add(env, "SHELL", p->shell[0] != '\0' ? p->shell : "/bin/sh") &&
	       env_add(env, "PATH", search_path) && env_add(env, "LANG", "C.UTF-8") &&
	       env_add(env, "LC_ALL", "C.UTF-8") &&
	       (is_usual || env_add(env, "XDG_CONFIG_HOME", p->config_home));
}

bool person_run(const struct person *p, const struct errand_spec *spec, char **out_text,
	int *out_status, struct err *e)
{
	SCOPED_CLEAR(strings_clear) struct strings env = {0};

	if (geteuid() != p->uid)
		return err_set(e, ERR_INTERNAL, "can't run %s as %s: we are user %u", spec->argv[0],
			p->name, (unsigned)geteuid());
	if (!env_fill(p, spec, &env))
		return err_set(e, ERR_INTERNAL, "no memory to run %s", spec->argv[0]);

	struct child_spec child = {.argv = spec->argv,
		.envp = (const char *const *)env.items,
		.folder = spec->folder != NULL ? spec->folder : p->home,
		.own_session = true,
		.dies_with_us = true,
		.merges_output = true,
		.excess = spec->keeps_end ? CHILD_KEEP_END : CHILD_KEEP_START,
		.grace_ms = GRACE_MS,
		.on_tick = spec->on_tick,
		.is_stopped = spec->is_stopped,
		.user = spec->user};

	return child_run(&child, spec->timeout_ms, spec->max_bytes, out_text, NULL, out_status, e);
}

/* --- the search path --------------------------------------------------------- */

/*
 * Three ways to ask, the nearest to a new terminal first: many put Homebrew's line into what only
 * an interactive shell reads; tcsh takes no -l beside others.
 */
static const char *const shell_flags[][3] = {{"-l", "-i", "-c"}, {"-l", "-c"}, {"-c"}};

/* One simple command: so it means the same to every shell, and the marker tells where profiles end
 * their talk. */
static const char shell_command[] =
	"/usr/bin/env DEVUPD_MARK=devupd-search-path /usr/bin/printenv DEVUPD_MARK PATH";
static const char shell_marker[] = "devupd-search-path\n";

/* The absolute folders of a search path, as many as fit. */
static void path_clean(const char *raw_path, char *out, size_t out_size)
{
	SCOPED_FREE char *folders = strdup(raw_path);
	char *cursor = folders, *folder;
	size_t used = 0;

	out[0] = '\0';
	while (folders != NULL && (folder = text_next(&cursor, ':')) != NULL) {
		size_t need = strlen(folder) + (used > 0);

		if (folder[0] != '/' || used + need >= out_size)
			continue;
		snprintf(out + used, out_size - used, "%s%s", used > 0 ? ":" : "", folder);
		used += need;
	}
}

/* What stands on the line behind the last marker. */
static bool path_read(char *said, char *out, size_t out_size)
{
	char *found = NULL;

	for (char *at = said; (at = strstr(at, shell_marker)) != NULL; at++)
		found = at + sizeof(shell_marker) - 1;
	if (found == NULL)
		return false;
	found[strcspn(found, "\r\n")] = '\0';
	path_clean(found, out, out_size);
	return out[0] != '\0';
}

static bool shell_ask(
	const struct person *p, const char *const flags[3], char *out, size_t out_size)
{
	const char *argv[6] = {p->shell};
	struct errand_spec spec = {.argv = argv,
		.timeout_ms = SHELL_TIMEOUT_MS,
		.keeps_end = true,
		.max_bytes = SHELL_OUTPUT_MAX};
	SCOPED_FREE char *said = NULL;
	size_t n = 1;
	int status = 0;

	for (size_t i = 0; i < 3 && flags[i] != NULL; i++)
		argv[n++] = flags[i];
	argv[n] = shell_command;
	return person_run(p, &spec, &said, &status, NULL) && path_read(said, out, out_size);
}

/* A shell that nobody can use would answer nothing, or wait. */
static bool shell_is_usable(const struct person *p)
{
	const char *slash = strrchr(p->shell, '/');

	return p->shell[0] == '/' && strcmp(slash, "/nologin") != 0 &&
	       strcmp(slash, "/false") != 0 && strcmp(slash, "/true") != 0;
}

bool person_search_path(struct person *p, char *out, size_t out_size)
{
	char found[PERSON_SEARCH_MAX] = "";
	bool is_told;

	if (p->search_path[0] != '\0')
		path_clean(p->search_path, found, sizeof(found));
	for (size_t i = 0; i < ARRAY_SIZE(shell_flags) && found[0] == '\0' && shell_is_usable(p);
		i++)
		shell_ask(p, shell_flags[i], found, sizeof(found));
	is_told = found[0] != '\0';
	if (!is_told)
		memcpy(found, default_path, sizeof(default_path));
	memcpy(p->search_path, found, sizeof(found)); /* asked once */
	path_clean(found, out, out_size);
	return is_told;
}
