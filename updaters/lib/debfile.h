/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A .deb: an ar archive of debian-binary, control.tar.*, data.tar.*. Read as a stream for its head
 * while it downloads, or whole from a descriptor.
 */
#ifndef DEVUPD_LIB_DEBFILE_H
#define DEVUPD_LIB_DEBFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/dpkg.h"
#include "updaters/lib/err.h"

struct tarball_entry;

enum { DEBFILE_CONTROL_MAX = 1 << 20, DEBFILE_MEMBERS_MAX = 16, DEBFILE_MEMBER_NAME_SIZE = 17 };

/* The head reader: feed it bytes in any pieces. */
struct debhead;
struct debhead *debhead_new(void);
void debhead_free(struct debhead *h);
DEFINE_SCOPED(struct debhead *, debhead_free);
void debhead_restart(struct debhead *h);

enum debhead_state { DEBHEAD_MORE, DEBHEAD_READY, DEBHEAD_BAD };
/*
 * DEBHEAD_READY: the control member is whole; debhead_control gives it. More bytes are ignored.
 * DEBHEAD_BAD: not a .deb (ERR_STRUCTURE in e), for ever.
 */
enum debhead_state debhead_feed(struct debhead *h, const void *bytes, size_t len, struct err *e);
bool debhead_control(struct debhead *h, struct dpkg_control *out, struct err *e) MUST_CHECK;

/* Who looks on while a whole file is checked; each may be NULL. */
struct debfile_look {
	/* Each file that the package would install; false refuses it with what was put into e. */
	bool (*on_entry)(void *user, const struct tarball_entry *entry, struct err *e);
	/* So many packed bytes of the data were read. */
	void (*on_read)(void *user, uint64_t done_bytes);
	void *user;
};
/*
 * The whole structure of a file: debian-binary (2.x), control.tar{,.gz,.xz,.zst},
 * data.tar{,.gz,.xz,.zst,.bz2,.lzma}, in order, sizes that add up to the file's, members that
 * start with "_" allowed after data; control a flat folder of regular files; the data unpacked in
 * memory to its end, names that stay below the top, no devices, no bomb; and the control fields.
 *
 * In:    fd     read by pread
 *        look   NULL: nobody looks on
 * Fails: ERR_STRUCTURE, ERR_INTERNAL
 */
bool debfile_check(int fd, const struct debfile_look *look, struct dpkg_control *out,
	struct err *e) MUST_CHECK;

/* Each member of a file that was checked, where its content lies. */
bool debfile_each(int fd,
	bool (*on_member)(void *user, const char *name, uint64_t offset, uint64_t size_bytes),
	void *user, struct err *e) MUST_CHECK;

#endif
