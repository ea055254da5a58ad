/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/guard.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/deb/guard_owner.h"
#include "updaters/deb/guard_tell.h"
#include "updaters/lib/dpkg.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/log.h"

void guard_clear(struct guard *g)
{
	guard_saved_clear(&g->saved);
	*g = (struct guard){0};
}

static bool saved_path(const char *folder, char *out, size_t out_size)
{
	return folder != NULL && folder[0] != '\0' && fs_join(out, out_size, folder, "apt-before");
}

void guard_forget(const char *folder)
{
	char path[600];

	if (saved_path(folder, path, sizeof(path)))
		unlink(path);
}

static bool save(const struct guard *g, struct err *e)
{
	char path[600];

	return !saved_path(g->folder, path, sizeof(path)) || guard_saved_write(path, &g->saved, e);
}

/* --- before ------------------------------------------------------------------ */

static void on_owner_before(void *user, const char *path, const char *owners)
{
	struct guard_entry *entry = guard_photo_find(user, path);

	if (entry != NULL && entry->owner == NULL)
		entry->owner = strdup(owners);
}

static bool owners_before(struct guard_photo *photo, struct err *e)
{
	SCOPED_FREE const char **paths = calloc(photo->n_entries + 1, sizeof(*paths));

	if (paths == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for what apt trusts");
	for (size_t i = 0; i < photo->n_entries; i++)
		paths[i] = photo->entries[i].path;
	guard_owners_find(paths, photo->n_entries, on_owner_before, photo);
	return true;
}

bool guard_begin(
	const char *folder, const char *run, const char *packages, struct guard *out, struct err *e)
{
	SCOPED_CLEAR(guard_clear) struct guard g = {0};

	text_copy_cut(g.folder, sizeof(g.folder), folder != NULL ? folder : "");
	text_copy_cut(g.saved.run, sizeof(g.saved.run), run);
	text_copy_cut(g.saved.packages, sizeof(g.saved.packages), packages);
	if (!guard_photo_take("", NULL, &g.saved.photo, e) || !owners_before(&g.saved.photo, e) ||
		!save(&g, e))
		return false;
	*out = g;
	g = (struct guard){0};
	return true;
}

/* --- after ------------------------------------------------------------------- */

struct comparison {
	struct guard_photo after;
	struct guard_finding *findings;
	size_t n;
};

static void comparison_clear(struct comparison *c)
{
	free(c->findings);
	guard_photo_clear(&c->after);
	*c = (struct comparison){0};
}

/* What an earlier run of this comparison had put back is judged again: see guard_mend. */
static size_t add_resumed(const struct guard_photo *before, struct comparison *c)
{
	size_t n = c->n;

	for (size_t i = 0; i < before->n_entries; i++) {
		struct guard_entry *was = &before->entries[i];
		struct guard_entry *is = guard_photo_find(&c->after, was->path);

		if (!was->is_to_put_back || is == NULL || is->mode != was->mode ||
			!text_equal(is->sha256, was->sha256))
			continue;
		c->findings[n++] = (struct guard_finding){
			.difference = {.how = GUARD_DELETED, .was = was, .is = is}};
	}
	return n;
}

static bool compare(const struct guard_photo *before, struct comparison *out, struct err *e)
{
	SCOPED_FREE struct guard_difference *differences = NULL;
	size_t n = 0;

	if (!guard_photo_take("", before, &out->after, e))
		return false;
	if (!guard_photo_compare(before, &out->after, &differences, &n))
		return err_set(e, ERR_INTERNAL, "no memory to compare what apt trusts");
	out->findings = calloc(n + before->n_entries + 1, sizeof(*out->findings));
	if (out->findings == NULL)
		return err_set(e, ERR_INTERNAL, "no memory to compare what apt trusts");
	for (size_t i = 0; i < n; i++)
		out->findings[i].difference = differences[i];
	out->n = n;
	out->n = add_resumed(before, out);
	return true;
}

static const char *path_of(const struct guard_finding *f)
{
	return f->difference.was != NULL ? f->difference.was->path : f->difference.is->path;
}

static void on_owner_after(void *user, const char *path, const char *owners)
{
	struct comparison *c = user;

	for (size_t i = 0; i < c->n; i++) {
		if (text_equal(path_of(&c->findings[i]), path))
			text_copy_cut(c->findings[i].owner, sizeof(c->findings[i].owner), owners);
	}
}

static bool owners_after(struct comparison *c, struct err *e)
{
	SCOPED_FREE const char **paths = calloc(c->n + 1, sizeof(*paths));

	if (paths == NULL)
		return err_set(e, ERR_INTERNAL, "no memory to compare what apt trusts");
	for (size_t i = 0; i < c->n; i++)
		paths[i] = path_of(&c->findings[i]);
	guard_owners_find(paths, c->n, on_owner_after, c);
	return true;
}

/* --- who was to change ------------------------------------------------------- */

struct touched {
	const char *packages;
	bool (*is_changed)(const void *user, const char *package);
	const void *user;
};

static bool is_touched(const void *user, const char *package)
{
	const struct touched *t = user;
	size_t len = strlen(package);

	for (const char *at = t->packages; *at != '\0'; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");

		if (n == len && memcmp(at, package, n) == 0)
			return true;
		at += n;
	}
	return t->is_changed != NULL && t->is_changed(t->user, package);
}

/* --- what becomes of it ------------------------------------------------------ */

/* Marked, and saved, before anything is touched. */
static bool settle(struct guard *g, struct comparison *c)
{
	struct err e = {0};
	size_t n_back = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (c->findings[i].fate == GUARD_BACK) {
			c->findings[i].difference.was->is_to_put_back = true;
			n_back++;
		}
	}
	if (n_back == 0)
		return false;
	g->saved.is_settled = true;
	if (!save(g, &e))
		log_note("%s", e.text);
	return true;
}

static void resolve(
	struct guard *g, const struct guard_question *q, struct comparison *c, struct result *r)
{
	char copies[600];
	struct guard_bench bench = {.is_readable = guard_apt_is_readable};
	int n = snprintf(copies, sizeof(copies), "%s/apt-deleted/%s", g->folder, g->saved.run);

	if (g->folder[0] != '\0' && n > 0 && (size_t)n < sizeof(copies))
		bench.copies = copies;
	guard_judge(q, c->findings, c->n);

	bool is_kept = settle(g, c);

	if (is_kept)
		guard_mend(&bench, c->findings, c->n);
	guard_tell(&bench, g->saved.packages, c->findings, c->n,
		g->saved.photo.is_cut || c->after.is_cut, r);
	/* what was put back is told once more by the next run, where this one's record is missing
	 */
	if (!is_kept)
		guard_forget(g->folder);
}

static void tell_unknown(const struct err *e, struct result *r)
{
	struct item *item = result_add_item(r);

	if (item == NULL)
		return;
	text_copy_cut(item->path, sizeof(item->path), "/etc/apt");
	text_copy_cut(item->state, sizeof(item->state), "unknown");
	item->outcome = OUTCOME_BROKEN;
	snprintf(item->text, sizeof(item->text), "was not compared with what it was before: %s",
		e->text);
}

static void finish(struct guard *g, struct guard_question *q, struct result *r)
{
	SCOPED_CLEAR(comparison_clear) struct comparison c = {0};
	struct err e = {0};

	q->before = &g->saved.photo;
	if (!compare(&g->saved.photo, &c, &e) || !owners_after(&c, &e))
		tell_unknown(&e, r);
	else if (c.n > 0)
		resolve(g, q, &c, r);
	else
		guard_forget(g->folder);
}

void guard_end(struct guard *g, bool (*is_changed)(const void *user, const char *package),
	const void *user, struct result *r)
{
	struct touched touched = {
		.packages = g->saved.packages, .is_changed = is_changed, .user = user};
	struct guard_question q = {.is_touched = is_touched, .user = &touched};
	struct result nobody;

	result_init(&nobody);
	finish(g, &q, r != NULL ? r : &nobody);
	result_clear(&nobody);
}

/* --- after a run that was cut off -------------------------------------------- */

void guard_recover(const char *folder, const char *run, struct result *r)
{
	SCOPED_CLEAR(guard_clear) struct guard g = {0};
	struct touched touched = {.packages = g.saved.packages};
	struct guard_question q = {.is_touched = is_touched, .user = &touched};
	struct err e = {0};
	char path[600];
	struct stat st, dpkg;

	if (!saved_path(folder, path, sizeof(path)) || lstat(path, &st) < 0)
		return;
	text_copy_cut(g.folder, sizeof(g.folder), folder);
	if (!guard_saved_read(path, &g.saved, &e)) {
		tell_unknown(&e, r);
		guard_forget(folder);
		return;
	}
	if (!text_equal(g.saved.run, run))
		return;
	if (!g.saved.is_settled && lstat(DPKG_STATUS, &dpkg) == 0)
		q.dpkg_done_s = guard_done_s(st.st_mtim.tv_sec, dpkg.st_mtim.tv_sec);
	finish(&g, &q, r);
	guard_forget(folder);
}
