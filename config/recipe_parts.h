/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files that make up recipe.h share among themselves; nobody else includes it. */
#ifndef DEVUPD_CONFIG_RECIPE_PARTS_H
#define DEVUPD_CONFIG_RECIPE_PARTS_H

#include "config/recipe.h"

/* recipe.c */
void source_clear(struct source *s);
bool recipe_compile(struct recipe *r, struct err *e) MUST_CHECK; /* the rewrites */
bool recipe_measure(struct recipe *r, struct err *e) MUST_CHECK; /* digest */

/* recipe_check.c: texts with the words that are known where they stand. */
struct scope {
	struct words at[SCOPE_OWNER + 1]; /* by enum key_scope; the value matters for host's only */
};
void scope_clear(struct scope *scope);

/* Are the words defined, and is it https, a pointer, as its type asks? */
bool text_check(const struct words *known, enum key_type type, const struct yaml_node *node,
	struct yaml_errors *errors) MUST_CHECK;
/* As text_check, for all texts of a map by their rows; sources and patterns excepted. */
bool texts_check(const struct scope *scope, const struct key *rows, unsigned kinds,
	const struct yaml_node *map, struct yaml_errors *errors) MUST_CHECK;
/* Compiled with its words filled in; its groups are added to out_groups. */
bool pattern_check(const struct words *known, const struct yaml_node *node,
	struct words *out_groups, struct yaml_errors *errors) MUST_CHECK;

/* recipe_owner.c: what only the kinds have that act as a person. */
bool owner_words(const struct words *host, struct words *out) MUST_CHECK;
bool owner_lists_load(
	const struct yaml_node *root, struct recipe *r, struct yaml_errors *errors) MUST_CHECK;

/* recipe_python.c: `venvs:` and `packages:`. Each load clears what was there. */
bool venvs_load(const struct yaml_node *node, const struct words *known, struct recipe *r,
	struct yaml_errors *errors) MUST_CHECK;
bool packages_load(const struct yaml_node *node, const struct words *known, struct recipe *r,
	struct yaml_errors *errors) MUST_CHECK;
void recipe_python_clear(struct recipe *r);
void recipe_python_pack(const struct recipe *r, struct buf *out);
bool recipe_python_unpack(struct unpack *u, struct recipe *r, struct err *e) MUST_CHECK;

/*
 * recipe_source.c: `sources:` of a recipe.
 *
 * Out:   out_groups   words that a match of each source defines, so that `checksum:` can hold them
 */
bool sources_load(const struct yaml_node *list, const struct words *host, struct recipe *r,
	struct words *out_groups, struct yaml_errors *errors) MUST_CHECK;

#endif
