/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a virtual environment's folders mean: its state in words, and the steps that mend it. */
#ifndef DEVUPD_PYTHON_VENV_STATE_H
#define DEVUPD_PYTHON_VENV_STATE_H

#include <stdbool.h>

#include "updaters/owner.h"
#include "updaters/python/venv.h"

/* finding.tag, below 100: the other half of the kind counts from there. */
enum venv_tag {
	VENV_SOUND,
	VENV_MENDED,  /* steps that change it in place */
	VENV_REBUILT, /* steps that make a new one */
	VENV_N_TAGS
};

/* May steps that need the network be planned now? */
bool venv_may_build(const struct owner *o);

/* Fails: ERR_INTERNAL (no memory), ERR_STATE (a script went away meanwhile) */
bool venv_judge(
	const struct owner *o, const struct venv *v, struct finding *out, struct err *e) MUST_CHECK;
/* One of the settings that is not there. */
bool venv_judge_missing(const struct owner *o, const struct recipe_venv *declared, const char *path,
	struct finding *out, struct err *e) MUST_CHECK;

#endif
