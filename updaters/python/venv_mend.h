/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps that mend a virtual environment: in place, or by a new one beside it. Plans only. */
#ifndef DEVUPD_PYTHON_VENV_MEND_H
#define DEVUPD_PYTHON_VENV_MEND_H

#include <stdbool.h>

#include "updaters/owner.h"
#include "updaters/python/venv.h"

/* Does a link of it lead nowhere, or to another minor version than its packages are for? */
bool venv_links_need(const struct venv *v);
/* Its links and pyvenv.cfg for this interpreter of the same minor version; nothing is installed. */
bool venv_mend_links(const struct venv *v, const struct interpreter *python, struct mend *out,
	struct err *e) MUST_CHECK;

/*
 * What pip put aside in site-packages and did not come to replace goes back, where all of it is
 * there; else the package is installed again.
 *
 * Out:   out_names   packages that are half there: "numpy 2.1.0"; empty = what is left over hurts
 *                    nothing
 *        out_is_local   all of them can be put back without the network
 */
bool venv_mend_half(const struct venv *v, struct mend *out, struct strings *out_names,
	bool *out_is_local, struct err *e) MUST_CHECK;

/*
 * A new venv beside the old one, made by `python`, with what is installed in the old one in exactly
 * those versions; tried; then they change places. The old one stays as PATH.devupd-DATE.
 *
 * Out:   out_lost   what can't be had again, in words: "pkg: /src/pkg is gone, …"
 */
bool venv_rebuild(const struct owner *o, const struct venv *v, const struct interpreter *python,
	struct mend *out, struct strings *out_lost, struct err *e) MUST_CHECK;
/* One of the settings that is not there. */
bool venv_make(const struct owner *o, const struct recipe_venv *declared, const char *path,
	const struct interpreter *python, struct mend *out, struct err *e) MUST_CHECK;

#endif
