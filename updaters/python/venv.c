/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/python/venv.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"

enum { NAMES_MAX = 20000 };

void venv_clear(struct venv *v)
{
	free(v->cfg.text);
	v->cfg.text = NULL;
	strings_clear(&v->stashed);
}

bool venv_bin(const struct venv *v, const char *name, char *out, size_t out_size)
{
	int n = snprintf(out, out_size, "%s/bin%s%s", v->path, name[0] ? "/" : "", name);

	return n > 0 && (size_t)n < out_size;
}

/* The first that can't be read is told. */
static void note_unreadable(struct venv *v, const char *what, int error)
{
	if (v->unreadable[0] != '\0')
		return;
	v->is_forbidden = error == EACCES;
	(void)snprintf(v->unreadable, sizeof(v->unreadable), "%s can't be read: %s", what,
		error != 0 ? strerror(error) : "it is no small file");
}

static void note_owner(struct venv *v, const struct stat *st)
{
	if (v->foreign_uid == v->uid)
		v->foreign_uid = st->st_uid;
}

static bool names_python(const char *name)
{
	return text_starts(name, "python") || text_starts(name, "pypy");
}

/* --- pyvenv.cfg ---------------------------------------------------------------------------- */

static bool cfg_read(struct venv *v, int folder)
{
	SCOPED_CLOSE int fd = openat(folder, "pyvenv.cfg", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	SCOPED_FREE char *text = NULL;
	size_t len = 0;
	struct err e = {0};

	if (fd < 0 && errno == ENOENT)
		return false;
	if (fd < 0) {
		note_unreadable(v, "pyvenv.cfg", errno);
		return true;
	}
	if (!fs_read_fd(fd, "pyvenv.cfg", VENV_CFG_MAX, &text, &len, &e)) {
		note_unreadable(v, "pyvenv.cfg", e.sys_errno);
		return true;
	}
	venv_cfg_read(MOVE_PTR(text), len, &v->cfg);
	return true;
}

/* --- bin ----------------------------------------------------------------------------------- */

static void link_read(struct venv *v, int bin_fd, const char *name)
{
	struct venv_link *l = &v->links[v->n_links];
	ssize_t n = readlinkat(bin_fd, name, l->target, sizeof(l->target) - 1);
	struct stat st;

	if (!text_copy(l->name, sizeof(l->name), name))
		return;
	l->target[n > 0 ? n : 0] = '\0';
	/* one that leads to another link here needs no look of its own: that is judged itself */
	l->is_there =
		n > 0 ? strchr(l->target, '/') == NULL || fstatat(bin_fd, name, &st, 0) == 0 : true;
	v->n_links++;
}

static int link_compare(const void *a, const void *b)
{
	return strcmp(((const struct venv_link *)a)->name, ((const struct venv_link *)b)->name);
}

static void bin_read(struct venv *v, int folder)
{
	SCOPED_CLOSE int bin_fd = openat(folder, "bin", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (bin_fd < 0) {
		if (errno != ENOENT)
			note_unreadable(v, "bin", errno);
		return;
	}
	v->has_bin = true;
	if (fstat(bin_fd, &st) == 0)
		note_owner(v, &st);

	DIR *bin = fdopendir(dup(bin_fd));

	for (struct dirent *d; bin && v->n_links < VENV_LINKS_MAX && (d = readdir(bin));) {
		/* python3-config and the like are scripts */
		const char *end = d->d_name + strcspn(d->d_name, "0123456789");

		if (names_python(d->d_name) && strspn(end, "0123456789.t") == strlen(end) &&
			(end[0] || text_equal(d->d_name, "python") ||
				text_equal(d->d_name, "pypy")))
			link_read(v, bin_fd, d->d_name);
	}
	if (bin)
		closedir(bin);
	qsort(v->links, v->n_links, sizeof(v->links[0]), link_compare);
	venv_scripts_read(v, bin_fd);
}

/* --- lib ----------------------------------------------------------------------------------- */

/* What lies in a site-packages: how many distributions, and what pip left put aside. */
static size_t site_read(int folder, const char *site, struct venv *v, struct strings *stashed)
{
	SCOPED_CLOSE int fd = openat(folder, site, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(dup(fd));
	size_t n = 0, n_names = 0;
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0)
		note_owner(v, &st);
	if (fd < 0 && errno != ENOENT)
		note_unreadable(v, site, errno);
	for (struct dirent *f; d && n_names++ < NAMES_MAX && (f = readdir(d));) {
		n += text_ends(f->d_name, ".dist-info") || text_ends(f->d_name, ".egg-info");
		if (f->d_name[0] == '~' && !strings_add(stashed, f->d_name))
			break;
	}
	if (d)
		closedir(d);
	return n;
}

/* The folder with the most in it is the one whose Python the packages are for. */
static void lib_read(struct venv *v, int folder)
{
	SCOPED_CLOSE int fd = openat(folder, "lib", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *lib = fd < 0 ? NULL : fdopendir(dup(fd));
	size_t most = 0;
	char site[sizeof("site-packages") + 40], pip[sizeof(site) + 8];
	struct stat st;

	if (fd < 0 && errno != ENOENT)
		note_unreadable(v, "lib", errno);
	for (struct dirent *d; lib && v->n_libs < VENV_MINORS_MAX && (d = readdir(lib));) {
		char minor[8];

		if (strlen(d->d_name) >= sizeof(v->flavour) || !names_python(d->d_name) ||
			!interpreter_minor_of(d->d_name, minor))
			continue;
		(void)snprintf(site, sizeof(site), "%.31s/site-packages", d->d_name);

		SCOPED_CLEAR(strings_clear) struct strings stashed = {0};
		size_t n = 1 + site_read(fd, site, v, &stashed);

		v->n_libs++;
		if (n <= most)
			continue;
		most = n;
		(void)snprintf(pip, sizeof(pip), "%s/pip", site);
		v->has_pip = fstatat(fd, pip, &st, 0) == 0;
		text_copy_cut(v->flavour, sizeof(v->flavour), d->d_name);
		text_copy_cut(v->minor, sizeof(v->minor), minor);
		strings_clear(&v->stashed);
		v->stashed = stashed;
		stashed = (struct strings){0};
	}
	if (lib)
		closedir(lib);
	if (v->flavour[0] && snprintf(v->site, sizeof(v->site), "%s/lib/%s/site-packages", v->path,
				     v->flavour) >= (int)sizeof(v->site))
		v->site[0] = '\0';
}

/* --- all ----------------------------------------------------------------------------------- */

static void minor_guess(struct venv *v)
{
	text_copy_cut(v->minor, sizeof(v->minor), v->cfg.minor);
	for (size_t i = 0; i < v->n_links && v->minor[0] == '\0'; i++)
		if (!interpreter_minor_of(v->links[i].name, v->minor) &&
			!interpreter_minor_of(v->links[i].target, v->minor))
			v->minor[0] = '\0';
	if (v->minor[0])
		(void)snprintf(v->flavour, sizeof(v->flavour), "python%s", v->minor);
}

bool venv_read(const char *path, struct venv *out)
{
	SCOPED_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	char python[PERSON_PATH_MAX];

	*out = (struct venv){0};
	if (!text_copy(out->path, sizeof(out->path), path))
		return false;
	if (fd < 0) {
		/* there, but not for us: its name is all that can be told */
		if (errno != EACCES || stat(path, &st) < 0)
			return false;
		out->uid = out->foreign_uid = st.st_uid;
		note_unreadable(out, path, EACCES);
		return true;
	}
	if (fstat(fd, &st) < 0)
		return false;
	out->device = (uint64_t)st.st_dev;
	out->inode = (uint64_t)st.st_ino;
	out->uid = out->foreign_uid = st.st_uid;
	if (!cfg_read(out, fd))
		return false;
	bin_read(out, fd);
	lib_read(out, fd);
	if (out->minor[0] == '\0')
		minor_guess(out);
	if (venv_bin(out, "python", python, sizeof(python)))
		(void)interpreter_look(python, &out->python);
	return true;
}
