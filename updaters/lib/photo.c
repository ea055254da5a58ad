/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/photo.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/list.h"
#include "updaters/lib/person.h"

enum { DEPTH_MAX = 32 };

/* Where a prefix keeps links; the Cellar, which holds the files, is not gone into. */
static const char *const link_folders[] = {"bin", "sbin", "lib", "include", "share", "etc", "opt",
	"Frameworks", "var/homebrew/linked", "var/homebrew/pinned"};

void photo_clear(struct photo *p)
{
	for (size_t i = 0; i < p->n_links; i++) {
		free(p->links[i].path);
		free(p->links[i].target);
	}
	free(p->links);
	*p = (struct photo){0};
}

static bool link_add(struct photo *p, int at, const char *name, const char *path, struct err *e)
{
	char target[PERSON_PATH_MAX];
	ssize_t n = readlinkat(at, name, target, sizeof(target));
	struct photo_link *links;

	if (n < 0 || (size_t)n >= sizeof(target))
		return true; /* gone meanwhile, or one that no undo could put back */
	links = list_grow(p->links, p->n_links, PHOTO_LINKS_MAX, sizeof(*links));
	if (links == NULL)
		return err_set(
			e, ERR_TOO_BIG, "more than %d links before %s", PHOTO_LINKS_MAX, path);
	p->links = links;

	struct photo_link *link = &links[p->n_links++];

	link->path = strdup(path);
	link->target = strndup(target, (size_t)n);
	if (link->path == NULL || link->target == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for the links of %s", path);
	return true;
}

static bool folder_walk(
	struct photo *p, int at, const char *name, const char *path, unsigned depth, struct err *e);

static bool entry_take(struct photo *p, int at, const struct dirent *entry, const char *folder,
	unsigned depth, struct err *e)
{
	char path[PERSON_PATH_MAX];
	unsigned char type = entry->d_type;
	struct stat st;

	if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		!fs_join(path, sizeof(path), folder, entry->d_name))
		return true;
	if (type == DT_UNKNOWN && fstatat(at, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		type = (unsigned char)IFTODT(st.st_mode);
	if (type == DT_LNK)
		return link_add(p, at, entry->d_name, path, e);
	return type != DT_DIR || depth >= DEPTH_MAX ||
	       folder_walk(p, at, entry->d_name, path, depth + 1, e);
}

static bool folder_walk(
	struct photo *p, int at, const char *name, const char *path, unsigned depth, struct err *e)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	bool is_fine = true;

	if (dir == NULL) {
		scope_close_fd(&fd);
		return true;
	}
	for (struct dirent *entry; is_fine && (entry = readdir(dir)) != NULL;)
		is_fine = entry_take(p, fd, entry, path, depth, e);
	closedir(dir);
	return is_fine;
}

static int link_order(const void *a, const void *b)
{
	return strcmp(((const struct photo_link *)a)->path, ((const struct photo_link *)b)->path);
}

bool photo_take(const char *root, struct photo *out, struct err *e)
{
	SCOPED_CLEAR(photo_clear) struct photo p = {0};
	char path[PERSON_PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(link_folders); i++) {
		if (fs_join(path, sizeof(path), root, link_folders[i]) &&
			!folder_walk(&p, AT_FDCWD, path, path, 0, e))
			return false;
	}
	if (p.n_links > 0)
		qsort(p.links, p.n_links, sizeof(*p.links), link_order);
	*out = p;
	p = (struct photo){0};
	return true;
}

/* The next path of either, with what it was and is. */
static struct undo_change change_next(
	const struct photo *before, size_t *i, const struct photo *after, size_t *j)
{
	const struct photo_link *was = *i < before->n_links ? &before->links[*i] : NULL;
	const struct photo_link *is = *j < after->n_links ? &after->links[*j] : NULL;
	int order = was == NULL ? 1 : is == NULL ? -1 : link_order(was, is);
	struct undo_change change = {.path = order <= 0 ? was->path : is->path};

	if (order <= 0) {
		change.from = was->target;
		++*i;
	}
	if (order >= 0) {
		change.to = is->target;
		++*j;
	}
	return change;
}

bool photo_compare(const struct photo *before, const struct photo *after, struct undo_change **out,
	size_t *out_n)
{
	size_t n_max = before->n_links + after->n_links, n = 0;
	struct undo_change *changes = calloc(n_max + 1, sizeof(*changes));

	if (changes == NULL)
		return false;
	for (int goes = 1; goes >= 0; goes--) {
		for (size_t i = 0, j = 0; i < before->n_links || j < after->n_links;) {
			struct undo_change change = change_next(before, &i, after, &j);

			if ((change.to == NULL) == goes && !text_equal(change.from, change.to))
				changes[n++] = change;
		}
	}
	*out = changes;
	*out_n = n;
	return true;
}
