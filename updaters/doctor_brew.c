/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Doctor: Homebrew's prefix by its folders alone; what is broken in it is told with the names. */
#include "updaters/doctor_parts.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/lock.h"
#include "updaters/lib/person.h"

#define USUAL_PREFIX "/home/linuxbrew/.linuxbrew"

/* brew takes a lock of its own for each formula that it works at. */
static bool is_at_work(const char *prefix, pid_t *out_pid)
{
	char folder[PATHS_MAX], path[PATHS_MAX];
	bool is_held = false;
	DIR *locks = NULL;

	if (fs_join(folder, sizeof(folder), prefix, "var/homebrew/locks"))
		locks = opendir(folder);
	for (struct dirent *entry = locks != NULL ? readdir(locks) : NULL;
		entry != NULL && !is_held; entry = readdir(locks))
		is_held = entry->d_name[0] != '.' &&
			  fs_join(path, sizeof(path), folder, entry->d_name) &&
			  lock_holder(path, out_pid);
	if (locks != NULL)
		closedir(locks);
	return is_held;
}

static bool has_git(const char *prefix)
{
	char own[PATHS_MAX];

	return access("/usr/bin/git", X_OK) == 0 ||
	       (fs_join(own, sizeof(own), prefix, "bin/git") && access(own, X_OK) == 0);
}

/* false: there is no such prefix. */
static bool look_at(struct doctor *d, const char *prefix)
{
	char brew[PATHS_MAX], owner[64];
	struct stat st;
	pid_t pid = 0;

	if (lstat(prefix, &st) != 0 || !S_ISDIR(st.st_mode))
		return false;
	person_name_of(st.st_uid, owner, sizeof(owner));
	if (st.st_uid == 0) {
		doctor_say(d, DOCTOR_WARNING, "%s is root's: brew refuses to work there", prefix);
		doctor_mend(d, "sudo chown -R \"$USER\": %s", prefix);
		return true;
	}
	if (!fs_join(brew, sizeof(brew), prefix, "bin/brew") || access(brew, F_OK) != 0) {
		doctor_say(d, DOCTOR_WARNING, "%s is %s's, but has no bin/brew", prefix, owner);
		return true;
	}
	doctor_say(d, DOCTOR_OK, "%s, %s's", prefix, owner);
	if (is_at_work(prefix, &pid)) {
		doctor_say(d, DOCTOR_WARNING, "brew is at work in %s (pid %d)", prefix, (int)pid);
		doctor_mend(d, "ps -o pid,user,lstart,args -p %d", (int)pid);
	}
	if (!has_git(prefix)) {
		doctor_say(d, DOCTOR_WARNING, "brew can't update itself: there is no git");
		doctor_mend(d, "sudo apt-get install git");
	}
	return true;
}

void doctor_brew(struct doctor *d)
{
	bool is_found = look_at(d, USUAL_PREFIX);

	for (size_t i = 0; i < d->recipes.n_items; i++) {
		const struct recipe *r = d->recipes.items[i].recipe;

		if (r != NULL && r->prefix != NULL && r->prefix[0] == '/' &&
			!text_equal(r->prefix, USUAL_PREFIX))
			is_found = look_at(d, r->prefix) || is_found;
	}
	if (!is_found)
		doctor_say(d, DOCTOR_NOT_APPLICABLE, "there is no " USUAL_PREFIX);
}
