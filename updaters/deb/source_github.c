/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GitHub's releases, in the three forms in which they are told: the page of releases, which names
 * tags and loads the assets later; the page of one release's assets; the API's list.
 */
#include "updaters/deb/source_read.h"

#include <string.h>

#include "updaters/lib/digest.h"
#include "updaters/lib/json.h"

#define ASSETS_PART   "/releases/expanded_assets/"
#define DOWNLOAD_PART "/releases/download/"

struct reader {
	const struct source *source;
	const struct pattern *tag, *asset;
	struct finding *out;
	uint64_t end_ms; /* for the whole page */
};

/* A piece of the page. */
struct piece {
	const char *start, *end;
};

static const char *find_in(struct piece in, const char *text)
{
	return in.start < in.end ? memmem(in.start, (size_t)(in.end - in.start), text, strlen(text))
				 : NULL;
}

/* --- tags and assets --------------------------------------------------------- */

static bool match_into(const struct pattern *p, const char *text, struct pairs *entry,
	bool *out_fits, struct err *e)
{
	const char *names[PATTERN_GROUPS_MAX];
	struct pattern_match m;
	size_t n = pattern_group_names(p, names, PATTERN_GROUPS_MAX);

	if (!pattern_find(p, text, strlen(text), out_fits, &m, e))
		return false;
	for (size_t i = 0; *out_fits && i < n; i++)
		if (m.groups[i].start != NULL &&
			!pairs_add(entry, names[i], m.groups[i].start, m.groups[i].len))
			*out_fits = false;
	return true;
}

static void put(struct pairs *entry, const char *key, const char *value, bool *fits)
{
	if (value != NULL && value[0] != '\0' && !pairs_add(entry, key, value, strlen(value)))
		*fits = false;
}

/* What is told of one asset; what is not told is NULL. */
struct asset {
	const char *tag, *name, *url, *digest, *size, *date;
};

/* Digests are told as "sha256:HEX"; those of older assets are not. */
static bool take_asset(const struct reader *r, const struct asset *a, struct err *e)
{
	SCOPED_CLEAR(pairs_clear) struct pairs entry = {0};
	bool fits = true;

	r->out->n_seen++;
	if (!match_into(r->tag, a->tag, &entry, &fits, e) ||
		(fits && !match_into(r->asset, a->name, &entry, &fits, e)))
		return false;
	put(&entry, "url", a->url, &fits);
	put(&entry, "size", a->size, &fits);
	put(&entry, "date", a->date, &fits);
	if (a->digest != NULL && text_starts(a->digest, "sha256:"))
		put(&entry, "sha256", a->digest + strlen("sha256:"), &fits);
	if (fits)
		finding_add(r->out, &entry);
	return true;
}

/* A release whose assets are on a page of their own. */
static bool take_tag(const struct reader *r, const char *tag, const char *page, struct err *e)
{
	SCOPED_CLEAR(pairs_clear) struct pairs entry = {0};
	bool fits = true;

	if (!match_into(r->tag, tag, &entry, &fits, e))
		return false;
	put(&entry, SOURCE_ASSETS_WORD, page, &fits);
	if (fits)
		finding_add(r->out, &entry);
	return true;
}

/* --- pages ------------------------------------------------------------------- */

/* Percent-decoded; false where it does not fit, or holds a NUL. */
static bool decode(const char *text, size_t len, char out[URL_MAX])
{
	size_t n = 0;

	for (size_t taken = 0; len > 0; text += taken, len -= taken) {
		unsigned char byte = url_byte_at(text, len, &taken);

		if (byte == '\0' || n == URL_MAX - 1)
			return false;
		out[n++] = (char)byte;
	}
	out[n] = '\0';
	return true;
}

/*
 * The next attribute that holds this part, as it stands between its quotes, and what is behind the
 * part; NULL: there is none. *at moves behind it.
 */
static bool next_link(
	struct piece *at, const char *part, char out_link[URL_MAX], char out_rest[URL_MAX])
{
	const char *found;

	while ((found = find_in(*at, part)) != NULL) {
		const char *start = found, *end = found;
		const char *rest = found + strlen(part);

		while (start > at->start && start[-1] != '"' && found - start < URL_MAX)
			start--;
		while (end < at->end && *end != '"' && end - found < URL_MAX)
			end++;
		at->start = end;
		if (text_copy_n(out_link, URL_MAX, start, (size_t)(end - start)) && rest < end &&
			decode(rest, (size_t)(end - rest), out_rest))
			return true;
	}
	return false;
}

static bool read_tags(const struct reader *r, struct piece page, struct err *e)
{
	char link[URL_MAX], tag[URL_MAX];
	struct piece at = page;

	for (const char *from = at.start; next_link(&at, ASSETS_PART, link, tag); from = at.start) {
		if (r->out->is_cut)
			return true;
		if (!source_is_in_time(r->end_ms, e))
			return false;

		/* a release's own part of the page ends where its assets would be loaded */
		bool is_early = find_in((struct piece){from, at.start}, ">Pre-release<") != NULL;

		r->out->n_seen++;
		if ((!is_early || r->source->prerelease) && !take_tag(r, tag, link, e))
			return false;
	}
	return true;
}

/* The word after a mark, as long as it is of these letters. */
static const char *word_after(
	struct piece in, const char *mark, const char *letters, char *out, size_t out_size)
{
	const char *at = find_in(in, mark);
	size_t n = 0;

	if (at == NULL)
		return NULL;
	for (at += strlen(mark);
		at < in.end && n < out_size - 1 && strchr(letters, *at) != NULL && *at != '\0';
		at++)
		out[n++] = *at;
	out[n] = '\0';
	return out;
}

static bool read_assets(const struct reader *r, struct piece page, struct err *e)
{
	char link[URL_MAX], rest[URL_MAX], digest[SHA256_HEX_SIZE + 8] = "sha256:", date[40];
	struct piece at = page;

	while (next_link(&at, DOWNLOAD_PART, link, rest)) {
		const char *next = find_in(at, DOWNLOAD_PART);
		struct piece own = {at.start, next != NULL ? next : at.end};
		char *slash = strrchr(rest, '/');
		struct asset a = {.tag = rest, .url = link};

		if (r->out->is_cut)
			return true;
		if (!source_is_in_time(r->end_ms, e))
			return false;
		if (slash == NULL)
			continue;
		*slash = '\0';
		a.name = slash + 1;
		if (word_after(own, "sha256:", "0123456789abcdef", digest + strlen("sha256:"),
			    SHA256_HEX_SIZE))
			a.digest = digest;
		a.date = word_after(own, "datetime=\"", "0123456789-:TZ", date, sizeof(date));
		if (!take_asset(r, &a, e))
			return false;
	}
	return true;
}

/* --- the API ----------------------------------------------------------------- */

static bool is_true(const struct json *value, const char *pointer)
{
	return text_equal(json_text(json_at(value, pointer)), "true");
}

static bool read_release(const struct reader *r, const struct json *release, struct err *e)
{
	const struct json *assets = json_at(release, "/assets");
	struct asset a = {
		.tag = json_text(json_at(release, "/tag_name")),
		.date = json_text(json_at(release, "/published_at")),
	};

	if (a.tag == NULL || !json_is_list(assets) || is_true(release, "/draft") ||
		(is_true(release, "/prerelease") && !r->source->prerelease))
		return true;
	for (size_t i = 0; i < json_count(assets) && !r->out->is_cut; i++) {
		if (!source_is_in_time(r->end_ms, e))
			return false;

		const struct json *asset = json_item(assets, i, NULL);

		a.name = json_text(json_at(asset, "/name"));
		a.url = json_text(json_at(asset, "/browser_download_url"));
		a.digest = json_text(json_at(asset, "/digest"));
		a.size = json_text(json_at(asset, "/size"));
		if (a.name != NULL && a.url != NULL && !take_asset(r, &a, e))
			return false;
	}
	return true;
}

static bool read_api(const struct reader *r, const char *body, size_t len, struct err *e)
{
	SCOPED(json_free) struct json *root = NULL;

	if (!json_parse(body, len, &root, e))
		return false;
	if (!json_is_list(root))
		return json_is_object(root) && json_at(root, "/assets") != NULL
			       ? read_release(r, root, e)
			       : err_set(e, ERR_NO_MATCH, "no list of releases");
	for (size_t i = 0; i < json_count(root) && !r->out->is_cut; i++)
		if (!source_is_in_time(r->end_ms, e) ||
			!read_release(r, json_item(root, i, NULL), e))
			return false;
	return true;
}

bool source_github_read(const struct source *s, const struct words *w, struct pattern_cache *cache,
	const char *body, size_t len, struct finding *out, struct err *e)
{
	struct reader r = {.source = s, .out = out, .end_ms = source_end_ms()};
	struct piece page = {body, body + len};
	size_t blanks = 0;

	while (blanks < len && strchr(" \t\r\n", body[blanks]) != NULL && body[blanks] != '\0')
		blanks++;
	if (!pattern_cache_get(cache, w, s->tag != NULL ? s->tag : SOURCE_TAG_DEFAULT, &r.tag, e) ||
		!pattern_cache_get(cache, w, s->asset, &r.asset, e))
		return false;
	if (blanks < len && (body[blanks] == '[' || body[blanks] == '{'))
		return read_api(&r, body, len, e);
	/* texts of releases link to assets, too; of which kind of release is told only above them
	 */
	return find_in(page, ASSETS_PART) != NULL ? read_tags(&r, page, e)
						  : read_assets(&r, page, e);
}
