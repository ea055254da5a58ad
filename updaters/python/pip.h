/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How pip is called, or uv where a venv has no pip: as steps of a mend; and what it means when they
 * fail. The person's own settings of pip (index, proxy, certificates) hold.
 */
#ifndef DEVUPD_PYTHON_PIP_H
#define DEVUPD_PYTHON_PIP_H

#include <stdbool.h>

#include "updaters/lib/mend.h"
#include "updaters/owner.h"
#include "updaters/python/environment.h"

enum pip_how {
	PIP_PLAIN,
	PIP_AGAIN, /* what is installed already, put there anew; nothing that it needs */
	PIP_USER,  /* into the person's own site-packages */
	PIP_N_HOWS
};

/*
 * Can packages be put there at all, and with what? A venv that is missing can be made.
 *
 * Out:   why   else: "has no pip, and there is no uv: …", what to type
 */
bool pip_is_usable(const struct owner *o, const struct environment *env, char *why,
	size_t why_size) MUST_CHECK;

/* A step that makes the venv of the person's python3. Fails: ERR_PYTHON (there is none) */
bool pip_plan_venv(const struct owner *o, const struct environment *env, struct mend *m,
	struct err *e) MUST_CHECK;
/* A step that installs all of them in one call. Fails: ERR_INTERNAL */
bool pip_plan_install(const struct owner *o, const struct environment *env, enum pip_how how,
	const struct strings *requirements, struct mend *m, struct err *e) MUST_CHECK;

/*
 * What a failed run of pip, uv or venv says, in one line: "no such package 'foo'". Where packages
 * have changed all the same since the step was planned, they are named.
 *
 * In:    step   `to`: site-packages; `was`: what was there, "NAME VERSION\n" …
 * Fails: ERR_NETWORK, ERR_SPACE, ERR_PYTHON
 */
void pip_explain(const struct mend_step *step, const char *raw_output, struct err *e);

#endif
