/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a checked tree to a recipe that is resolved for this host. */
#include "config/recipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/keys.h"
#include "config/recipe_parts.h"

/* What is known while a recipe is loaded; `sources:` waits until all words of the host are. */
struct loading {
	const struct yaml_node *root;
	const struct host *host;
	struct recipe *r;
	struct yaml_errors *errors;
};

/* --- kind -------------------------------------------------------------------- */

/* First of all: a recipe of one kind has other keys than one of another. */
static bool find_kind(const struct loading *l)
{
	const struct yaml_node *kind = yaml_get(l->root, "kind");
	SCOPED_CLEAR(buf_clear) struct buf allowed = {0};

	if (!kind || kind->kind != YAML_SCALAR)
		return true; /* the table says so */
	buf_init(&allowed, ERR_TEXT_MAX);
	for (int i = 0; i < RECIPE_N_KINDS; i++) {
		l->r->kind_of = (enum recipe_kind)i;
		if (strcmp(kind->scalar, recipe_kind_name(l->r->kind_of)) == 0)
			return true;
		buf_printf(&allowed, "%s%s", i ? ", " : "", recipe_kind_name(l->r->kind_of));
	}
	l->r->kind_of = RECIPE_DEB;
	return yaml_complain(l->errors, kind->file, kind, "kind: found \"%.100s\", allowed: %s",
		kind->scalar, buf_str(&allowed));
}

static unsigned kind_bit(const struct loading *l)
{
	return 1u << l->r->kind_of;
}

static bool check_name(const struct loading *l, const char *file_name)
{
	const struct yaml_node *name = yaml_get(l->root, "name");

	if (!l->r->name || strcmp(l->r->name, file_name) == 0)
		return true;
	return yaml_complain(l->errors, name->file, name,
		"name: found \"%s\", but the file is called %s.yaml; make them the same",
		l->r->name, file_name);
}

/* Nobody can accept what has no name, or can't be read. */
static bool check_license(const struct loading *l)
{
	const struct yaml_node *license = yaml_get(l->root, "license");

	if (l->r->license_accept == 0 || (l->r->license_name && l->r->license_url))
		return true;
	return yaml_complain(l->errors, license->file, license,
		"license: accept: required needs a name and a url, which a person is shown");
}

/* --- arch -------------------------------------------------------------------- */

static bool set_word(
	const struct loading *l, const struct yaml_node *at, const char *name, const char *value)
{
	return words_set(&l->r->words, name, value) ||
	       yaml_complain_key(l->errors, at->file, at,
		       "\"%s\" can't be a word: letters, digits and \"_\", at most 32", name);
}

static bool is_own_word(const char *name)
{
	static const char *const own[] = {"arch", "base", "os", "channel", "version", "raw_version",
		"home", "user", "python"};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (strcmp(name, own[i]) == 0)
			return true;
	return false;
}

/* The vendor's words for one architecture; first is what the others must have, too. */
static bool check_arch_words(
	const struct loading *l, const struct yaml_node *arch, const struct yaml_node *first)
{
	bool ok = true;

	if (arch->kind == YAML_SCALAR && arch->is_plain && arch->scalar[0] == '\0')
		return true;
	if (arch->kind != YAML_MAP)
		return yaml_complain(l->errors, arch->file, arch,
			"arch: %s: a map of the vendor's words is expected, as {file: x64}",
			arch->key);
	for (const struct yaml_node *n = arch->children; n; n = n->next) {
		if (n->kind != YAML_SCALAR || n->scalar[0] == '\0')
			ok = yaml_complain(l->errors, n->file, n, "%s: a text is expected", n->key);
		else if (is_own_word(n->key))
			ok = yaml_complain_key(l->errors, n->file, n,
				"${%s} is devupd's own word; choose another", n->key);
	}
	for (const struct yaml_node *n = first->children; n; n = n->next)
		if (!yaml_get(arch, n->key))
			ok = yaml_complain_key(l->errors, arch->file, arch,
				"arch: %s lacks the word \"%s\" that %s has", arch->key, n->key,
				first->key);
	return ok;
}

static void fit_text_arch(struct recipe *r, const struct yaml_node *arch, const char *host_arch)
{
	SCOPED_CLEAR(buf_clear) struct buf known = {0};

	buf_init(&known, sizeof(r->fit_text));
	for (const struct yaml_node *n = arch->children; n; n = n->next)
		buf_printf(&known, "%s%s", n == arch->children ? "" : ", ",
			n->key      ? n->key
			: n->scalar ? n->scalar
				    : "");
	(void)snprintf(r->fit_text, sizeof(r->fit_text), "for %.150s only, not for %s",
		buf_str(&known), host_arch);
	r->fit = RECIPE_OTHER_ARCH;
}

static bool load_arch_list(struct loading *l, const struct yaml_node *list)
{
	bool is_found = false;

	for (const struct yaml_node *n = list->children; n; n = n->next) {
		if (n->kind != YAML_SCALAR || n->scalar[0] == '\0')
			return yaml_complain(l->errors, n->file, n,
				"arch: one of dpkg's names is expected, as amd64");
		is_found = is_found || strcmp(n->scalar, l->host->arch) == 0;
	}
	if (!is_found)
		fit_text_arch(l->r, list, l->host->arch);
	return true;
}

static bool load_arch_map(struct loading *l, const struct yaml_node *map)
{
	const struct yaml_node *mine = yaml_get(map, l->host->arch);
	bool ok = true;

	for (const struct yaml_node *n = map->children; n; n = n->next)
		ok = check_arch_words(l, n, map->children) && ok;
	if (!mine) {
		/* the rest of the recipe is checked with another's words all the same */
		fit_text_arch(l->r, map, l->host->arch);
		mine = map->children;
	}
	for (const struct yaml_node *n = mine->children; ok && n; n = n->next)
		ok = set_word(l, n, n->key, n->scalar);
	return ok;
}

static bool load_arch(struct loading *l, const struct yaml_node *node)
{
	if (node->children && node->kind == YAML_LIST)
		return load_arch_list(l, node);
	if (node->children && node->kind == YAML_MAP)
		return load_arch_map(l, node);
	return yaml_complain(l->errors, node->file, node,
		"arch: a list such as [amd64, arm64], or a map to the vendor's words, is expected");
}

static bool load_special(const struct key *row, const struct yaml_node *node, void *out, void *user,
	struct yaml_errors *errors)
{
	(void)out;
	(void)errors;
	/* the others hold words: loaded last, when all of the host are known */
	return strcmp(row->name, "arch") != 0 || load_arch(user, node);
}

/* --- base, channel ----------------------------------------------------------- */

static void choose_base(const struct loading *l)
{
	struct recipe *r = l->r;
	const struct pairs *base = &r->base;

	if (host_base_choose(l->host, (const char *const *)base->keys.items,
		    (const char *const *)base->values.items, base->keys.n_items, r->vendor_base,
		    sizeof(r->vendor_base)))
		return;
	(void)!text_copy(r->vendor_base, sizeof(r->vendor_base), l->host->base);
	if (r->fit != RECIPE_FITS)
		return;
	r->fit = RECIPE_OTHER_BASE;
	(void)snprintf(r->fit_text, sizeof(r->fit_text), "no build for %s or anything older",
		l->host->base[0] ? l->host->base : "this system (its codename is unknown)");
}

static bool set_host_words(const struct loading *l)
{
	struct recipe *r = l->r;

	return set_word(l, l->root, "arch", l->host->arch) &&
	       set_word(l, l->root, "base", r->vendor_base) &&
	       set_word(l, l->root, "os", l->host->os) &&
	       (r->channel.values.n_items == 0 ||
		       set_word(l, l->root, "channel", r->channel.values.items[0]));
}

/* --- the whole --------------------------------------------------------------- */

/* The recipe's own texts: with the host's words; those of a release; those of every match. */
static bool check_own_texts(const struct loading *l, const struct words *groups)
{
	SCOPED_CLEAR(scope_clear) struct scope scope = {0};
	bool ok = words_copy(&l->r->words, &scope.at[SCOPE_HOST]);

	for (size_t i = SCOPE_VERSION; ok && i <= SCOPE_MATCH; i++)
		ok = words_copy(&l->r->words, &scope.at[i]) &&
		     (i == SCOPE_VERSION || words_copy(groups, &scope.at[i])) &&
		     words_set(&scope.at[i], "version", "0") &&
		     words_set(&scope.at[i], "raw_version", "0");
	ok = ok && owner_words(&l->r->words, &scope.at[SCOPE_OWNER]);
	if (!ok)
		return yaml_complain(l->errors, l->root->file, l->root,
			"too many words (at most %d)", WORDS_MAX);
	return texts_check(&scope, recipe_keys, kind_bit(l), l->root, l->errors);
}

static bool check_checksum(const struct loading *l)
{
	const struct yaml_node *checksum = yaml_get(l->root, "checksum");
	const struct yaml_node *at = checksum ? yaml_get(checksum, "at") : NULL;

	if (l->r->checksum_json && l->r->checksum_text)
		return yaml_complain_key(l->errors, checksum->file, checksum,
			"checksum: json and text exclude each other");
	if (at && !l->r->checksum_json)
		return yaml_complain_key(
			l->errors, at->file, at, "at: belongs to checksum: json, which is missing");
	return true;
}

static bool check_key(const struct loading *l, const struct yaml_node *list, char *fingerprint)
{
	if (!text_is_hex(fingerprint, 40) && !text_is_hex(fingerprint, 64))
		return yaml_complain(l->errors, list->file, list,
			"keys: found \"%.80s\", expected a whole fingerprint of 40 digits",
			fingerprint);
	for (char *c = fingerprint; *c; c++)
		*c = *c >= 'a' ? (char)(*c - 'a' + 'A') : *c;
	return true;
}

/* A signature by anybody proves nothing: the keys are what it is about. */
static bool check_signature(const struct loading *l)
{
	const struct yaml_node *signature = yaml_get(l->root, "signature");
	const struct yaml_node *keys, *detached, *member;
	bool ok = true;

	if (!signature || signature->kind != YAML_MAP)
		return true;
	keys = yaml_get(signature, "keys");
	detached = yaml_get(signature, "detached");
	member = yaml_get(signature, "member");
	if (keys && l->r->signature_keys.n_items == 0)
		ok = yaml_complain_key(l->errors, signature->file, signature,
			"signature: needs keys: the fingerprints of those that may sign");
	for (size_t i = 0; i < l->r->signature_keys.n_items; i++)
		ok = check_key(l, keys, l->r->signature_keys.items[i]) && ok;
	if (detached && member)
		ok = yaml_complain_key(l->errors, member->file, member,
			"signature: member and detached exclude each other");
	return ok;
}

static bool load_parts(struct loading *l, const char *file_name)
{
	SCOPED_CLEAR(words_clear) struct words groups = {0};
	const struct yaml_node *sources = yaml_get(l->root, "sources");
	bool ok = keys_load(recipe_keys, kind_bit(l), l->root, l->r, load_special, l, l->errors);

	ok = check_name(l, file_name) && ok;
	ok = check_license(l) && ok;
	ok = check_checksum(l) && ok;
	ok = check_signature(l) && ok;
	choose_base(l);
	ok = set_host_words(l) && ok;
	ok = owner_lists_load(l->root, l->r, l->errors) && ok;
	if (sources)
		ok = sources_load(sources, &l->r->words, l->r, &groups, l->errors) && ok;
	return check_own_texts(l, &groups) && ok;
}

static bool finish(const struct loading *l, struct err *e)
{
	struct recipe *r = l->r;

	if (!r->title)
		r->title = strdup(r->name);
	if (!r->title)
		return err_set(e, ERR_INTERNAL, "out of memory");
	return recipe_compile(r, e) && recipe_measure(r, e);
}

bool recipe_load(const struct yaml_node *root, const char *file, const char *file_name,
	const struct host *h, struct recipe **out, struct yaml_errors *errors)
{
	SCOPED(recipe_free) struct recipe *r = calloc(1, sizeof(*r));
	struct loading l = {root, h, r, errors};
	struct err e = {0};

	if (!r || !(r->file = strdup(file)))
		return yaml_complain(errors, file, NULL, "out of memory");
	r->cool_down_ms = UINT64_MAX;
	if (!find_kind(&l) || !load_parts(&l, file_name))
		return false;
	if (!finish(&l, &e))
		return yaml_complain(errors, file, NULL, "%s", e.text);
	*out = MOVE_PTR(r);
	return true;
}
