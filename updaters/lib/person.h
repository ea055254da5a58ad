/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Somebody with a home: who they are, where their things lie, and running a program as they would.
 *
 * Knows the password database's fields and the places of XDG, never the environment: who fills in a
 * person says where it was known from (config/people).
 */
#ifndef DEVUPD_LIB_PERSON_H
#define DEVUPD_LIB_PERSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/err.h"
#include "updaters/lib/pack.h"
#include "updaters/lib/proxy.h"
#include "updaters/lib/text.h"

enum { PERSON_PATH_MAX = 1024, PERSON_SEARCH_MAX = 4096 };

struct person {
	char name[64]; /* login name */
	uint32_t uid, gid;
	char home[PERSON_PATH_MAX];          /* absolute, no "/" at its end */
	char shell[PERSON_PATH_MAX];         /* login shell, absolute */
	char config_home[PERSON_PATH_MAX];   /* $XDG_CONFIG_HOME, else HOME/.config */
	char brew_prefix[PERSON_PATH_MAX];   /* $HOMEBREW_PREFIX; "" = not set */
	char search_path[PERSON_SEARCH_MAX]; /* PATH of a new terminal; "" = not known yet,
						the login shell is asked */
	char proxy[PROXY_MAX];               /* "" = none */
	char no_proxy[PROXY_SPARED_MAX];
};
void person_pack(const struct person *p, struct buf *out);
bool person_unpack(struct unpack *u, struct person *out) MUST_CHECK;

/* HOME + "/" + below: false if it does not fit. */
bool person_path(const struct person *p, const char *below, char *out, size_t out_size) MUST_CHECK;
/* "~/x" for what lies in the home, else the path as it is: for messages. */
void person_shorten(const struct person *p, const char *path, char *out, size_t out_size);
/* The login name of uid, or "uid 1234"; for "belongs to ben". */
void person_name_of(uint32_t uid, char *out, size_t out_size);

/*
 * PATH as a new terminal has it: person.search_path where it is known, else what the login shell
 * says (asked once, as an interactive one, else a login one, else a plain one; 5 s each), else the
 * system's default. It is kept in p then.
 *
 * Out:   out     absolute folders only, ":" between them
 *        false   nobody told: it is the system's default
 */
bool person_search_path(struct person *p, char *out, size_t out_size);
/* The first executable file of that name in a search path; false: none. */
bool person_find_program(
	const char *search_path, const char *name, char *out, size_t out_size) MUST_CHECK;

/* A program to be run as the person, who we already are. */
struct errand_spec {
	const char *const *argv;        /* NULL-ended; argv[0] absolute */
	const char *const *more_env;    /* NULL-ended KEY=value, over HOME USER LOGNAME SHELL PATH
					   LANG and the proxy's; NULL = none */
	const char *search_path;        /* its PATH; NULL = the system's default */
	const char *folder;             /* NULL = the home */
	uint64_t timeout_ms;            /* > 0 */
	bool keeps_end;                 /* of a long output the last bytes count, not the first */
	size_t max_bytes;               /* of output */
	void (*on_tick)(void *user);    /* about once a second while it runs; NULL = none */
	bool (*is_stopped)(void *user); /* true: SIGTERM to its process group, SIGKILL after 5 s;
					   NULL = never */
	void *user;
};
/*
 * Out:   out_text   stdout and stderr together, in order; malloc'd. out_status as child_wait
 *        as max_bytes allows: the first, or with keeps_end the last; what is beyond is dropped
 * Fails: ERR_INTERNAL (can't be started, or we are somebody else), ERR_COMMAND (stopped, or
 * its time is up); a status other than 0 is no failure
 */
bool person_run(const struct person *p, const struct errand_spec *spec, char **out_text,
	int *out_status, struct err *e) MUST_CHECK;

#endif
