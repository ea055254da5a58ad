/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/guard_judge.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/deb/guard_owner.h"

static bool is_deleted(const struct guard_finding *f)
{
	return f->difference.how == GUARD_DELETED;
}

/*
 * The package whose it is was among those that change; or one that lists it no more: then dpkg
 * itself has let it go.
 */
static bool is_own(const struct guard_question *q, const struct guard_finding *f)
{
	const char *was = f->difference.was != NULL ? f->difference.was->owner : NULL;

	if (!is_deleted(f))
		return f->owner[0] != '\0' && guard_owner_is_any(f->owner, q->is_touched, q->user);
	return was != NULL &&
	       (f->owner[0] == '\0' || guard_owner_is_any(was, q->is_touched, q->user));
}

/* --- what was renamed -------------------------------------------------------- */

static struct guard_finding *finding_of(
	struct guard_finding *all, size_t n, const struct guard_entry *was)
{
	for (size_t i = 0; i < n; i++) {
		if (all[i].difference.was == was)
			return &all[i];
	}
	return NULL;
}

static bool names_key(const struct guard_entry *source, const char *path)
{
	SCOPED_CLEAR(apt_sources_clear) struct apt_sources found = {0};

	if (source == NULL || !guard_entry_is_source(source))
		return false;
	guard_entry_sources(source, &found);
	return strings_has(&found.keyrings, path);
}

static bool is_global(const char *path)
{
	return strstr(path, "/etc/apt/trusted.gpg") != NULL;
}

/* Does a source that is there now name this key: one that came or changed, or one that stayed? */
static bool is_named_now(
	const struct guard_question *q, const char *path, struct guard_finding *all, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (names_key(all[i].difference.is, path))
			return true;
	}
	for (size_t i = 0; i < q->before->n_entries; i++) {
		const struct guard_entry *source = &q->before->entries[i];

		if (finding_of(all, n, source) == NULL && names_key(source, path))
			return true;
	}
	return false;
}

static size_t folder_len(const char *path)
{
	return (size_t)(strrchr(path, '/') - path);
}

/* "" = none; apt passes over names with an ending that it does not know */
static const char *ending_of(const char *path)
{
	const char *name = path + folder_len(path);
	const char *dot = strrchr(name, '.');

	return dot != NULL ? dot : "";
}

/* Does apt find under the new name what it found under the old one? */
static bool is_in_its_place(const struct guard_question *q, const char *was, const char *is,
	struct guard_finding *all, size_t n)
{
	bool is_key =
		strstr(was, "/keyrings/") != NULL || guard_photo_find(q->before, was)->is_named;

	if (is_key)
		return is_named_now(q, is, all, n) && !is_named_now(q, was, all, n);
	return folder_len(was) == folder_len(is) && memcmp(was, is, folder_len(was)) == 0 &&
	       text_equal(ending_of(was), ending_of(is));
}

/*
 * The same bytes, in a file that came where apt looks for such: what was renamed is not lost. Of a
 * source it is the repository that counts.
 */
static bool is_moved(const struct guard_question *q, struct guard_finding *f,
	struct guard_finding *all, size_t n)
{
	const struct guard_entry *was = f->difference.was;

	if (apt_sources_is_file(was->path) || was->sha256[0] == '\0' || was->size_bytes == 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct guard_difference *d = &all[i].difference;

		if (d->how == GUARD_ADDED && S_ISREG(d->is->mode) &&
			text_equal(d->is->sha256, was->sha256) &&
			is_in_its_place(q, was->path, d->is->path, all, n)) {
			text_copy_cut(f->why, sizeof(f->why), d->is->path);
			return true;
		}
	}
	return false;
}

/* --- what came in its place -------------------------------------------------- */

/* A source that came or changed, and names one of the addresses that the deleted one named. */
static bool is_replaced(struct guard_finding *f, const struct guard_finding *all, size_t n)
{
	SCOPED_CLEAR(apt_sources_clear) struct apt_sources was = {0};
	const char *common = NULL;

	if (!guard_entry_is_source(f->difference.was))
		return false;
	guard_entry_sources(f->difference.was, &was);
	for (size_t i = 0; i < n; i++) {
		SCOPED_CLEAR(apt_sources_clear) struct apt_sources is = {0};
		const struct guard_difference *d = &all[i].difference;

		/* what a run that was cut off put back is none that came */
		if (d->how == GUARD_DELETED || !apt_sources_is_file(d->is->path) ||
			!S_ISREG(d->is->mode))
			continue;
		if (d->is->bytes != NULL)
			guard_entry_sources(d->is, &is);
		common = apt_sources_common(&was, &is);
		/* one that is too much to be read may name anything */
		if (common != NULL || d->is->bytes == NULL || is.is_cut || was.is_cut) {
			text_copy_cut(f->why, sizeof(f->why), d->is->path);
			return true;
		}
	}
	return false;
}

enum { TRANSACTION_S = 3600 }; /* longer than one of a few packages takes */

int64_t guard_done_s(int64_t photo_s, int64_t status_s)
{
	return status_s < photo_s + TRANSACTION_S ? status_s : photo_s + TRANSACTION_S;
}

/* Seconds are enough: dpkg writes its status after the last script. */
static bool is_late(const struct guard_question *q, const struct guard_finding *f)
{
	const char *path = f->difference.was->path;
	const char *slash = strrchr(path, '/');
	char folder[GUARD_PATH_MAX];
	struct stat st;

	if (q->dpkg_done_s == 0)
		return false;
	return !text_copy_n(folder, sizeof(folder), path, (size_t)(slash - path)) ||
	       lstat(folder, &st) < 0 || st.st_mtim.tv_sec > q->dpkg_done_s;
}

static enum guard_fate fate_of(const struct guard_question *q, struct guard_finding *f,
	struct guard_finding *all, size_t n)
{
	if (is_own(q, f))
		return GUARD_OWN;
	if (!is_deleted(f))
		return GUARD_TOLD;
	if (is_moved(q, f, all, n))
		return GUARD_MOVED;
	if (is_replaced(f, all, n))
		return GUARD_REPLACED;
	return is_late(q, f) ? GUARD_LATE : GUARD_BACK;
}

/* --- keys of sources that are not to come back ------------------------------- */

/* A key goes with its source, unless another one needs it. */
static void key_judge(const struct guard_question *q, struct guard_finding *key,
	struct guard_finding *all, size_t n)
{
	const char *path = key->difference.was->path;
	const struct guard_finding *gone = NULL;

	for (size_t i = 0; i < n; i++) {
		if (names_key(all[i].difference.is, path))
			return;
	}
	for (size_t i = 0; i < q->before->n_entries; i++) {
		const struct guard_entry *source = &q->before->entries[i];
		const struct guard_finding *f;

		if (!names_key(source, path))
			continue;
		f = finding_of(all, n, source);
		if (f == NULL || (f->fate != GUARD_REPLACED && f->fate != GUARD_MOVED))
			return;
		gone = f;
	}
	if (gone == NULL)
		return;
	key->fate = GUARD_REPLACED;
	text_copy_cut(key->why, sizeof(key->why), gone->why);
}

void guard_judge(const struct guard_question *q, struct guard_finding *findings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		findings[i].fate = fate_of(q, &findings[i], findings, n);
	for (size_t i = 0; i < n; i++) {
		struct guard_finding *f = &findings[i];

		if (f->fate == GUARD_BACK && S_ISREG(f->difference.was->mode) &&
			!is_global(f->difference.was->path))
			key_judge(q, f, findings, n);
	}
}
