/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/guard_saved.h"

#include <string.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/pack.h"

enum { FORM = 1, SAVED_MAX = GUARD_BYTES_MAX + GUARD_ENTRIES_MAX * 4096 };

void guard_saved_clear(struct guard_saved *s)
{
	guard_photo_clear(&s->photo);
	*s = (struct guard_saved){0};
}

static void entry_pack(const struct guard_entry *entry, struct buf *out)
{
	pack_str(out, entry->path);
	pack_u32(out, entry->mode);
	pack_u32(out, entry->uid);
	pack_u32(out, entry->gid);
	pack_u64(out, (uint64_t)entry->mtime.tv_sec);
	pack_u32(out, (uint32_t)entry->mtime.tv_nsec);
	pack_u64(out, entry->size_bytes);
	pack_str(out, entry->sha256);
	pack_u8(out, entry->bytes != NULL);
	pack_blob(out, entry->bytes, entry->bytes != NULL ? (size_t)entry->size_bytes : 0);
	pack_u8(out, entry->target != NULL);
	pack_str(out, entry->target);
	pack_u8(out, entry->owner != NULL);
	pack_str(out, entry->owner);
	pack_u8(out, entry->is_named);
	pack_u8(out, entry->is_to_put_back);
}

/* A string that may be missing; "" and missing are two. */
static char *text_unpack(struct unpack *u)
{
	bool is_there = unpack_u8(u) != 0;
	SCOPED_FREE char *text = unpack_str_new(u, GUARD_PATH_MAX);

	return is_there ? MOVE_PTR(text) : NULL;
}

static void bytes_unpack(struct unpack *u, struct guard_entry *entry)
{
	bool is_there = unpack_u8(u) != 0;
	size_t len = 0;
	const void *raw = unpack_blob(u, &len);

	if (raw == NULL || !is_there)
		return;
	u->is_bad |= len > GUARD_FILE_MAX || len != entry->size_bytes;
	entry->bytes = u->is_bad ? NULL : malloc(len + 1);
	if (entry->bytes == NULL) {
		u->is_bad = true;
		return;
	}
	memcpy(entry->bytes, raw, len);
	entry->bytes[len] = '\0';
}

static void entry_unpack(struct unpack *u, struct guard_entry *entry)
{
	entry->path = unpack_str_new(u, GUARD_PATH_MAX);
	entry->mode = unpack_u32(u);
	entry->uid = unpack_u32(u);
	entry->gid = unpack_u32(u);
	entry->mtime.tv_sec = (time_t)unpack_u64(u);
	entry->mtime.tv_nsec = (long)unpack_below(u, 1000000000);
	entry->size_bytes = unpack_u64(u);
	unpack_str(u, entry->sha256, sizeof(entry->sha256));
	bytes_unpack(u, entry);
	entry->target = text_unpack(u);
	entry->owner = text_unpack(u);
	entry->is_named = unpack_u8(u) != 0;
	entry->is_to_put_back = unpack_u8(u) != 0;
	u->is_bad |= entry->path == NULL;
}

bool guard_saved_write(const char *path, const struct guard_saved *s, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf out;

	buf_init(&out, SAVED_MAX);
	pack_u32(&out, FORM);
	pack_str(&out, s->run);
	pack_str(&out, s->packages);
	pack_u8(&out, s->is_settled);
	pack_u8(&out, s->photo.is_cut);
	pack_u32(&out, (uint32_t)s->photo.n_entries);
	for (size_t i = 0; i < s->photo.n_entries; i++)
		entry_pack(&s->photo.entries[i], &out);
	if (out.is_full)
		return err_set(e, ERR_STATE, "what apt trusts is too much to be kept in %s", path);
	return fs_replace(path, out.data, out.len, 0600, e) ||
	       err_within(e, "can't keep what apt trusts");
}

static bool saved_unpack(struct unpack *u, struct guard_saved *out)
{
	uint32_t form = unpack_u32(u), n;

	unpack_str(u, out->run, sizeof(out->run));
	unpack_str(u, out->packages, sizeof(out->packages));
	out->is_settled = unpack_u8(u) != 0;
	out->photo.is_cut = unpack_u8(u) != 0;
	n = unpack_below(u, GUARD_ENTRIES_MAX + 1);
	if (u->is_bad || form != FORM)
		return false;
	out->photo.entries = calloc((size_t)n + 1, sizeof(*out->photo.entries));
	if (out->photo.entries == NULL)
		return false;
	for (; n > 0 && !u->is_bad; n--)
		entry_unpack(u, &out->photo.entries[out->photo.n_entries++]);
	return unpack_is_done(u);
}

bool guard_saved_read(const char *path, struct guard_saved *out, struct err *e)
{
	SCOPED_CLEAR(guard_saved_clear) struct guard_saved s = {0};
	SCOPED_FREE char *raw = NULL;
	size_t len = 0;
	struct unpack u;

	if (!fs_read_trusted(path, SAVED_MAX, &raw, &len, e))
		return false;
	unpack_init(&u, raw, len);
	if (!saved_unpack(&u, &s))
		return err_set(e, ERR_STATE, "%s is damaged: nothing of it is put back", path);
	*out = s;
	s = (struct guard_saved){0};
	return true;
}
