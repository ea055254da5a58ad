/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/beside.h"

#include <string.h>

#define DPKG_INFO DPKG_FOLDER "/info"

void beside_clear(struct beside *b)
{
	for (size_t i = 0; b->set_id != NULL && i < b->names.n_items; i++)
		setuid_clear(&b->set_id[i]);
	free(b->set_id);
	strings_clear(&b->names);
	guard_clear(&b->guard);
	snapshot_clear(&b->packages);
	*b = (struct beside){0};
}

static bool names_take(struct beside *b, const struct strings *names, struct err *e)
{
	for (size_t i = 0; i < names->n_items; i++) {
		if (!strings_add(&b->names, names->items[i]))
			return err_set(e, ERR_INTERNAL, "no memory for %zu names", names->n_items);
	}
	b->set_id = calloc(names->n_items + 1, sizeof(*b->set_id));
	if (b->set_id == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for %zu names", names->n_items);
	for (size_t i = 0; i < names->n_items; i++)
		setuid_find(DPKG_INFO, names->items[i], b->arch, &b->set_id[i]);
	return true;
}

static bool look(const struct beside_spec *spec, const struct strings *names, struct beside *out,
	struct err *e)
{
	SCOPED_CLEAR(beside_clear) struct beside b = {.arch = spec->arch};
	SCOPED_CLEAR(buf_clear) struct buf line;

	buf_init(&line, GUARD_WHO_MAX - 1);
	for (size_t i = 0; i < names->n_items; i++)
		buf_printf(&line, "%s%s", i > 0 ? " " : "", names->items[i]);
	if (!names_take(&b, names, e) || !snapshot_take(DPKG_STATUS, &b.packages, e) ||
		!guard_begin(spec->state_folder, spec->run, buf_str(&line), &b.guard, e))
		return false;
	b.is_begun = true;
	beside_clear(out);
	*out = b;
	b = (struct beside){0};
	return true;
}

bool beside_begin(const struct beside_spec *spec, const struct strings *names, struct beside *out,
	struct err *e)
{
	pid_t holder = 0;

	do {
		char name[64];

		if (!dpkg_lock_wait(&spec->wait, e) || !look(spec, names, out, e) ||
			!dpkg_lock_holder(&holder, name, sizeof(name), e)) {
			beside_drop(out);
			return false;
		}
	} while (holder != 0);
	return true;
}

void beside_drop(struct beside *b)
{
	if (b->is_begun)
		guard_forget(b->guard.folder);
	beside_clear(b);
}

struct pair {
	const struct snapshot *before, *after;
};

static bool is_changed(const void *user, const char *package)
{
	const struct pair *pair = user;

	return snapshot_is_changed(pair->before, pair->after, package);
}

static void set_id_tell(const struct beside *b, struct result *r)
{
	for (size_t i = 0; i < b->names.n_items; i++) {
		SCOPED_CLEAR(setuid_clear) struct setuid_files now;

		setuid_find(DPKG_INFO, b->names.items[i], b->arch, &now);
		setuid_tell(&b->set_id[i], &now, r);
	}
}

void beside_end(struct beside *b, bool (*is_named)(const void *user, const char *name),
	const void *user, struct result *r)
{
	SCOPED_CLEAR(snapshot_clear) struct snapshot after = {0};
	struct pair pair = {&b->packages, &after};
	bool is_known = b->is_begun && snapshot_take(DPKG_STATUS, &after, NULL);

	if (!b->is_begun)
		return;
	if (is_known && r != NULL)
		snapshot_compare(&b->packages, &after, b->arch, is_named, user, r);
	/* also where nobody is told: what was deleted is put back */
	guard_end(&b->guard, is_known ? is_changed : NULL, &pair, r);
	if (r != NULL)
		set_id_tell(b, r);
}
