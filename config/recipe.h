/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A recipe: where a vendor's release is found and what it must be. Data, never code.
 *
 * Knows the grammar (CONTRACT "Recipe"), not the net, not dpkg. Loaded and resolved for this host
 * by the program that a person starts; packed, sent to a worker, unpacked there.
 */
#ifndef DEVUPD_CONFIG_RECIPE_H
#define DEVUPD_CONFIG_RECIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/keys.h"
#include "config/words.h"
#include "updaters/lib/digest.h"
#include "updaters/lib/host.h"
#include "updaters/lib/pack.h"
#include "updaters/lib/text.h"
#include "updaters/lib/yaml.h"

enum {
	RECIPE_NAME_MAX = 64,
	RECIPE_SOURCES_MAX = 16,
	RECIPE_FOLLOW_DEPTH_MAX = 3,
	RECIPE_FOLLOW_MAX = 10, /* addresses followed from one page */
};

enum source_kind { SOURCE_PAGE, SOURCE_JSON, SOURCE_REDIRECT, SOURCE_PACKAGE, SOURCE_N_KINDS };
const char *source_kind_name(enum source_kind kind); /* as its key is called: "page" */
enum pick { PICK_HIGHEST, PICK_FIRST, PICK_LAST, PICK_N };

struct source {
	enum source_kind kind;
	char *address;         /* may hold words; NULL in `follow` without a template of its own */
	char *link;            /* pattern */
	char *version_from;    /* pattern, matched on the address found */
	char *url;             /* page: template; json: pointer (starts with "/") or template */
	char *version;         /* json: pointer or template */
	char *sha256;          /* json: pointer */
	char *size;            /* json: pointer */
	char *items;           /* json: pointer to a list */
	struct pairs where;    /* json: pointer -> literal */
	struct pairs match;    /* json: pointer -> pattern */
	int pick;              /* enum pick */
	struct source *follow; /* NULL: none */
	unsigned line;         /* of the recipe's file, for messages */
};

enum checksum_policy { CHECKSUM_PREFER, CHECKSUM_REQUIRE, CHECKSUM_RECORD, CHECKSUM_N };

enum recipe_fit { RECIPE_FITS, RECIPE_OTHER_ARCH, RECIPE_OTHER_BASE };

struct recipe {
	/* filled by recipe_keys (keys.c) */
	char *name;
	char *title;
	char *kind; /* a name in the registry of kinds: "deb" */
	char *package;
	char *homepage;
	char *license_name;
	char *license_url;
	int license_accept; /* 0 no, 1 required */
	struct strings hosts;
	char *checksum_json; /* address with words, or NULL */
	char *checksum_at;   /* pointer with words, or NULL = the key that equals the file name */
	char *checksum_text; /* address with words, or NULL */
	int checksum_policy; /* enum checksum_policy */
	struct strings rewrite;   /* page's spelling -> package's */
	struct strings raw;       /* and back */
	struct strings installed; /* applied to dpkg's and the control's version */
	char *archive;
	char *notes;
	struct strings running;
	struct strings background;
	struct pairs base;
	struct pairs channel;
	bool enabled;
	struct source *sources;
	size_t n_sources;

	/* filled by recipe_resolve */
	char *file; /* where it was read from */
	enum recipe_fit fit;
	char fit_text[256];              /* why not, for a person; "" when it fits */
	char vendor_base[HOST_WORD_MAX]; /* the codename chosen */
	struct words words;              /* of this host: arch map, arch, base, os, channel */
	char digest[SHA256_HEX_SIZE];    /* of the packed form: what is cached is cached for this */
	struct rewrite_list {
		struct rewrite **items;
		size_t n_items;
	} compiled_rewrite, compiled_raw, compiled_installed; /* the three lists above, ready */
};

void recipe_free(struct recipe *r);
DEFINE_SCOPED(struct recipe *, recipe_free);

/*
 * A recipe from a checked tree (already merged with the administrator's overrides), for this host.
 * Unknown words, patterns that don't compile, keys of another source kind: all into errors. Static
 * words are left in the texts; the worker expands them together with those of a match
 * (recipe.words).
 *
 * In:    file_name    the name the file has without ".yaml": `name:` must be the same
 * Out:   out          recipe.fit says whether this host can use it
 */
bool recipe_load(const struct yaml_node *root, const char *file, const char *file_name,
	const struct host *h, struct recipe **out, struct yaml_errors *errors) MUST_CHECK;

/* For the wire; the worker's copy has no file and no fit. Symmetric, by the same table of keys. */
void recipe_pack(const struct recipe *r, struct buf *out);
bool recipe_unpack(struct unpack *u, struct recipe **out, struct err *e) MUST_CHECK;

/* version.rewrite, version.raw, version.installed applied to a copy. */
bool recipe_version_rewrite(const struct recipe *r, const char *raw_version, char *out,
	size_t out_size, struct err *e) MUST_CHECK;
bool recipe_version_raw(const struct recipe *r, const char *version, char *out, size_t out_size,
	struct err *e) MUST_CHECK;
bool recipe_version_installed(const struct recipe *r, const char *dpkg_version, char *out,
	size_t out_size, struct err *e) MUST_CHECK;

/* One name out of the folders: either a recipe or why there is none. */
struct recipe_entry {
	char name[RECIPE_NAME_MAX];
	char *file;
	struct recipe *recipe;     /* NULL: broken, see errors */
	struct yaml_errors errors; /* errors.first is an ERR_CONFIG */
};

struct recipes {
	struct recipe_entry *items; /* by name */
	size_t n_items;
};
void recipes_clear(struct recipes *r);
struct recipe_entry *recipes_find(const struct recipes *r, const char *name); /* NULL: none */

/*
 * In:    folders, n   later ones override earlier ones by file name; one that is missing is empty
 *        overrides    settings' `updaters:` map, or NULL
 *        as_root      refuse files and folders that others may write (that recipe is broken, then)
 */
bool recipes_load(const char *const *folders, size_t n, const struct yaml_node *overrides,
	const struct host *h, bool as_root, struct recipes *out, struct err *e) MUST_CHECK;

#endif
