/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/deb.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "updaters/deb/adopt.h"
#include "updaters/deb/configure.h"
#include "updaters/deb/deb_file.h"
#include "updaters/deb/deb_job.h"
#include "updaters/deb/deb_signature.h"
#include "updaters/deb/deb_take.h"
#include "updaters/deb/guard.h"
#include "updaters/deb/install.h"
#include "updaters/lib/clock.h"

/* What is half unpacked can't be set up: only its files, unpacked again, help. */
static void deb_note_half(struct entry *entry, const struct dpkg_package *p)
{
	if (p->state != DPKG_HALF)
		return;
	text_copy_cut(entry->broken, sizeof(entry->broken), p->status);
	entry->reinstall |= text_ends(p->status, "half-installed");
}

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
		deb_note_half(entry, &packages[i]);
		if (packages[i].is_held) {
			entry->is_held = true;
			text_copy_cut(
				entry->result.text, sizeof(entry->result.text), "by apt-mark hold");
		}
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

/* The saved page of a trial, which a worker reads; false: it can't be opened. */
static bool deb_open_page(const struct entry *entry, struct job *out, struct err *e)
{
	if (entry->page_file[0] == '\0')
		return true;
	/* never a wait for a pipe's other end: the worker refuses what is no regular file */
	out->fd = open(entry->page_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return out->fd >= 0 || err_sys(e, ERR_STATE, "can't read %s", entry->page_file);
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

static void deb_make_fetch(const struct facts *f, const struct entry *entry, struct job *out)
{
	struct deb_fetch in = {
		.recipe = (struct recipe *)(uintptr_t)entry->recipe,
		.release = entry->result.release,
		.max_bytes = f->download_max_bytes,
	};

	deb_staged_name(f, entry, in.file_name, sizeof(in.file_name));
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
	if (!deb_open_package(entry, &out->fd, e))
		return false;
	deb_verify_pack(&in, &out->input);
	return true;
}

/* FILE.deb: copied from the person's hand into packages/, compared with the vendor's digest. */
static bool deb_adopt_hand(const struct facts *f, struct entry *entry, struct err *e)
{
	char name[DEB_FILE_NAME_MAX + 1];
	struct adopted adopted;

	deb_file_name(f, entry, name, sizeof(name));

	struct adopt_spec spec = {
		.packages = f->packages,
		.target_name = name,
		.expected = &entry->result.release.digests,
	};
	if (!adopt_copy(entry->hand_fd, &spec, &adopted, e)) {
		err_within(e, "%s", entry->hand_file);
		return release_unlike_first_sight(
			entry->name, &entry->result.release, entry->first_sha256, e);
	}
	deb_keep_adopted(entry, &adopted);
	return true;
}

static void deb_defer_offline(struct entry *entry)
{
	entry->result.outcome = OUTCOME_DEFERRED;
	entry->result.reason = REASON_OFFLINE;
	text_copy_cut(
		entry->result.text, sizeof(entry->result.text), "the package is not kept here");
	entry->is_settled = true;
}

static bool deb_start(const struct facts *f, struct entry *entry, enum phase phase, struct job *out)
{
	struct result nobody; /* who could be asked */
	struct err e = {0};

	if (phase != PHASE_INSPECT && entry->result.outcome == OUTCOME_BROKEN)
		return false; /* all that it needs is there */
	switch (phase) {
	case PHASE_INSPECT:
		if (entry->hand_file[0] == '\0' || !f->offline) {
			deb_make_inspect(f, entry, out);
			return deb_open_page(entry, out, &e) ||
			       result_fail(&entry->result, STEP_FIND, &e);
		}
		result_init(&nobody);
		deb_take_inspect(entry, &nobody);
		return false;
	case PHASE_PREPARE:
		if (!deb_has_key(f, entry, &e)) {
			entry->file.path[0] = '\0'; /* what was kept has been refused by nobody */
			return result_fail(&entry->result, STEP_VERIFY, &e);
		}
		if (entry->file.path[0] != '\0')
			return false; /* kept from before */
		if (entry->hand_file[0] == '\0' && f->offline) {
			deb_defer_offline(entry);
			return false;
		}
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

/* --offline: what is told is as old as what its source held when it was last asked. */
static void deb_note_age(struct entry *entry)
{
	struct result *r = &entry->result;
	size_t len = strlen(r->release.source);
	char when[CLOCK_TEXT_MAX], text[RECORD_TEXT_MAX];

	for (size_t i = 0; len > 0 && i < entry->n_documents; i++) {
		const struct document *d = &entry->documents[i];

		if (strncmp(d->url, r->release.source, len) != 0 || d->url[len] != '#')
			continue; /* their names: address#reader */
		clock_format_near(d->fetched_unix_ms, clock_unix_ms(), when, sizeof(when));
		text_copy_cut(text, sizeof(text), r->text);
		snprintf(r->text, sizeof(r->text), "as of %s%s%.1900s", when,
			text[0] != '\0' ? "; " : "", text);
		return;
	}
}

static void deb_take_result(
	const struct facts *f, struct entry *entry, enum phase phase, struct result *r)
{
	switch (phase) {
	case PHASE_INSPECT:
		deb_take_inspect(entry, r);
		if (f->offline)
			deb_note_age(entry);
		break;
	case PHASE_PREPARE: deb_take_fetch(f, entry, r); break;
	case PHASE_VERIFY: deb_take_verify(f, entry, r); break;
	default: break;
	}
}

static enum outcome deb_done_outcome(const struct entry *entry)
{
	if (entry->wish == WISH_ROLLBACK)
		return OUTCOME_ROLLED_BACK;
	if (entry->broken[0] != '\0' && text_equal(entry->file.version, entry->result.installed))
		return OUTCOME_REPAIRED;
	return entry->is_present ? OUTCOME_UPDATED : OUTCOME_INSTALLED;
}

/* What dpkg says now decides; apt-get's exit code says nothing about one name. */
static void deb_confirm(struct entry *entry, const struct install_item *item)
{
	if (item->is_done)
		entry->result.outcome = deb_done_outcome(entry);
	else
		result_fail(&entry->result, STEP_INSTALL, &item->error);
	/* a failure, too, may have unpacked another version */
	if (item->dpkg_status[0] != '\0')
		text_copy_cut(entry->result.installed, sizeof(entry->result.installed),
			item->dpkg_version);
}

/* A typed version and a rollback are wishes for it; a file in hand is none. */
static bool deb_may_downgrade(const struct entry *entry)
{
	bool is_typed = entry->wanted[0] != '\0' && entry->hand_file[0] == '\0';

	return entry->allow_downgrade || is_typed || entry->wish == WISH_ROLLBACK;
}

static bool deb_apply(const struct facts *f, struct entry **entries, size_t n, struct err *e)
{
	SCOPED_FREE struct install_item *items = calloc(n + 1, sizeof(*items));
	struct install_options options = {
		.arch = f->host->arch,
		.log_path = f->apt_log,
		.run = f->run,
		.state_folder = f->state_folder,
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
			.allow_downgrade = deb_may_downgrade(entry),
			.reinstall = entry->reinstall,
			.is_repair = entry->result.outcome == OUTCOME_BROKEN,
			.result = &entry->result,
		};
	}
	/* first what is half-way: apt-get begins nothing while a dependency of it is missing */
	if (!configure_run(&options, items, n, e) || !install_run(&options, items, n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		deb_confirm(entries[i], &items[i]);
	return true;
}

static void deb_recover(const struct facts *f, const char *run, struct result *r)
{
	if (!f->is_root)
		return;
	if (run[0] != '\0')
		guard_recover(f->state_folder, run, r);
	else
		guard_forget(f->state_folder);
}

const struct updater deb_updater = {
	.kind = "deb",
	.needs_root = true,
	.needs_network = true,
	.survey = deb_survey,
	.start = deb_start,
	.take_result = deb_take_result,
	.apply = deb_apply,
	.recover = deb_recover,
};
