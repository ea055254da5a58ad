/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Doctor: is there room for what a run writes, and may it be written? */
#include "updaters/doctor_parts.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "updaters/lib/dpkg.h"
#include "updaters/lib/mount.h"

/* A package is unpacked to about three times its size; where none is known yet, what a large editor
 * takes. */
#define PACKAGE_DEFAULT_BYTES (UINT64_C(700) << 20)
enum { UNPACKED_TIMES = 3, SMALL_BYTES = 64 << 20, LEAST_BYTES = 1 << 20 };
enum { INODES_FEW = 5000, INODES_LEAST = 100 };

/* What lies below it, and how much a run may want of it. */
static const struct room {
	const char *path;
	bool is_for_packages;
} rooms[] = {
	{"/", true},
	{"/usr", true},
	{"/var/cache/devupd", true},
	{"/var/lib/devupd", false},
	{DPKG_FOLDER, false},
	{"/var/log/devupd", false},
	{"/run", false},
	{"/tmp", false},
};

struct need {
	uint64_t least_bytes; /* below that a run fails */
	uint64_t fine_bytes;
};

/* The largest package of ours, of those that are kept; 0 = none is known. */
static uint64_t largest_kept(struct doctor *d, uint64_t *out_kept_bytes)
{
	SCOPED_FREE struct state_kept *kept = NULL;
	struct err ignored = {0};
	uint64_t largest = 0;
	size_t n = 0;

	*out_kept_bytes = 0;
	if (d->root_state == NULL || !state_kept_list(d->root_state, "", &kept, &n, &ignored))
		return 0;
	for (size_t i = 0; i < n; i++) {
		*out_kept_bytes += kept[i].size_bytes;
		largest = kept[i].size_bytes > largest ? kept[i].size_bytes : largest;
	}
	return largest;
}

static struct need need_of(const struct room *r, uint64_t largest_bytes)
{
	if (!r->is_for_packages)
		return (struct need){LEAST_BYTES, SMALL_BYTES};
	if (largest_bytes == 0)
		return (struct need){SMALL_BYTES, UNPACKED_TIMES * PACKAGE_DEFAULT_BYTES};
	return (struct need){largest_bytes, UNPACKED_TIMES * largest_bytes};
}

static uint64_t bytes_below(const char *folder)
{
	DIR *open = opendir(folder);
	uint64_t sum = 0;

	for (struct dirent *entry = open != NULL ? readdir(open) : NULL; entry != NULL;
		entry = readdir(open)) {
		struct stat st;

		if (fstatat(dirfd(open), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISREG(st.st_mode))
			sum += (uint64_t)st.st_blocks * 512;
	}
	if (open != NULL)
		closedir(open);
	return sum;
}

static bool is_same_mount(const char *path, dev_t device)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev == device;
}

/* What makes most room there with least harm. */
static void mend_space(struct doctor *d, const char *mount, dev_t device, uint64_t kept_bytes)
{
	static const char archives[] = "/var/cache/apt/archives";

	if (is_same_mount(archives, device) && bytes_below(archives) >= LEAST_BYTES)
		doctor_mend(d, "sudo apt-get clean");
	else if (kept_bytes > 0 && is_same_mount(d->roots.packages, device))
		doctor_mend(d, "sudo devupd clean --keep 0");
	else
		doctor_mend(d, "sudo du -xhd2 %s | sort -h | tail", mount);
}

/* Two folders of one mount are one room, unless they need different things. */
static bool is_seen(struct strings *seen, const char *mount, bool is_for_packages)
{
	char key[PATHS_MAX + 16];

	snprintf(key, sizeof(key), "%d%s", is_for_packages, mount);
	return strings_has(seen, key) || !strings_add(seen, key);
}

static bool say_full(struct doctor *d, const struct need *need, const struct statvfs *fs,
	const char *mount, dev_t device, uint64_t kept_bytes)
{
	uint64_t free_bytes = (uint64_t)fs->f_bavail * fs->f_frsize;
	char free_text[32], need_text[32];

	text_size(free_bytes, free_text, sizeof(free_text));
	text_size(need->fine_bytes, need_text, sizeof(need_text));
	if (free_bytes < need->fine_bytes) {
		doctor_say(d, free_bytes < need->least_bytes ? DOCTOR_FAILURE : DOCTOR_WARNING,
			"%s: %s free, a run may need %s", mount, free_text, need_text);
		mend_space(d, mount, device, kept_bytes);
		return true;
	}
	if (fs->f_files > 0 && fs->f_favail < INODES_FEW) {
		doctor_say(d, fs->f_favail < INODES_LEAST ? DOCTOR_FAILURE : DOCTOR_WARNING,
			"%s: room for %llu more files only", mount,
			(unsigned long long)fs->f_favail);
		doctor_mend(d, "sudo du -xd2 --inodes %s | sort -n | tail", mount);
		return true;
	}
	return false;
}

/* Out: the room is one that was looked at already, or sound */
static bool room_is_sound(struct doctor *d, const struct room *r, struct strings *seen)
{
	uint64_t kept_bytes, largest_bytes = largest_kept(d, &kept_bytes);
	struct need need = need_of(r, largest_bytes);
	char mount[PATHS_MAX];
	struct statvfs fs;
	struct stat st;

	if (stat(r->path, &st) != 0 || statvfs(r->path, &fs) != 0 ||
		!mount_of(r->path, mount, sizeof(mount)) ||
		is_seen(seen, mount, r->is_for_packages))
		return true;
	if ((fs.f_flag & ST_RDONLY) != 0) {
		doctor_say(d, DOCTOR_FAILURE, "%s, on which %s lies, is mounted read-only", mount,
			r->path);
		doctor_mend(d, "sudo mount -o remount,rw %s", mount);
		return false;
	}
	return !say_full(d, &need, &fs, mount, st.st_dev, kept_bytes);
}

void doctor_space(struct doctor *d)
{
	SCOPED_CLEAR(strings_clear) struct strings seen = {0};
	size_t n_sound = 0;
	struct statvfs fs;
	char free_text[32];

	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++)
		n_sound += room_is_sound(d, &rooms[i], &seen);
	if (n_sound < ARRAY_SIZE(rooms) || statvfs("/", &fs) != 0)
		return;
	text_size((uint64_t)fs.f_bavail * fs.f_frsize, free_text, sizeof(free_text));
	doctor_say(d, DOCTOR_OK, "%s free on /, enough on all that a run writes to", free_text);
}
