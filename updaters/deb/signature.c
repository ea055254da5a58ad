/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/signature.h"

#include <stdio.h>
#include <string.h>

#include "updaters/deb/deb_job.h"
#include "updaters/deb/keyring.h"
#include "updaters/deb/manifest.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/gpgv.h"

enum { FIRST_MEMBERS = 3 /* debian-binary, control, data */ };

/* debsigs' names: a signature of the first members' bytes, and no list. */
static const char *const over_bytes[] = {"_gpgorigin", "_gpgmaint", "_gpgarchive"};

/* What is known while a package is judged. */
struct judging {
	const struct signature_case *c;
	int keyring_fd;
	struct strings missing; /* fingerprints without a key file */
};

static void judging_clear(struct judging *j)
{
	scope_close_fd(&j->keyring_fd);
	strings_clear(&j->missing);
}

/* --- what gpgv says ---------------------------------------------------------- */

static bool refuse_unknown(const struct judging *j, const char *what, struct err *e)
{
	if (j->missing.n_items > 0)
		return err_set(e, ERR_SIGNATURE,
			"%s is by a key that is not here; the recipe's %s.asc is in none of its "
			"folders",
			what, j->missing.items[0]);
	return err_set(e, ERR_SIGNATURE, "%s is by another key than the recipe's %s", what,
		j->c->recipe->signature_keys.items[0]);
}

static bool take_answer(
	const struct judging *j, const char *what, const struct gpgv_answer *a, struct err *e)
{
	static const char *const faults[GPGV_N_VERDICTS] = {
		[GPGV_UNREADABLE] = "is none that gpgv accepts",
		[GPGV_BAD] = "is bad: the bytes are not what was signed",
		[GPGV_EXPIRED] = "has expired, or its key has",
		[GPGV_REVOKED] = "is by a key that was revoked",
	};

	if (a->verdict == GPGV_UNKNOWN_KEY)
		return refuse_unknown(j, what, e);
	if (a->verdict != GPGV_GOOD)
		return err_set(e, ERR_SIGNATURE, "%s %s", what, faults[a->verdict]);
	return strings_has(&j->c->recipe->signature_keys, a->fingerprint) ||
	       err_set(e, ERR_SIGNATURE, "%s is by the key %s, which the recipe does not name",
		       what, a->fingerprint);
}

static struct gpgv_question question(const struct judging *j)
{
	return (struct gpgv_question){
		.keyring_fd = j->keyring_fd,
		.signature_fd = -1,
		.data_fd = j->c->fd,
		.change_user = j->c->as_root,
		.uid = j->c->uid,
		.gid = j->c->gid,
	};
}

/* --- the ways of signing ----------------------------------------------------- */

static bool check_detached(const struct judging *j, struct err *e)
{
	SCOPED_CLEAR(gpgv_answer_clear) struct gpgv_answer answer = {0};
	SCOPED_CLOSE int signature_fd = -1;
	const struct child_range whole = {0, UINT64_MAX};
	struct gpgv_question q = question(j);

	if (!memory_file(j->c->detached, j->c->detached_len, &signature_fd, e))
		return false;
	q.signature_fd = signature_fd;
	q.data = &whole;
	q.n_data = 1;
	return gpgv_ask(&q, &answer, e) && take_answer(j, "its signature", &answer, e);
}

/* dpkg-sig's: the member is a signed text, which lists the others. */
static bool check_list(const struct judging *j, const struct member *m, struct err *e)
{
	SCOPED_CLEAR(gpgv_answer_clear) struct gpgv_answer answer = {0};
	const struct child_range range = {m->offset, m->size_bytes};
	struct gpgv_question q = question(j);

	q.data = &range;
	q.n_data = 1;
	return gpgv_ask(&q, &answer, e) && take_answer(j, m->name, &answer, e) &&
	       (manifest_check(answer.text, j->c->members, j->c->fd, e) ||
		       err_within(e, "%s", m->name));
}

/* Bytes of ours-to-be that nobody looks at but gpgv. */
static bool member_copy(const struct member *m, int fd, int *out_fd, struct err *e)
{
	SCOPED_FREE char *bytes = malloc((size_t)m->size_bytes + 1);
	size_t n = 0;

	if (bytes == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	if (!fs_read_at(fd, bytes, (size_t)m->size_bytes, m->offset, &n) || n != m->size_bytes)
		return err_sys(e, ERR_STRUCTURE, "can't read %s", m->name);
	return memory_file(bytes, n, out_fd, e);
}

/* debsigs': the member signs the bytes of the first three, one behind the other. */
static bool check_bytes(const struct judging *j, const struct member *m, struct err *e)
{
	SCOPED_CLEAR(gpgv_answer_clear) struct gpgv_answer answer = {0};
	SCOPED_CLOSE int signature_fd = -1;
	const struct members *all = j->c->members;
	struct child_range ranges[FIRST_MEMBERS];
	struct gpgv_question q = question(j);

	for (size_t i = 0; i < all->n_items; i++) {
		if (i >= FIRST_MEMBERS && !member_is_signature(&all->items[i]))
			return err_set(e, ERR_SIGNATURE,
				"the member %s is not signed: %s is over the first %d alone",
				all->items[i].name, m->name, FIRST_MEMBERS);
		if (i < FIRST_MEMBERS)
			ranges[i] = (struct child_range){
				all->items[i].offset, all->items[i].size_bytes};
	}
	if (!member_copy(m, j->c->fd, &signature_fd, e))
		return false;
	q.signature_fd = signature_fd;
	q.data = ranges;
	q.n_data = FIRST_MEMBERS;
	return gpgv_ask(&q, &answer, e) && take_answer(j, m->name, &answer, e);
}

static bool check_member(const struct judging *j, const struct member *m, struct err *e)
{
	if (m->size_bytes > SIGNATURE_MAX_BYTES)
		return err_set(e, ERR_SIGNATURE, "%s is larger than a signature may be", m->name);
	for (size_t i = 0; i < ARRAY_SIZE(over_bytes); i++)
		if (text_equal(m->name, over_bytes[i]))
			return check_bytes(j, m, e);
	return check_list(j, m, e);
}

/* Each one: what is beside a good signature must be good, too. */
static bool check_members(const struct judging *j, struct err *e)
{
	const struct members *all = j->c->members;

	if (all->n_items < FIRST_MEMBERS)
		return err_set(e, ERR_STRUCTURE, "the package lacks members");
	for (size_t i = 0; i < all->n_items; i++) {
		for (size_t k = 0; k < i; k++)
			if (text_equal(all->items[k].name, all->items[i].name))
				return err_set(e, ERR_SIGNATURE, "the member %s is there twice",
					all->items[i].name);
		if (member_is_signature(&all->items[i]) && !check_member(j, &all->items[i], e))
			return false;
	}
	return true;
}

/* --- the whole --------------------------------------------------------------- */

static bool is_signed(const struct signature_case *c)
{
	bool is_found = c->detached != NULL;

	for (size_t i = 0; c->members != NULL && i < c->members->n_items; i++)
		is_found |= member_is_signature(&c->members->items[i]);
	return is_found;
}

/* Nothing to go by: a refusal, or only a word. */
static bool go_without(const struct judging *j, char *out_note, struct err *e)
{
	const struct recipe *r = j->c->recipe;
	char text[RECORD_TEXT_MAX];

	if (is_signed(j->c))
		snprintf(text, sizeof(text), "its signature is not checked: no key file %s/%s.asc",
			j->c->key_folders[0], r->signature_keys.items[0]);
	else
		snprintf(text, sizeof(text), "it is not signed");
	if (r->signature_policy == SIGNATURE_REQUIRE)
		return err_set(e, ERR_SIGNATURE, "%s, and the recipe requires a signature", text);
	text_copy_cut(out_note, RECORD_TEXT_MAX, text);
	return true;
}

bool signature_has_key(const struct signature_case *c, struct err *e)
{
	SCOPED_CLEAR(judging_clear) struct judging j = {.c = c, .keyring_fd = -1};
	const struct recipe *r = c->recipe;

	if (r->signature_keys.n_items == 0)
		return true;
	if (!keyring_open(
		    &r->signature_keys, c->key_folders, c->as_root, &j.keyring_fd, &j.missing, e))
		return false;
	return j.keyring_fd >= 0 || r->signature_policy != SIGNATURE_REQUIRE ||
	       err_set(e, ERR_SIGNATURE,
		       "the recipe requires a signature, and there is no key to check it by; put "
		       "the vendor's, which you have from them (gpg --export --armor), into "
		       "%s/%s.asc; nothing was fetched",
		       c->key_folders[0], r->signature_keys.items[0]);
}

bool signature_check(
	const struct signature_case *c, bool *out_is_good, char *out_note, struct err *e)
{
	SCOPED_CLEAR(judging_clear) struct judging j = {.c = c, .keyring_fd = -1};

	*out_is_good = false;
	out_note[0] = '\0';
	if (!keyring_open(&c->recipe->signature_keys, c->key_folders, c->as_root, &j.keyring_fd,
		    &j.missing, e))
		return false;
	if (!is_signed(c) || j.keyring_fd < 0)
		return go_without(&j, out_note, e);
	*out_is_good = c->recipe->signature_detached != NULL ? check_detached(&j, e)
							     : check_members(&j, e);
	return *out_is_good;
}
