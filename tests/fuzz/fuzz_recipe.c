/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any text as a recipe: refused with a place in the file, or a recipe that comes through the wire
 * the same, whose addresses are on https and whose rewrites work.
 */
#include "target.h"

#include "config/recipe.h"
#include "updaters/lib/dpkg.h"
#include "updaters/lib/url.h"

enum { PACKED_MAX = 1 << 20 };

static void check_complaints(const struct yaml_errors *errors)
{
	must(errors->n_items > 0 && errors->first.code == ERR_CONFIG, "refused without a reason");
	for (size_t i = 0; i < errors->n_items; i++) {
		must(text_starts(errors->items[i].text, "x.yaml"), "a complaint without its file");
		must(!has_control_bytes(errors->items[i].text), "control bytes in a complaint");
	}
}

static void pack(const struct recipe *r, struct buf *out)
{
	buf_init(out, PACKED_MAX);
	recipe_pack(r, out);
	must(!out->is_full, "a recipe too large for the wire");
}

static void check_wire(const struct recipe *r)
{
	SCOPED_CLEAR(buf_clear) struct buf once = {0}, twice = {0};
	SCOPED(recipe_free) struct recipe *other = NULL;
	struct unpack u;
	struct err e = {0};

	pack(r, &once);
	unpack_init(&u, once.data, once.len);
	must(recipe_unpack(&u, &other, &e), e.text);
	must(unpack_is_done(&u), "more than a recipe");
	pack(other, &twice);
	must(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0,
		"through the wire it is another recipe");
}

static void check_recipe(const struct recipe *r)
{
	char version[DPKG_VERSION_MAX];
	struct err e = {0};

	must(r->name != NULL && r->kind != NULL, "a recipe without a name");
	for (size_t i = 0; i < r->hosts.n_items; i++)
		must(url_check_host_entry(r->hosts.items[i], &e), "a host that is none");
	for (size_t i = 0; i < r->n_sources; i++)
		must(strncasecmp(r->sources[i].address, "https://", 8) == 0 ||
				strchr(r->sources[i].address, '$') != NULL,
			"a source that is not on https");
	if (!recipe_version_rewrite(r, "2026.08.2-4", version, sizeof(version), &e))
		must_be_told(&e);
	check_wire(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct host host = {.arch = "amd64",
		.os = "linuxmint",
		.os_version = "22",
		.base = "noble",
		.base_family = "ubuntu"};
	SCOPED_FREE char *text = bytes_of(data, size);
	SCOPED(yaml_node_free) struct yaml_node *root = NULL;
	SCOPED(recipe_free) struct recipe *r = NULL;
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	const struct yaml_node *name = NULL;

	if (!yaml_parse("x.yaml", text, size, &root, &errors)) {
		check_complaints(&errors);
		return 0;
	}
	/* the file has the name that the recipe says */
	name = yaml_get(root, "name");
	if (recipe_load(root, "x.yaml", name != NULL && name->scalar != NULL ? name->scalar : "x",
		    &host, &r, &errors))
		check_recipe(r);
	else
		check_complaints(&errors);
	return 0;
}
