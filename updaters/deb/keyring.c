/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/keyring.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "updaters/lib/base64.h"
#include "updaters/lib/fs.h"

enum { PATH_SIZE = 512 };

bool memory_file(const void *bytes, size_t len, int *out_fd, struct err *e)
{
	SCOPED_CLOSE int fd = memfd_create("devupd", MFD_CLOEXEC);

	if (fd < 0)
		return err_sys(e, ERR_INTERNAL, "no memory for a signature");
	if (!fs_write_all(fd, bytes, len, "memory", e))
		return false;
	*out_fd = MOVE_FD(fd);
	return true;
}

static bool key_read(
	const char *path, bool as_root, struct buf *keys, bool *out_is_there, struct err *e)
{
	SCOPED_FREE char *text = NULL;
	size_t len = 0;
	struct err why = {0};
	bool is_read = as_root ? fs_read_trusted(path, KEY_FILE_MAX, &text, &len, &why)
			       : fs_read(path, KEY_FILE_MAX, &text, &len, &why);

	*out_is_there = is_read || why.sys_errno != ENOENT;
	if (!*out_is_there)
		return true;
	if (is_read && armor_keys_decode(text, keys, &why))
		return true;
	return err_set(e, ERR_SIGNATURE, "the key file %s can't be used: %s", path, why.text);
}

static bool key_find(const char *fingerprint, const char *const *folders, bool as_root,
	struct buf *keys, bool *out_is_there, struct err *e)
{
	char path[PATH_SIZE];

	*out_is_there = false;
	for (; *folders != NULL && !*out_is_there; folders++) {
		int n = snprintf(path, sizeof(path), "%s/%s.asc", *folders, fingerprint);

		if (n < 0 || (size_t)n >= sizeof(path))
			return err_set(e, ERR_SIGNATURE, "%s: too long a folder", *folders);
		if (!key_read(path, as_root, keys, out_is_there, e))
			return false;
	}
	return true;
}

bool keyring_open(const struct strings *fingerprints, const char *const *folders, bool as_root,
	int *out_fd, struct strings *out_missing, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf keys = {0};

	buf_init(&keys, KEY_FILE_MAX);
	*out_fd = -1;
	for (size_t i = 0; i < fingerprints->n_items; i++) {
		bool is_there = false;

		if (!key_find(fingerprints->items[i], folders, as_root, &keys, &is_there, e))
			return false;
		if (!is_there && !strings_add(out_missing, fingerprints->items[i]))
			return err_set(e, ERR_INTERNAL, "out of memory");
	}
	return keys.len == 0 || memory_file(keys.data, keys.len, out_fd, e);
}
