/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts with words in them: defined? well-formed once the words are filled in? */
#include "config/recipe_parts.h"

#include <string.h>

#include "config/keys.h"
#include "updaters/lib/json.h"
#include "updaters/lib/pattern.h"
#include "updaters/lib/url.h"

void scope_clear(struct scope *scope)
{
	for (size_t i = 0; i < ARRAY_SIZE(scope->at); i++)
		words_clear(&scope->at[i]);
}

struct word_check {
	const struct words *known;
	const struct yaml_node *node;
	struct yaml_errors *errors;
	bool is_ok;
};

static bool check_word(void *user, const char *name, size_t offset)
{
	struct word_check *c = user;
	SCOPED_CLEAR(buf_clear) struct buf known = {0};

	if (words_get(c->known, name))
		return true;
	buf_init(&known, ERR_TEXT_MAX);
	words_list(c->known, &known);
	c->is_ok = yaml_complain_inside(c->errors, c->node->file, c->node, offset,
		"${%s} is not defined here; there are: %s", name, buf_str(&known));
	return true;
}

/* All undefined words are named; out is filled only when there are none. */
static bool fill_in(const struct words *known, const struct yaml_node *node, const char *text,
	enum words_mode mode, struct buf *out, struct yaml_errors *errors)
{
	struct word_check c = {known, node, errors, true};
	struct err e = {0};

	if (!words_each(text, check_word, &c, &e))
		return yaml_complain_inside(errors, node->file, node,
			(size_t)(strstr(text, "${") - text), "%s", e.text);
	if (!c.is_ok)
		return false;
	return words_expand(known, text, mode, false, out, &e) ||
	       yaml_complain(errors, node->file, node, "%s", e.text);
}

/* What begins with a word may become anything; the rest must be https from the start. */
static bool check_address(const struct yaml_node *node, const char *filled, struct err *e)
{
	return text_starts(node->scalar, "${") || url_check(filled, e);
}

static bool check_template(const struct yaml_node *node, const char *filled, struct err *e)
{
	return !strstr(filled, "://") || check_address(node, filled, e);
}

static bool check_pointer(const struct yaml_node *node, const char *filled, struct err *e)
{
	(void)node;
	return json_pointer_is_valid(filled) ||
	       err_set(e, ERR_CONFIG,
		       "\"%s\" is not a JSON Pointer: it begins with \"/\", and \"~\" is ~0",
		       filled);
}

bool text_check(const struct words *known, enum key_type type, const struct yaml_node *node,
	struct yaml_errors *errors)
{
	static bool (*const checks[])(const struct yaml_node *, const char *, struct err *) = {
		[KEY_ADDRESS] = check_address,
		[KEY_TEMPLATE] = check_template,
		[KEY_POINTER] = check_pointer,
		[KEY_SPECIAL] = NULL,
	};
	SCOPED_CLEAR(buf_clear) struct buf filled = {0};
	struct err e = {0};

	buf_init(&filled, YAML_FILE_MAX);
	if (node->kind != YAML_SCALAR)
		return false; /* said already by the loader */
	if (!fill_in(known, node, node->scalar, WORDS_INTO_TEXT, &filled, errors))
		return false;
	return !checks[type] || checks[type](node, buf_str(&filled), &e) ||
	       yaml_complain(errors, node->file, node, "%s: %s", node->key ? node->key : "pointer",
		       e.text);
}

/* Each text of a list, or the one that stands for a list of one. */
static bool list_check(
	const struct words *known, const struct yaml_node *node, struct yaml_errors *errors)
{
	bool ok = true;

	if (node->kind == YAML_SCALAR)
		return text_check(known, KEY_TEXT, node, errors);
	for (const struct yaml_node *n = node->children; n; n = n->next)
		ok = text_check(known, KEY_TEXT, n, errors) && ok;
	return ok;
}

bool texts_check(const struct scope *scope, const struct key *rows, unsigned kinds,
	const struct yaml_node *map, struct yaml_errors *errors)
{
	bool ok = true;

	for (const struct yaml_node *n = map->children; n; n = n->next) {
		const struct key *row = key_find(rows, kinds, n->key);

		if (!row)
			continue;
		if (row->type == KEY_GROUP && n->kind == YAML_MAP)
			ok = texts_check(scope, row->children, kinds, n, errors) && ok;
		if (row->type == KEY_ADDRESS || row->type == KEY_TEMPLATE ||
			row->type == KEY_POINTER)
			ok = text_check(&scope->at[row->scope], row->type, n, errors) && ok;
		if (row->type == KEY_TEMPLATES || row->type == KEY_ARGV)
			ok = list_check(&scope->at[row->scope], n, errors) && ok;
	}
	return ok;
}

/* Where the pattern is wrong, as far as no word before that place changed its length. */
static bool complain_pattern(const struct yaml_node *node, const char *filled, size_t offset,
	const struct err *e, struct yaml_errors *errors)
{
	bool is_same = offset <= strlen(node->scalar) && strncmp(filled, node->scalar, offset) == 0;

	return yaml_complain_inside(errors, node->file, node, is_same ? offset : 0, "%s: %s",
		node->key ? node->key : "pattern", e->text);
}

bool pattern_check(const struct words *known, const struct yaml_node *node,
	struct words *out_groups, struct yaml_errors *errors)
{
	SCOPED_CLEAR(buf_clear) struct buf filled = {0};
	SCOPED(pattern_free) struct pattern *p = NULL;
	const char *names[PATTERN_GROUPS_MAX];
	struct err e = {0};
	size_t offset = 0, n_names;

	buf_init(&filled, YAML_FILE_MAX);
	if (node->kind != YAML_SCALAR)
		return false;
	if (!fill_in(known, node, node->scalar, WORDS_INTO_PATTERN, &filled, errors))
		return false;
	if (!pattern_new(buf_str(&filled), false, &p, &offset, &e))
		return complain_pattern(node, buf_str(&filled), offset, &e, errors);
	n_names = pattern_group_names(p, names, ARRAY_SIZE(names));
	for (size_t i = 0; i < n_names; i++)
		if (!words_set(out_groups, names[i], "0"))
			return yaml_complain(
				errors, node->file, node, "too many groups and words together");
	return true;
}
