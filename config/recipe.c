/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recipe that is loaded: freed, packed, unpacked; its rules for versions. */
#include "config/recipe.h"

#include <stdlib.h>
#include <string.h>

#include "config/keys.h"
#include "config/recipe_parts.h"
#include "updaters/lib/pattern.h"

enum { WORD_VALUE_MAX = 4096 };

const char *recipe_kind_name(enum recipe_kind kind)
{
	static const char *const names[RECIPE_N_KINDS] = {
		[RECIPE_DEB] = "deb",
		[RECIPE_HOMEBREW] = "homebrew",
		[RECIPE_PYTHON] = "python",
		[RECIPE_EDITOR] = "editor",
		[RECIPE_COMMAND] = "command",
	};

	return names[kind];
}

bool recipe_is_owners(const struct recipe *r)
{
	return r->kind_of != RECIPE_DEB;
}

/* --- free -------------------------------------------------------------------- */

void source_clear(struct source *s)
{
	keys_clear(source_keys, s);
	free(s->address);
	s->address = NULL;
	if (s->follow)
		source_clear(s->follow);
	free(s->follow);
	s->follow = NULL;
}

static void rewrites_clear(struct rewrite_list *list)
{
	for (size_t i = 0; i < list->n_items; i++)
		rewrite_free(list->items[i]);
	free(list->items);
	*list = (struct rewrite_list){0};
}

void recipe_free(struct recipe *r)
{
	if (!r)
		return;
	keys_clear(recipe_keys, r);
	recipe_python_clear(r);
	for (size_t i = 0; i < r->n_sources; i++)
		source_clear(&r->sources[i]);
	free(r->sources);
	free(r->file);
	words_clear(&r->words);
	rewrites_clear(&r->compiled_rewrite);
	rewrites_clear(&r->compiled_raw);
	rewrites_clear(&r->compiled_installed);
	free(r);
}

/* --- pack: the table's keys, then what the table leaves to us ---------------- */

static void source_pack(const struct source *s, struct buf *out)
{
	pack_u32(out, (uint32_t)s->kind);
	pack_u32(out, s->line);
	pack_u32(out, s->address != NULL);
	pack_str(out, s->address);
	keys_pack(source_keys, s, out);
	pack_u32(out, s->follow != NULL);
	if (s->follow)
		source_pack(s->follow, out);
}

void recipe_pack(const struct recipe *r, struct buf *out)
{
	keys_pack(recipe_keys, r, out);
	pack_u32(out, (uint32_t)r->kind_of);
	recipe_python_pack(r, out);
	pack_u32(out, (uint32_t)r->n_sources);
	for (size_t i = 0; i < r->n_sources; i++)
		source_pack(&r->sources[i], out);
	pack_str(out, r->vendor_base);
	pack_u32(out, (uint32_t)r->words.n_items);
	for (size_t i = 0; i < r->words.n_items; i++) {
		pack_str(out, r->words.items[i].name);
		pack_str(out, r->words.items[i].value);
	}
}

bool recipe_measure(struct recipe *r, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf packed = {0};

	buf_init(&packed, (size_t)8 << 20);
	recipe_pack(r, &packed);
	if (packed.is_full)
		return err_set(e, ERR_TOO_BIG, "the recipe %s is over 8 MiB", r->name);
	return digest_of(packed.data, packed.len, r->digest, e);
}

/* --- unpack ------------------------------------------------------------------ */

static bool source_unpack(struct unpack *u, struct source *s, unsigned depth, struct err *e)
{
	bool has_address;

	s->kind = (enum source_kind)unpack_below(u, SOURCE_N_KINDS);
	s->line = unpack_u32(u);
	has_address = unpack_below(u, 2) == 1;
	s->address = unpack_str_new(u, YAML_FILE_MAX);
	if (!has_address) {
		free(s->address);
		s->address = NULL;
	}
	if (!keys_unpack(source_keys, u, s, e))
		return false;
	if (unpack_below(u, depth < RECIPE_FOLLOW_DEPTH_MAX ? 2 : 1) == 0)
		return true;
	s->follow = calloc(1, sizeof(*s->follow));
	if (!s->follow)
		return err_set(e, ERR_INTERNAL, "out of memory");
	return source_unpack(u, s->follow, depth + 1, e);
}

static bool sources_unpack(struct unpack *u, struct recipe *r, struct err *e)
{
	uint32_t n = unpack_below(u, RECIPE_SOURCES_MAX + 1);

	r->sources = calloc(n ? n : 1, sizeof(*r->sources));
	if (!r->sources)
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (r->n_sources = 0; r->n_sources < n && !u->is_bad;)
		if (!source_unpack(u, &r->sources[r->n_sources++], 0, e))
			return false;
	return true;
}

static void words_unpack(struct unpack *u, struct words *words)
{
	uint32_t n = unpack_below(u, WORDS_MAX + 1);

	for (uint32_t i = 0; i < n && !u->is_bad; i++) {
		char name[WORD_NAME_MAX];
		SCOPED_FREE char *value = NULL;

		unpack_str(u, name, sizeof(name));
		value = unpack_str_new(u, WORD_VALUE_MAX);
		if (value && !words_set(words, name, value))
			u->is_bad = true;
	}
}

/* What everybody who holds a recipe relies on. */
static bool check_unpacked(const struct unpack *u, const struct recipe *r, struct err *e)
{
	if (u->is_bad || !r->name || !r->kind || (r->kind_of == RECIPE_DEB && !r->package))
		return err_set(e, ERR_WORKER, "a recipe arrived damaged");
	return true;
}

bool recipe_unpack(struct unpack *u, struct recipe **out, struct err *e)
{
	SCOPED(recipe_free) struct recipe *r = calloc(1, sizeof(*r));

	if (!r)
		return err_set(e, ERR_INTERNAL, "out of memory");
	if (!keys_unpack(recipe_keys, u, r, e))
		return false;
	r->kind_of = (enum recipe_kind)unpack_below(u, RECIPE_N_KINDS);
	if (!recipe_python_unpack(u, r, e) || !sources_unpack(u, r, e))
		return false;
	unpack_str(u, r->vendor_base, sizeof(r->vendor_base));
	words_unpack(u, &r->words);
	if (!check_unpacked(u, r, e) || !recipe_compile(r, e) || !recipe_measure(r, e))
		return false;
	*out = MOVE_PTR(r);
	return true;
}

/* --- versions ---------------------------------------------------------------- */

static bool compile(const struct strings *texts, struct rewrite_list *out, struct err *e)
{
	out->items = calloc(texts->n_items + 1, sizeof(struct rewrite *));
	if (!out->items)
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (; out->n_items < texts->n_items; out->n_items++)
		if (!rewrite_new(texts->items[out->n_items], &out->items[out->n_items], NULL, e))
			return false;
	return true;
}

bool recipe_compile(struct recipe *r, struct err *e)
{
	return compile(&r->rewrite, &r->compiled_rewrite, e) &&
	       compile(&r->raw, &r->compiled_raw, e) &&
	       compile(&r->installed, &r->compiled_installed, e);
}

static bool apply(const struct rewrite_list *list, const char *version, char *out, size_t out_size,
	struct err *e)
{
	if (!text_copy(out, out_size, version))
		return err_set(e, ERR_TOO_BIG, "a version of %zu bytes, at most %zu are allowed",
			strlen(version), out_size - 1);
	for (size_t i = 0; i < list->n_items; i++)
		if (!rewrite_apply(list->items[i], out, out_size, e))
			return false;
	return true;
}

bool recipe_version_rewrite(
	const struct recipe *r, const char *raw_version, char *out, size_t out_size, struct err *e)
{
	return apply(&r->compiled_rewrite, raw_version, out, out_size, e);
}

bool recipe_version_raw(
	const struct recipe *r, const char *version, char *out, size_t out_size, struct err *e)
{
	return apply(&r->compiled_raw, version, out, out_size, e);
}

bool recipe_version_installed(
	const struct recipe *r, const char *dpkg_version, char *out, size_t out_size, struct err *e)
{
	return apply(&r->compiled_installed, dpkg_version, out, out_size, e);
}
