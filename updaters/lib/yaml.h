/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * YAML as settings and recipes use it: libyaml's events made into a small tree with line and
 * column. Anchors, aliases, tags and more than one document are refused. The only user of libyaml.
 */
#ifndef DEVUPD_LIB_YAML_H
#define DEVUPD_LIB_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/err.h"

enum { YAML_FILE_MAX = 64 << 10, YAML_DEPTH_MAX = 16 };

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	unsigned line, column; /* from 1 */
	bool is_plain;         /* scalar without quotes: `yes` and "yes" differ */
	bool is_verbatim;      /* scalar on one line, no escapes: offsets are columns */
	char *key;             /* in a map: this entry's key; else NULL */
	unsigned key_line, key_column;
	char *scalar;               /* kind SCALAR: its text, "" for nothing */
	const char *file;           /* as handed to yaml_parse, borrowed: must outlive the tree */
	struct yaml_node *children; /* first of a list or map, in the file's order */
	struct yaml_node *next;     /* sibling */
};

/* All complaints about one file, or several. */
struct yaml_errors {
	struct err first; /* ERR_CONFIG, "file:line:column: what" */
	struct yaml_complaint {
		char *text;            /* "file:line:column: what" */
		const char *what;      /* the same without its place */
		unsigned line, column; /* 0 = it is about the file as such */
	} * items;
	size_t n_items;
	size_t limit; /* 0 = 50; further ones are only counted */
	size_t n_more;
};
/* Always returns false. Where node is NULL the complaint is about the file as such. */
bool yaml_complain(struct yaml_errors *errors, const char *file, const struct yaml_node *at,
	const char *format, ...) PRINTF_LIKE(4, 5);
bool yaml_complain_key(struct yaml_errors *errors, const char *file, const struct yaml_node *at,
	const char *format, ...) PRINTF_LIKE(4, 5); /* at the key's place */
/* At a byte of the node's text, as far as the file has it on one line; else at its beginning. */
bool yaml_complain_inside(struct yaml_errors *errors, const char *file, const struct yaml_node *at,
	size_t offset, const char *format, ...) PRINTF_LIKE(5, 6);
void yaml_errors_clear(struct yaml_errors *errors);
/* All of them in one: "FIRST; SECOND; and 3 more", as many whole ones as fit. */
void yaml_errors_join(const struct yaml_errors *errors, struct err *out);

/*
 * In:    text, len   the file's content, <= YAML_FILE_MAX; file: its name for messages
 * Out:   out_root    an empty file is an empty map
 * Fails: into errors: syntax, tab, anchor, alias, tag, duplicate key, invalid UTF-8 with its
 *        line:column, too deep, root is no map
 */
bool yaml_parse(const char *file, const char *text, size_t len, struct yaml_node **out_root,
	struct yaml_errors *errors) MUST_CHECK;
/* Not yaml_free: libyaml exports a function of that name and would call ours. */
void yaml_node_free(struct yaml_node *root);
DEFINE_SCOPED(struct yaml_node *, yaml_node_free);

const struct yaml_node *yaml_get(
	const struct yaml_node *map, const char *key); /* NULL: not there */
/*
 * Lay the entries of `over` over `base`: maps are merged key by key, everything else is replaced;
 * each node keeps its own file and line. Both stay as they are; either may be NULL. NULL: no
 * memory.
 */
struct yaml_node *yaml_merge(const struct yaml_node *base, const struct yaml_node *over);

#endif
