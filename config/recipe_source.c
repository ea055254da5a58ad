/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `sources:` of a recipe, and `follow:` inside them. */
#include "config/recipe_parts.h"

#include <stdlib.h>
#include <string.h>

#include "config/keys.h"

static const char *const kind_names[SOURCE_N_KINDS + 1] = {
	[SOURCE_PAGE] = "page",
	[SOURCE_JSON] = "json",
	[SOURCE_REDIRECT] = "redirect",
	[SOURCE_PACKAGE] = "package",
	[SOURCE_GITHUB] = "github",
};

const char *source_kind_name(enum source_kind kind)
{
	return kind_names[kind];
}

void source_github_name(const struct source *s, char out[SOURCE_GITHUB_NAME_SIZE])
{
	const size_t around = strlen(SOURCE_GITHUB_PREFIX) + strlen(SOURCE_GITHUB_SUFFIX);
	size_t len = s->address ? strlen(s->address) : 0;

	if (len <= around || !text_copy_n(out, SOURCE_GITHUB_NAME_SIZE,
				     s->address + strlen(SOURCE_GITHUB_PREFIX), len - around))
		out[0] = '\0';
}

bool source_has_digest(const struct source *s)
{
	for (; s; s = s->follow)
		if (s->kind == SOURCE_GITHUB || s->sha256 ||
			(s->link &&
				(strstr(s->link, "(?<sha256>") || strstr(s->link, "(?P<sha256>") ||
					strstr(s->link, "(?'sha256'"))))
			return true;
	return false;
}

/* A source that is being loaded; depth > 0: inside `follow`. */
struct loading {
	const struct yaml_node *map;
	struct source *s;
	struct scope scope;
	unsigned depth;
	struct yaml_errors *errors;
};

static void loading_clear(struct loading *l)
{
	scope_clear(&l->scope);
}

static bool no_room(const struct loading *l)
{
	return yaml_complain(l->errors, l->map->file, l->map,
		"too many words and groups together (at most %d)", WORDS_MAX);
}

/* --- which kind it is -------------------------------------------------------- */

/* Inside `follow` the kind follows from the keys: only json has pointers. */
static enum source_kind guess_kind(const struct yaml_node *map)
{
	for (const struct yaml_node *n = map->children; n; n = n->next) {
		const struct key *row = key_find(source_keys, KEY_ALL_KINDS, n->key);

		if (row && row->kinds == 1u << SOURCE_JSON)
			return SOURCE_JSON;
	}
	return yaml_get(map, "link") || !yaml_get(map, "url") ? SOURCE_PAGE : SOURCE_JSON;
}

static bool choose_kind(struct loading *l)
{
	const struct yaml_node *address = NULL;
	int n_addresses = 0;

	for (int kind = 0; kind < SOURCE_N_KINDS; kind++) {
		const struct yaml_node *n = yaml_get(l->map, kind_names[kind]);

		if (n && n_addresses++ > 0)
			return yaml_complain_key(l->errors, n->file, n,
				"%s beside %s: a source has one of page, json, redirect, package, "
				"github",
				n->key, address->key);
		if (n) {
			address = n;
			l->s->kind = (enum source_kind)kind;
		}
	}
	if (!address && l->depth == 0)
		return yaml_complain(l->errors, l->map->file, l->map,
			"a source needs one of page, json, redirect, package, github");
	if (!address)
		l->s->kind = guess_kind(l->map);
	return true;
}

static bool check_kinds_of_keys(const struct loading *l)
{
	bool ok = true;

	for (const struct yaml_node *n = l->map->children; n; n = n->next) {
		const struct key *row = key_find(source_keys, KEY_ALL_KINDS, n->key);

		if (row && row->kinds && !(row->kinds & (1u << l->s->kind)))
			ok = yaml_complain_key(l->errors, n->file, n,
				"%s: not a key of a source of kind %s", n->key,
				kind_names[l->s->kind]);
	}
	return ok;
}

/* --- patterns and words ------------------------------------------------------ */

/* host: what is known before the match. After it: the groups, and what they make known. */
static bool scope_begin(struct loading *l, const struct words *host)
{
	return (words_copy(host, &l->scope.at[SCOPE_HOST]) &&
		       words_copy(host, &l->scope.at[SCOPE_MATCH])) ||
	       no_room(l);
}

static bool check_one_pattern(struct loading *l, const char *key)
{
	const struct yaml_node *n = yaml_get(l->map, key);

	return !n ||
	       pattern_check(&l->scope.at[SCOPE_HOST], n, &l->scope.at[SCOPE_MATCH], l->errors);
}

/* Without a pattern of its own a tag is a version. */
static bool check_tag(struct loading *l)
{
	struct yaml_node usual = {.kind = YAML_SCALAR,
		.scalar = SOURCE_TAG_DEFAULT,
		.file = l->map->file,
		.line = l->map->line,
		.column = l->map->column};

	if (l->s->kind != SOURCE_GITHUB || yaml_get(l->map, "tag"))
		return check_one_pattern(l, "tag");
	return pattern_check(
		&l->scope.at[SCOPE_HOST], &usual, &l->scope.at[SCOPE_MATCH], l->errors);
}

static bool check_pairs(struct loading *l, const char *key, bool has_patterns)
{
	const struct words *host = &l->scope.at[SCOPE_HOST];
	const struct yaml_node *map = yaml_get(l->map, key);
	bool ok = true;

	for (const struct yaml_node *n = map ? map->children : NULL; n; n = n->next) {
		struct yaml_node pointer = {.kind = YAML_SCALAR,
			.scalar = n->key,
			.file = n->file,
			.line = n->key_line,
			.column = n->key_column};

		ok = text_check(host, KEY_POINTER, &pointer, l->errors) && ok;
		if (has_patterns)
			ok = pattern_check(host, n, &l->scope.at[SCOPE_MATCH], l->errors) && ok;
		else
			ok = text_check(host, KEY_TEXT, n, l->errors) && ok;
	}
	return ok;
}

static bool check_version_from(const struct loading *l)
{
	const struct yaml_node *n = yaml_get(l->map, "version-from");
	SCOPED_CLEAR(words_clear) struct words groups = {0};

	if (!n || n->kind != YAML_SCALAR)
		return true;
	if (!pattern_check(&l->scope.at[SCOPE_HOST], n, &groups, l->errors))
		return false;
	return words_get(&groups, "version") ||
	       yaml_complain(l->errors, n->file, n,
		       "version-from: the pattern needs a group named version: (?<version>...)");
}

/* Once a version is known it can be used, as it was matched and as it was rewritten. */
static bool add_version(struct loading *l)
{
	struct words *match = &l->scope.at[SCOPE_MATCH];

	if (!words_get(match, "version") && !yaml_get(l->map, "version"))
		return true;
	return (words_set(match, "version", "0") && words_set(match, "raw_version", "0")) ||
	       no_room(l);
}

/* url and version: a template; of json also a pointer. */
static bool check_value(const struct loading *l, const char *key)
{
	const struct yaml_node *n = yaml_get(l->map, key);
	bool is_pointer =
		n && n->kind == YAML_SCALAR && l->s->kind == SOURCE_JSON && n->scalar[0] == '/';

	return !n || text_check(&l->scope.at[SCOPE_MATCH], is_pointer ? KEY_POINTER : KEY_TEMPLATE,
			     n, l->errors);
}

static bool check_texts(struct loading *l)
{
	bool ok = check_one_pattern(l, "link");

	ok = check_one_pattern(l, "asset") && ok;
	ok = check_tag(l) && ok;
	ok = check_pairs(l, "where", false) && ok;
	ok = check_pairs(l, "match", true) && ok;
	ok = check_version_from(l) && ok;
	/* before add_version: the version's own template can't hold the version */
	ok = check_value(l, "version") && ok;
	ok = add_version(l) && check_value(l, "url") && ok;
	return texts_check(&l->scope, source_keys, KEY_ALL_KINDS, l->map, l->errors) && ok;
}

/* --- what must be there ------------------------------------------------------ */

static bool require(const struct loading *l, bool is_there, const char *what)
{
	return is_there || yaml_complain(l->errors, l->map->file, l->map, "%s", what);
}

static bool check_complete(const struct loading *l)
{
	const struct source *s = l->s;
	bool has_version =
		s->version || s->version_from || words_get(&l->scope.at[SCOPE_MATCH], "version");
	bool ok = true;

	if (s->kind == SOURCE_PACKAGE)
		return true;
	if (s->kind == SOURCE_GITHUB)
		ok = require(l, s->asset, "a source of kind github needs asset: a pattern");
	else if (s->kind == SOURCE_JSON)
		ok = require(l, s->url, "a source of kind json needs url: a pointer or a template");
	else
		ok = require(l, s->link, "a source of this kind needs link: a pattern");
	if (s->follow)
		return ok;
	return require(l, has_version,
		       "no version: name a group (?<version>...), or add version-from (json: "
		       "version)") &&
	       ok;
}

/* --- loading ----------------------------------------------------------------- */

static bool source_load(struct loading *l, const struct words *host, struct words *out_groups);

static bool load_address(struct loading *l, const struct yaml_node *node)
{
	if (node->kind != YAML_SCALAR || node->scalar[0] == '\0')
		return yaml_complain(l->errors, node->file, node,
			"%s: an https:// address is expected", node->key);
	l->s->address = strdup(node->scalar);
	return l->s->address && text_check(&l->scope.at[SCOPE_HOST], KEY_ADDRESS, node, l->errors);
}

/* A name of GitHub's: it becomes a part of addresses. */
static bool is_github_name(const char *name, size_t len)
{
	return len > 0 && len <= 100 && name[0] != '.' &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") >=
		       len;
}

/* OWNER/NAME, kept as the address of the page of its releases. */
static bool load_github(struct loading *l, const struct yaml_node *node)
{
	SCOPED_CLEAR(buf_clear) struct buf address = {0};
	const char *slash = node->kind == YAML_SCALAR ? strchr(node->scalar, '/') : NULL;

	if (!slash || !is_github_name(node->scalar, (size_t)(slash - node->scalar)) ||
		!is_github_name(slash + 1, strlen(slash + 1)))
		return yaml_complain(l->errors, node->file, node,
			"github: OWNER/NAME is expected, as posit-dev/positron");
	buf_init(&address, YAML_FILE_MAX);
	buf_printf(&address, "%s%s%s", SOURCE_GITHUB_PREFIX, node->scalar, SOURCE_GITHUB_SUFFIX);
	l->s->address = buf_move(&address);
	return l->s->address || yaml_complain(l->errors, node->file, node, "out of memory");
}

static bool load_special(const struct key *row, const struct yaml_node *node, void *out, void *user,
	struct yaml_errors *errors)
{
	struct loading *l = user;

	(void)out;
	if (strcmp(row->name, "github") == 0)
		return load_github(l, node);
	if (strcmp(row->name, "follow") != 0)
		return load_address(l, node);
	if (node->kind != YAML_MAP)
		return yaml_complain(
			errors, node->file, node, "follow: the keys of a source are expected");
	if (l->depth + 1 > RECIPE_FOLLOW_DEPTH_MAX)
		return yaml_complain_key(errors, node->file, node,
			"follow: at most %d inside each other", RECIPE_FOLLOW_DEPTH_MAX);
	l->s->follow = calloc(1, sizeof(*l->s->follow));
	return l->s->follow || yaml_complain(errors, node->file, node, "out of memory");
}

static bool load_follow(struct loading *l, struct words *out_groups)
{
	SCOPED_CLEAR(loading_clear)
	struct loading inner = {.map = yaml_get(l->map, "follow"),
		.s = l->s->follow,
		.depth = l->depth + 1,
		.errors = l->errors};

	return source_load(&inner, &l->scope.at[SCOPE_MATCH], out_groups);
}

/*
 * Out:   out_groups   all words once this source has matched; on failure perhaps some of them
 */
static bool source_load(struct loading *l, const struct words *host, struct words *out_groups)
{
	bool ok;

	l->s->line = l->map->line;
	if (!scope_begin(l, host) || !choose_kind(l))
		return false;
	ok = keys_load(source_keys, KEY_ALL_KINDS, l->map, l->s, load_special, l, l->errors);
	ok = check_kinds_of_keys(l) && ok;
	ok = check_texts(l) && ok;
	ok = ok && check_complete(l);
	if (l->s->follow)
		return load_follow(l, out_groups) && ok;
	return (words_copy(&l->scope.at[SCOPE_MATCH], out_groups) || no_room(l)) && ok;
}

/* Only what each source defines is certain. */
static bool keep_common(struct words *common, const struct words *groups)
{
	struct words kept = {0};
	bool ok = true;

	for (size_t i = 0; i < common->n_items; i++)
		if (words_get(groups, common->items[i].name))
			ok = words_set(&kept, common->items[i].name, common->items[i].value) && ok;
	words_clear(common);
	*common = kept;
	return ok;
}

static bool load_item(const struct yaml_node *item, const struct words *host, struct recipe *r,
	struct words *out_groups, struct yaml_errors *errors)
{
	SCOPED_CLEAR(loading_clear) struct loading l = {.map = item, .errors = errors};
	SCOPED_CLEAR(words_clear) struct words groups = {0};
	bool is_first = r->n_sources == 0;

	if (item->kind != YAML_MAP)
		return yaml_complain(errors, item->file, item,
			"a source is a map of keys, such as page: and link:");
	l.s = &r->sources[r->n_sources++];
	if (!source_load(&l, host, &groups))
		return false;
	return is_first ? words_copy(&groups, out_groups) : keep_common(out_groups, &groups);
}

bool sources_load(const struct yaml_node *list, const struct words *host, struct recipe *r,
	struct words *out_groups, struct yaml_errors *errors)
{
	bool ok = true;

	if (list->kind != YAML_LIST || !list->children)
		return yaml_complain(errors, list->file, list,
			"sources: a list of at least one source is expected");
	r->sources = calloc(RECIPE_SOURCES_MAX, sizeof(*r->sources));
	if (!r->sources)
		return yaml_complain(errors, list->file, list, "out of memory");
	for (const struct yaml_node *n = list->children; n; n = n->next) {
		if (r->n_sources == RECIPE_SOURCES_MAX)
			return yaml_complain(
				errors, n->file, n, "more than %d sources", RECIPE_SOURCES_MAX);
		ok = load_item(n, host, r, out_groups, errors) && ok;
	}
	return ok;
}
