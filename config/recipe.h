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
#include "config/source.h"
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

enum checksum_policy { CHECKSUM_PREFER, CHECKSUM_REQUIRE, CHECKSUM_RECORD, CHECKSUM_N };

enum signature_policy { SIGNATURE_REQUIRE, SIGNATURE_PREFER, SIGNATURE_N };

/* The kinds of updater; the order is that of their names, and of `kinds` bits in recipe_keys. */
enum recipe_kind {
	RECIPE_DEB,
	RECIPE_HOMEBREW,
	RECIPE_PYTHON,
	RECIPE_EDITOR,
	RECIPE_COMMAND,
	RECIPE_N_KINDS
};
const char *recipe_kind_name(enum recipe_kind kind);

enum recipe_upgrade { UPGRADE_ASK, UPGRADE_YES, UPGRADE_NO, UPGRADE_N };

/* One of `venvs:`: a glob, or a venv that is to be there. Texts hold words. */
struct recipe_venv {
	char *path;              /* glob, or the venv's folder */
	bool is_declared;        /* written as a map: made under upgrade where it is missing */
	char *python;            /* "3.13", or an interpreter's path; NULL = the person's python3 */
	struct strings packages; /* requirements, as pip takes them */
	char *from;              /* a requirements file; NULL = none */
};
/* One of `packages:`. */
struct recipe_package {
	char *install; /* requirement for pip: "progressbar2", "numpy>=2" */
	char *import;  /* the module that must import: "progressbar" */
};

enum recipe_fit { RECIPE_FITS, RECIPE_OTHER_ARCH, RECIPE_OTHER_BASE };

struct recipe {
	/* filled by recipe_keys (keys.c) */
	char *name;
	char *title;
	char *kind;               /* a name in the registry of kinds: "deb" */
	enum recipe_kind kind_of; /* the same */
	char *package;
	char *homepage;
	char *license_name;
	char *license_url;
	int license_accept; /* 0 no, 1 required */
	struct strings hosts;
	char *checksum_json;  /* address with words, or NULL */
	char *checksum_at;    /* pointer with words, or NULL = the key that equals the file name */
	char *checksum_text;  /* address with words, or NULL */
	int checksum_policy;  /* enum checksum_policy */
	int signature_member; /* only auto: any that is in the package */
	char *signature_detached;      /* address with words; NULL = in the package itself */
	struct strings signature_keys; /* fingerprints, upper case; empty = none is asked for */
	int signature_policy;          /* enum signature_policy */
	struct strings rewrite;        /* page's spelling -> package's */
	struct strings raw;            /* and back */
	struct strings installed;      /* applied to dpkg's and the control's version */
	char *archive;
	char *notes;
	struct strings running;
	struct strings background;
	struct pairs base;
	struct pairs channel;
	bool enabled;
	uint64_t cool_down_ms; /* of this name; UINT64_MAX = as the settings say */
	struct source *sources;
	size_t n_sources;

	/* of the kinds that act as a person; texts hold words of the host, home, user, python */
	char *prefix;  /* homebrew: a prefix beyond those that are found; NULL = none */
	char *formula; /* homebrew: "python": its links; NULL = brew itself, all formulae */
	int upgrade;   /* homebrew, python: enum recipe_upgrade: may it use the network */
	struct recipe_venv *venvs; /* python */
	size_t n_venvs;
	struct strings roots;            /* python: folders below which venvs are looked for */
	uint64_t depth;                  /* … so deep */
	struct recipe_package *packages; /* python: what must import in interpreter */
	size_t n_packages;
	char *interpreter;      /* python: venv or program of packages; editor: what should be the
				   default */
	char *into;             /* python: venv that packages left behind are brought into; NULL */
	struct strings editors; /* editor: which of them; empty = all that are found */
	struct strings paths;   /* editor: import paths that must be listed, where they are there */
	struct strings check;   /* command: says whether there is something to do; empty = no way */
	struct strings run;     /* command: does it */
	struct strings version_of; /* command: prints the version */
	struct strings list;       /* command: prints what is installed, to see what changed */
	char *user;                /* command: only for this login name; NULL = everybody */
	char *search_path;         /* command: its PATH; NULL = as a new terminal has it */
	uint64_t timeout_ms;       /* command */
	struct strings ok;         /* command: exit codes that are no failure, and tell nothing */
	struct strings nothing;    /* command: exit codes that mean: nothing to do */
	struct strings available;  /* command: exit codes of check: there is something to do */

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

/*
 * A person's own keys for this name, laid over. Only for the kinds that act as a person; in a
 * process of that person.
 * Fails: false with complaints; the recipe is half laid over then, and of no use
 */
bool recipe_lay_over(
	struct recipe *r, const struct yaml_node *map, struct yaml_errors *errors) MUST_CHECK;
/* Does this kind act as the owner of what it touches? */
bool recipe_is_owners(const struct recipe *r);

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
