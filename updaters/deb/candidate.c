/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/candidate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/list.h"
#include "updaters/lib/pattern.h"

enum { SECONDS_MIN = 1000000000 }; /* 2001 */

static void candidate_clear(struct candidate *c)
{
	free(c->version);
	free(c->raw_version);
	free(c->url);
	free(c->page);
	free(c->why);
	pairs_clear(&c->words);
	*c = (struct candidate){0};
}

void candidates_clear(struct candidates *c)
{
	for (size_t i = 0; i < c->n_items; i++)
		candidate_clear(&c->items[i]);
	free(c->items);
	*c = (struct candidates){0};
}

static bool words_add(struct words *w, const struct pairs *p)
{
	for (size_t i = 0; p != NULL && i < p->values.n_items; i++)
		if (!words_set(w, p->keys.items[i], p->values.items[i]))
			return false;
	return true;
}

bool candidate_words(const struct recipe *r, const struct candidate *c, struct words *out)
{
	return words_copy(&r->words, out) && words_add(out, &c->words) &&
	       words_set(out, "raw_version", c->raw_version) &&
	       words_set(out, "version", c->version);
}

static bool is_pointer(const char *text)
{
	return text != NULL && text[0] == '/';
}

/* --- from a match to a candidate --------------------------------------------- */

struct maker {
	const struct recipe *recipe;
	const struct source *source;
	const struct finding *finding;
	struct words words;
};

static void maker_clear(struct maker *m)
{
	words_clear(&m->words);
}

/* An address made by a template, or the link as it stands in the document. */
static bool make_address(const struct maker *m, char out[URL_MAX], struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf text = {0};
	const char *link = words_get(&m->words, "url");

	buf_init(&text, URL_MAX - 1);
	if (m->source->url != NULL && !is_pointer(m->source->url)) {
		if (!words_expand(&m->words, m->source->url, WORDS_INTO_TEXT, false, &text, e))
			return false;
		link = buf_str(&text);
	}
	if (link == NULL)
		return err_set(e, ERR_NO_MATCH, "no address in it");
	return url_resolve(m->finding->base, link, strlen(link), out, URL_MAX, e);
}

/* version-from: a second pattern, on the link. */
static bool version_from_link(const struct maker *m, char *out, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf text = {0};
	SCOPED(pattern_free) struct pattern *p = NULL;
	const char *link = words_get(&m->words, "url"), *names[PATTERN_GROUPS_MAX];
	struct pattern_match match;
	bool is_found = false;
	size_t n;

	buf_init(&text, PATTERN_MAX);
	if (m->source->version_from == NULL || link == NULL)
		return err_set(e, ERR_NO_MATCH, "no version in it");
	if (!words_expand(
		    &m->words, m->source->version_from, WORDS_INTO_PATTERN, false, &text, e) ||
		!pattern_new(buf_str(&text), false, &p, NULL, e) ||
		!pattern_find(p, link, strlen(link), &is_found, &match, e))
		return false;
	if (!is_found)
		return err_set(e, ERR_NO_MATCH, "version-from does not match it");

	n = is_found ? pattern_group_names(p, names, PATTERN_GROUPS_MAX) : 0;
	for (size_t i = 0; i < n; i++)
		if (text_equal(names[i], "version") && match.groups[i].start != NULL)
			return text_copy_n(out, DPKG_VERSION_MAX, match.groups[i].start,
				       match.groups[i].len) ||
			       err_set(e, ERR_NO_MATCH, "version longer than %d bytes",
				       DPKG_VERSION_MAX - 1);
	return err_set(e, ERR_NO_MATCH, "version-from does not match it");
}

static bool make_raw_version(const struct maker *m, char *out, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf text = {0};
	const char *version = words_get(&m->words, "version");

	buf_init(&text, DPKG_VERSION_MAX - 1);
	if (m->source->version != NULL && !is_pointer(m->source->version)) {
		if (!words_expand(&m->words, m->source->version, WORDS_INTO_TEXT, false, &text, e))
			return false;
		version = buf_str(&text);
	}
	if (version == NULL || version[0] == '\0')
		return version_from_link(m, out, e);
	return text_copy(out, DPKG_VERSION_MAX, version) ||
	       err_set(e, ERR_NO_MATCH, "version longer than %d bytes", DPKG_VERSION_MAX - 1);
}

static bool is_listed(const struct recipe *r, const char *url)
{
	return url_is_listed(url, (const char *const *)r->hosts.items, r->hosts.n_items);
}

/* Version and address of one match; what is wrong with it goes into e. */
static bool make(struct maker *m, char *raw_version, char *version, char *url, struct err *e)
{
	if (!make_raw_version(m, raw_version, e) ||
		!deb_version_of(m->recipe, raw_version, version, DPKG_VERSION_MAX, e))
		return false;
	if (!dpkg_version_is_valid(version))
		return err_set(e, ERR_NO_MATCH, "\"%s\" is no version", version);
	if (!words_set(&m->words, "raw_version", raw_version) ||
		!words_set(&m->words, "version", version))
		return err_set(e, ERR_INTERNAL, "out of memory");
	if (!make_address(m, url, e))
		return false;
	return is_listed(m->recipe, url) ||
	       err_set(e, ERR_POLICY, "not on the recipe's list of hosts");
}

/* --- the list ---------------------------------------------------------------- */

static struct candidate *list_add(struct candidates *c)
{
	struct candidate *grown =
		list_grow(c->items, c->n_items, CANDIDATES_MAX, sizeof(*c->items));

	if (grown == NULL)
		return NULL;
	c->items = grown;
	return &c->items[c->n_items++];
}

/* Two that say different digests are two: that they do is noticed where digests are compared. */
static struct candidate *list_find(const struct candidates *c, size_t source, const char *version,
	const char *url, const char *sha256)
{
	for (size_t i = 0; i < c->n_items; i++) {
		struct candidate *known = &c->items[i];

		if (known->source == source && text_equal(known->version, version) &&
			text_equal(known->url, url) &&
			(sha256[0] == '\0' || known->sha256[0] == '\0' ||
				text_equal(known->sha256, sha256)))
			return known;
	}
	return NULL;
}

/* What another source's candidate of the same address came to holds for this one, too. */
static void inherit_death(const struct candidates *c, struct candidate *new_one)
{
	for (size_t i = 0; i < c->n_items; i++)
		if (&c->items[i] != new_one && c->items[i].why != NULL && !c->items[i].is_refused &&
			text_equal(c->items[i].url, new_one->url)) {
			free(new_one->why);
			new_one->why = strdup(c->items[i].why);
			new_one->is_dead = c->items[i].is_dead;
		}
}

static bool copy_pairs(const struct pairs *from, struct pairs *out)
{
	for (size_t i = 0; from != NULL && i < from->values.n_items; i++)
		if (!strings_add(&out->keys, from->keys.items[i]) ||
			!strings_add(&out->values, from->values.items[i]))
			return false;
	return true;
}

static bool entry_digest(const struct pairs *entry, char out_hex[SHA256_HEX_SIZE])
{
	const char *raw_sha256 = pairs_get(entry, "sha256");

	return raw_sha256 != NULL && digest_is_sha256(raw_sha256, out_hex);
}

/*
 * When it was published: RFC 3339 and its kin, a bare day (there is no telling whose midnight:
 * UTC's is taken), or seconds since 1970. What can't be read, and what is yet to come, tells
 * nothing.
 */
static int64_t entry_date(const struct pairs *entry)
{
	const char *raw_date = pairs_get(entry, "date");
	char day[sizeof("2026-11-22T00:00:00Z")];
	int64_t when = 0, now = clock_unix_ms();
	uint64_t seconds = 0;

	if (raw_date == NULL)
		return 0;
	if (strlen(raw_date) == strlen("2026-11-22")) {
		snprintf(day, sizeof(day), "%.10sT00:00:00Z", raw_date);
		when = clock_parse(day, &when) ? when : 0;
	}
	/* 20260821 is no second of any release */
	if (when == 0 && text_to_u64(raw_date, &seconds) && seconds >= SECONDS_MIN)
		when = seconds <= (uint64_t)now / 1000 ? (int64_t)seconds * 1000 : 0;
	else if (when == 0 && !clock_parse(raw_date, &when))
		when = 0;
	return when > 0 && when <= now ? when : 0;
}

static void take_facts(struct candidate *c, const struct source *s, const struct pairs *entry)
{
	static const enum digest_from from[SOURCE_N_KINDS] = {
		[SOURCE_PAGE] = DIGEST_FROM_PAGE,
		[SOURCE_JSON] = DIGEST_FROM_FEED,
		[SOURCE_REDIRECT] = DIGEST_FROM_PAGE,
		[SOURCE_PACKAGE] = DIGEST_FROM_PAGE,
		[SOURCE_GITHUB] = DIGEST_FROM_GITHUB,
	};
	const char *size = pairs_get(entry, "size");

	if (entry_digest(entry, c->sha256))
		c->sha256_from = from[s->kind];
	if (size != NULL && !text_to_u64(size, &c->size_bytes))
		c->size_bytes = 0;
	if (c->date_unix_ms == 0)
		c->date_unix_ms = entry_date(entry);
}

static bool take_entry(struct candidates *c, struct maker *m, size_t source,
	const struct pairs *inherited, const struct pairs *entry, const char *page,
	size_t *n_usable, struct err *e)
{
	char raw_version[DPKG_VERSION_MAX] = "", version[DPKG_VERSION_MAX] = "", url[URL_MAX] = "";
	char sha256[SHA256_HEX_SIZE] = "";
	const char *link = pairs_get(entry, "url");
	struct err why = {0};
	bool is_usable = make(m, raw_version, version, url, &why);
	struct candidate *new_one;

	*n_usable += is_usable;
	if (url[0] == '\0')
		text_copy_cut(url, sizeof(url), link != NULL ? link : m->finding->base);
	entry_digest(entry, sha256);
	new_one = list_find(c, source, version, url, sha256);
	if (new_one != NULL) {
		if (new_one->sha256[0] == '\0')
			take_facts(new_one, m->source, entry);
		return true;
	}
	new_one = list_add(c);
	if (new_one == NULL)
		return true; /* bounded: what came first counts */
	new_one->source = source;
	new_one->version = strdup(version);
	new_one->raw_version = strdup(raw_version);
	new_one->url = strdup(url);
	new_one->page = strdup(page);
	new_one->is_refused = !is_usable;
	new_one->why = is_usable ? NULL : strdup(why.text);
	if (new_one->version == NULL || new_one->raw_version == NULL || new_one->url == NULL ||
		new_one->page == NULL || !copy_pairs(inherited, &new_one->words) ||
		!copy_pairs(entry, &new_one->words))
		return err_set(e, ERR_INTERNAL, "out of memory");
	take_facts(new_one, m->source, entry);
	inherit_death(c, new_one);
	return true;
}

bool candidates_take(struct candidates *c, const struct recipe *r, const struct source *s,
	size_t source, const struct pairs *inherited, const struct finding *f, const char *page,
	size_t *out_n_usable, struct err *e)
{
	size_t n_usable = 0;

	for (size_t i = 0; i < f->n_entries; i++) {
		SCOPED_CLEAR(maker_clear) struct maker m = {.recipe = r, .source = s, .finding = f};

		if (!words_copy(&r->words, &m.words) || !words_add(&m.words, inherited) ||
			!words_add(&m.words, &f->entries[i]))
			return err_set(e, ERR_INTERNAL, "too many words in one match");
		if (!take_entry(c, &m, source, inherited, &f->entries[i], page, &n_usable, e))
			return false;
	}
	*out_n_usable = n_usable;
	return true;
}

bool candidates_add_archive(struct candidates *c, const struct recipe *r, const char *version,
	struct candidate **out, struct err *e)
{
	struct source template = {.kind = SOURCE_JSON, .url = r->archive};
	SCOPED_CLEAR(finding_clear) struct finding f = {0};
	SCOPED_CLEAR(pairs_clear) struct pairs entry = {0};
	char raw_version[DPKG_VERSION_MAX];
	size_t n_usable = 0;

	if (r->archive == NULL)
		return err_set(e, ERR_NO_RELEASE,
			"version %s is on none of the sources, and the recipe has no archive",
			version);
	if (!recipe_version_raw(r, version, raw_version, sizeof(raw_version), e))
		return false;
	/* Only a base, for a template that is absolute anyway. */
	text_copy_cut(f.base, sizeof(f.base), "https://archive.invalid/");
	if (!pairs_add(&entry, "version", raw_version, strlen(raw_version)) ||
		!finding_add(&f, &entry))
		return err_set(e, ERR_INTERNAL, "out of memory");
	if (!candidates_take(
		    c, r, &template, RECIPE_SOURCES_MAX, NULL, &f, r->archive, &n_usable, e))
		return false;
	*out = &c->items[c->n_items - 1];
	return n_usable > 0 ||
	       err_set(e, ERR_NO_RELEASE, "the archive's address of %s: %s", version, (*out)->why);
}

void candidate_release(const struct candidate *c, struct release *out)
{
	*out = (struct release){.sha256_from = c->sha256_from,
		.size_bytes = c->size_bytes,
		.date_unix_ms = c->date_unix_ms};
	text_copy_cut(out->version, sizeof(out->version), c->version);
	text_copy_cut(out->raw_version, sizeof(out->raw_version), c->raw_version);
	text_copy_cut(out->url, sizeof(out->url), c->url);
	text_copy_cut(out->source, sizeof(out->source), c->page);
	memcpy(out->digests.sha256, c->sha256, sizeof(out->digests.sha256));
}
