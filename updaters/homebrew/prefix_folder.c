/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/homebrew/prefix_folder.h"

#include <fcntl.h>
#include <sys/stat.h>

bool folder_open_at(int above, const char *name, struct folder *out)
{
	SCOPED_CLOSE int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	if (!stream)
		return false;
	*out = (struct folder){stream, MOVE_FD(fd)};
	return true;
}

/* Some file systems don't tell types in their folders. */
static unsigned char type_of(int fd, const struct dirent *d)
{
	struct stat st;

	if (d->d_type != DT_UNKNOWN)
		return d->d_type;
	if (fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return DT_UNKNOWN;
	return (unsigned char)IFTODT(st.st_mode);
}

bool folder_next(struct folder *f, struct folder_entry *out)
{
	const struct dirent *d = readdir(f->stream);

	while (d && d->d_name[0] == '.')
		d = readdir(f->stream);
	if (!d)
		return false;

	unsigned char type = type_of(f->fd, d);

	out->name = d->d_name;
	out->type = type == DT_LNK ? FOLDER_LINK : type == DT_DIR ? FOLDER_FOLDER : FOLDER_OTHER;
	return true;
}

void folder_close(struct folder *f)
{
	if (f->stream)
		closedir(f->stream);
	*f = (struct folder){.fd = -1};
}
