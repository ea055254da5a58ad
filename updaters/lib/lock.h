/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One run at a time: a flock on a file that says who holds it. The kernel lets go when the holder
 * ends, however it ends. The file itself is never removed: a waiter would wait for the old one.
 *
 * Knows nothing of what it guards.
 */
#ifndef DEVUPD_LIB_LOCK_H
#define DEVUPD_LIB_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "updaters/lib/err.h"

struct lock; /* held */

struct lock_options {
	const char *path; /* /run/devupd/lock; made 0600, its folder exists */
	const char *verb; /* written into the file for those who wait */
	uint64_t wait_ms; /* 0 = do not wait, UINT64_MAX = for ever */
	/* Once a second while waiting; holder 0 and holder_verb "" where the file does not say. */
	void (*on_wait)(void *user, pid_t holder, const char *holder_verb);
	bool (*is_stopped)(void *user); /* ends the waiting; both may be NULL */
	void *user;
};
/*
 * Fails: ERR_LOCK (held by another after the wait, or stopped; the text names the holder),
 * ERR_ROOT (not ours to open), ERR_STATE
 */
bool lock_take(const struct lock_options *o, struct lock **out, struct err *e) MUST_CHECK;
void lock_release(struct lock *l);
DEFINE_SCOPED(struct lock *, lock_release);

/*
 * Who holds it now, as the kernel's own list says: nothing is locked for the question, and nobody
 * needs to be root.
 *
 * Out:   out_verb   "" where the file can't be read
 *        the answer: 0 = nobody
 * Source: proc_locks(5)
 */
pid_t lock_look(const char *path, char *out_verb, size_t verb_size);

/*
 * Who holds any lock on this file now (flock, fcntl)? Everybody may ask; nothing is locked for it.
 *
 * Out:   out_pid   -1 where the number is not known (another PID namespace)
 *        false     nobody does, or it can't be told
 * Source: proc_locks(5)
 */
bool lock_holder(const char *path, pid_t *out_pid);
/* The same of the text of /proc/locks, which is changed, and a file. In: device as mount_device_of
 */
bool lock_holder_parse(char *text, dev_t device, ino_t inode, pid_t *out_pid);

#endif
