/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entries of a folder, with their types from the folder itself; hidden ones are passed over. */
#ifndef DEVUPD_HOMEBREW_PREFIX_FOLDER_H
#define DEVUPD_HOMEBREW_PREFIX_FOLDER_H

#include <dirent.h>
#include <stdbool.h>

#include "updaters/lib/scope.h"

struct folder {
	DIR *stream;
	int fd;
};
enum folder_type { FOLDER_OTHER, FOLDER_LINK, FOLDER_FOLDER };
struct folder_entry {
	const char *name; /* until the next one is asked for */
	enum folder_type type;
};
/* The folder itself may be a link; false: errno tells. */
bool folder_open_at(int above, const char *name, struct folder *out) MUST_CHECK;
bool folder_next(struct folder *f, struct folder_entry *out);
void folder_close(struct folder *f);

#endif
