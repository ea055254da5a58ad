/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who holds a lock, as the kernel's list tells everybody; nothing is locked to find out. */
#include "updaters/lib/lock.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/mount.h"
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

static bool is_file(const char *word, dev_t device, ino_t inode)
{
	unsigned long number = 0;
	unsigned file_major = 0, file_minor = 0;

	return sscanf(word, "%x:%x:%lu", &file_major, &file_minor, &number) == 3 &&
	       number == inode && file_major == major(device) && file_minor == minor(device);
}

bool lock_holder_parse(char *text, dev_t device, ino_t inode, pid_t *out_pid)
{
	for (char *line = text_next(&text, '\n'); line != NULL; line = text_next(&text, '\n')) {
		char *fields[FIELDS_MAX] = {0};
		uint64_t pid = 0;

		if (split(line, fields) <= FIELD_FILE ||
			!is_file(fields[FIELD_FILE], device, inode))
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
	dev_t device = 0;
	struct stat st;

	if (stat(path, &st) < 0 || !fs_read("/proc/locks", LOCKS_MAX_BYTES, &text, NULL, NULL))
		return false;
	if (!mount_device_of(path, &device)) /* mounted outside of what we are in: as it is told */
		device = st.st_dev;
	return lock_holder_parse(text, device, st.st_ino, out_pid);
}
