/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables: what may stand in settings, recipes and sources. */
#include "config/keys.h"

#include <string.h>

#include "config/config.h"
#include "config/own_settings.h"
#include "config/recipe.h"

enum { SECOND_MS = 1000 };

#define GIB          (UINT64_C(1) << 30)

#define PAGE         (1u << SOURCE_PAGE)
#define JSON         (1u << SOURCE_JSON)
#define REDIRECT     (1u << SOURCE_REDIRECT)
#define GITHUB       (1u << SOURCE_GITHUB)

#define IN_CONFIG(f) offsetof(struct config, f)
#define IN_SOURCE(f) offsetof(struct source, f)

/* --- settings ---------------------------------------------------------------- */

/* In the order of their enums (config.h). */
static const char *const running_words[] = {"ask", "defer", "proceed", "warn", NULL};
static const char *const scarce_words[] = {"defer", "proceed", NULL};
static const char *const notify_words[] = {"desktop", "none", "mail", NULL};

static const struct key download_keys[] = {
	{.name = "max_size",
		.type = KEY_SIZE,
		.offset = IN_CONFIG(download_max_bytes),
		.default_text = "4 GiB",
		.min = 1,
		.max = 1024 * GIB,
		.what = "a larger package is refused"},
	{.name = "limit_rate",
		.type = KEY_SIZE,
		.offset = IN_CONFIG(download_limit_rate),
		.default_text = "none",
		.what = "bytes a second for all downloads together"},
	{0},
};

static const struct key github_keys[] = {
	{.name = "token_file",
		.type = KEY_TEXT,
		.offset = IN_CONFIG(github_token_file),
		.what = "a file with a token and nothing else, readable by its owner only; without "
			"it GITHUB_TOKEN of env_file"},
	{0},
};

const struct key config_keys[] = {
	{.name = "jobs",
		.type = KEY_COUNT,
		.offset = IN_CONFIG(jobs),
		.min = 1,
		.max = 64,
		.what = "worker processes at most; without it as many as cores, 2 to 8"},
	{.name = "timeout",
		.type = KEY_DURATION,
		.offset = IN_CONFIG(timeout_ms),
		.default_text = "30 s",
		.min = SECOND_MS,
		.max = 3600 * SECOND_MS,
		.what = "for one request, until its answer begins"},
	{.name = "stall",
		.type = KEY_DURATION,
		.offset = IN_CONFIG(stall_ms),
		.default_text = "30 s",
		.min = SECOND_MS,
		.max = 3600 * SECOND_MS,
		.what = "a transfer that brings no byte for so long is ended"},
	{.name = "download",
		.type = KEY_GROUP,
		.children = download_keys,
		.what = "bounds for packages"},
	{.name = "keep_packages",
		.type = KEY_COUNT,
		.offset = IN_CONFIG(keep_packages),
		.default_text = "2",
		.max = 100,
		.what = "kept of each name for rollback, the installed one counted"},
	{.name = "env_file",
		.type = KEY_TEXT,
		.offset = IN_CONFIG(env_file),
		.what = "a file of KEY=value lines such as https_proxy, readable by its owner "
			"only"},
	{.name = "proxy",
		.type = KEY_TEXT,
		.offset = IN_CONFIG(proxy),
		.what = "http://host:port; without it the environment's (never under sudo)"},
	{.name = "disable",
		.type = KEY_LIST,
		.offset = IN_CONFIG(disable),
		.what = "names to leave alone"},
	{.name = "updaters",
		.type = KEY_SPECIAL,
		.what = "NAME: {...} lays single keys over those of a recipe"},
	{.name = "cool_down",
		.type = KEY_DURATION,
		.offset = IN_CONFIG(cool_down_ms),
		.default_text = "0 days",
		.max = COOL_DOWN_MAX_MS,
		.what = "a release younger than this is left alone: 3 days"},
	{.name = "on_running",
		.type = KEY_CHOICE,
		.offset = IN_CONFIG(on_running),
		.default_text = "ask",
		.allowed = running_words,
		.what = "an open program: ask (unattended: defer), defer until it is closed, "
			"proceed, warn and proceed"},
	{.name = "on_metered",
		.type = KEY_CHOICE,
		.offset = IN_CONFIG(on_metered),
		.default_text = "defer",
		.allowed = scarce_words,
		.what = "unattended on a metered network"},
	{.name = "on_battery",
		.type = KEY_CHOICE,
		.offset = IN_CONFIG(on_battery),
		.default_text = "defer",
		.allowed = scarce_words,
		.what = "unattended on a battery under 30 %"},
	{.name = "notify",
		.type = KEY_CHOICE,
		.offset = IN_CONFIG(notify),
		.default_text = "desktop",
		.allowed = notify_words,
		.what = "how an unattended run tells what it did: desktop, none, or mail to root"},
	{.name = "github",
		.type = KEY_GROUP,
		.children = github_keys,
		.what = "access to GitHub's API, for recipes with a source of that kind"},
	{.name = "users",
		.type = KEY_LIST,
		.offset = IN_CONFIG(users),
		.what = "login names whose homes root looks after; without it everybody with a "
			"login shell and a home of their own"},
	{0},
};

const struct key own_keys[] = {
	{.name = "disable",
		.type = KEY_LIST,
		.offset = offsetof(struct own_settings, disable),
		.what = "names to leave alone"},
	{.name = "updaters",
		.type = KEY_SPECIAL,
		.what = "NAME: {...} lays single keys over those of a recipe that acts as you"},
	{0},
};

/* --- sources: the address rows are named in the order of enum source_kind ---- */

static const char *const pick_words[] = {"highest", "first", "last", NULL};

const struct key source_keys[] = {
	{.name = "page", .type = KEY_SPECIAL, .what = "address of a text"},
	{.name = "json", .type = KEY_SPECIAL, .what = "address of a JSON document"},
	{.name = "redirect", .type = KEY_SPECIAL, .what = "address that leads to the package"},
	{.name = "package", .type = KEY_SPECIAL, .what = "fixed address of the newest package"},
	{.name = "github", .type = KEY_SPECIAL, .what = "OWNER/NAME: its releases on GitHub"},
	{.name = "link",
		.type = KEY_PATTERN,
		.offset = IN_SOURCE(link),
		.kinds = PAGE | REDIRECT,
		.what = "group url, else the whole match, is the package's address"},
	{.name = "version-from",
		.type = KEY_PATTERN,
		.offset = IN_SOURCE(version_from),
		.kinds = PAGE | JSON | REDIRECT,
		.what = "pattern for the address, with group version"},
	{.name = "url",
		.type = KEY_TEMPLATE,
		.offset = IN_SOURCE(url),
		.kinds = PAGE | JSON,
		.scope = SCOPE_MATCH,
		.what = "the package's address: template, of json also a pointer"},
	{.name = "version",
		.type = KEY_TEMPLATE,
		.offset = IN_SOURCE(version),
		.kinds = JSON,
		.scope = SCOPE_MATCH,
		.what = "pointer or template"},
	{.name = "sha256",
		.type = KEY_POINTER,
		.offset = IN_SOURCE(sha256),
		.kinds = JSON,
		.what = "pointer to the package's digest"},
	{.name = "size",
		.type = KEY_POINTER,
		.offset = IN_SOURCE(size),
		.kinds = JSON,
		.what = "pointer to its size in bytes"},
	{.name = "date",
		.type = KEY_POINTER,
		.offset = IN_SOURCE(date),
		.kinds = JSON,
		.what = "pointer to the day it was published; of a page a group date of link"},
	{.name = "items",
		.type = KEY_POINTER,
		.offset = IN_SOURCE(items),
		.kinds = JSON,
		.what = "pointer to a list or map; the others are looked up in each item"},
	{.name = "where",
		.type = KEY_PAIRS,
		.offset = IN_SOURCE(where),
		.kinds = JSON,
		.what = "pointer: text that must stand there"},
	{.name = "match",
		.type = KEY_PAIRS,
		.offset = IN_SOURCE(match),
		.kinds = JSON,
		.what = "pointer: pattern that must match there; its groups count"},
	{.name = "pick",
		.type = KEY_CHOICE,
		.offset = IN_SOURCE(pick),
		.kinds = PAGE | JSON | GITHUB,
		.default_text = "highest",
		.allowed = pick_words,
		.what = "of several candidates"},
	{.name = "follow",
		.type = KEY_SPECIAL,
		.kinds = PAGE | JSON | REDIRECT,
		.what = "keys of a source that are applied at the address found"},
	{.name = "asset",
		.type = KEY_PATTERN,
		.offset = IN_SOURCE(asset),
		.kinds = GITHUB,
		.what = "pattern for the package's file name among a release's assets"},
	{.name = "tag",
		.type = KEY_PATTERN,
		.offset = IN_SOURCE(tag),
		.kinds = GITHUB,
		.what = "pattern for the release's tag; without it the version, perhaps behind a "
			"v"},
	{.name = "prerelease",
		.type = KEY_YES_NO,
		.offset = IN_SOURCE(prerelease),
		.kinds = GITHUB,
		.default_text = "no",
		.what = "whether what is marked as pre-release counts"},
	{0},
};

bool key_is_of(const struct key *row, unsigned kinds)
{
	return kinds == KEY_ALL_KINDS || row->kinds == 0 || (row->kinds & kinds) != 0;
}

const struct key *key_find(const struct key *rows, unsigned kinds, const char *name)
{
	for (; rows->name; rows++)
		if (strcmp(rows->name, name) == 0 && key_is_of(rows, kinds))
			return rows;
	return NULL;
}
