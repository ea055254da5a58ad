/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/env_file.h"
#include "config/keys.h"
#include "config/own_settings.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/process.h"

#define CONFIG_FILE   DEVUPD_SYSCONFDIR "/devupd.yaml"
#define CONFIG_FOLDER DEVUPD_SYSCONFDIR "/conf.d"

/* What the files say together, while they are read. */
struct reading {
	struct config *c;
	struct yaml_node *merged;
	bool as_root;
	struct yaml_errors *errors;
};

void config_clear(struct config *c)
{
	keys_clear(config_keys, c);
	yaml_node_free(c->updaters);
	for (size_t i = 0; i < c->env.n_items; i++)
		explicit_bzero(c->env.items[i], strlen(c->env.items[i]));
	strings_clear(&c->env);
	explicit_bzero(c->github_token, sizeof(c->github_token));
	explicit_bzero(c->effective_proxy, sizeof(c->effective_proxy));
	strings_clear(&c->files);
	*c = (struct config){0};
}

/* --- the files --------------------------------------------------------------- */

static bool read_file(struct reading *r, const char *path, bool may_be_missing)
{
	SCOPED(yaml_node_free) struct yaml_node *root = NULL, *merged = NULL;
	SCOPED_FREE char *text = NULL;
	struct err e = {0};
	const char *name;
	size_t len;
	bool is_read = r->as_root ? fs_read_trusted(path, YAML_FILE_MAX, &text, &len, &e)
				  : fs_read(path, YAML_FILE_MAX, &text, &len, &e);

	if (!is_read)
		return (may_be_missing && e.sys_errno == ENOENT) ||
		       yaml_complain(r->errors, path, NULL, "%s", e.text);
	if (!strings_add(&r->c->files, path))
		return yaml_complain(r->errors, path, NULL, "out of memory");
	name = r->c->files.items[r->c->files.n_items - 1];
	if (!yaml_parse(name, text, len, &root, r->errors))
		return false;
	merged = yaml_merge(r->merged, root);
	if (!merged)
		return yaml_complain(r->errors, path, NULL, "out of memory");
	yaml_node_free(r->merged);
	r->merged = MOVE_PTR(merged);
	return true;
}

static int is_settings(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && text_ends(entry->d_name, ".yaml");
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool read_folder(struct reading *r, const char *folder)
{
	struct dirent **entries = NULL;
	int n = scandir(folder, &entries, is_settings, by_bytes);
	bool ok = true;

	if (n < 0)
		return errno == ENOENT || yaml_complain(r->errors, folder, NULL,
						  "can't read the folder: %s", strerror(errno));
	for (int i = 0; i < n; i++) {
		char path[4096];

		if (fs_join(path, sizeof(path), folder, entries[i]->d_name))
			ok = read_file(r, path, false) && ok;
		free(entries[i]);
	}
	free(entries);
	return ok;
}

/* --- what they say ----------------------------------------------------------- */

static bool load_special(const struct key *row, const struct yaml_node *node, void *out, void *user,
	struct yaml_errors *errors)
{
	struct config *c = out;

	(void)row;
	(void)user;
	return updaters_load(node, &c->updaters, errors);
}

/* --- proxy ------------------------------------------------------------------- */

static bool proxy_is_valid(const char *proxy)
{
	static const char *const schemes[] = {
		"http://", "https://", "socks5://", "socks5h://", "socks4a://"};

	for (const char *s = proxy; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7F)
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (text_starts(proxy, schemes[i]))
			return proxy[strlen(schemes[i])] != '\0';
	return proxy[0] != '\0' && !strstr(proxy, "://"); /* host:port */
}

/* Of env_file, else of the environment. That belongs to the caller: under sudo it is not asked. */
static const char *variable_of(
	const struct config *c, bool as_root, const char *const *names, size_t n_names)
{
	for (size_t i = 0; i < n_names; i++) {
		const char *value = env_get(&c->env, names[i]);

		if (value && value[0])
			return value;
	}
	for (size_t i = 0; i < n_names && !(as_root && getenv("SUDO_UID")); i++) {
		const char *value = getenv(names[i]);

		if (value && value[0])
			return value;
	}
	return "";
}

/* A proxy may hold a password, so that no complaint repeats it. */
static bool choose_proxy(struct reading *r, const struct yaml_node *node)
{
	static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
	struct config *c = r->c;
	const char *proxy =
		c->proxy ? c->proxy : variable_of(c, r->as_root, names, ARRAY_SIZE(names));

	if (text_equal(proxy, "none"))
		proxy = "";
	if (proxy[0] && !proxy_is_valid(proxy))
		return yaml_complain(r->errors, "proxy", node,
			"%s no address of a proxy; expected http://host:port%s",
			node ? "proxy:" : "the environment's https_proxy is",
			node ? ", or none" : "");
	return text_copy(c->effective_proxy, sizeof(c->effective_proxy), proxy) ||
	       yaml_complain(r->errors, "proxy", node, "the proxy's address is over %zu bytes",
		       sizeof(c->effective_proxy) - 1);
}

/* Without a proxy it says nothing, however long some tool's list is. */
static bool choose_no_proxy(struct reading *r)
{
	static const char *const names[] = {"no_proxy", "NO_PROXY"};
	struct config *c = r->c;

	return c->effective_proxy[0] == '\0' ||
	       text_copy(c->no_proxy, sizeof(c->no_proxy),
		       variable_of(c, r->as_root, names, ARRAY_SIZE(names))) ||
	       yaml_complain(r->errors, "no_proxy", NULL, "no_proxy is over %zu bytes",
		       sizeof(c->no_proxy) - 1);
}

static bool read_env(struct reading *r, const struct yaml_node *node)
{
	struct err e = {0};

	if (!r->c->env_file)
		return true;
	return env_file_read(r->c->env_file, r->as_root, &r->c->env, &e) ||
	       yaml_complain(r->errors, "env_file", node, "env_file: %s", e.text);
}

/* Its own file, else the one of all secrets. No complaint repeats it. */
static bool choose_token(struct reading *r, const struct yaml_node *github)
{
	struct config *c = r->c;
	const struct yaml_node *file = github ? yaml_get(github, "token_file") : NULL;
	const char *token = env_get(&c->env, "GITHUB_TOKEN");
	struct err e = {0};

	if (c->github_token_file)
		return secret_file_read(c->github_token_file, r->as_root, c->github_token,
			       sizeof(c->github_token), &e) ||
		       yaml_complain(r->errors, "token_file", file, "token_file: %s", e.text);
	return !token || token[0] == '\0' ||
	       secret_take(token, c->github_token, sizeof(c->github_token)) ||
	       yaml_complain(r->errors, "env_file", NULL, "env_file: GITHUB_TOKEN is no token");
}

static bool load_merged(struct reading *r)
{
	struct yaml_node empty = {.kind = YAML_MAP};
	const struct yaml_node *root = r->merged ? r->merged : &empty;
	bool ok = keys_load(config_keys, KEY_ALL_KINDS, root, r->c, load_special, NULL, r->errors);

	ok = read_env(r, yaml_get(root, "env_file")) && ok;
	ok = choose_token(r, yaml_get(root, "github")) && ok;
	ok = choose_proxy(r, yaml_get(root, "proxy")) && ok;
	return choose_no_proxy(r) && ok;
}

/* As if there were no files: what is wrong is said already, the environment's proxy among it. */
static void put_defaults(bool as_root, struct config *out)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors said = {0};
	struct reading r = {.c = out, .as_root = as_root, .errors = &said};

	*out = (struct config){0};
	(void)!load_merged(&r);
}

bool config_load(const char *file, bool as_root, struct config *out, struct yaml_errors *errors)
{
	SCOPED_CLEAR(config_clear) struct config c = {0};
	struct reading r = {.c = &c, .as_root = as_root, .errors = errors};
	bool ok = read_file(&r, file ? file : CONFIG_FILE, file == NULL);

	if (!file)
		ok = read_folder(&r, CONFIG_FOLDER) && ok;
	ok = load_merged(&r) && ok;
	yaml_node_free(r.merged);
	if (c.github_token[0] || c.env.n_items > 0 || proxy_has_login(c.effective_proxy))
		process_hide(); /* there are secrets in our memory now */
	if (!ok) {
		put_defaults(as_root, out);
		return false;
	}
	*out = c;
	explicit_bzero(c.github_token, sizeof(c.github_token));
	c = (struct config){0};
	return true;
}
