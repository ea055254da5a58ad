/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/kept.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/node.h"
#include "updaters/state_left.h"

/* The bytes that were kept, and those that are expected. In: expected   NULL: nothing is */
static bool kept_is_intact(const struct state_kept *k, const struct digests *expected)
{
	SCOPED_CLOSE int fd = open(k->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct digests all = {0}, measured;
	uint64_t size_bytes = 0;
	struct err ignored = {0};

	if (expected != NULL)
		all = *expected;
	if (all.sha256[0] != '\0' && !text_equal(all.sha256, k->sha256))
		return false;
	memcpy(all.sha256, k->sha256, sizeof(all.sha256));
	return fd >= 0 && digests_of_fd(fd, &all, NULL, &measured, &size_bytes, &ignored) &&
	       digests_check(&all, &measured, k->path, &ignored);
}

static bool kept_is_verified(const struct state_kept *k)
{
	return k->verified_by != VERIFIED_BY_NONE;
}

/* As compared. What nobody has opened yet goes by its release's version, which is that already. */
static bool kept_version(const struct entry *entry, const struct state_kept *k,
	char out[DPKG_VERSION_MAX], struct err *e)
{
	if (!kept_is_verified(k)) {
		memcpy(out, k->version, DPKG_VERSION_MAX);
		return true;
	}
	return recipe_version_installed(entry->recipe, k->version, out, DPKG_VERSION_MAX, e);
}

static void kept_take(struct entry *entry, const struct state_kept *k)
{
	text_copy_cut(entry->file.path, sizeof(entry->file.path), k->path);
	text_copy_cut(entry->file.version, sizeof(entry->file.version), k->version);
	memcpy(entry->file.sha256, k->sha256, sizeof(entry->file.sha256));
	entry->file.size_bytes = k->size_bytes;
}

bool kept_use(struct state *s, struct entry *entry, struct err *e)
{
	SCOPED_FREE struct state_kept *list = NULL;
	const struct release *r = &entry->result.release;
	size_t n = 0;

	if (entry->hand_file[0] != '\0')
		return true; /* that file is wanted, not one like it */
	if (!state_kept_list(s, entry->name, &list, &n, e))
		return false;
	for (size_t i = 0; i < n && entry->file.path[0] == '\0'; i++) {
		char version[DPKG_VERSION_MAX];

		if (!kept_version(entry, &list[i], version, e))
			return false;
		if (dpkg_version_compare(version, r->version) == 0 &&
			kept_is_intact(&list[i], &r->digests))
			kept_take(entry, &list[i]);
	}
	return true;
}

static void kept_become_release(
	struct entry *entry, const struct state_kept *k, const char *version)
{
	struct result *r = &entry->result;

	r->outcome = OUTCOME_AVAILABLE;
	r->reason = REASON_NONE;
	r->error = (struct err){0};
	r->release = (struct release){.sha256_from = k->sha256_from, .size_bytes = k->size_bytes};
	text_copy_cut(r->release.version, sizeof(r->release.version), version);
	text_copy_cut(r->release.url, sizeof(r->release.url), k->url);
	text_copy_cut(r->release.source, sizeof(r->release.source), k->path);
	memcpy(r->release.digests.sha256, k->sha256, sizeof(r->release.digests.sha256));
	text_copy_cut(r->available, sizeof(r->available), version);
	text_copy_cut(r->text, sizeof(r->text), "kept here");
	kept_take(entry, k);
}

/* The best to go back to, so far. */
struct below {
	char limit[DPKG_VERSION_MAX];   /* what is installed */
	char version[DPKG_VERSION_MAX]; /* "" = none yet */
	const struct state_kept *kept;  /* NULL: it is of a source */
};

/* Better than the best: the higher one; and any that was installed than one that never was. */
static bool kept_try_below(
	const struct entry *entry, const struct state_kept *k, struct below *best, struct err *e)
{
	char version[DPKG_VERSION_MAX];

	if (!kept_version(entry, k, version, e))
		return false;
	if (!kept_is_verified(k) || dpkg_version_compare(version, best->limit) >= 0 ||
		!kept_is_intact(k, NULL))
		return true;

	int order = best->version[0] != '\0' ? dpkg_version_compare(version, best->version) : 1;

	if (k->was_installed && best->kept != NULL && !best->kept->was_installed)
		order = 1;
	if (order < 0)
		return true;
	best->kept = k;
	memcpy(best->version, version, sizeof(best->version));
	return true;
}

bool kept_roll_back_to(struct state *s, struct entry *entry, struct err *e)
{
	SCOPED_FREE struct state_kept *list = NULL;
	struct below best = {0};
	size_t n = 0;

	if (!recipe_version_installed(
		    entry->recipe, entry->result.installed, best.limit, sizeof(best.limit), e) ||
		!state_kept_list(s, entry->name, &list, &n, e))
		return false;
	if (entry->result.outcome == OUTCOME_AVAILABLE)
		memcpy(best.version, entry->result.release.version, sizeof(best.version));
	/* those that were installed last: they take the place of any other */
	for (size_t i = 0; i < 2 * n; i++) {
		const struct state_kept *k = &list[i % n];

		if (k->was_installed == (i >= n) && !kept_try_below(entry, k, &best, e))
			return false;
	}
	if (best.kept != NULL)
		kept_become_release(entry, best.kept, best.version);
	return true;
}

bool kept_skip_left(struct state *s, const struct recipe *recipe, const char *left, struct err *e)
{
	struct state_skip skip = {0};
	char version[DPKG_VERSION_MAX];

	if (!state_skip_get(s, recipe->name, &skip, e) ||
		!recipe_version_installed(recipe, left, version, sizeof(version), e))
		return false;
	if (dpkg_version_compare(skip.up_to, version) < 0)
		memcpy(skip.up_to, version, sizeof(skip.up_to));
	return state_skip_put(s, recipe->name, &skip, e);
}

bool kept_record(struct state *s, const struct entry *entry, const char *arch, struct err *e)
{
	const struct release *r = &entry->result.release;
	bool is_read = entry->file.version[0] != '\0';
	struct state_kept k = {
		.size_bytes = entry->file.size_bytes,
		.when_unix_ms = clock_unix_ms(),
		.sha256_from = r->sha256_from,
		.verified_by = entry->result.verified_by,
	};

	text_copy_cut(k.name, sizeof(k.name), entry->name);
	text_copy_cut(k.package, sizeof(k.package), entry->recipe->package);
	text_copy_cut(k.version, sizeof(k.version), is_read ? entry->file.version : r->version);
	text_copy_cut(k.arch, sizeof(k.arch), arch);
	text_copy_cut(k.path, sizeof(k.path), entry->file.path);
	text_copy_cut(k.url, sizeof(k.url), r->url);
	memcpy(k.sha256, entry->file.sha256, sizeof(k.sha256));
	return state_kept_put(s, &k, e);
}

/*
 * The i-th of a list sorted newest first by the state: how many of its name stand before it? One
 * that was never installed pushes none out, and stays only as the newest, which may wait for it.
 */
static size_t kept_rank(const struct state_kept *list, size_t i)
{
	size_t rank = 0;

	for (size_t k = 0; k < i; k++) {
		if (!text_equal(list[k].name, list[i].name))
			continue;
		if (!list[i].was_installed)
			return SIZE_MAX;
		rank += list[k].was_installed;
	}
	return rank;
}

/* What waits for its program to be closed is not surplus, whatever its rank. */
static bool kept_waits(const struct state_wait *waits, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++) {
		if (text_equal(waits[i].path, path))
			return true;
	}
	return false;
}

bool kept_find_surplus(struct state *s, const char *name, size_t keep, const char *spared_path,
	struct state_kept **out, size_t *out_n, struct err *e)
{
	SCOPED_FREE struct state_kept *list = NULL;
	SCOPED_FREE struct state_kept *surplus = NULL;
	SCOPED_FREE struct state_wait *waits = NULL;
	size_t n = 0, n_waits = 0, n_surplus = 0;

	if (!state_kept_list(s, name, &list, &n, e) || !state_wait_list(s, &waits, &n_waits, e))
		return false;
	surplus = calloc(n + 1, sizeof(*surplus));
	if (surplus == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for %zu kept packages", n);
	for (size_t i = 0; i < n; i++) {
		if (kept_rank(list, i) >= keep && !text_equal(list[i].path, spared_path) &&
			!kept_waits(waits, n_waits, list[i].path))
			surplus[n_surplus++] = list[i];
	}
	*out = MOVE_PTR(surplus);
	*out_n = n_surplus;
	return true;
}

bool kept_note_installed(struct state *s, const char *name, const char *version, struct err *e)
{
	SCOPED_FREE struct state_kept *list = NULL;
	size_t n = 0;

	if (!state_kept_list(s, name, &list, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (text_equal(list[i].version, version) &&
			!state_kept_installed(s, list[i].path, e))
			return false;
	}
	return true;
}

bool kept_drop(struct state *s, const struct state_kept *k, struct err *e)
{
	if (unlink(k->path) != 0 && errno != ENOENT)
		return err_sys(e, ERR_STATE, "can't remove %s", k->path);
	return state_kept_drop(s, k->path, e);
}

bool kept_drop_gone(struct state *s, const char *name, struct err *e)
{
	SCOPED_FREE struct state_kept *list = NULL;
	size_t n = 0;

	if (!state_kept_list(s, name, &list, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (access(list[i].path, F_OK) != 0 && errno == ENOENT &&
			!state_kept_drop(s, list[i].path, e))
			return false;
	}
	return true;
}

bool kept_prune(
	struct state *s, const char *name, size_t keep, const char *spared_path, struct err *e)
{
	SCOPED_FREE struct state_kept *surplus = NULL;
	size_t n = 0;

	if (!kept_find_surplus(s, name, keep, spared_path, &surplus, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!kept_drop(s, &surplus[i], e))
			return false;
	}
	return true;
}

/* --- what nobody knows of ---------------------------------------------------- */

struct sweep {
	const char *folder;
	const struct state_kept *spared; /* by path */
	size_t n_spared;
	bool is_dry;
	size_t n_dropped;
	uint64_t bytes;
};

static bool sweep_spares(const struct sweep *w, const char *file)
{
	char path[512];

	if (snprintf(path, sizeof(path), "%s/%s", w->folder, file) >= (int)sizeof(path))
		return false;
	for (size_t i = 0; i < w->n_spared; i++) {
		if (text_equal(w->spared[i].path, path))
			return true;
	}
	return false;
}

static bool sweep_file(struct sweep *w, int folder_fd, const char *file, struct err *e)
{
	struct stat about;

	if (fstatat(folder_fd, file, &about, AT_SYMLINK_NOFOLLOW) != 0 || S_ISDIR(about.st_mode) ||
		sweep_spares(w, file))
		return true;
	w->n_dropped++;
	w->bytes += (uint64_t)about.st_size;
	return w->is_dry || unlinkat(folder_fd, file, 0) == 0 ||
	       err_sys(e, ERR_STATE, "can't remove %s/%s", w->folder, file);
}

static bool sweep_run(struct sweep *w, struct err *e)
{
	DIR *folder = opendir(w->folder);
	const struct dirent *each;
	bool is_fine = true;

	if (folder == NULL)
		return errno == ENOENT || err_sys(e, ERR_STATE, "can't read %s", w->folder);
	while (is_fine && (each = readdir(folder)) != NULL)
		is_fine = sweep_file(w, dirfd(folder), each->d_name, e);
	closedir(folder);
	return is_fine;
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What the folder holds, by name. */
static bool names_read(const char *path, struct strings *out, struct err *e)
{
	DIR *folder = opendir(path);
	const struct dirent *each;
	bool is_fine = true;

	if (folder == NULL)
		return errno == ENOENT || err_sys(e, ERR_STATE, "can't read %s", path);
	while (is_fine && (each = readdir(folder)) != NULL)
		is_fine = text_equal(each->d_name, ".") || text_equal(each->d_name, "..") ||
			  strings_add(out, each->d_name);
	closedir(folder);
	if (!is_fine)
		return err_set(e, ERR_INTERNAL, "no memory for the names in %s", path);
	if (out->n_items > 0)
		qsort(out->items, out->n_items, sizeof(out->items[0]), name_compare);
	return true;
}

bool kept_sweep_copies(
	const char *folder, size_t keep, bool is_dry, size_t *out_n_dropped, struct err *e)
{
	SCOPED_CLEAR(strings_clear) struct strings runs = {0};
	char path[512];

	if (!names_read(folder, &runs, e))
		return false;
	for (size_t i = 0; i + keep < runs.n_items; i++) {
		if (!fs_join(path, sizeof(path), folder, runs.items[i]))
			return err_set(e, ERR_STATE, "path too long: %s", folder);
		if (!is_dry && !node_remove_tree(path, e))
			return false;
		++*out_n_dropped;
	}
	return true;
}

bool kept_sweep_staging(
	const char *staging, bool is_dry, size_t *out_n_dropped, uint64_t *out_bytes, struct err *e)
{
	struct sweep w = {.folder = staging, .is_dry = is_dry};
	bool is_fine = sweep_run(&w, e);

	*out_n_dropped += w.n_dropped;
	*out_bytes += w.bytes;
	return is_fine;
}

bool kept_sweep_packages(struct state *s, const char *packages, struct err *e)
{
	SCOPED_FREE struct state_kept *known = NULL;
	struct sweep w = {.folder = packages};

	if (!state_kept_list(s, "", &known, &w.n_spared, e))
		return false;
	w.spared = known;
	return sweep_run(&w, e);
}
