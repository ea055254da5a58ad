/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One virtual environment as its folders tell of it. Reads only, starts nothing, judges nothing:
 * what its state means is venv_state.c's. Every byte of it may be anybody's: all is bounded.
 */
#ifndef DEVUPD_PYTHON_VENV_H
#define DEVUPD_PYTHON_VENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/digest.h"
#include "updaters/lib/err.h"
#include "updaters/lib/interpreter.h"
#include "updaters/lib/mend.h"
#include "updaters/lib/person.h"
#include "updaters/lib/text.h"

enum {
	VENV_LINKS_MAX = 32,
	VENV_SCRIPTS_MAX = 2000,
	VENV_MINORS_MAX = 8,
	VENV_CFG_MAX = 64 << 10,
	VENV_SCRIPT_MAX = 256 << 10 /* a longer one is a program, no script */
};

/* pyvenv.cfg: lines of "key = value", keys in any case, as Python's own reader takes them. */
struct venv_cfg {
	char *text;
	size_t len;
	char sha256[SHA256_HEX_SIZE];
	char home[PERSON_PATH_MAX];
	bool has_home;    /* there is such a line */
	char version[32]; /* of `version`, else `version_info` */
	char minor[8];
	char prompt[64];
	bool is_uv; /* made by uv, or by virtualenv: neither needs pip to be in it */
	bool is_virtualenv;
	bool sees_system; /* include-system-site-packages */
};

/* bin/python, bin/python3, bin/python3.13, … */
struct venv_link {
	char name[32];
	char target[PERSON_PATH_MAX]; /* as the link says; "" = a file of its own */
	bool is_there;                /* it leads to something */
};

struct venv {
	char path[PERSON_PATH_MAX];
	uint64_t device, inode;
	uint32_t uid;         /* who owns the folder, bin/ or site-packages: whoever is not `uid` */
	uint32_t foreign_uid; /* … of the two; = uid where all are one person's */
	char unreadable[PERSON_PATH_MAX + 128]; /* what can't be read and why; "" = all can */
	bool is_forbidden;                      /* … because its mode forbids it */
	struct venv_cfg cfg;
	bool has_bin;
	struct venv_link links[VENV_LINKS_MAX];
	size_t n_links;
	struct interpreter python; /* of bin/python */
	/* The folder below lib/ that holds the packages: "python3.13", "pypy3.9", "python3.13t":
	 * so is the program called that it needs. "" = there is none */
	char flavour[32];
	char minor[8]; /* of flavour, else of pyvenv.cfg, else of the links' names; "" = unknown */
	size_t n_libs; /* lib/pythonX.Y folders */
	char site[PERSON_PATH_MAX]; /* lib/FLAVOUR/site-packages; "" = none */
	bool has_pip;
	char moved_from[PERSON_PATH_MAX]; /* the folder that bin/activate speaks of; "" = this one
					   */
	size_t n_astray;                  /* scripts whose first line leads nowhere */
	char astray[PERSON_PATH_MAX];     /* … the first of them */
	struct strings stashed; /* names in site-packages that pip put aside and did not take away
				   again: "~umpy" */
};
/* What can't be read is said in `unreadable`; the rest is filled in as far as can be known.
 * false: it is no venv: there is no pyvenv.cfg */
bool venv_read(const char *path, struct venv *out) MUST_CHECK;
void venv_clear(struct venv *v);
/* PATH/bin/NAME; false where it does not fit. */
bool venv_bin(const struct venv *v, const char *name, char *out, size_t out_size) MUST_CHECK;

/* --- pyvenv.cfg (venv_cfg.c) --------------------------------------------------------------- */

/* Takes text over. */
void venv_cfg_read(char *text, size_t len, struct venv_cfg *out);
/*
 * Its bytes for the interpreter at `python` (lasting path), whose version is `version`: only values
 * that speak of what is gone, or of another minor version, are changed; every other byte stays.
 *
 * Out:   out_text    malloc'd; NULL: nothing needs to change
 *        out_tells   what changes, in words: "home = /gone/bin -> /p/opt/python@3.13/bin"
 */
bool venv_cfg_rewrite(const struct venv_cfg *c, const char *python, const char *version,
	char **out_text, size_t *out_len, struct buf *out_tells) MUST_CHECK;

/* --- scripts (venv_scripts.c) -------------------------------------------------------------- */

/*
 * The interpreter in a script's first line, or in the second of one that goes round the kernel's
 * limit ("#!/bin/sh", "'''exec' /long/path …"); false: none is named.
 */
bool script_interpreter(
	const char *text, size_t len, char *out, size_t out_size, size_t *out_offset) MUST_CHECK;
/* Fills moved_from, n_astray, astray of a venv whose links are read. bin_fd stays the caller's. */
void venv_scripts_read(struct venv *v, int bin_fd);
/* Adds the steps that turn its scripts to its own python: those that came with a moved folder, and
 * those whose first line leads nowhere. false: no memory, or a file can't be read */
bool venv_scripts_mend(const struct venv *v, struct mend *out, struct err *e) MUST_CHECK;

#endif
