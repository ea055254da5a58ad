/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Python interpreter as the folders tell of it: where a path leads, link by link, which version
 * that is, and which path to the same one will last. Nothing is started but by interpreter_run.
 */
#ifndef DEVUPD_LIB_INTERPRETER_H
#define DEVUPD_LIB_INTERPRETER_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/err.h"
#include "updaters/lib/person.h"

enum { INTERPRETER_HOPS_MAX = 40 };

struct interpreter {
	char path[PERSON_PATH_MAX];      /* as asked */
	char real[PERSON_PATH_MAX];      /* the file behind all links; "" = they lead nowhere */
	char broken_at[PERSON_PATH_MAX]; /* the link that leads nowhere; "" = none does */
	char broken_to[PERSON_PATH_MAX]; /* … and where it leads, absolute */
	char minor[8];                   /* "3.13", of a file name or a keg; "" = not known */
	char version[32];                /* "3.13.14", "3.13.14_1" of a keg; else as minor */
	char prefix[PERSON_PATH_MAX]; /* Homebrew's prefix, where a link passes Cellar or opt; "" */
	char formula[64];             /* "python@3.13"; "" */
	bool is_executable;
	bool is_hidden;  /* a folder on the way may not be gone into: what is behind is not known */
	bool is_pinned;  /* names one version of a keg, and not by a link of Homebrew's own: the
			    keg's next upgrade breaks it */
	bool is_default; /* by a name without a version, PREFIX/bin/python3: may be another minor
			    after an upgrade */
};
/* Always fills out as far as can be known, also of what is gone. true: there is a program. */
bool interpreter_look(const char *path, struct interpreter *out);
/* The first of these names in a search path: "python3". */
bool interpreter_find(const char *search_path, const char *name, struct interpreter *out);
/*
 * A path to the same minor version that survives upgrades: a Cellar path becomes the opt one
 * (PREFIX/opt/python@3.13/bin/python3.13); what lasts already stays. false: there is none.
 */
bool interpreter_lasting(const char *path, char *out, size_t out_size) MUST_CHECK;
/* The same for any path below a keg: PREFIX/Cellar/F/V/rest -> PREFIX/opt/F/rest; false: not below
 * a Cellar. Only text: what is there is the caller's question. */
bool interpreter_opt_path(const char *path, char *out, size_t out_size) MUST_CHECK;
/* "3.13" out of "python3.13", "/x/lib/python3.13/site-packages", "python@3.13"; false: none. */
bool interpreter_minor_of(const char *text, char out_minor[8]);
/* Is 3.9 older than 3.13? By numbers. */
int interpreter_minor_compare(const char *a, const char *b);
/* Is PEP 668's EXTERNALLY-MANAGED beside its standard library (of the real file's prefix)? A
 * venv's (by its path) is not managed, whatever it was made of. */
bool interpreter_is_managed(const struct interpreter *i);

/*
 * Run `PATH -I -B -c CODE` as the person: its output, trimmed; at most 30 s.
 *
 * Fails: ERR_PYTHON (with its last line; or it said more than out has room for), as person_run
 */
bool interpreter_run(const struct person *p, const char *path, const char *code, char *out,
	size_t out_size, struct err *e) MUST_CHECK;

#endif
