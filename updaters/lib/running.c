/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/running.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "updaters/lib/list.h"
#include "updaters/lib/person.h"

enum { PROCESSES_MAX = 4096, TICK_MS = 60 * 1000 };

void running_clear(struct running *r)
{
	free(r->items);
	*r = (struct running){0};
}

/* --- finding ----------------------------------------------------------------- */

#define DELETED " (deleted)"

/* Where the kernel says that its executable lies; false: not ours to read, or gone. */
static bool process_path(int proc_fd, char *out, size_t out_size, bool *out_is_deleted)
{
	ssize_t n = readlinkat(proc_fd, "exe", out, out_size - 1);

	if (n <= 0 || (size_t)n >= out_size - 1)
		return false;
	out[n] = '\0';
	*out_is_deleted = text_ends(out, DELETED);
	if (*out_is_deleted)
		out[(size_t)n - strlen(DELETED)] = '\0';
	return true;
}

/* When it was started (proc_pid_stat(5), 22); its name, in brackets, may hold anything. 0: gone */
static uint64_t process_started(int proc_fd)
{
	char raw[1024];
	SCOPED_CLOSE int fd = openat(proc_fd, "stat", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, raw, sizeof(raw) - 1) : -1;
	unsigned long long started = 0;
	const char *behind_name;

	if (n <= 0)
		return 0;
	raw[n] = '\0';
	behind_name = strrchr(raw, ')');
	if (behind_name == NULL ||
		sscanf(behind_name,
			") %*c" /* 3 */ " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s" /* 13 */
			" %*s %*s %*s %*s %*s %*s %*s %*s %llu",
			&started) != 1)
		return 0;
	return started;
}

/* Its files are the ones that we see: neither a container's nor a flatpak's. */
static bool process_sees_ours(int proc_fd)
{
	struct stat its, ours;

	return fstatat(proc_fd, "ns/mnt", &its, 0) == 0 && stat("/proc/self/ns/mnt", &ours) == 0 &&
	       its.st_ino == ours.st_ino && its.st_dev == ours.st_dev &&
	       fstatat(proc_fd, "root", &its, 0) == 0 && stat("/", &ours) == 0 &&
	       its.st_ino == ours.st_ino && its.st_dev == ours.st_dev;
}

static bool path_is_below(const char *path, const struct strings *folders)
{
	for (size_t i = 0; i < folders->n_items; i++) {
		const char *folder = folders->items[i];
		size_t len = strlen(folder);

		while (len > 1 && folder[len - 1] == '/')
			len--;
		if (strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == '\0'))
			return true;
	}
	return false;
}

/* Out: false where it is none of them */
static bool process_look(int proc_fd, pid_t pid, const struct strings *folders,
	const struct strings *background, struct running_process *out)
{
	char path[PATH_MAX + sizeof(DELETED)];
	struct stat about;

	if (!process_path(proc_fd, path, sizeof(path), &out->is_deleted) ||
		!path_is_below(path, folders) || fstat(proc_fd, &about) != 0 ||
		!process_sees_ours(proc_fd))
		return false;

	const char *name = strrchr(path, '/');

	name = name != NULL ? name + 1 : path;
	out->pid = pid;
	out->started = process_started(proc_fd);
	out->uid = about.st_uid;
	person_name_of(about.st_uid, out->user, sizeof(out->user));
	text_copy_cut(out->name, sizeof(out->name), name);
	out->is_background = strings_has(background, name);
	return true;
}

static int by_window(const void *a, const void *b)
{
	const struct running_process *one = a, *other = b;

	if (one->is_background != other->is_background)
		return one->is_background ? 1 : -1;
	return (one->pid > other->pid) - (one->pid < other->pid);
}

bool running_find(const struct strings *folders, const struct strings *background,
	struct running *out, struct err *e)
{
	SCOPED_CLEAR(running_clear) struct running found = {0};
	DIR *all = opendir("/proc");
	const struct dirent *each;
	bool is_fine = true;

	if (all == NULL)
		return err_sys(e, ERR_INTERNAL, "can't read /proc");
	while (is_fine && (each = readdir(all)) != NULL) {
		struct running_process process = {0};
		uint64_t pid = 0;

		if (!text_to_u64(each->d_name, &pid) || pid == 0 || pid > INT_MAX)
			continue;
		SCOPED_CLOSE int fd =
			openat(dirfd(all), each->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0 || !process_look(fd, (pid_t)pid, folders, background, &process))
			continue;
		struct running_process *grown =
			list_grow(found.items, found.n_items, PROCESSES_MAX, sizeof(*grown));

		is_fine = grown != NULL;
		if (!is_fine)
			break;
		found.items = grown;
		found.items[found.n_items++] = process;
		found.n_background += process.is_background;
	}
	closedir(all);
	if (!is_fine)
		return err_set(e, ERR_INTERNAL, "too many processes of one program");
	if (found.n_items > 0)
		qsort(found.items, found.n_items, sizeof(*found.items), by_window);
	*out = found;
	found = (struct running){0};
	return true;
}

/* --- waiting ----------------------------------------------------------------- */

static void close_all(struct pollfd *polled, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (polled[i].fd >= 0)
			close(polled[i].fd);
	}
}

/* Is it still the one that was found? Its number may have been given away since. */
static bool process_is_same(const struct running_process *p)
{
	char folder[32];

	snprintf(folder, sizeof(folder), "/proc/%d", (int)p->pid);

	SCOPED_CLOSE int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && process_started(fd) == p->started;
}

/* One descriptor a process; who is gone by now has none. */
static bool open_all(const struct running *r, struct pollfd *polled, struct err *e)
{
	for (size_t i = 0; i < r->n_items; i++) {
		long fd = syscall(SYS_pidfd_open, r->items[i].pid, 0);

		polled[i] = (struct pollfd){.fd = (int)fd, .events = POLLIN};
		if (fd >= 0 && !process_is_same(&r->items[i])) {
			close((int)fd);
			polled[i].fd = -1;
		}
		if (fd >= 0 || errno == ESRCH)
			continue;
		err_sys(e, ERR_INTERNAL, "can't wait for the process %d", (int)r->items[i].pid);
		close_all(polled, i);
		return false;
	}
	return true;
}

static size_t n_alive(const struct pollfd *polled, size_t n)
{
	size_t n_open = 0;

	for (size_t i = 0; i < n; i++)
		n_open += polled[i].fd >= 0;
	return n_open;
}

bool running_wait(const struct running *r, int stop_fd, void (*on_tick)(void *user), void *user,
	bool *out_stopped, struct err *e)
{
	SCOPED_FREE struct pollfd *polled = calloc(r->n_items + 1, sizeof(*polled));
	bool is_stopped = false;

	if (polled == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	if (!open_all(r, polled, e))
		return false;
	polled[r->n_items] = (struct pollfd){.fd = stop_fd, .events = POLLIN};
	while (!is_stopped && n_alive(polled, r->n_items) > 0) {
		int n = poll(polled, r->n_items + 1, on_tick != NULL ? TICK_MS : -1);

		if (on_tick != NULL)
			on_tick(user);
		for (size_t i = 0; n > 0 && i < r->n_items; i++) {
			if (polled[i].fd >= 0 && polled[i].revents != 0) {
				close(polled[i].fd);
				polled[i].fd = -1;
			}
		}
		is_stopped = n > 0 && stop_fd >= 0 && polled[r->n_items].revents != 0;
	}
	close_all(polled, r->n_items);
	*out_stopped = is_stopped;
	return true;
}

void running_describe(const struct running *r, char *out, size_t out_size)
{
	size_t n_more = r->n_items > 0 ? r->n_items - 1 : 0;

	if (r->n_items == 0)
		text_copy_cut(out, out_size, "nobody");
	else if (n_more == 0)
		snprintf(out, out_size, "%s, pid %d", r->items[0].user, (int)r->items[0].pid);
	else
		snprintf(out, out_size, "%s, pid %d, and %zu more", r->items[0].user,
			(int)r->items[0].pid, n_more);
}
