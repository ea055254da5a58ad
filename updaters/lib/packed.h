/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A packed member as plain bytes, from memory or from a part of a file. The only user of
 * libarchive, which is loaded at the first call: a worker that opens no package doesn't pay for it.
 * It unpacks and nothing else: what the bytes mean is read in tarball.c.
 */
#ifndef DEVUPD_LIB_PACKED_H
#define DEVUPD_LIB_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/err.h"

/* Where the packed bytes are. */
struct packed_input {
	const char *suffix; /* how: "", ".gz", ".xz", ".zst", ".bz2", ".lzma"; nothing else is tried
			     */
	const char *memory; /* NULL: in fd */
	int fd;             /* read by pread */
	uint64_t from, len;
	/* Told now and then, with how many packed bytes were read; NULL = nobody is. */
	void (*on_read)(void *user, uint64_t done_bytes);
	void *user;
};

struct packed;
/*
 * In:    in   borrowed until packed_free
 * Fails: ERR_STRUCTURE  another suffix; more than one packed stream (dpkg reads the first, others
 *                       all of them)
 *        ERR_INTERNAL   libarchive can't be loaded
 */
bool packed_open(const struct packed_input *in, struct packed **out, struct err *e) MUST_CHECK;
void packed_free(struct packed *p);
DEFINE_SCOPED(struct packed *, packed_free);

/*
 * The next bytes: *out_n is len, fewer only at the end.
 *
 * Fails: ERR_STRUCTURE  damaged; over 32 GiB; a bomb: over 64 MiB that are more than 500 times what
 *                       they were packed in
 */
bool packed_read(struct packed *p, void *out, size_t len, size_t *out_n, struct err *e) MUST_CHECK;

/*
 * packed_stream.c: is this one packed stream from end to end? Of zst that is known beforehand; of
 * xz and bz2 by watching the bytes as they are unpacked. Fails: ERR_STRUCTURE
 */
bool packed_is_single(const struct packed_input *in, struct err *e) MUST_CHECK;
bool packed_refuse_second(const struct packed_input *in, struct err *e); /* always false */

enum { STREAM_TAIL_LEN = 9 /* the longest beginning of a stream, less a byte */ };
struct stream_watch {
	char tail[STREAM_TAIL_LEN]; /* the last bytes seen */
	size_t n_tail;
	bool is_begun;
};
/* The next part of what is packed. true: another stream begins in it, or across the border. */
bool stream_watch_sees(struct stream_watch *w, const char *suffix, const char *part, size_t len);
/* A part of what is packed; false where it can't be read whole. */
bool packed_bytes_at(const struct packed_input *in, uint64_t at, void *out, size_t len) MUST_CHECK;

#endif
