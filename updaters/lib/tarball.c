/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/tarball.h"

#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
#include <string.h>

enum { ENTRIES_MAX = 4096, UNPACKED_MAX = 64 << 20 /* all entries together */ };

/* Loaded at first use: linking it costs every worker's start 1.2 ms. */
#define ARCHIVE_CALLS(X)                                                                           \
	X(archive_read_new)                                                                        \
	X(archive_read_free)                                                                       \
	X(archive_read_support_format_tar)                                                         \
	X(archive_read_support_filter_none)                                                        \
	X(archive_read_support_filter_gzip)                                                        \
	X(archive_read_support_filter_xz)                                                          \
	X(archive_read_support_filter_zstd)                                                        \
	X(archive_read_open_memory)                                                                \
	X(archive_read_next_header)                                                                \
	X(archive_read_data)                                                                       \
	X(archive_error_string)                                                                    \
	X(archive_entry_pathname)                                                                  \
	X(archive_entry_filetype)                                                                  \
	X(archive_entry_hardlink)                                                                  \
	X(archive_entry_size)

#define CALL_MEMBER(name) __typeof__(name) *name;
#define CALL_SYMBOL(name) {#name, offsetof(struct archive_calls, name)},
struct archive_calls {
	ARCHIVE_CALLS(CALL_MEMBER)
};
static const struct {
	const char *name;
	size_t offset;
} archive_symbols[] = {ARCHIVE_CALLS(CALL_SYMBOL)};

/* The library is not unloaded: the next package finds it there. */
static bool archive_load(struct archive_calls *out, struct err *e)
{
	void *library = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; i < ARRAY_SIZE(archive_symbols); i++) {
		void *call = library != NULL ? dlsym(library, archive_symbols[i].name) : NULL;

		if (call == NULL)
			return err_set(e, ERR_INTERNAL, "can't load libarchive: %s", dlerror());
		memcpy((char *)out + archive_symbols[i].offset, &call, sizeof(call));
	}
	return true;
}

struct tarball {
	struct archive_calls call;
	struct archive *archive;
};

static void tarball_clear(struct tarball *t)
{
	if (t->archive != NULL)
		t->call.archive_read_free(t->archive);
}

/* Only the filter that the member's name says, and that without a program's help. */
static bool tarball_allow(struct tarball *t, const char *suffix, struct err *e)
{
	const struct {
		const char *suffix;
		int (*allow)(struct archive *);
	} filters[] = {{"", t->call.archive_read_support_filter_none},
		{".gz", t->call.archive_read_support_filter_gzip},
		{".xz", t->call.archive_read_support_filter_xz},
		{".zst", t->call.archive_read_support_filter_zstd}};

	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		if (text_equal(filters[i].suffix, suffix) &&
			filters[i].allow(t->archive) == ARCHIVE_OK)
			return true;
	return err_set(
		e, ERR_STRUCTURE, "a tar member packed as \"%s\" can't be read here", suffix);
}

static bool tarball_fail(struct tarball *t, struct err *e)
{
	const char *why = t->call.archive_error_string(t->archive);

	return err_set(e, ERR_STRUCTURE, "the tar member is damaged: %s",
		why != NULL ? why : "no reason given");
}

static bool tarball_open(
	struct tarball *t, const char *suffix, const char *raw, size_t len, struct err *e)
{
	if (!archive_load(&t->call, e))
		return false;
	t->archive = t->call.archive_read_new();
	if (t->archive == NULL || t->call.archive_read_support_format_tar(t->archive) != ARCHIVE_OK)
		return err_set(e, ERR_INTERNAL, "no memory for libarchive");
	if (!tarball_allow(t, suffix, e))
		return false;
	if (t->call.archive_read_open_memory(t->archive, raw, len) != ARCHIVE_OK)
		return tarball_fail(t, e);
	return true;
}

/* The entry's content into *out, which is empty until the file was found. */
static bool entry_read(
	struct tarball *t, struct archive_entry *entry, struct buf *out, struct err *e)
{
	char part[16 << 10];
	int64_t size = t->call.archive_entry_size(entry);

	if (out->len > 0)
		return err_set(e, ERR_STRUCTURE, "the file is there twice");
	if (t->call.archive_entry_filetype(entry) != AE_IFREG ||
		t->call.archive_entry_hardlink(entry) != NULL || size <= 0 ||
		(uint64_t)size > out->limit_bytes)
		return err_set(
			e, ERR_STRUCTURE, "no regular file of 1 to %zu bytes", out->limit_bytes);
	for (;;) {
		la_ssize_t n = t->call.archive_read_data(t->archive, part, sizeof(part));

		if (n < 0)
			return tarball_fail(t, e);
		if (n == 0)
			return out->len == (size_t)size || tarball_fail(t, e);
		if (!buf_put(out, part, (size_t)n))
			return err_set(e, ERR_STRUCTURE, "longer than its header says");
	}
}

static bool is_named(const char *path, const char *name)
{
	if (path == NULL)
		return false;
	return text_equal(text_starts(path, "./") ? path + 2 : path, name);
}

/* Every entry is looked at, so that a second file of that name is noticed. */
static bool tarball_search(struct tarball *t, const char *name, struct buf *out, struct err *e)
{
	struct archive_entry *entry = NULL;
	int64_t unpacked = 0;

	for (size_t i = 0; i < ENTRIES_MAX; i++) {
		int code = t->call.archive_read_next_header(t->archive, &entry);

		if (code == ARCHIVE_EOF)
			return out->len > 0 || err_set(e, ERR_STRUCTURE, "not in the package");
		if (code != ARCHIVE_OK)
			return tarball_fail(t, e);

		int64_t size = t->call.archive_entry_size(entry);

		if (size < 0 || size > UNPACKED_MAX - unpacked)
			return err_set(e, ERR_STRUCTURE, "the tar member unpacks to over %d MiB",
				UNPACKED_MAX >> 20);
		unpacked += size;
		if (is_named(t->call.archive_entry_pathname(entry), name) &&
			!entry_read(t, entry, out, e))
			return false;
	}
	return err_set(e, ERR_STRUCTURE, "over %d files in the tar member", ENTRIES_MAX);
}

bool tarball_extract(const char *suffix, const char *raw, size_t len, const char *name,
	struct buf *out, struct err *e)
{
	SCOPED_CLEAR(tarball_clear) struct tarball tarball = {0};

	if (!tarball_open(&tarball, suffix, raw, len, e) || !tarball_search(&tarball, name, out, e))
		return err_within(e, "%s", name);
	return true;
}
