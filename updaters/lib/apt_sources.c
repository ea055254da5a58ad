/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/apt_sources.h"

#include <string.h>
#include <strings.h>

void apt_sources_clear(struct apt_sources *s)
{
	strings_clear(&s->uris);
	strings_clear(&s->keyrings);
	*s = (struct apt_sources){0};
}

bool apt_sources_is_file(const char *path)
{
	return text_ends(path, ".list") || text_ends(path, ".sources");
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* No address and no path holds these. */
static bool is_plain(const char *raw, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)raw[i] <= ' ' || raw[i] == 0x7f)
			return false;
	}
	return len > 0 && len < APT_SOURCE_WORD_MAX;
}

static void word_add(struct apt_sources *out, struct strings *list, const char *raw, size_t len)
{
	char word[APT_SOURCE_WORD_MAX];

	if (!is_plain(raw, len) || !text_copy_n(word, sizeof(word), raw, len))
		return;
	if (list->n_items >= APT_SOURCE_WORDS_MAX || !strings_add(list, word))
		out->is_cut = true;
}

static void uri_add(struct apt_sources *out, const char *raw, size_t len)
{
	if (memchr(raw, ':', len) != NULL)
		word_add(out, &out->uris, raw, len);
}

/* Signed-By holds paths, fingerprints or a whole key: only the paths are of interest. */
static void keyrings_add(struct apt_sources *out, const char *raw, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t end = at;

		while (end < len && !is_blank(raw[end]) && raw[end] != ',')
			end++;
		if (end > at && raw[at] == '/')
			word_add(out, &out->keyrings, raw + at, end - at);
		at = end + 1;
	}
}

/* --- one line each ----------------------------------------------------------- */

/* The next word; blanks within [ ] or quotes do not end it. Out: *at behind it */
static const char *line_word(const char *raw, size_t len, size_t *at, size_t *out_len)
{
	bool in_brackets = false, in_quotes = false;
	size_t start = *at;

	while (start < len && is_blank(raw[start]))
		start++;

	size_t end = start;

	for (; end < len && (in_brackets || in_quotes || !is_blank(raw[end])); end++) {
		in_quotes ^= raw[end] == '"';
		in_brackets = raw[end] == '[' || (in_brackets && raw[end] != ']');
	}
	*at = end;
	*out_len = end - start;
	return raw + start;
}

/* "[arch=amd64 signed-by=/k.gpg]" */
static void options_read(const char *raw, size_t len, struct apt_sources *out)
{
	static const char key[] = "signed-by=";
	const size_t key_len = sizeof(key) - 1;

	for (size_t at = 0, n; at < len; at++) {
		const char *word = line_word(raw, len, &at, &n);

		if (n > key_len && strncasecmp(word, key, key_len) == 0)
			keyrings_add(out, word + key_len, n - key_len);
	}
}

static void line_read(const char *raw, size_t len, struct apt_sources *out)
{
	const char *comment = memchr(raw, '#', len);
	size_t at = 0, n = 0;

	if (comment != NULL)
		len = (size_t)(comment - raw);

	const char *word = line_word(raw, len, &at, &n);

	if (!(n == 3 && memcmp(word, "deb", 3) == 0) &&
		!(n == 7 && memcmp(word, "deb-src", 7) == 0))
		return;
	word = line_word(raw, len, &at, &n);
	if (n > 2 && word[0] == '[' && word[n - 1] == ']') {
		options_read(word + 1, n - 2, out);
		word = line_word(raw, len, &at, &n);
	}
	if (n > 2 && word[0] == '"' && word[n - 1] == '"')
		uri_add(out, word + 1, n - 2);
	else
		uri_add(out, word, n);
}

/* --- deb822 ------------------------------------------------------------------ */

enum field { FIELD_OTHER, FIELD_URIS, FIELD_SIGNED_BY, FIELD_ENABLED };

/* A paragraph on its way: its addresses count only if it is not switched off. */
struct stanza {
	struct apt_sources found;
	enum field field;
	bool is_off;
};

static void stanza_end(struct stanza *s, struct apt_sources *out)
{
	struct strings *uris = &s->found.uris, *keyrings = &s->found.keyrings;

	for (size_t i = 0; !s->is_off && i < uris->n_items; i++)
		word_add(out, &out->uris, uris->items[i], strlen(uris->items[i]));
	for (size_t i = 0; i < keyrings->n_items; i++)
		word_add(out, &out->keyrings, keyrings->items[i], strlen(keyrings->items[i]));
	out->is_cut |= s->found.is_cut;
	apt_sources_clear(&s->found);
	*s = (struct stanza){0};
}

static bool is_word(const char *raw, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(raw, word, len) == 0;
}

/* Source: apt's StringToBool */
static bool is_no(const char *raw, size_t len)
{
	static const char *const words[] = {"no", "false", "without", "off", "disable", "0"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (is_word(raw, len, words[i]))
			return true;
	}
	return false;
}

static enum field field_of(const char *raw, size_t len)
{
	while (len > 0 && is_blank(raw[len - 1]))
		len--;
	return is_word(raw, len, "URIs")        ? FIELD_URIS
	       : is_word(raw, len, "Signed-By") ? FIELD_SIGNED_BY
	       : is_word(raw, len, "Enabled")   ? FIELD_ENABLED
						: FIELD_OTHER;
}

static void value_read(struct stanza *s, const char *raw, size_t len)
{
	size_t at = 0, n = 0;

	if (s->field == FIELD_SIGNED_BY) {
		keyrings_add(&s->found, raw, len);
		return;
	}
	while (at < len) {
		const char *word = line_word(raw, len, &at, &n);

		if (s->field == FIELD_URIS && n > 0)
			uri_add(&s->found, word, n);
		else if (s->field == FIELD_ENABLED && n > 0)
			s->is_off = is_no(word, n);
	}
}

static void stanza_line(struct stanza *s, const char *raw, size_t len, struct apt_sources *out)
{
	const char *colon;
	size_t blanks = 0;

	if (len > 0 && raw[0] == '#')
		return;
	while (blanks < len && is_blank(raw[blanks]))
		blanks++;
	if (blanks == len) {
		stanza_end(s, out);
		return;
	}
	if (blanks > 0) { /* folded */
		value_read(s, raw + blanks, len - blanks);
		return;
	}
	colon = memchr(raw, ':', len);
	s->field = FIELD_OTHER;
	if (colon == NULL)
		return;
	s->field = field_of(raw, (size_t)(colon - raw));
	value_read(s, colon + 1, len - (size_t)(colon + 1 - raw));
}

/* --- all of it --------------------------------------------------------------- */

void apt_sources_read(const char *path, const char *raw, size_t len, struct apt_sources *out)
{
	bool is_deb822 = text_ends(path, ".sources");
	struct stanza stanza = {0};

	*out = (struct apt_sources){0};
	for (size_t at = 0; at < len;) {
		const char *newline = memchr(raw + at, '\n', len - at);
		size_t n = newline != NULL ? (size_t)(newline - raw) - at : len - at;

		if (is_deb822)
			stanza_line(&stanza, raw + at, n, out);
		else
			line_read(raw + at, n, out);
		at += n + 1;
	}
	stanza_end(&stanza, out);
}

/* Behind the scheme and the login; out_len without slashes at the end. */
static const char *uri_core(const char *uri, size_t *out_len)
{
	const char *colon = strchr(uri, ':');
	const char *at = colon != NULL ? colon + 1 : uri;

	while (*at == '/')
		at++;

	size_t host = strcspn(at, "/");
	const char *login = memrchr(at, '@', host);
	size_t len;

	if (login != NULL)
		at = login + 1;
	len = strlen(at);
	while (len > 0 && at[len - 1] == '/')
		len--;
	*out_len = len;
	return at;
}

bool apt_uri_is_same(const char *a, const char *b)
{
	size_t a_len = 0, b_len = 0;
	const char *x = uri_core(a, &a_len), *y = uri_core(b, &b_len);
	size_t host = strcspn(x, "/");

	if (a_len != b_len)
		return false;
	if (host > a_len)
		host = a_len;
	return strncasecmp(x, y, host) == 0 && memcmp(x + host, y + host, a_len - host) == 0;
}

const char *apt_sources_common(const struct apt_sources *a, const struct apt_sources *b)
{
	for (size_t i = 0; i < a->uris.n_items; i++) {
		for (size_t k = 0; k < b->uris.n_items; k++) {
			if (apt_uri_is_same(a->uris.items[i], b->uris.items[k]))
				return a->uris.items[i];
		}
	}
	return NULL;
}
