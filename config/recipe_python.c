/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `venvs:` and `packages:` of a recipe: lists in which a text stands for the shortest map. */
#include <stdlib.h>
#include <string.h>

#include "config/recipe_parts.h"
#include "updaters/lib/list.h"

enum { LIST_MAX = 1024 };

#define IN_VENV(f)    offsetof(struct recipe_venv, f)
#define IN_PACKAGE(f) offsetof(struct recipe_package, f)

static const struct key venv_keys[] = {
	{.name = "path",
		.type = KEY_TEMPLATE,
		.scope = SCOPE_OWNER,
		.offset = IN_VENV(path),
		.is_required = true,
		.what = "its folder"},
	{.name = "python",
		.type = KEY_TEMPLATE,
		.scope = SCOPE_OWNER,
		.offset = IN_VENV(python),
		.what = "3.13, or an interpreter's path; without it the person's python3"},
	{.name = "packages",
		.type = KEY_TEMPLATES,
		.scope = SCOPE_OWNER,
		.offset = IN_VENV(packages),
		.what = "requirements, as pip takes them"},
	{.name = "from",
		.type = KEY_TEMPLATE,
		.scope = SCOPE_OWNER,
		.offset = IN_VENV(from),
		.what = "a requirements file"},
	{0},
};

static const struct key package_keys[] = {
	{.name = "install",
		.type = KEY_TEXT,
		.offset = IN_PACKAGE(install),
		.is_required = true,
		.what = "the requirement, as pip takes it"},
	{.name = "import",
		.type = KEY_TEXT,
		.offset = IN_PACKAGE(import),
		.is_required = true,
		.what = "the module that must import"},
	{0},
};

void recipe_python_clear(struct recipe *r)
{
	for (size_t i = 0; i < r->n_venvs; i++)
		keys_clear(venv_keys, &r->venvs[i]);
	for (size_t i = 0; i < r->n_packages; i++)
		keys_clear(package_keys, &r->packages[i]);
	free(r->venvs);
	free(r->packages);
	r->venvs = NULL;
	r->packages = NULL;
	r->n_venvs = r->n_packages = 0;
}

/* --- load -------------------------------------------------------------------- */

static bool no_special(const struct key *row, const struct yaml_node *node, void *out, void *user,
	struct yaml_errors *errors)
{
	(void)out;
	(void)user;
	return yaml_complain(errors, node->file, node, "%s: not here", row->name);
}

static bool check_list(
	const struct yaml_node *node, const char *expected, struct yaml_errors *errors)
{
	if (node->kind != YAML_LIST)
		return yaml_complain(errors, node->file, node, "%s: a list is expected, %s",
			node->key, expected);
	return true;
}

static bool venv_load(const struct yaml_node *node, const struct scope *scope,
	struct recipe_venv *out, struct yaml_errors *errors)
{
	if (node->kind == YAML_SCALAR && node->scalar[0] != '\0') {
		out->path = strdup(node->scalar);
		return out->path && text_check(&scope->at[SCOPE_OWNER], KEY_TEXT, node, errors);
	}
	if (node->kind != YAML_MAP)
		return yaml_complain(errors, node->file, node,
			"venvs: a glob is expected, or {path, python, packages | from}");
	out->is_declared = true;
	if (!keys_load(venv_keys, KEY_ALL_KINDS, node, out, no_special, NULL, errors))
		return false;
	if (out->from && out->packages.n_items > 0)
		return yaml_complain(
			errors, node->file, node, "venvs: packages and from exclude each other");
	return texts_check(scope, venv_keys, KEY_ALL_KINDS, node, errors);
}

bool venvs_load(const struct yaml_node *node, const struct words *known, struct recipe *r,
	struct yaml_errors *errors)
{
	SCOPED_CLEAR(scope_clear) struct scope scope = {0};
	bool ok = words_copy(known, &scope.at[SCOPE_OWNER]) &&
		  check_list(node, "as [~/p/*/.venv] or [{path: ...}]", errors);

	for (size_t i = 0; i < r->n_venvs; i++)
		keys_clear(venv_keys, &r->venvs[i]);
	r->n_venvs = 0;
	free(r->venvs);
	r->venvs = NULL;
	for (const struct yaml_node *n = node->children; ok && n; n = n->next) {
		struct recipe_venv *grown =
			list_grow(r->venvs, r->n_venvs, LIST_MAX, sizeof(*r->venvs));

		if (!grown)
			return yaml_complain(errors, n->file, n, "venvs: over %d", LIST_MAX);
		r->venvs = grown;
		ok = venv_load(n, &scope, &r->venvs[r->n_venvs++], errors);
	}
	return ok;
}

/* "numpy>=2" imports as numpy: what stands before the first mark of a requirement. */
static bool package_of_text(const char *text, struct recipe_package *out)
{
	size_t len = strcspn(text, " <>=!~;[@(");

	out->install = strdup(text);
	out->import = strndup(text, len);
	for (char *at = out->import; at && *at; at++)
		*at = *at == '-' ? '_' : *at;
	return len > 0 && out->install && out->import;
}

/* A module's name goes into a line of Python: nothing but names between dots. */
static bool package_check_import(
	const struct recipe_package *p, const struct yaml_node *node, struct yaml_errors *errors)
{
	const char *s = p->import;
	bool is_start = true;

	for (; *s; s++) {
		bool is_letter = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || *s == '_';
		bool is_digit = *s >= '0' && *s <= '9';

		if (!is_letter && !(is_digit && !is_start) && !(*s == '.' && !is_start))
			break;
		is_start = *s == '.';
	}
	return (*s == '\0' && !is_start) ||
	       yaml_complain(errors, node->file, node,
		       "packages: \"%.100s\" is no module's name; write {install: %.100s, import: "
		       "NAME}",
		       p->import, p->install);
}

static bool package_load(
	const struct yaml_node *node, struct recipe_package *out, struct yaml_errors *errors)
{
	bool ok;

	if (node->kind == YAML_SCALAR && node->scalar[0] != '\0')
		ok = package_of_text(node->scalar, out);
	else if (node->kind == YAML_MAP)
		ok = keys_load(package_keys, KEY_ALL_KINDS, node, out, no_special, NULL, errors);
	else
		ok = false;
	if (!ok && !(node->kind == YAML_MAP))
		return yaml_complain(errors, node->file, node,
			"packages: a name is expected, or {install: progressbar2, import: "
			"progressbar}");
	if (ok && out->install[0] == '-')
		return yaml_complain(errors, node->file, node,
			"packages: \"%.100s\" is an option, not a package", out->install);
	return ok && package_check_import(out, node, errors);
}

bool packages_load(const struct yaml_node *node, const struct words *known, struct recipe *r,
	struct yaml_errors *errors)
{
	bool ok = check_list(node, "as [numpy, pandas]", errors);

	(void)known;
	for (size_t i = 0; i < r->n_packages; i++)
		keys_clear(package_keys, &r->packages[i]);
	r->n_packages = 0;
	free(r->packages);
	r->packages = NULL;
	for (const struct yaml_node *n = node->children; ok && n; n = n->next) {
		struct recipe_package *grown =
			list_grow(r->packages, r->n_packages, LIST_MAX, sizeof(*r->packages));

		if (!grown)
			return yaml_complain(errors, n->file, n, "packages: over %d", LIST_MAX);
		r->packages = grown;
		ok = package_load(n, &r->packages[r->n_packages++], errors);
	}
	return ok;
}

/* --- the wire ---------------------------------------------------------------- */

void recipe_python_pack(const struct recipe *r, struct buf *out)
{
	pack_u32(out, (uint32_t)r->n_venvs);
	for (size_t i = 0; i < r->n_venvs; i++) {
		pack_u32(out, r->venvs[i].is_declared);
		keys_pack(venv_keys, &r->venvs[i], out);
	}
	pack_u32(out, (uint32_t)r->n_packages);
	for (size_t i = 0; i < r->n_packages; i++)
		keys_pack(package_keys, &r->packages[i], out);
}

bool recipe_python_unpack(struct unpack *u, struct recipe *r, struct err *e)
{
	uint32_t n = unpack_below(u, LIST_MAX + 1);

	r->venvs = n > 0 ? calloc(n, sizeof(*r->venvs)) : NULL;
	while (r->venvs && r->n_venvs < n && !u->is_bad) {
		/* counted first: it is cleared then, however much of it arrived */
		struct recipe_venv *venv = &r->venvs[r->n_venvs++];

		venv->is_declared = unpack_below(u, 2) == 1;
		if (!keys_unpack(venv_keys, u, venv, e))
			return false;
	}
	n = unpack_below(u, LIST_MAX + 1);
	r->packages = n > 0 ? calloc(n, sizeof(*r->packages)) : NULL;
	while (r->packages && r->n_packages < n && !u->is_bad) {
		if (!keys_unpack(package_keys, u, &r->packages[r->n_packages++], e))
			return false;
	}
	return !u->is_bad || err_set(e, ERR_WORKER, "a recipe arrived damaged");
}
