/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The settings: /etc/devupd/devupd.yaml, then conf.d/ *.yaml by name, later ones over earlier ones.
 */
#ifndef DEVUPD_CONFIG_CONFIG_H
#define DEVUPD_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/proxy.h"
#include "updaters/lib/text.h"
#include "updaters/lib/yaml.h"

/* The words of on_running, on_metered, on_battery and notify, in the order of their tables. */
enum on_running { ON_RUNNING_ASK, ON_RUNNING_DEFER, ON_RUNNING_PROCEED, ON_RUNNING_WARN };
enum on_scarce { ON_SCARCE_DEFER, ON_SCARCE_PROCEED };
enum notify { NOTIFY_DESKTOP, NOTIFY_NONE, NOTIFY_MAIL };

#define COOL_DOWN_MAX_MS (UINT64_C(366) * 24 * 3600 * 1000)

enum { GITHUB_TOKEN_SIZE = 256 };

struct config {
	/* filled by config_keys (keys.c) */
	uint64_t jobs; /* 0 = by itself: cores, 2 to 8 */
	uint64_t timeout_ms;
	uint64_t stall_ms;
	uint64_t download_max_bytes;
	uint64_t download_limit_rate; /* bytes a second, 0 = none */
	uint64_t keep_packages;
	char *env_file;
	char *github_token_file;
	char *proxy;           /* NULL = the environment's (not under sudo) */
	uint64_t cool_down_ms; /* 0 = none; a recipe may have its own */
	int on_running;        /* enum on_running; ask = defer where nobody can be asked */
	int on_metered;        /* enum on_scarce: unattended on a metered network */
	int on_battery;        /* enum on_scarce: unattended on a battery under 30 % */
	int notify;            /* enum notify: how an unattended run tells */
	struct strings disable;
	struct strings users; /* empty = everybody with a home of their own */

	struct yaml_node *updaters;           /* the `updaters:` map, or NULL: overrides by name */
	struct strings files;                 /* that were read; the nodes' file names point here */
	struct strings env;                   /* KEY=value lines of env_file; never printed */
	char github_token[GITHUB_TOKEN_SIZE]; /* "" = none; never printed */
	char effective_proxy[PROXY_MAX];      /* "" = none: proxy, env_file, then the environment;
						 may hold a login, never printed so */
	char no_proxy[PROXY_SPARED_MAX];      /* hosts without it: env_file, then the environment */
};
void config_clear(struct config *c);

/*
 * In:    file      --config FILE, or NULL for /etc/devupd/devupd.yaml and conf.d; a missing default
 *                  file is fine, a missing --config FILE is not
 *        as_root   files that others may write are refused; the environment's proxies are not
 *                  trusted when SUDO_UID is set
 * Out:   out       the defaults after a failure: some verbs go on with them
 * Fails: false with all complaints of all files in errors (exit code 5)
 */
bool config_load(
	const char *file, bool as_root, struct config *out, struct yaml_errors *errors) MUST_CHECK;

#endif
