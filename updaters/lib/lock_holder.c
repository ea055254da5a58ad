/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who holds a lock, as the kernel's list tells everybody; nothing is locked to find out. */
#include "updaters/lib/lock.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

enum { LOCKS_MAX_BYTES = 4 << 20, FIELDS_MAX = 8 };

/* "1:", "FLOCK", "ADVISORY", "WRITE", "4711", "00:18:1234", "0", "EOF"; who only waits has a "->"
 * more, so that no file stands where one is looked for. */
enum { FIELD_PID = 4, FIELD_FILE = 5 };

static size_t split(char *line, char *out[FIELDS_MAX])
{
	size_t n = 0;

	for (char *word = text_next(&line, ' '); word != NULL && n < FIELDS_MAX;
		word = text_next(&line, ' ')) {
		if (word[0] != '\0')
			out[n++] = word;
	}
	return n;
}

/*
 * btrfs and overlays show programs another device than the kernel's list has: there (major 0) the
 * file's number alone must do.
 */
static bool is_file(const char *word, const struct stat *st)
{
	unsigned long inode = 0;
	unsigned file_major = 0, file_minor = 0;

	if (sscanf(word, "%x:%x:%lu", &file_major, &file_minor, &inode) != 3)
		return false;
	return inode == st->st_ino &&
	       (major(st->st_dev) == 0 ||
		       (file_major == major(st->st_dev) && file_minor == minor(st->st_dev)));
}

bool lock_holder_parse(char *text, const struct stat *st, pid_t *out_pid)
{
	for (char *line = text_next(&text, '\n'); line != NULL; line = text_next(&text, '\n')) {
		char *fields[FIELDS_MAX] = {0};
		uint64_t pid = 0;

		if (split(line, fields) <= FIELD_FILE || !is_file(fields[FIELD_FILE], st))
			continue;
		/* -1: a lock of a description, or somebody in another container */
		*out_pid = text_to_u64(fields[FIELD_PID], &pid) && pid > 0 && pid <= INT32_MAX
				   ? (pid_t)pid
				   : -1;
		return true;
	}
	return false;
}

bool lock_holder(const char *path, pid_t *out_pid)
{
	SCOPED_FREE char *text = NULL;
	struct stat st;

	return stat(path, &st) == 0 && fs_read("/proc/locks", LOCKS_MAX_BYTES, &text, NULL, NULL) &&
	       lock_holder_parse(text, &st, out_pid);
}
