/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/paths.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

static void paths_copy(char out[PATHS_MAX], const char *text)
{
	text_copy_cut(out, PATHS_MAX, text);
}

void paths_of_root(struct paths *out)
{
	*out = (struct paths){.is_root = true};
	paths_copy(out->state_folder, "/var/lib/devupd");
	paths_copy(out->state_db, "/var/lib/devupd/state.db");
	paths_copy(out->log_folder, "/var/log/devupd");
	paths_copy(out->audit_log, "/var/log/devupd/audit.log");
	paths_copy(out->apt_log, "/var/log/devupd/apt.log");
	paths_copy(out->staging, "/var/cache/devupd/staging");
	paths_copy(out->packages, "/var/cache/devupd/packages");
	paths_copy(out->notices, "/var/lib/devupd/notices");
	paths_copy(out->lock, "/run/devupd/lock");
}

/* $XDG_NAME, else $HOME/fallback; both with /devupd behind. Relative values do not count (XDG). */
static bool paths_below_home(const char *variable, const char *fallback, char *out, struct err *e)
{
	const char *xdg = getenv(variable);
	const char *home = getenv("HOME");
	int n = -1;

	if (xdg != NULL && xdg[0] == '/')
		n = snprintf(out, PATHS_MAX, "%s/devupd", xdg);
	else if (home != NULL && home[0] == '/')
		n = snprintf(out, PATHS_MAX, "%s/%s/devupd", home, fallback);
	else
		return err_set(e, ERR_STATE, "neither %s nor HOME is set: set HOME", variable);
	if (n < 0 || n >= PATHS_MAX - 32)
		return err_set(e, ERR_STATE, "the path in %s is too long", variable);
	return true;
}

bool paths_of_person(struct paths *out, struct err *e)
{
	struct paths p = {.is_root = false};
	char cache[PATHS_MAX];

	if (!paths_below_home("XDG_STATE_HOME", ".local/state", p.state_folder, e) ||
		!paths_below_home("XDG_CACHE_HOME", ".cache", cache, e))
		return false;
	paths_copy(p.log_folder, p.state_folder);
	if (!fs_join(p.state_db, PATHS_MAX, p.state_folder, "state.db") ||
		!fs_join(p.audit_log, PATHS_MAX, p.state_folder, "audit.log") ||
		!fs_join(p.apt_log, PATHS_MAX, p.state_folder, "apt.log") ||
		!fs_join(p.lock, PATHS_MAX, p.state_folder, "run.lock") ||
		!fs_join(p.staging, PATHS_MAX, cache, "staging") ||
		!fs_join(p.packages, PATHS_MAX, cache, "packages"))
		return err_set(e, ERR_STATE, "the path %s is too long", p.state_folder);
	*out = p;
	return true;
}

static bool paths_give(const char *folder, uid_t uid, gid_t gid, struct err *e)
{
	SCOPED_CLOSE int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat about;

	if (fd < 0 || fstat(fd, &about) != 0)
		return err_sys(e, ERR_STATE, "can't open %s", folder);
	if (about.st_uid != uid && fchown(fd, uid, gid) != 0)
		return err_sys(e, ERR_STATE, "can't give %s to the workers' user", folder);
	return true;
}

/* Made anew as the package makes it: group adm reads logs. What is there stays its owner's. */
static bool paths_make_log(const char *folder, struct err *e)
{
	bool is_there = access(folder, F_OK) == 0;
	const struct group *adm = is_there ? NULL : getgrnam("adm");

	if (!fs_make_folders(folder, 0750, e))
		return false;
	return adm == NULL || lchown(folder, 0, adm->gr_gid) == 0 ||
	       err_sys(e, ERR_STATE, "can't give %s to group adm", folder);
}

bool paths_make(const struct paths *p, uid_t worker_uid, gid_t worker_gid, struct err *e)
{
	mode_t mode = p->is_root ? 0755 : 0700;

	/* packages/ first: what is above both may not be closed to the workers' user. */
	if (!fs_make_folders(p->state_folder, mode, e) || !fs_make_folders(p->packages, mode, e) ||
		!fs_make_folders(p->staging, 0700, e))
		return false;
	return !p->is_root ||
	       (paths_make_log(p->log_folder, e) && fs_make_folders("/run/devupd", 0755, e) &&
		       paths_give(p->staging, worker_uid, worker_gid, e));
}

bool paths_check(const struct paths *p, struct err *e)
{
	if (!p->is_root ||
		(fs_check_trusted(p->state_folder, e) && fs_check_trusted(p->packages, e) &&
			fs_check_trusted_itself(p->log_folder, ERR_STATE, e)))
		return true;
	if (e != NULL)
		e->code = ERR_STATE;
	return false;
}
