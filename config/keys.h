/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One table of keys for settings and one for recipes. A row feeds the loader (type, bounds,
 * default), `show` (what is set, what is default) and the man page (the line that says what it is
 * for).
 */
#ifndef DEVUPD_CONFIG_KEYS_H
#define DEVUPD_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/pack.h"
#include "updaters/lib/text.h"
#include "updaters/lib/yaml.h"

struct words;
struct json_writer;

enum key_type {
	KEY_TEXT,      /* char * */
	KEY_NAME,      /* char *: [a-z0-9][a-z0-9+.-]* */
	KEY_ADDRESS,   /* char *: https address, words allowed */
	KEY_TEMPLATE,  /* char *: any text with words */
	KEY_PATTERN,   /* char *: PCRE2, words quoted in */
	KEY_POINTER,   /* char *: JSON Pointer, words allowed */
	KEY_LIST,      /* struct strings: list of texts (one text counts as a list of one) */
	KEY_TEMPLATES, /* struct strings: the same, with words */
	KEY_ARGV,      /* struct strings: a program and its arguments, with words; no shell */
	KEY_CODES,     /* struct strings: numbers 0 to 255 */
	KEY_HOSTS,     /* struct strings: checked as entries of a hosts list */
	KEY_REWRITES,  /* struct strings: s/a/b/ each, compiled to see */
	KEY_PAIRS,     /* struct pairs: map of texts */
	KEY_YES_NO,    /* bool */
	KEY_CHOICE,    /* int: index into allowed */
	KEY_COUNT,     /* uint64_t, min..max */
	KEY_DURATION,  /* uint64_t ms: 30, 30 s, 5 min, 2 h, 1 d; UINT64_MAX = not set */
	KEY_SIZE,      /* uint64_t bytes: 4 GiB, 500 MB, none = 0 */
	KEY_GROUP,     /* a map with rows of its own, inside the same struct */
	KEY_SPECIAL,   /* loaded by a function of its own (sources, arch, updaters) */
};

/* Which ${words} a text may hold; each has those of the one before, too. */
enum key_scope {
	SCOPE_HOST,    /* what is known of this host: arch map, arch, base, os, channel */
	SCOPE_VERSION, /* raw_version and version of the release in question */
	SCOPE_MATCH,   /* the named groups of the match */
	SCOPE_OWNER,   /* of the host, and home, user, python of a person */
};

struct key {
	const char *name;
	enum key_type type;
	size_t offset;              /* of the field in the struct that the table fills */
	const char *default_text;   /* as it would be written, for show and man; NULL = none */
	const char *const *allowed; /* KEY_CHOICE: NULL-ended words */
	uint64_t min, max;          /* KEY_COUNT, KEY_DURATION, KEY_SIZE; max 0 = no bound */
	const struct key *children; /* KEY_GROUP: rows, ended by name NULL */
	bool is_required;
	enum key_scope scope;
	unsigned kinds;   /* source_keys: bits 1 << enum source_kind; recipe_keys: 1 << enum
			     recipe_kind; 0 = all */
	const char *what; /* one line for the man page */
};

extern const struct key config_keys[]; /* into struct config, ended by name NULL */
extern const struct key own_keys[];    /* into struct own_settings: a person's own file */
extern const struct key recipe_keys[]; /* into struct recipe */
extern const struct key source_keys[]; /* into struct source */

/* Maps of texts, in the file's order. */
struct pairs {
	struct strings keys;
	struct strings values; /* as many */
};
void pairs_clear(struct pairs *p);

/* The row with this name among those of the kinds (bits, as in struct key), or NULL. */
const struct key *key_find(const struct key *rows, unsigned kinds, const char *name);
enum { KEY_ALL_KINDS = 0 };
bool key_is_of(const struct key *row, unsigned kinds);

/*
 * Fill a struct from a map by its table; defaults are put first. Every fault goes into errors with
 * file:line:column, what was found, what is allowed, and the nearest key; it goes on to the next
 * key.
 *
 * In:    kinds     bits: only rows of these; 0 = all
 *        special   loads KEY_SPECIAL rows; user is handed to it
 * Fails: false when at least one complaint was added
 */
bool keys_load(const struct key *rows, unsigned kinds, const struct yaml_node *map, void *out,
	bool (*special)(const struct key *row, const struct yaml_node *node, void *out, void *user,
		struct yaml_errors *errors),
	void *user, struct yaml_errors *errors) MUST_CHECK;
/*
 * The keys that a map holds, laid over a struct that is filled already: each replaces what was
 * there. KEY_SPECIAL rows clear their field themselves.
 */
bool keys_lay_over(const struct key *rows, unsigned kinds, const struct yaml_node *map, void *out,
	bool (*special)(const struct key *row, const struct yaml_node *node, void *out, void *user,
		struct yaml_errors *errors),
	void *user, struct yaml_errors *errors) MUST_CHECK;
/* Frees what keys_load allocated in the struct; KEY_SPECIAL fields stay their owner's. */
void keys_clear(const struct key *rows, void *filled);

/* For the wire, in the table's order; KEY_SPECIAL rows are their owner's. */
void keys_pack(const struct key *rows, const void *filled, struct buf *out);
bool keys_unpack(const struct key *rows, struct unpack *u, void *out, struct err *e) MUST_CHECK;

/*
 * A field as it would be written in a file, and as JSON has it.
 *
 * In:    words   what stands behind those of this host is shown, those of a match stay; NULL = all
 *                stay
 * Out:   in a file nothing for what is not set, for an empty list or map; nothing at all for
 *        KEY_SPECIAL
 */
void keys_format(
	const struct key *row, const void *filled, const struct words *words, struct buf *out);
void keys_json(const struct key *row, const void *filled, const struct words *words,
	struct json_writer *w);
/* One text, quoted where a file needs it, escaped where it would rule a terminal. */
void keys_format_text(const char *text, const struct words *words, struct buf *out);

#endif
