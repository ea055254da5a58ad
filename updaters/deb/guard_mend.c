/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/guard_mend.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "updaters/lib/child.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/fs_put_back.h"

enum { TIMEOUT_MS = 120000, WORDS_MAX = 64 << 10, ALONE_MAX = 16 };

/* --- apt --------------------------------------------------------------------- */

/* The first of apt's errors is the cause, the last one what follows from it. */
static void first_error(char *words, char *out, size_t out_size)
{
	char *cursor = words;

	for (char *line; cursor != NULL && (line = text_next(&cursor, '\n')) != NULL;) {
		if (text_starts(line, "E: ")) {
			text_escape(line, strlen(line), out, out_size);
			return;
		}
	}
}

bool guard_apt_is_readable(char *out_why, size_t out_size)
{
	static const char *const argv[] = {"/usr/bin/apt-get", "indextargets", NULL};
	struct child_spec spec = {.argv = argv, .excess = CHILD_KEEP_START};
	SCOPED_FREE char *words = NULL, *errors = NULL;
	struct err e = {0};
	int status = 0;

	out_why[0] = '\0';
	if (!child_run(&spec, TIMEOUT_MS, WORDS_MAX, &words, &errors, &status, &e)) {
		text_copy_cut(out_why, out_size, e.text);
		return false;
	}
	if (status == 0)
		return true;
	first_error(errors, out_why, out_size);
	if (out_why[0] == '\0')
		snprintf(out_why, out_size, "apt-get indextargets: exit code %d", status);
	return false;
}

/* --- one of them ------------------------------------------------------------- */

static struct fs_was was_of(const struct guard_entry *entry, const char *path)
{
	return (struct fs_was){
		.path = path,
		.mode = entry->mode,
		.uid = entry->uid,
		.gid = entry->gid,
		.mtime = entry->mtime,
		.bytes = entry->bytes,
		.len = entry->bytes != NULL ? (size_t)entry->size_bytes : 0,
		.target = entry->target,
	};
}

static bool is_kept(const struct guard_entry *entry)
{
	return !S_ISREG(entry->mode) || entry->bytes != NULL;
}

/* There already, as it was: by a run of ours that was cut off behind it. */
static bool is_there(const struct guard_finding *f)
{
	return f->difference.is != NULL;
}

static void put(struct guard_finding *f)
{
	struct fs_was was = was_of(f->difference.was, f->difference.was->path);
	struct err e = {0};

	f->fate = GUARD_RESTORED;
	f->why[0] = '\0';
	if (is_there(f))
		return;
	if (!is_kept(f->difference.was))
		err_set(&e, ERR_TOO_BIG, "it is too large to be kept: get it from whose it is");
	else if (fs_put_back(&was, &e))
		return;
	f->fate = GUARD_STUCK;
	text_copy_cut(f->why, sizeof(f->why), e.text);
}

static void take(struct guard_finding *f, const char *why)
{
	struct fs_was was = was_of(f->difference.was, f->difference.was->path);
	struct err e = {0};

	f->fate = GUARD_UNDONE;
	f->difference.is = NULL;
	text_copy_cut(f->why, sizeof(f->why), why);
	if (fs_take_back(&was, &e))
		return;
	f->fate = GUARD_STUCK;
	snprintf(f->why, sizeof(f->why), "%.400s, and %.500s", why, e.text);
}

/* --- all of them ------------------------------------------------------------- */

static size_t put_all(struct guard_finding *findings, size_t n)
{
	size_t n_put = 0;

	for (size_t i = 0; i < n; i++) {
		if (findings[i].fate == GUARD_BACK) {
			put(&findings[i]);
			n_put += findings[i].fate == GUARD_RESTORED;
		}
	}
	return n_put;
}

/* Backwards: what is in a folder before the folder. */
static void take_all(struct guard_finding *findings, size_t n, const char *why)
{
	for (size_t i = n; i-- > 0;) {
		if (findings[i].fate == GUARD_RESTORED)
			take(&findings[i], why);
	}
}

/* Each by itself: one that apt can't bear keeps none of the others away. */
static void mend_alone(const struct guard_bench *bench, struct guard_finding *findings, size_t n)
{
	char why[GUARD_WHY_MAX];
	size_t n_tried = 0;

	for (size_t i = 0; i < n && n_tried < ALONE_MAX; i++) {
		struct guard_finding *f = &findings[i];

		if (f->fate != GUARD_UNDONE)
			continue;
		n_tried++;
		put(f);
		if (f->fate == GUARD_RESTORED && !bench->is_readable(why, sizeof(why)))
			take(f, why);
	}
}

void guard_mend(const struct guard_bench *bench, struct guard_finding *findings, size_t n)
{
	char before[GUARD_WHY_MAX] = "", why[GUARD_WHY_MAX];
	size_t n_put = put_all(findings, n);

	if (n_put == 0 || bench->is_readable(why, sizeof(why)))
		return;
	take_all(findings, n, why);
	if (bench->is_readable(before, sizeof(before))) {
		if (n_put > 1)
			mend_alone(bench, findings, n);
		return;
	}
	/* then it says nothing against what was put back, and nothing for it */
	for (size_t i = 0; i < n; i++) {
		if (findings[i].fate == GUARD_UNDONE)
			snprintf(findings[i].why, sizeof(findings[i].why),
				"%.900s (without it, too)", before);
	}
}

/* --- copies ------------------------------------------------------------------ */

void guard_copy_path(
	const struct guard_bench *bench, const struct guard_entry *was, char *out, size_t out_size)
{
	size_t folder_len;

	if (bench->copies == NULL || !S_ISREG(was->mode) || was->bytes == NULL ||
		!fs_join(out, out_size, bench->copies, was->path + 1)) {
		out[0] = '\0';
		return;
	}
	folder_len = strlen(bench->copies) + 1;
	for (char *c = out + folder_len; *c != '\0'; c++)
		*c = *c == '/' ? '_' : *c;
	if (strlen(out + folder_len) > 200)
		out[0] = '\0';
}

void guard_copy_keep(
	const struct guard_bench *bench, const struct guard_entry *was, char *out, size_t out_size)
{
	struct err e = {0};
	struct stat st;

	guard_copy_path(bench, was, out, out_size);
	if (out[0] == '\0' || lstat(out, &st) == 0)
		return;

	struct fs_was copy = was_of(was, out);

	if (!fs_make_folders(bench->copies, 0700, &e) || !fs_put_back(&copy, &e))
		out[0] = '\0';
}
