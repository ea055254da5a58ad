/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A package on its way into the staging folder: NAME.part, and NAME.meta that says which bytes
 * (address and ETag) the part is of, so that a later run can go on.
 */
#ifndef DEVUPD_UPDATERS_DEB_PART_H
#define DEVUPD_UPDATERS_DEB_PART_H

#include <stdbool.h>
#include <stdint.h>

#include "updaters/deb/deb_job.h"
#include "updaters/lib/err.h"

struct part {
	int folder; /* borrowed */
	int fd;     /* -1 = closed */
	uint64_t size_bytes;
	uint64_t total_bytes, reserved_bytes; /* announced; set aside up to here */
	char name[DEB_FILE_NAME_MAX + 1];
	char part_name[DEB_FILE_NAME_MAX + 8];
	char meta_name[DEB_FILE_NAME_MAX + 8];
};

/* A complete NAME from before, read-only; -1 = none. The caller closes it. */
int part_open_complete(int folder, const char *name);
/* Fails: ERR_STATE, ERR_SPACE */
bool part_open(struct part *p, int folder, const char *name, struct err *e) MUST_CHECK;
void part_close(struct part *p);
/* The strong ETag that the bytes so far have, "" where they can't be gone on with. */
void part_known_etag(const struct part *p, const char *url, char *out_etag, size_t out_size);
/* Forget the bytes so far. */
bool part_restart(struct part *p, struct err *e) MUST_CHECK;
/* From now on the bytes are of this address and ETag (strong, else they can't be resumed). */
bool part_describe(struct part *p, const char *url, const char *etag, struct err *e) MUST_CHECK;
/* Room for what is to come: checked now, set aside as it comes. Fails: ERR_SPACE, with what is
 * needed. */
bool part_reserve(struct part *p, uint64_t total_bytes, struct err *e) MUST_CHECK;
/* Fails: ERR_STATE, ERR_SPACE */
bool part_append(struct part *p, const void *bytes, size_t len, struct err *e) MUST_CHECK;
/* Complete: it gets its name. */
bool part_finish(struct part *p, struct err *e) MUST_CHECK;
/* Wrong bytes: nothing of them stays. */
void part_drop(struct part *p);

#endif
