/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tree once it is read: looking up, copying, merging, complaining about a node. */
#include "updaters/lib/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "updaters/lib/text.h"

enum { ERRORS_LIMIT = 50 };

void yaml_node_free(struct yaml_node *root)
{
	while (root) {
		struct yaml_node *next = root->next;

		yaml_node_free(root->children);
		free(root->key);
		free(root->scalar);
		free(root);
		root = next;
	}
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *n = map && map->kind == YAML_MAP ? map->children : NULL;

	while (n && strcmp(n->key, key) != 0)
		n = n->next;
	return n;
}

/* --- copies ------------------------------------------------------------------ */

static char *copy_text(const char *s)
{
	return s ? strdup(s) : NULL;
}

/* The node alone: no children, no sibling. */
static struct yaml_node *copy_node(const struct yaml_node *from)
{
	struct yaml_node *node = malloc(sizeof(*node));

	if (!node)
		return NULL;
	*node = *from;
	node->children = node->next = NULL;
	node->key = copy_text(from->key);
	node->scalar = copy_text(from->scalar);
	if (!node->key == !from->key && !node->scalar == !from->scalar)
		return node;
	yaml_node_free(node);
	return NULL;
}

/*
 * What the entries of `base` become under those of `over`, then what only `over` has. Looking each
 * key up in the other map is quadratic, but an override has a handful of keys.
 */
static bool merge_children(
	const struct yaml_node *base, const struct yaml_node *over, struct yaml_node **tail);

static struct yaml_node *merge_node(const struct yaml_node *base, const struct yaml_node *over)
{
	bool is_merged = over && base->kind == YAML_MAP && over->kind == YAML_MAP;
	struct yaml_node *node = copy_node(over ? over : base);

	if (!node)
		return NULL;
	if (!merge_children(
		    over && !is_merged ? over : base, is_merged ? over : NULL, &node->children)) {
		yaml_node_free(node);
		return NULL;
	}
	return node;
}

static bool append(struct yaml_node ***tail, struct yaml_node *node)
{
	if (!node)
		return false;
	**tail = node;
	*tail = &node->next;
	return true;
}

static bool merge_children(
	const struct yaml_node *base, const struct yaml_node *over, struct yaml_node **tail)
{
	for (const struct yaml_node *n = base->children; n; n = n->next)
		if (!append(&tail, merge_node(n, over ? yaml_get(over, n->key) : NULL)))
			return false;
	for (const struct yaml_node *n = over ? over->children : NULL; n; n = n->next)
		if (!yaml_get(base, n->key) && !append(&tail, merge_node(n, NULL)))
			return false;
	return true;
}

struct yaml_node *yaml_merge(const struct yaml_node *base, const struct yaml_node *over)
{
	return base ? merge_node(base, over) : over ? merge_node(over, NULL) : NULL;
}

/* --- complaints -------------------------------------------------------------- */

static bool errors_add(struct yaml_errors *errors, struct yaml_complaint *c, size_t what_at)
{
	void *items;

	if (!err_is_set(&errors->first))
		err_set(&errors->first, ERR_CONFIG, "%s", c->text);
	if (errors->n_items >= (errors->limit ? errors->limit : ERRORS_LIMIT)) {
		errors->n_more++;
		return false;
	}
	items = realloc(errors->items, (errors->n_items + 1) * sizeof(*errors->items));
	if (items)
		errors->items = items;
	c->text = items ? strdup(c->text) : NULL;
	if (!c->text) {
		errors->n_more++;
		return false;
	}
	c->what = c->text + what_at;
	errors->items[errors->n_items++] = *c;
	return false;
}

static bool complain(struct yaml_errors *errors, const char *file, unsigned line, unsigned column,
	const char *format, va_list args)
{
	char what[ERR_TEXT_MAX], escaped[ERR_TEXT_MAX], text[ERR_TEXT_MAX * 2];
	struct yaml_complaint c = {.text = text, .line = line, .column = column};

	(void)vsnprintf(what, sizeof(what), format, args);
	text_escape(what, strlen(what), escaped, sizeof(escaped));
	if (line)
		(void)snprintf(text, sizeof(text), "%s:%u:%u: %s", file, line, column, escaped);
	else
		(void)snprintf(text, sizeof(text), "%s: %s", file, escaped);

	size_t len = strlen(text), n_escaped = strlen(escaped);

	return errors_add(errors, &c, len > n_escaped ? len - n_escaped : 0);
}

bool yaml_complain(struct yaml_errors *errors, const char *file, const struct yaml_node *at,
	const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(errors, at && at->file ? at->file : file, at ? at->line : 0, at ? at->column : 0,
		format, args);
	va_end(args);
	return false;
}

bool yaml_complain_key(struct yaml_errors *errors, const char *file, const struct yaml_node *at,
	const char *format, ...)
{
	bool has_key = at && at->key_line;
	va_list args;

	va_start(args, format);
	complain(errors, at && at->file ? at->file : file,
		has_key ? at->key_line
		: at    ? at->line
			: 0,
		has_key ? at->key_column
		: at    ? at->column
			: 0,
		format, args);
	va_end(args);
	return false;
}

bool yaml_complain_inside(struct yaml_errors *errors, const char *file, const struct yaml_node *at,
	size_t offset, const char *format, ...)
{
	unsigned column = at->column;
	va_list args;

	if (at->is_verbatim) {
		column += at->is_plain ? 0 : 1;
		for (size_t i = 0; i < offset && at->scalar[i]; i++)
			column += ((unsigned char)at->scalar[i] & 0xC0) != 0x80;
	}
	va_start(args, format);
	complain(errors, at->file ? at->file : file, at->line, column, format, args);
	va_end(args);
	return false;
}

void yaml_errors_join(const struct yaml_errors *errors, struct err *out)
{
	enum { ROOM = ERR_TEXT_MAX - 32 }; /* for "; and N more" */
	size_t i = 1, len;

	*out = errors->first;
	for (; i < errors->n_items; i++) {
		len = strlen(out->text);
		if (len + strlen(errors->items[i].text) + 2 > ROOM)
			break;
		snprintf(out->text + len, sizeof(out->text) - len, "; %s", errors->items[i].text);
	}
	len = strlen(out->text);
	if (i < errors->n_items + errors->n_more)
		snprintf(out->text + len, sizeof(out->text) - len, "; and %zu more",
			errors->n_items + errors->n_more - i);
}

void yaml_errors_clear(struct yaml_errors *errors)
{
	for (size_t i = 0; i < errors->n_items; i++)
		free(errors->items[i].text);
	free(errors->items);
	*errors = (struct yaml_errors){.limit = errors->limit};
}
