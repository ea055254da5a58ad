/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/person.h"

#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"

enum { PASSWD_BYTES = 16384 };

void person_pack(const struct person *p, struct buf *out)
{
	pack_str(out, p->name);
	pack_u32(out, p->uid);
	pack_u32(out, p->gid);
	pack_str(out, p->home);
	pack_str(out, p->shell);
	pack_str(out, p->config_home);
	pack_str(out, p->brew_prefix);
	pack_str(out, p->search_path);
	pack_str(out, p->proxy);
	pack_str(out, p->no_proxy);
}

bool person_unpack(struct unpack *u, struct person *out)
{
	struct person p = {0};

	unpack_str(u, p.name, sizeof(p.name));
	p.uid = unpack_u32(u);
	p.gid = unpack_u32(u);
	unpack_str(u, p.home, sizeof(p.home));
	unpack_str(u, p.shell, sizeof(p.shell));
	unpack_str(u, p.config_home, sizeof(p.config_home));
	unpack_str(u, p.brew_prefix, sizeof(p.brew_prefix));
	unpack_str(u, p.search_path, sizeof(p.search_path));
	unpack_str(u, p.proxy, sizeof(p.proxy));
	unpack_str(u, p.no_proxy, sizeof(p.no_proxy));
	if (p.name[0] == '\0' || p.home[0] != '/' || p.config_home[0] != '/')
		u->is_bad = true;
	if (u->is_bad)
		return false;
	*out = p;
	return true;
}

bool person_path(const struct person *p, const char *below, char *out, size_t out_size)
{
	return fs_join(out, out_size, p->home, below);
}

void person_shorten(const struct person *p, const char *path, char *out, size_t out_size)
{
	size_t len = strlen(p->home);
	bool is_below = len > 0 && strncmp(path, p->home, len) == 0 &&
			(path[len] == '/' || path[len] == '\0');
	char shorter[PERSON_PATH_MAX];

	if (is_below && text_copy(shorter + 1, sizeof(shorter) - 1, path + len)) {
		shorter[0] = '~';
		path = shorter;
	}
	text_copy_cut(out, out_size, path);
}

void person_name_of(uint32_t uid, char *out, size_t out_size)
{
	struct passwd entry, *found = NULL;
	SCOPED_FREE char *bytes = malloc(PASSWD_BYTES);

	if (bytes != NULL && getpwuid_r(uid, &entry, bytes, PASSWD_BYTES, &found) == 0 &&
		found != NULL && text_copy(out, out_size, found->pw_name))
		return;
	snprintf(out, out_size, "uid %u", uid);
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

bool person_find_program(const char *search_path, const char *name, char *out, size_t out_size)
{
	SCOPED_FREE char *folders = strdup(search_path);
	char *cursor = folders, *folder;
	char path[PERSON_PATH_MAX];

	if (folders == NULL || name[0] == '\0' || strchr(name, '/') != NULL)
		return false;
	while ((folder = text_next(&cursor, ':')) != NULL) {
		if (folder[0] == '/' && fs_join(path, sizeof(path), folder, name) &&
			is_program(path))
			return text_copy(out, out_size, path);
	}
	return false;
}
