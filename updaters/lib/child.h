/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Start a program by absolute path and argument vector, never through a shell, with nothing of ours
 * open in it, and wait for it without hanging for ever. Its signals are reset, its umask is 022.
 */
#ifndef DEVUPD_LIB_CHILD_H
#define DEVUPD_LIB_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "updaters/lib/err.h"

enum { CHILD_FDS_MAX = 6 };

struct child_fd {
	int from; /* ours */
	int to;   /* the child's number */
};

/* What becomes of output that is longer than max_bytes. */
enum child_excess { CHILD_REFUSE, CHILD_KEEP_START, CHILD_KEEP_END };

/* A piece of a file; the file's end ends it, too. */
struct child_range {
	uint64_t offset, size_bytes;
};

struct child_spec {
	const char *const *argv; /* NULL-ended; argv[0] an absolute path */
	const char *const *envp; /* NULL-ended; NULL = the fixed clean one: PATH, LC_ALL=C */
	const char *folder;      /* working directory, NULL = / */
	struct child_fd
		fds[CHILD_FDS_MAX]; /* given on; all others are closed; 0-2 default to /dev/null */
	size_t n_fds;
	bool own_session;  /* setsid: outlives us and our terminal's signals */
	bool dies_with_us; /* PDEATHSIG SIGKILL, set after a change of user */
	bool change_user;  /* to uid, gid; no supplementary groups */
	uid_t uid;
	gid_t gid;
	/* child_run alone */
	int input_fd; /* these pieces of it are its standard input, one after the other; read by
			 offset, never looked at */
	const struct child_range *input; /* NULL = none */
	size_t n_input;
	bool merges_output; /* stdout and stderr in one, in order */
	enum child_excess excess;
	uint64_t grace_ms; /* from SIGTERM to SIGKILL at the timeout or a stop; 0 = SIGKILL at once.
			      Both go to its whole session where it has its own */
	void (*on_tick)(void *user);    /* about once a second; NULL = none */
	bool (*is_stopped)(void *user); /* asked several times a second; NULL = never */
	void *user;
};

/* Fails: ERR_INTERNAL (fork, exec failed: names the program; exec's errno is passed back) */
bool child_start(const struct child_spec *spec, pid_t *out_pid, struct err *e) MUST_CHECK;

/* exit status 0..255, or 128 + signal. Blocks. */
bool child_wait(pid_t pid, int *out_status, struct err *e) MUST_CHECK;

/*
 * Run to the end and collect standard output (at most max_bytes) and up to 4 KB of standard error.
 *
 * In:    timeout_ms > 0; then SIGKILL, or as grace_ms says
 * Out:   out_text   malloc'd stdout; out_status as child_wait
 * Fails: ERR_INTERNAL, ERR_TOO_BIG (CHILD_REFUSE), ERR_COMMAND (stopped, or its time is up); a
 *        status other than 0 is no failure
 */
bool child_run(const struct child_spec *spec, uint64_t timeout_ms, size_t max_bytes,
	char **out_text, char **out_errors, int *out_status, struct err *e) MUST_CHECK;

#endif
