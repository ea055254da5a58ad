/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where packages are to be: what the words of the settings, "~/.venv", "/usr/bin/python3.12" or
 * nothing at all, mean to this person. Reads only; a program of unknown version is asked for it.
 */
#ifndef DEVUPD_PYTHON_ENVIRONMENT_H
#define DEVUPD_PYTHON_ENVIRONMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "updaters/owner.h"

struct environment {
	char path[PERSON_PATH_MAX];   /* a venv's folder, else the program */
	char python[PERSON_PATH_MAX]; /* the program */
	char site[PERSON_PATH_MAX];   /* where its pip puts packages; "" = not known */
	char minor[8];                /* "" = not known */
	char prefix[PERSON_PATH_MAX]; /* Homebrew's, of a program; "" = none */
	uint32_t uid;                 /* whose it is; of a venv alone */
	bool is_venv;
	bool is_missing;  /* nothing is at path: a venv can be made there */
	bool is_runnable; /* there is a program that can be started */
	bool is_default;  /* PREFIX/bin/python3: may be another minor version after an upgrade */
	bool is_managed;  /* PEP 668: by the system's packages or Homebrew; pip refuses */
	bool has_pip;     /* of a venv; of other programs pip is asked */
};

/*
 * In:    setting   with words; NULL = the python3 of a new terminal
 * Fails: ERR_CONFIG (no absolute path; a folder that is no venv), ERR_PYTHON (no python3)
 */
bool environment_find(const struct owner *o, const char *setting, struct environment *out,
	struct err *e) MUST_CHECK;
/* The site-packages that a program sees of the person's own: ~/.local/lib/python3.13/… */
bool environment_user_site(
	const struct person *p, const char *minor, char *out, size_t out_size) MUST_CHECK;

#endif
