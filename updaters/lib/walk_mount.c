/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/walk_mount.h"

#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/walk.h"

enum { MOUNTS_BYTES_MAX = 1 << 20 };

static bool is_remote_type(const struct statfs *fs)
{
	/* some are not in linux/magic.h of all ages */
	static const unsigned long types[] = {NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, AFS_SUPER_MAGIC,
		CODA_SUPER_MAGIC, V9FS_MAGIC, 0xff534d42 /* CIFS */, 0xfe534d42 /* SMB2 */,
		0x65735546 /* FUSE */, 0x00c36400 /* CEPH */, 0x6b414653 /* kAFS */,
		0x0187 /* autofs: looking would mount it */};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (((unsigned long)fs->f_type & 0xffffffff) == types[i])
			return true;
	return false;
}

bool walk_is_remote(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && is_remote_type(&fs);
}

bool walk_mount_is_remote(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && is_remote_type(&fs);
}

static bool is_remote_name(const char *type)
{
	static const char *const names[] = {
		"nfs", "cifs", "smb", "fuse", "9p", "afs", "ceph", "coda", "autofs", "lustre"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (text_starts(type, names[i]))
			return true;
	return false;
}

/* Blanks and the like are written as \040, in place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		if (s[0] == '\\' && strspn(s + 1, "01234567") >= 3) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* 36 35 98:0 /root-of-mount /mount/point options optional… - type source options */
static void parse_line(char *line, const char *real, const char *root, struct strings *out)
{
	char *type = strstr(line, " - "), *point = line, path[PATH_MAX];

	if (type == NULL || !is_remote_name(type + 3))
		return;
	for (int i = 0; i < 4 && text_next(&point, ' ') != NULL; i++)
		;
	point = point == NULL ? NULL : text_next(&point, ' ');
	if (point == NULL)
		return;
	unescape(point);
	if (text_starts(point, real) && point[strlen(real)] == '/' &&
		fs_join(path, sizeof(path), root, point + strlen(real) + 1) &&
		!strings_add(out, path))
		return;
}

void walk_mounts_parse(char *text, const char *real, const char *root, struct strings *out)
{
	for (char *line = text_next(&text, '\n'); line != NULL; line = text_next(&text, '\n'))
		parse_line(line, real, root, out);
}

void walk_mounts_below(int fd, const char *root, struct strings *out)
{
	char link[64], real[PATH_MAX];
	SCOPED_FREE char *text = NULL;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);

	ssize_t n = readlink(link, real, sizeof(real) - 1);

	if (n <= 0 || !fs_read("/proc/self/mountinfo", MOUNTS_BYTES_MAX, &text, NULL, NULL))
		return;
	real[n == 1 ? 0 : n] = '\0';
	walk_mounts_parse(text, real, root, out);
}
