/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is a program open? Processes are known by where their executable lies, whatever they call
 * themselves, and waited for by descriptors: nothing is polled.
 *
 * Knows /proc, not recipes. An ordinary user sees their own processes only (the links of others
 * can't be read), root all.
 */
#ifndef DEVUPD_LIB_RUNNING_H
#define DEVUPD_LIB_RUNNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "updaters/lib/err.h"
#include "updaters/lib/text.h"

struct running_process {
	pid_t pid;
	uint64_t started; /* in the kernel's ticks since boot: another process has another */
	uid_t uid;
	char user[64];      /* login name, or "uid 1234" */
	char name[64];      /* the executable's last part, without " (deleted)" */
	bool is_deleted;    /* its file was replaced or removed meanwhile */
	bool is_background; /* its name is one of those that have no window */
};
struct running {
	struct running_process *items; /* those with a window first, then by pid */
	size_t n_items;
	size_t n_background; /* of them */
};
void running_clear(struct running *r);

/*
 * In:    folders      absolute; an executable at or below one of them counts
 * ("/usr/share/positron/" or "/usr/bin/x" itself). Compared as the kernel tells it; a process whose
 *                     root or mount namespace is another one, so that its path only looks the same
 *                     (flatpak, a container), is none of them.
 *        background   names of executables without a window, by exact match
 * Out:   out          none at all is no failure; what ends meanwhile is left out
 * Fails: ERR_INTERNAL (no /proc, no memory)
 * Source: proc_pid_exe(5), mount_namespaces(7)
 */
bool running_find(const struct strings *folders, const struct strings *background,
	struct running *out, struct err *e) MUST_CHECK;

/*
 * Until all of these have ended (pidfd_open(2)); one that has is not waited for.
 *
 * In:    stop_fd      readable = give up; -1 = none
 *        on_tick      about once a minute, NULL = none
 * Out:   out_stopped  stop_fd became readable first
 * Fails: ERR_INTERNAL (a kernel without pidfds: 5.2 and older)
 */
bool running_wait(const struct running *r, int stop_fd, void (*on_tick)(void *user), void *user,
	bool *out_stopped, struct err *e) MUST_CHECK;

/* "ana, pid 4711", "ana, pid 4711, and 3 more": who has it open, for a message. */
void running_describe(const struct running *r, char *out, size_t out_size);

#endif
