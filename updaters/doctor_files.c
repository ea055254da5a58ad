/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Doctor: what is read and run, and whom it belongs to. */
#include "updaters/doctor_parts.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"

#define WORKER_USER "_devupd"
#define REINSTALL   "sudo apt-get install --reinstall ./devupd_" DEVUPD_VERSION "_%s.deb"
#define MAKE_AGAIN  "sudo systemd-tmpfiles --create devupd.conf"

/* --- settings and recipes ---------------------------------------------------- */

/* A complaint begins with FILE:LINE:COLUMN, or with FILE. */
static void say_complaint(struct doctor *d, const char *text)
{
	size_t len = strcspn(text, ":");
	SCOPED_CLEAR(buf_clear) struct buf file = {0}, command = {0};

	buf_init(&file, PATHS_MAX);
	buf_init(&command, DOCTOR_MEND_MAX);
	doctor_say_error(d, DOCTOR_FAILURE, text, NULL);
	if (text[0] != '/' || !buf_put(&file, text, len))
		return;
	buf_puts(&command,
		access(buf_str(&file), W_OK) == 0 && !d->is_root ? "editor " : "sudoedit ");
	doctor_put_word(&command, buf_str(&file));
	if (d->findings[d->n_findings - 1].mend[0] == '\0')
		doctor_mend(d, "%s", buf_str(&command));
}

void doctor_say_complaints(struct doctor *d, const struct yaml_errors *errors)
{
	for (size_t i = 0; i < errors->n_items; i++)
		say_complaint(d, errors->items[i].text);
}

void doctor_settings(struct doctor *d)
{
	char files[RECORD_TEXT_MAX / 2];

	if (!d->has_settings) {
		doctor_say_complaints(d, &d->config_errors);
		return;
	}
	doctor_join(&d->config.files, files, sizeof(files));
	if (d->config.env_file != NULL)
		doctor_say(d, DOCTOR_OK, "%s; env_file %s", files, d->config.env_file);
	else
		doctor_say(d, DOCTOR_OK, "%s",
			files[0] != '\0' ? files : "the defaults, there is no file");
}

void doctor_recipes(struct doctor *d)
{
	size_t n_broken = 0;

	if (err_is_set(&d->recipes_error)) {
		doctor_say_error(d, DOCTOR_FAILURE, d->recipes_error.text, NULL);
		return;
	}
	for (size_t i = 0; i < d->recipes.n_items; i++) {
		n_broken += d->recipes.items[i].recipe == NULL;
		if (d->recipes.items[i].recipe == NULL)
			doctor_say_complaints(d, &d->recipes.items[i].errors);
	}
	if (d->recipes.n_items == 0) {
		doctor_say(d, DOCTOR_FAILURE, "there is none in " DEVUPD_DATADIR "/recipes");
		doctor_mend(d, REINSTALL, d->host.arch);
	} else if (n_broken == 0) {
		doctor_say(d, DOCTOR_OK, "%zu, all of them load", d->recipes.n_items);
	}
}

/* --- may root trust what it reads? ------------------------------------------- */

struct trust {
	size_t n_looked, n_refused;
};

static void trust_path(struct doctor *d, struct trust *t, const char *path)
{
	struct stat st;
	struct err e = {0};

	if (lstat(path, &st) != 0)
		return;
	t->n_looked++;
	if (fs_check_trusted(path, &e))
		return;
	t->n_refused++;
	doctor_say_error(d, DOCTOR_FAILURE, e.text, NULL);
}

/* A folder that is not safe says so once; what lies in it is not looked at then. */
static void trust_folder(struct doctor *d, struct trust *t, const char *folder)
{
	size_t n_refused = t->n_refused;
	DIR *open = NULL;

	trust_path(d, t, folder);
	if (t->n_refused == n_refused)
		open = opendir(folder);
	for (struct dirent *entry = open != NULL ? readdir(open) : NULL; entry != NULL;
		entry = readdir(open)) {
		char path[PATHS_MAX];

		if (entry->d_name[0] != '.' && text_ends(entry->d_name, ".yaml") &&
			fs_join(path, sizeof(path), folder, entry->d_name))
			trust_path(d, t, path);
	}
	if (open != NULL)
		closedir(open);
}

void doctor_trusted(struct doctor *d)
{
	struct trust t = {0};

	if (d->setup.config_file != NULL)
		trust_path(d, &t, d->setup.config_file);
	else
		trust_folder(d, &t, DEVUPD_SYSCONFDIR);
	if (d->setup.config_file == NULL && t.n_refused == 0)
		trust_folder(d, &t, DEVUPD_SYSCONFDIR "/conf.d");
	if (d->setup.recipes_folder == NULL && t.n_refused == 0)
		trust_folder(d, &t, DEVUPD_SYSCONFDIR "/recipes");
	trust_folder(d, &t,
		d->setup.recipes_folder != NULL ? d->setup.recipes_folder
						: DEVUPD_DATADIR "/recipes");
	if (d->config.env_file != NULL)
		trust_path(d, &t, d->config.env_file);
	if (t.n_refused == 0)
		doctor_say(d, DOCTOR_OK, "%zu files and folders are root's alone", t.n_looked);
}

/* --- what the package brings ------------------------------------------------- */

static bool program_is_sound(struct doctor *d, const char *path, enum doctor_state state)
{
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
		doctor_say(d, state, "%s is missing", path);
		doctor_mend(d, REINSTALL, d->host.arch);
		return false;
	}
	if ((st.st_mode & 0111) != 0111) {
		doctor_say(d, state, "%s is not executable (mode %04o)", path,
			(unsigned)st.st_mode & 07777);
		doctor_mend(d, "sudo chmod 0755 %s", path);
		return false;
	}
	return true;
}

void doctor_programs(struct doctor *d)
{
	bool is_sound = program_is_sound(d, DEVUPD_LIBEXECDIR "/devupd-worker", DOCTOR_FAILURE);

	if (program_is_sound(d, DEVUPD_LIBEXECDIR "/devupd-notify", DOCTOR_WARNING) && is_sound)
		doctor_say(d, DOCTOR_OK,
			DEVUPD_LIBEXECDIR "/devupd-worker, devupd-notify: version " DEVUPD_VERSION);
}

void doctor_user(struct doctor *d)
{
	const struct passwd *user = getpwnam(WORKER_USER);

	if (user != NULL) {
		doctor_say(d, DOCTOR_OK, WORKER_USER ", number %u", (unsigned)user->pw_uid);
		return;
	}
	doctor_say(d, DOCTOR_FAILURE,
		"the system user " WORKER_USER " is missing, as which root speaks with the net");
	doctor_mend(d, "sudo systemd-sysusers devupd.conf");
}

/* --- devupd's folders -------------------------------------------------------- */

/* As the package makes them (packaging/debian/devupd.tmpfiles). */
static const struct folder {
	const char *path;
	mode_t mode;
	mode_t needed; /* without these bits a run can't work */
	bool is_workers, is_adms;
} folders[] = {
	{"/var/lib/devupd", 0755, 0700, false, false},
	{"/var/log/devupd", 0750, 0700, false, true},
	{"/var/cache/devupd", 0755, 0711, false, false},
	{"/var/cache/devupd/packages", 0755, 0700, false, false},
	{"/var/cache/devupd/staging", 0700, 0700, true, false},
	{"/run/devupd", 0755, 0700, false, false},
};

/* -1: nobody has that name, and it is not looked at. */
static uid_t owner_of(const struct folder *f)
{
	const struct passwd *user = f->is_workers ? getpwnam(WORKER_USER) : NULL;

	return !f->is_workers ? 0 : user != NULL ? user->pw_uid : (uid_t)-1;
}

static gid_t group_of(const struct folder *f)
{
	const struct group *adm = f->is_adms ? getgrnam("adm") : NULL;

	return adm != NULL ? adm->gr_gid : (gid_t)-1;
}

static bool folder_is_sound(struct doctor *d, const struct folder *f)
{
	uid_t uid = owner_of(f);
	gid_t gid = group_of(f);
	struct stat st;

	if (lstat(f->path, &st) != 0) {
		doctor_say(d, errno == ENOENT ? DOCTOR_WARNING : DOCTOR_NOT_APPLICABLE, "%s: %s",
			f->path, errno == ENOENT ? "missing" : strerror(errno));
		doctor_mend(d, MAKE_AGAIN);
		return false;
	}
	if (!S_ISDIR(st.st_mode)) {
		doctor_say(d, DOCTOR_FAILURE, "%s is no folder", f->path);
		doctor_mend(d, "sudo mv %s %s.aside && " MAKE_AGAIN, f->path, f->path);
		return false;
	}
	if ((st.st_mode & 07777) == f->mode && (uid == (uid_t)-1 || st.st_uid == uid) &&
		(gid == (gid_t)-1 || st.st_gid == gid))
		return true;

	char owner[64];

	person_name_of(st.st_uid, owner, sizeof(owner));
	doctor_say(d, (st.st_mode & f->needed) != f->needed ? DOCTOR_FAILURE : DOCTOR_WARNING,
		"%s is %s's with mode %04o, and should be %s's with mode %04o%s", f->path, owner,
		(unsigned)st.st_mode & 07777, f->is_workers ? WORKER_USER : "root",
		(unsigned)f->mode, f->is_adms ? ", group adm" : "");
	doctor_mend(d, MAKE_AGAIN);
	return false;
}

void doctor_folders(struct doctor *d)
{
	size_t n_sound = 0;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		n_sound += folder_is_sound(d, &folders[i]);
	if (n_sound == ARRAY_SIZE(folders))
		doctor_say(
			d, DOCTOR_OK, "%zu of devupd's, with the right owners and modes", n_sound);
}

/* The nearest folder that is there: what is missing is made below it. */
static bool nearest_above(const char *path, char *out, size_t out_size)
{
	struct stat st;
	char *slash;

	if (!text_copy(out, out_size, path))
		return false;
	while (stat(out, &st) != 0 && (slash = strrchr(out, '/')) != NULL && slash != out)
		*slash = '\0';
	return true;
}

void doctor_own_folders(struct doctor *d)
{
	const char *const mine[] = {d->own.state_folder, d->own.staging, d->own.packages};
	char there[PATHS_MAX], name[64];
	size_t n_sound = 0;

	if (d->is_root) {
		doctor_say(d, DOCTOR_NOT_APPLICABLE, "root has the system's");
		return;
	}
	for (size_t i = 0; d->has_own && i < ARRAY_SIZE(mine); i++) {
		if (!nearest_above(mine[i], there, sizeof(there)) ||
			access(there, W_OK | X_OK) == 0) {
			n_sound++;
			continue;
		}
		person_name_of(getuid(), name, sizeof(name));
		doctor_say(d, DOCTOR_WARNING,
			"%s is not yours to write: what is found is not remembered", there);
		doctor_mend(d, "sudo chown -R %s: %s", name, there);
	}
	if (n_sound == ARRAY_SIZE(mine))
		doctor_say(d, DOCTOR_OK, "%s", d->own.state_folder);
	else if (!d->has_own)
		doctor_say(d, DOCTOR_FAILURE, "HOME is not set: set it");
}
