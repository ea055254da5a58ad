/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/lint.h"

#include <stdlib.h>
#include <string.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/pattern.h"
#include "updaters/lib/url.h"

enum { SOURCES_WISE = 3 }; /* vendors' addresses die, and not one at a time */

/* A loaded recipe, and the tree it was made of, for the places. */
struct linting {
	const struct yaml_node *root;
	const struct recipe *r;
	struct yaml_errors *warnings;
};

void lint_clear(struct lint *l)
{
	yaml_errors_clear(&l->complaints);
	yaml_errors_clear(&l->warnings);
	recipe_free(l->recipe);
	l->recipe = NULL;
}

static void warn_fit(const struct linting *l)
{
	const struct yaml_node *at =
		yaml_get(l->root, l->r->fit == RECIPE_OTHER_BASE ? "base" : "arch");

	if (l->r->fit != RECIPE_FITS)
		yaml_complain_key(
			l->warnings, l->r->file, at, "not for this computer: %s", l->r->fit_text);
}

/* --- sources ----------------------------------------------------------------- */

static void warn_few(const struct linting *l)
{
	const struct recipe *r = l->r;
	size_t n_different = 0;

	for (size_t i = 0; i < r->n_sources; i++) {
		size_t before = 0;

		while (before < i && !text_equal(r->sources[before].address, r->sources[i].address))
			before++;
		n_different += before == i;
	}
	if (n_different < SOURCES_WISE)
		yaml_complain_key(l->warnings, r->file, yaml_get(l->root, "sources"),
			"%zu address%s: vendors' pages move and die; give %d that do not fail "
			"together",
			n_different, n_different == 1 ? "" : "es", SOURCES_WISE);
}

static void warn_no_digest(const struct linting *l)
{
	const struct recipe *r = l->r;
	bool has_digest = r->checksum_json || r->checksum_text;

	for (size_t i = 0; i < r->n_sources; i++)
		has_digest = has_digest || source_has_digest(&r->sources[i]);
	if (!has_digest)
		yaml_complain_key(l->warnings, r->file, yaml_get(l->root, "sources"),
			"no digest from anywhere: a package can only be compared with what came "
			"under its version before (first sight only); is there a checksum: or "
			"sha256?");
}

/* electron-builder's file has SHA-512 in base64 for each name, and is YAML. */
static void warn_checksum(const struct linting *l)
{
	const struct yaml_node *checksum = yaml_get(l->root, "checksum");

	if (l->r->checksum_json &&
		(text_ends(l->r->checksum_json, ".yml") || text_ends(l->r->checksum_json, ".yaml")))
		yaml_complain(l->warnings, l->r->file, yaml_get(checksum, "json"),
			"json: this is YAML, as electron-builder's latest-linux.yml is: text: "
			"reads it");
}

/* Is one of the recipe's hosts in this pattern, as it stands or with its dots escaped? */
static bool names_a_host(const struct recipe *r, const char *pattern)
{
	for (size_t i = 0; i < r->hosts.n_items; i++) {
		SCOPED_CLEAR(buf_clear) struct buf escaped = {0};
		const char *host = r->hosts.items[i];
		size_t len = strcspn(host, ":/");

		buf_init(&escaped, URL_HOST_MAX * 2);
		for (size_t k = 0; k < len; k++)
			buf_printf(&escaped, "%s%c", host[k] == '.' ? "\\" : "", host[k]);
		if (strstr(pattern, buf_str(&escaped)))
			return true;
	}
	return false;
}

/* With the words of this host; what a page before it would tell is left open. */
static bool matches_nothing(const struct linting *l, const char *text)
{
	SCOPED_CLEAR(buf_clear) struct buf filled = {0};
	SCOPED(pattern_free) struct pattern *p = NULL;
	struct err ignored = {0};
	bool is_found = false;

	buf_init(&filled, PATTERN_MAX - 1);
	return words_expand(&l->r->words, text, WORDS_INTO_PATTERN, true, &filled, &ignored) &&
	       pattern_new(buf_str(&filled), false, &p, NULL, &ignored) &&
	       pattern_find(p, "", 0, &is_found, NULL, &ignored) && is_found;
}

static void warn_source(
	const struct linting *l, const struct source *s, const struct yaml_node *map)
{
	const struct yaml_node *link = yaml_get(map, "link");

	if (link && matches_nothing(l, s->link))
		yaml_complain(l->warnings, l->r->file, link,
			"link: matches the empty text, so it finds nothing in everything");
	if (link && s->kind == SOURCE_PAGE && !s->follow && !s->url && strstr(s->link, "://") &&
		!names_a_host(l->r, s->link))
		yaml_complain(l->warnings, l->r->file, link,
			"link: speaks of an address, yet of none of hosts: links of others match "
			"too, and are refused one by one");
	if (s->follow)
		warn_source(l, s->follow, yaml_get(map, "follow"));
}

/* --- versions ---------------------------------------------------------------- */

/* ${raw_version} is known where a page told it; from what is installed it has to be made. */
static void warn_no_way_back(const struct linting *l)
{
	const struct recipe *r = l->r;
	const struct yaml_node *version = yaml_get(l->root, "version");

	if (r->archive && strstr(r->archive, "${raw_version}") && r->rewrite.n_items > 0 &&
		r->raw.n_items == 0)
		yaml_complain_key(l->warnings, r->file, version,
			"rewrite without raw: archive needs ${raw_version} of versions that only "
			"the package's spelling is known of");
}

static void lint_deb(const struct linting *l)
{
	const struct yaml_node *sources = yaml_get(l->root, "sources");
	const struct yaml_node *map = sources->children;

	warn_fit(l);
	for (size_t i = 0; i < l->r->n_sources; i++, map = map->next)
		warn_source(l, &l->r->sources[i], map);
	warn_few(l);
	warn_no_digest(l);
	warn_checksum(l);
	warn_no_way_back(l);
}

/* --- the other kinds --------------------------------------------------------- */

static void lint_command(const struct linting *l)
{
	const struct recipe *r = l->r;

	if (r->check.n_items == 0 && r->version_of.n_items == 0 && r->list.n_items == 0)
		yaml_complain_key(l->warnings, r->file, yaml_get(l->root, "run"),
			"no check, version or list: nothing tells whether run has changed "
			"anything");
	if (r->check.n_items > 0 && r->nothing.n_items == 0 && r->available.n_items == 0)
		yaml_complain_key(l->warnings, r->file, yaml_get(l->root, "check"),
			"check without nothing and available: no exit code of it means anything");
}

/* --- the whole --------------------------------------------------------------- */

/* "NAME.yaml" -> NAME */
static bool name_of(const char *path, char out[RECIPE_NAME_MAX])
{
	const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
	size_t len = strlen(file), tail = strlen(".yaml");

	return len > tail && strcmp(file + len - tail, ".yaml") == 0 && file[0] != '.' &&
	       text_copy_n(out, RECIPE_NAME_MAX, file, len - tail);
}

bool lint_file(const char *path, const struct host *h, struct lint *out)
{
	SCOPED(yaml_node_free) struct yaml_node *root = NULL;
	SCOPED_FREE char *text = NULL;
	char name[RECIPE_NAME_MAX];
	struct linting l = {.warnings = &out->warnings};
	struct err e = {0};
	size_t len = 0;

	*out = (struct lint){0};
	if (!name_of(path, name))
		return yaml_complain(&out->complaints, path, NULL,
			"a recipe's file is called NAME.yaml, at most %d letters",
			RECIPE_NAME_MAX - 1);
	if (!fs_read(path, YAML_FILE_MAX, &text, &len, &e))
		return yaml_complain(&out->complaints, path, NULL, "%s", e.text);
	if (!yaml_parse(path, text, len, &root, &out->complaints) ||
		!recipe_load(root, path, name, h, &out->recipe, &out->complaints))
		return false;
	l.root = root;
	l.r = out->recipe;
	if (l.r->kind_of == RECIPE_DEB)
		lint_deb(&l);
	else if (l.r->kind_of == RECIPE_COMMAND)
		lint_command(&l);
	return true;
}
