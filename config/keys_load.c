/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a checked tree into a struct, by its table. */
#include "config/keys.h"

#include <stdio.h>
#include <string.h>

#include "config/amount.h"
#include "updaters/lib/pattern.h"
#include "updaters/lib/url.h"

enum { ROWS_MAX = 64 };

/* One row, the node that was found for it, and where complaints go. */
struct load {
	const struct key *row;
	const struct yaml_node *node;
	void *field;
	struct yaml_errors *errors;
};

/* --- what was found, for complaints ------------------------------------------ */

static void describe(const struct yaml_node *node, char *out, size_t out_size)
{
	if (node->kind == YAML_LIST)
		(void)snprintf(out, out_size, "a list");
	else if (node->kind == YAML_MAP)
		(void)snprintf(out, out_size, "a map");
	else if (node->is_plain && node->scalar[0] == '\0')
		(void)snprintf(out, out_size, "nothing");
	else
		(void)snprintf(out, out_size, "%s\"%.100s\"", node->is_plain ? "" : "the quoted ",
			node->scalar);
}

static bool expect(const struct load *l, const struct yaml_node *at, const char *expected)
{
	char found[160];

	describe(at, found, sizeof(found));
	return yaml_complain(l->errors, at->file, at, "%s: found %s, expected %s", l->row->name,
		found, expected);
}

/* A scalar with something in it. */
static bool is_text(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && node->scalar[0] != '\0';
}

static bool no_memory(const struct load *l)
{
	return yaml_complain(l->errors, l->node->file, l->node, "out of memory");
}

/* --- one text ---------------------------------------------------------------- */

static bool load_text(const struct load *l)
{
	if (!is_text(l->node))
		return expect(l, l->node, "a text");
	*(char **)l->field = strdup(l->node->scalar);
	return *(char **)l->field || no_memory(l);
}

/* Quoted nothing is a pointer, too: the whole document. */
static bool load_pointer(const struct load *l)
{
	if (l->node->kind != YAML_SCALAR || (l->node->is_plain && l->node->scalar[0] == '\0'))
		return expect(l, l->node, "a JSON Pointer such as /version");
	*(char **)l->field = strdup(l->node->scalar);
	return *(char **)l->field || no_memory(l);
}

static bool load_name(const struct load *l)
{
	const char *s = l->node->kind == YAML_SCALAR ? l->node->scalar : "";
	size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789+.-");

	if (len == 0 || s[len] != '\0' || strchr("+.-", s[0]) || len >= 64)
		return expect(l, l->node,
			"a name: small letters, digits, \"+\", \".\", \"-\", at most 63");
	return load_text(l);
}

static bool load_yes_no(const struct load *l)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {{"yes", true}, {"no", false}, {"true", true}, {"false", false}};

	for (size_t i = 0; l->node->is_plain && i < ARRAY_SIZE(words); i++) {
		if (strcmp(l->node->scalar, words[i].word) == 0) {
			*(bool *)l->field = words[i].value;
			return true;
		}
	}
	return expect(l, l->node, "yes or no, without quotes");
}

static bool load_choice(const struct load *l)
{
	const char *const *allowed = l->row->allowed;
	char text[200] = "";
	size_t at = 0;

	for (int i = 0; is_text(l->node) && allowed[i]; i++) {
		if (strcmp(l->node->scalar, allowed[i]) == 0) {
			*(int *)l->field = i;
			return true;
		}
	}
	for (int i = 0; allowed[i] && at < sizeof(text); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s",
			i == 0           ? "one of "
			: allowed[i + 1] ? ", "
					 : " or ",
			allowed[i]);
	return expect(l, l->node, text);
}

/* --- numbers ----------------------------------------------------------------- */

static bool load_amount(
	const struct load *l, const struct unit *units, uint64_t bare, const char *example)
{
	uint64_t n = 0, max = l->row->max ? l->row->max : UINT64_MAX;
	char low[40], high[40], expected[160];

	if (is_text(l->node) && amount_parse(l->node->scalar, units, bare, &n) &&
		n >= l->row->min && n <= max) {
		*(uint64_t *)l->field = n;
		return true;
	}
	amount_print(l->row->min, units, low, sizeof(low));
	amount_print(max, units, high, sizeof(high));
	if (l->row->max)
		(void)snprintf(expected, sizeof(expected), "%s, from %s to %s", example, low, high);
	else
		(void)snprintf(expected, sizeof(expected), "%s", example);
	return expect(l, l->node, expected);
}

static bool load_duration(const struct load *l)
{
	return load_amount(l, duration_units, 1000, "a time such as 30 s, 5 min, 2 h or 1 d");
}

static bool load_size(const struct load *l)
{
	return load_amount(l, size_units, 1, "a size such as 4 GiB or 500 MB");
}

static bool load_count(const struct load *l)
{
	return load_amount(l, no_units, 1, "a whole number");
}

/* --- lists and maps of texts ------------------------------------------------- */

static bool check_host_entry(const struct load *l, const struct yaml_node *item)
{
	struct err e = {0};
	char host[URL_HOST_MAX];

	if (!url_check_host_entry(item->scalar, &e))
		return yaml_complain(l->errors, item->file, item, "%s: %s", l->row->name, e.text);
	if (text_copy_n(host, sizeof(host), item->scalar, strcspn(item->scalar, ":/")) &&
		!strchr(item->scalar, '/') && url_is_shared_host(host))
		return yaml_complain(l->errors, item->file, item,
			"%s: %s is shared by many owners; add the vendor's path, as in "
			"\"%s/VENDOR/\"",
			l->row->name, host, host);
	return true;
}

static bool check_rewrite(const struct load *l, const struct yaml_node *item)
{
	SCOPED(rewrite_free) struct rewrite *r = NULL;
	struct err e = {0};
	size_t offset = 0;

	return rewrite_new(item->scalar, &r, &offset, &e) ||
	       yaml_complain_inside(
		       l->errors, item->file, item, offset, "%s: %s", l->row->name, e.text);
}

/* A list of texts; one text counts as a list of one. */
static bool load_items(
	const struct load *l, bool (*check)(const struct load *l, const struct yaml_node *item))
{
	bool is_one = is_text(l->node), ok = true;
	const struct yaml_node *item = is_one ? l->node : l->node->children;

	if (!is_one && l->node->kind != YAML_LIST)
		return expect(l, l->node, "a list of texts");
	for (; item; item = is_one ? NULL : item->next) {
		if (!is_text(item))
			ok = expect(l, item, "a text in each place of the list");
		else if (check && !check(l, item))
			ok = false;
		else if (!strings_add(l->field, item->scalar))
			return no_memory(l);
	}
	return ok;
}

static bool load_list(const struct load *l)
{
	return load_items(l, NULL);
}

/* Nothing is split at spaces: what is one text here would be one program's name. */
static bool load_argv(const struct load *l)
{
	if (l->node->kind != YAML_LIST || !l->node->children)
		return expect(l, l->node, "a list, the program first, as [uv, self, update]");
	return load_items(l, NULL);
}

static bool check_code(const struct load *l, const struct yaml_node *item)
{
	uint64_t code = 0;

	return (text_to_u64(item->scalar, &code) && code <= 255) ||
	       expect(l, item, "an exit code from 0 to 255");
}

static bool load_codes(const struct load *l)
{
	return load_items(l, check_code);
}

static bool load_hosts(const struct load *l)
{
	return load_items(l, check_host_entry);
}

static bool load_rewrites(const struct load *l)
{
	return load_items(l, check_rewrite);
}

static bool load_pairs(const struct load *l)
{
	struct pairs *pairs = l->field;
	bool ok = true;

	if (l->node->kind != YAML_MAP)
		return expect(l, l->node, "a map of texts");
	for (const struct yaml_node *n = l->node->children; n; n = n->next) {
		if (n->kind != YAML_SCALAR || (n->is_plain && n->scalar[0] == '\0'))
			ok = expect(l, n, "a text behind each key");
		else if (!strings_add(&pairs->keys, n->key) ||
			 !strings_add(&pairs->values, n->scalar))
			return no_memory(l);
	}
	return ok;
}

/* --- the table --------------------------------------------------------------- */

static bool (*const loaders[])(const struct load *l) = {
	[KEY_TEXT] = load_text,
	[KEY_NAME] = load_name,
	[KEY_ADDRESS] = load_text, /* words make of it an address: checked when they are known */
	[KEY_TEMPLATE] = load_text,
	[KEY_PATTERN] = load_text,
	[KEY_POINTER] = load_pointer,
	[KEY_LIST] = load_list,
	[KEY_TEMPLATES] = load_list,
	[KEY_ARGV] = load_argv,
	[KEY_CODES] = load_codes,
	[KEY_HOSTS] = load_hosts,
	[KEY_REWRITES] = load_rewrites,
	[KEY_PAIRS] = load_pairs,
	[KEY_YES_NO] = load_yes_no,
	[KEY_CHOICE] = load_choice,
	[KEY_COUNT] = load_count,
	[KEY_DURATION] = load_duration,
	[KEY_SIZE] = load_size,
};

/* At the key: its name, the nearest one, all that are allowed. Always false. */
static bool complain_unknown(const struct key *rows, unsigned kinds, const struct yaml_node *at,
	struct yaml_errors *errors)
{
	SCOPED_CLEAR(buf_clear) struct buf allowed = {0};
	const char *names[ROWS_MAX + 1] = {0};
	const char *nearest;
	size_t n = 0;

	buf_init(&allowed, ERR_TEXT_MAX);
	for (; n < ROWS_MAX && rows->name; rows++) {
		if (!key_is_of(rows, kinds))
			continue;
		buf_printf(&allowed, "%s%s", n ? ", " : "", rows->name);
		names[n++] = rows->name;
	}
	nearest = text_nearest(at->key, names);
	if (nearest)
		return yaml_complain_key(errors, at->file, at,
			"unknown key \"%.100s\", did you mean \"%s\"? Allowed: %s", at->key,
			nearest, buf_str(&allowed));
	return yaml_complain_key(errors, at->file, at, "unknown key \"%.100s\"; allowed: %s",
		at->key, buf_str(&allowed));
}

static void put_defaults(const struct key *rows, void *out)
{
	for (; rows->name; rows++) {
		struct yaml_node node = {.kind = YAML_SCALAR,
			.is_plain = true,
			.scalar = (char *)(uintptr_t)rows->default_text};
		struct yaml_errors none = {0};
		struct load l = {rows, &node, (char *)out + rows->offset, &none};

		if (rows->type == KEY_GROUP)
			put_defaults(rows->children, out);
		else if (rows->default_text)
			(void)!loaders[rows->type](&l);
		yaml_errors_clear(&none);
	}
}

typedef bool special_loader(const struct key *row, const struct yaml_node *node, void *out,
	void *user, struct yaml_errors *errors);

/* What a whole load has in common. */
struct filling {
	unsigned kinds;
	bool is_over; /* what was there goes first; nothing is required */
	void *out;
	special_loader *special;
	void *user;
	struct yaml_errors *errors;
};

static bool load_map(const struct filling *f, const struct key *rows, const struct yaml_node *map);

static bool load_group(const struct filling *f, const struct load *l)
{
	/* `download:` with all its keys commented out */
	if (l->node->kind == YAML_SCALAR && l->node->is_plain && l->node->scalar[0] == '\0')
		return true;
	if (l->node->kind != YAML_MAP)
		return expect(l, l->node, "a map of keys");
	return load_map(f, l->row->children, l->node);
}

/* One row as a table of its own. */
static void clear_row(const struct key *row, void *out)
{
	const struct key alone[] = {*row, {0}};

	if (row->type != KEY_GROUP)
		keys_clear(alone, out);
}

static bool load_entry(
	const struct filling *f, const struct key *rows, const struct yaml_node *node)
{
	const struct key *row = key_find(rows, f->kinds, node->key);
	struct yaml_errors *errors = f->errors;
	struct load l = {row, node, row ? (char *)f->out + row->offset : NULL, errors};

	if (!row) {
		if (errors->n_items < (errors->limit ? errors->limit : 50))
			return complain_unknown(rows, f->kinds, node, errors);
		errors->n_more++; /* too many to look for the nearest word of each */
		return false;
	}
	if (f->is_over)
		clear_row(row, f->out);
	switch (row->type) {
	case KEY_SPECIAL: return f->special(row, node, f->out, f->user, errors);
	case KEY_GROUP: return load_group(f, &l);
	default: return loaders[row->type](&l);
	}
}

static bool load_map(const struct filling *f, const struct key *rows, const struct yaml_node *map)
{
	bool ok = true;

	for (const struct yaml_node *n = map->children; n; n = n->next)
		if (!load_entry(f, rows, n))
			ok = false;
	for (const struct key *row = rows; !f->is_over && row->name; row++)
		if (row->is_required && key_is_of(row, f->kinds) && !yaml_get(map, row->name))
			ok = yaml_complain(f->errors, map->file, map, "key \"%s\" is missing: %s",
				row->name, row->what);
	return ok;
}

bool keys_load(const struct key *rows, unsigned kinds, const struct yaml_node *map, void *out,
	bool (*special)(const struct key *row, const struct yaml_node *node, void *out, void *user,
		struct yaml_errors *errors),
	void *user, struct yaml_errors *errors)
{
	struct filling f = {kinds, false, out, special, user, errors};

	put_defaults(rows, out);
	return load_map(&f, rows, map);
}

bool keys_lay_over(const struct key *rows, unsigned kinds, const struct yaml_node *map, void *out,
	bool (*special)(const struct key *row, const struct yaml_node *node, void *out, void *user,
		struct yaml_errors *errors),
	void *user, struct yaml_errors *errors)
{
	struct filling f = {kinds, true, out, special, user, errors};

	return load_map(&f, rows, map);
}
