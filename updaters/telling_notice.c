/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/telling_notice.h"

#include <string.h>

#include "updaters/lib/json.h"

bool notice_write(const struct notice *n, struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_open(&w, NULL, '{');
	json_put_str(&w, "run", n->run);
	json_put_str(&w, "summary", n->summary);
	json_put_str(&w, "body", n->body);
	json_put_bool(&w, "urgent", n->is_urgent);
	json_open(&w, "offers", '[');
	for (size_t i = 0; i < n->n_offers; i++) {
		json_open(&w, NULL, '{');
		json_put_str(&w, "name", n->offers[i].name);
		json_put_str(&w, "version", n->offers[i].version);
		json_put_bool(&w, "may_wait", n->offers[i].may_wait);
		json_close(&w, '}');
	}
	json_close(&w, ']');
	json_close(&w, '}');
	return !out->is_full;
}

/* Nothing in it but what text_escape leaves, one line or (in a body) several. */
static bool is_clean(const char *text, bool may_break)
{
	char clean[NOTICE_BODY_MAX];

	for (;;) {
		size_t len = may_break ? strcspn(text, "\n") : strlen(text);

		text_escape(text, len, clean, sizeof(clean));
		if (strlen(clean) != len || memcmp(clean, text, len) != 0)
			return false;
		if (text[len] == '\0')
			return true;
		text += len + 1;
	}
}

static bool take_text(const struct json *document, const char *pointer, bool may_break, char *out,
	size_t out_size, struct err *e)
{
	const char *text = json_text(json_at(document, pointer));

	if (text == NULL || !text_copy(out, out_size, text) || !is_clean(out, may_break))
		return err_set(e, ERR_PARSE, "a notice without a fit %s", pointer + 1);
	return true;
}

/* What becomes a word of a command: letters, digits, and these; it begins with the first two. */
static bool is_word(const char *word, const char *more)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	char all[sizeof(plain) + 16];

	if (word[0] == '\0' || strchr(plain, word[0]) == NULL)
		return false;
	text_copy_cut(all, sizeof(all), plain);
	text_copy_cut(all + sizeof(plain) - 1, sizeof(all) - sizeof(plain) + 1, more);
	return word[strspn(word, all)] == '\0';
}

static bool take_offer(const struct json *item, struct notice_offer *out, struct err *e)
{
	const char *may_wait = json_text(json_at(item, "/may_wait"));

	if (!take_text(item, "/name", false, out->name, sizeof(out->name), e) ||
		!take_text(item, "/version", false, out->version, sizeof(out->version), e))
		return false;
	if (!is_word(out->name, "-_.+") || !is_word(out->version, "-.+~:"))
		return err_set(e, ERR_PARSE, "a notice offers no name and version, but %s=%s",
			out->name, out->version);
	out->may_wait = text_equal(may_wait, "true");
	return true;
}

bool notice_read(const char *raw, size_t len, struct notice *out, struct err *e)
{
	SCOPED(json_free) struct json *document = NULL;
	struct notice n = {0};

	if (len > NOTICE_JSON_MAX)
		return err_set(e, ERR_TOO_BIG, "a notice of %zu bytes", len);
	if (!json_parse(raw, len, &document, e) ||
		!take_text(document, "/run", false, n.run, sizeof(n.run), e) ||
		!take_text(document, "/summary", false, n.summary, sizeof(n.summary), e) ||
		!take_text(document, "/body", true, n.body, sizeof(n.body), e))
		return false;
	if (!is_word(n.run, "-"))
		return err_set(e, ERR_PARSE, "a notice of no run: %s", n.run);
	n.is_urgent = text_equal(json_text(json_at(document, "/urgent")), "true");

	const struct json *offers = json_at(document, "/offers");

	if (json_count(offers) > NOTICE_OFFERS_MAX)
		return err_set(e, ERR_PARSE, "a notice with %zu offers", json_count(offers));
	for (; n.n_offers < json_count(offers); n.n_offers++) {
		if (!take_offer(json_item(offers, n.n_offers, NULL), &n.offers[n.n_offers], e))
			return false;
	}
	*out = n;
	return true;
}
