/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The digest of the chosen release: its own source's, the checksum file's, other sources'. */
#include "updaters/deb/inspect.h"

#include <string.h>

#include "updaters/deb/checksum.h"

static const struct recipe *recipe_of(const struct inspect *t)
{
	return t->q.in.recipe;
}

static const struct candidate *chosen_of(const struct inspect *t)
{
	return &t->candidates.items[t->chosen];
}

/* Two that name the same version must agree. known: the one that was named first, "" = none. */
static bool agree_on(struct inspect *t, const char *algorithm, char *known, const char *hex,
	struct digest_said *first, const struct digest_said *now)
{
	struct err e = {0};

	if (hex[0] == '\0' || text_equal(known, hex))
		return true;
	if (known[0] == '\0') {
		memcpy(known, hex, strlen(hex) + 1);
		*first = *now;
		return true;
	}
	err_set(&e, ERR_DIGEST, "the vendor's %s of %s differ: %s says %s, %s says %s", algorithm,
		chosen_of(t)->version, first->where, known, now->where, hex);
	inspect_fail(t, STEP_VERIFY, &e);
	return false;
}

static bool agree(
	struct inspect *t, const struct digests *digests, enum digest_from from, const char *where)
{
	struct digest_said now = {.from = from};

	text_copy_cut(now.where, sizeof(now.where), where);
	return agree_on(t, "SHA-256", t->digests.sha256, digests->sha256, &t->sha256_said, &now) &&
	       agree_on(t, "SHA-512", t->digests.sha512, digests->sha512, &t->sha512_said, &now);
}

/* The place was not reached: that is the network's, not the digest's fault. */
static bool is_unreached(enum err_code code)
{
	return code == ERR_NETWORK || code == ERR_TLS || code == ERR_TIMEOUT || code == ERR_STALLED;
}

/* A place that can't tell counts only where the recipe requires it, and then is a refusal. */
static bool may_lack(struct inspect *t, const struct err *e)
{
	struct err mine = *e;

	if (recipe_of(t)->checksum_policy != CHECKSUM_REQUIRE || t->q.page != NULL)
		return true;
	err_within(&mine, "no digest, and the recipe requires it");
	if (!is_unreached(mine.code))
		mine.code = ERR_DIGEST;
	inspect_fail(t, STEP_VERIFY, &mine);
	return false;
}

/* What a source (any, where it is SIZE_MAX) says of the chosen version. */
static bool take_source_digests(struct inspect *t, size_t source)
{
	struct digests digests = {0};

	for (size_t i = 0; i < t->candidates.n_items; i++) {
		const struct candidate *c = &t->candidates.items[i];

		if (c->sha256[0] == '\0' || (source != SIZE_MAX && c->source != source) ||
			dpkg_version_compare(c->version, chosen_of(t)->version) != 0)
			continue;
		memcpy(digests.sha256, c->sha256, sizeof(digests.sha256));
		if (!agree(t, &digests, c->sha256_from, c->page))
			return false;
	}
	return true;
}

/* --- the checksum file ------------------------------------------------------- */

static bool expand_for_chosen(
	const struct inspect *t, const char *text, struct buf *out, struct err *e)
{
	SCOPED_CLEAR(words_clear) struct words words = {0};

	if (!candidate_words(recipe_of(t), chosen_of(t), &words))
		return err_set(e, ERR_INTERNAL, "too many words in one match");
	return words_expand(&words, text, WORDS_INTO_TEXT, false, out, e);
}

/* Did this finding say something of our file? */
static bool known_digests(const struct document *known, const char *file_name, struct digests *out)
{
	SCOPED_CLEAR(finding_clear) struct finding f = {0};

	*out = (struct digests){0};
	if (known == NULL || !finding_unpack(known->bytes, known->len, &f) || f.n_entries != 1 ||
		!text_equal(pairs_get(&f.entries[0], "file"), file_name))
		return false;

	const char *sha256 = pairs_get(&f.entries[0], "sha256");
	const char *sha512 = pairs_get(&f.entries[0], "sha512");

	return (sha256 == NULL || digest_is_sha256(sha256, out->sha256)) &&
	       (sha512 == NULL || digest_is_sha512(sha512, out->sha512)) && digests_are_known(out);
}

static void ask_others(struct inspect *t)
{
	t->source = SIZE_MAX;
	t->stage = INSPECT_OTHERS;
}

static bool prepare_checksum(struct inspect *t, const char *address, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf url = {0};
	const struct strings *hosts = &recipe_of(t)->hosts;
	struct digests ignored;

	buf_init(&url, URL_MAX - 1);
	if (!url_file_name(chosen_of(t)->url, t->file_name, sizeof(t->file_name)))
		t->file_name[0] = '\0';
	if (!expand_for_chosen(t, address, &url, e) || !url_check(buf_str(&url), e))
		return false;
	if (!url_is_listed(buf_str(&url), (const char *const *)hosts->items, hosts->n_items))
		return err_set(
			e, ERR_POLICY, "%s is not on the recipe's list of hosts", buf_str(&url));
	text_copy_cut(t->checksum_url, sizeof(t->checksum_url), buf_str(&url));
	if (!inquiry_key(t->checksum_url, "checksum", t->checksum_key))
		return err_set(e, ERR_CONFIG, "%s is too long", t->checksum_url);
	t->checksum_known = inquiry_known(&t->q, t->checksum_key);
	if (!known_digests(t->checksum_known, t->file_name, &ignored))
		t->checksum_known = NULL;
	return true;
}

void inspect_digest_begin(struct inspect *t)
{
	const struct recipe *r = recipe_of(t);
	const char *address = r->checksum_json != NULL ? r->checksum_json : r->checksum_text;
	struct err e = {0};

	if (!take_source_digests(t, chosen_of(t)->source) || !take_source_digests(t, SIZE_MAX))
		return;
	if (address == NULL) {
		ask_others(t);
	} else if (prepare_checksum(t, address, &e)) {
		t->stage = INSPECT_CHECKSUM;
	} else {
		inquiry_trace_note(&t->q, address, "%s", e.text);
		if (may_lack(t, &e))
			ask_others(t);
	}
}

static void take_known_checksum(struct inspect *t, const struct http_response *r)
{
	struct digests digests;
	char age[80];

	inquiry_age(t->checksum_known, age, sizeof(age));
	inquiry_trace_request(&t->q, t->checksum_url, r, true, "%s", r != NULL ? "unchanged" : age);
	inquiry_keep_known(&t->q, t->checksum_known, r != NULL);
	if (known_digests(t->checksum_known, t->file_name, &digests) &&
		agree(t, &digests, DIGEST_FROM_CHECKSUMS, t->checksum_url))
		ask_others(t);
}

bool inspect_checksum_next(struct inspect *t, struct http_request *out)
{
	if (!t->q.in.offline) {
		inquiry_request(&t->q, t->checksum_url, out);
		out->max_bytes = CHECKSUM_BYTES_MAX;
		inquiry_ask_if_changed(&t->q, t->checksum_known, out);
		return true;
	}
	if (t->checksum_known != NULL) {
		take_known_checksum(t, NULL);
	} else {
		inquiry_trace_unasked(&t->q, t->checksum_url);
		ask_others(t);
	}
	return false;
}

/* A file at a fixed address may still be that of the release before. */
static bool is_of_chosen(const struct inspect *t, const char *version, struct err *e)
{
	const struct candidate *c = chosen_of(t);
	char ours[DPKG_VERSION_MAX];
	struct err ignored = {0};

	if (version[0] == '\0' || text_equal(version, c->raw_version) ||
		(deb_version_of(recipe_of(t), version, ours, sizeof(ours), &ignored) &&
			dpkg_version_compare(ours, c->version) == 0))
		return true;
	return err_set(
		e, ERR_NO_MATCH, "it is of version %s, looked for was %s", version, c->raw_version);
}

static bool read_checksum(
	struct inspect *t, const struct http_response *r, struct digests *out, struct err *e)
{
	const struct recipe *recipe = recipe_of(t);
	SCOPED_CLEAR(buf_clear) struct buf pointer = {0};
	char answer[HTTP_ANSWER_TEXT_MAX];
	struct checksum sum;

	buf_init(&pointer, URL_MAX);
	if (r->status != 200 || r->body == NULL)
		return err_set(e, ERR_HTTP, "%s", http_answer_text(r, answer));
	if (recipe->checksum_json == NULL) {
		if (!checksum_text_find(r->body, r->body_len, t->file_name, &sum, e) ||
			!is_of_chosen(t, sum.version, e))
			return false;
		*out = sum.digests;
		return true;
	}
	if (recipe->checksum_at != NULL && !expand_for_chosen(t, recipe->checksum_at, &pointer, e))
		return false;
	return checksum_json_find(r->body, r->body_len,
		recipe->checksum_at != NULL ? buf_str(&pointer) : NULL, t->file_name, out, e);
}

static void keep_checksum(struct inspect *t, const struct http_response *r, const struct digests *d)
{
	SCOPED_CLEAR(finding_clear) struct finding f = {.n_seen = 1};
	SCOPED_CLEAR(pairs_clear) struct pairs entry = {0};

	text_copy_cut(f.base, sizeof(f.base), r->url);
	if (pairs_add(&entry, "file", t->file_name, strlen(t->file_name)) &&
		(d->sha256[0] == '\0' ||
			pairs_add(&entry, "sha256", d->sha256, strlen(d->sha256))) &&
		(d->sha512[0] == '\0' ||
			pairs_add(&entry, "sha512", d->sha512, strlen(d->sha512))) &&
		finding_add(&f, &entry))
		inquiry_keep(&t->q, t->checksum_key, r, &f);
}

void inspect_checksum_feed(struct inspect *t, const struct http_response *r, const struct err *e)
{
	struct digests digests = {0};
	struct err mine = {0};

	if (e == NULL && r->status == 304 && t->checksum_known != NULL) {
		take_known_checksum(t, r);
		return;
	}
	if (e != NULL)
		mine = *e;
	else
		inquiry_save_page(&t->q, r);
	if (e == NULL && read_checksum(t, r, &digests, &mine)) {
		inquiry_trace_request(&t->q, t->checksum_url, r, false, "%s of %s",
			digests.sha512[0] == '\0' ? "SHA-256" : "SHA-512", t->file_name);
		keep_checksum(t, r, &digests);
		if (agree(t, &digests, DIGEST_FROM_CHECKSUMS, t->checksum_url))
			ask_others(t);
		return;
	}
	err_within(&mine, "%s", t->checksum_url);
	inquiry_trace_request(&t->q, t->checksum_url, r, false, "%s", mine.text);
	/* Two digests for one file are no lack. */
	if (mine.code == ERR_DIGEST)
		inspect_fail(t, STEP_VERIFY, &mine);
	else if (may_lack(t, &mine))
		ask_others(t);
}

/* --- other sources ----------------------------------------------------------- */

/* One that was asked before, or is through now: what it says counts. */
static bool take_other(struct inspect *t, size_t source)
{
	const struct find_outcome *o = &t->find.outcomes[source];

	if (err_is_set(&o->error) && !may_lack(t, &o->error))
		return false;
	return take_source_digests(t, source);
}

bool inspect_others_next(struct inspect *t, struct http_request *out)
{
	size_t next = t->source == SIZE_MAX ? 0 : t->source + 1;

	if (t->source != SIZE_MAX) {
		if (find_next(&t->find, out))
			return true;
		if (!take_other(t, t->source))
			return false;
	}
	for (; next < recipe_of(t)->n_sources; next++) {
		/* a trial says of each source what the page gives it */
		if (next == chosen_of(t)->source ||
			(!source_has_digest(&recipe_of(t)->sources[next]) && t->q.page == NULL))
			continue;
		if (!t->find.outcomes[next].was_asked) {
			t->source = next;
			find_begin(&t->find, next);
			return false;
		}
		if (!take_other(t, next))
			return false;
	}
	inspect_signature_begin(t);
	return false;
}
