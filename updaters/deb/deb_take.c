/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/deb_take.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/deb/configure.h"
#include "updaters/deb/deb_control.h"
#include "updaters/deb/deb_file.h"
#include "updaters/deb/deb_job.h"
#include "updaters/deb/deb_signature.h"
#include "updaters/lib/clock.h"

/* A worker may be captured: what it says must make sense for this recipe before we act on it. */
static bool deb_release_is_sane(const struct entry *entry, const struct release *r, struct err *e)
{
	const struct recipe *recipe = entry->recipe;
	struct digests ignored;

	if (!dpkg_version_is_valid(r->version))
		return err_set(e, ERR_VERSION, "a worker named the version '%s', which is none",
			r->version);
	if (r->url[0] != '\0' && !url_check(r->url, e))
		return err_within(e, "a worker named the address %s", r->url);
	if (r->url[0] != '\0' && !url_is_listed(r->url, (const char *const *)recipe->hosts.items,
					 recipe->hosts.n_items))
		return err_set(e, ERR_POLICY, "%s is not on the recipe's list of hosts", r->url);
	if (r->digests.sha256[0] != '\0' && !digest_is_sha256(r->digests.sha256, ignored.sha256))
		return err_set(e, ERR_DIGEST, "a worker named the digest '%s', which is none",
			r->digests.sha256);
	if (r->digests.sha512[0] != '\0' && !digest_is_sha512(r->digests.sha512, ignored.sha512))
		return err_set(e, ERR_DIGEST, "a worker named the digest '%s', which is none",
			r->digests.sha512);
	return true;
}

/* Is this release older than what is installed, and did nobody ask for that? */
static bool deb_check_direction(const struct entry *entry, const struct release *r, struct err *e)
{
	char installed[DPKG_VERSION_MAX];

	if (entry->result.installed[0] == '\0' || entry->allow_downgrade ||
		entry->wanted[0] != '\0' || entry->wish == WISH_ROLLBACK)
		return true;
	if (!recipe_version_installed(
		    entry->recipe, entry->result.installed, installed, sizeof(installed), e))
		return false;
	if (dpkg_version_compare(r->version, installed) < 0)
		return err_set(e, ERR_DOWNGRADE,
			"%s is older than the installed %s: --allow-downgrade would take it",
			r->version, installed);
	return true;
}

/* Other bytes than were seen first under this version, as far as the vendor tells? */
static bool deb_is_changed(const struct entry *entry)
{
	const char *now = entry->result.release.digests.sha256;

	return entry->first_sha256[0] != '\0' && now[0] != '\0' &&
	       !text_equal(entry->first_sha256, now);
}

static bool deb_say_changed(const struct entry *entry, struct err *e)
{
	const struct release *r = &entry->result.release;
	char now[128];

	snprintf(now, sizeof(now), "the vendor now says %s", r->digests.sha256);
	return release_changed(entry->name, r->version, entry->first_sha256, now, e);
}

/* The digest expected: the vendor's, which must be that of first sight, too; else that of first
 * sight. */
static bool deb_expect_digest(struct entry *entry, struct err *e)
{
	struct release *r = &entry->result.release;

	if (deb_is_changed(entry) && !entry->takes_changed)
		return deb_say_changed(entry, e);
	if (deb_is_changed(entry))
		text_copy_cut(entry->result.text, sizeof(entry->result.text),
			"other bytes than when it was first seen");
	if (digests_are_known(&r->digests))
		return true;
	if (entry->recipe->checksum_policy == CHECKSUM_REQUIRE)
		return err_set(e, ERR_DIGEST,
			"no source names a digest of %s, and the recipe's policy is require",
			r->version);
	if (entry->first_sha256[0] != '\0' && !entry->takes_changed) {
		memcpy(r->digests.sha256, entry->first_sha256, sizeof(r->digests.sha256));
		r->sha256_from = DIGEST_FROM_FIRST_SIGHT;
	}
	return true;
}

/* What is installed is the newest there is, and yet not what is offered under its name. */
static bool deb_check_installed(const struct entry *entry, struct err *e)
{
	return entry->hand_file[0] != '\0' || !deb_is_changed(entry) ||
	       dpkg_version_compare(entry->result.release.version, entry->was) != 0 ||
	       deb_say_changed(entry, e);
}

/* Is the file in hand newer than what is installed, or wanted all the same? */
static void deb_settle_hand(struct entry *entry)
{
	struct result *mine = &entry->result;
	char installed[DPKG_VERSION_MAX] = "";
	struct err e = {0};

	if (!recipe_version_installed(
		    entry->recipe, mine->installed, installed, sizeof(installed), &e)) {
		result_fail(mine, STEP_FIND, &e);
		return;
	}

	int order = dpkg_version_compare(entry->wanted, installed);

	if (order == 0 && !entry->reinstall)
		mine->outcome = OUTCOME_CURRENT;
	if (order < 0 && !entry->allow_downgrade) {
		err_set(&e, ERR_DOWNGRADE,
			"%s holds %s, older than the installed %s: --allow-downgrade would take it",
			entry->hand_file, entry->wanted, installed);
		result_fail(mine, STEP_FIND, &e);
	}
}

/* A file in hand is its own release; the sources only say which digest that version must have. */
static void deb_take_hand(struct entry *entry, struct result *r)
{
	struct result *mine = &entry->result;

	free(mine->replies);
	mine->replies = MOVE_PTR(r->replies);
	mine->n_replies = r->n_replies;
	r->n_replies = 0;
	if (mine->n_documents == 0) { /* its detached signature may be among them */
		mine->documents = MOVE_PTR(r->documents);
		mine->n_documents = r->n_documents;
		r->n_documents = 0;
	}
	if (r->release.version[0] != '\0' &&
		dpkg_version_compare(r->release.version, entry->wanted) == 0)
		mine->release = r->release;
	else if (err_is_set(&r->error))
		snprintf(mine->text, sizeof(mine->text), "no source could be asked: %s",
			r->error.text);
	memcpy(mine->release.version, entry->wanted, sizeof(mine->release.version));
	mine->outcome = OUTCOME_AVAILABLE;
	if (mine->installed[0] != '\0' && entry->wish != WISH_VERIFY)
		deb_settle_hand(entry);
}

/* All but what only the parent may say: what is installed, why it is held, what verified it. */
static void deb_take_finding(struct entry *entry, struct result *r)
{
	struct result *mine = &entry->result;
	struct result taken = *r;

	memcpy(taken.installed, mine->installed, sizeof(taken.installed));
	if (mine->text[0] != '\0')
		memcpy(taken.text, mine->text, sizeof(taken.text));
	result_clear(mine);
	*mine = taken;
	result_init(r);
	mine->verified_by = VERIFIED_BY_NONE;
	result_drop_deeds(mine);
}

/* Is it one of the recipe's, with the host's words filled in? */
static bool deb_is_source(const struct recipe *r, const char *address)
{
	for (size_t i = 0; i < r->n_sources; i++) {
		SCOPED_CLEAR(buf_clear) struct buf url = {0};
		struct err ignored = {0};

		buf_init(&url, URL_MAX - 1);
		if (words_expand(&r->words, r->sources[i].address, WORDS_INTO_TEXT, false, &url,
			    &ignored) &&
			text_equal(buf_str(&url), address))
			return true;
	}
	return false;
}

/* How the sources answered is kept: no more of them than the recipe has. */
static void deb_take_replies(const struct recipe *recipe, struct result *r)
{
	size_t n_kept = 0;

	for (size_t i = 0; i < r->n_replies && n_kept < recipe->n_sources; i++)
		if (deb_is_source(recipe, r->replies[i].source))
			r->replies[n_kept++] = r->replies[i];
	r->n_replies = n_kept;
}

/* Which outcomes looking can have: the others are for those who act. */
static bool deb_outcome_is_sane(enum outcome o, struct err *e)
{
	switch (o) {
	case OUTCOME_AVAILABLE:
	case OUTCOME_CURRENT:
	case OUTCOME_DEFERRED:
	case OUTCOME_FAILED:
	case OUTCOME_SKIPPED: return true;
	default:
		return err_set(
			e, ERR_WORKER, "a worker that only looked said '%s'", outcome_token(o));
	}
}

/* NAME=VERSION of what is installed is there already; --reinstall would do it again. */
static void deb_take_same(struct entry *entry)
{
	struct result *mine = &entry->result;

	if (mine->outcome == OUTCOME_AVAILABLE && entry->wanted[0] != '\0' && entry->is_present &&
		!entry->reinstall && entry->wish == WISH_INSTALL &&
		dpkg_version_compare(mine->release.version, entry->was) == 0)
		mine->outcome = OUTCOME_CURRENT;
}

/*
 * What is there is broken, and no release found would take its place: then mending it is what there
 * is to do, whatever the sources said. A rollback and a check of a file want something else.
 */
static void deb_take_broken(struct entry *entry)
{
	struct result *mine = &entry->result;
	bool is_other = mine->outcome == OUTCOME_AVAILABLE &&
			(!entry->reinstall || entry->wish != WISH_CHECK ||
				dpkg_version_compare(mine->release.version, entry->was) != 0);

	if (entry->broken[0] == '\0' || is_other || entry->wish == WISH_ROLLBACK ||
		entry->wish == WISH_VERIFY)
		return;
	snprintf(mine->text, sizeof(mine->text), "dpkg says \"%s\"%s%s", entry->broken,
		err_is_set(&mine->error) ? "; " : "", mine->error.text);
	mine->outcome = OUTCOME_BROKEN;
	mine->reason = REASON_NONE;
	mine->step = STEP_NONE;
	mine->error = (struct err){0};
	mine->release = (struct release){0};
	configure_tell(mine, entry->recipe->package);
	text_copy_cut(entry->file.version, sizeof(entry->file.version), mine->installed);
}

void deb_take_inspect(struct entry *entry, struct result *r)
{
	struct result *mine = &entry->result;
	struct err e = {0};

	if (entry->hand_file[0] != '\0')
		deb_take_hand(entry, r);
	else
		deb_take_finding(entry, r);
	deb_take_replies(entry->recipe, mine);
	if (mine->release.date_unix_ms < 0 || mine->release.date_unix_ms > clock_unix_ms())
		mine->release.date_unix_ms = 0;
	memcpy(mine->available, mine->release.version, sizeof(mine->available));
	if (!deb_outcome_is_sane(mine->outcome, &e) ||
		(mine->release.version[0] != '\0' &&
			!deb_release_is_sane(entry, &mine->release, &e)))
		result_fail(mine, STEP_FIND, &e);
	deb_take_same(entry);
	deb_take_broken(entry);
	if (mine->outcome == OUTCOME_CURRENT && entry->page_file[0] == '\0' &&
		!deb_check_installed(entry, &e))
		result_fail(mine, STEP_VERIFY, &e);
	if (mine->outcome != OUTCOME_AVAILABLE || entry->page_file[0] != '\0')
		return;
	if (!deb_check_direction(entry, &mine->release, &e))
		result_fail(mine, STEP_FIND, &e);
	else if (!deb_expect_digest(entry, &e))
		result_fail(mine, STEP_VERIFY, &e);
}

/* Did the worker do it? A result that nobody filled in is a failure. */
static bool deb_check_done(const struct result *r, struct err *e)
{
	if (err_is_set(&r->error)) {
		*e = r->error;
		return false;
	}
	return r->outcome == OUTCOME_DOWNLOADED ||
	       err_set(e, ERR_WORKER, "a worker ended its job without a word of what came of it");
}

/* Which file is not what was promised, and what to do: the control's three fields tell neither. */
static void deb_say_where(const struct entry *entry, struct err *e)
{
	static const struct {
		enum err_code code;
		const char *fetched, *in_hand;
	} remedies[] = {
		{ERR_NAME, "the recipe's link finds another package", "is it the file you meant?"},
		{ERR_ARCHITECTURE, "the recipe's link or its arch: finds another computer's",
			"get the vendor's file for this computer"},
		{ERR_VERSION, "the vendor's page and package differ; look again later",
			"it was changed since devupd looked at it first"},
	};
	bool is_hand = entry->hand_file[0] != '\0';
	const char *where = is_hand ? entry->hand_file : entry->result.release.url;
	struct err told = {0};

	for (size_t i = 0; i < ARRAY_SIZE(remedies); i++) {
		if (remedies[i].code != e->code)
			continue;
		if (is_hand)
			err_set(&told, e->code, "%s; %s", e->text, remedies[i].in_hand);
		else
			err_set(&told, e->code, "%s; %s: devupd explain %s", e->text,
				remedies[i].fetched, entry->name);
		err_within(&told, "%s", where);
		*e = told;
		return;
	}
}

/* A worker that was ended in the midst could not say what it leaves for the next run. */
static void deb_say_kept(const struct facts *f, const struct entry *entry, struct err *e)
{
	char staged[DEB_FILE_NAME_MAX + 1], path[PATH_MAX], amount[64], text[ERR_TEXT_MAX];
	struct stat part, meta;

	deb_staged_name(f, entry, staged, sizeof(staged));
	snprintf(path, sizeof(path), "%s/%s.part", f->staging, staged);
	if (strstr(e->text, " kept, run again") != NULL || lstat(path, &part) != 0 ||
		part.st_size <= 0)
		return;
	snprintf(path, sizeof(path), "%s/%s.meta", f->staging, staged);
	if (lstat(path, &meta) != 0)
		return; /* without it the next run starts anew */
	text_size_of(
		(uint64_t)part.st_size, entry->result.release.size_bytes, amount, sizeof(amount));
	text_copy_cut(text, sizeof(text), e->text);
	err_set(e, e->code, "%s; %s kept, run again to continue", text, amount);
}

/* It measured what it fetched. All of it will be read by us: no more than a download may have. */
static bool deb_check_size(const struct facts *f, const struct result *r, struct err *e)
{
	uint64_t size_bytes = r->release.size_bytes;

	if (size_bytes == 0)
		return err_set(e, ERR_WORKER, "a worker did not say how much it fetched");
	return f->download_max_bytes == 0 || size_bytes <= f->download_max_bytes ||
	       err_set(e, ERR_TOO_BIG, "a worker fetched %llu bytes, download.max_size is %llu",
		       (unsigned long long)size_bytes, (unsigned long long)f->download_max_bytes);
}

void deb_take_fetch(const struct facts *f, struct entry *entry, struct result *r)
{
	char name[DEB_FILE_NAME_MAX + 1], staged[DEB_FILE_NAME_MAX + 1];
	struct adopted adopted;
	struct err e = {0};

	if (!deb_check_done(r, &e)) {
		deb_say_where(entry, &e);
		release_unlike_first_sight(
			entry->name, &entry->result.release, entry->first_sha256, &e);
		deb_say_kept(f, entry, &e);
		result_fail(&entry->result, r->step != STEP_NONE ? r->step : STEP_FETCH, &e);
		return;
	}
	deb_file_name(f, entry, name, sizeof(name));
	deb_staged_name(f, entry, staged, sizeof(staged));

	struct adopt_spec spec = {
		.staging = f->staging,
		.file_name = staged,
		.staging_owner = f->worker_uid,
		.packages = f->packages,
		.target_name = name,
		.expected = &entry->result.release.digests,
		.size_bytes = r->release.size_bytes,
	};
	if (!deb_check_size(f, r, &e) || !adopt_file(&spec, &adopted, &e)) {
		release_unlike_first_sight(
			entry->name, &entry->result.release, entry->first_sha256, &e);
		result_fail(&entry->result, STEP_VERIFY, &e);
		return;
	}
	deb_keep_adopted(entry, &adopted);
}

/* Not only the worker's word: what dpkg-deb reads must be what was promised, and the same version.
 */
static bool deb_ask_dpkg(
	const struct facts *f, const struct entry *entry, const char *version, struct err *e)
{
	struct dpkg_reader as = {f->is_root, f->worker_uid, f->worker_gid};
	SCOPED_CLOSE int fd = -1;
	struct dpkg_control control;

	if (!deb_open_package(entry, &fd, e) ||
		!dpkg_deb_read(fd, entry->file.path, &as, &control, e) ||
		!dpkg_deb_can_unpack(fd, entry->file.path, &as, e))
		return false;
	if (!deb_control_check(entry->recipe, entry->result.release.version, &control, e))
		return err_within(e, "dpkg-deb on %s", entry->file.path);
	return text_equal(control.version, version) ||
	       err_set(e, ERR_STRUCTURE, "dpkg-deb reads version %s in %s, devupd reads %s",
		       control.version, entry->file.path, version);
}

static enum verified_by deb_verified_by(const struct release *r, bool is_signed)
{
	if (is_signed)
		return VERIFIED_BY_SIGNATURE;
	if (r->digests.sha512[0] != '\0')
		return VERIFIED_BY_SHA512;
	return r->sha256_from == DIGEST_FROM_FIRST_SIGHT ? VERIFIED_BY_FIRST_SIGHT
							 : VERIFIED_BY_SHA256;
}

static void deb_note_verified(struct entry *entry, const struct result *r, bool is_signed)
{
	struct release *mine = &entry->result.release;

	text_copy_cut(entry->file.version, sizeof(entry->file.version), r->release.version);
	if (!digests_are_known(&mine->digests))
		mine->sha256_from = DIGEST_FROM_FIRST_SIGHT;
	memcpy(mine->digests.sha256, entry->file.sha256, sizeof(mine->digests.sha256));
	entry->result.verified_by = deb_verified_by(mine, is_signed);
}

void deb_take_verify(const struct facts *f, struct entry *entry, struct result *r)
{
	bool is_signed = false;
	struct err e = {0};

	if (deb_check_done(r, &e) && !text_equal(r->release.digests.sha256, entry->file.sha256))
		err_set(&e, ERR_DIGEST, "the verifying worker read other bytes than were adopted");
	if (!err_is_set(&e) && deb_ask_dpkg(f, entry, r->release.version, &e) &&
		deb_check_signature(f, entry, r, &is_signed, &e)) {
		deb_note_verified(entry, r, is_signed);
		return;
	}
	deb_say_where(entry, &e);
	result_fail(&entry->result, STEP_VERIFY, &e);
}
