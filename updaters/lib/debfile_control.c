/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The control member: a flat folder of regular files, one of which is "control". dpkg takes no
 * folders in it either; links and devices have no business there.
 */
#include <strings.h>

#include "updaters/lib/debfile_parts.h"
#include "updaters/lib/tarball.h"
#include "updaters/lib/text.h"

enum { CONTROL_ENTRIES_MAX = 256 };
#define CONTROL_UNPACKED_MAX (UINT64_C(64) << 20)

struct looking {
	struct strings names;
	struct buf control;
	bool is_in_control; /* what comes is its content */
	uint64_t n_unpacked;
};

static void looking_clear(struct looking *l)
{
	strings_clear(&l->names);
	buf_clear(&l->control);
}

/* Two names that differ in case only would be one file to whoever looks at them so. */
static bool name_take(struct looking *l, const char *name, struct err *e)
{
	char shown[200];

	text_escape(name, strlen(name), shown, sizeof(shown));
	for (size_t i = 0; i < l->names.n_items; i++)
		if (strcasecmp(l->names.items[i], name) == 0)
			return err_set(e, ERR_STRUCTURE, "the file %s is there twice", shown);
	if (strchr(name, '/') != NULL)
		return err_set(e, ERR_STRUCTURE, "%s lies in a folder", shown);
	return strings_add(&l->names, name) ||
	       err_set(e, ERR_INTERNAL, "no memory for a package's control");
}

static bool control_entry(void *user, const struct tarball_entry *entry, struct err *e)
{
	struct looking *l = user;

	l->is_in_control = text_equal(entry->name, "control");
	if (entry->name[0] == '\0')
		return true;
	if (entry->type != TARBALL_FILE)
		return err_set(e, ERR_STRUCTURE, "%s is no regular file", entry->name);
	if (l->is_in_control && (entry->size_bytes == 0 || entry->size_bytes > DEBFILE_CONTROL_MAX))
		return err_set(
			e, ERR_STRUCTURE, "no regular file of 1 to %d bytes", DEBFILE_CONTROL_MAX);
	if (entry->size_bytes > CONTROL_UNPACKED_MAX - l->n_unpacked)
		return err_set(e, ERR_STRUCTURE, "it unpacks to over %llu MiB",
			(unsigned long long)(CONTROL_UNPACKED_MAX >> 20));
	l->n_unpacked += entry->size_bytes;
	return name_take(l, entry->name, e);
}

static bool control_bytes(void *user, const void *bytes, size_t len, struct err *e)
{
	struct looking *l = user;

	return !l->is_in_control || buf_put(&l->control, bytes, len) ||
	       err_set(e, ERR_INTERNAL, "no memory for a control file");
}

bool control_member_read(const struct packed_input *in, struct dpkg_control *out, struct err *e)
{
	SCOPED(packed_free) struct packed *packed = NULL;
	SCOPED_CLEAR(looking_clear) struct looking looking = {0};
	const struct tarball_walk walk = {
		.n_entries_max = CONTROL_ENTRIES_MAX,
		.on_entry = control_entry,
		.on_bytes = control_bytes,
		.user = &looking,
	};

	buf_init(&looking.control, DEBFILE_CONTROL_MAX);
	if (!packed_open(in, &packed, e) || !tarball_each(packed, &walk, e))
		return err_within(e, "control");
	if (looking.control.len == 0)
		return err_set(e, ERR_STRUCTURE, "control: not in the package");
	return dpkg_control_parse(buf_str(&looking.control), looking.control.len, out, e);
}
