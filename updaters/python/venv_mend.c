/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/python/venv_mend.h"

#include <stdlib.h>
#include <string.h>

#include "updaters/lib/fs.h"

static bool no_memory(const struct venv *v, struct err *e)
{
	return err_set(e, ERR_INTERNAL, "%s: out of memory", v->path);
}

/* A name for another minor version is none of the venv's packages' business. */
static bool is_other_minor(const struct venv *v, const char *name)
{
	char minor[8];

	return interpreter_minor_of(name, minor) && v->minor[0] && !text_equal(minor, v->minor);
}

static bool is_inner(const struct venv_link *l)
{
	return l->target[0] && !strchr(l->target, '/');
}

static const struct venv_link *link_find(const struct venv *v, const char *name)
{
	for (size_t i = 0; i < v->n_links; i++)
		if (text_equal(v->links[i].name, name))
			return &v->links[i];
	return NULL;
}

/* What is wrong with a link, if anything. */
enum fault { FAULT_NONE, FAULT_TARGET, FAULT_INNER_TARGET, FAULT_INNER_MISSING };

static enum fault link_fault(const struct venv *v, const struct venv_link *l)
{
	struct interpreter led = {0};
	char path[PERSON_PATH_MAX];

	if (l->target[0] == '\0' || is_other_minor(v, l->name))
		return FAULT_NONE;
	if (is_inner(l)) {
		if (is_other_minor(v, l->target))
			return FAULT_INNER_TARGET;
		return link_find(v, l->target) ? FAULT_NONE : FAULT_INNER_MISSING;
	}
	if (!l->is_there)
		return FAULT_TARGET;
	if (!venv_bin(v, l->name, path, sizeof(path)) || !interpreter_look(path, &led))
		return FAULT_TARGET;
	return led.minor[0] && v->minor[0] && !text_equal(led.minor, v->minor) ? FAULT_TARGET
									       : FAULT_NONE;
}

bool venv_links_need(const struct venv *v)
{
	for (size_t i = 0; i < v->n_links; i++)
		if (link_fault(v, &v->links[i]) != FAULT_NONE)
			return true;
	return !link_find(v, "python");
}

/* --- the steps ----------------------------------------------------------------------------- */

static bool has_step(const struct mend *m, const char *path)
{
	for (size_t i = 0; i < m->n_steps; i++)
		if (text_equal(m->steps[i].path, path))
			return true;
	return false;
}

/* bin/NAME -> to, in place of the link of that name. */
static bool link_put(const struct venv *v, const char *name, const char *to, struct mend *out)
{
	const struct venv_link *l = link_find(v, name);
	char path[PERSON_PATH_MAX];

	return venv_bin(v, name, path, sizeof(path)) &&
	       (has_step(out, path) || mend_link(out, path, l ? l->target : NULL, to));
}

static bool link_mend(
	const struct venv *v, const struct venv_link *l, const char *python, struct mend *out)
{
	switch (link_fault(v, l)) {
	case FAULT_TARGET: return link_put(v, l->name, python, out);
	case FAULT_INNER_MISSING: return link_put(v, l->target, python, out);
	case FAULT_INNER_TARGET:
		return (link_find(v, v->flavour) || link_put(v, v->flavour, python, out)) &&
		       link_put(v, l->name, v->flavour, out);
	case FAULT_NONE: break;
	}
	return true;
}

/* Without any name of its own it gets those that venv gives. */
static bool names_mend(const struct venv *v, const char *python, struct mend *out)
{
	if (link_find(v, "python"))
		return true;
	if (!link_find(v, v->flavour) && !link_put(v, v->flavour, python, out))
		return false;
	return (link_find(v, "python3") || link_put(v, "python3", v->flavour, out)) &&
	       link_put(v, "python", v->flavour, out);
}

bool venv_mend_links(
	const struct venv *v, const struct interpreter *python, struct mend *out, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf tells = {0};
	SCOPED_FREE char *text = NULL;
	size_t len = 0;
	char path[PERSON_PATH_MAX];

	buf_init(&tells, 16 * PERSON_PATH_MAX);
	for (size_t i = 0; i < v->n_links; i++)
		if (!link_mend(v, &v->links[i], python->path, out))
			return no_memory(v, e);
	if (!names_mend(v, python->path, out) ||
		!venv_cfg_rewrite(&v->cfg, python->path, python->version, &text, &len, &tells) ||
		!fs_join(path, sizeof(path), v->path, "pyvenv.cfg"))
		return no_memory(v, e);
	if (text && (!mend_write(out, path, v->cfg.sha256, text, len) ||
			    !mend_tell(out, buf_str(&tells))))
		return no_memory(v, e);
	return true;
}
