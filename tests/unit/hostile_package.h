/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packages made byte by byte, so that they can lie: what dpkg-deb would never build. Each part has
 * a good default; a test replaces one.
 */
#ifndef DEVUPD_TESTS_UNIT_HOSTILE_PACKAGE_H
#define DEVUPD_TESTS_UNIT_HOSTILE_PACKAGE_H

#include <stdbool.h>

#include "updaters/lib/dpkg.h"
#include "updaters/lib/text.h"

#define HOSTILE_CONTROL                                                                            \
	"Package: probe\nVersion: 1.0\nArchitecture: amd64\nMaintainer: A <a@example.org>\n"       \
	"Description: a probe\n"

struct hostile_entry {
	const char *name;
	char type; /* tar's letter; 0 = a regular file */
	const char *content, *target;
	const char *long_name; /* GNU's entry before it; NULL = none */
	unsigned mode;         /* 0 = 0644 */
};

void hostile_tar_put(struct buf *tar, const struct hostile_entry *entry);
/* The sum of the header at `at`, right again after a change. */
void hostile_tar_seal(struct buf *tar, size_t at);
void hostile_tar_end(struct buf *tar);
/* Through a filter of the shell, "xz | cat". */
void hostile_pack(struct buf *bytes, const char *filter);

void hostile_begin(struct buf *deb);
void hostile_member(struct buf *deb, const char *name, const void *bytes, size_t len);
/* A whole package; NULL = a good one of that part. */
struct hostile_parts {
	const char *control;                      /* the file's text */
	const struct hostile_entry *more_control; /* one entry more, in front */
	const struct hostile_entry *more_data;    /* one entry more, behind */
	const char *data_suffix, *data_filter;    /* ".xz", "xz" */
	const char *control_suffix, *control_filter;
};
void hostile_build(const struct hostile_parts *parts, struct buf *out);

int hostile_open(const struct buf *deb);
bool hostile_check(const struct buf *deb, struct dpkg_control *out, struct err *e);
/* What dpkg-deb makes of it: exit code 0 of all of -f, -I, -c; the field as -f shows it. */
bool hostile_dpkg_takes(const struct buf *deb);
void hostile_dpkg_field(const struct buf *deb, const char *field, char *out, size_t out_size);

#endif
