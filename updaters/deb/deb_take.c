/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/deb_take.h"

#include <fcntl.h>
#include <string.h>

#include "updaters/deb/deb_job.h"

/* A worker may be captured: what it says must make sense for this recipe before we act on it. */
static bool deb_release_is_sane(const struct entry *entry, const struct release *r, struct err *e)
{
	const struct recipe *recipe = entry->recipe;
	char ignored[SHA256_HEX_SIZE];

	if (!dpkg_version_is_valid(r->version))
		return err_set(e, ERR_VERSION, "a worker named the version '%s', which is none",
			r->version);
	if (r->url[0] != '\0' && !url_check(r->url, e))
		return err_within(e, "a worker named the address %s", r->url);
	if (r->url[0] != '\0' && !url_is_listed(r->url, (const char *const *)recipe->hosts.items,
					 recipe->hosts.n_items))
		return err_set(e, ERR_POLICY, "%s is not on the recipe's list of hosts", r->url);
	if (r->sha256[0] != '\0' && !digest_is_sha256(r->sha256, ignored))
		return err_set(
			e, ERR_DIGEST, "a worker named the digest '%s', which is none", r->sha256);
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

/* The digest expected: the vendor's, which must be that of first sight, too; else that of first
 * sight. */
static bool deb_expect_digest(struct entry *entry, struct err *e)
{
	struct release *r = &entry->result.release;

	if (entry->first_sha256[0] != '\0' && r->sha256[0] != '\0' &&
		!text_equal(entry->first_sha256, r->sha256))
		return err_set(e, ERR_CHANGED_BYTES,
			"%s %s had SHA-256 %s when first seen, the vendor now says %s: the bytes "
			"changed "
			"under the same version; ask the vendor before you trust it",
			entry->recipe->package, r->version, entry->first_sha256, r->sha256);
	if (r->sha256[0] == '\0' && entry->recipe->checksum_policy == CHECKSUM_REQUIRE)
		return err_set(e, ERR_DIGEST,
			"no source names the SHA-256 of %s, and the recipe's policy is require",
			r->version);
	if (r->sha256[0] == '\0' && entry->first_sha256[0] != '\0') {
		memcpy(r->sha256, entry->first_sha256, sizeof(r->sha256));
		r->sha256_from = DIGEST_FROM_FIRST_SIGHT;
	}
	return true;
}

/* A file in hand is its own release; the sources only say which digest that version must have. */
static void deb_take_hand(struct entry *entry, const struct result *r)
{
	struct result *mine = &entry->result;
	bool is_known = text_equal(r->release.version, entry->wanted);
	char installed[DPKG_VERSION_MAX] = "";
	struct err e = {0};

	if (is_known)
		mine->release = r->release;
	memcpy(mine->release.version, entry->wanted, sizeof(mine->release.version));
	memcpy(mine->available, entry->wanted, sizeof(mine->available));
	mine->outcome = OUTCOME_AVAILABLE;
	if (mine->installed[0] == '\0')
		return;
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

void deb_take_inspect(struct entry *entry, struct result *r)
{
	struct err e = {0};
	char installed[DPKG_VERSION_MAX], why[RECORD_TEXT_MAX];

	if (entry->hand_file[0] != '\0') {
		deb_take_hand(entry, r);
	} else {
		memcpy(installed, entry->result.installed, sizeof(installed));
		memcpy(why, entry->result.text, sizeof(why));
		result_clear(&entry->result);
		entry->result = *r;
		result_init(r);
		memcpy(entry->result.installed, installed, sizeof(installed));
		/* Why it is held, when it was there: the plan knows that, no worker does. */
		if (why[0] != '\0')
			memcpy(entry->result.text, why, sizeof(why));
	}
	if (entry->result.outcome != OUTCOME_AVAILABLE)
		return;

	const struct release *release = &entry->result.release;

	if (!deb_release_is_sane(entry, release, &e) || !deb_check_direction(entry, release, &e))
		result_fail(&entry->result, STEP_FIND, &e);
	else if (!deb_expect_digest(entry, &e))
		result_fail(&entry->result, STEP_VERIFY, &e);
}

void deb_take_fetch(const struct facts *f, struct entry *entry, struct result *r)
{
	char name[DEB_FILE_NAME_MAX + 1];
	struct adopted adopted;
	struct err e = {0};

	if (err_is_set(&r->error)) {
		result_fail(&entry->result, r->step != STEP_NONE ? r->step : STEP_FETCH, &r->error);
		return;
	}
	deb_file_name(f, entry, entry->result.release.version, name, sizeof(name));

	struct adopt_spec spec = {
		.staging = f->staging,
		.file_name = name,
		.staging_owner = f->worker_uid,
		.packages = f->packages,
		.target_name = name,
		.sha256 = entry->result.release.sha256,
		.size_bytes = r->release.size_bytes,
	};
	if (!adopt_file(&spec, &adopted, &e)) {
		result_fail(&entry->result, STEP_VERIFY, &e);
		return;
	}
	deb_keep_adopted(entry, &adopted);
}

/* dpkg-deb must read the same three fields as our own reader did. */
static bool deb_ask_dpkg(
	const struct facts *f, const struct entry *entry, const char *version, struct err *e)
{
	struct dpkg_reader as = {f->is_root, f->worker_uid, f->worker_gid};
	SCOPED_CLOSE int fd = open(entry->file.path, O_RDONLY | O_CLOEXEC);
	struct dpkg_control control;

	if (fd < 0)
		return err_sys(e, ERR_STATE, "can't read %s", entry->file.path);
	if (!dpkg_deb_read(fd, entry->file.path, &as, &control, e))
		return false;
	if (!text_equal(control.package, entry->recipe->package) ||
		!text_equal(control.version, version) ||
		(!text_equal(control.architecture, f->host->arch) &&
			!text_equal(control.architecture, "all")))
		return err_set(e, ERR_STRUCTURE,
			"dpkg-deb reads %s %s %s in %s, devupd reads %s %s", control.package,
			control.version, control.architecture, entry->file.path,
			entry->recipe->package, version);
	return true;
}

static void deb_note_verified(struct entry *entry, const struct result *r)
{
	struct release *mine = &entry->result.release;

	text_copy_cut(entry->file.version, sizeof(entry->file.version), r->release.version);
	if (mine->sha256[0] == '\0') {
		memcpy(mine->sha256, entry->file.sha256, sizeof(mine->sha256));
		mine->sha256_from = DIGEST_FROM_FIRST_SIGHT;
	}
	entry->result.verified_by = mine->sha256_from == DIGEST_FROM_FIRST_SIGHT
					    ? VERIFIED_BY_FIRST_SIGHT
					    : VERIFIED_BY_SHA256;
}

void deb_take_verify(const struct facts *f, struct entry *entry, struct result *r)
{
	struct err e = r->error;

	if (!err_is_set(&e) && !text_equal(r->release.sha256, entry->file.sha256))
		err_set(&e, ERR_DIGEST, "the verifying worker read other bytes than were adopted");
	if (!err_is_set(&e) && deb_ask_dpkg(f, entry, r->release.version, &e)) {
		deb_note_verified(entry, r);
		return;
	}
	if (!text_equal(entry->file.path, entry->hand_file))
		unlink(entry->file.path); /* ours; a file in hand stays its owner's */
	entry->file.path[0] = '\0';
	result_fail(&entry->result, STEP_VERIFY, &e);
}
