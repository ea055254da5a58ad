/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "updaters/lib/text.h"

/* A list or map that is being read, and where its next child goes. */
struct frame {
	struct yaml_node *node;
	struct yaml_node **tail;
	yaml_event_t key; /* in a map, once its key was read: type SCALAR, else NO_EVENT */
	size_t n_children;
};

struct builder {
	const char *file;
	struct yaml_errors *errors;
	struct yaml_node *root;
	struct frame stack[YAML_DEPTH_MAX];
	size_t depth;
	unsigned n_documents;
};

/* --- places ------------------------------------------------------------------ */

/* Line and column (in characters) of the first byte that is not UTF-8. */
static bool complain_utf8(const char *text, size_t len, struct builder *b)
{
	struct yaml_node at = {.line = 1, .column = 1, .file = b->file};
	size_t i = 0, n;

	while (i < len && (n = text_utf8_len(text + i, len - i)) > 0) {
		at.column++;
		if (text[i] == '\n') {
			at.line++;
			at.column = 1;
		}
		i += n;
	}
	return yaml_complain(b->errors, b->file, &at,
		"the byte 0x%02X is not UTF-8; save the file as UTF-8",
		i < len ? (unsigned char)text[i] : 0);
}

static void place(const char *text, size_t len, size_t offset, struct yaml_node *at)
{
	at->line = at->column = 1;
	for (size_t i = 0; i < offset && i < len; i++) {
		if (text[i] == '\n') {
			at->line++;
			at->column = 1;
		} else if (((unsigned char)text[i] & 0xC0) != 0x80) {
			at->column++;
		}
	}
}

/* The column of a tab among the blanks that begin a line; 0 where there is none. */
static unsigned tab_column(const char *text, size_t len, size_t line)
{
	const char *end = text + len, *at = text;

	for (size_t i = 1; i < line && at; i++) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	for (unsigned column = 1; at && at < end && (*at == ' ' || *at == '\t'); at++, column++)
		if (*at == '\t')
			return column;
	return 0;
}

static bool complain_syntax(const yaml_parser_t *p, const char *text, size_t len, struct builder *b)
{
	struct yaml_node at = {.file = b->file,
		.line = (unsigned)p->problem_mark.line + 1,
		.column = (unsigned)p->problem_mark.column + 1};
	unsigned tab;

	if (p->error == YAML_MEMORY_ERROR)
		return yaml_complain(b->errors, b->file, NULL, "out of memory");
	if (p->error == YAML_READER_ERROR) {
		place(text, len, p->problem_offset, &at);
		return yaml_complain(b->errors, b->file, &at, "%s (0x%02X)", p->problem,
			(unsigned)p->problem_value);
	}
	tab = tab_column(text, len, at.line);
	if (tab) {
		at.column = tab;
		return yaml_complain(b->errors, b->file, &at,
			"a tab in the indentation; YAML allows blanks only");
	}
	return yaml_complain(b->errors, b->file, &at, "%s%s%s", p->context ? p->context : "",
		p->context ? ", " : "", p->problem ? p->problem : "not YAML");
}

/* --- events to nodes --------------------------------------------------------- */

static struct yaml_node *node_new(enum yaml_kind kind, const yaml_event_t *event, const char *file)
{
	struct yaml_node *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	node->kind = kind;
	node->file = file;
	node->line = (unsigned)event->start_mark.line + 1;
	node->column = (unsigned)event->start_mark.column + 1;
	return node;
}

static struct yaml_node *scalar_new(const yaml_event_t *event, const char *file)
{
	struct yaml_node *node = node_new(YAML_SCALAR, event, file);
	size_t written = event->end_mark.index - event->start_mark.index;
	size_t len = event->data.scalar.length, n_chars = 0;

	if (!node)
		return NULL;
	node->scalar = strdup((const char *)event->data.scalar.value);
	if (!node->scalar) {
		free(node);
		return NULL;
	}
	for (size_t i = 0; i < len; i++)
		n_chars += ((unsigned char)node->scalar[i] & 0xC0) != 0x80;
	node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	node->is_verbatim = event->start_mark.line == event->end_mark.line &&
			    written == n_chars + (node->is_plain ? 0 : 2);
	return node;
}

/* Puts a node where the document is now; takes it over. */
static bool builder_add(struct builder *b, struct yaml_node *node)
{
	struct frame *top = b->depth ? &b->stack[b->depth - 1] : NULL;

	if (!top) {
		b->root = node;
		return true;
	}
	if (top->node->kind == YAML_MAP) {
		const yaml_event_t *key = &top->key;

		node->key = strdup((const char *)key->data.scalar.value);
		node->key_line = (unsigned)key->start_mark.line + 1;
		node->key_column = (unsigned)key->start_mark.column + 1;
		yaml_event_delete(&top->key);
	}
	*top->tail = node;
	top->tail = &node->next;
	top->n_children++;
	return true;
}

static bool is_key_due(const struct builder *b)
{
	const struct frame *top = b->depth ? &b->stack[b->depth - 1] : NULL;

	return top && top->node->kind == YAML_MAP && top->key.type == YAML_NO_EVENT;
}

static int compare_keys(const void *a, const void *b)
{
	const struct yaml_node *x = *(struct yaml_node *const *)a;
	const struct yaml_node *y = *(struct yaml_node *const *)b;
	int by_key = strcmp(x->key, y->key);

	if (by_key)
		return by_key;
	if (x->key_line != y->key_line)
		return x->key_line < y->key_line ? -1 : 1;
	return x->key_column < y->key_column ? -1 : 1;
}

/* Sorted, not compared pairwise: 64 KiB hold thousands of keys. */
static bool check_duplicates(const struct frame *f, struct builder *b)
{
	SCOPED_FREE struct yaml_node **sorted = NULL;
	size_t i = 0;

	if (f->node->kind != YAML_MAP || f->n_children < 2)
		return true;
	sorted = calloc(f->n_children, sizeof(struct yaml_node *));
	if (!sorted)
		return yaml_complain(b->errors, b->file, NULL, "out of memory");
	for (struct yaml_node *n = f->node->children; n; n = n->next)
		sorted[i++] = n;
	qsort(sorted, f->n_children, sizeof(struct yaml_node *), compare_keys);
	for (i = 1; i < f->n_children; i++)
		if (strcmp(sorted[i]->key, sorted[i - 1]->key) == 0)
			yaml_complain_key(b->errors, b->file, sorted[i],
				"key \"%s\" is there twice, first in line %u; keep one",
				sorted[i]->key, sorted[i - 1]->key_line);
	return true;
}

static bool complain_event(struct builder *b, const yaml_event_t *event, const char *what)
{
	struct yaml_node at = {.file = b->file,
		.line = (unsigned)event->start_mark.line + 1,
		.column = (unsigned)event->start_mark.column + 1};

	return yaml_complain(b->errors, b->file, &at, "%s", what);
}

/* Anchors and tags are refused, and reading goes on, so that all faults are shown at once. */
static void check_properties(
	struct builder *b, const yaml_event_t *event, const void *anchor, const void *tag)
{
	if (anchor)
		complain_event(b, event, "anchors (&name) are not allowed; write the value out");
	if (tag)
		complain_event(b, event, "tags (!name) are not allowed; write the plain value");
}

static bool on_scalar(struct builder *b, yaml_event_t *event)
{
	struct yaml_node *node;

	check_properties(b, event, event->data.scalar.anchor, event->data.scalar.tag);
	if (memchr(event->data.scalar.value, '\0', event->data.scalar.length))
		return complain_event(b, event, "a NUL character in a text");
	if (is_key_due(b)) {
		b->stack[b->depth - 1].key = *event;
		*event = (yaml_event_t){0}; /* taken over */
		return true;
	}
	node = scalar_new(event, b->file);
	if (!node)
		return complain_event(b, event, "out of memory");
	return builder_add(b, node);
}

static bool on_start(struct builder *b, const yaml_event_t *event, enum yaml_kind kind)
{
	struct yaml_node *node;

	if (is_key_due(b))
		return complain_event(b, event, "a key must be a text, not a list or map");
	if (b->depth == YAML_DEPTH_MAX)
		return complain_event(b, event, "lists and maps are nested too deep (at most 16)");
	node = node_new(kind, event, b->file);
	if (!node)
		return complain_event(b, event, "out of memory");
	builder_add(b, node);
	b->stack[b->depth++] = (struct frame){.node = node, .tail = &node->children};
	return true;
}

static bool on_end(struct builder *b)
{
	return check_duplicates(&b->stack[--b->depth], b);
}

static bool on_document(struct builder *b, const yaml_event_t *event)
{
	if (event->data.document_start.version_directive ||
		event->data.document_start.tag_directives.start !=
			event->data.document_start.tag_directives.end)
		return complain_event(b, event, "directives (%YAML, %TAG) are not allowed");
	if (b->n_documents++)
		return complain_event(b, event, "a second document (---); one file holds one");
	return true;
}

static bool on_event(struct builder *b, yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT: return on_document(b, event);
	case YAML_SCALAR_EVENT: return on_scalar(b, event);
	case YAML_SEQUENCE_START_EVENT:
		check_properties(b, event, event->data.sequence_start.anchor,
			event->data.sequence_start.tag);
		return on_start(b, event, YAML_LIST);
	case YAML_MAPPING_START_EVENT:
		check_properties(
			b, event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
		return on_start(b, event, YAML_MAP);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT: return on_end(b);
	case YAML_ALIAS_EVENT:
		return complain_event(
			b, event, "aliases (*name) are not allowed; write the value out");
	default: return true;
	}
}

/* --- the file ---------------------------------------------------------------- */

static bool read_events(yaml_parser_t *p, const char *text, size_t len, struct builder *b)
{
	bool is_ended = false, ok = true;

	while (ok && !is_ended) {
		yaml_event_t event = {0};

		if (!yaml_parser_parse(p, &event))
			return complain_syntax(p, text, len, b);
		is_ended = event.type == YAML_STREAM_END_EVENT;
		ok = on_event(b, &event);
		yaml_event_delete(&event);
	}
	return ok;
}

static bool read_tree(const char *text, size_t len, struct builder *b)
{
	yaml_parser_t p;
	bool ok;

	if (!yaml_parser_initialize(&p))
		return yaml_complain(b->errors, b->file, NULL, "out of memory");
	/* Set, not guessed: a byte order mark must not turn the file into UTF-16. */
	yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&p, (const unsigned char *)text, len);
	ok = read_events(&p, text, len, b);
	yaml_parser_delete(&p);
	for (size_t i = 0; i < b->depth; i++)
		yaml_event_delete(&b->stack[i].key);
	return ok;
}

/* An empty file, or one of comments, is an empty map. */
static bool check_root(struct builder *b)
{
	struct yaml_node *root = b->root;

	if (!root) {
		root = b->root = calloc(1, sizeof(*root));
		if (!root)
			return yaml_complain(b->errors, b->file, NULL, "out of memory");
		*root = (struct yaml_node){
			.kind = YAML_MAP, .line = 1, .column = 1, .file = b->file};
	}
	if (root->kind == YAML_SCALAR && root->is_plain && root->scalar[0] == '\0') {
		free(root->scalar);
		root->scalar = NULL;
		root->kind = YAML_MAP;
	}
	if (root->kind != YAML_MAP)
		return yaml_complain(b->errors, b->file, root, "\"key: value\" lines are expected");
	return true;
}

bool yaml_parse(const char *file, const char *text, size_t len, struct yaml_node **out_root,
	struct yaml_errors *errors)
{
	struct builder b = {.file = file, .errors = errors};
	size_t n_before = errors->n_items + errors->n_more;

	if (len > YAML_FILE_MAX)
		return yaml_complain(errors, file, NULL, "larger than 64 KiB, not read");
	if (!text_is_utf8(text, len))
		return complain_utf8(text, len, &b);
	if (!read_tree(text, len, &b) || !check_root(&b) ||
		errors->n_items + errors->n_more > n_before) {
		yaml_node_free(b.root);
		return false;
	}
	*out_root = b.root;
	return true;
}
