/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/deb_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "updaters/deb/deb_job.h"

void deb_file_name(const struct facts *f, const struct entry *entry, char *out, size_t out_size)
{
	const char *version = entry->result.release.version;
	const char *colon = strchr(version, ':');

	if (colon != NULL)
		snprintf(out, out_size, "%s_%.*s%%3a%s_%s.deb", entry->recipe->package,
			(int)(colon - version), version, colon + 1, f->host->arch);
	else
		snprintf(out, out_size, "%s_%s_%s.deb", entry->recipe->package, version,
			f->host->arch);
}

void deb_staged_name(const struct facts *f, const struct entry *entry, char *out, size_t out_size)
{
	char name[DEB_FILE_NAME_MAX + 1];

	deb_file_name(f, entry, name, sizeof(name));
	snprintf(out, out_size, "%s@%s", entry->recipe->name, name);
}

void deb_keep_adopted(struct entry *entry, const struct adopted *adopted)
{
	text_copy_cut(entry->file.path, sizeof(entry->file.path), adopted->path);
	memcpy(entry->file.sha256, adopted->digests.sha256, sizeof(entry->file.sha256));
	entry->file.size_bytes = adopted->size_bytes;
	entry->result.release.size_bytes = adopted->size_bytes;
}

bool deb_open_package(const struct entry *entry, int *out_fd, struct err *e)
{
	bool is_hand =
		entry->hand_file[0] != '\0' && text_equal(entry->file.path, entry->hand_file);
	SCOPED_CLOSE int fd = is_hand ? fcntl(entry->hand_fd, F_DUPFD_CLOEXEC, 0)
				      : open(entry->file.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, ERR_STATE, "can't read %s", entry->file.path);
	*out_fd = MOVE_FD(fd);
	return true;
}
