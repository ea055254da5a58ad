/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/packed.h"

#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"

enum { PART_SIZE = 256 << 10, RATIO_MAX = 500, TOTAL_MAX_GIB = 32, UNSUSPICIOUS_MAX = 64 << 20 };

/* Loaded at first use: linking it costs every worker's start 1.2 ms. */
#define ARCHIVE_CALLS(X)                                                                           \
	X(archive_read_new)                                                                        \
	X(archive_read_free)                                                                       \
	X(archive_read_support_format_raw)                                                         \
	X(archive_read_support_filter_none)                                                        \
	X(archive_read_support_filter_gzip)                                                        \
	X(archive_read_support_filter_xz)                                                          \
	X(archive_read_support_filter_zstd)                                                        \
	X(archive_read_support_filter_bzip2)                                                       \
	X(archive_read_support_filter_lzma)                                                        \
	X(archive_read_open)                                                                       \
	X(archive_read_next_header)                                                                \
	X(archive_read_data)                                                                       \
	X(archive_filter_code)                                                                     \
	X(archive_filter_count)                                                                    \
	X(archive_set_error)                                                                       \
	X(archive_error_string)

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

struct packed {
	const struct packed_input *in;
	struct archive_calls call;
	struct archive *archive;
	uint64_t n_packed;   /* read so far */
	uint64_t n_unpacked; /* given out so far */
	struct stream_watch watch;
	bool has_second; /* another stream behind the first one was seen */
	char part[PART_SIZE];
};

void packed_free(struct packed *p)
{
	if (p == NULL)
		return;
	if (p->archive != NULL)
		p->call.archive_read_free(p->archive);
	free(p);
}

bool packed_bytes_at(const struct packed_input *in, uint64_t at, void *out, size_t len)
{
	size_t n = 0;

	if (at > in->len || len > in->len - at)
		return false;
	if (in->memory == NULL)
		return fs_read_at(in->fd, out, len, in->from + at, &n) && n == len;
	memcpy(out, in->memory + in->from + at, len);
	return true;
}

/* libarchive's way to ask for packed bytes. */
static la_ssize_t give_part(struct archive *archive, void *user, const void **out)
{
	struct packed *p = user;
	uint64_t left = p->in->len - p->n_packed;
	size_t n = left < sizeof(p->part) ? (size_t)left : sizeof(p->part);

	if (!packed_bytes_at(p->in, p->n_packed, p->part, n)) {
		p->call.archive_set_error(archive, EIO, "it can't be read");
		return -1;
	}
	p->has_second = stream_watch_sees(&p->watch, p->in->suffix, p->part, n) || p->has_second;
	p->n_packed += n;
	if (p->in->on_read != NULL)
		p->in->on_read(p->in->user, p->n_packed);
	*out = p->part;
	return (la_ssize_t)n;
}

/* Only the filter that the member's name says, and that without a program's help. */
static bool packed_allow(struct packed *p, int *out_code, struct err *e)
{
	const struct {
		const char *suffix;
		int (*allow)(struct archive *);
		int code;
	} filters[] = {{"", p->call.archive_read_support_filter_none, ARCHIVE_FILTER_NONE},
		{".gz", p->call.archive_read_support_filter_gzip, ARCHIVE_FILTER_GZIP},
		{".xz", p->call.archive_read_support_filter_xz, ARCHIVE_FILTER_XZ},
		{".zst", p->call.archive_read_support_filter_zstd, ARCHIVE_FILTER_ZSTD},
		{".bz2", p->call.archive_read_support_filter_bzip2, ARCHIVE_FILTER_BZIP2},
		{".lzma", p->call.archive_read_support_filter_lzma, ARCHIVE_FILTER_LZMA}};

	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		if (!text_equal(filters[i].suffix, p->in->suffix) ||
			filters[i].allow(p->archive) != ARCHIVE_OK)
			continue;
		*out_code = filters[i].code;
		return true;
	}
	return err_set(e, ERR_STRUCTURE, "a tar member packed as \"%s\" can't be read here",
		p->in->suffix);
}

/* libarchive passes on what it can't unpack, and unpacks what was packed twice. */
static bool check_filters(const struct packed *p, int code, struct err *e)
{
	int n_filters = code == ARCHIVE_FILTER_NONE ? 0 : 1;

	/* the reader of the bytes themselves counts as one more */
	return (p->call.archive_filter_count(p->archive) == n_filters + 1 &&
		       p->call.archive_filter_code(p->archive, 0) == code) ||
	       err_set(e, ERR_STRUCTURE,
		       "the tar member is damaged: it is not packed, or not once, as its name says "
		       "(\"%s\")",
		       p->in->suffix);
}

static bool packed_fail(struct packed *p, struct err *e)
{
	if (p->has_second)
		return packed_refuse_second(p->in, e);

	const char *why = p->call.archive_error_string(p->archive);

	return err_set(e, ERR_STRUCTURE, "the tar member is damaged: %s",
		why != NULL ? why : "no reason given");
}

static bool packed_begin(struct packed *p, struct err *e)
{
	struct archive_entry *entry = NULL;
	int code = ARCHIVE_FILTER_NONE;

	if (!archive_load(&p->call, e))
		return false;
	p->archive = p->call.archive_read_new();
	if (p->archive == NULL || p->call.archive_read_support_format_raw(p->archive) != ARCHIVE_OK)
		return err_set(e, ERR_INTERNAL, "no memory for libarchive");
	if (!packed_allow(p, &code, e))
		return false;
	if (p->call.archive_read_open(p->archive, p, NULL, give_part, NULL) != ARCHIVE_OK ||
		p->call.archive_read_next_header(p->archive, &entry) != ARCHIVE_OK)
		return packed_fail(p, e);
	return check_filters(p, code, e);
}

bool packed_open(const struct packed_input *in, struct packed **out, struct err *e)
{
	SCOPED(packed_free) struct packed *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return err_set(e, ERR_INTERNAL, "no memory to unpack a package");
	p->in = in;
	if (!packed_is_single(in, e) || !packed_begin(p, e))
		return false;
	*out = MOVE_PTR(p);
	return true;
}

/* What was read is what was unpacked, and some more: the ratio is never made smaller than it is. */
static bool check_size(const struct packed *p, struct err *e)
{
	if (p->n_unpacked > (uint64_t)TOTAL_MAX_GIB << 30)
		return err_set(e, ERR_STRUCTURE, "it unpacks to over %d GiB", TOTAL_MAX_GIB);
	if (p->n_unpacked > UNSUSPICIOUS_MAX && p->n_unpacked / RATIO_MAX > p->n_packed)
		return err_set(e, ERR_STRUCTURE, "%llu bytes unpack to over %d times as many",
			(unsigned long long)p->n_packed, RATIO_MAX);
	return true;
}

/* gz ends with how much it holds. Otherwise bytes behind it would go unnoticed. */
static bool check_end(const struct packed *p, struct err *e)
{
	unsigned char said[4] = {0};
	uint32_t size = 0;

	if (p->n_packed < p->in->len)
		return err_set(e, ERR_STRUCTURE, "bytes behind what is packed in the tar member");
	if (!text_equal(p->in->suffix, ".gz"))
		return true;
	if (p->in->len < sizeof(said) ||
		!packed_bytes_at(p->in, p->in->len - sizeof(said), said, sizeof(said)))
		return err_set(e, ERR_STRUCTURE, "the tar member is too short");
	for (size_t i = 0; i < sizeof(said); i++)
		size |= (uint32_t)said[i] << (8 * i);
	return size == (uint32_t)p->n_unpacked ||
	       err_set(e, ERR_STRUCTURE, "the tar member is no single gz stream");
}

bool packed_read(struct packed *p, void *out, size_t len, size_t *out_n, struct err *e)
{
	size_t done = 0;

	while (done < len) {
		la_ssize_t n =
			p->call.archive_read_data(p->archive, (char *)out + done, len - done);

		if (n < 0)
			return packed_fail(p, e);
		if (n == 0)
			break;
		done += (size_t)n;
	}
	p->n_unpacked += done;
	if (p->has_second)
		return packed_refuse_second(p->in, e);
	if (!check_size(p, e) || (done < len && !check_end(p, e)))
		return false;
	*out_n = done;
	return true;
}
