/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One of a recipe's `sources:`: an address, and how the release is read from what it answers. */
#ifndef DEVUPD_CONFIG_SOURCE_H
#define DEVUPD_CONFIG_SOURCE_H

#include "config/keys.h"

enum source_kind {
	SOURCE_PAGE,
	SOURCE_JSON,
	SOURCE_REDIRECT,
	SOURCE_PACKAGE,
	SOURCE_GITHUB,
	SOURCE_N_KINDS
};
const char *source_kind_name(enum source_kind kind); /* as its key is called: "page" */
enum pick { PICK_HIGHEST, PICK_FIRST, PICK_LAST, PICK_N };

struct source {
	enum source_kind kind;
	char *address; /* github: of the page of releases; may hold words; NULL in `follow` without
			  a template of its own */
	char *asset;   /* github: pattern for the file's name */
	char *tag;     /* github: pattern */
	bool prerelease;       /* github: those count, too */
	char *link;            /* pattern */
	char *version_from;    /* pattern, matched on the address found */
	char *url;             /* page: template; json: pointer (starts with "/") or template */
	char *version;         /* json: pointer or template */
	char *sha256;          /* json: pointer */
	char *size;            /* json: pointer */
	char *date;            /* json: pointer */
	char *items;           /* json: pointer to a list */
	struct pairs where;    /* json: pointer -> literal */
	struct pairs match;    /* json: pointer -> pattern */
	int pick;              /* enum pick */
	struct source *follow; /* NULL: none */
	unsigned line;         /* of the recipe's file, for messages */
};

/* The tag's pattern where a github source has none. */
#define SOURCE_TAG_DEFAULT "^v?(?<version>[0-9].*)$"
/* What stands around OWNER/NAME in a github source's address. */
#define SOURCE_GITHUB_PREFIX "https://github.com/"
#define SOURCE_GITHUB_SUFFIX "/releases"

enum { SOURCE_GITHUB_NAME_SIZE = 202 };
/* OWNER/NAME of a github source. */
void source_github_name(const struct source *s, char out[SOURCE_GITHUB_NAME_SIZE]);

/* Can it, or what it leads to, name the package's digest? */
bool source_has_digest(const struct source *s);

#endif
