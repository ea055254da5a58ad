/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cleanup bound to scope, and the few compiler attributes we use, by name.
 *
 * Knows nothing of devupd. Everybody may include it.
 *
 *	SCOPED_FREE char *text = strdup("x");	   freed when text leaves its scope
 *	SCOPED_CLOSE int fd = open(...);	   closed, unless it is -1
 *	SCOPED(plan_free) struct plan *p = NULL;   plan_free(p), for *_free(T *)
 *	SCOPED_CLEAR(x_clear) struct x x = {0};  x_clear(&x), for *_clear(T *)
 *	return MOVE_PTR(text);			   hands it out, text is NULL then
 */
#ifndef DEVUPD_LIB_SCOPE_H
#define DEVUPD_LIB_SCOPE_H

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define NORETURN          __attribute__((noreturn))
#define UNUSED            __attribute__((unused))
#define CLEANUP(fn)       __attribute__((cleanup(fn)))

#define ARRAY_SIZE(a)     (sizeof(a) / sizeof((a)[0]))

static inline void scope_free_ptr(void *p)
{
	free(*(void **)p);
}

static inline void scope_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline int scope_move_fd(int *fd)
{
	int moved = *fd;

	*fd = -1;
	return moved;
}

static inline void *scope_move_ptr(void *p)
{
	void *moved = *(void **)p;

	*(void **)p = NULL;
	return moved;
}

#define SCOPED_FREE  CLEANUP(scope_free_ptr)
#define SCOPED_CLOSE CLEANUP(scope_close_fd)
#define MOVE_FD(fd)  scope_move_fd(&(fd))
#define MOVE_PTR(p)  ((__typeof__(p))scope_move_ptr(&(p)))

/* DEFINE_SCOPED(struct plan *, plan_free) in a header gives SCOPED(plan_free) to its callers. */
#define DEFINE_SCOPED(type, fn)                                                                    \
	static inline void scoped_##fn(type *p)                                                    \
	{                                                                                          \
		fn(*p);                                                                            \
	}                                                                                          \
	struct scope_semicolon
#define SCOPED(fn) CLEANUP(scoped_##fn)

/* For caller's memory the clear function itself has the right shape. */
#define SCOPED_CLEAR(fn) CLEANUP(fn)

#endif
