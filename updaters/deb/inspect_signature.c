/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The detached signature of the chosen release: asked for, and handed on unread. */
#include "updaters/deb/inspect.h"

static const struct recipe *recipe_of(const struct inspect *t)
{
	return t->q.in.recipe;
}

static bool may_be_missing(const struct inspect *t)
{
	return recipe_of(t)->signature_policy == SIGNATURE_PREFER || t->q.page != NULL;
}

/* Without it the package would be refused in the end: said before it is fetched. */
static void go_on_without(struct inspect *t, const struct err *e)
{
	struct err mine = *e;

	inquiry_trace_note(&t->q, t->checksum_url, "no signature: %s", e->text);
	if (may_be_missing(t)) {
		inspect_end_chosen(t);
		return;
	}
	err_within(&mine, "no signature, and the recipe requires one");
	if (mine.code == ERR_HTTP || mine.code == ERR_NO_MATCH)
		mine.code = ERR_SIGNATURE;
	inspect_fail(t, STEP_VERIFY, &mine);
}

static bool make_address(struct inspect *t, struct err *e)
{
	const struct candidate *chosen = &t->candidates.items[t->chosen];
	const struct strings *hosts = &recipe_of(t)->hosts;
	SCOPED_CLEAR(words_clear) struct words words = {0};
	SCOPED_CLEAR(buf_clear) struct buf url = {0};

	buf_init(&url, URL_MAX - 1);
	if (!candidate_words(recipe_of(t), chosen, &words))
		return err_set(e, ERR_INTERNAL, "out of memory");
	if (!words_expand(
		    &words, recipe_of(t)->signature_detached, WORDS_INTO_TEXT, false, &url, e) ||
		!url_check(buf_str(&url), e))
		return false;
	text_copy_cut(t->checksum_url, sizeof(t->checksum_url), buf_str(&url));
	return url_is_listed(t->checksum_url, (const char *const *)hosts->items, hosts->n_items) ||
	       err_set(e, ERR_POLICY, "%s is not on the recipe's list of hosts", t->checksum_url);
}

/* Kept from last time, of this version and from this address? Its bytes are nobody's here to read.
 */
static const struct document *known_signature(const struct inspect *t)
{
	const struct document *d = inquiry_known(&t->q, SIGNATURE_KEY);
	char version[DPKG_VERSION_MAX], url[URL_MAX];
	struct unpack u;
	size_t len = 0;

	if (d == NULL)
		return NULL;
	unpack_init(&u, d->bytes, d->len);
	unpack_str(&u, version, sizeof(version));
	unpack_str(&u, url, sizeof(url));
	unpack_blob(&u, &len);
	return unpack_is_done(&u) && len > 0 && text_equal(url, t->checksum_url) &&
			       text_equal(version, t->candidates.items[t->chosen].version)
		       ? d
		       : NULL;
}

void inspect_signature_begin(struct inspect *t)
{
	struct err e = {0};

	if (recipe_of(t)->signature_detached == NULL)
		inspect_end_chosen(t);
	else if (!make_address(t, &e))
		go_on_without(t, &e);
	else
		t->stage = INSPECT_SIGNATURE;
}

bool inspect_signature_next(struct inspect *t, struct http_request *out)
{
	if (t->q.in.offline) {
		inquiry_trace_unasked(&t->q, t->checksum_url);
		inspect_end_chosen(t);
		return false;
	}
	inquiry_request(&t->q, t->checksum_url, out);
	out->max_bytes = SIGNATURE_MAX_BYTES;
	out->is_download = true;
	t->checksum_known = known_signature(t);
	inquiry_ask_if_changed(&t->q, t->checksum_known, out);
	return true;
}

/* With the version that it is of, and whence: what is kept may be from another time. */
static void keep_signature(struct inspect *t, const struct http_response *r)
{
	SCOPED_CLEAR(buf_clear) struct buf packed = {0};

	buf_init(&packed, SIGNATURE_MAX_BYTES + DPKG_VERSION_MAX + URL_MAX + 16);
	pack_str(&packed, t->candidates.items[t->chosen].version);
	pack_str(&packed, t->checksum_url);
	pack_blob(&packed, r->body, r->body_len);
	if (!packed.is_full)
		inquiry_keep_bytes(&t->q, SIGNATURE_KEY, r, packed.data, packed.len);
}

void inspect_signature_feed(struct inspect *t, const struct http_response *r, const struct err *e)
{
	char answer[HTTP_ANSWER_TEXT_MAX];
	struct err mine = {0};

	if (e == NULL && r->status == 304 && t->checksum_known != NULL) {
		inquiry_trace_request(&t->q, t->checksum_url, r, true, "unchanged");
		inquiry_keep_known(&t->q, t->checksum_known, true);
		inspect_end_chosen(t);
		return;
	}
	if (e != NULL)
		mine = *e;
	else if (r->status != 200 || r->body_len == 0)
		err_set(&mine, ERR_HTTP, "%s answers %s", t->checksum_url,
			http_answer_text(r, answer));
	inquiry_trace_request(
		&t->q, t->checksum_url, r, false, "%s", mine.text[0] ? mine.text : "signature");
	if (err_is_set(&mine)) {
		go_on_without(t, &mine);
		return;
	}
	keep_signature(t, r);
	inspect_end_chosen(t);
}
