/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done to a folder with all below it: by descriptors, so that no exchanged link leads out.
 */
#include "updaters/lib/node.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 64 };

static void scoped_dir(DIR **dir)
{
	if (*dir != NULL)
		closedir(*dir);
}

/* One walk: what is done to each, told by its three ways. */
struct tree {
	const char *root; /* for messages */
	dev_t device;
	bool removes_files;
	bool removes_folders;
	int64_t newest_ms; /* looked for where nothing is removed */
};

static bool tree_walk(struct tree *tree, int at, const char *name, unsigned depth, struct err *e);

/* Who links to the same bytes from elsewhere (a cache does) moves ctime: there mtime must do. */
static int64_t changed_ms(const struct stat *st)
{
	const struct timespec *at = st->st_nlink > 1 ? &st->st_mtim : &st->st_ctim;

	return (int64_t)at->tv_sec * 1000 + at->tv_nsec / 1000000;
}

static bool leaf_take(
	struct tree *tree, int at, const char *name, const struct stat *st, struct err *e)
{
	if (changed_ms(st) > tree->newest_ms)
		tree->newest_ms = changed_ms(st);
	if (tree->removes_files && unlinkat(at, name, 0) < 0)
		return err_sys(e, ERR_STATE, "can't remove %s below %s", name, tree->root);
	return true;
}

static bool folder_take(struct tree *tree, int at, const char *name, unsigned depth, struct err *e)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, ERR_STATE, "can't open %s below %s", name, tree->root);

	CLEANUP(scoped_dir) DIR *dir = fdopendir(fd);

	if (dir == NULL) {
		close(fd);
		return err_sys(e, ERR_STATE, "can't read %s below %s", name, tree->root);
	}
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		bool is_dot = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;

		if (!is_dot && !tree_walk(tree, fd, entry->d_name, depth + 1, e))
			return false;
	}
	return true;
}

/* A folder that its owner may not write is opened up before it is emptied. */
static bool folder_open_up(int at, const char *name, const struct stat *st)
{
	return (st->st_mode & 0700) == 0700 || fchmodat(at, name, 0700, 0) == 0;
}

static bool tree_walk(struct tree *tree, int at, const char *name, unsigned depth, struct err *e)
{
	struct stat st;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, ERR_STATE, "can't look at %s below %s", name, tree->root);
	if (!S_ISDIR(st.st_mode))
		return leaf_take(tree, at, name, &st, e);
	if (!tree->removes_folders && strcmp(name, "__pycache__") == 0)
		return true;
	if (st.st_dev != tree->device || depth > DEPTH_MAX)
		return err_set(e, ERR_STATE, "%s below %s is %s", name, tree->root,
			depth > DEPTH_MAX ? "too deep" : "another file system");
	if (tree->removes_files && !folder_open_up(at, name, &st))
		return err_sys(e, ERR_STATE, "can't open %s below %s", name, tree->root);
	if (!folder_take(tree, at, name, depth, e))
		return false;
	if (tree->removes_folders && unlinkat(at, name, AT_REMOVEDIR) < 0)
		return err_sys(e, errno == ENOTEMPTY ? ERR_BUSY : ERR_STATE,
			"can't remove the folder %s below %s", name, tree->root);
	return true;
}

static bool tree_start(struct tree *tree, const char *path, struct err *e)
{
	struct stat st;

	tree->root = path;
	if (lstat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ||
		       err_sys(e, ERR_STATE, "can't look at %s", path);
	tree->device = st.st_dev;
	return tree_walk(tree, AT_FDCWD, path, 0, e);
}

bool node_remove_tree(const char *path, struct err *e)
{
	struct tree tree = {.removes_files = true, .removes_folders = true};

	return tree_start(&tree, path, e);
}

bool node_remove_empty(const char *path, struct err *e)
{
	struct tree tree = {.removes_folders = true};

	return tree_start(&tree, path, e);
}

bool node_newest(const char *path, int64_t *out_unix_ms, struct err *e)
{
	struct tree tree = {0};

	if (!tree_start(&tree, path, e))
		return false;
	*out_unix_ms = tree.newest_ms;
	return true;
}
