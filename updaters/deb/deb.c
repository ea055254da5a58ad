/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/deb.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "updaters/deb/adopt.h"
#include "updaters/deb/deb_job.h"
#include "updaters/deb/install.h"
#include "updaters/lib/child.h"

enum { DPKG_DEB_TIMEOUT_MS = 60000, DPKG_DEB_OUTPUT_MAX = 64 << 10 };

static bool deb_survey(const struct facts *f, struct entry **entries, size_t n, struct err *e)
{
	SCOPED_FREE const char **names = calloc(n + 1, sizeof(*names));
	SCOPED_FREE struct dpkg_package *packages = calloc(n + 1, sizeof(*packages));

	if (names == NULL || packages == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (size_t i = 0; i < n; i++)
		names[i] = entries[i]->recipe->package;
	if (!dpkg_look_up(names, n, f->host->arch, false, packages, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct entry *entry = entries[i];

		entry->is_present = packages[i].state != DPKG_NOT_INSTALLED;
		entry->is_held = entry->is_held || packages[i].is_held;
		text_copy_cut(entry->result.installed, sizeof(entry->result.installed),
			packages[i].version);
	}
	return true;
}

/* The host that the first source is asked at: jobs of one host share a worker and its connection.
 */
static void deb_group(const struct recipe *r, char *out, size_t out_size)
{
	struct buf address;
	struct err ignored = {0};

	buf_init(&address, URL_MAX);
	if (r->n_sources == 0 || r->sources[0].address == NULL ||
		!words_expand(&r->words, r->sources[0].address, WORDS_INTO_TEXT, true, &address,
			&ignored) ||
		!url_host(buf_str(&address), out, out_size))
		out[0] = '\0';
	buf_clear(&address);
}

static void deb_make_inspect(const struct facts *f, const struct entry *entry, struct job *out)
{
	struct deb_inspect in = {
		.recipe =
			(struct recipe *)(uintptr_t)entry->recipe, /* only packed, never changed */
		.with_reinstall = entry->reinstall,
		.with_digest = entry->reinstall || entry->hand_file[0] != '\0',
		.with_trace = f->with_trace,
		.with_pages = f->with_pages,
		.offline = f->offline,
		.documents = entry->documents,
		.n_documents = entry->n_documents,
	};

	text_copy_cut(in.installed, sizeof(in.installed), entry->result.installed);
	text_copy_cut(in.wanted, sizeof(in.wanted), entry->wanted);
	if (entry->wish == WISH_ROLLBACK)
		text_copy_cut(in.below, sizeof(in.below), entry->result.installed);
	text_copy_cut(in.skip_exactly, sizeof(in.skip_exactly), entry->skip_exactly);
	text_copy_cut(in.skip_up_to, sizeof(in.skip_up_to), entry->skip_up_to);
	deb_group(entry->recipe, out->group, sizeof(out->group));
	deb_inspect_pack(&in, &out->input);
}

/* package_version_arch.deb; an epoch's colon is written as apt does. */
static void deb_file_name(const struct facts *f, const struct entry *entry, const char *version,
	char *out, size_t out_size)
{
	const char *colon = strchr(version, ':');

	if (colon != NULL)
		snprintf(out, out_size, "%s_%.*s%%3a%s_%s.deb", entry->recipe->package,
			(int)(colon - version), version, colon + 1, f->host->arch);
	else
		snprintf(out, out_size, "%s_%s_%s.deb", entry->recipe->package, version,
			f->host->arch);
}

static void deb_make_fetch(const struct facts *f, const struct entry *entry, struct job *out)
{
	struct deb_fetch in = {
		.recipe = (struct recipe *)(uintptr_t)entry->recipe,
		.release = entry->result.release,
		.max_bytes = f->download_max_bytes,
	};

	deb_file_name(f, entry, in.release.version, in.file_name, sizeof(in.file_name));
	if (!url_host(in.release.url, out->group, sizeof(out->group)))
		out->group[0] = '\0';
	deb_fetch_pack(&in, &out->input);
}

static bool deb_make_verify(const struct entry *entry, struct job *out, struct err *e)
{
	struct deb_verify in = {
		.recipe = (struct recipe *)(uintptr_t)entry->recipe,
		.size_bytes = entry->file.size_bytes,
	};

	text_copy_cut(in.version, sizeof(in.version), entry->result.release.version);
	text_copy_cut(in.sha256, sizeof(in.sha256), entry->file.sha256);
	out->fd = open(entry->file.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (out->fd < 0)
		return err_sys(e, ERR_STATE, "can't read %s", entry->file.path);
	deb_verify_pack(&in, &out->input);
	return true;
}

static void deb_keep_adopted(struct entry *entry, const struct adopted *adopted)
{
	text_copy_cut(entry->file.path, sizeof(entry->file.path), adopted->path);
	memcpy(entry->file.sha256, adopted->sha256, sizeof(entry->file.sha256));
	entry->file.size_bytes = adopted->size_bytes;
	entry->result.release.size_bytes = adopted->size_bytes;
}

/* FILE.deb: copied from the person's hand into packages/, compared with the vendor's digest. */
static bool deb_adopt_hand(const struct facts *f, struct entry *entry, struct err *e)
{
	char name[DEB_FILE_NAME_MAX + 1];
	SCOPED_CLOSE int fd = open(entry->hand_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct adopted adopted;

	if (fd < 0)
		return err_sys(e, ERR_STATE, "can't read %s", entry->hand_file);
	deb_file_name(f, entry, entry->result.release.version, name, sizeof(name));

	struct adopt_spec spec = {
		.packages = f->packages,
		.target_name = name,
		.sha256 = entry->result.release.sha256,
	};
	if (!adopt_copy(fd, &spec, &adopted, e))
		return err_within(e, "%s", entry->hand_file);
	deb_keep_adopted(entry, &adopted);
	return true;
}

static bool deb_start(const struct facts *f, struct entry *entry, enum phase phase, struct job *out)
{
	struct err e = {0};

	switch (phase) {
	case PHASE_INSPECT:
		if (entry->hand_file[0] != '\0' && f->offline)
			return false;
		deb_make_inspect(f, entry, out);
		return true;
	case PHASE_PREPARE:
		if (entry->file.path[0] != '\0')
			return false; /* kept from before */
		if (entry->hand_file[0] == '\0') {
			deb_make_fetch(f, entry, out);
			return true;
		}
		if (!deb_adopt_hand(f, entry, &e))
			result_fail(&entry->result, STEP_VERIFY, &e);
		return false;
	case PHASE_VERIFY:
		return deb_make_verify(entry, out, &e) ||
		       result_fail(&entry->result, STEP_VERIFY, &e);
	default: return false;
	}
}

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

static void deb_take_inspect(struct entry *entry, struct result *r)
{
	struct err e = {0};
	char installed[DPKG_VERSION_MAX];

	if (entry->hand_file[0] != '\0') {
		deb_take_hand(entry, r);
	} else {
		memcpy(installed, entry->result.installed, sizeof(installed));
		result_clear(&entry->result);
		entry->result = *r;
		result_init(r);
		memcpy(entry->result.installed, installed, sizeof(installed));
	}
	if (entry->result.outcome != OUTCOME_AVAILABLE)
		return;

	const struct release *release = &entry->result.release;

	if (!deb_release_is_sane(entry, release, &e) || !deb_check_direction(entry, release, &e))
		result_fail(&entry->result, STEP_FIND, &e);
	else if (!deb_expect_digest(entry, &e))
		result_fail(&entry->result, STEP_VERIFY, &e);
}

static void deb_take_fetch(const struct facts *f, struct entry *entry, struct result *r)
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
	const char *argv[] = {"/usr/bin/dpkg-deb", "-f", entry->file.path, "Package", "Version",
		"Architecture", NULL};
	struct child_spec spec = {
		.argv = argv,
		.dies_with_us = true,
		.change_user = f->is_root,
		.uid = f->worker_uid,
		.gid = f->worker_gid,
	};
	SCOPED_FREE char *text = NULL;
	SCOPED_FREE char *errors = NULL;
	struct dpkg_control control;
	int status = 0;

	if (!child_run(&spec, DPKG_DEB_TIMEOUT_MS, DPKG_DEB_OUTPUT_MAX, &text, &errors, &status, e))
		return err_within(e, "dpkg-deb on %s", entry->file.path);
	if (status != 0)
		return err_set(
			e, ERR_STRUCTURE, "dpkg-deb can't read %s: %s", entry->file.path, errors);
	if (!dpkg_control_parse(text, strlen(text), &control, e))
		return err_within(e, "what dpkg-deb reads in %s", entry->file.path);
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

static void deb_take_verify(const struct facts *f, struct entry *entry, struct result *r)
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

static void deb_take_result(
	const struct facts *f, struct entry *entry, enum phase phase, struct result *r)
{
	switch (phase) {
	case PHASE_INSPECT: deb_take_inspect(entry, r); break;
	case PHASE_PREPARE: deb_take_fetch(f, entry, r); break;
	case PHASE_VERIFY: deb_take_verify(f, entry, r); break;
	default: break;
	}
}

static enum outcome deb_done_outcome(const struct entry *entry)
{
	if (entry->wish == WISH_ROLLBACK)
		return OUTCOME_ROLLED_BACK;
	return entry->is_present ? OUTCOME_UPDATED : OUTCOME_INSTALLED;
}

/* What dpkg says now decides; apt-get's exit code says nothing about one name. */
static void deb_confirm(struct entry *entry, const struct install_item *item)
{
	if (!item->is_done) {
		result_fail(&entry->result, STEP_INSTALL, &item->error);
		return;
	}
	entry->result.outcome = deb_done_outcome(entry);
	text_copy_cut(entry->result.installed, sizeof(entry->result.installed), item->version);
}

static bool deb_apply(const struct facts *f, struct entry **entries, size_t n, struct err *e)
{
	SCOPED_FREE struct install_item *items = calloc(n + 1, sizeof(*items));
	struct install_options options = {
		.log_path = f->apt_log,
		.run = f->run,
		.wait_ms = f->wait_ms,
		.on_progress = f->on_progress,
		.on_wait = f->on_wait,
		.is_stopped = f->is_stopped,
		.user = f->user,
	};

	if (items == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (size_t i = 0; i < n; i++) {
		struct entry *entry = entries[i];

		items[i] = (struct install_item){
			.name = entry->name,
			.package = entry->recipe->package,
			.version = entry->file.version,
			.path = entry->file.path,
			.allow_downgrade = entry->allow_downgrade || entry->wanted[0] != '\0' ||
					   entry->wish == WISH_ROLLBACK,
			.reinstall = entry->reinstall,
			.result = &entry->result,
		};
	}
	if (!install_run(&options, items, n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		deb_confirm(entries[i], &items[i]);
	return true;
}

const struct updater deb_updater = {
	.kind = "deb",
	.needs_root = true,
	.needs_network = true,
	.survey = deb_survey,
	.start = deb_start,
	.take_result = deb_take_result,
	.apply = deb_apply,
};
